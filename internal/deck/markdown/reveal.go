package markdown

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	revealSlide  = regexp.MustCompile(`(?s)^\s*\.slide\s*:(.*)$`)
	revealAttr   = regexp.MustCompile(`([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))|([\w:.-]+)`)
	revealColour = regexp.MustCompile(`(?i)^(?:#[0-9a-f]{3,8}|[a-z]{3,20}|rgba?\([^)]*\)|hsla?\([^)]*\))$`)
)

// reveal reads a slide of reveal.js: the text after a line that begins with "Note:" is its narration. Comments are
// neither shown nor spoken.
func (p *reader) reveal(src *source, c chunk) {
	d := p.newDraft(src, c.span)
	if hidden := p.revealComments(d); hidden {
		return
	}
	text := string(d.text)
	prose := outside(text, scan(text))
	if m := noteLine.FindStringIndex(prose); m != nil {
		d.note(compact(d.text[m[1]:]), d.at+m[0])
		d.remove(m[0], len(d.text))
	}
	d.inherit(p.look)
	for name, value := range p.spots() {
		d.look[name] = value
	}
	p.first = map[string]string{}
	p.finish(d)
}

// revealComments takes the comments out of a slide, and applies those with attributes of the slide. hidden reports that
// they hide it.
func (p *reader) revealComments(d *draft) (hidden bool) {
	for _, r := range scan(string(d.text)) {
		if r.kind != inComment {
			continue
		}
		p.unclosed(d, r)
		d.remove(r.from, r.to)
		m := revealSlide.FindStringSubmatch(r.inner)
		if m == nil {
			continue
		}
		for _, a := range revealAttr.FindAllStringSubmatch(m[1], -1) {
			name, value := strings.ToLower(a[1]), a[2]+a[3]+a[4]
			if name == "data-visibility" && value == "hidden" {
				hidden = true
			}
			p.revealAttribute(d, name, value, d.at+r.from)
		}
	}
	return hidden
}

func (p *reader) revealAttribute(d *draft, name, value string, at int) {
	switch name {
	case "id":
		d.id = value
	case "class":
		d.look["class"] = value
	case "data-background", "data-background-color":
		if revealColour.MatchString(value) {
			d.look["backgroundColor"] = value
		} else if name == "data-background" {
			d.backgrounds = append(d.backgrounds, background{image: value, at: at})
		}
	case "data-background-image":
		for image := range strings.SplitSeq(value, ",") {
			d.backgrounds = append(d.backgrounds, background{image: strings.TrimSpace(image), at: at})
		}
	case "data-background-size":
		for i := range d.backgrounds {
			d.backgrounds[i].fit = value
		}
	case "data-background-opacity":
		for i := range d.backgrounds {
			d.backgrounds[i].filters = append(d.backgrounds[i].filters, "opacity:"+value)
		}
	case "data-autoslide":
		if ms, err := strconv.Atoi(value); err == nil && ms > 0 && ms < 1e9 {
			d.hold = time.Duration(ms) * time.Millisecond
		}
	case "data-background-video", "data-background-iframe":
		p.warn("video_ignored", p.number(), "", "%sThe background %q is not shown: only pictures and colours are.",
			d.src.where(at), value)
	}
}
