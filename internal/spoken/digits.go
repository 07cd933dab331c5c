package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// digitAt returns the value and the width of the decimal digit at i, in any script. ok is false without one.
func digitAt(s string, i int) (value byte, size int, ok bool) {
	if i >= len(s) {
		return 0, 0, false
	}
	if c := s[i]; c < utf8.RuneSelf {
		return c, 1, c >= '0' && c <= '9'
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if !unicode.IsDigit(r) {
		return 0, 0, false
	}
	// The ten digits of a script are consecutive.
	if r >= 0x1d7ce && r <= 0x1d7ff {
		return byte('0' + (r-0x1d7ce)%10), size, true
	}
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte('0' + (r-rune(t.Lo))%10), size, true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte('0' + (r-rune(t.Lo))%10), size, true
		}
	}
	return '0', size, true
}

// run reads the digits at i.
func run(s string, i int) (digits string, end int) {
	if i >= len(s) {
		return "", len(s)
	}
	start, ascii := i, true
	var b strings.Builder
	for {
		v, size, ok := digitAt(s, i)
		if !ok {
			break
		}
		if size > 1 && ascii {
			b.WriteString(s[start:i])
			ascii = false
		}
		if !ascii {
			b.WriteByte(v)
		}
		i += size
	}
	if ascii {
		return s[start:i], i
	}
	return b.String(), i
}

// spaceGroups reports whether the language puts a space between groups of digits.
func (v *language) spaceGroups() bool {
	return v.Group == "\u00a0" || v.Group == "\u202f" || v.Group == " "
}

// parsed is a number with its place in the text.
type parsed struct {
	number
	end     int
	grouped bool // its digits are written in groups
}

// parse reads the number at i: digits, in groups of the language or of typography, and digits after the decimal sign.
// It reads no sign before the number.
func (n *reader) parse(i int) (parsed, bool) {
	digits, end := run(n.text, i)
	if digits == "" {
		return parsed{}, false
	}
	p := parsed{end: end}
	if len(digits) <= 3 && digits[0] != '0' {
		for _, sep := range []string{"\u00a0", "\u202f", "\u2009", "'", "’", " ", ",", "."} {
			if more, to := n.groups(end, sep, digits); more != "" {
				digits, p.end, p.grouped = digits+more, to, true
				break
			}
		}
	}
	fraction := ""
	mark, size := utf8.DecodeRuneInString(n.text[p.end:])
	after, to := run(n.text, p.end+size)
	if after != "" && n.decimalMark(mark, digits, after, to, p.grouped) {
		fraction, p.end = after, to
	}
	p.number = numberOf(digits, fraction)
	return p, true
}

// groups reads groups of three digits (two and three in India) after a first one.
func (n *reader) groups(at int, sep, first string) (digits string, end int) {
	own := sep == n.Group
	switch sep {
	case ",":
		if !own && n.Decimal == "," {
			return "", at
		}
	case ".":
		if !own && n.Decimal != "," {
			return "", at
		}
	}
	count, end := 0, at
	for strings.HasPrefix(n.text[end:], sep) {
		group, to := run(n.text, end+len(sep))
		if len(group) != 3 && !(sep == "," && len(group) == 2 && n.indian(to)) {
			break
		}
		if sep == "." || sep == "," {
			// "1.234.56" and "1,234,5" are not numbers in groups.
			if strings.HasPrefix(n.text[to:], sep) {
				if next, _ := run(n.text, to+1); next != "" && len(next) != 3 && !(sep == "," && len(next) == 2) {
					return "", at
				}
			}
		}
		digits, end = digits+group, to
		count++
	}
	switch {
	case count == 0:
		return "", at
	case sep == " " && !n.spaceGroups() && count < 2:
		return "", at
	case sep == "." && n.Decimal == "," && !own && count < 2 && n.spaceGroups():
		return "", at // "1.234" in Polish may be either; it is a decimal number there
	}
	return digits, end
}

// indian reports whether a group of two digits at the end to is followed by groups that make an Indian number.
func (n *reader) indian(to int) bool {
	for strings.HasPrefix(n.text[to:], ",") {
		group, next := run(n.text, to+1)
		if len(group) == 3 {
			return true
		}
		if len(group) != 2 {
			return false
		}
		to = next
	}
	return false
}

// decimalMark reports whether mark is between a number and its decimals.
func (n *reader) decimalMark(mark rune, digits, after string, to int, grouped bool) bool {
	if mark != '.' && mark != ',' && mark != '٫' {
		return false
	}
	if mark == '٫' {
		return true
	}
	// "1.2.3" and "1,2,3" are not decimal numbers.
	if next := n.runeAt(to); next == mark {
		if d, _ := run(n.text, to+1); d != "" {
			return false
		}
	}
	if string(mark) == n.decimalSign() {
		return true
	}
	if mark == '.' {
		return !grouped || n.Group != "."
	}
	return false
}

// looseDigits reads digits within a word: as a number, or digit by digit with leading zeros.
func (n *reader) looseDigits(at int) (end int, say string) {
	digits, end := run(n.text, at)
	if n.Rules == nil {
		return end, digits
	}
	if len(digits) > 1 && digits[0] == '0' || len(digits) > 15 {
		return end, n.eachDigit(digits)
	}
	return end, n.cardinalText(digits)
}
