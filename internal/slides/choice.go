package slides

import "strings"

// optionOf reads an option. A list of numbers becomes text with commas.
func optionOf(value any) string { return strings.ReplaceAll(words(value), "\n", ",") }

// choose takes a value of a choice, in any spelling.
func (v *view) choose(q prop, value any, written string) {
	for _, c := range q.Choices {
		if squash(c) == squash(words(value)) {
			v.choices[q.Role] = c
			return
		}
	}
	name, _ := cut(words(value), 40)
	v.warn("unknown_choice", "%q is not a value of %s (%s), so %s is used.", name, written,
		strings.Join(q.Choices, ", "), q.Choices[0])
}
