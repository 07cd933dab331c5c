package lectern

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A deck is written in one language, its source. Each slide holds its translations, by language. A translation can name
// the revision of the source from which each field was made. If the source changes later, the revisions differ and the
// translation is stale.

// MaxLanguages is how many languages a deck can have.
const MaxLanguages = 60

// Translation is a slide in another language. Fields that are not set are those of the source.
type Translation struct {
	Narration string         `json:"narration,omitempty"`
	Props     map[string]any `json:"props,omitempty"` // replace the source's props by name; a list is replaced whole
	Section   string         `json:"section,omitempty"`
	Voice     VoiceChoice    `json:"voice,omitzero"` // replaces the slide's
	// Revisions are those of the source fields from which the translation was made, under the names of [Slide.Revisions]:
	// "narration", "section", "props.title". A field without one was translated from an unknown revision.
	Revisions map[string]string `json:"revisions,omitempty"`
}

// DeckTranslation has the fields of a deck, without its slides, in another language.
type DeckTranslation struct {
	Title     string            `json:"title,omitempty"`
	Voice     VoiceChoice       `json:"voice,omitzero"`      // replaces the deck's
	Revisions map[string]string `json:"revisions,omitempty"` // of "title", see [Deck.TitleRevision]
}

// Names of fields that have revisions. The field of a prop is fieldProps followed by the prop's name.
const (
	fieldTitle     = "title"
	fieldNarration = "narration"
	fieldSection   = "section"
	fieldProps     = "props."
)

// Revisions returns the revision of each field of a slide that can be translated: "narration", "section",
// and "props.NAME" for every prop. Equal texts have equal revisions, also on different slides.
func (s Slide) Revisions() map[string]string {
	r := make(map[string]string, len(s.Props)+1)
	if s.Narration != "" {
		r[fieldNarration] = revision(s.Narration)
	}
	if s.Section != "" {
		r[fieldSection] = revision(s.Section)
	}
	for name, value := range s.Props {
		r[fieldProps+name] = revision(value)
	}
	return r
}

// TitleRevision is the revision of the deck's title; "": the deck has no title.
func (d Deck) TitleRevision() string {
	if d.Title == "" {
		return ""
	}
	return revision(d.Title)
}

// revision is a short hash of a JSON value. It begins with a letter, so that YAML never reads it as a number.
func revision(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // Validate reports props that cannot be written as JSON
	}
	sum := sha256.Sum256(b)
	return "r" + hex.EncodeToString(sum[:6])
}

// Languages lists the languages that a deck can be rendered in: the source's, where the deck names it, and then those
// of translations, sorted.
func (d Deck) Languages() []string {
	seen := map[string]bool{}
	for tag := range d.Translations {
		seen[tag] = true
	}
	for _, s := range d.Slides {
		for tag := range s.Translations {
			seen[tag] = true
		}
	}
	delete(seen, d.Language)
	list := slices.Sorted(maps.Keys(seen))
	if d.Language != "" {
		list = append([]string{d.Language}, list...)
	}
	return list
}

// StaleField is a translated field whose source has changed since.
type StaleField struct {
	Slide    int    // counted from 1; 0: the deck's title
	ID       string // of the slide
	Language string
	Field    string // "narration", "props.title", "title"
	From     string // the revision that it was translated from
	Now      string // the source's revision; "": the source no longer has the field
}

// Param is the path of the field.
func (s StaleField) Param() string {
	if s.Slide == 0 {
		return "translations." + s.Language + "." + s.Field
	}
	return fmt.Sprintf("slides[%d].translations.%s.%s", s.Slide-1, s.Language, s.Field)
}

// Stale lists the translated fields that are older than their source, in the order of the slides. It leaves out fields
// whose revision is not known.
func (d Deck) Stale() []StaleField {
	var list []StaleField
	title := map[string]string{fieldTitle: d.TitleRevision()}
	for _, tag := range sortedKeys(d.Translations) {
		list = append(list, staleFields(StaleField{Language: tag}, d.Translations[tag].Revisions, title)...)
	}
	for i, s := range d.Slides {
		if len(s.Translations) == 0 {
			continue
		}
		now := s.Revisions()
		for _, tag := range sortedKeys(s.Translations) {
			list = append(list, staleFields(StaleField{Slide: i + 1, ID: s.ID, Language: tag}, s.Translations[tag].Revisions,
				now)...)
		}
	}
	return list
}

func staleFields(at StaleField, from, now map[string]string) []StaleField {
	var list []StaleField
	for _, field := range sortedKeys(from) {
		if at.Field, at.From, at.Now = field, from[field], now[field]; at.From != at.Now {
			list = append(list, at)
		}
	}
	return list
}

// PropKind returns the Type of a template's prop, see [TemplateProp]; "": the template has no such prop, or the prop is
// an option and not text. A nil PropKind treats every prop as text.
type PropKind func(template, prop string) string

func (k PropKind) of(s Slide, prop string) string {
	if s.Page != nil && prop != "title" {
		return "" // words on the page of a file, which stay as they are
	}
	if k == nil {
		return "text"
	}
	return k(s.template(), prop)
}

// Edition is a deck in one language: without translations, and once its variables are filled in, without variables.
type Edition struct {
	Deck     Deck
	Warnings []Warning
	Faults   []Failure         // nothing can be rendered with these
	From     map[string]string // fields of Deck that come from a translation → their paths in the deck that was written
}

// In returns d in a language, and sets the language of its voice. An empty language is the source. A language with a
// region also takes, field by field, what is translated for the language alone: "de-AT" takes "de". The reverse is not
// done.
//
// A language that the deck does not have is a fault, and so is a narration with words and without a translation. The
// returned deck then has the source's text in their place. A prop without a translation is a warning, and so is a
// translation whose source has changed.
func (d Deck) In(language string, kinds PropKind) Edition {
	t := &translator{deck: d, kinds: kinds, want: LanguageTag(language), from: map[string]string{}}
	t.out = d
	t.out.Translations, t.out.Slides = nil, slices.Clone(d.Slides)
	if t.want != "" {
		t.lookup()
	}
	if len(t.layers) > 0 || t.want != "" && t.source {
		t.out.Language = t.want
	}
	t.settings()
	for i := range t.out.Slides {
		t.slide(i)
	}
	return Edition{t.out, t.warnings, t.faults, t.from}
}

// translator makes an edition.
type translator struct {
	deck, out Deck
	kinds     PropKind
	want      string
	layers    []string // the languages to take texts from, the nearest first; empty: only the source
	source    bool     // a text that no layer has may be taken from the source: the source's language fits
	from      map[string]string
	warnings  []Warning
	faults    []Failure
}

func (t *translator) warn(code, param string, slide int, format string, args ...any) {
	if len(t.warnings) < MaxFaults {
		t.warnings = append(t.warnings, Warning{Code: code, Message: fmt.Sprintf(format, args...), Slide: slide,
			Param: param})
	}
}

// lookup finds the layers for the wanted language.
func (t *translator) lookup() {
	have := t.deck.Languages()
	for _, tag := range languageChain(t.want) {
		switch {
		case tag == t.deck.Language:
			t.source = true
			return
		case slices.Contains(have, tag):
			t.layers = append(t.layers, tag)
		}
	}
	if len(t.layers) > 0 {
		return
	}
	t.source = true
	f := Fail(CodeUnknownLanguage, "The deck is not in the language %q.", Shorten(t.want))
	switch {
	case len(have) > 0:
		have = have[:min(len(have), MaxLanguages)]
		f.Message += fmt.Sprintf(" It is in %s.%s", strings.Join(have, ", "), DidYouMean(t.want, have))
	default:
		f.Message += " It has no translations, and does not say its own \"language\"."
	}
	t.faults = append(t.faults, *f.On("language"))
	t.want = ""
}

// settings translates the deck's title and voice.
func (t *translator) settings() {
	d := &t.out
	titled := ""
	for _, tag := range t.layers {
		tr, there := t.deck.Translations[tag]
		if !there {
			continue
		}
		if titled == "" && tr.Title != "" {
			titled, d.Title = tag, tr.Title
			t.from[fieldTitle] = "translations." + tag + "." + fieldTitle
			t.stale(StaleField{Language: tag, Field: fieldTitle, From: tr.Revisions[fieldTitle], Now: t.deck.TitleRevision()})
		}
	}
	if titled == "" && !t.source && len(t.layers) > 0 && hasWords(d.Title) {
		t.warn("untranslated", "title", 0, "The title %q is not translated to %s; it stays as it is.", Shorten(d.Title),
			t.want)
	}
	pick := func(tag string) VoiceChoice { return t.deck.Translations[tag].Voice }
	d.Voice = t.voice(d.Voice, "voice", "translations.", 0, pick)
	d.Voice.Language = cmp.Or(d.Voice.Language, d.Language)
}

// voice is the voice of the nearest layer that names one. Without one it is the source's choice for the wanted
// language. A voice that the source names by its id speaks the source's language, so for another language the id is
// left out, and the catalogue selects the best voice.
func (t *translator) voice(source VoiceChoice, param, at string, slide int,
	pick func(tag string) VoiceChoice) VoiceChoice {
	if len(t.layers) == 0 {
		return source
	}
	for _, tag := range t.layers {
		if v := pick(tag); v != (VoiceChoice{}) {
			t.from[param] = at + tag + ".voice"
			v.Language, v.Gender, v.Speed = cmp.Or(v.Language, t.want), cmp.Or(v.Gender, source.Gender),
				cmp.Or(v.Speed, source.Speed)
			return v
		}
	}
	if source.ID != "" && primary(t.want) != primary(t.deck.Language) {
		t.warn("voice_language", param, slide, "The voice %q speaks the source's language, so %s gets another voice. Set "+
			"%s%s.voice to choose one.", Shorten(source.ID), t.want, at, t.layers[0])
		source.ID = ""
	}
	if slide == 0 || source != (VoiceChoice{}) {
		source.Language = t.want
	}
	return source
}

// slide translates slide i.
func (t *translator) slide(i int) {
	s := &t.out.Slides[i]
	source := t.deck.Slides[i]
	s.Translations = nil
	if len(t.layers) == 0 {
		return
	}
	now := source.Revisions()
	at := "slides[" + strconv.Itoa(i) + "]"
	spoken, titled := false, false
	covered := map[string]bool{}
	for _, tag := range t.layers {
		tr := source.Translations[tag]
		path := at + ".translations." + tag + "."
		mark := func(field, to string) {
			t.from[at+"."+to] = path + field
			t.stale(StaleField{Slide: i + 1, ID: source.ID, Language: tag, Field: field, From: tr.Revisions[field],
				Now: now[field]})
		}
		if !spoken && tr.Narration != "" {
			s.Narration, spoken = tr.Narration, true
			mark(fieldNarration, fieldNarration)
		}
		if !titled && tr.Section != "" {
			s.Section, titled = tr.Section, true
			mark(fieldSection, fieldSection)
		}
		for _, name := range sortedKeys(tr.Props) {
			if covered[name] {
				continue
			}
			if len(covered) == 0 {
				if s.Props = maps.Clone(source.Props); s.Props == nil {
					s.Props = map[string]any{}
				}
			}
			covered[name], s.Props[name] = true, tr.Props[name]
			mark(fieldProps+name, fieldProps+name)
		}
	}
	pick := func(tag string) VoiceChoice { return source.Translations[tag].Voice }
	if spoken || !t.source {
		s.Voice = t.voice(s.Voice, at+".voice", at+".translations.", i+1, pick)
	}
	if t.source {
		return
	}
	if !spoken && !source.Script().Silent() {
		f := Fail(CodeUntranslated, "The narration is not translated to %s.", t.want).At(i + 1)
		t.faults = append(t.faults, *f.On(at + ".translations." + t.layers[0] + "." + fieldNarration))
	}
	if titled {
		source.Section = ""
	}
	t.shown(at, i+1, source, covered)
}

// shown warns of texts on a slide, and of its section, that stay in the source's language.
func (t *translator) shown(at string, slide int, source Slide, covered map[string]bool) {
	var missing []string
	for _, name := range sortedKeys(source.Props) {
		switch t.kinds.of(source, name) {
		case "text", "list", "table":
			if !covered[name] && hasWords(source.Props[name]) {
				missing = append(missing, Shorten(name))
			}
		}
	}
	if hasWords(source.Section) {
		missing = append(missing, fieldSection)
	}
	if len(missing) > 0 {
		t.warn("untranslated", at+".translations."+t.layers[0]+".props", slide, "Not translated to %s, and shown as the "+
			"source has it: %s.", t.want, strings.Join(missing, ", "))
	}
}

// stale warns of a field whose source has changed since it was translated.
func (t *translator) stale(f StaleField) {
	if f.From == "" || f.From == f.Now {
		return
	}
	what := f.Field
	if name, isProp := strings.CutPrefix(what, fieldProps); isProp {
		what = "prop " + Shorten(name)
	}
	t.warn("stale_translation", f.Param(), f.Slide, "The %s in %s was translated from %s, and the source has changed "+
		"since. Check the translation, and set its revision to %q.", what, f.Language, Shorten(f.From), f.Now)
}

// hasWords reports whether a prop has text in a language: a letter in any of its texts, except in those that begin like
// an address.
func hasWords(v any) bool {
	switch v := v.(type) {
	case string:
		for _, address := range []string{"http://", "https://", "data:", "asset:"} {
			if strings.HasPrefix(v, address) {
				return false
			}
		}
		return strings.ContainsFunc(v, unicode.IsLetter)
	case []any:
		return slices.ContainsFunc(v, hasWords)
	case map[string]any:
		for _, e := range v {
			if hasWords(e) {
				return true
			}
		}
	}
	return false
}
