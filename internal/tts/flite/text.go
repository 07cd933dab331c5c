package flite

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lectern/internal/tts"
)

// abbreviation matches capitals with a plural or genitive ending and punctuation, each of which may be missing.
var abbreviation = regexp.MustCompile(`^([A-Z]{2,5})(s|'s)?([.,;:!?)]*)$`)

// said replaces words that flite reads letter by letter or pronounces wrongly.
var said = map[string]string{
	"e.g.": "for example", "e.g": "for example", "i.e.": "that is", "i.e": "that is", "vs.": "versus", "vs": "versus",
	"etc.": "et cetera", "approx.": "approximately", "w/": "with", "w/o": "without",
	"kubernetes": "koober netties", "json": "jason", "yaml": "yammel", "oauth": "o auth", "gui": "gooey",
	"sql": "sequel", "postgresql": "post gress sequel", "postgres": "post gress", "mysql": "my sequel",
	"sqlite": "sequel lite", "ios": "I O S", "macos": "mack O S", "github": "git hub", "gitlab": "git lab",
	"linux": "linnux", "nginx": "engine X", "openai": "open A I", "ffmpeg": "F F mpeg", "mpeg": "M peg",
}

// Speakable returns flite's input for a word: tts.Speakable in ASCII, respelled if flite would pronounce it wrongly.
// Letters of other scripts are left out.
func Speakable(written string) string {
	s := tts.Speakable(written)
	if s == "" {
		return ""
	}
	bare := strings.TrimRight(s, ",;:!?")
	if w, ok := said[strings.ToLower(bare)]; ok {
		return w + s[len(bare):]
	}
	if m := abbreviation.FindStringSubmatch(s); m != nil && !pronounced[m[1]] {
		// Spelled out letter by letter; a plural's "s" stays with the last one.
		return strings.Join(strings.Split(m[1], ""), " ") + plural(m[2]) +
			strings.ReplaceAll(m[3], ")", "")
	}
	return ascii(s)
}

// pronounced are words in capitals that are not spelled out.
var pronounced = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		NASA NATO RAM ROM LAN WAN SIM PIN GIF LED AIDS OPEC NAFTA UNICEF SWAT LASER RADAR ZIP BASIC JAVA REST SOAP CRUD LAMP
		A I AN AND ARE AS AT BE BUT BY CAN DO FOR FROM GET GO HAS HAVE HE HER HIS HOW IF IN IS IT ITS LET MAKE MAY ME MORE
		MOST MUST MY NEW NO NOT NOW OF OFF OK ON ONE ONLY OR OUR OUT OVER SAY SEE SHE SO STOP TEAM THAN THANK THAT THE THEIR
		THEM THEN THERE THESE THEY THIS TIME TO TOO TWO UP USE VERY WAS WAY WE WELL WHAT WHEN WHERE WHO WHY WILL WITH WORK
		WOW YES YOU YOUR ALL ANY BIG DAY END FIRST GOOD GREAT HELLO HELP HERE HIGH HOME JUST KEY KNOW LAST LIFE LIKE LONG
		LOOK LOVE LOW NEED NEXT NEVER OLD OPEN PLAN READY REAL SAFE SAME SAVE SIX TEN TRUE TRY TURN WANT WAR WATER WORLD
		YEAR`) {
		m[w] = true
	}
	return m
}()

// plural returns the ending that makes flite say the plural or genitive "s" of an abbreviation.
func plural(s string) string {
	if s == "" {
		return ""
	}
	return "'s"
}

// ascii folds accents ("café" becomes "cafe"), respells some signs and letters (folds), and drops quotation marks,
// backquotes, control characters and everything else that is not ASCII. It returns "" if nothing to speak is left.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case r < 0x20 || r == '"' || r == '`':
		case r < 0x7f:
			b.WriteRune(r)
		case unicode.Is(unicode.M, r):
		default:
			b.WriteString(folds[r])
		}
	}
	out := strings.Join(strings.Fields(b.String()), " ")
	if !tts.HasSpeech(out) {
		return ""
	}
	return out
}

// folds has the characters that compatibility decomposition (NFKD) leaves as they are.
var folds = map[rune]string{
	'ß': "ss", 'æ': "ae", 'Æ': "Ae", 'ø': "o", 'Ø': "O", 'œ': "oe", 'Œ': "Oe", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D",
	'ð': "th", 'þ': "th", 'ı': "i",
	'°': " degrees ", '×': " times ", '÷': " divided by ", '±': " plus minus ", '£': " pounds ", '€': " euros ",
	'¥': " yen ", '§': " section ", '⁄': "/",
}
