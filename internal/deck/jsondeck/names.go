package jsondeck

import "slices"

// few is how many names are compared one by one; an index would take more memory than they do.
const few = 8

// nameSet finds names that occur twice in an object that is not built. The names of all open objects share one stack.
type nameSet struct {
	names *[]string       // the stack
	from  int             // where the names of this object begin
	seen  map[string]bool // the names of this object once they are more than few
}

// add adds a name, and reports whether it is new.
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
