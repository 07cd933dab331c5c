package markdown

import (
	"regexp"
	"slices"
	"strings"

	"lectern"
)

var (
	htmlTag   = regexp.MustCompile(`</?([A-Za-z][\w:.-]*)((?:\s+(?:[^<>"'\x60]|"[^"]*"|'[^']*')*|\s*))/?>`)
	styleTag  = regexp.MustCompile(`(?is)<(style|script|svg)\b[^>]*>.*?</(?:style|script|svg)\s*>`)
	autoLink  = regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]{1,31}:|[^\s<>@]+@)`)
	clickTags = []string{"v-click", "v-clicks", "v-after", "v-click-hide", "v-switch", "v-drag", "v-mark", "transform",
		"renderwhen", "v-clickgroup"}
)

// shown are the elements of HTML that a slide shows.
var shown = strings.Fields("a abbr article aside b bdi bdo big blockquote br button caption center cite code col " +
	"colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img " +
	"ins kbd label li main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub summary sup table " +
	"tbody td tfoot th thead time tr tt u ul var wbr")

// tags takes styles, scripts and the tags of components out of a slide's text. The text inside components stays.
func (p *reader) tags(d *draft) {
	text := string(d.text)
	prose := outside(text, scan(text))
	for _, m := range styleTag.FindAllStringSubmatchIndex(prose, -1) {
		name := strings.ToLower(prose[m[2]:m[3]])
		d.remove(m[0], m[1])
		if p.byMarp && name == "style" {
			continue // marp-core applies it
		}
		what, why := "styles of its own (style), which are not applied", "the slides are drawn in a theme of Lectern"
		switch name {
		case "script":
			what, why = "a script, which does not run", "Lectern runs no code of a deck"
		case "svg":
			what, why = "a drawing in its text (svg), which is not shown", "put it in a file and show it as a picture"
		}
		p.warnOnce(name+"_ignored", name, p.number(), "%sThe deck has %s: %s.", d.src.where(d.at+m[0]), what, why)
	}
	prose = outside(string(d.text), scan(string(d.text)))
	if p.byMarp {
		return // its own list decides which of them are shown
	}
	for _, m := range htmlTag.FindAllStringSubmatchIndex(prose, -1) {
		tag, name := prose[m[0]:m[1]], prose[m[2]:m[3]]
		lower := strings.ToLower(name)
		switch {
		case autoLink.MatchString(tag[1:]) && !strings.HasSuffix(tag, "/>") && m[4] == m[5] && tag[1] != '/':
			continue
		case slices.Contains(shown, lower) && lower == name:
			continue
		case slices.Contains(clickTags, lower):
			if p.steps {
				continue // they mark fragments
			}
		case lower == "br" || lower == "img" || slices.Contains(shown, lower) && p.dialect != dialectSlidev:
			continue
		default:
			p.warnOnce("unknown_component", name, p.number(), "%sThe component <%s> is not drawn; the text inside it is "+
				"kept.", d.src.where(d.at+m[0]), lectern.Shorten(name))
		}
		d.remove(m[0], m[1])
	}
}
