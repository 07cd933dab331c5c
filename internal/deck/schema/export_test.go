package schema

import (
	"lectern"
	"lectern/internal/deck/form"
)

// Objects returns the described fields of each object, by its path in [form.Fields].
func Objects() map[string]map[string]bool {
	s := schema{asked: form.Fields(), limits: lectern.DefaultLimits()}
	all := map[string]map[string]bool{"": {}}
	for name := range s.deck() {
		all[""][name] = true
	}
	for _, o := range s.objects() {
		all[o.at] = map[string]bool{}
		for name := range o.fields {
			all[o.at][name] = true
		}
	}
	return all
}
