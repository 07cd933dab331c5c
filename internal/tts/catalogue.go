package tts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lectern"
)

// Catalogue is all voices of this machine: its engines, the preferred one first. It is safe for concurrent use.
type Catalogue struct {
	engines []Engine
}

// NewCatalogue makes a catalogue of the given engines, in order of preference.
func NewCatalogue(engines ...Engine) *Catalogue {
	return &Catalogue{engines: slices.Clone(engines)}
}

// Voices lists the voices of all engines that work here, in the order of the engines. An engine that fails,
// for example because it is not installed, is skipped. If no engine has a voice, the failure has
// lectern.CodeMissingTool and the engines' reasons in its detail.
func (c *Catalogue) Voices(ctx context.Context) ([]lectern.Voice, error) {
	var all []lectern.Voice
	var reasons []string
	var first error
	for _, e := range c.engines {
		voices, err := e.Voices(ctx)
		if ctx.Err() != nil {
			return nil, Canceled(ctx.Err())
		}
		if err != nil {
			f := lectern.AsFailure(err)
			reasons = append(reasons, e.Name()+": "+f.Message+" ("+f.Detail+")")
			if first == nil {
				first = err
			}
			continue
		}
		all = append(all, voices...)
	}
	if len(all) == 0 {
		f := lectern.Fail(lectern.CodeMissingTool, "No voice is installed on this machine. Install one with: apt-get "+
			"install espeak-ng flite").Because(first)
		f.Detail = strings.Join(reasons, "\n")
		return nil, f
	}
	return all, nil
}

// Any returns nil if there is a voice, and otherwise the failure of [Catalogue.Voices]. It stops at the first engine
// with a voice.
func (c *Catalogue) Any(ctx context.Context) error {
	for _, e := range c.engines {
		if voices, err := e.Voices(ctx); err == nil && len(voices) > 0 {
			return nil
		}
	}
	_, err := c.Voices(ctx)
	return err
}

// Resolve finds the voice for a text. It returns:
//
//   - if the choice names a voice of an engine of the catalogue, that voice; if the engine has no such voice, a failure
//     with lectern.CodeUnknownVoice;
//   - if the choice names a service that is missing here (many decks are written for "azure" or "elevenlabs"), the
//     nearest voice by language and gender, with a warning;
//   - if the choice has no id, the best voice for its language, or for the language that [Recognise] finds in the text.
//
// The voice has the choice's speed, within the limits. Stretches of the text in a script that the voice cannot read get
// another voice, or a warning if no voice reads them.
func (c *Catalogue) Resolve(ctx context.Context, choice lectern.VoiceChoice,
	script lectern.Script) (lectern.Reading, []lectern.Warning, error) {
	r := resolver{choice: choice, text: script.Text}
	r.choice.Engine = canonical(choice.Engine)
	var err error
	if r.all, err = c.candidates(ctx, &r); err != nil {
		return lectern.Reading{}, nil, err
	}
	v, err := r.voice(c)
	if err != nil {
		return lectern.Reading{}, nil, err
	}
	if d, ok := find[Doubter](c.engine(v.Engine)); ok {
		if doubt := d.Doubt(v); doubt != "" {
			r.warn("voice_quality", "%s", doubt)
		}
	}
	v.Speed = r.speed()
	parts, err := c.parts(ctx, &r, v)
	if err != nil {
		return lectern.Reading{}, nil, err
	}
	return lectern.Reading{Script: script, Voice: v, Parts: parts}, r.warnings, nil
}

// candidates returns the voices that can match the choice of r. It asks only the engines that the choice can depend on,
// so that the others need not be started: the named engine; without a named engine, the engines up to the first that
// has the named voice or, without an id, a perfect voice. If that yields no voices, it asks all engines.
func (c *Catalogue) candidates(ctx context.Context, r *resolver) ([]lectern.Voice, error) {
	id := strings.TrimSpace(r.choice.ID)
	if e := c.engine(r.choice.Engine); e != nil {
		if voices, err := e.Voices(ctx); err == nil && len(voices) > 0 {
			return voices, nil
		}
		return c.Voices(ctx)
	}
	if r.choice.Engine != "" {
		return c.Voices(ctx)
	}
	suits := func(v lectern.Voice) bool { return strings.EqualFold(v.ID, id) }
	if id == "" {
		language := r.language("")
		suits = func(v lectern.Voice) bool { return points(v, language, r.choice.Gender) == perfect }
	}
	for _, e := range c.engines {
		voices, err := e.Voices(ctx)
		if err != nil {
			break
		}
		if slices.ContainsFunc(voices, suits) {
			return voices, nil
		}
	}
	return c.Voices(ctx)
}

// Speak speaks a script with the engines of its voices.
func (c *Catalogue) Speak(ctx context.Context, r lectern.Reading) (lectern.Narration, error) {
	if len(r.Parts) > 0 {
		if err := Fits(r.Script.Text); err != nil {
			return lectern.Narration{}, err
		}
		return c.together(ctx, r)
	}
	return c.speak(ctx, r.Script, r.Voice)
}

func (c *Catalogue) speak(ctx context.Context, script lectern.Script, v lectern.Voice) (lectern.Narration, error) {
	e := c.engine(v.Engine)
	if e == nil {
		return lectern.Narration{}, lectern.Fail(lectern.CodeUnknownVoice, "There is no voice engine %q. The engines are %s.",
			v.Engine, c.names())
	}
	n, err := e.Speak(ctx, script, v)
	if err != nil && ctx.Err() != nil {
		return lectern.Narration{}, Canceled(ctx.Err())
	}
	return n, err
}

// Fingerprint names all that shapes a reading's sound besides the script: of each voice the engine, its version and
// settings, and the speed.
func (c *Catalogue) Fingerprint(r lectern.Reading) string {
	all := []string{c.fingerprint(r.Voice)}
	for _, p := range r.Parts {
		all = append(all, c.fingerprint(p.Voice))
	}
	slices.Sort(all[1:])
	return strings.Join(slices.Compact(all), "+")
}

func (c *Catalogue) fingerprint(v lectern.Voice) string {
	e := c.engine(v.Engine)
	if e == nil {
		return "none"
	}
	return fmt.Sprintf("%s|%s|%.3f", e.Fingerprint(), v.ID, Speed(v))
}

func (c *Catalogue) engine(name string) Engine {
	for _, e := range c.engines {
		if e.Name() == name {
			return e
		}
	}
	return nil
}

func (c *Catalogue) names() string {
	var names []string
	for _, e := range c.engines {
		names = append(names, e.Name())
	}
	return strings.Join(names, ", ")
}

// canonical returns the name of the engine that a deck calls name.
func canonical(name string) string {
	n := strings.ToLower(strings.TrimSpace(name))
	switch n {
	case "espeak-ng", "espeakng":
		return "espeak"
	}
	return n
}

// resolver is one call of [Catalogue.Resolve].
type resolver struct {
	choice   lectern.VoiceChoice
	text     string
	all      []lectern.Voice
	warnings []lectern.Warning
}

func (r *resolver) warn(code, format string, args ...any) {
	r.warnings = append(r.warnings, lectern.Warning{Code: code, Message: fmt.Sprintf(format, args...)})
}

func (r *resolver) speed() float64 {
	want := r.choice.Speed
	if want == 0 {
		return 0
	}
	got := Speed(lectern.Voice{Speed: want})
	if got != want {
		r.warn("voice_speed", "The speed %g is outside %g to %g; %g is used.", want, MinSpeed, MaxSpeed, got)
	}
	return got
}

func (r *resolver) voice(c *Catalogue) (lectern.Voice, error) {
	engine, id := r.choice.Engine, strings.TrimSpace(r.choice.ID)
	here := engine == "" || slices.ContainsFunc(r.all, func(v lectern.Voice) bool { return v.Engine == engine })
	if engine != "" && !here {
		if c.engine(engine) != nil {
			r.warn("voice_unavailable", "The voice engine %s is not installed on this machine; another voice is used.", engine)
		} else {
			r.warn("voice_unavailable", "The voice service %s cannot be reached from this machine; an installed voice is used.",
				r.choice.Engine)
		}
		return r.nearest("", r.language(foreignLanguage(id)), foreignGender(id))
	}
	if id == "" {
		return r.nearest(engine, r.language(""), r.choice.Gender)
	}
	for _, v := range r.all {
		if (engine == "" || v.Engine == engine) && strings.EqualFold(v.ID, id) {
			r.mismatch(v)
			return v, nil
		}
	}
	// An id may also be a language alone: "uk", "en-GB".
	for _, v := range r.all {
		if (engine == "" || v.Engine == engine) && strings.EqualFold(v.Language, id) {
			return r.nearest(engine, v.Language, r.choice.Gender)
		}
	}
	if engine == "" && foreign(id) {
		r.warn("voice_unavailable", "The voice %s belongs to a service that cannot be reached from this machine; an "+
			"installed voice is used.", id)
		return r.nearest("", r.language(foreignLanguage(id)), foreignGender(id))
	}
	f := lectern.Fail(lectern.CodeUnknownVoice, "There is no voice %q%s. The most similar are %s.", clip(id), of(engine),
		strings.Join(r.close(engine, id), ", "))
	f.Param = "voice.id"
	return lectern.Voice{}, f
}

func of(engine string) string {
	if engine == "" {
		return ""
	}
	return " of " + engine
}

// language returns the language to speak: that of the choice, or of the text. named is the language of the service's
// voice that the choice names, or "". It counts unless the text is in another language.
func (r *resolver) language(named string) string {
	if r.choice.Language != "" {
		return r.choice.Language
	}
	found := Recognise(r.text)
	switch {
	case named == "":
		return found
	case found == "" || base(found) == base(named):
		return named
	}
	return found // multilingual voices often have English names, so the text decides
}

// mismatch warns if the text is clearly in another language than the voice.
func (r *resolver) mismatch(v lectern.Voice) {
	found, certain := Certain(r.text)
	if certain && base(found) != base(v.Language) {
		r.warn("voice_language", "The voice %s speaks %s, but the text looks like %s.", v.ID, v.Language, found)
	}
}

// nearest returns the best voice for a language and, if possible, a gender: of the given engine, or of any if engine is
// "".
func (r *resolver) nearest(engine, language, gender string) (lectern.Voice, error) {
	if gender == "" {
		gender = r.choice.Gender
	}
	best, most := -1, -1
	for i, v := range r.all {
		if engine != "" && v.Engine != engine {
			continue
		}
		if p := points(v, language, gender); p > most {
			best, most = i, p
		}
	}
	if best < 0 {
		return lectern.Voice{}, lectern.Fail(lectern.CodeMissingTool,
			"No voice is installed on this machine. Install one with: apt-get install espeak-ng flite")
	}
	v := r.all[best]
	if most == 0 {
		r.warn("voice_language", "No voice here speaks %s; %s (%s) reads it.", language, v.Name, v.Language)
	}
	return v, nil
}

// points rates a voice for a language (English if empty) and, if set, a gender; the language counts first.
func points(v lectern.Voice, language, gender string) int {
	if language == "" {
		language = "en"
	}
	p := 2 * fit(v.Language, language)
	if p > 0 && (gender == "" || v.Gender == "" || strings.EqualFold(v.Gender, gender)) {
		p++
	}
	return p
}

// perfect is the highest result of [points].
const perfect = 2*3 + 1

// fit rates how well a voice's language serves for another: 0 not at all, 3 the very same. Without a region in the
// request, all regions are equal and the engine's order decides.
func fit(have, want string) int {
	have, want = strings.ToLower(have), strings.ToLower(strings.ReplaceAll(want, "_", "-"))
	switch {
	case have == want:
		return 3
	case base(have) != macro(base(want)) && base(have) != base(want):
		return 0
	case !strings.Contains(want, "-"):
		return 3
	case !strings.Contains(have, "-"):
		return 2
	}
	return 1
}

// macro returns the tag under which engines list a language that has several tags.
func macro(lang string) string {
	switch lang {
	case "no", "nn":
		return "nb"
	case "cmn":
		return "zh"
	case "tl":
		return "fil"
	case "iw":
		return "he"
	case "in":
		return "id"
	}
	return lang
}

// close returns up to five voices whose ids look like id, the most similar first.
func (r *resolver) close(engine, id string) []string {
	type near struct {
		name string
		d    int
	}
	short := func(s string) string { s = strings.ToLower(s); return s[:min(len(s), 64)] } // an id may be long
	var all []near
	for _, v := range r.all {
		if engine == "" || v.Engine == engine {
			all = append(all, near{v.ID, lectern.EditDistance(short(id), short(v.ID))})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int { return a.d - b.d })
	var names []string
	for _, n := range all[:min(len(all), 5)] {
		names = append(names, n.name)
	}
	return names
}
