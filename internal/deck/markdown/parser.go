package markdown

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/form"
	"lectern/internal/deck/yamltree"
)

// Parser reads decks in Markdown.
type Parser struct{}

var _ deck.Parser = Parser{}

// Kind implements deck.Parser.
func (Parser) Kind() deck.Kind {
	return deck.Kind{Name: "Markdown", MediaTypes: []string{"text/markdown", "text/x-markdown"},
		Endings: []string{".md", ".markdown", ".mdown", ".qmd"}, Looks: looks}
}

// headingLine matches the heading that begins many decks.
var headingLine = regexp.MustCompile(`\A#{1,6} \S`)

// looks reports whether a text begins like Markdown: with front matter and its closing line, or with a heading. A text
// that could be YAML with comments is not taken.
func looks(raw []byte) bool {
	text := strings.TrimLeft(newSource("", raw[:min(len(raw), 64<<10)]).text, " \t\n")
	if strings.HasPrefix(text, "---\n") {
		at, _ := closing(text, 4)
		return at > 0
	}
	if !headingLine.MatchString(text) {
		return false
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && line[0] != '#' {
			return !mappingLine.MatchString(line) && line != "---"
		}
	}
	return true
}

// Parse implements deck.Parser. The settings have fields more than those of a deck: "dialect", one of [Dialects],
// "draw", one of [Draws], and "remotePictures", which allows pictures of the web. Front matter may have them too.
func (Parser) Parse(ctx context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error) {
	lim = lim.WithDefaults()
	if s.Bytes == nil && s.At != nil {
		text, err := io.ReadAll(io.NewSectionReader(s.At, 0, min(s.Size, maxText+1)))
		if err != nil {
			return deck.Request{}, lectern.Fail(lectern.CodeInvalidDeck, "The deck cannot be read.").Because(err)
		}
		s.Bytes = text
	}
	switch {
	case int64(len(s.Bytes)) > lim.BodyBytes:
		return deck.Request{}, lectern.Fail(lectern.CodeTooLarge, "The deck has %d bytes; the limit is %d (limits.body).",
			len(s.Bytes), lim.BodyBytes)
	case len(s.Bytes) > maxText:
		return deck.Request{}, lectern.Fail(lectern.CodeTooLarge, "The deck has %d bytes; a deck in Markdown has at most "+
			"%d. Put pictures into files next to it.", len(s.Bytes), maxText)
	case !utf8.Valid(s.Bytes):
		return deck.Request{}, lectern.Fail(lectern.CodeInvalidDeck, "The deck is not a text in UTF-8. Save it as UTF-8 and "+
			"try again.")
	case len(bytes.TrimSpace(s.Bytes)) == 0:
		return deck.Request{}, lectern.Fail(lectern.CodeInvalidDeck, "The deck is empty (line 1).")
	}
	p := &reader{ctx: ctx, lim: lim, yaml: yamltree.NewReader(lim), folder: s.Folder, next: s.OpenFile,
		owned:  map[string]bool{},
		places: places{}, warned: map[string]bool{}, ids: map[string]bool{}, opened: []string{s.Name},
		look: map[string]string{}, deckwide: map[string]string{}, left: lim.BodyBytes - int64(len(s.Bytes))}
	over, err := p.readSettings(settings)
	if err != nil {
		return deck.Request{}, err
	}
	src := newSource("", s.Bytes)
	if err := tooDeep(src); err != nil {
		return deck.Request{}, err
	}
	front, after := head(src.text)
	if p.front, err = p.read(src, front); err != nil {
		return deck.Request{}, err
	}
	p.dialect = p.chosen(src, after, p.front)
	p.drawer()
	p.filled = p.front.has("variables") || p.set.has("variables")
	p.remote = p.front.truth("remotePictures") || p.set.truth("remotePictures")
	q, err := form.Read(p.settings(p.front), over, "Markdown", lim)
	if err != nil {
		return deck.Request{}, err
	}
	p.steps = q.Deck.Steps
	p.chunks(src, p.cutter().cut(src.text, after))
	if err := ctx.Err(); err != nil {
		return deck.Request{}, lectern.Fail(lectern.CodeCanceled, "Reading the deck was canceled.").Because(err)
	}
	p.into(&q)
	return q, nil
}

// tooDeep refuses a text whose quotes or lists are nested too deeply.
func tooDeep(src *source) error {
	n := crowded(src.text)
	if n == 0 {
		return nil
	}
	f := lectern.Fail(lectern.CodeInvalidDeck, "Line %d begins with more than %d signs of quotes and lists, which is "+
		"more than can be nested.", n, maxNesting)
	f.Line, f.Column = n, 1
	return in(src, f)
}

// readSettings reads the settings of a request, and takes out those that only this package has.
func (p *reader) readSettings(settings []byte) (over any, err error) {
	if len(settings) == 0 {
		return nil, nil
	}
	doc, err := p.yaml.Read(settings)
	if err != nil {
		return nil, lectern.AsFailure(err).On("settings")
	}
	o, ok := doc.Tree.(*form.Object)
	if !ok {
		if doc.Tree == nil {
			return false, nil // null is not a mapping; nil would mean no settings
		}
		return doc.Tree, nil
	}
	own := &form.Object{}
	for _, name := range []string{"dialect", "draw", "remotePictures", "headingDivider"} {
		if v, there := o.Take(name); there {
			own.Add(name, v)
		}
	}
	if v, there := o.Get("variables"); there {
		own.Add("variables", v)
	}
	theme, _ := o.Get("theme")
	p.setTheme = theme != nil && theme != ""
	p.set = fields{own, doc}
	return o, nil
}

// reader reads one deck.
type reader struct {
	ctx     context.Context // of Parse; slides are not read any more when it ends
	lim     lectern.Limits
	yaml    *yamltree.Reader
	set     fields // settings that only this package has
	front   fields
	dialect string
	folder  string // of this machine; "": there are no files, except those of next
	next    func(path string) (io.ReadCloser, int64, error)
	left    int64           // bytes that imports and snippets may still have
	opened  []string        // files that are being imported
	owned   map[string]bool // fields that "lectern" in the front matter sets
	sized   bool
	filled  bool // braces are variables
	steps   bool // slides are shown step by step
	remote  bool // pictures of the web are allowed

	byMarp   bool              // marp-core draws the slides
	setTheme bool              // the settings name a theme
	deckwide map[string]string // Marp's directives for the whole deck
	sheets   []string          // the styles in the text of a deck that marp-core draws

	look   map[string]string // Marp's directives that hold for the slides that follow
	first  map[string]string // those of the front matter that hold for the first slide only; nil: not read yet
	page   int               // the number of the last slide
	drafts []*draft

	faults   []lectern.Failure
	warnings []lectern.Warning
	warned   map[string]bool
	ids      map[string]bool
	places   places
}

func (p *reader) fault(code lectern.Code, param string, slide int, format string, args ...any) {
	if len(p.faults) <= lectern.MaxFaults {
		p.faults = append(p.faults, *lectern.Fail(code, format, args...).On(param).At(slide))
	}
}

func (p *reader) warn(code string, slide int, param, format string, args ...any) {
	if len(p.warnings) < lectern.MaxFaults {
		p.warnings = append(p.warnings, lectern.Warning{Code: code, Message: fmt.Sprintf(format, args...), Slide: slide,
			Param: param})
	}
}

// warnOnce warns once in a deck about what key names.
func (p *reader) warnOnce(code, key string, slide int, format string, args ...any) {
	if !p.warned[code+" "+key] {
		p.warned[code+" "+key] = true
		p.warn(code, slide, "", format, args...)
	}
}

// number is the number of the slide that is being read.
func (p *reader) number() int { return len(p.drafts) + 1 }

// where begins a message about a place in a source: "Line 7: ".
func (s *source) where(offset int) string {
	line := s.line(min(offset, len(s.text))) + 1
	if s.name != "" {
		return fmt.Sprintf("%s, line %d: ", lectern.Shorten(s.name), line)
	}
	return fmt.Sprintf("Line %d: ", line)
}

// cutter returns how the deck is cut into slides.
func (p *reader) cutter() cutter {
	c := cutter{dialect: p.dialect}
	from := p.set
	if !from.has("headingDivider") {
		from = p.front
	}
	if levels, _ := from.words("headingDivider"); levels != "" {
		c.divider = dividers(from, levels)
	}
	if p.dialect == dialectReveal {
		c.horizontal = p.separator("separator")
		c.vertical = p.separator("verticalSeparator")
		if c.vertical != nil && c.horizontal == nil {
			c.horizontal = regexp.MustCompile(`(?m)^\n?---\n$`)
		}
	}
	return c
}

// dividers reads Marp's headingDivider: a number n for the levels 1 to n, or a list of levels.
func dividers(f fields, levels string) func(level int) bool {
	set := map[int]bool{}
	v, _ := f.Get("headingDivider")
	_, isList := v.([]any)
	for _, word := range strings.Fields(levels) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > 6 {
			continue
		}
		set[n] = true
		for k := 1; k < n && !isList; k++ {
			set[k] = true
		}
	}
	return func(level int) bool { return set[level] }
}

// maxSeparator is the longest regular expression of a separator, in bytes.
const maxSeparator = 200

// separator reads a separator of reveal.js, which is a regular expression.
func (p *reader) separator(name string) *regexp.Regexp {
	s, ok := p.front.text(name)
	if !ok || s == "" {
		return nil
	}
	s = strings.ReplaceAll(s, `\r?`, "") // the text has no such line ends
	re, err := regexp.Compile("(?m)" + s)
	if err != nil || len(s) > maxSeparator {
		p.fault(lectern.CodeInvalidDeck, name, 0, "The %s %q is not a regular expression that can be used; the usual one is "+
			`"^\n---\n$".`, name, lectern.Shorten(s))
		return nil
	}
	return re
}

// into adds the slides to a request.
func (p *reader) into(q *deck.Request) {
	p.trim()
	spoken := false
	for i, d := range p.drafts {
		s := d.slide(i, p)
		spoken = spoken || s.Narration != "" || s.Hold > 0
		q.Deck.Slides = append(q.Deck.Slides, s)
	}
	p.transitions(&q.Deck)
	if len(p.drafts) == 0 && len(p.faults) == 0 {
		p.fault(lectern.CodeInvalidDeck, "slides", 0, "The deck has no slide that is shown: all are hidden or empty.")
	} else if !spoken && len(p.drafts) > 0 {
		p.warn("no_narration", 0, "", "No slide has narration, so each is held in silence. %s", p.hint())
	}
	q.Faults = append(q.Faults, p.faults...)
	q.Warnings = append(q.Warnings, p.warnings...)
	q.Locate = func(written []string) (all []deck.Position) {
		for _, param := range written {
			all = append(all, p.locate(param))
		}
		return all
	}
}

// hint says how the dialect writes narration.
func (p *reader) hint() string {
	switch p.dialect {
	case dialectReveal:
		return "Write it at the end of a slide, after a line \"Note:\"."
	case dialectSlidev:
		return "Write it in a comment at the end of a slide: <!-- Welcome. -->"
	case dialectNarakeet:
		return "Write it as a paragraph."
	}
	return "Write it in a comment on the slide: <!-- Welcome. -->"
}

// trim drops slides without content at both ends of the deck, which marks around the deck leave.
func (p *reader) trim() {
	for len(p.drafts) > 0 && p.drafts[0].empty() {
		p.drafts = p.drafts[1:]
		for i := range p.warnings {
			p.warnings[i].Slide = max(p.warnings[i].Slide-1, 0)
		}
		for i := range p.faults {
			p.faults[i].Slide = max(p.faults[i].Slide-1, 0)
		}
	}
	for n := len(p.drafts); n > 0 && p.drafts[n-1].empty(); n-- {
		p.drafts = p.drafts[:n-1]
	}
}

// places are the positions of fields of the deck, by their paths.
type places map[string]deck.Position

// find returns the position of a field, or of the nearest field around it.
func (p places) find(param string) (deck.Position, bool) {
	for end := len(param); end > 0; end = strings.LastIndexAny(param[:end], ".[") {
		if at, ok := p[param[:end]]; ok {
			return at, true
		}
	}
	return deck.Position{}, false
}
