package pptx

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// stateEdits are the changes to a slide that shows one of its states. A hidden shape is left out, since no other shape
// moves then. A hidden paragraph keeps its text, which becomes transparent, so that the lines around it stay where they
// are. Slide numbers become text, since the states are slides of their own.
type stateEdits struct {
	*slideEdits
	hidden hidden
	number int // of the slide
	open   []*opened
}

// opened is an open element of a slide.
type opened struct {
	name       string
	id         string // of a shape
	list       bool   // the shape is a placeholder whose paragraphs may have marks of lists
	paragraphs int    // of a shape, so far
	gone       bool   // it is a hidden shape
	ink        bool   // it is a hidden paragraph
	begun      bool   // of a paragraph and of a run: its properties, or other content, have begun
	numbered   bool   // it is a field with the number of the slide
}

// colours are the elements with colours among the properties of a text, and links, which change its colour.
var colours = map[string]bool{"a:ln": true, "a:noFill": true, "a:solidFill": true, "a:gradFill": true,
	"a:blipFill": true, "a:pattFill": true, "a:grpFill": true, "a:effectLst": true, "a:effectDag": true,
	"a:highlight": true, "a:uLnTx": true, "a:uLn": true, "a:uFillTx": true, "a:uFill": true, "a:hlinkClick": true,
	"a:hlinkMouseOver": true}

// blank is the mark of a list that keeps its place and draws nothing.
const blank = "\u00a0"

// start implements editor.
func (e *stateEdits) start(el *element) bool {
	if !e.slideEdits.start(el) {
		return false
	}
	n := &opened{name: el.name}
	switch {
	case el.name == "p:cNvPr" && strings.HasPrefix(el.parent, "p:nv"):
		if s := e.shape(); s != nil && s.id == "" {
			s.id = el.attr("id")
			s.gone = e.hidden.shapes[s.id]
		}
	case el.name == "p:ph":
		if s, kind := e.shape(), el.attr("type"); s != nil {
			s.list = kind == "" || kind == "body" || kind == "obj"
		}
	case el.name == "a:p" && el.parent == "p:txBody":
		if s := e.shape(); s != nil {
			n.ink = e.hidden.paragraphs[s.id][s.paragraphs]
			s.paragraphs++
		}
	case el.name == "a:fld" && el.attr("type") == "slidenum":
		n.numbered, el.rename = true, "r"
		for i := range el.attrs {
			el.attrs[i].drop = true
		}
	case el.parent == "a:fld" && e.top().numbered && el.name == "a:pPr":
		return false
	case el.parent == "a:fld" && e.top().numbered && el.name == "a:t":
		el.text = strconv.Itoa(e.number)
	}
	if p := e.paragraph(); p != nil && !e.erase(p, el) {
		return false
	}
	e.open = append(e.open, n)
	return true
}

// erase makes an element of a hidden paragraph transparent. It returns false for an element that is left out.
func (e *stateEdits) erase(p *opened, el *element) bool {
	tag := func(name, attrs, content string) string {
		if el.prefix != "" {
			name = el.prefix + ":" + name
		}
		return "<" + name + attrs + ">" + content + "</" + name + ">"
	}
	clear := tag("solidFill", "", tag("srgbClr", ` val="FFFFFF"`, tag("alpha", ` val="0"`, "")))
	mark := tag("buChar", ` char="`+blank+`"`, "")
	list := e.shape() != nil && e.shape().list
	switch {
	case el.parent == "a:p" && !p.begun:
		p.begun = true
		switch {
		case !list:
		case el.name == "a:pPr":
			el.within = mark // another mark, or that there is none, follows and counts instead
		default:
			el.before = tag("pPr", "", mark)
		}
	case el.parent == "a:pPr" && el.name == "a:buChar":
		for i := range el.attrs {
			if el.attrs[i].name == "char" {
				el.attrs[i].value = blank
			}
		}
	case el.parent == "a:pPr" && (el.name == "a:buAutoNum" || el.name == "a:buBlip"):
		el.before = mark
		return false
	case el.name == "a:rPr":
		e.top().begun = true
		el.within = clear
		for i := range el.attrs {
			if a := &el.attrs[i]; a.name == "u" || a.name == "strike" {
				a.drop = true
			}
		}
	case el.parent == "a:rPr" && colours[el.name]:
		return false
	case el.name == "a:t" && !e.top().begun:
		el.before = tag("rPr", "", clear)
	}
	return true
}

// end implements editor.
func (e *stateEdits) end(name string) bool {
	n := e.top()
	e.open = e.open[:len(e.open)-1]
	return e.slideEdits.end(name) && !n.gone
}

// top is the innermost open element.
func (e *stateEdits) top() *opened {
	if len(e.open) == 0 {
		return &opened{}
	}
	return e.open[len(e.open)-1]
}

// shape is the innermost open shape; nil: there is none.
func (e *stateEdits) shape() *opened {
	for _, n := range slices.Backward(e.open) {
		if slices.Contains(shapeNames, n.name) {
			return n
		}
	}
	return nil
}

// paragraph is the open hidden paragraph; nil: there is none.
func (e *stateEdits) paragraph() *opened {
	for _, n := range slices.Backward(e.open) {
		if n.name == "a:p" {
			if n.ink {
				return n
			}
			return nil
		}
	}
	return nil
}

// state is a slide that a stripper adds before another one.
type state struct {
	part string // its member
	rel  string // its relation of the main part
	id   int    // in the list of slides
}

// states adds the slides that show the states of a slide before its builds, and returns their members, in order. text
// is the slide, and e has the edits of the slide itself. The slide itself is edited too, for its number.
func (s *stripper) states(part string, text []byte, root *node, e *slideEdits) error {
	list, _ := builds(root)
	if root.lacks("show") {
		list = nil
	}
	dir, base := path.Split(part)
	for k := range len(list) + 1 {
		edits := &stateEdits{slideEdits: &slideEdits{kept: e.kept, icons: e.icons}, hidden: hide(list[k:]),
			number: s.numbers[part]}
		out, err := rewrite(s.ctx, part, text, s.lim, edits)
		if err != nil {
			return err
		}
		if k == len(list) {
			s.out[part], e.used = out, edits.used
			return nil
		}
		s.added++
		st := state{dir + fmt.Sprintf("state%d-", s.added) + base, fmt.Sprintf("state%d", s.added), firstStateID + s.added}
		if _, taken := s.find(st.part); taken {
			return fault("The deck has a member %s, whose name is used here for another slide. Save the deck again.", st.part)
		}
		s.out[st.part] = out
		s.before[part] = append(s.before[part], st)
	}
	return nil
}

// firstStateID is before the ids of added slides. Office programs give ids from 256 on, one after the other.
const firstStateID = 1 << 30

// listStates adds the slides that were added to the list of slides and to the relations of the main part. rels are
// those of the main part.
func (s *stripper) listStates(main string, rels map[string]relation) error {
	text := s.out[main]
	out, err := rewrite(s.ctx, main, text, s.lim, &listEdits{rels: rels, before: s.before})
	if err != nil {
		return err
	}
	s.out[main] = out
	all := slices.Clone(s.kept[main])
	for _, r := range rels {
		for _, st := range s.before[r.Target] {
			all = append(all, relation{ID: st.rel, URI: r.URI, Type: r.Type, Target: st.part, Found: true})
			dir, base := path.Split(st.part)
			if of := s.kept[r.Target]; len(of) > 0 {
				s.out[dir+"_rels/"+base+".rels"] = relationsXML(dir, of)
			}
			s.types.byName[strings.ToLower(st.part)] = s.types.of(r.Target)
		}
	}
	slices.SortFunc(all, func(a, b relation) int { return strings.Compare(a.ID, b.ID) })
	dir, base := path.Split(main)
	s.out[dir+"_rels/"+base+".rels"] = relationsXML(dir, all)
	return nil
}

// listEdits adds slides to the list of slides.
type listEdits struct {
	rels   map[string]relation
	before map[string][]state // by the member of the slide that they precede
}

// start implements editor.
func (e *listEdits) start(el *element) bool {
	if el.name != "p:sldId" || el.parent != "p:sldIdLst" {
		return true
	}
	name := "sldId"
	if el.prefix != "" {
		name = el.prefix + ":" + name
	}
	for _, a := range el.attrs {
		if a.name != "r:id" {
			continue
		}
		for _, st := range e.before[e.rels[a.value].Target] {
			el.before += fmt.Sprintf(`<%s id="%d" %s:%s="%s"/>`, name, st.id, a.raw.Space, a.raw.Local, st.rel)
		}
	}
	return true
}

// end implements editor.
func (e *listEdits) end(string) bool { return true }
