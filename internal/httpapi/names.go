package httpapi

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lectern"
)

// The longest names of downloads. File systems take 255 bytes; a browser may add " (1)".
const (
	maxPlainName = 60  // length at which the ASCII name, without its suffix, gets no further letter
	maxTitleName = 180 // bytes of the name in UTF-8
)

// attachment is a Content-Disposition for a name that is safe in ASCII.
func attachment(how, name string) string { return how + `; filename="` + name + `"` }

// disposition returns the Content-Disposition (RFC 6266) of a file of p, named after p's title: in ASCII as filename,
// which every program reads, and complete, in UTF-8, as filename*, which all browsers read. The name ends with suffix;
// before it comes the language, if p has one.
func disposition(how string, p lectern.Presentation, suffix string) string {
	plain, full := plainName(p.Title), titleName(p.Title)
	if lectern.IsLanguage(p.Language) {
		suffix = "." + p.Language + suffix
	}
	if plain == "" {
		plain = "presentation_" + safeName(p.ID)
	}
	d := attachment(how, plain+suffix)
	if full != "" && full != plain {
		d += "; filename*=UTF-8''" + extended(full+suffix)
	}
	return d
}

// extended encodes a value by RFC 8187: every byte that is not an attr-char is percent-encoded.
func extended(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// titleName turns a title into a file name in UTF-8. It replaces or removes characters that file systems refuse, and
// those that change the direction of text, which could hide the extension of the file.
func titleName(title string) string {
	clean := strings.Map(func(c rune) rune {
		switch {
		case c == utf8.RuneError, unicode.IsControl(c), c >= 0x202A && c <= 0x202E, c >= 0x2066 && c <= 0x2069, c == 0x200E,
			c == 0x200F, c == 0xFEFF:
			return -1
		case unicode.IsSpace(c):
			return ' '
		case strings.ContainsRune(`/\:*?"<>|`, c):
			return '-'
		}
		return c
	}, norm.NFC.String(title))
	name := strings.Join(strings.Fields(clean), " ")
	if len(name) > maxTitleName {
		name = name[:maxTitleName]
		for !utf8.ValidString(name) {
			name = name[:len(name)-1]
		}
	}
	return strings.Trim(name, " .-")
}

// latin has the ASCII spelling of letters: of those without an ASCII base letter, of umlauts as is usual in German, of
// Cyrillic and Greek by sound. Other scripts cannot be spelt well without a dictionary.
var latin = map[rune]string{
	'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'ø': "o", 'œ': "oe", 'ł': "l", 'đ': "d", 'ð': "d",
	'þ': "th", 'ı': "i", 'ħ': "h", 'ŋ': "ng",
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'ґ': "g", 'д': "d", 'е': "e", 'ё': "yo", 'є': "ye", 'ж': "zh", 'з': "z",
	'и': "i", 'і': "i", 'ї': "yi", 'й': "y",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ў': "u", 'ф': "f",
	'х': "kh", 'ц': "ts", 'ч': "ch",
	'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya", 'ђ': "dj", 'ј': "j", 'љ': "lj",
	'њ': "nj", 'ћ': "c", 'џ': "dz",
	'α': "a", 'β': "v", 'γ': "g", 'δ': "d", 'ε': "e", 'ζ': "z", 'η': "i", 'θ': "th", 'ι': "i", 'κ': "k", 'λ': "l",
	'μ': "m", 'ν': "n", 'ξ': "x", 'ο': "o",
	'π': "p", 'ρ': "r", 'σ': "s", 'ς': "s", 'τ': "t", 'υ': "y", 'φ': "f", 'χ': "ch", 'ψ': "ps", 'ω': "o", '’': "", 'ʼ': "",
	'\'': "",
}

// plainName spells a title in ASCII letters and digits, with hyphens between words. It returns "" if it would lose more
// letters than it keeps.
func plainName(title string) string {
	var b strings.Builder
	letters, lost := 0, 0
	for _, c := range norm.NFC.String(title) {
		if b.Len() >= maxPlainName {
			break
		}
		spelt, plain := spell(c)
		switch {
		case plain:
			b.WriteString(spelt)
			letters++
		case unicode.IsLetter(c):
			lost++
			fallthrough
		default:
			if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
				b.WriteByte('-')
			}
		}
	}
	if lost > letters {
		return ""
	}
	return strings.Trim(b.String(), "-")
}

// spell writes one letter or digit in ASCII. plain is false if there is no spelling.
func spell(c rune) (s string, plain bool) {
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
		return string(c), true
	}
	for _, form := range []rune{c, unicode.ToLower(c)} {
		if s, ok := latin[form]; ok {
			if form != c && s != "" {
				s = strings.ToUpper(s[:1]) + s[1:]
			}
			return s, true
		}
	}
	base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(c))) // é is e with a mark
	if base != c && base != utf8.RuneError {
		return spell(base)
	}
	return "", false
}
