package markdown

import (
	"regexp"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/form"
	"lectern/internal/deck/yamltree"
)

// fields are the settings in a front matter or a comment.
type fields struct {
	*form.Object
	doc yamltree.Doc
}

// text returns a field as a string: the tools whose decks are read treat numbers and booleans as text. ok is false for
// a field that is absent, null, a list or an object.
func (f fields) text(name string) (s string, ok bool) {
	if f.Object == nil {
		return "", false
	}
	v, _ := f.Get(name)
	return textOf(v)
}

func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v), true
	case form.Number:
		return string(v), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}

// words returns a field that is a text or a list of texts, with blanks between them.
func (f fields) words(name string) (string, bool) {
	if f.Object == nil {
		return "", false
	}
	v, there := f.Get(name)
	if list, ok := v.([]any); ok {
		var all []string
		for _, e := range list {
			if s, ok := textOf(e); ok {
				all = append(all, s)
			}
		}
		return strings.Join(all, " "), true
	}
	s, _ := textOf(v)
	return s, there
}

// has reports whether one of the names is a field.
func (f fields) has(names ...string) bool {
	for _, name := range names {
		if f.Object != nil {
			if _, there := f.Get(name); there {
				return true
			}
		}
	}
	return false
}

// inner returns a field that has fields.
func (f fields) inner(name string) (fields, bool) {
	if f.Object == nil {
		return fields{}, false
	}
	v, _ := f.Get(name)
	o, ok := v.(*form.Object)
	return fields{o, f.doc}, ok
}

// truth reads a field that is true or false.
func (f fields) truth(name string) bool {
	s, _ := f.text(name)
	return strings.EqualFold(s, "true")
}

// head returns the front matter at the beginning of a text, without the marks around it, and the offset after it. Text
// between two marks that is not fields is a slide, and there is no front matter.
func head(text string) (front span, after int) {
	start := len(text) - len(strings.TrimLeft(text, " \t\n"))
	start = lineStart(text, start)
	end := lineEnd(text, start)
	if strings.TrimRight(text[start:end], " \t\n") != "---" {
		return span{}, 0
	}
	close, after := closing(text, end)
	switch {
	case close == end: // empty
		return span{}, after
	case close == 0 || !isMapping(text[end:close]):
		return span{}, 0
	}
	return span{end, close}, after
}

// loose matches a field whose value YAML would read differently from what its author meant.
var loose = regexp.MustCompile(`^([A-Za-z_$][\w$.-]*[ \t]*:[ \t]+)` +
	`(#[0-9A-Fa-f]{3,8}|[@%*\x60].*|[^'"\[{|>&!#\s][^#]*: .*)[ \t]*$`)

// loosen quotes values that Marp and Slidev accept although YAML does not: colours such as #123456, and texts with a
// colon.
func loosen(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if m := loose.FindStringSubmatch(line); m != nil {
			lines[i] = m[1] + "'" + strings.ReplaceAll(m[2], "'", "''") + "'"
		}
	}
	return strings.Join(lines, "\n")
}

// read reads fields at a place of a source. A text that is not a mapping has none.
func (p *reader) read(src *source, at span) (fields, error) {
	if at == (span{}) {
		return fields{}, nil
	}
	before := src.line(at.from)
	doc, err := p.yaml.ReadAt([]byte(loosen(src.text[at.from:at.to])), before)
	if err != nil {
		return fields{}, in(src, lectern.AsFailure(err))
	}
	o, _ := doc.Tree.(*form.Object)
	return fields{o, doc}, nil
}

// in adds the name of an imported file to the message of a failure in it.
func in(src *source, f *lectern.Failure) *lectern.Failure {
	if src.name != "" {
		f.Message = "In the file \"" + lectern.Shorten(src.name) + "\": " + f.Message
	}
	return f
}

// comment reads the text of a comment as fields. ok is false for a text that is not a mapping.
func comment(text string) (f fields, ok bool) {
	if len(text) > maxDirectives || !directiveLine.MatchString(text) {
		return fields{}, false
	}
	doc, err := yamltree.NewReader(lectern.Limits{JSONTokens: maxDirectives}).Read([]byte(loosen(strings.TrimSpace(text))))
	o, isObject := doc.Tree.(*form.Object)
	return fields{o, doc}, err == nil && isObject
}

// maxDirectives is the longest comment that can have directives, in bytes.
const maxDirectives = 10_000

// directiveLine matches a text with a line that may be a directive.
var directiveLine = regexp.MustCompile(`(?m)^[ \t]*_?[A-Za-z]+[ \t]*:`)

// foreign maps the themes of other tools to the theme that is most like them.
var foreign = map[string]string{
	"default": "light-modern", "gaia": "light-modern", "uncover": "light-modern", // Marp, and Slidev's default
	"seriph": "light-modern", "apple-basic": "light-modern", "bricks": "light-modern", "shibainu": "dark-purple",
	"none": "light-modern", "black": "dark-purple", "white": "light-modern", "league": "dark-purple",
	"beige": "light-modern", "night": "dark-purple", "serif": "light-modern", "simple": "corporate-blue",
	"solarized": "light-modern", "moon": "dark-purple", "dracula": "dark-purple", "sky": "corporate-blue",
	"blood": "dark-purple", "black-contrast": "dark-purple", "white-contrast": "light-modern",
}

// settings returns the fields of the front matter that the written form of a deck has, under its names.
func (p *reader) settings(f fields) *form.Object {
	o := &form.Object{}
	if f.Object == nil {
		return o
	}
	for _, name := range []string{"title", "avatar", "variables", "preset", "quality", "fps", "frameRate", "hold",
		"slideOnly", "subtitles", "callbackUrl", "callback_url", "metadata", "translations"} {
		v, there := f.Get(name)
		if s, isText := v.(string); name == "subtitles" && isText && s == "embed" {
			continue // Narakeet: a subtitle track, which every video has
		}
		if there && v != nil {
			o.Add(name, v)
		}
	}
	for _, name := range []string{"language", "lang"} {
		if s, ok := f.text(name); ok && s != "" {
			o.Add("language", s)
			break
		}
	}
	if s, ok := f.text("layout"); ok && strings.Contains(s, "_") {
		o.Add("layout", s) // other tools' layouts have no underscore
	}
	p.voice(o, f)
	p.theme(o, f)
	p.size(o, f)
	if s, ok := f.text("author"); ok && s != "" && !f.has("metadata") {
		meta := &form.Object{}
		meta.Add("author", s)
		o.Add("metadata", meta)
	}
	if own, ok := f.Get("lectern"); ok {
		p.own(o, own)
	}
	return o
}

// own adds the fields of "lectern", which has those of a deck and wins over the other tools' fields.
func (p *reader) own(o *form.Object, value any) {
	own, ok := value.(*form.Object)
	if !ok {
		if value != nil {
			p.fault(lectern.CodeInvalidDeck, "lectern", 0, "\"lectern\" in the front matter has the fields of a deck, such as "+
				"lectern: {theme: corporate-blue}.")
		}
		return
	}
	for _, name := range own.Names() {
		if name == "slides" || name == "slidesData" || name == "slides_data" {
			p.fault(lectern.CodeInvalidDeck, "lectern."+name, 0, "The slides of a deck in Markdown are its text. Remove %q "+
				"from the front matter.", name)
			continue
		}
		v, _ := own.Get(name)
		o.Take(name)
		o.Add(name, v)
		p.owned[name] = true
	}
}

func (p *reader) voice(o *form.Object, f fields) {
	v, there := f.Get("voice")
	if !there || v == nil {
		return
	}
	if s, ok := textOf(v); ok && p.dialect == dialectNarakeet {
		p.strangeVoice(s, 0)
		return
	}
	o.Add("voice", v)
}

// strangeVoice warns of a voice of Narakeet, whose names no engine here has.
func (p *reader) strangeVoice(name string, slide int) {
	p.warnOnce("voice_ignored", name, slide, "The voice %q is one of Narakeet's. A voice for the language speaks "+
		"instead. To choose one, write lectern: {voice: …} in the front matter; `lectern voices` lists "+
		"them.", lectern.Shorten(name))
}

func (p *reader) theme(o *form.Object, f fields) {
	s, ok := f.text("theme")
	if !ok || s == "" {
		return
	}
	ours, known := foreign[strings.ToLower(s)]
	if p.byMarp { // the theme of Lectern is then only behind the avatar
		if !slices.Contains(marpThemes, strings.ToLower(s)) {
			p.warn("theme_replaced", 0, "theme", "The theme %q is not one of marp-core. The slides have its theme %q; there "+
				"are %s.", lectern.Shorten(s), marpThemes[0], lectern.OneOf(marpThemes))
		}
		o.Add("theme", lectern.DefaultTheme)
		return
	}
	switch {
	case known:
	case strings.ContainsAny(s, "/.@"): // a package or a file
		ours = lectern.DefaultTheme
	default:
		o.Add("theme", s)
		return
	}
	o.Add("theme", ours)
	p.warn("theme_replaced", 0, "theme", "The theme %q belongs to another tool. The slides have the theme %q; `lectern "+
		"templates` lists the themes to choose from.", lectern.Shorten(s), ours)
}

var ratio = regexp.MustCompile(`^(\d+)\s*[:/]\s*(\d+)$`)

// size reads the shape of the slides: Marp's size, Slidev's aspectRatio, or a size of the written form.
func (p *reader) size(o *form.Object, f fields) {
	for _, name := range []string{"aspect", "aspectRatio", "size", "resolution"} {
		v, there := f.Get(name)
		if !there || v == nil || p.sized {
			continue
		}
		if s, ok := textOf(v); ok {
			if m := ratio.FindStringSubmatch(s); m != nil {
				o.Add("aspect", m[1]+":"+m[2])
				p.sized = true
				continue
			}
		}
		o.Add(name, v)
		p.sized = true
	}
}

// locate returns the position of a field of the deck.
func (p *reader) locate(param string) deck.Position {
	if at, ok := p.places.find(param); ok {
		return at
	}
	if name, ok := strings.CutPrefix(param, "slides["); ok && name != "" {
		return deck.Position{Line: 1, Column: 1}
	}
	for _, alias := range aliases[firstName(param)] {
		if p.front.has(alias) {
			return p.front.doc.Locate(alias)
		}
	}
	if p.front.Object != nil {
		if p.owned[firstName(param)] {
			param = "lectern." + param
		}
		return p.front.doc.Locate(param)
	}
	return deck.Position{Line: 1, Column: 1}
}

// aliases lists the fields of a front matter that set a field of the deck under another name.
var aliases = map[string][]string{"language": {"lang"}, "aspect": {"aspectRatio", "size"},
	"size": {"size", "aspectRatio"}}

func firstName(param string) string {
	name, _ := deck.Step(param)
	return name
}
