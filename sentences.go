package lectern

import (
	"fmt"
	"strconv"
	"strings"
)

// Shorten cuts s to 60 characters, so that a message can repeat input of any length. A cut text ends in "…".
func Shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	n := 0
	for at := range s {
		if n == most {
			return s[:at] + "…"
		}
		n++
	}
	return s
}

// OneOf lists words in quotes, as a sentence does: "a", "b" or "c".
func OneOf[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i > 0 && i == len(words)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(string(w)))
	}
	return b.String()
}

// DidYouMean returns ` Did you mean "x"?`, with the known name that is most similar to a misspelt one, or "" if none is
// similar.
func DidYouMean[T ~string](name string, known []T) string {
	const long = 64 // bytes: such names are not compared
	best, bestAt := "", min(3, len(name)/3+1)
	for _, k := range known {
		if max(len(k), len(name)) > long || len(k)-len(name) > bestAt || len(name)-len(k) > bestAt {
			continue
		}
		if d := EditDistance(strings.ToLower(name), strings.ToLower(string(k))); d <= bestAt && (best == "" || d < bestAt) {
			best, bestAt = string(k), d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// EditDistance is the Levenshtein distance of two words: how many bytes have to be added, removed or replaced. Its time
// grows with len(a) × len(b).
func EditDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
