package lectern

import (
	"regexp"
	"strings"
)

// languageTag is the shape of BCP 47: a language of two or three letters, then subtags.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,6}$`)

// MaxLanguage is the longest language tag, in bytes.
const MaxLanguage = 35

// LanguageTag is a language as BCP 47 writes it: "de", "de-AT", "zh-Hant-TW". Underscores count as hyphens. What is no
// tag is returned without the white space around it; see [IsLanguage].
func LanguageTag(s string) string {
	s = strings.TrimSpace(s)
	tag := strings.ReplaceAll(s, "_", "-")
	if !IsLanguage(tag) {
		return s
	}
	parts := strings.Split(strings.ToLower(tag), "-")
	for i := 1; i < len(parts) && len(parts[i]) > 1; i++ { // after a single letter come private names
		switch {
		case len(parts[i]) == 2:
			parts[i] = strings.ToUpper(parts[i])
		case len(parts[i]) == 4 && parts[i][0] >= 'a':
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "-")
}

// IsLanguage reports whether s has the shape of a language tag.
func IsLanguage(s string) bool { return len(s) <= MaxLanguage && languageTag.MatchString(s) }

// languageChain lists what can stand for a language, the nearest first: itself, and then with fewer and fewer subtags,
// as RFC 4647 looks languages up.
func languageChain(tag string) []string {
	chain := []string{tag}
	for {
		i := strings.LastIndexByte(tag, '-')
		if i < 0 {
			return chain
		}
		if tag = tag[:i]; len(tag) > 2 && tag[len(tag)-2] == '-' { // a single letter introduces what was cut off
			tag = tag[:len(tag)-2]
		}
		chain = append(chain, tag)
	}
}

// primary is the language of a tag without region and script.
func primary(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	return base
}
