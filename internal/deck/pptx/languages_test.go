package pptx_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/pptx"
	"lectern/internal/tts"
)

var linguist = pptx.Machine{Recognise: tts.Certain}

// noted is a deck with a slide for each of the notes, whose paragraphs are separated by blank lines.
func noted(t testing.TB, title string, notes ...string) []byte {
	t.Helper()
	var slides []string
	more := parts{}
	for i, text := range notes {
		slides = append(slides, slide("", shape("2", `<p:ph type="title"/>`, run(title)), ""))
		var list []string
		for p := range strings.SplitSeq(text, "\n\n") {
			list = append(list, run(strings.ReplaceAll(p, "\n", `</a:t></a:r><a:br/><a:r><a:t>`)))
		}
		n := len(notes) - i // the number of the part of this slide
		more[fmt.Sprintf("ppt/slides/_rels/slide%d.xml.rels", n)] = rels("rId1", "notesSlide",
			fmt.Sprintf("../notesSlides/n%d.xml", n))
		more[fmt.Sprintf("ppt/notesSlides/n%d.xml", n)] = `<p:notes ` + transitional + `><p:cSld><p:spTree>` +
			shape("3", `<p:ph type="body"/>`, list...) + `</p:spTree></p:cSld></p:notes>`
	}
	return pack(t, office(slides, more))
}

// heard lists what is heard of each slide, by language.
func heard(d lectern.Deck) []string {
	var out []string
	for _, s := range d.Slides {
		line := s.Narration
		for _, tag := range []string{"de", "de-AT", "en", "fr", "zh"} {
			if tr, ok := s.Translations[tag]; ok {
				line += " | " + tag + ": " + tr.Narration
			}
		}
		out = append(out, line)
	}
	return out
}

func TestNotesAreDividedByMarks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		title string
		notes []string
		own   string
		want  []string
	}{
		"after the text without a mark": {"Our harbour", []string{
			"Welcome to our harbour.\n\n[de]\n\nWillkommen in unserem Hafen."},
			"en", []string{"Welcome to our harbour. | de: Willkommen in unserem Hafen."}},
		"in front of each part": {"Our harbour and its boats", []string{
			"DE: Willkommen in unserem Hafen.\nEN: Welcome to our harbour."},
			"en", []string{"Welcome to our harbour. | de: Willkommen in unserem Hafen."}},
		"the slides are in the other language": {"Unser Hafen und seine Boote",
			[]string{"[EN] Welcome to our harbour.\n\n[DE] Willkommen in unserem Hafen."}, "de",
			[]string{"Willkommen in unserem Hafen. | en: Welcome to our harbour."}},
		"by name, with a region, on some slides": {"1", []string{
			"English:\nWelcome to our harbour.\nFrançais:\nBienvenue dans notre port.",
			"[de_at]\nServus und willkommen.", "Nothing is marked on this one."}, "en",
			[]string{"Welcome to our harbour. | fr: Bienvenue dans notre port.", " | de-AT: Servus und willkommen.",
				"Nothing is marked on this one."}},
		"in another script": {"1", []string{"Hello and welcome.\n\n中文：你好，欢迎来到我们的演示。"}, "en",
			[]string{"Hello and welcome. | zh: 你好，欢迎来到我们的演示。"}},
		"departments": {"1", []string{
			"IT: we have to order the new laptops.\nHR: you will hear from us about the contracts."}, "",
			[]string{"IT: we have to order the new laptops.\nHR: you will hear from us about the contracts."}},
		"a word in brackets": {"1", []string{"[no] this is not a mark, because all of it is in English.\n\n[pause 2s]"}, "",
			[]string{"[no] this is not a mark, because all of it is in English.\n\n[pause 2s]"}},
		"a list of agenda points": {"1", []string{"Agenda: coffee, then the numbers.\nde: no"}, "",
			[]string{"Agenda: coffee, then the numbers.\nde: no"}},
	} {
		q := requestOf(t, on(linguist), "talk.pptx", noted(t, c.title, c.notes...), "")
		if got := heard(q.Deck); q.Deck.Language != c.own || !slices.Equal(got, c.want) {
			t.Errorf("%s: in %q\n got %q\nwant %q", name, q.Deck.Language, got, c.want)
		}
		warned := slices.ContainsFunc(q.Warnings, func(w lectern.Warning) bool { return w.Code == "notes_languages" })
		if warned != (c.own != "") {
			t.Errorf("%s: %v", name, q.Warnings)
		}
	}
}

// Notes without marks are divided if their parts are translations of each other on most slides.
func TestNotesAreDividedByTheirText(t *testing.T) {
	t.Parallel()
	const (
		en1 = "Welcome to our harbour, where more than forty boats are at home."
		de1 = "Willkommen in unserem Hafen, in dem mehr als vierzig Boote zu Hause sind."
		en2 = "The cranes are older than most of the people who work with them every day."
		de2 = "Die Kräne sind älter als die meisten Menschen, die jeden Tag mit ihnen arbeiten."
		en3 = "Thank you for listening, and see you at the water."
	)
	for name, c := range map[string]struct {
		notes []string
		own   string
		want  []string
	}{
		"two languages": {[]string{en1 + "\n\n" + de1, en2 + "\n\n" + de2, en3}, "en",
			[]string{en1 + " | de: " + de1, en2 + " | de: " + de2, en3}},
		"in turns, with a short one": {[]string{en1 + "\n\nOK.\n\n" + de1 + "\n\n" + en2 + "\n\n" + de2}, "en",
			[]string{en1 + "\n\nOK.\n\n" + en2 + " | de: " + de1 + "\n\n" + de2}},
		"one quote in a talk": {[]string{en1, en2 + "\n\n" + de1, en3}, "",
			[]string{en1, en2 + "\n\n" + de1, en3}},
		"of other length": {[]string{en1 + " " + en2 + " " + en3 + " " + en1 + " " + en2 + "\n\n" + de1}, "",
			[]string{en1 + " " + en2 + " " + en3 + " " + en1 + " " + en2 + "\n\n" + de1}},
	} {
		q := requestOf(t, on(linguist), "talk.pptx", noted(t, "2026", c.notes...), "")
		if got := heard(q.Deck); q.Deck.Language != c.own || !slices.Equal(got, c.want) {
			t.Errorf("%s: in %q\n got %q\nwant %q", name, q.Deck.Language, got, c.want)
		}
	}
}

func TestALanguageOfTheNotesIsChosen(t *testing.T) {
	t.Parallel()
	b := noted(t, "Our harbour and its boats", "Welcome.\n\n[de]\nWillkommen.", "Boats.\n\n[de]\nBoote.")
	q := requestOf(t, on(linguist), "talk.pptx", b, "").Choose(lectern.Choice{Language: "de"})
	if len(q.Faults) > 0 || q.Deck.Language != "de" || q.Deck.Slides[1].Narration != "Boote." {
		t.Errorf("%v %+v", q.Faults, q.Deck.Slides)
	}
	for mode, want := range map[string]string{"none": "", "recorded": ""} {
		q := requestOf(t, on(linguist), "talk.pptx", b, `{"narration":"`+mode+`"}`)
		if s := q.Deck.Slides[0]; s.Narration != want || s.Translations != nil || q.Report[0].Narration != deck.Nothing {
			t.Errorf("%s: %+v", mode, s)
		}
	}
}

// Whatever the notes are, no word of them is lost or said twice.
func TestDividingNotesKeepsTheirWords(t *testing.T) {
	t.Parallel()
	lines := rapid.SampledFrom([]string{"[de]", "DE:", "[en] Hello and welcome to this talk.", "Hallo und willkommen.",
		"English: yes", "IT: laptops for all of us", "one", "[no]", "Deutsch:", "EN: and DE: both", "[fr]"})
	rapid.Check(t, func(r *rapid.T) {
		gap := rapid.SampledFrom([]string{"\n", "\n\n"}).Draw(r, "gap")
		text := strings.Join(rapid.SliceOfN(lines, 1, 6).Draw(r, "lines"), gap)
		q := requestOf(t, on(linguist), "talk.pptx", noted(t, "x", text), "")
		var said []string
		for _, s := range q.Deck.Slides {
			said = append(said, s.Narration)
			for _, tr := range s.Translations {
				said = append(said, tr.Narration)
			}
		}
		got, want := strings.Fields(strings.Join(said, " ")), strings.Fields(text)
		slices.Sort(got)
		slices.Sort(want)
		for _, w := range got {
			i := slices.Index(want, w)
			if i < 0 {
				r.Fatalf("%q is not in %q", w, text)
			}
			want = slices.Delete(want, i, i+1)
		}
		for _, w := range want {
			if !strings.HasPrefix(w, "[") && !strings.HasSuffix(w, ":") {
				r.Fatalf("%q of %q is lost: %q", w, text, said)
			}
		}
	})
}
