package slides

import (
	"errors"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"unicode"

	"lectern"
	"lectern/internal/picturefile"
)

// Bounds of a page's content, so that the browser is not busy with it for long. They are far above what fits on a
// slide, which the browser measures.
const (
	maxItems = 200  // of a list, paragraphs of a text, rows of a table
	maxText  = 8000 // runes of one text
	maxCols  = 12
)

// Text is a text with its own direction and language.
type Text struct {
	S     string
	Attrs template.HTMLAttr
	prop  string // its place in the props, such as items[2].text
	shown bool   // the template has used it
}

// String returns the text. The page escapes it.
func (t *Text) String() string {
	t.shown = true
	return t.S
}

// Lines returns the text's lines.
func (t *Text) Lines() []string {
	t.shown = true
	return strings.Split(t.S, "\n")
}

// Long reports whether the text has more than n characters.
func (t *Text) Long(n int) bool { return len([]rune(t.S)) > n }

// Block is a paragraph or a list within a longer text.
type Block struct {
	Kind  string // "p", "ul" or "ol"
	Text  *Text
	Items []*Text
}

// Item is an element of a list: of bullets, steps, numbers, events and so on. What is absent is nil.
type Item struct {
	N       int   // counted from 1
	Title   *Text // the string itself for an item that is a string
	Text    *Text
	Value   *Text // a number, a date, a price: the emphasised part
	Change  *Text
	Trend   string // "up", "down" or ""
	Mark    string // "yes", "no" or ""
	Icon    *Text  // an emoji
	Symbol  string // the name of a drawn icon
	Image   *picture
	Percent float64 // of Value, from 0 to 100; -1 if it has no number
	Points  []*Text
}

// Table is the content of a table. Every row has as many cells as there are columns.
type Table struct {
	Head    []*Text // empty: none
	Rows    [][]*Text
	Numeric []bool // by column: at least four of five cells are numbers; the first column is never numeric
	Columns int
}

// view is the data of a slide for a template's HTML.
type view struct {
	ID       string // of the section
	Variant  string
	Seed     int
	Corner   bool // a part of the stage belongs to the presenter
	lang     string
	slide    int               // counted from 1
	props    map[string]any    // as the deck has them
	at       string            // the prop that is being read
	names    map[string]string // role → the prop as the deck writes it
	made     []*Text           // every text, in order; see unplaced
	texts    map[string]*Text
	prose    map[string][]Block
	lists    map[string][]Item
	pictures map[string]*picture
	tables   map[string]*Table
	codes    map[string]*Code
	options  map[string]string
	choices  map[string]string
	docs     map[string]*Doc
	raw      map[string]string   // texts that another program reads
	drawn    drawnParts          // parts of docs
	images   map[string]*picture // of texts in Markdown, by their addresses in the text
	backs    []backPicture       // behind a text in Markdown
	behind   *behind
	Tone     string       // the class of the colours of a slide in Markdown: "on-night", "on-light" or ""
	Ink      template.CSS // the colour of its text; "": that of the theme
	Fit      template.CSS // the size of a title that fills its line; "": the usual one
	columns  []string     // heads of a table, if they are separate from it
	all      []string     // every text, for the direction of the slide
	assets   []string
	paths    []lectern.FileUse     // of pictures that are files next to the deck
	params   map[string]string     // address in assets → its field
	files    []lectern.Picture     // pictures embedded in the page
	held     map[template.URL]bool // the embedded pictures
	pixels   int                   // of all embedded pictures
	limits   lectern.Limits
	warnings []lectern.Warning
	warned   map[string]bool // fields of items for which a warning was given
	strange  int             // their number
	failures []lectern.Failure
}

// Text returns a text by role, or nil.
func (v *view) Text(role string) *Text { return v.texts[role] }

// Prose returns a longer text by role as paragraphs and lists.
func (v *view) Prose(role string) []Block { return v.prose[role] }

// List returns a list by role.
func (v *view) List(role string) []Item { return v.lists[role] }

// Image returns a picture by role, or nil.
func (v *view) Image(role string) *picture { return v.pictures[role] }

// Choice returns a choice by role, or "" for the default.
func (v *view) Choice(role string) string { return v.choices[role] }

// Table returns a table by role, or nil.
func (v *view) Table(role string) *Table { return v.tables[role] }

// At returns the n-th item of l, counted from 1, as a list of one, or an empty list if l is shorter.
func (v *view) At(l []Item, n int) []Item {
	if n < 1 || n > len(l) {
		return nil
	}
	return l[n-1 : n]
}

// Initial returns the first letter or digit of an item's title, for an item without a picture.
func (it Item) Initial() string {
	if it.Title == nil {
		return ""
	}
	for _, r := range it.Title.S {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

// text returns a Text for s, or nil if s is empty.
func (v *view) text(s string) *Text {
	s = clean(s)
	if s == "" {
		return nil
	}
	s = v.short(s)
	lang := language(s, v.lang)
	s = polish(s, lang)
	v.all = append(v.all, s)
	t := &Text{S: s, Attrs: attrs(s, v.lang), prop: v.at}
	v.made = append(v.made, t)
	return t
}

// line returns a Text for s on a single line, or nil if s is empty.
func (v *view) line(s string) *Text { return v.text(strings.Join(strings.Fields(clean(s)), " ")) }

// short cuts s to maxText characters, with a warning.
func (v *view) short(s string) string {
	cutAt, short := cut(s, maxText)
	if short {
		n := len([]rune(s))
		v.warn("text_cut", "Of %q, %d of %d characters do not fit: a text has at most %d.", v.at,
			n-len([]rune(cutAt))+1, n, maxText)
	}
	return cutAt
}

// few returns how many of the total parts of the current prop a page shows: at most most. It warns if parts are left
// out.
func (v *view) few(total, most int, unit string) int {
	if total <= most {
		return total
	}
	v.warn("text_cut", "Of %q, %d of %d %s do not fit: a slide has at most %d.", v.at, total-most, total, unit, most)
	return most
}

// inside reads a part of the current prop.
func (v *view) inside(part string, read func()) {
	before := v.at
	v.at += part
	read()
	v.at = before
}

// warn adds a warning about the current prop of the slide.
func (v *view) warn(code, format string, args ...any) {
	w := lectern.Warning{Code: code, Message: fmt.Sprintf(format, args...), Slide: v.slide}
	if v.at != "" {
		w.Param = fmt.Sprintf("slides[%d].props.%s", v.slide-1, v.at)
	}
	if !slices.Contains(v.warnings, w) {
		v.warnings = append(v.warnings, w)
	}
}

// image checks a picture; a refused one becomes a failure that names the prop.
func (v *view) image(value any, prop string) *picture {
	address, at := addressIn(value, "", depth)
	if address == "" {
		return nil
	}
	param := fmt.Sprintf("slides[%d].props.%s", v.slide-1, prop)
	p, err := readPicture(address, picturefile.Limits{Pixels: v.limits.PicturePixels, Elements: v.limits.SVGElements})
	switch {
	case err == nil && p.path != "":
		v.paths = append(v.paths, lectern.FileUse{Path: p.path, Param: param + at, Slide: v.slide,
			Kind: lectern.AssetPicture})
		err = absent(p.path)
	case err == nil && !p.Remote:
		err = v.embed(&p, param)
	case err == nil && p.asset != "" && !v.named(p.asset):
		err = errors.New("the address of an asset must not have spaces around it")
	}
	if err != nil {
		v.failures = append(v.failures, *refused(param, v.slide, err))
		return nil
	}
	if u := string(p.URL); p.Remote && v.params[u] == "" {
		v.assets = append(v.assets, u)
		v.params[u] = param
	}
	return &p
}

// named reports whether [lectern.Deck.AssetUses] finds the asset in the slide's props. Only for those assets is it
// checked that they belong to the deck's owner.
func (v *view) named(sha256 string) bool {
	return slices.ContainsFunc(lectern.Deck{Slides: []lectern.Slide{{Props: v.props}}}.AssetUses(),
		func(u lectern.AssetUse) bool {
			return u.SHA256 == sha256
		})
}

// embed adds a picture to those in the page, each content once. It fails if all of them together have more pixels than
// limits.slide_pixels.
func (v *view) embed(p *picture, param string) error {
	if v.held[p.URL] {
		return nil
	}
	v.pixels += p.file.Pixels
	if most := v.limits.SlidePixels; most > 0 && v.pixels > most {
		return fmt.Errorf("with it, the pictures of the slide have %s pixels, which is more than %s "+
			"(limits.slide_pixels)", picturefile.Million(v.pixels), picturefile.Million(most))
	}
	v.held[p.URL] = true
	p.file.URL = param
	v.files = append(v.files, p.file)
	return nil
}

// fill reads the props of a slide by the manifest of its template.
func (v *view) fill(d *design, raw map[string]any, spellings map[string][]string) props {
	p := newProps(raw)
	exact := map[string]bool{}
	for _, q := range d.Props {
		exact[squash(q.Name)] = true
	}
	late := []prop{}
	for _, q := range d.Props {
		names := []string{q.Name}
		for _, n := range slices.Concat([]string{q.Role}, q.Also, spellings[q.Role]) {
			if !exact[squash(n)] {
				names = append(names, n)
			}
		}
		value, written, ok := p.take(names...)
		if !ok {
			late = append(late, q)
			continue
		}
		v.set(q, value, written)
	}
	for _, q := range late { // props with numbered names: step1, step2 and so on
		if q.Type == "list" && len(v.lists[q.Role]) == 0 {
			if l := p.numbered(); len(l) > 0 {
				v.set(q, l, q.Name)
			}
			break
		}
	}
	if picture := v.pictures["image"]; picture != nil {
		picture.Alt = v.options["alt"]
	}
	v.borrow(d)
	return p
}

func (v *view) set(q prop, value any, written string) {
	v.at, v.names[q.Role] = written, written
	defer func() { v.at = "" }()
	if q.Option {
		v.options[q.Role] = optionOf(value)
		return
	}
	switch q.Type {
	case "code":
		v.codes[q.Role] = v.code(value)
	case "text":
		s := words(value)
		if q.Role == "content" || q.Role == "left" || q.Role == "right" {
			v.prose[q.Role] = v.blocks(s)
			made := len(v.made)
			v.texts[q.Role] = v.text(s)
			v.made = v.made[:made] // it is the same text as prose, and would count twice
		} else if q.Role == "quote" || q.Role == "contact" {
			v.texts[q.Role] = v.text(s)
		} else {
			v.texts[q.Role] = v.line(s)
		}
	case "list":
		if q.Role == "columns" {
			v.columns = cells(value)
			return
		}
		v.lists[q.Role] = v.items(value, written)
	case "image":
		v.pictures[q.Role] = v.image(value, written)
	case "table":
		v.tables[q.Role] = v.table(value, v.columns)
	case "choice":
		v.choose(q, value, written)
	case "source":
		v.raw[q.Role] = strings.TrimRight(sourceOf(value), "\n")
	case "markdown":
		v.inMarkdown(q.Role, value)
	case "pictures":
		if q.Role == "images" {
			v.images = v.pictureMap(value, written)
		} else {
			v.backs = v.pictureList(value, written)
		}
	}
}

// borrow moves the lists within the content of a template to its items, if the deck has no items for it. The fallback
// template shows them within its content.
func (v *view) borrow(d *design) {
	has := func(role string) bool {
		return slices.ContainsFunc(d.Props, func(q prop) bool { return q.Role == role })
	}
	if has("items") && has("content") && len(v.lists["items"]) == 0 {
		if t := v.texts["content"]; t != nil && (len(t.Lines()) > 1 || d.ID != fallback) {
			var rest []Block
			for _, b := range v.prose["content"] {
				for _, t := range b.Items {
					v.lists["items"] = append(v.lists["items"],
						Item{N: len(v.lists["items"]) + 1, Title: t, Percent: -1})
				}
				if b.Kind == "p" {
					rest = append(rest, b)
				}
			}
			if len(v.lists["items"]) > 0 && d.ID != fallback {
				v.prose["content"] = rest
			} else {
				v.lists["items"] = nil
			}
		}
	}
}

// blocks splits a text into paragraphs and lists: each line is a paragraph, and lines that begin with "- ", "• " or
// "1. " are the items of lists.
func (v *view) blocks(s string) []Block {
	var out []Block
	var lines []string
	for line := range strings.SplitSeq(v.short(clean(s)), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	for _, line := range lines[:v.few(len(lines), maxItems, "lines")] {
		mark := listMark.FindString(line)
		if clean(line[len(mark):]) == "" {
			mark = "" // a dash alone
		}
		t := v.text(line[len(mark):])
		if t == nil {
			continue
		}
		if mark == "" {
			out = append(out, Block{Kind: "p", Text: t})
			continue
		}
		kind := "ul"
		if unicode.IsDigit([]rune(strings.TrimSpace(mark))[0]) {
			kind = "ol"
		}
		if len(out) == 0 || out[len(out)-1].Kind != kind {
			out = append(out, Block{Kind: kind})
		}
		last := &out[len(out)-1]
		last.Items = append(last.Items, t)
	}
	return out
}

var (
	itemTitle = []string{"title", "heading", "headline", "name", "label", "term", "question", "step", "feature",
		"challenge", "problem", "header"}
	itemText = []string{"text", "description", "desc", "content", "body", "detail", "details", "subtitle", "caption",
		"answer", "solution", "summary", "note"}
	itemValue = []string{"value", "number", "stat", "figure", "amount", "percentage", "percent", "date", "time", "year",
		"when", "price", "metric", "count", "duration", "score", "status", "big"}
	itemChange = []string{"change", "delta", "trend", "growth", "diff"}
	itemMark   = []string{"ispositive", "positive", "checked", "ischecked", "done", "included", "ok", "iscorrect",
		"correct", "pro"}
	itemPoints = []string{"items", "bullets", "points", "list", "children"}
)

func (v *view) items(value any, prop string) []Item {
	l := elements(value)
	var out []Item
	for i, e := range l[:v.few(len(l), maxItems, "items")] {
		var it Item
		ok := false
		v.inside(fmt.Sprintf("[%d]", i), func() { it, ok = v.item(e, fmt.Sprintf("%s[%d]", prop, i)) })
		if !ok {
			continue
		}
		it.N = len(out) + 1
		out = append(out, it)
	}
	return out
}

func (v *view) item(e any, prop string) (Item, bool) {
	it := Item{Percent: -1}
	switch e := e.(type) {
	case map[string]any:
		v.object(&it, newProps(e), prop)
	case []any:
		var parts []string
		for _, x := range e {
			if s := words(x); s != "" {
				parts = append(parts, s)
			}
		}
		if len(parts) > 0 {
			it.Title, it.Text = v.line(parts[0]), v.line(strings.Join(parts[1:], " · "))
		}
	default:
		s := words(e)
		it.Mark, s = marked(s)
		it.Title = v.line(listMark.ReplaceAllString(s, ""))
	}
	if it.Value != nil {
		it.Percent = percent(it.Value.S)
	}
	return it, it.Title != nil || it.Text != nil || it.Value != nil || it.Image != nil || len(it.Points) > 0
}

func (v *view) object(it *Item, p props, prop string) {
	get := func(names []string) *Text {
		x, name, ok := p.take(names...)
		if !ok {
			return nil
		}
		var t *Text
		v.inside("."+name, func() { t = v.line(words(x)) })
		return t
	}
	if x, _, ok := p.take(itemMark...); ok {
		it.Mark = "no"
		if truth(x) {
			it.Mark = "yes"
		}
	}
	if x, _, ok := p.take("icon", "emoji", "symbol"); ok {
		v.icon(it, x, prop+".icon")
	}
	if x, name, ok := p.take("image", "imageurl", "img", "picture", "photo", "avatar", "logo", "src"); ok {
		it.Image = v.image(x, prop+"."+name)
	}
	if x, _, ok := p.take("alt", "imageAlt", "altText"); ok && it.Image != nil {
		it.Image.Alt = optionOf(x)
	}
	if x, name, ok := p.take(itemPoints...); ok {
		v.inside("."+name, func() {
			list := elements(x)
			for _, e := range list[:v.few(len(list), maxItems, "items")] {
				if t := v.line(listMark.ReplaceAllString(words(e), "")); t != nil {
					it.Points = append(it.Points, t)
				}
			}
		})
	}
	it.Value, it.Change = get(itemValue), get(itemChange)
	it.Title, it.Text = get(itemTitle), get(itemText)
	if it.Text == nil {
		if it.Text = get(itemTitle); it.Text == nil && it.Title != nil { // {label, title} and the like
			it.Text = get(itemText)
		}
	}
	if it.Title == nil && it.Text != nil {
		it.Title, it.Text = it.Text, nil
	}
	if it.Title == nil && it.Text == nil && it.Value == nil { // an item with unknown names
		var rest []string
		for _, k := range slices.Sorted(maps.Keys(p.values)) {
			if s := words(p.values[k]); s != "" && !p.used[k] {
				rest = append(rest, s)
			}
		}
		if len(rest) > 0 {
			it.Title = v.line(rest[0])
			it.Text = v.line(strings.Join(rest[1:], " "))
		}
	} else {
		v.unreadFields(p)
	}
	if it.Change != nil {
		it.Trend = trend(it.Change.S)
		it.Change.S = strings.TrimSpace(strings.TrimLeft(it.Change.S, "▲▼↑↓ "))
	}
}

// icon sets the item's icon from x: the address of a picture, the name of a drawn icon, or an emoji. Anything else is
// left out.
func (v *view) icon(it *Item, x any, prop string) {
	s := address(x)
	if strings.ContainsAny(s, ":/") && len(s) > 4 {
		it.Image = v.image(x, prop)
		return
	}
	if name, ok := symbol(s); ok {
		it.Symbol = name
		return
	}
	r := []rune(s)
	if len(r) > 0 && len(r) <= 8 && !slices.ContainsFunc(r, func(c rune) bool { return c < 0x203c }) {
		it.Icon = &Text{S: clean(s)}
	}
}

// truth reports whether x means yes, in any usual spelling.
func truth(x any) bool {
	switch strings.ToLower(words(x)) {
	case "", "false", "no", "0", "negative", "con", "off", "n", "wrong", "✗", "✘", "❌", "-":
		return false
	}
	return true
}

// marked removes a check mark or a cross from the beginning of s and returns it as "yes" or "no".
func marked(s string) (mark, rest string) {
	for _, m := range []struct{ sign, mark string }{{"✓", "yes"}, {"✔️", "yes"}, {"✔", "yes"}, {"✅", "yes"},
		{"[x]", "yes"}, {"✗", "no"}, {"✘", "no"}, {"❌", "no"}, {"✕", "no"}, {"✖", "no"}, {"[ ]", "no"}} {
		if rest, ok := strings.CutPrefix(s, m.sign); ok {
			return m.mark, strings.TrimSpace(rest)
		}
	}
	return "", s
}

// trend reads the direction of a change from its sign.
func trend(s string) string {
	switch {
	case strings.HasPrefix(s, "+"), strings.ContainsAny(s, "▲↑↗"), strings.EqualFold(s, "up"):
		return "up"
	case strings.HasPrefix(s, "-"), strings.HasPrefix(s, "−"), strings.HasPrefix(s, "–"), strings.ContainsAny(s, "▼↓↘"),
		strings.EqualFold(s, "down"):
		return "down"
	}
	return ""
}
