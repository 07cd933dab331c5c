package pptx

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// style is what a master gives to its slides.
type style struct {
	major, minor map[string]string // the fonts of the theme, by "latin", "ea" and "cs"
	fonts        map[string]bool   // that the shapes of the layout and the master name, unresolved
	title, body  map[string]bool   // those of titles and of other texts that name none
	links        []Link
}

// layout adds the fonts of a slide and the links of its layout and master.
func (o *office) layout(s *Slide, root *node, rels map[string]relation) error {
	used := map[string]bool{}
	typefaces(root, used)
	st := &style{}
	if r, ok := first(rels, "slideLayout"); ok && r.Found && isXML(r.Target) {
		var err error
		if st, err = o.layoutStyle(r.Target); err != nil {
			return err
		}
	}
	title, body := inherits(root.child("p:cSld", "p:spTree"))
	maps.Copy(used, st.fonts)
	if title {
		maps.Copy(used, st.title)
	}
	if body {
		maps.Copy(used, st.body)
	}
	s.Links = append(s.Links, st.links...)
	text := strings.Join(s.Text, "")
	if text == "" {
		return nil
	}
	names := map[string]bool{}
	for f := range used {
		if name := st.resolve(f, text); name != "" {
			names[name] = true
		}
	}
	s.Fonts = slices.Sorted(maps.Keys(names))
	return nil
}

// layoutStyle reads a layout, its master and the master's theme, once.
func (o *office) layoutStyle(part string) (*style, error) {
	if st := o.master[part]; st != nil {
		return st, nil
	}
	st := &style{fonts: map[string]bool{}, title: map[string]bool{}, body: map[string]bool{}}
	at := part
	for _, kind := range []string{"slideMaster", "theme", ""} {
		root, err := o.tree(o.ctx, at)
		if err != nil {
			return nil, err
		}
		if kind == "" {
			scheme := root.child("a:themeElements", "a:fontScheme")
			st.major, st.minor = themeFonts(scheme.child("a:majorFont")), themeFonts(scheme.child("a:minorFont"))
			break
		}
		typefaces(root.child("p:cSld"), st.fonts)
		typefaces(root.child("p:txStyles", "p:titleStyle"), st.title)
		typefaces(root.child("p:txStyles", "p:bodyStyle"), st.body)
		rels, err := o.relations(o.ctx, at)
		if err != nil {
			return nil, err
		}
		for _, id := range slices.Sorted(maps.Keys(rels)) {
			if r := rels[id]; r.External && r.Type != "hyperlink" && r.Target != "NULL" {
				st.links = append(st.links, Link{Kind: r.Type, Target: r.Target})
			}
		}
		r, ok := first(rels, kind)
		if !ok || !r.Found || !isXML(r.Target) {
			break
		}
		at = r.Target
	}
	o.master[part] = st
	return st, nil
}

// inherits reports whether a title has text without a font of its own, and whether another shape has.
func inherits(shapes *node) (title, body bool) {
	shapes.all(func(shape *node) bool {
		if shape.name == "p:grpSp" {
			return true
		}
		own := map[string]bool{}
		shape.all(func(l *node) bool { typefaces(l, own); return false }, "a:lstStyle")
		bare := false
		shape.all(func(r *node) bool {
			bare = bare || strings.TrimSpace(r.child("a:t").content()) != "" && r.child("a:rPr", "a:latin").name == ""
			return !bare
		}, "a:r", "a:fld")
		switch kind := placeholder(shape); {
		case !bare || len(own) > 0:
		case kind == "title" || kind == "ctrTitle":
			title = true
		default:
			body = true
		}
		return false
	}, shapeNames...)
	return title, body
}

func themeFonts(n *node) map[string]string {
	return map[string]string{"latin": n.child("a:latin").attr("typeface"), "ea": n.child("a:ea").attr("typeface"),
		"cs": n.child("a:cs").attr("typeface")}
}

// typefaces collects the typefaces that n names, each with its script in front: "latin:Calibri".
func typefaces(n *node, into map[string]bool) {
	n.all(func(f *node) bool {
		if name := f.attr("typeface"); name != "" {
			into[strings.TrimPrefix(f.name, "a:")+":"+name] = true
		}
		return true
	}, "a:latin", "a:ea", "a:cs", "a:sym")
}

// resolve turns a typeface of the file into the name of a font; "": the text has no characters for it. References to
// the theme are +mj-lt, +mn-ea and so on.
func (st *style) resolve(f, text string) string {
	script, name, _ := strings.Cut(f, ":")
	if script == "ea" && !strings.ContainsFunc(text, eastAsian) ||
		script == "cs" && !strings.ContainsFunc(text, complexScript) {
		return ""
	}
	if !strings.HasPrefix(name, "+") {
		return name
	}
	fonts := st.minor
	if strings.HasPrefix(name, "+mj-") {
		fonts = st.major
	}
	switch {
	case strings.HasSuffix(name, "-ea"):
		return fonts["ea"]
	case strings.HasSuffix(name, "-cs"):
		return fonts["cs"]
	}
	return fonts["latin"]
}

func eastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo)
}

func complexScript(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Thai, unicode.Devanagari, unicode.Bengali, unicode.Tamil,
		unicode.Syriac, unicode.Khmer, unicode.Lao)
}
