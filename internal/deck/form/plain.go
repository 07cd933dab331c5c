package form

import (
	"strconv"
	"strings"

	"lectern"
)

// plainer turns a prop into the values that encoding/json would return for it, with names in camelCase. It keeps its
// position as steps and joins them to a path only for a fault, because a prop may have a hundred thousand values.
type plainer struct {
	f     *fields
	root  string // the path of the prop
	steps []step
}

// step leads from a list or an object to one of its values.
type step struct {
	name  string // of an object's field
	index int    // of a list's entry; -1: a field
}

// plain converts a value. Nulls in a list are kept; fields of an object that are null are left out.
func (p *plainer) plain(v any) any {
	switch value := v.(type) {
	case Number:
		x, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			p.f.float(field{value, p.path()}) // reports the fault
			return nil
		}
		return x
	case []any:
		list := make([]any, len(value))
		for i, e := range value {
			list[i] = p.inside(e, step{index: i})
		}
		return list
	case *Object:
		m := make(map[string]any, len(value.members))
		for _, e := range value.members {
			key := camel(e.name)
			if key != e.name && value.place(key) >= 0 {
				continue // the object also has the name in camelCase, which counts
			}
			if e.value != nil {
				m[key] = p.inside(e.value, step{e.name, -1})
			}
		}
		return m
	}
	return v
}

func (p *plainer) inside(v any, to step) any {
	p.steps = append(p.steps, to)
	plain := p.plain(v)
	p.steps = p.steps[:len(p.steps)-1]
	return plain
}

func (p *plainer) path() string {
	var b strings.Builder
	b.WriteString(p.root)
	for _, s := range p.steps {
		if s.index >= 0 {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		} else {
			b.WriteString("." + lectern.Shorten(s.name))
		}
	}
	return b.String()
}
