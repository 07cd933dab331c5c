package pptx_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/pptx"
	"lectern/internal/deck/ziptest"
)

func TestOrderIsThatOfTheListAndHiddenSlidesAreNotPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		hidden := rapid.SliceOfN(rapid.SampledFrom([]string{"", `show="0"`, `show="false"`, `show="1"`}), 1, 8).Draw(rt, "show")
		var slides []string
		for i, show := range hidden {
			slides = append(slides, slide(show, shape("2", `<p:ph type="title"/>`, run(fmt.Sprint("Title ", i))), ""))
		}
		k := talk(t, office(slides, nil))
		page := 0
		for i, s := range k.Slides {
			off := hidden[i] == `show="0"` || hidden[i] == `show="false"`
			if !off {
				page++
			}
			if s.Title != fmt.Sprint("Title ", i) || s.Hidden != off || !off && s.Page != page || off && s.Page != 0 {
				rt.Fatalf("slide %d: %+v", i, s)
			}
		}
	})
}

func TestNotesAreTheBodyOfTheNotesPage(t *testing.T) {
	t.Parallel()
	notes := func(shapes string) parts {
		return parts{"ppt/slides/_rels/slide1.xml.rels": rels("rId1", "notesSlide", "../notesSlides/notesSlide7.xml"),
			"ppt/notesSlides/notesSlide7.xml": `<p:notes ` + transitional + `><p:cSld><p:spTree>` + shapes +
				`</p:spTree></p:cSld></p:notes>`}
	}
	de := `<a:r><a:rPr lang="de-DE"/><a:t>Guten Tag.</a:t></a:r><a:r><a:rPr lang="en-US"/><a:t> Hi</a:t></a:r>`
	body := shape("3", `<p:ph type="body" idx="1"/>`, run("One")+`<a:br/>`+run("two")+`<a:fld><a:t> 3</a:t></a:fld>`, "", de,
		run(" _x000B_ a_x000b_b "))
	rest := shape("4", `<p:ph type="sldNum"/>`, run("7")) + shape("5", `<p:ph type="hdr"/>`, run("Header")) +
		shape("6", "", run("A text box"))
	want := []pptx.Paragraph{{Text: "One\ntwo 3"}, {Text: "Guten Tag. Hi", Language: "de-DE"}, {Text: "a\nb"}}
	for name, c := range map[string]struct {
		shapes string
		want   []pptx.Paragraph
	}{
		"body":            {rest + body, want},
		"in a group":      {rest + `<p:grpSp>` + body + `</p:grpSp>`, want},
		"without a type":  {rest + strings.Replace(body, `type="body" `, "", 1), want},
		"only the number": {rest, nil},
		"blank":           {shape("3", `<p:ph type="body"/>`, run("  \n ")), nil},
	} {
		s := one(t, slide("", "", ""), notes(c.shapes))
		if !reflect.DeepEqual(s.Notes, c.want) {
			t.Errorf("%s: %+v", name, s.Notes)
		}
	}
}

func TestTextsLeaveOutFurniture(t *testing.T) {
	t.Parallel()
	s := one(t, slide("", shape("9", `<p:ph type="ftr"/>`, run("Footer"))+
		shape("2", `<p:ph type="ctrTitle"/>`, run("A")+`<a:br/>`+run("title"))+
		`<p:grpSp>`+shape("3", "", run("In a group"))+`</p:grpSp>`+
		`<mc:AlternateContent><mc:Choice Requires="x">`+shape("4", "", run("New"))+`</mc:Choice><mc:Fallback>`+
		shape("4", "", run("Old"))+`</mc:Fallback></mc:AlternateContent>`+
		`<mc:AlternateContent><mc:Fallback>`+shape("5", "", run("Only old"))+`</mc:Fallback></mc:AlternateContent>`+
		`<p:sp><p:nvSpPr><p:cNvPr id="8" name="h" hidden="1"/></p:nvSpPr><p:txBody><a:p>`+run("Hidden")+`</a:p></p:txBody></p:sp>`+
		`<p:graphicFrame><a:graphic><a:graphicData uri="x/table"><a:tbl><a:tr><a:tc><a:txBody><a:p>`+run("Cell")+
		`</a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`, ""), nil)
	if s.Title != "A title" || s.Heading() != "A title" ||
		!slices.Equal(s.Text, []string{"A\ntitle", "In a group", "New", "Only old", "Cell"}) {
		t.Errorf("%q %q", s.Title, s.Text)
	}
	untitled := one(t, slide("", shape("3", "", run("First words")), ""), nil)
	if untitled.Title != "" || untitled.Heading() != "First words" {
		t.Errorf("%+v", untitled)
	}
}

func TestStrictFilesAreReadAsTransitionalOnes(t *testing.T) {
	t.Parallel()
	p := office([]string{slide("", shape("2", `<p:ph type="title"/>`, run("Strict")),
		`<p:transition advTm="1500"/>`)}, nil)
	for name, text := range p {
		for from, to := range map[string]string{
			"http://schemas.openxmlformats.org/presentationml/2006/main":         "http://purl.oclc.org/ooxml/presentationml/main",
			"http://schemas.openxmlformats.org/drawingml/2006/main":              "http://purl.oclc.org/ooxml/drawingml/main",
			"http://schemas.openxmlformats.org/officeDocument/2006/relationship": "http://purl.oclc.org/ooxml/officeDocument/relationship",
			"<p:presentation ": `<p:presentation conformance="strict" `,
		} {
			text = strings.ReplaceAll(text, from, to)
		}
		p[name] = text
	}
	k := talk(t, p)
	if s := k.Slides[0]; k.Format != pptx.Strict || s.Title != "Strict" || s.Advance != 1500*time.Millisecond {
		t.Errorf("%+v", k)
	}
}

func TestIdentitySectionsAndSize(t *testing.T) {
	t.Parallel()
	s := slide("", "", "")
	created := strings.Replace(s, `</p:spTree>`, `</p:spTree><p:extLst><p:ext uri="x"><p14:creationId val="77"/></p:ext></p:extLst>`, 1)
	p := office([]string{created, s, s}, nil)
	p["ppt/presentation.xml"] = strings.NewReplacer(`cx="12192000" cy="6858000"`, `cx="9144000" cy="6858000"`,
		`</p:presentation>`, `<p:extLst><p:ext uri="x"><p14:sectionLst><p14:section name="First"><p14:sldIdLst>`+
			`<p14:sldId id="256"/></p14:sldIdLst></p14:section><p14:section name="Empty"><p14:sldIdLst/></p14:section>`+
			`<p14:section name="Last"><p14:sldIdLst><p14:sldId id="257"/><p14:sldId id="258"/><p14:sldId id="999"/>`+
			`</p14:sldIdLst></p14:section></p14:sectionLst></p:ext></p:extLst></p:presentation>`).
		Replace(p["ppt/presentation.xml"])
	k := talk(t, p)
	want := []pptx.Section{{Name: "First", Slides: []int{0}}, {Name: "Empty"}, {Name: "Last", Slides: []int{1, 2}}}
	if !reflect.DeepEqual(k.Sections, want) || k.Slides[2].Section != "Last" || k.Width != 9144000 ||
		k.Slides[0].Key != "slide-256-77" || k.Slides[1].Key != "slide-257" || k.Slides[0].Creation != 77 {
		t.Errorf("%+v", k)
	}
}

func TestAlternativeTexts(t *testing.T) {
	t.Parallel()
	pic := func(attrs, inside string) string {
		return `<p:pic><p:nvPicPr><p:cNvPr id="2" name="P" ` + attrs + `>` + inside + `</p:cNvPr><p:nvPr/></p:nvPicPr></p:pic>`
	}
	s := one(t, slide("", pic(`descr="A fjord"`, "")+pic(`descr=""`, "")+pic(`descr="image1.png"`, "")+
		pic("", `<a:extLst><a:ext uri="x"><d:decorative xmlns:d="http://schemas.microsoft.com/office/drawing/2017/decorative" `+
			`val="1"/></a:ext></a:extLst>`), ""), nil)
	if len(s.Images) != 4 || s.Images[0].Alt != "A fjord" || !s.Images[3].Decorative || len(s.Unlabelled()) != 2 {
		t.Errorf("%+v", s.Images)
	}
}

func TestFontsOfTheThemeAreResolved(t *testing.T) {
	t.Parallel()
	styles := `<p:txStyles><p:titleStyle><a:lvl1pPr><a:defRPr><a:latin typeface="+mj-lt"/><a:ea typeface="+mj-ea"/></a:defRPr>` +
		`</a:lvl1pPr></p:titleStyle><p:otherStyle><a:latin typeface="Unused"/></p:otherStyle></p:txStyles>`
	theme := `<a:theme ` + transitional + `><a:themeElements><a:fontScheme><a:majorFont><a:latin typeface="Georgia"/>` +
		`<a:ea typeface="Yu Gothic"/></a:majorFont><a:minorFont><a:latin typeface="Arial"/></a:minorFont></a:fontScheme>` +
		`</a:themeElements></a:theme>`
	more := parts{"ppt/slides/_rels/slide1.xml.rels": rels("rId1", "slideLayout", "/ppt/slideLayouts/l.xml"),
		"ppt/slideLayouts/l.xml": `<p:sldLayout ` + transitional + `/>`,
		"ppt/slideLayouts/_rels/l.xml.rels": rels("rId1", "slideMaster", "../slideMasters/m.xml", "rId2", "image",
			"!http://x/y.png"),
		"ppt/slideMasters/m.xml":            `<p:sldMaster ` + transitional + `>` + styles + `</p:sldMaster>`,
		"ppt/slideMasters/_rels/m.xml.rels": rels("rId1", "theme", "../theme/theme1.xml"),
		"ppt/theme/theme1.xml":              theme}
	const title, futura = `<p:ph type="title"/>`, `<a:r><a:rPr><a:latin typeface="Futura"/></a:rPr><a:t>Hi</a:t></a:r>`
	s := one(t, slide("", shape("2", title, futura), ""), more) // nothing has the font of titles
	if !slices.Equal(s.Fonts, []string{"Futura"}) {
		t.Errorf("%q", s.Fonts)
	}
	s = one(t, slide("", shape("2", title, futura, run("there")), ""), more)
	if !slices.Equal(s.Fonts, []string{"Futura", "Georgia"}) || len(s.Links) != 1 {
		t.Errorf("%q %v", s.Fonts, s.Links)
	}
	s = one(t, slide("", shape("2", title, run("日本")), ""), more)
	if !slices.Equal(s.Fonts, []string{"Georgia", "Yu Gothic"}) {
		t.Errorf("%q", s.Fonts)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	good := []string{slide("", "", "")}
	deep := strings.Repeat("<p:grpSp>", 300) + strings.Repeat("</p:grpSp>", 300)
	withPart := func(text string) []byte { return pack(t, office(good, parts{"ppt/slides/slide1.xml": text})) }
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":            {nil, "an empty file"},
		"a text":           {[]byte("hello"), "does not begin as one"},
		"encrypted":        {compound("Root", "DataSpaces", "X", "Y", "EncryptedPackage"), "by a password"},
		"old encrypted":    {compound("PowerPoint Document", "EncryptedSummary"), "by a password"},
		"old":              {compound("Current User", "PowerPoint Document"), "before 2007"},
		"a Word document":  {compound("WordDocument"), "Word document"},
		"cut off compound": {compound("x")[:600], "damaged office file"},
		"a flat file":      {[]byte("<?xml version='1.0'?>\n<document xmlns='urn:oasis:opendocument'>"), "Save it as ODP"},
		"a link":           {[]byte(`{"doc_id": "1", "email": "x"}`), "File, Download, Microsoft PowerPoint"},
		"an address":       {[]byte("https://docs.google.com/presentation/d/1/edit"), "only a link to Google Slides"},
		"Keynote":          {ziptest.Packed(t, "Index/Document.iwa", "x"), "File, Export To, PowerPoint"},
		"another ZIP":      {ziptest.Packed(t, "a.txt", "x"), "without an office document"},
		"a workbook": {ziptest.Packed(t, "_rels/.rels", rels("r", "officeDocument", "xl/w.xml"), "xl/w.xml", "<w/>"),
			"an Excel workbook"},
		"members alike":      {ziptest.Packed(t, "a.xml", "x", "A.xml", "y"), "two members"},
		"an absolute name":   {ziptest.Packed(t, "/a.xml", "x"), "leads out"},
		"cut off XML":        {withPart(`<p:sld ` + transitional + `><p:cSld>`), "ppt/slides/slide1.xml of the deck is not valid XML: it ends"},
		"closed wrongly":     {withPart(`<p:sld ` + transitional + `><a></b></p:sld>`), "not closed in order"},
		"unknown prefix":     {withPart(`<x:sld/>`), `the prefix "x" is not declared`},
		"two attributes":     {withPart(`<sld a="1" a="2"/>`), `two attributes "a"`},
		"two roots":          {withPart(`<sld/><sld/>`), "more than one root"},
		"text after":         {withPart(`<sld/>text`), "text outside"},
		"unknown entity":     {withPart(`<sld>&nbsp;</sld>`), "invalid character entity"},
		"document type":      {withPart(`<!DOCTYPE sld SYSTEM "file:///etc/passwd"><sld/>`), "document type"},
		"deep":               {withPart(slide("", deep, "")), "more than 256 deep"},
		"unknown encoding":   {withPart(`<?xml version="1.0" encoding="koi8-r"?><sld/>`), "encoding"},
		"not a slide's size": {pack(t, office(good, parts{"ppt/presentation.xml": `<p:presentation ` + transitional + `><p:sldSz cx="0"/></p:presentation>`})), "no valid size"},
		"a damaged layout": {pack(t, office(good, parts{"ppt/l.xml": "<l>",
			"ppt/slides/_rels/slide1.xml.rels": rels("rId1", "slideLayout", "../l.xml")})), "ppt/l.xml"},
	} {
		_, err := read(t, c.file, pptx.Limits{})
		f, ok := errors.AsType[*lectern.Failure](err)
		if !ok || !strings.Contains(f.Message, c.says) || !f.Code.IsFault() {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, pptx.ErrOldFormat) != (name == "old") {
			t.Errorf("%s: is the old format: %v", name, err)
		}
	}
}

func TestLimitsAreKept(t *testing.T) {
	t.Parallel()
	three := office([]string{slide("", "", ""), slide("", "", ""), slide("", "", "")},
		parts{"ppt/media/a.bin": strings.Repeat("x", 5000)})
	for says, c := range map[string]struct {
		p   parts
		lim pptx.Limits
	}{
		"more than 2 slides (limits.slides)":    {three, pptx.Limits{Slides: 2}},
		"members; the limit is 3":               {three, pptx.Limits{Members: 3}},
		"more than 0 MiB when unpacked":         {three, pptx.Limits{Unpacked: 5000}},
		"more than 0 MiB of XML":                {three, pptx.Limits{XML: 1500}},
		"_rels/.rels of the deck has more than": {three, pptx.Limits{Part: 100}},
		"of the deck has more than 3 elements":  {three, pptx.Limits{Elements: 3}},
	} {
		if _, err := read(t, pack(t, c.p), c.lim); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	if _, err := z.CreateRaw(&zip.FileHeader{Name: "ppt/media/a.png", Method: zip.Deflate, UncompressedSize64: 300 << 20,
		CompressedSize64: 0}); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	if _, err := read(t, bomb.Bytes(), pptx.Limits{}); err == nil || !strings.Contains(err.Error(), "more than 200 to 1") {
		t.Errorf("a bomb: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := pack(t, three)
	_, err := pptx.Read(ctx, bytes.NewReader(b), int64(len(b)), pptx.Limits{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled read: %v", err)
	}
}

// A damaged part that no slide is drawn with does not matter, and neither does one of a hidden slide.
func TestOnlyPartsThatAreDrawnMustBeValid(t *testing.T) {
	t.Parallel()
	good, broken := slide("", "", ""), parts{
		"docProps/core.xml": "<broken", "ppt/diagrams/unused.xml": "<broken", "customXml/item1.xml": "<broken",
		"_rels/.rels": rels("a", "officeDocument", "ppt/presentation.xml", "b", "core-properties",
			"docProps/core.xml"),
		"ppt/slides/_rels/slide1.xml.rels": rels("a", "customXml", "/customXml/item1.xml", "b", "image", "../media/gone.png"),
	}
	s := one(t, good, broken)
	if !slices.Equal(s.Unusual, []string{"The file lacks ppt/media/gone.png, which the slide uses."}) {
		t.Errorf("%q", s.Unusual)
	}
	chart := parts{"ppt/slides/_rels/slide1.xml.rels": rels("a", "chart", "/ppt/c.xml"), "ppt/c.xml": "<broken"}
	_, err := read(t, pack(t, office([]string{good}, chart)), pptx.Limits{})
	if err == nil || !strings.Contains(err.Error(), "ppt/c.xml") {
		t.Errorf("a damaged chart: %v", err)
	}
	_, err = read(t, pack(t, office([]string{slide(`show="0"`, "", "")}, chart)), pptx.Limits{})
	if err != nil {
		t.Errorf("a damaged chart of a hidden slide: %v", err)
	}
}

func TestTextsInUTF16AreRead(t *testing.T) {
	t.Parallel()
	utf16 := "\xFF\xFE"
	for _, r := range `<?xml version="1.0" encoding="UTF-16"?>` + slide("", shape("2", `<p:ph type="title"/>`, run("Fjörd")), "") {
		utf16 += string([]byte{byte(r), byte(r >> 8)})
	}
	if s := one(t, utf16, nil); s.Title != "Fjörd" {
		t.Errorf("%+v", s)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(pack(f, office([]string{slide("", shape("2", `<p:ph type="title"/>`, run("x")), "")}, nil)))
	f.Add(pack(f, presentation(page("dp1", "", ""))))
	f.Add(compound("Root Entry", "EncryptedPackage"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := read(t, b, pptx.Limits{Part: 1 << 20, XML: 4 << 20, Elements: 20_000})
		if err != nil {
			if _, ok := errors.AsType[*lectern.Failure](err); !ok {
				t.Fatalf("not a failure: %v", err)
			}
			return
		}
		shown, err := k.Shown()
		for i, s := range shown {
			if s.Page != i+1 || s.Key == "" {
				t.Fatalf("page %d is %+v", i+1, s)
			}
		}
		if (err == nil) != (len(shown) > 0) || k.Width <= 0 || k.Height <= 0 {
			t.Fatalf("%v %+v", err, k)
		}
	})
}

// FuzzParts changes the XML of a slide, its notes and the presentation, with the slides of the cases as seeds.
func FuzzParts(f *testing.F) {
	add := func(slide, notes string) { f.Add(slide, notes, office([]string{slide}, nil)["ppt/presentation.xml"]) }
	for _, w := range cases() {
		b := testdata(f, w.file)
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			continue
		}
		text := func(name string) string {
			m, err := fs.ReadFile(z, name)
			if err != nil {
				return ""
			}
			return string(m)
		}
		if strings.HasPrefix(w.file, "recorded") || strings.HasPrefix(w.file, "click") || strings.HasPrefix(w.file, "rtl") {
			add(text("ppt/slides/slide1.xml"), text("ppt/notesSlides/notesSlide1.xml"))
			add(text("ppt/slides/slide2.xml"), text("ppt/notesSlides/notesSlide2.xml"))
		}
	}
	add(soundSlide(`<p:transition advTm="5"/>`, sound{id: "4", start: "auto"}), `<p:notes `+transitional+`/>`)
	f.Fuzz(func(t *testing.T, slide, notes, list string) {
		p := media()
		p["ppt/slides/_rels/slide1.xml.rels"] = rels("rId1", "audio", "../media/a.mp3", "rId2", "media", "../media/a.mp3",
			"rId3", "image", "!http://127.0.0.1/x.png", "rId5", "notesSlide", "../notesSlides/n.xml")
		p["ppt/notesSlides/n.xml"], p["ppt/presentation.xml"] = notes, list
		var members []string
		for name, text := range office([]string{slide}, p) {
			members = append(members, name, text)
		}
		b := ziptest.Stored(t, members...)
		k, err := read(t, b, pptx.Limits{})
		if err != nil {
			if _, ok := errors.AsType[*lectern.Failure](err); !ok {
				t.Fatalf("not a failure: %v", err)
			}
			return
		}
		var out bytes.Buffer
		if err := pptx.Strip(t.Context(), &out, bytes.NewReader(b), int64(len(b)), pptx.Limits{}); err != nil {
			t.Fatalf("a deck that is read cannot be stripped: %v", err)
		}
		again, err := read(t, out.Bytes(), pptx.Limits{})
		if err != nil || len(again.Slides) != len(k.Slides) {
			t.Fatalf("the stripped deck: %v", err)
		}
		for i, s := range again.Slides {
			if len(s.Links)+len(s.Notes) > 0 || s.Hidden != k.Slides[i].Hidden {
				t.Fatalf("%+v", s)
			}
		}
		if _, err := parser.Parse(t.Context(), deck.Source{Name: "a.pptx", Bytes: b}, nil, lectern.Limits{}); err != nil {
			if _, ok := errors.AsType[*lectern.Failure](err); !ok {
				t.Fatalf("not a failure: %v", err)
			}
		}
	})
}
