package picturefile

import (
	"cmp"
	"slices"
)

// costs lists the elements that cost more than a shape.
var costs = map[string]int64{
	"feturbulence": 10_000, "femorphology": 5000, "feconvolvematrix": 5000, "fediffuselighting": 2000,
	"fespecularlighting": 2000,
	"fegaussianblur":     500, "fedropshadow": 500, "fedisplacementmap": 500, "feimage": 500, "fetile": 500,
	"feblend": 100, "fecolormatrix": 100, "fecomponenttransfer": 100, "fecomposite": 100, "feflood": 100, "femerge": 100,
	"feoffset": 100,
}

func costOf(tag string) int64 {
	if c, ok := costs[tag]; ok {
		return c
	}
	return 1
}

// maxLayers bounds the number of nested layers: each may be as large as the slide.
const maxLayers = 16

// total is the cost of an element and of everything that it refers to.
type total struct {
	elements int64
	shapes   int64 // elements, each of which can inherit a property
	points   int64 // vertices of these elements
	pixels   int64
	depth    int
	layers   int
}

const most = int64(1) << 50

func (t *total) add(o total, times int64) {
	t.elements = min(most, t.elements+mul(o.elements, times))
	t.shapes = min(most, t.shapes+mul(o.shapes, times))
	t.points = min(most, t.points+mul(o.points, times))
	t.pixels = min(most, t.pixels+mul(o.pixels, times))
	t.depth, t.layers = max(t.depth, o.depth), max(t.layers, o.layers)
}

func mul(a, b int64) int64 {
	if a > 0 && b > most/a {
		return most
	}
	return a * b
}

// cost adds up the elements with every reference expanded: a part that is used ten times within a part that is used ten
// times counts a hundred times. The cost of each part is computed only once. A part that uses itself is refused.
func (d *drawing) cost() (total, *Unfit) {
	w := walk{d: d, known: make([]total, len(d.nodes)), state: make([]byte, len(d.nodes))}
	return w.of(0, 0)
}

type walk struct {
	d     *drawing
	known []total
	state []byte // 1: being expanded, 2: known
}

func (w *walk) of(i, depth int) (total, *Unfit) {
	switch {
	case w.state[i] == 1:
		return total{}, unfit("it is an SVG drawing with a part that uses itself")
	case w.state[i] == 2:
		if w.known[i].depth+depth > maxDepth {
			return total{}, unfit("it is an SVG drawing with elements nested more than %d deep", maxDepth)
		}
		return w.known[i], nil
	case depth > maxDepth:
		return total{}, unfit("it is an SVG drawing with elements nested more than %d deep", maxDepth)
	}
	w.state[i] = 1
	n := &w.d.nodes[i]
	e := n.effect
	for _, key := range n.keys() {
		if more, ok := w.d.rules[key]; ok {
			e.cost += more.cost
			e.points += more.points
			e.layer = e.layer || more.layer
			e.refs = append(e.refs[:len(e.refs):len(e.refs)], more.refs...)
		}
	}
	if len(e.refs) > 4*maxRefs {
		return total{}, tooStyled
	}
	t := total{elements: e.cost, shapes: 1, points: e.points, pixels: int64(n.pixels)}
	for _, c := range n.children {
		sum, u := w.of(c, depth+1)
		if u != nil {
			return t, u
		}
		t.add(sum, 1)
	}
	// Used parts come before inherited properties, because a use passes properties on too.
	for _, r := range slices.SortedStableFunc(slices.Values(e.refs),
		func(a, b ref) int { return cmp.Compare(a.each, b.each) }) {
		c, ok := w.d.ids[r.id]
		if !ok {
			continue
		}
		if tag := w.d.nodes[c].tag; tag == "lineargradient" || tag == "radialgradient" {
			t.elements++
			continue
		}
		sum, u := w.of(c, depth+1)
		if u != nil {
			return t, u
		}
		switch r.each {
		case shape:
			t.add(sum, t.shapes)
		case vertex:
			t.add(sum, t.points+1)
		default:
			t.add(sum, 1)
		}
	}
	t.depth++
	if e.layer && (len(n.children) > 0 || len(e.refs) > 0) {
		if t.layers++; t.layers > maxLayers {
			return t, unfit("it is an SVG drawing with more than %d nested groups that need layers of their own",
				maxLayers)
		}
	}
	w.known[i], w.state[i] = t, 2
	return t, nil
}

// keys are the rules that may match an element.
func (n *node) keys() []string {
	keys := []string{"*", n.tag}
	if n.id != "" {
		keys = append(keys, "#"+n.id)
	}
	for _, c := range n.classes {
		keys = append(keys, "."+c)
	}
	return keys
}
