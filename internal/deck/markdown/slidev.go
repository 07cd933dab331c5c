package markdown

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lectern"
	"lectern/internal/deck/form"
)

// slidev reads a slide of Slidev, or the slides that it imports.
func (p *reader) slidev(src *source, c chunk, first bool) {
	f := p.front
	if !first {
		var err error
		if f, err = p.read(src, c.front); err != nil {
			p.faults = append(p.faults, *lectern.AsFailure(err).At(p.number()))
			return
		}
	}
	p.slidevWith(src, c, f, nil)
}

// slidevWith reads a slide with fields, which via imports; nil: it is a slide of the deck itself.
func (p *reader) slidevWith(src *source, c chunk, f fields, via *draft) {
	if f.truth("hide") || f.truth("disabled") {
		return
	}
	at := span{c.from, c.to}
	if c.front.from > 0 && c.front.from < at.from {
		at.from = c.front.from
	}
	if file, ok := f.text("src"); ok && file != "" {
		d := &draft{src: src, at: at.from, fields: f, via: via}
		p.imported(d, file)
		return
	}
	d := p.newDraft(src, c.span)
	d.fields, d.via = f, via
	p.slidevNote(d)
	p.slidevFields(d)
	if _, set := d.look["layout"]; !set && len(p.drafts) == 0 && via == nil {
		d.look["layout"] = "cover"
	}
	p.finish(d)
}

// slidevNote takes the comments out of a slide. The last one is its note, if nothing follows it.
func (p *reader) slidevNote(d *draft) {
	text := string(d.text)
	for _, r := range scan(text) {
		if r.kind != inComment {
			continue
		}
		p.unclosed(d, r)
		if strings.TrimSpace(text[r.to:]) == "" {
			d.note(r.inner, d.at+r.from)
		}
		d.remove(r.from, r.to)
	}
}

// slidevFields applies the front matter of a slide.
func (p *reader) slidevFields(d *draft) {
	defaults := fields{}
	if p.front.Object != nil {
		v, _ := p.front.Get("defaults")
		defaults.Object, _ = v.(*form.Object)
	}
	get := func(name string) string {
		s, ok := d.fields.words(name)
		if !ok {
			s, _ = defaults.words(name)
		}
		return s
	}
	d.look["class"], d.transfer = get("class"), get("transition")
	if d.transfer == "" {
		d.transfer, _ = p.front.text("transition")
	}
	if l := get("layout"); l != "" {
		d.look["layout"] = l
	}
	d.name, d.id, d.voice = get("title"), get("routeAlias"), get("voice")
	if d.fields == p.front {
		d.name, d.voice = "", "" // those of the deck
	}
	d.hold = seconds(get("hold"))
	image := get("image")
	switch layout := d.look["layout"]; layout {
	case "image-left", "image-right":
		d.look["side"] = strings.TrimPrefix(layout, "image-")
	case "image":
	case "iframe", "iframe-left", "iframe-right":
		p.warn("frame_ignored", p.number(), "", "%sThe page %q is not shown: Lectern opens no pages. Put a picture of it on "+
			"the slide.", d.src.where(d.at), lectern.Shorten(get("url")))
		image = ""
	default:
		image = ""
	}
	if back := get("background"); back != "" && image == "" {
		if revealColour.MatchString(back) {
			d.look["backgroundColor"] = back
		} else if !strings.Contains(back, "gradient(") {
			image = strings.TrimSuffix(strings.TrimPrefix(back, "url("), ")")
		}
	}
	if image != "" {
		fit := get("backgroundSize")
		d.backgrounds = append(d.backgrounds, background{image: strings.Trim(image, `'"`), fit: fit, at: d.at})
	}
}

// imported reads the slides of the file that a slide names in place of its own text, such as "./more.md#2,5-7".
func (p *reader) imported(d *draft, file string) {
	name, only, _ := strings.Cut(file, "#")
	src, err := p.open(d.src, name)
	if err != nil {
		p.importFault(d, err)
		return
	}
	via := d
	if d.via != nil {
		via = d.via
	}
	front, after := head(src.text)
	chunks := cutSlidev(src.text, after)
	chunks[0].front = front
	p.opened = append(p.opened, src.name)
	defer func() { p.opened = p.opened[:len(p.opened)-1] }()
	wanted := picked(only, len(chunks))
	over := d.fields
	if over == p.front {
		over = fields{} // those of the deck are not those of its slides
	}
	for i, c := range chunks {
		if !wanted(i+1) || len(p.drafts) > p.lim.Slides {
			continue
		}
		own, err := p.read(src, c.front)
		if err != nil {
			p.importFault(d, err)
			return
		}
		p.slidevWith(src, c, merged(own, over), via)
	}
}

// merged returns the fields of an imported slide, replaced by those of the slide that imports it.
func merged(own, over fields) fields {
	o := &form.Object{}
	for _, f := range []fields{over, own} {
		if f.Object == nil {
			continue
		}
		for _, name := range f.Names() {
			if name == "src" && f == over {
				continue
			}
			v, _ := f.Get(name)
			o.Add(name, v)
		}
	}
	return fields{Object: o, doc: own.doc}
}

// picked reads the numbers of slides such as "2,5-7"; "": all.
func picked(list string, n int) func(int) bool {
	if list == "" {
		return func(int) bool { return true }
	}
	var ranges [][2]int
	for part := range strings.SplitSeq(list, ",") {
		a, b, isRange := strings.Cut(strings.TrimSpace(part), "-")
		from, err := strconv.Atoi(a)
		to := from
		if isRange && err == nil {
			if to, err = strconv.Atoi(b); b == "" {
				to, err = n, nil
			}
		}
		if err == nil {
			ranges = append(ranges, [2]int{from, to})
		}
	}
	return func(i int) bool {
		return slices.ContainsFunc(ranges, func(r [2]int) bool { return i >= r[0] && i <= r[1] })
	}
}

func (p *reader) importFault(d *draft, err error) {
	at := d.src.at(d.at)
	if d.fields.doc.Tree != nil && d.fields.has("src") {
		at = d.fields.doc.Locate("src")
	}
	if d.via != nil {
		at = d.via.src.at(d.via.at)
	}
	f := lectern.AsFailure(err)
	if f.Line == 0 || d.via != nil || d.src.name != "" {
		f.Line, f.Column = at.Line, at.Column
	}
	p.faults = append(p.faults, *f.At(p.number()))
}

// The bounds of files that a deck opens.
const (
	maxImports = 8  // imports inside imports
	maxParts   = 20 // elements of a path
)

// open opens a file that a source names, in the folder of the deck.
func (p *reader) open(from *source, name string) (*source, error) {
	at, err := within(from.name, name)
	switch {
	case err != nil:
		return nil, err
	case at == "" || slices.Contains(p.opened, at):
		return nil, errImport(name, "imports itself, directly or through other files. Remove one of the imports")
	case len(p.opened) >= maxImports:
		return nil, errImport(name, "is imported by more than %d files inside one another", maxImports)
	}
	text, err := p.file(at)
	if err != nil {
		return nil, err
	}
	src := newSource(at, text)
	return src, tooDeep(src)
}

func errImport(name, format string, args ...any) error {
	args = append([]any{lectern.Shorten(name)}, args...)
	return lectern.Fail(lectern.CodeInvalidDeck, "The file %q "+format+".", args...)
}

// within returns the path of a file, relative to the deck's folder, that a source names relative to itself. "/" and
// "@/" begin paths relative to the deck.
func within(from, name string) (string, error) {
	name = strings.TrimSpace(name)
	at := path.Join(path.Dir(from), name)
	if rest, ok := strings.CutPrefix(name, "@/"); ok {
		at = path.Clean(rest)
	} else if rest, ok := strings.CutPrefix(name, "/"); ok {
		at = path.Clean(rest)
	}
	if !fs.ValidPath(at) || at == "." || strings.ContainsAny(name, "\\\x00") || strings.Count(at, "/") >= maxParts {
		return "", errImport(name, "is outside the folder of the deck. Only files in that folder, or below it, can be used")
	}
	return at, nil
}

// file reads a file next to the deck.
func (p *reader) file(at string) ([]byte, error) {
	f, err := p.openFile(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, lectern.AsFailure(errImport(at, "does not exist next to the deck")).Because(fs.ErrNotExist)
	case err != nil:
		return nil, errImport(at, "cannot be opened in the folder of the deck")
	case f == nil:
		return nil, errImport(at, "cannot be opened: this deck came without the files next to it. Send it in a ZIP file "+
			"with them, or render it on the machine that has them")
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, p.left+1))
	if err != nil {
		return nil, errImport(at, "cannot be read")
	}
	if p.left -= int64(len(text)); p.left < 0 {
		return nil, lectern.Fail(lectern.CodeTooLarge, "The deck and the files that it imports have more than %d bytes, "+
			"which is the limit (limits.body).", p.lim.BodyBytes)
	}
	return text, nil
}

// openFile opens a file next to the deck; nil: the deck has no files. Symbolic links do not lead out of the folder.
func (p *reader) openFile(at string) (io.ReadCloser, error) {
	if p.next != nil {
		f, _, err := p.next(at)
		return f, err
	}
	if p.folder == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(p.folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(at)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, fs.ErrInvalid
	}
	f, err := root.Open(at)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// snippet matches Slidev's import of a listing: <<< @/snippets/a.ts#region ts {2-3}.
var snippet = regexp.MustCompile(`(?m)^<<<[ \t]*([^\s#{]+)(?:#([\w-]+))?[ \t]*([^\n]*)$`)

// snippets replaces imports of listings by the listings.
func (p *reader) snippets(d *draft, text string) string {
	rs := regions(scan(text))
	var b strings.Builder
	last := 0
	for _, m := range snippet.FindAllStringSubmatchIndex(text, -1) {
		if rs.at(m[0]) != nil {
			continue
		}
		group := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return text[m[2*n]:m[2*n+1]]
		}
		code, err := p.code(d.src, group(1), group(2))
		if errors.Is(err, fs.ErrNotExist) {
			p.warn("snippet_missing", p.number(), "", "%s%s Its place on the slide is empty.", d.src.where(d.at),
				lectern.AsFailure(err).Message)
			code, err = "", nil
		}
		if err != nil {
			p.importFault(d, err)
			continue
		}
		if code == "" {
			b.WriteString(text[last:m[0]])
			last = m[1]
			continue
		}
		info := strings.TrimSpace(group(3))
		if info == "" || info[0] == '{' {
			info = strings.TrimPrefix(path.Ext(group(1)), ".") + " " + info
		}
		b.WriteString(text[last:m[0]] + "\n````" + strings.TrimSpace(info) + "\n" + strings.TrimRight(code, "\n") +
			"\n````\n")
		last = m[1]
	}
	return b.String() + text[last:]
}

// code returns a file, or the region of it between comments such as "#region name" and "#endregion".
func (p *reader) code(from *source, name, part string) (string, error) {
	at, err := within(from.name, name)
	if err != nil {
		return "", err
	}
	raw, err := p.file(at)
	if err != nil {
		return "", err
	}
	text := newSource(at, raw).text
	if part == "" {
		return text, nil
	}
	var lines []string
	inside := false
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case regionLine(line, "region", part):
			inside = true
		case inside && regionLine(line, "endregion", ""):
			return strings.Join(lines, "\n"), nil
		case inside:
			lines = append(lines, line)
		}
	}
	if !inside {
		return "", errImport(name, "has no region %q", part)
	}
	return strings.Join(lines, "\n"), nil
}

// regionLine reports whether a line is a comment that begins or ends a region.
func regionLine(line, word, name string) bool {
	_, after, found := strings.Cut(strings.ToLower(line), "#"+word)
	return found && (name == "" || slices.Contains(strings.Fields(after), strings.ToLower(name)))
}
