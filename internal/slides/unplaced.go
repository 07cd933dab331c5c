package slides

import (
	"maps"
	"regexp"
	"strings"
)

// elementRoles maps an element (data-el in the HTML) to the roles that it shows, if their names differ.
var elementRoles = map[string][]string{"left": {"leftItems"}, "right": {"rightItems"},
	"items": {"leftItems", "rightItems"}, "table": {"columns"}}

// shownProps names the prop that each element shows, as the deck writes it.
func (v *view) shownProps() map[string]string {
	out := maps.Clone(v.names)
	for el, roles := range elementRoles {
		for _, role := range roles {
			if name, ok := v.names[role]; ok && out[el] == "" {
				out[el] = name
			}
		}
	}
	return out
}

var position = regexp.MustCompile(`\[\d+\]`)

// unplaced warns of texts that the template has read but not shown, such as prices in a list of names.
func (v *view) unplaced(d *design) {
	type kind struct{ hidden, total int }
	kinds, order := map[string]*kind{}, []string{}
	for _, t := range v.made {
		name := position.ReplaceAllString(t.prop, "[]")
		if kinds[name] == nil {
			kinds[name] = &kind{}
			order = append(order, name)
		}
		kinds[name].total++
		if !t.shown {
			kinds[name].hidden++
		}
	}
	for _, name := range order {
		k := kinds[name]
		if k.hidden == 0 {
			continue
		}
		v.at = strings.TrimSuffix(name, "[]")
		if at := strings.Index(v.at, "[]"); at >= 0 {
			v.at = v.at[:at]
		}
		v.warn("text_unplaced", "The template %q has no place for %q: %d of %d are not shown. Put them into the "+
			"narration, or choose another template.",
			d.ID, strings.TrimSuffix(name, "[]"), k.hidden, k.total)
	}
	v.at = ""
}
