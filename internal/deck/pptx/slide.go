package pptx

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lectern"
)

// slide reads a slide with its notes.
func (o *office) slide(part string) (Slide, error) {
	root, err := o.tree(o.ctx, part)
	if err != nil {
		return Slide{}, err
	}
	rels, err := o.relations(o.ctx, part)
	if err != nil {
		return Slide{}, err
	}
	s := Slide{Part: part, Hidden: root.lacks("show")}
	if c := root.child("p:cSld", "p:extLst").find("p14:creationId"); c != nil {
		s.Creation = uint64(max(number(c.attr("val")), 0))
	}
	shapes := root.child("p:cSld", "p:spTree")
	o.texts(&s, shapes)
	if err := o.objects(&s, shapes, rels); err != nil {
		return Slide{}, err
	}
	if !o.talk.NoTimings {
		s.Advance = advance(root)
	}
	o.sounds(&s, root, shapes, rels)
	s.Steps, s.Animated = steps(root.child("p:timing"))
	s.Builds, s.Flat = builds(root)
	if err := o.notes(&s, rels); err != nil {
		return Slide{}, err
	}
	if err := o.layout(&s, root, rels); err != nil {
		return Slide{}, err
	}
	o.references(&s, rels)
	if s.Hidden { // it is not drawn
		return s, nil
	}
	parts, err := o.targets(part)
	if err != nil {
		return Slide{}, err
	}
	for _, p := range parts {
		if err := o.verify(p); err != nil {
			return Slide{}, err
		}
	}
	return s, nil
}

// placeholder is the type of a shape's placeholder; "": it is none. A placeholder without a type is an "obj".
func placeholder(shape *node) string {
	for _, k := range shape.kids {
		if ph := k.child("p:nvPr", "p:ph"); ph.name != "" && strings.HasPrefix(k.name, "p:nv") {
			return cmp.Or(ph.attr("type"), "obj")
		}
	}
	return ""
}

// properties returns the p:cNvPr of a shape.
func properties(shape *node) *node {
	for _, k := range shape.kids {
		if p := k.child("p:cNvPr"); p.name != "" && strings.HasPrefix(k.name, "p:nv") {
			return p
		}
	}
	return &node{}
}

// furniture are the placeholders that are on every slide.
var furniture = map[string]bool{"sldNum": true, "dt": true, "ftr": true, "hdr": true, "sldImg": true}

var shapeNames = []string{"p:sp", "p:cxnSp", "p:pic", "p:graphicFrame", "p:grpSp"}

// texts reads the title and the paragraphs of a slide.
func (o *office) texts(s *Slide, shapes *node) {
	shapes.all(func(shape *node) bool {
		kind := placeholder(shape)
		if (kind == "title" || kind == "ctrTitle") && s.Title == "" {
			s.Title = oneLine(strings.Join(paragraphs(shape.child("p:txBody")), " "))
		}
		if furniture[kind] || properties(shape).has("hidden") {
			return false
		}
		if shape.name == "p:grpSp" {
			return true
		}
		s.Text = append(s.Text, paragraphs(shape)...)
		return false
	}, shapeNames...)
}

// paragraphs returns the texts of all a:p below n that are not blank.
func paragraphs(n *node) []string {
	var out []string
	n.all(func(p *node) bool {
		if t := strings.TrimSpace(paragraph(p).Text); t != "" {
			out = append(out, t)
		}
		return false
	}, "a:p")
	return out
}

// paragraph reads an a:p: its runs, line breaks, fields and formulas.
func paragraph(p *node) Paragraph {
	var b strings.Builder
	marked := map[string]int{} // language → characters
	run := func(n *node, text string) {
		text = plain(text)
		b.WriteString(text)
		if lang := n.child("a:rPr").attr("lang"); lang != "" {
			marked[lang] += len([]rune(strings.TrimSpace(text)))
		}
	}
	for _, k := range p.kids {
		switch k.name {
		case "a:r", "a:fld":
			run(k, k.child("a:t").content())
		case "a:br":
			b.WriteByte('\n')
		case "a14:m", "m:oMath", "m:oMathPara":
			k.all(func(t *node) bool { b.WriteString(t.content()); return false }, "m:t")
		}
	}
	out := Paragraph{Text: b.String()}
	most := 0
	for lang, n := range marked {
		if n > most || n == most && lang < out.Language && n > 0 {
			out.Language, most = lang, n
		}
	}
	return out
}

// escaped matches the form in which office files write control characters.
var escaped = regexp.MustCompile(`_x00[01][0-9A-Fa-f]_`)

// plain turns the line breaks of office programs into \n and drops other control characters.
func plain(s string) string {
	if strings.Contains(s, "_x00") {
		s = escaped.ReplaceAllStringFunc(s, func(e string) string {
			n, _ := strconv.ParseUint(e[2:6], 16, 16)
			return string(rune(n))
		})
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\v' || r == '\u2028' || r == '\r':
			return '\n'
		case r < ' ' && r != '\n' && r != '\t':
			return -1
		}
		return r
	}, s)
}

// notes reads the speaker notes: only the body of the notes page, without its number, header and footer.
func (o *office) notes(s *Slide, rels map[string]relation) error {
	r, ok := first(rels, "notesSlide")
	if !ok || !r.Found {
		return nil
	}
	root, err := o.tree(o.ctx, r.Target)
	if err != nil {
		return err
	}
	bodies := map[string][]Paragraph{}
	root.child("p:cSld", "p:spTree").all(func(shape *node) bool {
		shape.child("p:txBody").all(func(p *node) bool {
			n := paragraph(p)
			if n.Text = trimLines(n.Text); n.Text != "" {
				bodies[placeholder(shape)] = append(bodies[placeholder(shape)], n)
			}
			return false
		}, "a:p")
		return true
	}, "p:sp")
	s.Notes = bodies["body"]
	if len(s.Notes) == 0 { // some programs do not say that the placeholder is the body
		s.Notes = bodies["obj"]
	}
	return nil
}

// trimLines removes blank lines and the white space around lines.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
}

// objects reads the images of a slide, its links, and the texts inside diagrams and charts.
func (o *office) objects(s *Slide, shapes *node, rels map[string]relation) error {
	var err error
	shapes.all(func(shape *node) bool {
		prop := properties(shape)
		if prop.has("hidden") || err != nil {
			return false
		}
		kind := imageKind(shape)
		if kind != "" {
			s.Images = append(s.Images, image(prop, kind))
		}
		if kind == "diagram" || kind == "chart" {
			err = o.drawing(s, shape, rels)
		}
		return shape.name == "p:grpSp"
	}, shapeNames...)
	return err
}

// references notes what the slide loads from outside the package, and what the package lacks. A link to nothing beside
// an embedded file is normal for sounds and videos.
func (o *office) references(s *Slide, rels map[string]relation) {
	embedded := false
	for _, r := range rels {
		embedded = embedded || r.Type == "media" && r.Found && !r.External
	}
	for _, r := range rels {
		switch {
		case r.Type == "hyperlink" || r.Type == "slide":
		case r.Target == "NULL" || !r.Found && path.Base(r.Target) == "NULL": // as PowerPoint writes a file that it lost
			if !embedded {
				s.Unusual = append(s.Unusual, "The file lacks the "+r.Type+" that the slide uses.")
			}
		case r.External:
			s.Links = append(s.Links, Link{Kind: r.Type, Target: r.Target})
		case !r.Found && !undrawn[r.Type]:
			s.Unusual = append(s.Unusual, "The file lacks "+lectern.Shorten(r.Target)+", which the slide uses.")
		}
	}
	slices.SortFunc(s.Links, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Kind, b.Kind))
	})
	s.Links = slices.Compact(s.Links)
	slices.Sort(s.Unusual)
}

// imageKind is the kind of an image, see [Image]; "": the shape is none.
func imageKind(shape *node) string {
	switch shape.name {
	case "p:pic":
		nv := shape.child("p:nvPicPr", "p:nvPr")
		switch {
		case nv.child("a:videoFile").name != "" || nv.child("a:quickTimeFile").name != "":
			return "video"
		case nv.child("a:audioFile").name != "" || nv.child("a:wavAudioFile").name != "" || nv.child("a:audioCd").name != "":
			return "" // a loudspeaker
		}
		return "picture"
	case "p:graphicFrame":
		uri := shape.child("a:graphic", "a:graphicData").attr("uri")
		switch {
		case strings.HasSuffix(uri, "/table"):
			return ""
		case strings.Contains(uri, "chart"):
			return "chart"
		case strings.HasSuffix(uri, "/diagram"):
			return "diagram"
		}
		return "object"
	case "p:sp":
		if shape.child("p:spPr", "a:blipFill").name != "" && len(paragraphs(shape)) == 0 {
			return "picture"
		}
	}
	return ""
}

// fileName matches an alternative text that is only the name of the picture's file, as some programs write it.
var fileName = regexp.MustCompile(`(?i)^\S+\.(?:png|jpe?g|gif|bmp|emf|wmf|svg|tiff?|webp)$`)

func image(prop *node, kind string) Image {
	i := Image{Kind: kind, Name: oneLine(prop.attr("name"))}
	i.Alt = oneLine(plain(cmp.Or(strings.TrimSpace(prop.attr("descr")), prop.attr("title"))))
	if fileName.MatchString(i.Alt) {
		i.Alt = ""
	}
	if d := prop.find("adec:decorative"); d != nil {
		i.Decorative = d.has("val")
	}
	return i
}

// drawing adds the texts of a diagram or a chart, which are in parts of their own.
func (o *office) drawing(s *Slide, shape *node, rels map[string]relation) error {
	var ids []string
	shape.child("a:graphic", "a:graphicData").all(func(n *node) bool {
		for _, a := range n.attrs {
			if a.name == "r:dm" || a.name == "r:id" && strings.HasSuffix(n.name, ":chart") {
				ids = append(ids, a.value)
			}
		}
		return true
	}, "dgm:relIds", "c:chart")
	for _, id := range ids {
		r := rels[id]
		if !r.Found || r.External || !isXML(r.Target) {
			continue
		}
		root, err := o.tree(o.ctx, r.Target)
		if err != nil {
			return err
		}
		s.Text = append(s.Text, paragraphs(root)...)
		root.all(func(cache *node) bool { // the names of series and categories, each once
			cache.all(func(v *node) bool {
				if t := oneLine(v.content()); t != "" && !slices.Contains(s.Text, t) && len(s.Text) < 2000 {
					s.Text = append(s.Text, t)
				}
				return false
			}, "c:v")
			return false
		}, "c:strCache")
	}
	return nil
}
