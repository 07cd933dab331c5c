package pptx

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern"
)

// openDocument is an ODP that is being read.
type openDocument struct {
	*archive
	talk   *Talk
	styles map[string]*odfStyle // by name
	sizes  map[string][2]int64  // of the pages of a master page, by its name
	types  map[string]string    // media types of members
}

// odfStyle is what a style of an ODP says about a page or a text.
type odfStyle struct {
	parent   string
	hidden   bool
	advance  time.Duration
	sound    string // played when the page appears; "": none
	fonts    []string
	language string
}

// odp reads an ODP.
func (a *archive) odp(ctx context.Context) (*Talk, error) {
	o := &openDocument{archive: a, talk: &Talk{Format: ODP}, styles: map[string]*odfStyle{}, sizes: map[string][2]int64{},
		types: map[string]string{}}
	if err := o.manifest(ctx); err != nil {
		return nil, err
	}
	content, err := a.tree(ctx, "content.xml")
	if err != nil {
		return nil, err
	}
	body := content.child("office:body", "office:presentation")
	if body.name == "" {
		return nil, fault("The file is another kind of OpenDocument file, not a deck (ODP).")
	}
	if _, ok := a.find("styles.xml"); ok {
		styles, err := a.tree(ctx, "styles.xml")
		if err != nil {
			return nil, err
		}
		o.read(styles)
	}
	o.read(content)
	if meta, err := a.tree(ctx, "meta.xml"); err == nil {
		if t := meta.find("dc:title"); t != nil {
			o.talk.Title = oneLine(t.content())
		}
	}
	if err := o.pages(body); err != nil {
		return nil, err
	}
	for _, name := range a.order { // charts and formulas
		if base := path.Base(name); path.Dir(name) != "." && (base == "content.xml" || base == "styles.xml") {
			if err := a.check(ctx, name); err != nil {
				return nil, err
			}
		}
		o.talk.Macros = o.talk.Macros || strings.HasPrefix(name, "Basic/") || strings.HasPrefix(name, "Scripts/")
	}
	return o.talk, nil
}

// manifest reads the types of members, and finds encrypted ones.
func (o *openDocument) manifest(ctx context.Context) error {
	if _, ok := o.find("META-INF/manifest.xml"); !ok {
		return nil
	}
	root, err := o.tree(ctx, "META-INF/manifest.xml")
	if err != nil {
		return err
	}
	if root.find("manifest:encryption-data") != nil {
		return fault("The deck is protected by a password. Open it in the office program, save a copy without a password, " +
			"and use the copy.")
	}
	for _, k := range root.kids {
		o.types[k.attr("manifest:full-path")] = k.attr("manifest:media-type")
	}
	return nil
}

// read collects the styles and the master pages of content.xml or styles.xml.
func (o *openDocument) read(root *node) {
	faces, layouts := map[string]string{}, map[string][2]int64{}
	root.all(func(n *node) bool {
		switch n.name {
		case "style:font-face":
			faces[n.attr("style:name")] = strings.Trim(n.attr("svg:font-family"), `'"`)
		case "style:page-layout":
			p := n.child("style:page-layout-properties")
			layouts[n.attr("style:name")] = [2]int64{emu(p.attr("fo:page-width")), emu(p.attr("fo:page-height"))}
		case "style:master-page":
			o.sizes[n.attr("style:name")] = layouts[n.attr("style:page-layout-name")]
		case "style:style", "style:default-style":
			o.style(n, faces)
		}
		return false
	}, "style:font-face", "style:page-layout", "style:master-page", "style:style", "style:default-style")
}

func (o *openDocument) style(n *node, faces map[string]string) {
	st := &odfStyle{parent: n.attr("style:parent-style-name")}
	page, text := n.child("style:drawing-page-properties"), n.child("style:text-properties")
	st.hidden = page.attr("presentation:visibility") == "hidden"
	if page.attr("presentation:transition-type") == "automatic" {
		st.advance = isoDuration(page.attr("presentation:duration"))
	}
	st.sound = page.child("presentation:sound").attr("xlink:href")
	for _, suffix := range []string{"", "-asian", "-complex"} {
		name := cmp.Or(faces[text.attr("style:font-name"+suffix)], strings.Trim(text.attr("fo:font-family"+suffix), `'"`))
		if suffix == "" && name != "" {
			st.fonts = append(st.fonts, name)
		}
	}
	if lang, country := text.attr("fo:language"), text.attr("fo:country"); lang != "" && lang != "none" && lang != "zxx" {
		st.language = lang
		if country != "" && country != "none" {
			st.language += "-" + country
		}
	}
	o.styles[n.attr("style:name")] = st
}

// inherited returns the first value that a style or its parents have.
func inherited[T comparable](o *openDocument, name string, value func(*odfStyle) T) T {
	var zero T
	for range 16 {
		st := o.styles[name]
		if st == nil {
			return zero
		}
		if v := value(st); v != zero {
			return v
		}
		name = st.parent
	}
	return zero
}

// pages reads the slides.
func (o *openDocument) pages(body *node) error {
	keys, page := map[string]bool{}, 0
	for _, k := range body.kids {
		if k.name != "draw:page" {
			continue
		}
		if len(o.talk.Slides) == o.lim.Slides {
			return tooLarge("The deck has more than %d slides (limits.slides).", o.lim.Slides)
		}
		if len(o.talk.Slides) == 0 {
			size := o.sizes[k.attr("draw:master-page-name")]
			o.talk.Width, o.talk.Height = size[0], size[1]
		}
		s := o.page(k, len(o.talk.Slides)+1)
		base := s.Key
		for n := 2; keys[s.Key]; n++ {
			s.Key = fmt.Sprintf("%s.%d", base, n)
		}
		keys[s.Key] = true
		if !s.Hidden {
			page++
			s.Page = page
		}
		o.talk.Slides = append(o.talk.Slides, s)
	}
	if o.talk.Width <= 0 || o.talk.Height <= 0 {
		o.talk.Width, o.talk.Height = emu("28cm"), emu("15.75cm")
	}
	return nil
}

// unsafe matches what a key may not have.
var unsafe = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

func (o *openDocument) page(n *node, number int) Slide {
	name := cmp.Or(n.attr("draw:name"), fmt.Sprintf("page%d", number))
	style := n.attr("draw:style-name")
	s := Slide{Part: name, Key: "slide-" + unsafe.ReplaceAllString(cmp.Or(n.attr("xml:id"), n.attr("draw:id"), name), "_")}
	s.Hidden = inherited(o, style, func(st *odfStyle) bool { return st.hidden })
	s.Advance = inherited(o, style, func(st *odfStyle) time.Duration { return st.advance })
	o.contents(&s, n)
	fonts := map[string]bool{}
	o.fonts(n, fonts)
	s.Fonts = slices.Sorted(maps.Keys(fonts))
	if sound := inherited(o, style, func(st *odfStyle) string { return st.sound }); sound != "" {
		if c, ok := o.media(sound, &s, "audio"); ok {
			c.Auto = true
			s.Sounds = append(s.Sounds, c)
		}
	}
	o.played(&s, n)
	return s
}

// shapeTags are the elements of ODF with a text or an image of their own.
var shapeTags = []string{"draw:frame", "draw:custom-shape", "draw:rect", "draw:ellipse", "draw:circle", "draw:line",
	"draw:path", "draw:polygon", "draw:polyline", "draw:connector", "draw:caption", "presentation:notes",
	"office:annotation"}

// contents reads the texts, images, sounds and notes of a page.
func (o *openDocument) contents(s *Slide, page *node) {
	page.all(func(shape *node) bool {
		switch class := shape.attr("presentation:class"); {
		case shape.name == "office:annotation":
			return false
		case shape.name == "presentation:notes":
			o.notes(s, shape)
			return false
		case class == "page-number" || class == "date-time" || class == "footer" || class == "header":
			return false
		case class == "title" && s.Title == "":
			s.Title = oneLine(strings.Join(odfTexts(shape), " "))
		}
		s.Text = append(s.Text, odfTexts(shape)...)
		o.object(s, shape)
		return false
	}, shapeTags...)
}

// odfTexts returns the paragraphs of a shape that are not blank.
func odfTexts(n *node) []string {
	var out []string
	n.all(func(p *node) bool {
		if t := trimLines(odfText(p)); t != "" {
			out = append(out, t)
		}
		return false
	}, "text:p", "text:h")
	return out
}

// odfText is the text of a paragraph. White space in the file means one space.
func odfText(p *node) string {
	var b strings.Builder
	var add func(*node)
	add = func(n *node) {
		for _, k := range n.kids {
			switch k.name {
			case "":
				text := plain(strings.Map(func(r rune) rune {
					if r == '\n' || r == '\t' {
						return ' '
					}
					return r
				}, k.text))
				b.WriteString(text)
			case "text:s", "text:tab":
				b.WriteByte(' ')
			case "text:line-break":
				b.WriteByte('\n')
			case "office:annotation":
			default:
				add(k)
			}
		}
	}
	add(p)
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = oneLine(l)
	}
	return strings.Join(lines, "\n")
}

func (o *openDocument) notes(s *Slide, notes *node) {
	notes.all(func(frame *node) bool {
		if frame.attr("presentation:class") != "notes" {
			return false
		}
		frame.all(func(p *node) bool {
			if t := trimLines(odfText(p)); t != "" {
				s.Notes = append(s.Notes, Paragraph{Text: t, Language: o.language(p)})
			}
			return false
		}, "text:p", "text:h")
		return false
	}, "draw:frame")
}

// language is the language of a paragraph by its style or that of its first span.
func (o *openDocument) language(p *node) string {
	of := func(n *node) string {
		return inherited(o, n.attr("text:style-name"), func(st *odfStyle) string { return st.language })
	}
	if span := p.find("text:span"); span != nil {
		if l := of(span); l != "" {
			return l
		}
	}
	return of(p)
}

// object reads an image, a chart, a sound or a video.
func (o *openDocument) object(s *Slide, frame *node) {
	kind := ""
	for _, k := range frame.kids {
		href := k.attr("xlink:href")
		switch k.name {
		case "draw:plugin":
			c, ok := o.media(href, s, "media")
			c.Name = oneLine(frame.attr("draw:name"))
			switch {
			case !ok:
			case c.Video:
				kind = "video"
				s.Videos = append(s.Videos, c)
			default:
				s.Sounds = append(s.Sounds, c)
			}
			if kind == "" {
				return
			}
		case "draw:object", "draw:object-ole":
			kind = "object"
			if o.types[strings.TrimPrefix(href, "./")+"/"] == "application/vnd.oasis.opendocument.chart" {
				kind = "chart"
			}
			o.link(s, "object", href)
		case "draw:image":
			kind = cmp.Or(kind, "picture")
			o.link(s, "image", href)
		case "table:table":
			return
		}
	}
	if kind == "" {
		return
	}
	alt := cmp.Or(frame.child("svg:desc").content(), frame.child("svg:title").content())
	s.Images = append(s.Images, Image{Kind: kind, Name: oneLine(frame.attr("draw:name")), Alt: oneLine(alt),
		Decorative: frame.has("loext:decorative") || frame.has("draw:decorative")})
}

// inside is the member that an address in an ODP names; ok is false for addresses outside the package.
func inside(href string) (member string, ok bool) {
	href = strings.TrimPrefix(strings.TrimPrefix(href, "vnd.sun.star.Package:"), "./")
	if strings.Contains(href, ":") || strings.HasPrefix(href, "/") || strings.HasPrefix(path.Clean(href), "..") {
		return "", false
	}
	return href, true
}

// link notes an address outside the package.
func (o *openDocument) link(s *Slide, kind, href string) {
	if _, ok := inside(href); !ok {
		s.Links = append(s.Links, Link{Kind: kind, Target: href})
	}
}

// media is a sound or a video by its address; ok is false if it is not in the package.
func (o *openDocument) media(href string, s *Slide, kind string) (Clip, bool) {
	member, ok := inside(href)
	if !ok {
		o.link(s, kind, href)
		return Clip{}, false
	}
	found, ok := o.find(unescape(member))
	if !ok {
		s.Unusual = append(s.Unusual, "The file lacks "+lectern.Shorten(member)+", which the slide uses.")
		return Clip{}, false
	}
	t := cmp.Or(o.types[found], mediaEndings[strings.ToLower(path.Ext(found))])
	return Clip{Member: found, Video: kind != "audio" && !strings.HasPrefix(t, "audio/")}, true
}

// mediaEndings has the types of sounds whose type a package does not state. Everything else is a video.
var mediaEndings = map[string]string{
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".wav": "audio/x-wav", ".ogg": "audio/ogg", ".oga": "audio/ogg",
	".flac": "audio/flac", ".aac": "audio/aac", ".opus": "audio/ogg", ".wma": "audio/x-ms-wma", ".aif": "audio/x-aiff",
	".aiff": "audio/x-aiff", ".mid": "audio/midi",
}

// played finds the animations of a page. The only sound that an animation starts without a click is the narration.
func (o *openDocument) played(s *Slide, page *node) {
	auto := map[string]bool{} // ids of shapes
	for _, root := range page.kids {
		if root.name != "anim:par" {
			continue
		}
		root.all(func(n *node) bool {
			class := n.attr("presentation:preset-class")
			s.Animated = s.Animated || class != "" && class != "media-call"
			return true
		}, "anim:par")
		clicked := false
		root.all(func(n *node) bool {
			switch n.attr("presentation:node-type") {
			case "on-click", "interactive-sequence":
				clicked = true
			case "with-previous", "after-previous":
				n.all(func(c *node) bool {
					if !clicked && strings.Contains(c.attr("anim:command"), "play") {
						auto[c.attr("smil:targetElement")] = true
					}
					return false
				}, "anim:command")
			}
			return true
		}, "anim:par", "anim:seq")
	}
	members := map[string]bool{}
	page.all(func(frame *node) bool {
		if auto[cmp.Or(frame.attr("xml:id"), frame.attr("draw:id"))] {
			member, _ := inside(frame.child("draw:plugin").attr("xlink:href"))
			members[unescape(member)] = true
		}
		return false
	}, "draw:frame")
	var starting []int
	for i := range s.Sounds {
		if members[s.Sounds[i].Member] {
			s.Sounds[i].Auto = true
			starting = append(starting, i)
		}
	}
	if len(starting) == 1 {
		s.Narration = &Recording{Clip: s.Sounds[starting[0]], Why: "it is the only sound that starts with the slide"}
		s.Sounds = slices.Delete(s.Sounds, starting[0], starting[0]+1)
	}
}

// fonts collects the fonts of the styles that n uses.
func (o *openDocument) fonts(n *node, into map[string]bool) {
	for _, k := range n.kids {
		if k.name == "presentation:notes" {
			continue
		}
		for _, a := range k.attrs {
			if strings.HasSuffix(a.name, ":style-name") || a.name == "draw:text-style-name" {
				if f := inherited(o, a.value, func(st *odfStyle) string { return strings.Join(st.fonts, "\n") }); f != "" {
					for name := range strings.SplitSeq(f, "\n") {
						into[name] = true
					}
				}
			}
		}
		o.fonts(k, into)
	}
}

// perUnit has the English Metric Units of the units of length.
var perUnit = map[string]float64{"cm": 360_000, "mm": 36_000, "in": 914_400, "pt": 12_700, "pc": 152_400, "px": 9_525}

// emu reads a length such as 28cm; 0: it is none.
func emu(s string) int64 {
	s = strings.TrimSpace(s)
	if len(s) < 3 {
		return 0
	}
	f, err := strconv.ParseFloat(s[:len(s)-2], 64)
	if err != nil || !(f > 0 && f < 1e4) {
		return 0
	}
	return int64(math.Round(f * perUnit[s[len(s)-2:]]))
}

var iso = regexp.MustCompile(`^PT(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,6}(?:[.,]\d{1,9})?)S)?$`)

// isoDuration reads a duration such as PT00H00M05.5S; 0: it is none.
func isoDuration(s string) time.Duration {
	m := iso.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0
	}
	value := func(s string) float64 {
		f, _ := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
		return f
	}
	return milliseconds(fmt.Sprint((value(m[1])*3600 + value(m[2])*60 + value(m[3])) * 1000))
}
