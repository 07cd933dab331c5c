package spoken

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	linkEnd = regexp.MustCompile(`^(.*?)\]\(([^()\s]*)\)?(.*)$`)
	url     = regexp.MustCompile(`^(?i)(?:https?://|ftp://|www\.)(?:[^/@\s]*@)?(?:www\.)?([^/?#:\s>)"'\]]+)[^\s]*$`)
	mail    = regexp.MustCompile(`^[\pL\pN][\pL\pN._%+-]*@[\pL\pN-]+(?:\.[\pL\pN-]+)+$`)
	host    = regexp.MustCompile(`^(?:[\pL\pN-]+\.)+(?:com|org|net|io|dev|edu|gov|ai|app|co|uk|de|eu|info|tv|fr|es|it|nl|pl|ua|ru|pt|br|ch|at)(?:/[^\s]*)?$`)
	drive   = regexp.MustCompile(`^[A-Za-z]:[\\/]`)
	path    = regexp.MustCompile(`^(?:~|\.{1,2})?/[\pL\pN._@+-]+(?:/[\pL\pN._@+-]*)*$|^[\pL\pN._-]+(?:/[\pL\pN._-]+){2,}/?$|^(?:[\pL\pN._-]+\\)+[\pL\pN._-]+$`)
	file    = regexp.MustCompile(`^[\pL\pN_-]+\.[a-z][a-z0-9]{1,4}$|^[\pL\pN_-]+(?:\.[\pL\pN_-]+)*\(\)$`)
)

// fileEnds are the extensions that mark a name with a point as a file's name.
var fileEnds = words(`txt md go js ts py rb rs c h cpp cs java json yaml yml toml xml html css csv tsv pdf doc docx ppt pptx xls xlsx odt odp png jpg jpeg gif svg webp
	mp3 mp4 wav mov zip gz tar exe dll so sh bat log conf cfg ini sql db env lock mod sum php`)

// address reads a chunk that is an address as a whole: a link, a URL, an e-mail address, a path, a file's name.
func (n *reader) address(chunk string) (say string, ok bool) {
	if !strings.ContainsAny(strings.TrimRight(chunk, ".,;:!?"), "@/\\.](") {
		return "", false
	}
	if m := linkEnd.FindStringSubmatch(chunk); m != nil && (m[2] == "" || strings.ContainsAny(m[2], "/.#")) {
		inner := strings.TrimLeft(m[1], "[!")
		if inner == "" {
			return marks(m[3]), true
		}
		var words []string
		for _, s := range Normalise(inner, n.tagOf()) {
			words = append(words, s.Say)
		}
		return strings.Join(words, " ") + marks(m[3]), true
	}
	core, tail := chunk, ""
	core = strings.TrimLeft(core, "(<[{\"'“„«*_`‘")
	trimmed := strings.TrimRight(core, ".,;:!?)>]}\"'”“»*`…’")
	tail, core = core[len(trimmed):], trimmed
	if core == "" {
		return "", false
	}
	if strings.HasSuffix(core, "(") && strings.HasPrefix(tail, ")") {
		core, tail = core+")", tail[1:]
	}
	switch {
	case url.MatchString(core):
		m := url.FindStringSubmatch(core)
		return n.spelled(strings.TrimRight(m[1], "."), "") + marks(tail), true
	case mail.MatchString(core):
		return n.spelled(core, "") + marks(tail), true
	case host.MatchString(core):
		name, _, _ := strings.Cut(core, "/")
		return n.spelled(strings.TrimPrefix(name, "www."), "") + marks(tail), true
	case drive.MatchString(core), path.MatchString(core) && !n.looksCounted(core):
		return n.spelled(core, "path") + marks(tail), true
	case file.MatchString(core):
		_, end, _ := strings.Cut(core, ".")
		if fileEnds[strings.ToLower(end)] {
			return n.spelled(core, "") + marks(tail), true
		}
		if strings.HasSuffix(core, "()") {
			return n.spelled(strings.TrimSuffix(core, "()"), "") + marks(tail), true
		}
	}
	return "", false
}

// looksCounted reports whether a path is more likely numbers with slashes ("1/2/3") or words ("and/or/not").
func (n *reader) looksCounted(s string) bool {
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "~") || strings.HasPrefix(s, ".") ||
		strings.Contains(s, "\\") {
		return false
	}
	if strings.ContainsAny(s, "._") && !unicode.IsDigit(n.first(s)) {
		return false
	}
	return true
}

func (n *reader) first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// tagOf returns the language of the text.
func (n *reader) tagOf() string {
	if n.region != "" {
		return n.Tag + "-" + n.region
	}
	return n.Tag
}

// marks returns the first mark in s that shapes the sentence, or "". s are the characters after a word.
func marks(s string) string {
	if i := strings.IndexAny(s, ".,;:!?…"); i >= 0 {
		_, size := utf8.DecodeRuneInString(s[i:])
		return s[i : i+size]
	}
	return ""
}

// spelled reads an address: its words and the names of the signs between them. In an address of the kind "path", a
// hyphen at the beginning is silent.
func (n *reader) spelled(s, kind string) string {
	var out []string
	add := func(w string) {
		if w != "" {
			out = append(out, w)
		}
	}
	name := func(key string) {
		if w := n.lex[key]; w != "" {
			add(w)
		}
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		j := i
		switch {
		case unicode.IsDigit(r):
			digits, end := run(s, i)
			j = end
			if len(digits) > 1 && digits[0] == '0' || len(digits) > 9 {
				add(n.eachDigit(digits))
			} else {
				add(n.cardinalText(digits))
			}
		case unicode.IsLetter(r) || unicode.Is(unicode.M, r):
			for j < len(s) {
				r, size := utf8.DecodeRuneInString(s[j:])
				if !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) && !(r == '\'' && j > i) {
					break
				}
				j += size
			}
			w := s[i:j]
			if camel(w) {
				w = splitCamel(w)
			}
			add(w)
		default:
			j = i + size
			switch r {
			case '.':
				name("dot")
			case '@':
				name("at")
			case '_':
				name("underscore")
			case '-':
				if kind != "path" || len(out) > 0 {
					name("hyphen")
				}
			case '/':
				name("slash")
			case '\\':
				name("backslash")
			case ':':
				name("colon")
			case '+':
				name("plus")
			case '~':
				name("tilde")
			case '*':
				name("star")
			}
		}
		i = j
	}
	if len(out) == 0 {
		return s
	}
	return strings.Join(out, " ")
}
