package lectern

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// bilingual is a deck in English with a whole translation to German (de) and one narration in Austrian German (de-AT).
func bilingual() Deck {
	d := Deck{
		Title: "Welcome", Language: "en", Voice: VoiceChoice{Engine: "flite", ID: "slt", Speed: 1.5},
		Translations: map[string]DeckTranslation{"de": {Title: "Willkommen"}},
		Slides: []Slide{
			{ID: "a", Template: "title", Props: map[string]any{"title": "Hello", "image": "https://e.example/a.png"},
				Narration: "Hello."},
			{ID: "b", Template: "content", Props: map[string]any{"items": []any{"one", "two"}}, Narration: "Two things."},
			{ID: "c", Props: map[string]any{"title": "42"}, Narration: "[pause 2s]"},
		},
	}
	for i := range d.Slides[:2] {
		s := &d.Slides[i]
		s.Translations = map[string]Translation{"de": {Revisions: s.Revisions()}}
	}
	de := d.Slides[0].Translations["de"]
	de.Narration, de.Props = "Hallo.", map[string]any{"title": "Hallo", "image": "https://e.example/de.png"}
	d.Slides[0].Translations["de"] = de
	d.Slides[0].Translations["de-AT"] = Translation{Narration: "Servus."}
	de = d.Slides[1].Translations["de"]
	de.Narration, de.Props = "Zwei Dinge.", map[string]any{"items": []any{"eins"}}
	d.Slides[1].Translations["de"] = de
	return d
}

// params lists the faults and then the warnings of e, each as its code and its field.
func params(e Edition) (list []string) {
	for _, f := range e.Faults {
		list = append(list, string(f.Code)+" "+f.Param)
	}
	for _, w := range e.Warnings {
		list = append(list, w.Code+" "+w.Param)
	}
	return list
}

// The edition of a deck in a language has the texts, the pictures and the voice of that language, and no translations.
func TestAnEditionIsInItsLanguage(t *testing.T) {
	t.Parallel()
	d := bilingual()
	e := d.In("DE", nil)
	if got := params(e); !slices.Equal(got, []string{"voice_language voice"}) {
		t.Errorf("%v", got)
	}
	got := e.Deck
	if got.Title != "Willkommen" || got.Language != "de" || got.Translations != nil ||
		got.Voice != (VoiceChoice{Engine: "flite", Language: "de", Speed: 1.5}) {
		t.Errorf("%+v", got)
	}
	want := []Slide{
		{ID: "a", Template: "title", Props: map[string]any{"title": "Hallo", "image": "https://e.example/de.png"},
			Narration: "Hallo."},
		{ID: "b", Template: "content", Props: map[string]any{"items": []any{"eins"}}, Narration: "Zwei Dinge."},
		{ID: "c", Props: map[string]any{"title": "42"}, Narration: "[pause 2s]"},
	}
	if !reflect.DeepEqual(got.Slides, want) {
		t.Errorf("got  %+v\nwant %+v", got.Slides, want)
	}
	if at := e.From["slides[1].props.items"]; at != "slides[1].translations.de.props.items" {
		t.Errorf("%v", e.From)
	}
	if !reflect.DeepEqual(d, bilingual()) {
		t.Error("the deck itself has changed")
	}
	for _, tag := range []string{"", "en", "EN-us"} {
		e := d.In(tag, nil)
		if len(params(e)) > 0 || e.Deck.Slides[0].Narration != "Hello." || e.Deck.Slides[0].Translations != nil ||
			e.Deck.Voice.ID != "slt" {
			t.Errorf("%q: %v %+v", tag, params(e), e.Deck)
		}
	}
	if got := d.Languages(); !slices.Equal(got, []string{"en", "de", "de-AT"}) {
		t.Errorf("%v", got)
	}
}

// A language with a region takes missing fields from the language alone; the reverse is not done.
func TestARegionTakesItsLanguage(t *testing.T) {
	t.Parallel()
	d := bilingual()
	e := d.In("de-AT", nil)
	if len(e.Faults) > 0 || e.Deck.Language != "de-AT" || e.Deck.Voice.Language != "de-AT" ||
		e.Deck.Slides[0].Narration != "Servus." || e.Deck.Slides[0].Props["title"] != "Hallo" ||
		e.Deck.Slides[1].Narration != "Zwei Dinge." {
		t.Errorf("%v %+v", e.Faults, e.Deck)
	}
	if e := d.In("de-CH-1996", nil); len(e.Faults) > 0 || e.Deck.Slides[0].Narration != "Hallo." {
		t.Errorf("%v %+v", e.Faults, e.Deck)
	}
	only := Deck{Language: "en",
		Slides: []Slide{{Narration: "Hi.", Translations: map[string]Translation{"de-AT": {Narration: "Servus."}}}}}
	e = only.In("de", nil)
	if got := params(e); !slices.Equal(got, []string{"unknown_language language"}) ||
		!strings.Contains(e.Faults[0].Message, "It is in en, de-AT.") {
		t.Errorf("%v", e.Faults)
	}
	home := Deck{Language: "de", Slides: []Slide{{Narration: "Hallo.", Translations: map[string]Translation{"de-AT": {}}}}}
	if e := home.In("de-AT", nil); len(params(e)) > 0 || e.Deck.Slides[0].Narration != "Hallo." {
		t.Errorf("de-AT does not take the texts of the source in de: %v", params(e))
	}
}

// Every narration without a translation is a fault, and all are reported at once. An untranslated prop is a warning.
func TestMissingTranslationsAreReported(t *testing.T) {
	t.Parallel()
	d := bilingual()
	for i := range d.Slides {
		d.Slides[i].Translations = nil
	}
	kinds := func(template, prop string) string {
		if prop == "image" {
			return "image"
		}
		return "text"
	}
	want := []string{
		"untranslated slides[0].translations.de.narration", "untranslated slides[1].translations.de.narration",
		"voice_language voice",
		"untranslated slides[0].translations.de.props", "untranslated slides[1].translations.de.props",
	}
	if got := params(d.In("de", kinds)); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	e := d.In("dee", kinds)
	if got := params(e); !slices.Equal(got, []string{"unknown_language language"}) ||
		!strings.Contains(e.Faults[0].Message, `Did you mean "de"?`) {
		t.Errorf("%v", e.Faults)
	}
	if e := (Deck{Slides: []Slide{{}}}).In("de", nil); len(e.Faults) != 1 ||
		!strings.Contains(e.Faults[0].Message, "no translations") {
		t.Errorf("%v", e.Faults)
	}
}

// If a field of the source has changed, its translations are stale, in an edition and in the list.
func TestStaleTranslations(t *testing.T) {
	t.Parallel()
	d := bilingual()
	if got := d.Stale(); len(got) > 0 {
		t.Errorf("an unchanged source has stale translations: %v", got)
	}
	old := d.Slides[1].Revisions()
	d.Slides[1].Props = map[string]any{"items": []any{"one", "two", "three"}}
	delete(d.Slides[0].Props, "image")
	d.Translations["de"] = DeckTranslation{Title: "Willkommen", Revisions: map[string]string{"title": "r0"}}
	want := []StaleField{
		{Language: "de", Field: "title", From: "r0", Now: d.TitleRevision()},
		{Slide: 1, ID: "a", Language: "de", Field: "props.image", From: bilingual().Slides[0].Revisions()["props.image"]},
		{Slide: 2, ID: "b", Language: "de", Field: "props.items", From: old["props.items"],
			Now: d.Slides[1].Revisions()["props.items"]},
	}
	if got := d.Stale(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	wantParams := []string{"stale_translation translations.de.title", "voice_language voice",
		"stale_translation slides[0].translations.de.props.image",
		"stale_translation slides[1].translations.de.props.items"}
	e := d.In("de", nil)
	if got := params(e); !slices.Equal(got, wantParams) || want[2].Param() != wantParams[3][len("stale_translation "):] {
		t.Errorf("got  %v\nwant %v", got, wantParams)
	}
	if w := e.Warnings[3]; w.Slide != 2 || !strings.Contains(w.Message, "prop items in de") {
		t.Errorf("%+v", w)
	}
}

// A voice that a translation names speaks its language. A slide's voice overrides the deck's.
func TestVoicesOfALanguage(t *testing.T) {
	t.Parallel()
	d := bilingual()
	d.Translations["de"] = DeckTranslation{Title: "Willkommen", Voice: VoiceChoice{Engine: "piper", ID: "thorsten"}}
	d.Slides[1].Voice = VoiceChoice{ID: "rms", Language: "en-US"}
	de := d.Slides[0].Translations["de"]
	de.Voice = VoiceChoice{ID: "eva"}
	d.Slides[0].Translations["de"] = de
	e := d.In("de", nil)
	if got := params(e); !slices.Equal(got, []string{"voice_language slides[1].voice"}) {
		t.Errorf("%v", got)
	}
	if v := e.Deck.VoiceOf(0); v != (VoiceChoice{ID: "eva", Language: "de", Speed: 1.5}) {
		t.Errorf("%+v", v)
	}
	own := Deck{Voice: VoiceChoice{Gender: "male"}, Slides: []Slide{{Voice: VoiceChoice{Gender: "female"}}}}
	if v := own.VoiceOf(0); v.Gender != "female" {
		t.Errorf("the slide's gender does not replace the deck's: %+v", v)
	}
	if v := e.Deck.VoiceOf(1); v != (VoiceChoice{Engine: "piper", ID: "thorsten", Language: "de", Speed: 1.5}) {
		t.Errorf("%+v", v)
	}
}

func TestLanguageTags(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{" DE_at ": "de-AT", "zh-hant-tw": "zh-Hant-TW", "ES-419": "es-419",
		"de-1996": "de-1996", "en-x-AB": "en-x-ab", "German!": "German!", "": ""} {
		if got := LanguageTag(s); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
	if got := languageChain("zh-Hant-x-tw"); !slices.Equal(got, []string{"zh-Hant-x-tw", "zh-Hant", "zh"}) {
		t.Errorf("%v", got)
	}
}

// Language tags are checked, and the texts of translations have the same bounds as those of the source.
func TestTranslationsAreValidated(t *testing.T) {
	t.Parallel()
	d := bilingual()
	d.Variables = map[string]string{"1x": "", "ok": strings.Repeat("x", MaxVariableLen+1)}
	d.Slides[0].Translations["en"] = Translation{}
	d.Slides[0].Translations["deutsch!"] = Translation{}
	d.Slides[1].Translations["fr"] = Translation{Narration: strings.Repeat("x", 200), Voice: VoiceChoice{Speed: 9},
		Props: map[string]any{"title": strings.Repeat("x", 300)}}
	d.Translations["fr"] = DeckTranslation{Title: strings.Repeat("x", MaxTitle+1)}
	var got []string
	for _, f := range d.Validate(Limits{NarrationBytes: 100, PropsBytes: 250}) {
		got = append(got, f.Param)
	}
	want := []string{"translations.fr.title", "slides[0].translations.deutsch!", "slides[0].translations.en",
		"slides[1].translations.fr.narration",
		"slides[1].translations.fr.props", "slides[1].translations.fr.voice.speed", "variables.1x", "variables.ok"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// The section of a slide is translated like its narration, and its variables are filled in.
func TestSectionsAreTranslatedAndFilledIn(t *testing.T) {
	t.Parallel()
	d := bilingual()
	for i := range d.Slides {
		d.Slides[i].Section = "About {{who}}"
	}
	de := d.Slides[0].Translations["de"]
	de.Section, de.Revisions = "Über {{who}}", map[string]string{"section": d.Slides[0].Revisions()["section"]}
	d.Slides[0].Translations["de"] = de
	e := d.Edition(Choice{Language: "de", Variables: map[string]string{"who": "Acme"}})
	if a, b := e.Deck.Slides[0].Section, e.Deck.Slides[1].Section; a != "Über Acme" || b != "About Acme" ||
		e.From["slides[0].section"] != "slides[0].translations.de.section" {
		t.Errorf("%q, %q, %v", a, b, e.From)
	}
	want := []string{"voice_language voice", "untranslated slides[1].translations.de.props",
		"untranslated slides[2].translations.de.props"}
	if got := params(e); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	page := d
	page.Slides = slices.Clone(d.Slides)
	for i := range page.Slides { // the words of a page cannot be translated
		page.Slides[i].Page = &PageOf{File: "talk.pptx", Page: i + 1}
	}
	if got := params(page.In("de", nil)); !slices.Equal(got, []string{"voice_language voice"}) {
		t.Errorf("pages of a file: %v", got)
	}
	d.Slides[0].Section = "About us"
	if got := params(d.In("de", nil)); !slices.Contains(got, "stale_translation slides[0].translations.de.section") {
		t.Errorf("a section has changed: %v", got)
	}
}
