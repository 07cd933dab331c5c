package pptx

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"lectern"
)

// office is a PPTX that is being read.
type office struct {
	*archive
	ctx     context.Context
	types   contentTypes
	talk    *Talk
	master  map[string]*style // by part
	checked map[string]bool   // parts that are valid XML, with those that they are drawn with
}

// contentTypes has the media types of members.
type contentTypes struct {
	byName   map[string]string // lower-case name
	byEnding map[string]string
}

// of returns the media type of a member; "": it is not stated.
func (c contentTypes) of(name string) string {
	if t := c.byName[strings.ToLower(name)]; t != "" {
		return t
	}
	return c.byEnding[strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")]
}

func (a *archive) contentTypes(ctx context.Context) (contentTypes, error) {
	c := contentTypes{map[string]string{}, map[string]string{}}
	if _, ok := a.find("[Content_Types].xml"); !ok {
		return c, nil
	}
	root, err := a.tree(ctx, "[Content_Types].xml")
	if err != nil {
		return c, err
	}
	for _, k := range root.kids {
		switch k.name {
		case "ct:Default":
			c.byEnding[strings.ToLower(k.attr("Extension"))] = k.attr("ContentType")
		case "ct:Override":
			c.byName[strings.ToLower(strings.TrimPrefix(k.attr("PartName"), "/"))] = k.attr("ContentType")
		}
	}
	return c, nil
}

// main returns the part with the presentation and its tree.
func (a *archive) main(ctx context.Context) (part string, root *node, err error) {
	rels, err := a.relations(ctx, "")
	if err != nil {
		return "", nil, err
	}
	r, ok := first(rels, "officeDocument")
	if !ok {
		return "", nil, fault("The file is not a deck: it is a ZIP file without an office document.")
	}
	if !r.Found {
		return "", nil, fault("The deck is damaged: it lacks %s.", lectern.Shorten(r.Target))
	}
	root, err = a.tree(ctx, r.Target)
	if err != nil {
		return "", nil, err
	}
	if root.name != "p:presentation" {
		return "", nil, fault("The file is %s, not a deck.", kindOf(r.Target))
	}
	return r.Target, root, nil
}

// kindOf says what an office file is, by its main part.
func kindOf(part string) string {
	switch {
	case strings.HasPrefix(part, "word/"):
		return "a Word document"
	case strings.HasPrefix(part, "xl/"):
		return "an Excel workbook"
	case strings.HasPrefix(part, "visio/"):
		return "a Visio drawing"
	}
	return "another kind of office file"
}

// pptx reads a PPTX.
func (a *archive) pptx(ctx context.Context) (*Talk, error) {
	o := &office{archive: a, ctx: ctx, talk: &Talk{Format: Transitional}, master: map[string]*style{},
		checked: map[string]bool{}}
	part, root, err := a.main(ctx)
	if err != nil {
		return nil, err
	}
	if o.types, err = a.contentTypes(ctx); err != nil {
		return nil, err
	}
	rels, err := a.relations(ctx, part)
	if err != nil {
		return nil, err
	}
	o.talk.Width, o.talk.Height = 9144000, 6858000
	if size := root.child("p:sldSz"); size.name != "" {
		o.talk.Width, o.talk.Height = number(size.attr("cx")), number(size.attr("cy"))
	}
	if o.talk.Width <= 0 || o.talk.Height <= 0 || o.talk.Width > 1<<31 || o.talk.Height > 1<<31 {
		return nil, fault("The deck is damaged: its slides have no valid size (p:sldSz of %s).", lectern.Shorten(part))
	}
	if root.attr("conformance") == "strict" {
		o.talk.Format = Strict
	}
	_, o.talk.Macros = first(rels, "vbaProject")
	if err := o.properties(rels); err != nil {
		return nil, err
	}
	if err := o.slides(root, rels); err != nil {
		return nil, err
	}
	o.sections(root)
	for _, r := range rels {
		if drawn(r) && r.Type != "slide" {
			if err := o.verify(r.Target); err != nil {
				return nil, err
			}
		}
	}
	return o.talk, nil
}

// properties reads the title of the file, and what its slide show plays.
func (o *office) properties(rels map[string]relation) error {
	top, err := o.relations(o.ctx, "")
	if err != nil {
		return err
	}
	// a converter does not read the title, so that a damaged one is no reason to refuse the deck
	if core, ok := first(top, "core-properties"); ok && core.Found {
		if root, err := o.tree(o.ctx, core.Target); err == nil {
			if t := root.find("dc:title"); t != nil {
				o.talk.Title = oneLine(t.content())
			}
		}
	}
	r, ok := first(rels, "presProps")
	if !ok || !r.Found {
		return nil
	}
	root, err := o.tree(o.ctx, r.Target)
	if err != nil {
		return err
	}
	show := root.child("p:showPr")
	o.talk.NoTimings, o.talk.NoNarration = show.lacks("useTimings"), show.lacks("showNarration")
	if show.child("p:sldRg").name != "" || show.child("p:custShow").name != "" {
		o.talk.Unusual = append(o.talk.Unusual, "The slide show of the file is limited to some of its slides; all slides "+
			"that are not hidden are used.")
	}
	return nil
}

// slides reads the slides in show order. The numbers in the names of parts mean nothing.
func (o *office) slides(root *node, rels map[string]relation) error {
	keys := map[string]bool{}
	for _, id := range root.child("p:sldIdLst").kids {
		if id.name != "p:sldId" {
			continue
		}
		n := len(o.talk.Slides) + 1
		if n > o.lim.Slides {
			return tooLarge("The deck has more than %d slides (limits.slides).", o.lim.Slides)
		}
		r := rels[id.attr("r:id")]
		if !r.Found || r.External {
			return fault("The deck is damaged: it lacks the part of this slide (%s).", missing(r.Target)).At(n)
		}
		s, err := o.slide(r.Target)
		if err != nil {
			if f, ok := err.(*lectern.Failure); ok {
				return f.At(n)
			}
			return err
		}
		s.ID = uint64(max(number(id.attr("id")), 0))
		s.Key = key(s, keys)
		o.talk.Slides = append(o.talk.Slides, s)
	}
	page := 0
	for i := range o.talk.Slides {
		if s := &o.talk.Slides[i]; !s.Hidden {
			page++
			s.Page = page
		}
	}
	return nil
}

func missing(part string) string {
	if part == "" {
		return "the list of slides names none"
	}
	return lectern.Shorten(part)
}

// key identifies a slide. It is made unique in a damaged deck.
func key(s Slide, taken map[string]bool) string {
	k := fmt.Sprintf("slide-%d", s.ID)
	if s.Creation != 0 {
		k += fmt.Sprintf("-%d", s.Creation)
	}
	for one, n := k, 2; taken[k]; n++ {
		k = fmt.Sprintf("%s.%d", one, n)
	}
	taken[k] = true
	return k
}

// sections reads the sections. A slide that a section names twice belongs to the first.
func (o *office) sections(root *node) {
	index := map[uint64]int{}
	for i, s := range o.talk.Slides {
		index[s.ID] = i
	}
	root.all(func(list *node) bool {
		for _, k := range list.kids {
			if k.name != "p14:section" {
				continue
			}
			sec := Section{Name: oneLine(k.attr("name"))}
			for _, id := range k.child("p14:sldIdLst").kids {
				i, ok := index[uint64(max(number(id.attr("id")), 0))]
				if !ok || id.name != "p14:sldId" || o.talk.Slides[i].Section != "" {
					continue
				}
				sec.Slides = append(sec.Slides, i)
				o.talk.Slides[i].Section = sec.Name
			}
			slices.Sort(sec.Slides)
			o.talk.Sections = append(o.talk.Sections, sec)
		}
		return false
	}, "p14:sectionLst")
}

// undrawn are the types of relations whose targets have no part in the picture of a slide.
var undrawn = map[string]bool{
	"notesSlide": true, "notesMaster": true, "handoutMaster": true, "presProps": true, "viewProps": true,
	"comments": true, "commentAuthors": true, "authors": true, "tags": true, "printerSettings": true, "customXml": true,
	"customXmlProps": true, "vbaProject": true, "revisionInfo": true, "changesInfo": true, "thumbnail": true,
	"core-properties": true, "extended-properties": true, "custom-properties": true, "hyperlink": true,
	"smNativeData": true, "classificationlabels": true, "audio": true, "video": true, "media": true,
	"wsSortMap": true, "control": true, "activeXControlBinary": true, "taskPaneContent": true,
	"webextensiontaskpanes": true,
}

// drawn reports whether a converter needs the target of a relation for its pictures.
func drawn(r relation) bool { return r.Found && !r.External && !undrawn[r.Type] }

// verify checks that a part and the parts that it is drawn with are valid XML.
func (o *office) verify(part string) error {
	pending := []string{part}
	for len(pending) > 0 {
		part := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if o.checked[part] || !isXML(part) {
			continue
		}
		o.checked[part] = true
		if err := o.check(o.ctx, part); err != nil {
			return err
		}
		more, err := o.targets(part)
		if err != nil {
			return err
		}
		pending = append(pending, more...)
	}
	return nil
}

// targets returns the parts that a part is drawn with, other slides left out, in a stable order.
func (o *office) targets(part string) ([]string, error) {
	rels, err := o.relations(o.ctx, part)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range rels {
		if drawn(r) && r.Type != "slide" {
			out = append(out, r.Target)
		}
	}
	slices.Sort(out)
	return out, nil
}

// isXML reports whether a part is XML. Old drawings in VML often are not valid, and converters accept that.
func isXML(part string) bool { return strings.EqualFold(path.Ext(part), ".xml") }

// number reads an integer; 0: it is none.
func number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// content joins the texts inside an element.
func (n *node) content() string {
	var b strings.Builder
	var add func(*node)
	add = func(n *node) {
		b.WriteString(n.text)
		for _, k := range n.kids {
			add(k)
		}
	}
	add(n)
	return b.String()
}
