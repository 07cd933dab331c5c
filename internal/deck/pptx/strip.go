package pptx

import (
	"archive/zip"
	"cmp"
	"compress/flate"
	"context"
	"encoding/xml"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// Strip writes the part of an office file that a converter needs for its pictures, as a PPTX or an ODP.
//
// The result has nothing that the converter would load from outside the file: relations and addresses that lead out of
// the package are removed, with the exception of the links that a reader may click. It has no notes, comments,
// properties, times, animations, macros, sounds and videos; the posters of videos stay. The icons of narrations, which
// a slide show hides, are removed. Hidden slides stay in the list, so that the numbers on the slides are right, and
// stay hidden, but are emptied.
//
// The same drawn content gives the same bytes, whatever the names, times and order of members in the file. The error is
// as that of [Read].
func Strip(ctx context.Context, w io.Writer, r io.ReaderAt, size int64, lim Limits) error {
	return strip(ctx, w, r, size, lim, false)
}

// StripToStates is Strip that adds slides to a PPTX: before each slide with builds, one for its state before each of
// them, in order. So the pages of the result are those of [Slide.Builds].
func StripToStates(ctx context.Context, w io.Writer, r io.ReaderAt, size int64, lim Limits) error {
	return strip(ctx, w, r, size, lim, true)
}

func strip(ctx context.Context, w io.Writer, r io.ReaderAt, size int64, lim Limits, states bool) error {
	a, err := unpacked(r, size, lim.withDefaults())
	if err != nil {
		return err
	}
	s := &stripper{archive: a, ctx: ctx, out: map[string][]byte{}}
	if states && !a.isODF() {
		s.numbers, s.before, s.kept = map[string]int{}, map[string][]state{}, map[string][]relation{}
	}
	if a.isODF() {
		err = s.odp()
	} else {
		err = s.pptx()
	}
	if err != nil {
		return err
	}
	return s.write(w)
}

// stripper collects the members of the result.
type stripper struct {
	*archive
	ctx   context.Context
	out   map[string][]byte // XML parts
	raw   []string          // members that are copied
	first string            // member that comes first; "": none
	types contentTypes

	// Of StripToStates; nil: slides get no states.
	numbers map[string]int // of slides, by member
	before  map[string][]state
	kept    map[string][]relation // of the members of slides and of the main part
	added   int
}

// write writes the members in the order of their names.
func (s *stripper) write(w io.Writer) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	names := slices.Sorted(maps.Keys(s.out))
	names = append(names, s.raw...)
	slices.SortFunc(names, func(a, b string) int {
		if (a == s.first) != (b == s.first) {
			return map[bool]int{true: -1, false: 1}[a == s.first]
		}
		return cmp.Compare(a, b)
	})
	for _, name := range slices.Compact(names) {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if name == "mimetype" || packedEndings[strings.ToLower(path.Ext(name))] {
			h.Method = zip.Store
		}
		m, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if text, ok := s.out[name]; ok {
			_, err = m.Write(text)
		} else {
			err = s.copy(m, name)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// packedEndings are those of files that compression does not make smaller.
var packedEndings = map[string]bool{".png": true, ".jpg": true, ".jpeg": true, ".gif": true, ".webp": true,
	".jp2": true, ".wdp": true, ".zip": true, ".xlsx": true, ".docx": true}

// copy unpacks a member. It is bounded by the size that the archive states, which was checked.
func (s *stripper) copy(w io.Writer, name string) error {
	m := s.members[name]
	f, err := m.Open()
	if err != nil {
		return unreadable(name, err)
	}
	defer f.Close()
	n, err := io.Copy(w, io.LimitReader(f, int64(m.UncompressedSize64)+1))
	if err != nil || n != int64(m.UncompressedSize64) {
		return unreadable(name, err)
	}
	return nil
}

// presentationType is the media type of the main part of the result, whatever that of the file: PPSX, POTX and PPTM
// have the same content.
const presentationType = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"

// pptx collects what a PPTX is drawn with.
func (s *stripper) pptx() error {
	main, root, err := s.main(s.ctx)
	if err != nil {
		return err
	}
	if s.types, err = s.contentTypes(s.ctx); err != nil {
		return err
	}
	rels, err := s.relations(s.ctx, main)
	if err != nil {
		return err
	}
	top, err := s.relations(s.ctx, "")
	if err != nil {
		return err
	}
	for _, r := range top {
		if r.Type == "officeDocument" && r.Target == main {
			s.out["_rels/.rels"] = relationsXML("", []relation{r})
		}
	}
	slides := map[string]bool{}
	for _, id := range root.child("p:sldIdLst").kids {
		if r := rels[id.attr("r:id")]; id.name == "p:sldId" && r.Found && !r.External {
			slides[r.Target] = true
			if s.numbers != nil {
				s.numbers[r.Target] = int(cmp.Or(number(root.attr("firstSlideNum")), 1)) + len(s.numbers)
			}
		}
	}
	pending := []string{main}
	for len(pending) > 0 {
		part := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if s.out[part] != nil || slices.Contains(s.raw, part) {
			continue
		}
		more, err := s.part(part, slides)
		if err != nil {
			return err
		}
		pending = append(pending, more...)
	}
	if s.before != nil {
		if err := s.listStates(main, rels); err != nil {
			return err
		}
	}
	s.first = "[Content_Types].xml"
	s.out[s.first] = s.contentTypesXML(main)
	return nil
}

// part adds a part with its relations, and returns the parts that it refers to.
func (s *stripper) part(part string, slides map[string]bool) ([]string, error) {
	if !isXML(part) {
		s.raw = append(s.raw, part)
		if !strings.EqualFold(path.Ext(part), ".vml") {
			return nil, nil
		}
	}
	rels, err := s.relations(s.ctx, part)
	if err != nil {
		return nil, err
	}
	e := &slideEdits{kept: map[string]bool{}}
	var root *node
	if slides[part] {
		if root, err = s.tree(s.ctx, part); err != nil {
			return nil, err
		}
		if e.hidden = root.lacks("show"); !e.hidden {
			e.icons = icons(root)
		}
	}
	for id, r := range rels {
		switch {
		case e.hidden && r.Type != "slideLayout":
		case r.Type == "hyperlink" && r.External, drawn(r) && r.Type != "slide", slides[r.Target] && r.Type == "slide":
			embedded := r.Type == "package" || r.Type == "oleObject"
			e.kept[id] = !(embedded && strings.Contains(part, "/charts/"))
		}
	}
	if isXML(part) {
		if err := s.edit(part, root, e); err != nil {
			return nil, err
		}
	}
	used := map[string]bool{}
	for _, id := range e.used {
		used[id] = true
	}
	var keep []relation
	var targets []string
	for _, id := range slices.Sorted(maps.Keys(rels)) {
		r := rels[id]
		// the loudspeaker of a removed sound is a picture that nothing shows
		if !e.kept[id] || isXML(part) && r.Type == "image" && !used[id] {
			continue
		}
		keep = append(keep, r)
		if !r.External && r.Found {
			targets = append(targets, r.Target)
		}
	}
	if s.kept != nil {
		s.kept[part] = keep
	}
	if len(keep) > 0 {
		dir, base := path.Split(part)
		s.out[dir+"_rels/"+base+".rels"] = relationsXML(dir, keep)
	}
	return targets, nil
}

// edit copies a part. root is its tree if it is a slide.
func (s *stripper) edit(part string, root *node, e *slideEdits) error {
	if e.hidden {
		s.out[part] = []byte(emptySlide)
		return nil
	}
	text, err := s.read(s.ctx, part)
	if err != nil {
		return err
	}
	if s.before != nil && root != nil {
		return s.states(part, text, root, e)
	}
	s.out[part], err = rewrite(s.ctx, part, text, s.lim, e)
	return err
}

// emptySlide is what becomes of a hidden slide.
const emptySlide = xml.Header + `<p:sld xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ` +
	`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ` +
	`xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" show="0"><p:cSld><p:spTree><p:nvGrpSpPr>` +
	`<p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/></p:spTree></p:cSld></p:sld>`

// icons returns the ids of the sounds whose icon a slide show hides, and of recorded narrations.
func icons(root *node) map[string]bool {
	ids := map[string]bool{}
	root.child("p:timing").all(func(k *node) bool {
		m := k.child("p:cMediaNode")
		id := m.child("p:tgtEl", "p:spTgt").attr("spid")
		if id != "" && (m.lacks("showWhenStopped") || k.has("isNarration")) {
			ids[id] = true
		}
		return true
	}, "p:audio")
	return ids
}

// slideEdits are the changes to a part of a PPTX.
type slideEdits struct {
	kept   map[string]bool // relations
	hidden bool
	icons  map[string]bool // shapes that are removed if they are sounds
	used   []string        // relations that the part uses
	// of the open picture: it is one of the icons, it is a sound, and the length of used before it
	icon, sound bool
	before      int
}

// dropped are elements that have no part in the picture of a slide, by their name, or by that of their parent and
// theirs.
var dropped = map[string]bool{
	"p:presentation p:notesMasterIdLst": true, "p:presentation p:handoutMasterIdLst": true,
	"p:presentation p:custShowLst": true, "p:presentation p:modifyVerifier": true, "p:presentation p:extLst": true,
	"p:sld p:transition": true, "p:sld p:timing": true, "p:sld mc:AlternateContent": true, "p:sld p:extLst": true,
	"p:cSld p:extLst": true, "p:nvPr p:extLst": true, "p:sldLayout p:transition": true, "p:sldLayout p:timing": true,
	"p:sldMaster p:transition": true, "p:sldMaster p:timing": true, "p:custDataLst": true, "p:controls": true,
	"a:audioFile": true, "a:videoFile": true, "a:quickTimeFile": true, "a:wavAudioFile": true, "a:audioCd": true,
	"a:snd": true, "c:externalData": true,
}

// fieldID is the identifier of all fields in what is drawn.
const fieldID = "{00000000-0000-0000-0000-000000000000}"

// start implements editor.
func (e *slideEdits) start(el *element) bool {
	switch {
	case el.name == "p:pic":
		e.icon, e.sound, e.before = false, false, len(e.used)
	case el.name == "p:cNvPr" && el.parent == "p:nvPicPr":
		e.icon = e.icons[el.attr("id")]
	case el.name == "a:audioFile" || el.name == "a:wavAudioFile":
		e.sound = true
	case strings.HasPrefix(el.name, "a:hlink") && strings.HasPrefix(el.attr("action"), "ppaction://media"):
		return false
	}
	if dropped[el.name] || dropped[el.parent+" "+el.name] {
		return false
	}
	for i := range el.attrs {
		a := &el.attrs[i]
		switch {
		case el.name == "a:fld" && a.name == "id": // LibreOffice writes a new one whenever it converts a file
			a.value = fieldID
		case !strings.HasPrefix(a.name, "r:") || a.value == "":
		case e.kept[a.value]:
			e.used = append(e.used, a.value)
		default:
			a.value, a.drop = "", !strings.HasPrefix(el.name, "a:hlink")
		}
	}
	return true
}

// end implements editor.
func (e *slideEdits) end(name string) bool {
	if name != "p:pic" || !e.icon || !e.sound {
		return true
	}
	e.used = e.used[:e.before]
	return false
}

// relationsXML writes the relations of a part in a folder.
func relationsXML(dir string, rels []relation) []byte {
	var b strings.Builder
	b.WriteString(xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for _, r := range rels {
		target, mode := r.Target, ` TargetMode="External"`
		if !r.External {
			target, mode = "/"+escapePath(r.Target), ""
		}
		b.WriteString(`<Relationship Id="` + escape(r.ID) + `" Type="` + escape(r.URI) + `" Target="` + escape(target) + `"` +
			mode + `/>`)
	}
	return []byte(b.String() + `</Relationships>`)
}

// contentTypesXML writes the media types of the members of the result.
func (s *stripper) contentTypesXML(main string) []byte {
	var b strings.Builder
	b.WriteString(xml.Header + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>`)
	names := slices.Concat(slices.Collect(maps.Keys(s.out)), s.raw)
	slices.Sort(names)
	for _, name := range names {
		t := s.types.of(name)
		if name == main {
			t = presentationType
		}
		if t != "" && path.Ext(name) != ".rels" {
			b.WriteString(`<Override PartName="/` + escape(escapePath(name)) + `" ContentType="` + escape(t) + `"/>`)
		}
	}
	return []byte(b.String() + `</Types>`)
}

// escape writes a text for an attribute.
func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil { // a strings.Builder does not fail
		return ""
	}
	return b.String()
}

// escapePath writes the name of a member for an address.
func escapePath(s string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "#", "%23", "?", "%3F").Replace(s)
}

// undrawnFolders are those of an ODP without content of its slides.
var undrawnFolders = []string{"Thumbnails/", "Configurations2/", "Basic/", "Scripts/", "Dialogs/", "META-INF/",
	"Versions/"}

// odp collects what an ODP is drawn with.
func (s *stripper) odp() error {
	o := &openDocument{archive: s.archive, talk: &Talk{}, styles: map[string]*odfStyle{}, sizes: map[string][2]int64{},
		types: map[string]string{}}
	if err := o.manifest(s.ctx); err != nil {
		return err
	}
	for _, name := range []string{"styles.xml", "content.xml"} {
		if _, ok := s.find(name); !ok {
			continue
		}
		root, err := s.tree(s.ctx, name)
		if err != nil {
			return err
		}
		if o.read(root); name == "content.xml" && root.child("office:body", "office:presentation").name == "" {
			return fault("The file is another kind of OpenDocument file, not a deck (ODP).")
		}
	}
	for _, name := range s.order {
		base := path.Base(name)
		t := cmp.Or(o.types[name], mediaEndings[strings.ToLower(path.Ext(name))])
		switch {
		case slices.ContainsFunc(undrawnFolders, func(f string) bool { return strings.HasPrefix(name, f) }),
			strings.HasPrefix(t, "audio/"), strings.HasPrefix(t, "video/"), base == "settings.xml", base == "mimetype",
			base == "layout-cache", base == "manifest.rdf", base == "meta.xml" && name != "meta.xml":
			continue
		case !isXML(name):
			s.raw = append(s.raw, name)
			continue
		}
		text, err := s.read(s.ctx, name)
		if err != nil {
			return err
		}
		if s.out[name], err = rewrite(s.ctx, name, text, s.lim, &pageEdits{o: o, meta: name == "meta.xml"}); err != nil {
			return err
		}
	}
	s.first = "mimetype"
	s.out[s.first] = []byte(odpType)
	s.out["META-INF/manifest.xml"] = s.manifestXML(o.types)
	return nil
}

const odpType = "application/vnd.oasis.opendocument.presentation"

// manifestXML writes the list of members of an ODP.
func (s *stripper) manifestXML(types map[string]string) []byte {
	var b strings.Builder
	entry := func(name, t string) {
		b.WriteString(`<manifest:file-entry manifest:full-path="` + escape(name) + `" manifest:media-type="` + escape(t) + `"/>`)
	}
	b.WriteString(xml.Header + `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" ` +
		`manifest:version="1.2">`)
	entry("/", odpType)
	names := slices.Concat(slices.Collect(maps.Keys(s.out)), s.raw)
	folders := map[string]bool{}
	for _, n := range names {
		if t := types[path.Dir(n)+"/"]; t != "" && !folders[path.Dir(n)] {
			folders[path.Dir(n)] = true
			names = append(names, path.Dir(n)+"/")
		}
	}
	slices.Sort(names)
	for _, n := range names {
		if n != "mimetype" {
			entry(n, types[n])
		}
	}
	return []byte(b.String() + `</manifest:manifest>`)
}

// pageEdits are the changes to a part of an ODP.
type pageEdits struct {
	o      *openDocument
	meta   bool // the part has the properties of the file, of which fields on slides may show some
	hidden bool // the open page is hidden
}

// droppedODF are elements that have no part in the picture of a slide.
var droppedODF = map[string]bool{"presentation:notes": true, "office:scripts": true, "office:event-listeners": true,
	"presentation:event-listeners": true, "presentation:settings": true, "presentation:sound": true,
	"office:annotation": true, "office:annotation-end": true, "draw:plugin": true, "draw:applet": true,
	"draw:floating-frame": true, "anim:par": true, "presentation:animations": true}

// shownMeta are the properties that a field on a slide may show.
var shownMeta = map[string]bool{"dc:title": true, "dc:subject": true, "dc:description": true, "office:meta": true,
	"office:document-meta": true}

// start implements editor.
func (e *pageEdits) start(el *element) bool {
	if el.name == "draw:page" {
		e.hidden = inherited(e.o, el.attr("draw:style-name"), func(st *odfStyle) bool { return st.hidden })
	}
	if e.meta && !shownMeta[el.name] || droppedODF[el.name] || e.hidden && el.parent == "draw:page" {
		return false
	}
	if href := el.attr("xlink:href"); href != "" && el.name != "text:a" && el.name != "draw:a" {
		if _, ok := inside(href); !ok {
			return false
		}
	}
	for i := range el.attrs {
		switch a := &el.attrs[i]; a.name {
		case "presentation:transition-type", "presentation:transition-style", "presentation:transition-speed",
			"presentation:duration", "smil:type", "smil:subtype", "smil:direction", "smil:fadeColor":
			a.drop = el.name == "style:drawing-page-properties"
		}
	}
	return true
}

// end implements editor.
func (e *pageEdits) end(string) bool { return true }
