package markdown

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/internal/deck"
)

// template is the template of a slide in Markdown.
const template = "markdown"

// draft is a slide while it is read.
type draft struct {
	src    *source
	at     int // offset in src of the first byte of text
	fields fields
	// text is the slide's text. What was taken out is zero bytes, so that offsets stay those of the source.
	text []byte

	notes       []string
	clicks      bool // the marks of clicks in notes stay
	steps       []lectern.SlideStep
	noteAt      int               // offset of the first note
	look        map[string]string // directives of Marp that hold for this slide, and what other dialects say about it
	backgrounds []background
	id          string
	hold        time.Duration
	voice       string
	number      string // the page number that is shown; "": none
	name        string // the title of a slide that shows none
	pictures    []use
	via         *draft // the slide that imports this one
	whole       string // the text that marp-core draws

	content           // set by finish
	transfer string   // the transition to the next slide
	shown    []string // of a scene of Narakeet: the text of its slide
}

// content is what a slide shows.
type content struct {
	title   string // plain; "": none
	heading string // the title in Markdown, if it has more than words
	inside  bool   // the title is a heading in the body
	fit     bool   // the title fills the width
	body    string
	left    string
	right   string
	images  map[string]string // address in the Markdown → address of the picture
}

// background is a picture behind the text, or next to it.
type background struct {
	image   string
	fit     string // cover, contain, auto, or a size in per cent
	filters []string
	at      int
}

// use is a place where a slide names a picture.
type use struct {
	key string // the end of the prop's path
	at  int
}

func (p *reader) newDraft(src *source, at span) *draft {
	return &draft{src: src, at: at.from, text: []byte(src.text[at.from:at.to]), noteAt: -1, clicks: p.steps,
		look: map[string]string{}}
}

// remove takes a part of the slide's text out. Offsets are those of the text.
func (d *draft) remove(from, to int) {
	clear(d.text[from:to])
}

// rest returns the text without what was taken out, and without blank lines around it.
func (d *draft) rest() string { return compact(d.text) }

// compact removes zero bytes, and the blanks before them at the end of a line.
func compact(text []byte) string {
	var b strings.Builder
	for line := range bytes.Lines(text) {
		cut := bytes.IndexByte(line, 0) >= 0
		line = bytes.ReplaceAll(line, []byte{0}, nil)
		if cut {
			kept := bytes.TrimRight(line, " \t\n")
			b.Write(kept)
			if bytes.HasSuffix(line, []byte("\n")) {
				b.WriteByte('\n')
			}
			continue
		}
		b.Write(line)
	}
	return trimLines(b.String())
}

// trimLines removes blank lines at both ends of a text. Blanks that begin its first line stay.
func trimLines(s string) string {
	s = strings.TrimRight(s, " \t\n")
	for {
		end := lineEnd(s, 0)
		if s == "" || strings.TrimSpace(s[:end]) != "" {
			return s
		}
		s = s[end:]
	}
}

// note adds a part of the narration.
func (d *draft) note(text string, at int) {
	text = speak(text, d.clicks)
	if text == "" {
		return
	}
	if d.noteAt < 0 {
		d.noteAt = at
	}
	d.notes = append(d.notes, text)
}

// empty reports whether a slide has nothing to show and nothing to say.
func (d *draft) empty() bool {
	return d.body == "" && d.left == "" && d.right == "" && d.title == "" && len(d.notes) == 0 &&
		len(d.backgrounds) == 0 && d.whole == "" && d.hold == 0 && d.look["backgroundImage"] == ""
}

// slide returns the finished slide with index i.
func (d *draft) slide(i int, p *reader) lectern.Slide {
	at := fmt.Sprintf("slides[%d]", i)
	place := func(param string, offset int) {
		if d.via != nil { // positions are those of the deck itself
			p.places[param] = d.via.src.at(d.via.at)
			return
		}
		p.places[param] = d.src.at(offset)
	}
	place(at, d.at+leading(d.text))
	place(at+".narration", max(d.noteAt, d.at))
	for _, u := range d.pictures {
		place(at+".props."+u.key, u.at)
	}
	s := lectern.Slide{ID: p.identify(d), Template: template, Hold: d.hold,
		Narration: p.literal(strings.Join(d.notes, "\n\n"))}
	if p.byMarp {
		s.Template, s.Props = marpTemplate, d.marpProps(p)
	} else {
		s.Props = d.props(i == 0)
	}
	for _, name := range []string{"title", "heading", "markdown", "left", "right", "header", "footer", "style"} {
		if text, ok := s.Props[name].(string); ok {
			s.Props[name] = p.literal(text)
		}
	}
	s.Voice.ID, s.Steps = d.voice, d.steps
	return s
}

// leading counts the blank bytes at the beginning of a text.
func leading(text []byte) int { return len(text) - len(bytes.TrimLeft(text, " \t\n\x00")) }

// literal writes braces so that they are no variables, in a deck without variables.
func (p *reader) literal(text string) string {
	if p.filled || !strings.Contains(text, "{{") {
		return text
	}
	return braces.ReplaceAllString(text, `\{{`)
}

var braces = regexp.MustCompile(`\\?\{\{`)

// props returns the props of the template. opens reports that the slide is the first one.
func (d *draft) props(opens bool) map[string]any {
	props := map[string]any{}
	set := func(name, value string) {
		if value != "" {
			props[name] = value
		}
	}
	set("title", d.title)
	set("heading", d.heading)
	set("markdown", d.body)
	set("left", d.left)
	set("right", d.right)
	set("header", d.look["header"])
	set("footer", d.look["footer"])
	set("page", d.number)
	set("layout", d.layout(opens))
	set("tone", d.tone())
	set("background", d.look["backgroundColor"])
	set("color", d.look["color"])
	if d.body+d.left != "" {
		set("breaks", d.look["breaks"])
	}
	if d.inside {
		props["titlePlace"] = "body"
	}
	if d.fit {
		props["fit"] = "title"
	}
	if len(d.images) > 0 {
		named := make(map[string]any, len(d.images))
		for k, v := range d.images {
			named[k] = v
		}
		props["images"] = named
	}
	d.backgroundProps(props)
	return props
}

func (d *draft) backgroundProps(props map[string]any) {
	if len(d.backgrounds) == 0 {
		return
	}
	var list []any
	for _, b := range d.backgrounds {
		e := map[string]any{"image": b.image}
		if b.fit != "" {
			e["fit"] = b.fit
		}
		if len(b.filters) > 0 {
			e["filter"] = strings.Join(b.filters, " ")
		}
		list = append(list, e)
	}
	props["backgrounds"] = list
	for _, name := range []string{"side", "split", "direction"} {
		if v := d.look[name]; v != "" {
			props[name] = v
		}
	}
}

// layouts maps the layouts of Slidev, and classes that other tools use for the same, to those of the template.
var layouts = map[string]string{
	"cover": "cover", "intro": "cover", "lead": "center", "center": "center", "end": "center", "section": "section",
	"quote": "quote", "statement": "statement", "fact": "statement", "text-center": "center",
}

// layout returns the layout that the slide names. A first slide that is centred, or has only a title and a few words,
// is a cover.
func (d *draft) layout(opens bool) string {
	layout := layouts[d.look["layout"]]
	for _, class := range strings.Fields(d.look["class"]) {
		if layout == "" {
			layout = layouts[class]
		}
	}
	few := d.title != "" && !d.inside && d.left+d.right == "" && len(d.body) <= coverText &&
		!coverSigns.MatchString(d.body)
	if opens && !d.fit && len(d.backgrounds) == 0 && (layout == "center" || layout == "" && few) {
		return "cover"
	}
	return layout
}

// coverText is how many bytes of text a cover has beside its title.
const coverText = 200

// coverSigns matches what no cover has: headings, lists, quotes, tables, listings, formulas and pictures.
var coverSigns = regexp.MustCompile("(?m)^[ \t]*(?:[#>|+*-]|\\d+[.)]|\\$\\$|```|~~~)|!\\[|<")

// tone is "invert" for a slide whose light and dark are exchanged.
func (d *draft) tone() string {
	if slices.Contains(strings.Fields(d.look["class"]), "invert") {
		return "invert"
	}
	return ""
}

// identify returns the id of a slide: the one that its author wrote, or else words of its content, so that it stays the
// same when slides before it come and go.
func (p *reader) identify(d *draft) string {
	id := slug(d.id)
	said := pauses.ReplaceAllString(strings.Join(d.notes, " "), "")
	for _, text := range []string{d.title, d.name, d.body + d.left, said} {
		if id == "" {
			id = slug(text)
		}
	}
	if id == "" && len(d.backgrounds) > 0 {
		id = slug(d.backgrounds[0].image)
	}
	if id == "" {
		id = "slide"
	}
	for n, base := 2, id; p.ids[id]; n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	p.ids[id] = true
	return id
}

// longestSlug is how many characters of a text an id has.
const longestSlug = 60

// slug writes a text as an id: letters and digits of any script, with hyphens between words.
func slug(text string) string {
	var b strings.Builder
	n := 0
	for _, word := range wordsOnly.FindAllString(strings.ToLower(text), 12) {
		size := len([]rune(word))
		if n > 0 && n+size+1 > longestSlug {
			break
		}
		if size > longestSlug {
			word = string([]rune(word)[:longestSlug])
		}
		if n > 0 {
			b.WriteByte('-')
		}
		b.WriteString(word)
		n += size + 1
	}
	return b.String()
}

var pauses = regexp.MustCompile(`\[pause[^\]]*\]`)

var wordsOnly = regexp.MustCompile(`[\p{L}\p{N}\p{M}]+`)

// transitions sets the transitions between the slides, if the deck has any.
func (p *reader) transitions(d *lectern.Deck) {
	var list []lectern.Transition
	any := false
	for _, s := range p.drafts[:max(len(p.drafts)-1, 0)] {
		t := transition(s.transfer)
		any = any || !t.IsCut()
		list = append(list, t)
	}
	if any && len(d.Transitions) == 0 {
		d.Transitions = list
	}
}

// transition reads the transition of another tool: a type such as fade or slide-left, and for Narakeet its seconds. One
// that does not exist here is a cut.
func transition(s string) lectern.Transition {
	name, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	t := lectern.Transition{Type: strings.ReplaceAll(strings.ToLower(name), "-", ""), Duration: lectern.DefaultTransition}
	switch t.Type {
	case "crossfade", "fadeout":
		t.Type = lectern.TransitionFade
	case "cut", "":
		t.Type = lectern.TransitionNone
	}
	if x, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), "s"), 64); err == nil && x > 0 && x <= 5 {
		t.Duration = time.Duration(x*1000) * time.Millisecond
	}
	if !slices.Contains(lectern.TransitionTypes(), t.Type) || t.Type == lectern.TransitionNone {
		return lectern.Transition{Type: lectern.TransitionNone}
	}
	return t
}

// inherit copies the directives that hold for a slide.
func (d *draft) inherit(look map[string]string) { maps.Copy(d.look, look) }

// position of an offset of a draft's text in the deck.
func (d *draft) position(offset int) deck.Position { return d.src.at(d.at + offset) }
