package pptx

import "lectern"

// Build is a click that makes something appear on a slide.
type Build struct {
	Click   int // counted from 1 over all clicks of the slide
	Targets []Target
}

// Target is a shape of a slide, or one of its paragraphs.
type Target struct {
	Shape     string // id of the shape in its slide
	Paragraph int    // counted from 0; -1: the whole shape
}

// maxParagraphs is how many paragraphs of one effect are read.
const maxParagraphs = 1000

// builds reads which shapes and paragraphs of a slide appear, and with which click. What appears with the slide, or has
// appeared with an earlier click, is left out, and so are shapes that the slide does not have. The last of
// [lectern.MaxSteps] builds has what more clicks would show; flat is how many these are.
func builds(root *node) (list []Build, flat int) {
	present := map[string]bool{}
	root.child("p:cSld", "p:spTree").all(func(shape *node) bool {
		present[properties(shape).attr("id")] = true
		return true
	}, shapeNames...)
	seen := map[Target]bool{}
	all, _ := steps(root.child("p:timing"))
	click := 0
	for _, s := range all {
		if !s.Auto {
			click++
		}
		b := Build{Click: click}
		for _, e := range s.Effects {
			for _, t := range e.targets() {
				if e.Class == "entr" && present[t.Shape] && !seen[t] {
					seen[t] = true
					b.Targets = append(b.Targets, t)
				}
			}
		}
		switch {
		case s.Auto || len(b.Targets) == 0:
		case len(list) == lectern.MaxSteps:
			flat++
			last := &list[len(list)-1]
			last.Targets = append(last.Targets, b.Targets...)
		default:
			list = append(list, b)
		}
	}
	return list, flat
}

// targets lists what an effect changes.
func (e Effect) targets() []Target {
	if e.First < 0 {
		return []Target{{e.Shape, -1}}
	}
	var list []Target
	for n := e.First; n <= min(e.Last, e.First+maxParagraphs); n++ {
		list = append(list, Target{e.Shape, n})
	}
	return list
}

// hidden is what a slide does not show yet: the targets of some of its builds.
type hidden struct {
	shapes     map[string]bool
	paragraphs map[string]map[int]bool // by shape
}

func hide(builds []Build) hidden {
	h := hidden{map[string]bool{}, map[string]map[int]bool{}}
	for _, b := range builds {
		for _, t := range b.Targets {
			switch {
			case t.Paragraph < 0:
				h.shapes[t.Shape] = true
			case h.paragraphs[t.Shape] == nil:
				h.paragraphs[t.Shape] = map[int]bool{t.Paragraph: true}
			default:
				h.paragraphs[t.Shape][t.Paragraph] = true
			}
		}
	}
	return h
}
