package markdown

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern"
)

// chunks reads the slides of a source.
func (p *reader) chunks(src *source, chunks []chunk) {
	if p.dialect != dialectSlidev {
		p.directives(p.front, p.look, p.spots())
	}
	for i, c := range chunks {
		if len(p.drafts) > p.lim.Slides || p.ctx.Err() != nil {
			return // the check refuses decks with more slides
		}
		switch p.dialect {
		case dialectSlidev:
			p.slidev(src, c, i == 0 && src.name == "")
		case dialectNarakeet:
			p.narakeet(src, c)
		case dialectReveal:
			p.reveal(src, c)
		default:
			p.marp(src, c)
		}
	}
}

// spots are the directives of the front matter that hold only for the first slide.
func (p *reader) spots() map[string]string {
	if p.first == nil {
		p.first = map[string]string{}
	}
	return p.first
}

// marp reads a slide of Marp or of plain Markdown.
func (p *reader) marp(src *source, c chunk) {
	d := p.newDraft(src, c.span)
	spots := p.spots()
	p.first = map[string]string{}
	for _, r := range scan(string(d.text)) {
		if r.kind != inComment {
			continue
		}
		p.unclosed(d, r)
		if strings.TrimSpace(r.inner) == "fit" {
			continue // it stays in the heading that it is in
		}
		d.remove(r.from, r.to)
		if magic.MatchString(r.inner) {
			continue
		}
		if m := videoComment.FindStringSubmatch(r.inner); m != nil {
			p.warn("video_ignored", p.number(), "", "%sThe video %q is not shown: videos on slides are not supported.",
				src.where(d.at+r.from), lectern.Shorten(m[1]))
			continue
		}
		if f, ok := comment(r.inner); ok && p.isDirectives(f) {
			p.directives(f, p.look, spots)
			p.timing(d, f)
			continue
		}
		d.note(r.inner, d.at+r.from)
	}
	if p.byMarp {
		p.keep(d)
	}
	d.inherit(p.look)
	maps.Copy(d.look, spots)
	if p.dialect == dialectMarp {
		d.look["breaks"] = "true"
	}
	p.marpBackgrounds(d)
	d.transfer = d.look["transition"]
	p.finish(d)
}

var (
	// magic matches comments for other programs: formatters and linters.
	magic = regexp.MustCompile(`^\s*(?:prettier-|markdownlint-|textlint-|lint\s|eslint|vale\s|cspell:|spell-checker:|dprint-|` +
		`alex\s|remark-|mdformat|toc\s*$|/toc\s*$|more\s*$|TOC\s*$)`)
	// videoComment matches deck2video's directive for a video in place of the slide.
	videoComment = regexp.MustCompile(`^\s*video:\s*(\S+)\s*$`)
)

// unclosed reports a comment that is not closed: everything after it would be lost.
func (p *reader) unclosed(d *draft, r region) {
	if r.open {
		at := d.position(r.from)
		f := lectern.Fail(lectern.CodeInvalidDeck, "The comment that begins in line %d is not closed. Write --> at its end.",
			at.Line)
		f.Line, f.Column = at.Line, at.Column
		p.faults = append(p.faults, *in(d.src, f).At(p.number()))
	}
}

// isDirectives reports whether a comment has directives and is no note. In a deck of Marp one known field is enough. In
// plain Markdown all fields must be known, because a note may begin with a word and a colon.
func (p *reader) isDirectives(f fields) bool {
	known := func(name string) bool {
		return isDirective(name) || slices.Contains(timings, name)
	}
	if p.dialect == dialectMarp {
		return slices.ContainsFunc(f.Names(), known)
	}
	return !slices.ContainsFunc(f.Names(), func(name string) bool { return !known(name) })
}

// timings are directives of Lectern, for one slide.
var timings = []string{"hold", "pause", "voice", "id"}

// timing reads the directives of Lectern.
func (p *reader) timing(d *draft, f fields) {
	if s, ok := f.text("hold"); ok {
		d.hold = seconds(s)
	}
	if s, ok := f.text("voice"); ok && s != "" {
		d.voice = s
	}
	if s, ok := f.text("id"); ok && s != "" {
		d.id = s
	}
	if s, ok := f.text("pause"); ok {
		if long := seconds(s); long > 0 {
			d.notes = append(d.notes, pauseMark(long))
		}
	}
}

// seconds reads a number of seconds; 0: it is none.
func seconds(s string) time.Duration {
	s = strings.TrimSpace(s)
	scale := 1.0
	if ms, ok := strings.CutSuffix(s, "ms"); ok {
		s, scale = ms, 1e-3
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s, "s")), 64)
	if err != nil || !(x > 0 && x < 1e6) {
		return 0
	}
	return time.Duration(x*scale*1000) * time.Millisecond
}

// pauseMark writes a pause as a mark of a narration.
func pauseMark(d time.Duration) string {
	return "[pause " + strconv.FormatInt(d.Milliseconds(), 10) + "ms]"
}

// directives adds Marp's directives to those that hold from now on, and those with an underscore to spots.
func (p *reader) directives(f fields, look, spots map[string]string) {
	if f.Object == nil {
		return
	}
	for _, name := range f.Names() {
		into := look
		base, spot := strings.CutPrefix(name, "_")
		if spot {
			into = spots
		}
		if !slices.Contains(local, base) {
			continue
		}
		value, _ := f.words(name)
		into[base] = value
	}
	if p.byMarp {
		p.globals(f)
	} else if s, ok := f.text("style"); ok && s != "" {
		p.warnOnce("style_ignored", "style", 0, "The deck has styles of its own (style), which are not applied: the slides "+
			"are drawn in a theme of Lectern.")
	}
}

// pictureMark matches a picture in Markdown: its alternative text, and its address.
var pictureMark = regexp.MustCompile(`!\[([^\]\n]*)\]\([ \t]*(<[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)*)` +
	`(?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'))?[ \t]*\)`)

// marpBackgrounds takes the pictures with the keyword bg out of the text: they are behind it or next to it.
func (p *reader) marpBackgrounds(d *draft) {
	prose := outside(string(d.text), scan(string(d.text)))
	for _, m := range pictureMark.FindAllStringSubmatchIndex(prose, -1) {
		words := strings.Fields(prose[m[2]:m[3]])
		if !slices.Contains(words, "bg") {
			continue
		}
		b := background{image: strings.Trim(prose[m[4]:m[5]], "<>"), at: d.at + m[0]}
		for _, word := range words {
			d.keyword(&b, word)
		}
		d.remove(m[0], m[1])
		d.backgrounds = append(d.backgrounds, b)
	}
	if len(d.backgrounds) == 0 {
		if image := cssAddress(d.look["backgroundImage"]); image != "" {
			d.backgrounds = []background{{image: image, fit: d.look["backgroundSize"], at: d.at}}
		}
	}
}

var (
	percentage = regexp.MustCompile(`^\d{1,3}(?:\.\d+)?%$`)
	filterWord = regexp.MustCompile(`^(?:blur|brightness|contrast|drop-shadow|grayscale|hue-rotate|invert|opacity|saturate|` +
		`sepia)(?::[^:]*)?$`)
	cssURL = regexp.MustCompile(`^url\(\s*['"]?([^'")]*)['"]?\s*\)$`)
)

// cssAddress returns the address in a value such as url(a.png). Other values, such as gradients, have none.
func cssAddress(value string) string {
	if m := cssURL.FindStringSubmatch(strings.TrimSpace(value)); m != nil {
		return m[1]
	}
	return ""
}

// keyword applies a word of a background's alternative text.
func (d *draft) keyword(b *background, word string) {
	side, size, _ := strings.Cut(word, ":")
	switch {
	case word == "contain" || word == "cover" || word == "auto" || percentage.MatchString(word):
		b.fit = word
	case word == "fit":
		b.fit = "contain"
	case word == "vertical":
		d.look["direction"] = word
	case side == "left" || side == "right":
		d.look["side"] = side
		if percentage.MatchString(size) {
			d.look["split"] = size
		}
	case filterWord.MatchString(word):
		b.filters = append(b.filters, word)
	}
}

// paginate counts the page of a slide by Marp's directive.
func (p *reader) paginate(d *draft) {
	mode := d.look["paginate"]
	if mode != "hold" && mode != "skip" || p.page == 0 {
		p.page++
	}
	if mode == "true" || mode == "hold" {
		d.number = strconv.Itoa(p.page)
	}
}
