package jsondeck

import "slices"

// object is a JSON object that remembers the order of its names. A value is nil, a bool, a number, a string, a []any or
// an *object; get turns raw ones into those.
type object struct {
	members []member
	places  map[string]int // of the members by name, once they are many
}

type member struct {
	name  string
	value any
}

// raw is the text of a value that was looked through and not built.
type raw string

// few is how many names are compared one by one; an index would take more memory than they do.
const few = 8

func (o *object) place(name string) int {
	if o.places != nil {
		if i, there := o.places[name]; there {
			return i
		}
		return -1
	}
	return slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
}

// get gives the value of a field, and whether there is one.
func (o *object) get(name string) (any, bool) {
	i := o.place(name)
	if i < 0 {
		return nil, false
	}
	if text, ok := o.members[i].value.(raw); ok {
		s := scanner{text: string(text), depth: 1}
		o.members[i].value, _ = s.value() // its text was looked through without a fault
	}
	return o.members[i].value, true
}

// add appends a field, unless there is one of its name.
func (o *object) add(name string, value any) bool {
	if o.place(name) >= 0 {
		return false
	}
	o.members = append(o.members, member{name, value})
	switch {
	case o.places != nil:
		o.places[name] = len(o.members) - 1
	case len(o.members) > few:
		o.index()
	}
	return true
}

func (o *object) index() {
	o.places = make(map[string]int, 2*len(o.members))
	for i, m := range o.members {
		o.places[m.name] = i
	}
}

// put replaces a field, or appends it.
func (o *object) put(name string, value any) {
	if i := o.place(name); i >= 0 {
		o.members[i].value = value
		return
	}
	o.add(name, value)
}

// drop removes a field, if it is there.
func (o *object) drop(name string) {
	if o.place(name) < 0 {
		return
	}
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == name })
	if o.places = nil; len(o.members) > few {
		o.index()
	}
}

// nameSet finds names that stand twice in an object that is looked through. The names of all open objects share a stack.
type nameSet struct {
	names *[]string
	from  int
	seen  map[string]bool
}

// add reports whether the name is new.
func (s *nameSet) add(name string) bool {
	if s.seen != nil {
		if s.seen[name] {
			return false
		}
		s.seen[name] = true
		return true
	}
	own := (*s.names)[s.from:]
	if slices.Contains(own, name) {
		return false
	}
	*s.names = append(*s.names, name)
	if own = (*s.names)[s.from:]; len(own) > few {
		s.seen = make(map[string]bool, 2*len(own))
		for _, n := range own {
			s.seen[n] = true
		}
		*s.names = (*s.names)[:s.from]
	}
	return true
}
