package pptx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck/pptx"
	"lectern/internal/soak"
)

// stripped is what Strip writes, and its members.
func stripped(t testing.TB, b []byte) ([]byte, parts) {
	t.Helper()
	var out bytes.Buffer
	if err := pptx.Strip(t.Context(), &out, bytes.NewReader(b), int64(len(b)), pptx.Limits{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), members(t, out.Bytes())
}

// members unpacks a package.
func members(t testing.TB, b []byte) parts {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	p := parts{}
	for _, m := range z.File {
		f, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		p[m.Name] = string(text)
	}
	return p
}

// Every deck of the cases is still the same deck when it is stripped, but for what is not drawn.
func TestStrippedDecksHaveTheSameSlides(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "recorded-narration/deck.pptx", "hidden-slides/deck.pptx", "remote-links/deck.pptx",
		"click-builds-pptx/deck.pptx", "video-on-slide/deck.pptx")
	for _, w := range cases() {
		if w.fails != "" || !runs(w.file) {
			continue
		}
		b := testdata(t, w.file)
		k, err := read(t, b, pptx.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		out, p := stripped(t, b)
		again, err := read(t, out, pptx.Limits{})
		if err != nil {
			t.Errorf("%s: %v", w.file, err)
			continue
		}
		for name := range p {
			if strings.Contains(name, "notes") || strings.Contains(name, "docProps") || strings.HasSuffix(name, ".mp4") ||
				strings.HasSuffix(name, ".mp3") || strings.HasPrefix(w.file, "recorded") && strings.HasSuffix(name, ".png") {
				t.Errorf("%s still has %s", w.file, name)
			}
		}
		for i, s := range k.Slides {
			a := again.Slides[i]
			if s.Hidden != a.Hidden || s.Page != a.Page || !s.Hidden && !slices.Equal(s.Text, a.Text) || a.Notes != nil ||
				a.Links != nil || a.Narration != nil || a.Animated || a.Advance != 0 || a.Videos != nil ||
				s.Hidden && len(a.Text) > 0 {
				t.Errorf("%s: slide %d is %+v", w.file, i+1, a)
			}
		}
		if twice, _ := stripped(t, out); !bytes.Equal(twice, out) {
			t.Errorf("%s: a stripped deck is not the same when it is stripped again", w.file)
		}
	}
}

func TestWhatIsNotDrawnDoesNotChangeTheStrippedDeck(t *testing.T) {
	t.Parallel()
	shapes := shape("2", `<p:ph type="title"/>`, run("Hello"))
	slides := func(after string) []string { return []string{slide("", shapes, after)} }
	notes := parts{"ppt/slides/_rels/slide1.xml.rels": rels("rId7", "notesSlide", "../notesSlides/n.xml"),
		"ppt/notesSlides/n.xml": `<p:notes ` + transitional + `/>`,
		"docProps/core.xml":     "<x/>", "ppt/viewProps.xml": "<x/>", "customXml/item1.xml": "<x/>"}
	want, _ := stripped(t, pack(t, office(slides(""), nil)))
	timed := soundSlide(`<p:transition advTm="5"/>`)
	after := timed[strings.Index(timed, `<p:transition`):strings.Index(timed, `</p:sld>`)]
	for name, p := range map[string]parts{
		"notes":   office(slides(""), notes),
		"timing":  office(slides(after), nil),
		"comment": office([]string{strings.Replace(slide("", shapes, ""), "<p:cSld>", "<!-- x --><p:cSld>", 1)}, nil),
		"spaces":  office([]string{strings.ReplaceAll(slide("", shapes, ""), `"/>`, `"  />`)}, nil),
	} {
		if got, _ := stripped(t, pack(t, p)); !bytes.Equal(got, want) {
			t.Errorf("%s: the stripped deck differs", name)
		}
	}
	other := office([]string{slide("", shape("2", "", run("Hello!")), "")}, nil)
	if got, _ := stripped(t, pack(t, other)); bytes.Equal(got, want) {
		t.Error("another text gives the same deck")
	}
}

func TestStripRemovesWhatLeadsOut(t *testing.T) {
	t.Parallel()
	pic := `<p:pic><p:nvPicPr><p:cNvPr id="4" name="p"/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:link="rId1" r:embed="rId3"/>` +
		`</p:blipFill></p:pic>`
	icon := `<p:pic><p:nvPicPr><p:cNvPr id="9" name="Narration"/><p:nvPr><a:audioFile r:link="rId1"/></p:nvPr></p:nvPicPr></p:pic>`
	timing := `<p:timing><p:audio isNarration="1"><p:cMediaNode><p:tgtEl><p:spTgt spid="9"/></p:tgtEl></p:cMediaNode></p:audio></p:timing>`
	link := shape("5", "", `<a:r><a:rPr><a:hlinkClick r:id="rId2"/></a:rPr><a:t>A &amp; B</a:t></a:r>`)
	_, p := stripped(t, pack(t, office([]string{slide("", pic+link+icon, timing)}, parts{
		"ppt/slides/_rels/slide1.xml.rels": rels("rId1", "image", "!http://127.0.0.1/x.png", "rId2", "hyperlink",
			"!https://example.com/?a=1&amp;b", "rId3", "image", "../media/a b.png", "rId4", "slide", "slide9.xml"),
		"ppt/media/a b.png": "picture",
	})))
	s, r := p["ppt/slides/slide1.xml"], p["ppt/slides/_rels/slide1.xml.rels"]
	if strings.Contains(s+r, "127.0.0.1") || strings.Contains(s, "r:link") || !strings.Contains(s, `<a:blip r:embed="rId3"/>`) ||
		!strings.Contains(r, "https://example.com/?a=1&amp;b") || !strings.Contains(s, "<a:t>A &amp; B</a:t>") ||
		strings.Contains(s, "Narration") || p["ppt/media/a b.png"] != "picture" || strings.Contains(r, "slide9") {
		t.Errorf("%s\n%s", s, r)
	}
	out := presentation(page("dp1", `<draw:frame><draw:image xlink:href="http://127.0.0.1/x.png"/></draw:frame><draw:frame>`+
		`<draw:image xlink:href="../../secret.png"/></draw:frame><draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame>`+
		`<draw:frame><draw:text-box><text:p><text:a xlink:href="https://example.com">Two  spaces</text:a></text:p></draw:text-box></draw:frame>`+
		`<draw:frame><draw:plugin xlink:href="Media/a.mp3"/></draw:frame>`, "<text:p>Note</text:p>"), page("hidden", "<draw:frame/>", ""))
	maps.Copy(out, parts{"Pictures/a.png": "picture", "Media/a.mp3": "sound", "settings.xml": "<x/>",
		"Basic/a.xml": "<broken"})
	b, p := stripped(t, pack(t, out))
	c := p["content.xml"]
	if strings.Contains(c, "127.0.0.1") || strings.Contains(c, "secret") || strings.Contains(c, "Note") ||
		strings.Contains(c, "plugin") ||
		!strings.Contains(c, "Pictures/a.png") || !strings.Contains(c, ">Two  spaces<") ||
		p["Media/a.mp3"]+p["Basic/a.xml"] != "" ||
		!strings.Contains(p["META-INF/manifest.xml"], "Pictures/a.png") || p["Pictures/a.png"] != "picture" ||
		!strings.Contains(p["meta.xml"], "A talk") || !bytes.HasPrefix(b[30:], []byte("mimetypeapplication/vnd.oasis")) {
		t.Errorf("%s\n%v", c, slices.Sorted(maps.Keys(p)))
	}
	if k, err := read(t, b, pptx.Limits{}); err != nil || len(k.Slides) != 2 || !k.Slides[1].Hidden {
		t.Errorf("%v %+v", err, k)
	}
}

// Only entries of the list of slides name slides, here as in Read.
func TestStripReadsTheListOfSlidesAsReadDoes(t *testing.T) {
	t.Parallel()
	p := office([]string{"<broken", slide("", "", "")}, nil)
	p["ppt/presentation.xml"] = strings.Replace(p["ppt/presentation.xml"], `<p:sldId id="256"`, `<p:other id="256"`, 1)
	out, _ := stripped(t, pack(t, p))
	if k, err := read(t, out, pptx.Limits{}); err != nil || len(k.Slides) != 1 {
		t.Errorf("%v %+v", err, k)
	}
}

func TestStripRefusesWhatReadRefuses(t *testing.T) {
	t.Parallel()
	for _, w := range cases() {
		if w.fails == "" || strings.Contains(w.file, "missing-slide") { // that one has a slide less
			continue
		}
		b := testdata(t, w.file)
		err := pptx.Strip(t.Context(), io.Discard, bytes.NewReader(b), int64(len(b)), pptx.Limits{})
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || !strings.Contains(f.Message, w.fails) {
			t.Errorf("%s: %v", w.file, err)
		}
	}
}

func FuzzStrip(f *testing.F) {
	f.Add(pack(f, office([]string{slide("", shape("2", `<p:ph type="title"/>`, run("x")), "")}, nil)))
	f.Add(pack(f, presentation(page("dp1", "", ""))))
	f.Fuzz(func(t *testing.T, b []byte) {
		lim := pptx.Limits{Part: 1 << 20, XML: 4 << 20, Elements: 20_000, Unpacked: 16 << 20}
		k, err := read(t, b, lim)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := pptx.Strip(t.Context(), &out, bytes.NewReader(b), int64(len(b)), lim); err != nil {
			if _, ok := errors.AsType[*lectern.Failure](err); !ok {
				t.Fatalf("not a failure: %v", err)
			}
			return
		}
		again, err := read(t, out.Bytes(), pptx.Limits{})
		if err != nil || len(again.Slides) != len(k.Slides) {
			t.Fatalf("the stripped deck: %v", err)
		}
		for _, s := range again.Slides {
			if len(s.Links)+len(s.Notes) > 0 {
				t.Fatalf("%+v", s)
			}
		}
	})
}
