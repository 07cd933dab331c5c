package form

import "slices"

// Number is a number as it was written in JSON.
type Number string

// Later is a value whose syntax was checked. It is built when [Object.Get] returns it, so unknown fields are never
// built.
type Later func() any

// Object is an object that keeps the order of its names. A value is nil, a bool, a [Number], a string, a []any, an
// *Object, or a [Later] that builds one of these.
type Object struct {
	members []member
	places  map[string]int // indexes of members by name, for objects with more than few members
}

type member struct {
	name  string
	value any
}

// few is how many names are compared one by one; an index would take more memory than they do.
const few = 8

func (o *Object) place(name string) int {
	if o.places != nil {
		if i, there := o.places[name]; there {
			return i
		}
		return -1
	}
	return slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
}

// Get returns the value of a field, and whether the object has the field.
func (o *Object) Get(name string) (any, bool) {
	i := o.place(name)
	if i < 0 {
		return nil, false
	}
	if build, ok := o.members[i].value.(Later); ok {
		o.members[i].value = build()
	}
	return o.members[i].value, true
}

// Add appends a field and returns true. If the object already has a field of that name, it returns false.
func (o *Object) Add(name string, value any) bool {
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

func (o *Object) index() {
	o.places = make(map[string]int, 2*len(o.members))
	for i, m := range o.members {
		o.places[m.name] = i
	}
}

// put replaces a field, or appends it.
func (o *Object) put(name string, value any) {
	if i := o.place(name); i >= 0 {
		o.members[i].value = value
		return
	}
	o.Add(name, value)
}

// drop removes a field, if it is there.
func (o *Object) drop(name string) {
	if o.place(name) < 0 {
		return
	}
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == name })
	if o.places = nil; len(o.members) > few {
		o.index()
	}
}

// Names lists the names of the fields, in their order.
func (o *Object) Names() []string {
	names := make([]string, len(o.members))
	for i, m := range o.members {
		names[i] = m.name
	}
	return names
}

// Take removes a field and returns its value, and whether the object had the field.
func (o *Object) Take(name string) (any, bool) {
	value, there := o.Get(name)
	if there {
		o.drop(name)
	}
	return value, there
}
