package slides

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"html/template"
	"maps"
	"math"
	"slices"
	"strings"

	"lectern"
)

// section is one slide as HTML, with its styles and pictures.
type section struct {
	html     template.HTML
	design   *design
	css      string // of this slide alone: element positions
	lang     string
	assets   []string
	drawn    drawnParts
	props    map[string]string // element → the prop that it shows
	shown    lectern.Shown
	params   map[string]string
	files    []lectern.Picture
	warnings []lectern.Warning
}

// Page returns slide i of the deck, counted from 0, as a page for the browser. Its background is separate, because a
// browser takes longer for the background than for everything else. The warnings name what was left out or replaced.
// Page fails for an unknown theme and, naming the prop, for refused pictures. All other props are shown as well as
// possible.
func (l *Library) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	t, err := l.themeOf(d)
	if err != nil {
		return lectern.Page{}, nil, err
	}
	size := d.SlideSize()
	if i >= 0 && i < len(d.Slides) && d.Slides[i].Page != nil {
		return l.document(d.Slides[i], size, d.Scale(), i)
	}
	if i >= 0 && i < len(d.Slides) && isMarp(d.Slides[i]) {
		v, chosen, _ := l.view(d, i)
		if err := v.failed(); err != nil {
			return lectern.Page{}, nil, err
		}
		return l.marp(d, v, chosen)
	}
	s, err := l.section(d, i)
	if err != nil {
		return lectern.Page{}, nil, err
	}
	html, err := l.wrap(d, t, []section{s}, false)
	if err != nil {
		return lectern.Page{}, nil, err
	}
	background := t.background(s.design.Hero)
	return lectern.Page{HTML: html, Width: size.Width, Height: size.Height, Scale: d.Scale(), Assets: s.assets,
		Background: &background,
		Pictures:   s.files, Params: s.params, Props: s.props, Shown: s.shown}, s.warnings, nil
}

// document returns a page that shows a page of a file.
func (l *Library) document(s lectern.Slide, size lectern.Size, scale float64, i int) (lectern.Page, []lectern.Warning,
	error) {
	if _, asset, _ := lectern.AssetAddress(s.Page.File); !asset {
		return lectern.Page{}, nil, refused(fmt.Sprintf("slides[%d].page.file", i), i+1, absent(s.Page.File))
	}
	return lectern.Page{Document: s.Page, Width: size.Width, Height: size.Height, Scale: scale,
		Shown: shownOnPage(s.Props)}, nil, nil
}

// Document returns all slides of the deck in one page, one below the other. Its sizes are slide pixels, which the
// viewer scales. The viewer's browser loads pictures from the web.
func (l *Library) Document(d lectern.Deck) (string, error) {
	t, err := l.themeOf(d)
	if err != nil {
		return "", err
	}
	var all []section
	d.Slides = slices.Clone(d.Slides)
	for i, slide := range d.Slides {
		if slide.Page != nil || isMarp(slide) { // this page has no place for theirs, so their titles are shown
			d.Slides[i].Page, d.Slides[i].Template = nil, lectern.DefaultTemplate
			d.Slides[i].Props = map[string]any{"title": slide.Props["title"]}
		}
		s, err := l.section(d, i)
		if err != nil {
			return "", err
		}
		all = append(all, s)
	}
	return l.wrap(d, t, all, true)
}

func (l *Library) themeOf(d lectern.Deck) (theme, error) {
	t, ok := l.theme(d.Theme)
	if !ok {
		name, _ := cut(clean(d.Theme), 60)
		f := lectern.Fail(lectern.CodeUnknownTheme, "The theme %q is not known; there are %s.", name,
			strings.Join(l.themeOrder, ", "))
		f.Param = "theme"
		return theme{}, f
	}
	return t, nil
}

// section fills in the template of slide i.
func (l *Library) section(d lectern.Deck, i int) (section, error) {
	if i < 0 || i >= len(d.Slides) {
		return section{}, lectern.Fail(lectern.CodeInvalidDeck, "The deck has %d slides, so there is no slide %d.",
			len(d.Slides), i+1)
	}
	s := d.Slides[i]
	v, chosen, _ := l.view(d, i)
	if err := v.failed(); err != nil {
		return section{}, err
	}
	fr := newFrame(d, i)
	if chosen.name == "markdown" {
		chosen, fr = v.arrange(l, d, i, chosen, fr)
	}
	if fr.buried {
		v.warn("avatar_covers_slide", "The avatar covers so much of the slide that no space is left for the text.")
	}
	v.Variant, v.Corner = chosen.Variant, !fr.keep.Empty()
	v.Seed = seed(s)
	var body strings.Builder
	if err := chosen.html.Execute(&body, v); err != nil {
		return section{}, lectern.Fail(lectern.CodeInternal, "The template %q is broken.", chosen.ID).At(i + 1).
			Because(err)
	}
	v.unplaced(chosen)
	v.blank(chosen)
	out := section{design: chosen, lang: v.lang, assets: v.assets, params: v.params, files: v.files,
		drawn: v.drawn, props: v.shownProps(), shown: v.onSlide()}
	out.css = l.positions(v, s, fr, body.String())
	out.html = v.shell(chosen, fr, body.String())
	out.warnings = v.warnings
	return out, nil
}

// failed returns the failures of a slide's pictures, or nil.
func (v *view) failed() error {
	if len(v.failures) == 0 {
		return nil
	}
	f := v.failures[0]
	f.Causes = v.failures[1:]
	return &f
}

// isMarp reports whether marp-core draws a slide.
func isMarp(s lectern.Slide) bool { return kebab(s.Template) == marpTemplate }

// view reads the props of slide i for its template, or for the fallback if the slide's template is unknown.
func (l *Library) view(d lectern.Deck, i int) (v *view, chosen *design, known bool) {
	s := d.Slides[i]
	v = &view{
		ID: fmt.Sprintf("s%d", i+1), slide: i + 1, props: s.Props, lang: s.Voice.Language,
		names: map[string]string{}, codes: map[string]*Code{}, options: map[string]string{},
		texts: map[string]*Text{}, prose: map[string][]Block{}, lists: map[string][]Item{},
		pictures: map[string]*picture{}, tables: map[string]*Table{},
		params: map[string]string{}, held: map[template.URL]bool{}, limits: l.limits, choices: map[string]string{},
		docs: map[string]*Doc{}, raw: map[string]string{},
		warned: map[string]bool{},
	}
	if v.lang == "" {
		v.lang = d.Voice.Language
	}
	chosen, known = l.find(s.Template)
	if !known {
		chosen = l.templates[fallback]
		if strings.TrimSpace(s.Template) != "" {
			name, _ := cut(clean(s.Template), 60)
			v.warn("unknown_template", "The template %q is not known, so the slide is shown with the template %q.",
				name, fallback)
		}
	}
	rest := v.fill(chosen, s.Props, l.spellings)
	if !known {
		v.salvage(rest)
	}
	v.unread(chosen, s.Props, rest)
	return v, chosen, known
}

// seed selects the drawing that replaces a missing picture. It varies between slides and is always the same for one
// slide.
func seed(s lectern.Slide) int {
	h := fnv.New32a()
	fmt.Fprint(h, kebab(s.Template), "/", words(s.Props["title"]))
	return int(h.Sum32() % 3)
}

// silent lists props that salvage does not show, because they are not text for viewers.
var silent = []string{
	"voiceovertext", "voiceover", "narration", "speakernotes", "notes", "id", "slideid", "templateid", "template", "type",
	"layout", "theme",
	"metadata", "elementpositions", "avatarposition", "canvasdimensions", "elaibackgroundcolor", "backgroundcolor",
	"background", "color",
	"textcolor", "titlecolor", "fontsize", "fontfamily", "style", "classname", "key", "order", "index", "language", "lang",
	"alt", "imagealt", "imageprompt",
}

// salvage shows the props of an unknown template: lists as bullets, text as paragraphs.
func (v *view) salvage(p props) {
	for _, k := range slices.Sorted(maps.Keys(p.values)) {
		value := p.values[k]
		if p.used[k] || empty(value) || slices.Contains(silent, k) {
			continue
		}
		v.at = p.names[k]
		switch value.(type) {
		case []any, map[string]any:
			if len(v.lists["items"]) == 0 {
				v.lists["items"] = v.items(value, p.names[k])
				p.used[k] = true
			}
		case string:
			s := words(value)
			if strings.Contains(s, "://") || strings.HasPrefix(s, "data:") || strings.HasPrefix(s, "#") ||
				len(v.prose["content"]) > 8 {
				continue
			}
			v.prose["content"] = append(v.prose["content"], v.blocks(s)...)
			p.used[k] = true
		}
	}
	v.at = ""
}

// shell returns the section element around a template's html. All values in its attributes are numbers, from fixed sets
// or matched by bcp47.
func (v *view) shell(d *design, fr frame, body string) template.HTML {
	classes := []string{"slide", "t-" + d.name, fr.classes()}
	if d.Variant != "" {
		classes = append(classes, "v-"+d.Variant)
	}
	if d.Hero {
		classes = append(classes, "hero")
	}
	n := len(v.lists["items"])
	if t := v.tables["table"]; t != nil {
		n = len(t.Rows)
	}
	classes = append(classes, fmt.Sprintf("n%d", n))
	if n > 6 {
		classes = append(classes, "many")
	}
	if n > 10 {
		classes = append(classes, "lots")
	}
	weight, longest := v.weight()
	grow := 1.0
	switch {
	case weight <= 110 && longest <= 60:
		classes = append(classes, "sparse")
		grow = 1.3
	case weight <= 360 && longest <= 90:
		grow = 1.18
	case weight > 520:
		classes = append(classes, "dense")
	}
	if fr.mode == "full" && fr.stage.Width >= 1500 {
		grow *= 1.12
	}
	dir := "ltr"
	if mostlyRTL(v.all) {
		dir = "rtl"
	}
	lang := language(strings.Join(v.all, " "), v.lang)
	if !bcp47.MatchString(lang) {
		lang = "en"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<section class="%s" id="%s" dir="%s" lang="%s" style="%s" data-grow="%.3g"`,
		strings.Join(classes, " "), v.ID, dir, lang, fr.css(), grow)
	if w := fr.window; !w.Empty() && !fr.buried {
		fmt.Fprintf(&b, ` data-window="%d %d %d %d"`, w.X, w.Y, w.Width, w.Height)
	}
	b.WriteString(`><div class="bg"></div>`)
	if w := fr.window; !fr.keep.Empty() {
		class := "halo"
		if fr.round {
			class += " round"
		}
		fmt.Fprintf(&b, `<div class="%s" style="left:%dpx;top:%dpx;width:%dpx;height:%dpx"></div>`, class,
			w.X, w.Y, w.Width, w.Height)
	}
	b.WriteString(body)
	b.WriteString("</section>")
	return template.HTML(b.String())
}

// weight estimates the length of a slide's code, prose and lists, and of its longest list item, in characters. A line
// of code counts as 40. The total also has 25 for each list item, and 30 for each further item of a list in prose.
func (v *view) weight() (total, longest int) {
	count := func(ts ...*Text) int {
		n := 0
		for _, t := range ts {
			if t != nil {
				n += len([]rune(t.S))
			}
		}
		return n
	}
	for _, c := range v.codes {
		if c != nil {
			total += 40 * len(c.Lines)
		}
	}
	for _, d := range v.docs {
		n := d.words() + 40*d.code
		total += n
		longest = max(longest, n/max(d.blocks, 1))
	}
	for _, role := range slices.Sorted(maps.Keys(v.prose)) {
		for _, b := range v.prose[role] {
			total += count(b.Text) + count(b.Items...) + 30*max(len(b.Items)-1, 0)
		}
	}
	for _, l := range v.lists {
		for _, it := range l {
			n := count(it.Title, it.Text) + count(it.Points...)
			longest = max(longest, n)
			total += n + 25
		}
	}
	return total, longest
}

// positions returns the CSS that places elements at the deck's positions.
func (l *Library) positions(v *view, s lectern.Slide, fr frame, body string) string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(s.Positions)) {
		p := s.Positions[id]
		el := ""
		for _, role := range slices.Sorted(maps.Keys(l.spellings)) {
			if squash(id) == role || slices.ContainsFunc(l.spellings[role],
				func(n string) bool { return squash(n) == squash(id) }) {
				if strings.Contains(body, `data-el="`+role+`"`) {
					el = role
					break
				}
			}
		}
		if el == "" || math.IsNaN(p.X) || math.IsNaN(p.Y) {
			name, _ := cut(clean(id), 40)
			v.warn("unknown_element", "The slide has no element %q, so its position is ignored.", name)
			continue
		}
		x := int(min(max(p.X, 0), float64(fr.page.Width-160)))
		y := int(min(max(p.Y, 0), float64(fr.page.Height-80)))
		fmt.Fprintf(&b, `#%s [data-el="%s"]{position:absolute;left:%dpx;top:%dpx;margin:0;max-width:%dpx;--placed:1}`+
			"\n", v.ID, el, x, y, max(160, fr.page.Width-x-48))
	}
	return b.String()
}

// wrap returns a page with the given sections: one below the other if stacked, else only one, without its background.
func (l *Library) wrap(d lectern.Deck, t theme, all []section, stacked bool) (string, error) {
	size := d.SlideSize()
	var css, body strings.Builder
	css.WriteString(l.css)
	css.WriteString(t.css())
	fmt.Fprintf(&css, ".slide{width:%dpx;height:%dpx}\n", size.Width, size.Height)
	seen := map[string]bool{}
	var parts drawnParts
	for _, s := range all {
		parts = parts.or(s.drawn)
		if !seen[s.design.name] {
			seen[s.design.name] = true
			css.WriteString(s.design.css)
		}
		css.WriteString(s.css)
		body.WriteString(string(s.html))
		body.WriteByte('\n')
	}
	more, err := l.extras(parts)
	if err != nil {
		return "", err
	}
	css.WriteString(more.css)
	lang := d.Voice.Language
	if !bcp47.MatchString(lang) {
		lang = "en"
	}
	title := clean(d.Title)
	if title == "" {
		title = "Slides"
	}
	class := "theme-" + t.ID
	if stacked {
		class += " stack"
	} else {
		class += " apart"
	}
	sum := sha256.Sum256([]byte(l.script))
	policy := "default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'" + more.hashes() + "; base-uri 'none'; form-action 'none'"
	if parts.formulas {
		policy += "; font-src data:"
	}
	var before []template.JS
	for _, s := range more.scripts {
		before = append(before, template.JS(s.Text))
	}
	var out strings.Builder
	err = l.page.Execute(&out, map[string]any{
		"Lang": lang, "Title": title, "Class": class, "Policy": policy, "Width": size.Width, "Before": before,
		"CSS": template.CSS(css.String()), "Body": template.HTML(body.String()), "Script": template.JS(l.script),
	})
	if err != nil {
		return "", lectern.Fail(lectern.CodeInternal, "The page around the slides is broken.").Because(err)
	}
	return out.String(), nil
}
