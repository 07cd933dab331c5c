package spoken

import "strings"

// phone reads a telephone number digit by digit, in French by pairs of digits if it is written so.
func (n *reader) phone(at int) (end int, say string, ok bool) {
	i := at
	international := n.runeAt(i) == '+'
	if international {
		i++
	}
	if _, _, digit := digitAt(n.text, i); !digit && n.runeAt(i) != '(' || n.Rules == nil {
		return at, "", false
	}
	var groups []string
	end = i
	hyphens := 0
	for len(groups) < 8 {
		to := end
		if len(groups) > 0 {
			switch n.runeAt(to) {
			case ' ', '\u00a0':
				to = n.skip(to)
			case '-':
				hyphens++
				to++
			case '.', '/':
				to++
			case ')':
			default:
			}
			if to == end && n.runeAt(to) != ')' {
				break
			}
		}
		if n.runeAt(to) == '(' {
			to++
		}
		digits, next := run(n.text, to)
		if digits == "" || next-to > 12 {
			break
		}
		if n.runeAt(next) == ')' {
			next++
			if n.runeAt(next) == ' ' && len(groups) == 0 {
				if d, _ := run(n.text, next+1); d == "" {
					break
				}
			}
		}
		groups, end = append(groups, digits), next
	}
	total := 0
	for _, g := range groups {
		total += len(g)
	}
	if wordRune(n.runeAt(end)) {
		return at, "", false
	}
	switch {
	case international && total >= 7 && total <= 15 && len(groups) > 1 || international && total >= 10 && total <= 15:
	case !international && n.runeAt(at) == '(' && len(groups) >= 2 && total >= 7 && total <= 12:
	case !international && hyphens >= 2 && hyphens == len(groups)-1 && total >= 9 && total <= 13 &&
		len(groups[0]) >= 3 && len(groups[0]) != 4:
	case !international && len(groups) >= 2 && groups[0][0] == '0' && len(groups[0]) >= 2 && total >= 8 &&
		total <= 13 && !n.isDate(at) && !strings.ContainsAny(n.text[at:end], "."):
	default:
		return at, "", false
	}
	pairs := n.lang == "fr"
	for _, g := range groups {
		pairs = pairs && len(g) <= 2
	}
	for i, g := range groups {
		if groups[i] = n.eachDigit(g); pairs && g[0] != '0' {
			groups[i] = n.cardinalText(g)
		}
	}
	say = strings.Join(groups, ", ")
	if international {
		say = strings.TrimSpace(n.lex["plus"] + " " + say)
	}
	return end, say, true
}
