package slides

import (
	"html/template"
	"maps"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/weblib"
)

// marpTemplate is the template of slides that marp-core draws. It is no template for people: it looks like Marp, not
// like the theme of the deck.
const marpTemplate = "marp"

// marpSlide is what the script of a page reads.
type marpSlide struct {
	Markdown string            `json:"markdown"`
	Front    map[string]string `json:"front"`  // the directives that hold for the slide
	Images   map[string]string `json:"images"` // address in the Markdown → address that the page may load
	Page     string            `json:"page"`
	Pages    string            `json:"pages"`
}

// marpFront are the props that are directives of Marp.
var marpFront = []string{"theme", "size", "style", "lang", "class", "header", "footer", "color", "backgroundColor",
	"backgroundImage", "backgroundPosition", "backgroundRepeat", "backgroundSize"}

// marp returns a page that marp-core draws. The page has the slide as data, and no script but its own: its content
// security policy names them by their hashes. Marp's own list decides which HTML of the deck remains.
func (l *Library) marp(d lectern.Deck, v *view, chosen *design) (lectern.Page, []lectern.Warning, error) {
	s := v.marpSlide()
	libraries := []func() (weblib.Library, error){weblib.Marp}
	if strings.Contains(s.Markdown+s.Front["header"]+s.Front["footer"], "$") {
		libraries = append(libraries, weblib.KaTeX)
	}
	e := extras{css: chosen.css}
	for _, get := range libraries {
		lib, err := get()
		if err != nil {
			return lectern.Page{}, nil, lectern.Fail(lectern.CodeInternal, "The library that draws slides of Marp cannot "+
				"be read.").Because(err)
		}
		e.scripts = append(e.scripts, lib.Script)
		e.css += lib.CSS
	}
	e.scripts = append(e.scripts, l.marpScript)
	html, err := s.page(chosen, e)
	if err != nil {
		return lectern.Page{}, nil, lectern.Fail(lectern.CodeInternal, "The page of Marp is broken.").Because(err)
	}
	size := d.SlideSize()
	return lectern.Page{HTML: html, Width: size.Width, Height: size.Height, Scale: d.Scale(), Assets: v.assets,
		Pictures: v.files, Params: v.params, Props: map[string]string{"markdown": "markdown"},
		Shown: v.onMarp()}, v.warnings, nil
}

// marpSlide returns the slide as the script of its page reads it.
func (v *view) marpSlide() marpSlide {
	s := marpSlide{Markdown: v.raw["markdown"], Front: map[string]string{"math": "katex"},
		Images: map[string]string{}, Page: v.raw["page"], Pages: v.raw["pages"]}
	for _, name := range marpFront {
		if value := v.raw[name]; value != "" {
			s.Front[name] = value
		}
	}
	if s.Page != "" {
		s.Front["paginate"] = "true"
	}
	for _, name := range slices.Sorted(maps.Keys(v.images)) {
		s.Images[name] = string(v.images[name].URL)
	}
	return s
}

// page returns the page of the slide as HTML.
func (s marpSlide) page(chosen *design, e extras) (string, error) {
	var scripts []template.JS
	for _, script := range e.scripts {
		scripts = append(scripts, template.JS(script.Text))
	}
	lang := s.Front["lang"]
	if !bcp47.MatchString(lang) {
		lang = "en"
	}
	var html strings.Builder
	err := chosen.html.Execute(&html, map[string]any{"Lang": lang, "Title": "Slide", "CSS": template.CSS(e.css),
		"Slide": s, "Scripts": scripts, "Policy": "default-src 'none'; img-src data: http: https:; font-src data:; " +
			"style-src 'unsafe-inline'; script-src" + e.hashes() + "; base-uri 'none'; form-action 'none'"})
	return html.String(), err
}
