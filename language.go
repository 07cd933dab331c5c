package lectern

import (
	"regexp"
	"strings"
)

// languageTag is the shape of BCP 47: a language of two or three letters, then subtags.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,6}$`)

// MaxLanguage is the longest language tag, in bytes.
const MaxLanguage = 35

// LanguageTag writes a language tag as BCP 47 does: "de", "de-AT", "zh-Hant-TW". It accepts underscores for hyphens. A
// text that is not a tag is only trimmed; see [IsLanguage].
func LanguageTag(s string) string {
	s = strings.TrimSpace(s)
	tag := strings.ReplaceAll(s, "_", "-")
	if !IsLanguage(tag) {
		return s
	}
	parts := strings.Split(strings.ToLower(tag), "-")
	for i := 1; i < len(parts) && len(parts[i]) > 1; i++ { // a single letter introduces extensions and private subtags
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

// languageChain lists the tags that can replace a language, the nearest first: the tag itself, then with one subtag
// less each, as the lookup of RFC 4647 does.
func languageChain(tag string) []string {
	chain := []string{tag}
	for {
		i := strings.LastIndexByte(tag, '-')
		if i < 0 {
			return chain
		}
		if tag = tag[:i]; len(tag) > 2 && tag[len(tag)-2] == '-' { // a single letter is removed with what follows it
			tag = tag[:len(tag)-2]
		}
		chain = append(chain, tag)
	}
}

// primary is the first subtag of a tag: the language without script and region.
func primary(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	return base
}
