package slides

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"

	"lectern"
)

// behind is what is behind the text of a slide in Markdown, or next to it.
type behind struct {
	Pictures []backPicture
	Colour   template.CSS // "background:#rrggbb" or ""
	Place    template.CSS // of the pictures on the page; "": they fill it
	Column   bool         // the pictures are one below the other
	Scrim    bool         // the pictures are darkened, so that text on them can be read
	side     string       // "left" or "right": the pictures are next to the text
	split    int          // per cent of the width that they take there
}

// backPicture is a picture behind a text.
type backPicture struct {
	*picture
	Style template.CSS
}

// Behind returns what is behind the text, or nil.
func (v *view) Behind() *behind { return v.behind }

// maxBackPictures is how many pictures can be behind a text.
const maxBackPictures = 12

// pictureMap reads the prop that names the pictures of texts in Markdown: from the address in the text to the address
// of the picture.
func (v *view) pictureMap(value any, prop string) map[string]*picture {
	named, ok := value.(map[string]any)
	if !ok {
		v.warn("unknown_choice", "%q must be an object: from the address in the Markdown to the address of the picture.",
			prop)
		return nil
	}
	out := map[string]*picture{}
	for _, key := range slices.Sorted(maps.Keys(named)) {
		if len(out) == maxItems {
			v.few(len(named), maxItems, "pictures")
			break
		}
		if p := v.image(named[key], prop+"."+key); p != nil {
			out[key] = p
		}
	}
	return out
}

// pictureList reads the prop with the pictures behind a text.
func (v *view) pictureList(value any, prop string) []backPicture {
	var out []backPicture
	list := elements(value)
	for i, e := range list[:v.few(len(list), maxBackPictures, "pictures")] {
		p := v.image(e, fmt.Sprintf("%s[%d]", prop, i))
		if p == nil {
			continue
		}
		b := backPicture{picture: p}
		if o, ok := e.(map[string]any); ok {
			in := newProps(o)
			fit, _, _ := in.take("fit", "size")
			filter, _, _ := in.take("filter", "filters")
			if alt, _, ok := in.take("alt"); ok {
				b.Alt = words(alt)
			}
			b.Style = backStyle(words(fit), words(filter))
		}
		out = append(out, b)
	}
	return out
}

var percentWord = regexp.MustCompile(`^(\d{1,3})(?:\.\d+)?%$`)

// backStyle returns the CSS of a picture behind a text. All values in it are from fixed sets or matched by patterns.
func backStyle(fit, filter string) template.CSS {
	var b strings.Builder
	switch m := percentWord.FindStringSubmatch(fit); {
	case fit == "contain":
		b.WriteString("object-fit:contain;")
	case fit == "auto":
		b.WriteString("width:auto;height:auto;max-width:100%;max-height:100%;")
	case m != nil:
		n, _ := strconv.Atoi(m[1])
		fmt.Fprintf(&b, "width:%d%%;height:auto;max-height:100%%;object-fit:contain;", min(max(n, 1), 200))
	}
	var filters []string
	for _, word := range strings.Fields(filter) {
		if f := filterOf(word); f != "" {
			filters = append(filters, f)
		}
	}
	if len(filters) > 0 {
		b.WriteString("filter:" + strings.Join(filters, " ") + ";")
	}
	return template.CSS(b.String())
}

// cssColour reads a colour as "#rrggbb": hex digits, rgb(), or a name of CSS. It is "" for anything else.
func cssColour(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if c, ok := colornames.Map[s]; ok {
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	if hex, ok := strings.CutPrefix(s, "#"); ok && strings.Trim(hex, "0123456789abcdef") == "" {
		switch len(hex) {
		case 3, 4:
			return "#" + string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		case 6, 8:
			return "#" + hex[:6]
		}
	}
	if m := rgbColour.FindStringSubmatch(s); m != nil {
		out := "#"
		for _, part := range m[1:4] {
			n, err := strconv.Atoi(part)
			if err != nil || n > 255 {
				return ""
			}
			out += fmt.Sprintf("%02x", n)
		}
		return out
	}
	return ""
}

var rgbColour = regexp.MustCompile(`^rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+[\d.]+%?)?\s*\)$`)

// colour reads the colour in an option, with a warning for another value.
func (v *view) colour(role string) string {
	given := v.options[role]
	c := cssColour(given)
	if c == "" && given != "" {
		v.odd(role, given, "a colour such as #1a2b3c, rgb(26, 43, 60) or navy")
	}
	return c
}

// stand sets what is behind the text of a slide in Markdown, and the colours of the text on it.
func (v *view) stand(dark bool) {
	colour := v.colour("background")
	invert := v.Choice("tone") == "invert"
	b := &behind{Pictures: v.backs, Column: v.options["direction"] == "vertical", split: 50}
	if side := v.options["side"]; len(b.Pictures) > 0 && (side == "left" || side == "right") {
		b.side = side
		if m := percentWord.FindStringSubmatch(v.options["split"]); m != nil {
			n, _ := strconv.Atoi(m[1])
			b.split = min(max(n, 10), 80)
		}
	}
	b.Scrim = len(b.Pictures) > 0 && b.side == "" && v.hasText()
	night := dark != invert
	switch {
	case b.Scrim:
		night = true
	case colour != "":
		night = contrast(colour, "#ffffff") > contrast(colour, "#000000")
		b.Colour = template.CSS("background:" + colour)
	case invert:
		b.Colour = "background:var(--ground)"
	}
	if b.Scrim || colour != "" || invert {
		v.Tone = map[bool]string{true: "on-night", false: "on-light"}[night]
	}
	if ink := v.colour("color"); ink != "" {
		v.Ink = template.CSS("--ink:" + ink + ";--muted:" + ink)
	}
	if len(b.Pictures) > 0 || b.Colour != "" {
		v.behind = b
	}
}

// hasText reports whether the slide has text or pictures in the text.
func (v *view) hasText() bool { return len(v.docs) > 0 || v.texts["title"] != nil }

// frameBeside returns the frame of the text next to pictures, and places the pictures.
func (b *behind) frameBeside(d lectern.Deck, i int) frame {
	p := d.Placement(i)
	page := d.SlideSize()
	content := cmp.Or(intersect(p.Content, lectern.Rect{Width: page.Width, Height: page.Height}),
		lectern.Rect{Width: page.Width, Height: page.Height})
	beside, rest := content, content
	if content.Width < narrow*3/4 { // a narrow slide has them above the text
		beside.Height = content.Height * min(b.split, 40) / 100
		rest.Y, rest.Height = content.Y+beside.Height, content.Height-beside.Height
	} else {
		beside.Width = content.Width * b.split / 100
		rest.Width = content.Width - beside.Width
		if b.side == "left" {
			rest.X += beside.Width
		} else {
			beside.X += rest.Width
		}
	}
	b.Place = template.CSS(fmt.Sprintf("left:%dpx;top:%dpx;width:%dpx;height:%dpx", beside.X, beside.Y, beside.Width,
		beside.Height))
	p.Content = rest
	return frameIn(page, p)
}

// Size of a title that fills the width of a slide.
const (
	letterWidth  = 0.56 // of a letter in the title's font, in ems
	largestTitle = 300
	leastTitle   = 88
	shortTitle   = 12 // characters: a statement of at most that many fills its line
)

// fitTitle sets the size of a title that fills its line, from its length.
func (v *view) fitTitle(fr frame) {
	t := v.texts["title"]
	largest := largestTitle
	switch {
	case t == nil:
		return
	case v.Choice("fit") == "title":
	case v.Choice("layout") == "statement" && !t.Long(shortTitle):
		largest = largestTitle * 9 / 10
	default:
		return
	}
	wide := 0.0
	for _, r := range t.S {
		wide += letterWidth
		if r > 0x2e80 {
			wide += 1 - letterWidth
		}
	}
	size := int(float64(fr.stage.Width-fr.headLeft-fr.headRight) / max(wide, 1))
	size = min(max(size, leastTitle), largest, fr.stage.Height/2)
	v.Fit = template.CSS(fmt.Sprintf("--fs-title:max(40px,calc(%dpx*var(--kt)))", size))
}
