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
	maxPlainName = 60  // letters of the ASCII name, without what stands behind it
	maxTitleName = 180 // bytes of the name in UTF-8
)

// attachment is a Content-Disposition for a name that is safe in ASCII.
func attachment(how, name string) string { return how + `; filename="` + name + `"` }

// disposition names a file of a presentation after its title, as RFC 6266 has it: in ASCII for every program, and
// whole, in UTF-8, for those that know filename*, which all browsers do. suffix stands behind the title, and behind the
// language of a deck that says its own.
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

// extended writes a value as RFC 8187 has it: what is no attr-char is percent-encoded.
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

// titleName is a title as a file name: whole, without what file systems refuse and without what turns the direction of
// text, which could hide what kind of file it is.
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

// latin is how letters are written where there is only ASCII: what has no base letter of its own, German as Germans do,
// Cyrillic and Greek by sound. Other scripts have no fair spelling that needs no dictionary.
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

// plainName is a title in letters and digits of ASCII, with hyphens between words; "" where too little of it would be
// left.
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

// spell writes one letter or digit in ASCII. plain is false where it has no spelling.
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
