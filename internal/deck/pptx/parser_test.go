package pptx_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/decktest"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/pptx"
)

var parser = pptx.Parser{Form: jsondeck.Parser{}}

// on is a parser on a machine.
func on(m pptx.Machine) pptx.Parser { return pptx.Parser{Form: jsondeck.Parser{}, Machine: m} }

func requestOf(t testing.TB, p pptx.Parser, name string, b []byte, settings string) deck.Request {
	t.Helper()
	q, err := p.Parse(t.Context(), deck.Source{Name: name, Bytes: b}, []byte(settings), lectern.Limits{})
	if err != nil || len(q.Faults) > 0 {
		t.Fatal(err, q.Faults)
	}
	return q
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"recorded-narration", "hidden-slides"} {
		decktest.RunFile(t, decktest.File{Parser: parser, Name: "talk.pptx", Source: testdata(t, name+"/deck.pptx"),
			Broken: testdata(t, "hostile-zip/xxe.pptx")})
	}
	pages := presentation(page("dp1", "", "<text:p>Hi</text:p>"), page("dp1", "", ""))
	decktest.RunFile(t, decktest.File{Parser: parser, Name: "talk.odp", Source: pack(t, pages),
		Broken: compound("EncryptedPackage")})
}

func request(t testing.TB, b []byte, settings string) deck.Request {
	t.Helper()
	return requestOf(t, parser, "talk.pptx", b, settings)
}

func TestSoundIsTheRecordingThenTheNotesThenTheTime(t *testing.T) {
	t.Parallel()
	b := testdata(t, "recorded-narration/deck.pptx")
	const spoken = "This slide has notes only."
	const own = "Notes that must not be spoken, as the author recorded this slide."
	for settings, want := range map[string]struct {
		sound      string // of slide 1
		narrations [3]string
		holds      [3]time.Duration
		report     [3]deck.Narration
	}{
		"": {"ppt/media/media-1-1.mp3", [3]string{"", spoken, ""},
			[3]time.Duration{4200 * time.Millisecond, 0, 2500 * time.Millisecond},
			[3]deck.Narration{deck.Recorded, deck.Notes, deck.Silence}},
		`{"narration":"recorded","title":"x"}`: {"ppt/media/media-1-1.mp3", [3]string{},
			[3]time.Duration{4200 * time.Millisecond, 0, 2500 * time.Millisecond},
			[3]deck.Narration{deck.Recorded, deck.Nothing, deck.Silence}},
		`{"narration":"notes"}`: {"", [3]string{own, spoken, ""}, [3]time.Duration{0, 0, 2500 * time.Millisecond},
			[3]deck.Narration{deck.Notes, deck.Notes, deck.Silence}},
		`{"narration":"none"}`: {"", [3]string{}, [3]time.Duration{4200 * time.Millisecond, 0, 2500 * time.Millisecond},
			[3]deck.Narration{deck.Silence, deck.Nothing, deck.Silence}},
	} {
		q := request(t, b, settings)
		for i, s := range q.Deck.Slides {
			sound := ""
			if s.Sound != nil {
				sound = s.Sound.File
			}
			if i == 0 && sound != want.sound || i > 0 && sound != "" || s.Narration != want.narrations[i] ||
				s.Hold != want.holds[i] || q.Report[i].Narration != want.report[i] || q.Report[i].Why == "" {
				t.Errorf("%s: slide %d is %+v with %+v", settings, i+1, s, q.Report[i])
			}
		}
	}
	_, err := parser.Parse(t.Context(), deck.Source{Bytes: b}, []byte(`{"narration":"loud"}`), lectern.Limits{})
	if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Param != "settings.narration" {
		t.Errorf("%v", err)
	}
}

func TestPagesCountOnlySlidesThatAreShown(t *testing.T) {
	t.Parallel()
	q := request(t, testdata(t, "hidden-slides/deck.pptx"), "")
	for i, want := range []string{"First shown slide.", "Second shown slide.", "Third shown slide."} {
		if s := q.Deck.Slides[i]; s.Narration != want || *s.Page != (lectern.PageOf{File: "talk.pptx", Page: i + 1}) {
			t.Errorf("%+v", s)
		}
	}
	if len(q.Deck.Slides) != 3 || len(q.Report) != 5 || q.Report[1].Slide != 0 ||
		q.Report[1].Notes[0].Code != "hidden_slide" ||
		q.Report[4].Slide != 3 || q.Report[4].Source != 5 || q.Deck.Slides[2].ID != "slide-260" {
		t.Errorf("%+v", q.Report)
	}
	for _, name := range []string{"all-hidden/deck.pptx"} {
		_, err := parser.Parse(t.Context(), deck.Source{Bytes: testdata(t, name)}, nil, lectern.Limits{})
		if err == nil || !strings.Contains(err.Error(), "Every slide of this deck is hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVideosHaveTheShapeOfTheSlides(t *testing.T) {
	t.Parallel()
	for size, want := range map[string]lectern.Size{
		`cx="12192000" cy="6858000"`: {Width: 1920, Height: 1080}, `cx="9144000" cy="6858000"`: {Width: 1440, Height: 1080},
		`cx="6858000" cy="12192000"`: {Width: 1080, Height: 1920}, `cx="10058400" cy="7772400"`: {Width: 1398, Height: 1080},
		`cx="9144000" cy="914400"`: {Width: 3840, Height: 384},
	} {
		p := deck1()
		p["ppt/presentation.xml"] = strings.Replace(p["ppt/presentation.xml"], `cx="12192000" cy="6858000"`, size, 1)
		if q := request(t, pack(t, p), ""); q.Deck.Size != want {
			t.Errorf("%s: %v", size, q.Deck.Size)
		}
		q := request(t, pack(t, p), `{"aspect":"16:9"}`)
		if q.Deck.Size != (lectern.Size{Width: 1920, Height: 1080}) {
			t.Errorf("%s with an aspect: %v", size, q.Deck.Size)
		}
	}
}

func deck1() parts { return office([]string{slide("", shape("2", "", run("Text")), "")}, nil) }

// Titles become names of chapters: each is there, short, and not the same as another.
func TestTitlesAreDistinctAndShort(t *testing.T) {
	t.Parallel()
	q := request(t, testdata(t, "duplicate-and-missing-titles/deck.pptx"), "")
	var titles []any
	for _, s := range q.Deck.Slides {
		titles = append(titles, s.Props["title"])
	}
	want := []any{"Agenda", "Agenda (2)", "No title here, only body",
		"A title that goes on and on and on, far beyond what a chapter mark in a player can show, well over…"}
	if !slices.Equal(titles, want) {
		t.Errorf("%q", titles)
	}
	braces := request(t, pack(t, office([]string{slide("", shape("2", `<p:ph type="title"/>`, run("Use {{ name }}")), "")}, nil)), "")
	if d := braces.Choose(lectern.Choice{}); d.Deck.Slides[0].Props["title"] != "Use {{ name }}" || len(d.Faults) > 0 {
		t.Errorf("%+v %v", d.Deck.Slides[0], d.Faults)
	}
}

func TestNotesAreSpokenWithoutTheMarksOfLists(t *testing.T) {
	t.Parallel()
	q := request(t, testdata(t, "symbols-in-notes/deck.pptx"), "")
	if n := q.Deck.Slides[1].Narration; n != "first point\nsecond point\n1. numbered\nheading in notes" {
		t.Errorf("%q", n)
	}
	q = request(t, testdata(t, "click-builds-pptx/deck.pptx"), "")
	if text := q.Deck.Slides[1].Script().Text; strings.Contains(text, "click") || !strings.Contains(text, "The first.") {
		t.Errorf("%q", text)
	}
}

func TestReportSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	has := func(q deck.Request, slide int, code string) bool {
		return slices.ContainsFunc(q.Report[slide].Notes, func(n deck.Note) bool { return n.Code == code })
	}
	for file, code := range map[string]string{"click-builds-pptx": "animation_dropped", "video-on-slide": "video_poster",
		"remote-links": "linked_file"} {
		q := request(t, testdata(t, file+"/deck.pptx"), "")
		warned := slices.ContainsFunc(q.Warnings, func(w lectern.Warning) bool { return w.Code == code })
		if !has(q, len(q.Report)-1, code) || !warned {
			t.Errorf("%s: %+v %v", file, q.Report, q.Warnings)
		}
	}
	q := request(t, testdata(t, "notes-four-kinds/deck.pptx"), "")
	if len(q.Warnings) != 1 ||
		q.Warnings[0].Message != "Slides 2 and 3 have no narration and stay for the default time." ||
		!slices.Equal(q.Report[0].Unsaid, []string{"Body text is not read aloud."}) {
		t.Errorf("%v %q", q.Warnings, q.Report[0].Unsaid)
	}
}

// wav is a sound of so many milliseconds.
func wav(ms int) string {
	const rate = 8000
	b := make([]byte, 44+rate*ms/1000*2)
	copy(b, "RIFF....WAVEfmt ")
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	for at, v := range map[int]uint32{16: 16, 24: rate, 28: rate * 2, 40: uint32(len(b) - 44)} {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	for at, v := range map[int]uint16{20: 1, 22: 1, 32: 2, 34: 16} {
		binary.LittleEndian.PutUint16(b[at:], v)
	}
	copy(b[36:], "data")
	return string(b)
}

// The file says how much is cut off the end of a recording. The deck says where the sound ends.
func TestTrimsOfRecordings(t *testing.T) {
	t.Parallel()
	media := `<p:extLst><p:ext uri="x"><p14:media r:embed="rId4"><p14:trim st="100.5" end="250"/></p14:media></p:ext></p:extLst>`
	s := soundSlide("", sound{id: "4", node: `isNarration="1"`, start: "auto", media: media, file: `<a:audioFile r:link="rId3"/>`})
	for name, c := range map[string]struct {
		file, content string
		want          *lectern.SoundOf
		note          bool
	}{
		"its length is known": {"a.wav", wav(1000), &lectern.SoundOf{File: "ppt/media/a.wav",
			Start: 100500 * time.Microsecond, End: 750 * time.Millisecond}, false},
		"the slide says how long": {"a.mp3", "not a sound", &lectern.SoundOf{File: "ppt/media/a.mp3",
			Start: 100500 * time.Microsecond, End: 300500 * time.Microsecond}, false},
		"not supported": {"a.wma", "x", nil, true},
		"a video":       {"a.mp4", "x", nil, true},
	} {
		q := request(t, pack(t, office([]string{s}, parts{"ppt/media/" + c.file: c.content,
			"ppt/slides/_rels/slide1.xml.rels": rels("rId3", "audio", "!NULL", "rId4", "media", "../media/"+c.file)})), "")
		got := q.Deck.Slides[0].Sound
		if fmt.Sprint(got) != fmt.Sprint(c.want) || (len(q.Report[0].Notes) > 0) != c.note {
			t.Errorf("%s: %+v %v", name, got, q.Report[0].Notes)
		}
	}
}

func TestTheTitleIsNotAPlaceholder(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{"PowerPoint-Präsentation": "", "PowerPoint Presentation": "",
		"My talk": "My talk"} {
		p := deck1()
		p["_rels/.rels"] = rels("a", "officeDocument", "ppt/presentation.xml", "b", "core-properties", "docProps/core.xml")
		p["docProps/core.xml"] = `<c:coreProperties xmlns:c="c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + title +
			`</dc:title></c:coreProperties>`
		if q := request(t, pack(t, p), ""); q.Deck.Title != want {
			t.Errorf("%s: %q", title, q.Deck.Title)
		}
	}
}

// sectioned is a deck of four slides with these sections, each given as its name and the identifiers of its slides.
func sectioned(t testing.TB, list ...string) []byte {
	t.Helper()
	var slides []string
	for _, title := range []string{"Hello", "Why", "How", "Bye"} {
		slides = append(slides, slide("", shape("2", `<p:ph type="title"/>`, run(title)), ""))
	}
	slides[2] = strings.Replace(slides[2], "<p:sld ", `<p:sld show="0" `, 1)
	p, sections := office(slides, nil), ""
	for i := 0; i < len(list); i += 2 {
		sections += `<p14:section name="` + list[i] + `"><p14:sldIdLst>`
		for id := range strings.FieldsSeq(list[i+1]) {
			sections += `<p14:sldId id="` + id + `"/>`
		}
		sections += `</p14:sldIdLst></p14:section>`
	}
	p["ppt/presentation.xml"] = strings.Replace(p["ppt/presentation.xml"], `</p:presentation>`,
		`<p:extLst><p:ext uri="x"><p14:sectionLst>`+sections+`</p14:sectionLst></p:ext></p:extLst></p:presentation>`, 1)
	return pack(t, p)
}

func TestSectionsBecomeThoseOfTheDeck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sections []string
		want     [3]string // of the slides that are shown
	}{
		"one for each part":       {[]string{"Intro", "256", "Main", "257 258 259"}, [3]string{"Intro", "Main", "Main"}},
		"some slides are in none": {[]string{"Main", "257 258"}, [3]string{"", "Main", ""}},
		"all slides are in one":   {[]string{"All of it", "256 257 258 259"}, [3]string{}},
		"an empty one":            {[]string{"A", "256 257", "B", "", "C", "259"}, [3]string{"A", "A", "C"}},
		"only hidden slides":      {[]string{"A", "256 257 259", "B", "258"}, [3]string{}},
		"of the same name":        {[]string{"A", "256", "A", "257 259"}, [3]string{"A", "A (2)", "A (2)"}},
		"which nobody named":      {[]string{"Default Section", "256 257", "End", "259"}, [3]string{"Hello", "Hello", "End"}},
		"with braces in the name": {[]string{"{{x}}", "256", "B", "257 259"}, [3]string{`\{{x}}`, "B", "B"}},
		"a hidden slide comes first": {[]string{"A", "256 257", "Standardabschnitt", "258 259"},
			[3]string{"A", "A", "Bye"}},
	} {
		q := request(t, sectioned(t, c.sections...), "")
		for i, s := range q.Deck.Slides {
			if s.Section != c.want[i] {
				t.Errorf("%s: slide %d is in %q, not in %q", name, i+1, s.Section, c.want[i])
			}
		}
	}
}
