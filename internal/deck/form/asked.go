package form

import (
	"slices"
	"strings"

	"lectern"
)

// Fields returns the names that [Read] looks for in each object of a deck, by the object's path in an example deck
// that has every object. The names that mean the same are one entry.
func Fields() map[string][][]string {
	asked := map[string][][]string{}
	r := &reader{lim: lectern.DefaultLimits(), places: map[string]string{}}
	r.asked = func(object string, names []string) {
		if rest, ok := strings.CutPrefix(object, secondSlide); ok {
			object = firstSlide + rest
		}
		known := slices.ContainsFunc(asked[object], func(have []string) bool { return slices.Equal(have, names) })
		if !known {
			asked[object] = append(asked[object], names)
		}
	}
	r.deck(r.open(everyObject(), "", "", 0))
	return asked
}

// The slides of the example. Some of their fields exclude each other.
const firstSlide, secondSlide = "slides[0]", "slides[1]"

// everyObject is a deck with an object in each place where Read looks for one.
func everyObject() *Object {
	of := func(fields ...any) *Object {
		o := &Object{}
		for i := 0; i < len(fields); i += 2 {
			o.Add(fields[i].(string), fields[i+1])
		}
		return o
	}
	point := func() *Object { return of("e", of("x", Number("1"), "y", Number("1"))) }
	translated := func() *Object { return of("de", of("voice", of(), "props", of(), "revisions", of())) }
	size := func() *Object { return of("width", Number("640"), "height", Number("480")) }
	return of("voice", of(), "size", size(), "metadata", of(), "recording", of(), "variables", of(),
		"translations", translated(),
		"transitions", []any{of()},
		"slides", []any{
			of("voice", of(), "page", of(), "steps", []any{of()}, "sound", of(), "avatarBox", of(), "positions", point(),
				"props", of(), "translations", translated()),
			of("metadata", of("canvasDimensions", size(), "elementPositions", point())),
		})
}
