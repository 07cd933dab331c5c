package spoken

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	machine = regexp.MustCompile(`^[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})$`)
	uuid    = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)
	hexes   = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
	prefix  = regexp.MustCompile(`^0x[0-9A-Fa-f]+$|^#[0-9A-Fa-f]{6}$`)
	scaling = regexp.MustCompile(`^[0-9]+e[0-9]{1,3}$`)
)

// identifier reads a chunk whose characters have no meaning: the address of a network card, a UUID, a hash, a number in
// base 16. They are spoken one by one.
func (n *reader) identifier(chunk string) (say string, ok bool) {
	if len(chunk) < 4 || n.Rules == nil || !strings.ContainsAny(chunk, "0123456789") && chunk[0] != '#' {
		return "", false
	}
	core := strings.TrimLeft(chunk, "([{\"'`“„«")
	tail := core
	core = strings.TrimRight(core, ".,;:!?)]}\"'`”“»…")
	tail = tail[len(core):]
	switch {
	case machine.MatchString(core), uuid.MatchString(core), prefix.MatchString(core):
	case hexes.MatchString(core) && strings.ContainsAny(core, "abcdef") && strings.ContainsAny(core, "0123456789") &&
		!scaling.MatchString(core):
	default:
		return "", false
	}
	return n.characters(core) + marks(tail), true
}

// characters reads every letter and digit of s, with a pause at each sign between them.
func (n *reader) characters(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteString(" " + n.eachDigit(string(r)))
		case unicode.IsLetter(r):
			b.WriteString(" " + strings.ToUpper(string(r)))
		case r == '#':
			b.WriteString(n.lex["hash"])
		default:
			b.WriteByte(',')
		}
	}
	return strings.TrimSpace(b.String())
}

// internet reads the parts of an IPv4 address: "one ninety-two dot one sixty-eight".
func (n *reader) internet(parts []string) (say string, ok bool) {
	if len(parts) != 4 || n.lex["dot"] == "" {
		return "", false
	}
	words := make([]string, len(parts))
	for i, d := range parts {
		v := numberOf(d, "")
		if len(d) > 3 || v.Integer > 255 || len(d) > 1 && d[0] == '0' {
			return "", false
		}
		words[i] = n.cardinal(v, "", false)
		if n.lang == "en" && v.Integer > 100 && v.Integer != 200 {
			words[i] = n.cardinal(integer(v.Integer/100), "", false) + " "
			if v.Integer%100 < 10 {
				words[i] += n.lex["oh"] + " "
			}
			words[i] += n.cardinal(integer(v.Integer%100), "", false)
		}
	}
	return strings.Join(words, " "+n.lex["dot"]+" "), true
}
