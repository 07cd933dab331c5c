package markdown

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lectern"
)

// The programs that draw slides: Lectern in one of its themes, or marp-core in one of Marp's.
const (
	drawLectern = "lectern"
	drawMarp    = "marp"
)

// Draws lists the values of the setting "draw".
func Draws() []string { return []string{drawLectern, drawMarp} }

// marpTemplate is the template of a slide that marp-core draws.
const marpTemplate = "marp"

// marpThemes are the themes of marp-core, the default one first.
var marpThemes = []string{"default", "gaia", "uncover"}

// drawer decides who draws the deck. Without a setting, marp-core draws a deck that says that it is one of Marp, unless
// it has a theme of Lectern.
func (p *reader) drawer() {
	named, ok := p.set.text("draw")
	param := "settings.draw"
	if !ok {
		named, ok = p.front.text("draw")
		param = "draw"
	}
	named = strings.ToLower(named)
	switch {
	case !ok:
		said, _ := p.set.text("dialect")
		inFront, _ := p.front.text("dialect")
		p.byMarp = p.dialect == dialectMarp && !p.themed() &&
			(p.front.truth("marp") || strings.EqualFold(said, dialectMarp) || strings.EqualFold(inFront, dialectMarp))
	case !slices.Contains(Draws(), named):
		p.fault(lectern.CodeInvalidDeck, param, 0, "%q is no program that draws slides; use %s.", lectern.Shorten(named),
			lectern.OneOf(Draws()))
	case named == drawMarp && p.dialect != dialectMarp && p.dialect != dialectPlain:
		p.fault(lectern.CodeInvalidDeck, param, 0, "The deck is one of %s, whose slides Marp cannot draw. "+
			"Remove \"draw\", or name the dialect \"marp\", if it is a deck of Marp.", dialectNames[p.dialect])
	case named == drawMarp:
		p.byMarp, p.dialect = true, dialectMarp
	}
}

var dialectNames = map[string]string{dialectSlidev: "Slidev", dialectReveal: "reveal.js", dialectNarakeet: "Narakeet"}

// themed reports whether the deck or the request names a theme of Lectern.
func (p *reader) themed() bool {
	if p.setTheme {
		return true
	}
	if own, ok := p.front.inner("lectern"); ok && own.has("theme") {
		return true
	}
	name, _ := p.front.text("theme")
	for _, ours := range foreign {
		if strings.EqualFold(name, ours) {
			return true
		}
	}
	return false
}

var sheetTag = regexp.MustCompile(`(?is)<style\b([^>]*)>(.*?)</style\s*>`)

// keep sets the text that marp-core gets: that of the slide without notes and directives. Styles for the whole deck are
// taken out, because each slide is drawn alone.
func (p *reader) keep(d *draft) {
	text := string(d.text)
	prose := outside(text, scan(text))
	for _, m := range sheetTag.FindAllStringSubmatchIndex(prose, -1) {
		if !strings.Contains(strings.ToLower(prose[m[2]:m[3]]), "scoped") {
			p.sheets = append(p.sheets, text[m[4]:m[5]])
			d.remove(m[0], m[1])
		}
	}
	d.whole = d.rest()
}

// globals notes the directives of Marp for the whole deck. The last one of a name counts.
func (p *reader) globals(f fields) {
	for _, name := range []string{"theme", "size", "style", "lang"} {
		if s, ok := f.text(name); ok {
			p.deckwide[name] = s
		}
	}
}

// marpSize matches the names of sizes in themes.
var marpSize = regexp.MustCompile(`^\d+:\d+$`)

// marpProps returns the props of a slide that marp-core draws.
func (d *draft) marpProps(p *reader) map[string]any {
	props := map[string]any{}
	set := func(name, value string) {
		if value != "" {
			props[name] = value
		}
	}
	set("title", d.title)
	set("markdown", d.whole)
	if theme := strings.ToLower(p.deckwide["theme"]); slices.Contains(marpThemes, theme) && theme != marpThemes[0] {
		set("theme", theme)
	}
	if size := p.deckwide["size"]; marpSize.MatchString(size) {
		set("size", size)
	}
	style := strings.TrimSpace(strings.Join(append([]string{p.deckwide["style"]}, p.sheets...), "\n"))
	set("style", style)
	set("lang", p.deckwide["lang"])
	for _, name := range local {
		if name != "paginate" && name != "transition" {
			set(name, d.look[name])
		}
	}
	set("page", d.number)
	if d.number != "" && strings.Contains(style, "pagination-total") {
		set("pages", strconv.Itoa(p.page))
	}
	if len(d.images) > 0 {
		named := make(map[string]any, len(d.images))
		for k, v := range d.images {
			named[k] = v
		}
		props["images"] = named
	}
	return props
}
