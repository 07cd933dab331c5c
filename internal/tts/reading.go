package tts

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"lectern"
)

// A narration may hold words in another script than its voice reads: Привет, 你好. Engines skip such words or spell them.
// So a script is cut into stretches, and a voice that can read it speaks each stretch that the first voice cannot.

// Reader is an engine whose voices read more scripts than that of their language.
type Reader interface {
	// Reads reports whether v reads words in the script with the ISO 15924 code iso, such as "Latn".
	Reads(v lectern.Voice, iso string) bool
}

// stretch is a run of letters of one script with the characters around them.
type stretch struct {
	start, end int
	tongue
}

// tongue is what decides which voice reads a stretch.
type tongue struct {
	script   string // as alphabet names it; empty: no letters
	language string // of whole sentences in another language than the rest of the narration; empty: not known
}

// stretches cuts text where its script changes. Digits, marks and white space belong to the stretch before them,
// opening marks to the one after them.
func stretches(text string) []stretch {
	var out []stretch
	cut, before := 0, rune(0) // cut: where a new stretch would begin
	for i, r := range text {
		s := ""
		if unicode.IsLetter(r) {
			s = alphabet(r)
			if s == "el" && lonely(text[i:], before) {
				s = "" // a symbol: "π is 3.14"
			}
		}
		switch n := len(out); {
		case n == 0:
			out = append(out, stretch{tongue: tongue{script: s}})
		case s != "" && out[n-1].script == "":
			out[n-1].script = s
		case s != "" && out[n-1].script != s:
			out[n-1].end = cut
			out = append(out, stretch{start: cut, tongue: tongue{script: s}})
		}
		if !opener(r) {
			_, size := utf8.DecodeRuneInString(text[i:])
			cut = i + size
		}
		before = r
	}
	if len(out) > 0 {
		out[len(out)-1].end = len(text)
	}
	return out
}

func opener(r rune) bool {
	return unicode.In(r, unicode.Ps, unicode.Pi) || strings.ContainsRune("\"'¿¡", r)
}

// lonely reports whether the letter that rest begins with stands alone.
func lonely(rest string, before rune) bool {
	_, n := utf8.DecodeRuneInString(rest)
	after, _ := utf8.DecodeRuneInString(rest[n:])
	letter := func(r rune) bool { return unicode.Is(unicode.Greek, r) || unicode.Is(unicode.M, r) }
	return !letter(before) && !letter(after)
}

// alphabet returns the script of a letter as script does, with one name for those of Chinese and Japanese, and the
// Unicode name for scripts that script does not know; empty for letters that many scripts share.
func alphabet(r rune) string {
	switch s := script(r); s {
	case "kana":
		return "han"
	case "":
	default:
		return s
	}
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	if unicode.Is(unicode.Latin, r) {
		return "latin"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// isoScripts are the ISO 15924 codes of the scripts that voices read.
var isoScripts = map[string]string{
	"Latn": "latin", "Cyrl": "cyrillic", "Hans": "han", "Hant": "han", "Hani": "han", "Jpan": "han", "Kore": "ko",
	"Hang": "ko", "Arab": "arabic",
	"Hebr": "hebrew", "Deva": "devanagari", "Grek": "el", "Thai": "th", "Geor": "ka", "Armn": "hy", "Beng": "bn",
	"Taml": "ta", "Telu": "te",
	"Knda": "kn", "Mlym": "ml", "Gujr": "gu", "Guru": "pa", "Orya": "or", "Sinh": "si", "Ethi": "am", "Mymr": "my",
	"Khmr": "km", "Laoo": "lo",
	"Cher": "chr",
}

// reads reports whether v reads letters of a script, as alphabet names it.
func (c *Catalogue) reads(v lectern.Voice, script string) bool {
	code, _ := language.Make(v.Language).Script()
	own, ok := isoScripts[code.String()]
	if !ok {
		own = "latin"
	}
	if script == "" || script == own || script == "latin" && base(v.Language) == "sr" {
		return true
	}
	e, ok := find[Reader](c.engine(v.Engine))
	if !ok {
		return false
	}
	for iso, name := range isoScripts {
		if name == script && e.Reads(v, iso) {
			return true
		}
	}
	return false
}

// parts finds voices for the stretches of text that v cannot read, or that are in another language. It fails if no
// voice can read any of the text.
func (c *Catalogue) parts(ctx context.Context, r *resolver, v lectern.Voice) ([]lectern.Part, error) {
	all := foreignSentences(stretches(r.text), r.text, v.Language)
	letters := map[tongue]string{} // all stretches of it
	var order []tongue
	for _, s := range all {
		if letters[s.tongue] == "" {
			order = append(order, s.tongue)
		}
		letters[s.tongue] += r.text[s.start:s.end] + " "
	}
	voices, spoken := map[tongue]lectern.Voice{}, false
	for _, t := range order {
		script := t.script
		if t.language != "" {
			other, err := c.speaker(ctx, v, t)
			if err != nil {
				return nil, err
			}
			voices[t], spoken = other, true
			continue
		}
		if c.reads(v, script) && !(script == "latin" && len(order) > 1 && c.notEnglish(v, letters[t])) {
			voices[t], spoken = v, spoken || script != ""
			continue
		}
		other, err := c.other(ctx, v, script, Recognise(letters[t]))
		if err != nil {
			return nil, err
		}
		if voices[t] = other; other.ID != "" {
			spoken = true
			if d, ok := find[Doubter](c.engine(other.Engine)); ok && d.Doubt(other) != "" {
				r.warn("voice_quality", "%s", d.Doubt(other))
			}
			continue
		}
		r.warn("voice_script", "No voice here can read %q; it is shown and not spoken.",
			clip(strings.TrimSpace(letters[t])))
	}
	if !spoken && len(order) > 0 && order[0].script != "" {
		return nil, lectern.Fail(lectern.CodeVoiceFailed,
			"No voice on this machine can read the script of this narration (%q). Install a voice for it, or leave the "+
				"narration out.", clip(r.text))
	}
	var parts []lectern.Part
	for _, s := range all {
		voice := voices[s.tongue]
		if voice == v {
			continue
		}
		voice.Speed = v.Speed
		if n := len(parts); n > 0 && parts[n-1].End == s.start && parts[n-1].Voice.ID == voice.ID {
			parts[n-1].End = s.end
		} else {
			parts = append(parts, lectern.Part{Start: s.start, End: s.end, Voice: voice})
		}
	}
	return parts, nil
}

// speaker returns the voice that speaks a language instead of v; v itself if no voice does.
func (c *Catalogue) speaker(ctx context.Context, v lectern.Voice, t tongue) (lectern.Voice, error) {
	other, err := c.other(ctx, v, t.script, t.language)
	if err != nil || other.ID == "" || fit(other.Language, t.language) == 0 {
		return v, err
	}
	return other, nil
}

// notEnglish reports whether Latin text in a narration of another script is clearly not English. A voice of the other
// script that also reads Latin would read it as English.
func (c *Catalogue) notEnglish(v lectern.Voice, text string) bool {
	code, _ := language.Make(v.Language).Script()
	if isoScripts[code.String()] == "latin" || base(v.Language) == "sr" {
		return false
	}
	found, margin := recognise(text)
	return margin > 12 && found != "en"
}

// other returns the voice that reads a script instead of v: in the language, preferably of v's engine and gender. Its
// ID is empty if no voice reads the script.
func (c *Catalogue) other(ctx context.Context, v lectern.Voice, script, language string) (lectern.Voice, error) {
	all, err := c.Voices(ctx)
	if err != nil {
		return lectern.Voice{}, err
	}
	var best lectern.Voice
	most := -1
	for _, w := range all {
		if !c.reads(w, script) {
			continue
		}
		p := 4 * fit(w.Language, language)
		if w.Engine == v.Engine {
			p += 2
		}
		if v.Gender == "" || w.Gender == v.Gender {
			p++
		}
		if p > most {
			best, most = w, p
		}
	}
	return best, nil
}

// together speaks a reading of several voices, stretch by stretch, and joins what they say.
func (c *Catalogue) together(ctx context.Context, r lectern.Reading) (lectern.Narration, error) {
	j := joiner{text: r.Script.Text, voice: r.Voice, out: lectern.Narration{Voice: r.Voice}}
	at := 0
	say := func(start, end int, v lectern.Voice) error {
		if start >= end {
			return nil
		}
		part := r.Script.Part(start, end)
		var n lectern.Narration
		if v.ID != "" && HasSpeech(part.Text) {
			var err error
			if n, err = c.speak(ctx, part, v); err != nil {
				return err
			}
		}
		return j.add(start, end, part, n)
	}
	for _, p := range append(slices.Clone(r.Parts), lectern.Part{Start: len(j.text), End: len(j.text)}) {
		if err := say(at, p.Start, r.Voice); err != nil {
			return lectern.Narration{}, err
		}
		if err := say(p.Start, p.End, p.Voice); err != nil {
			return lectern.Narration{}, err
		}
		at = p.End
	}
	if len(j.out.Words) == 0 {
		j.out.Samples = nil
	}
	return j.out, nil
}

// joiner puts narrations of stretches together.
type joiner struct {
	text  string
	voice lectern.Voice
	out   lectern.Narration
	said  int    // where the last word that was said ends in the text
	lead  string // the text before the first word, which is not said
}

// add appends n, the narration of text[start:end]. If n has no words, the text is added to the word before, or kept in
// lead, and only the pauses of part are appended.
func (j *joiner) add(start, end int, part lectern.Script, n lectern.Narration) error {
	if len(n.Words) == 0 {
		if k := len(j.out.Words); k > 0 {
			j.out.Words[k-1].Text += strings.TrimRightFunc(j.text[j.said:end], unicode.IsSpace)
			j.said = end - len(j.text[j.said:end]) + len(strings.TrimRightFunc(j.text[j.said:end], unicode.IsSpace))
		} else {
			j.lead = strings.TrimLeftFunc(j.text[:end], unicode.IsSpace)
		}
		if pauses := part.Pauses(); pauses > 0 {
			j.out.Samples = append(j.out.Samples, make([]int16, samplesOf(min(pauses, MaxDuration), lectern.SampleRate))...)
		}
		return j.fits()
	}
	cut := int64(0)
	if pauseFirst(part) && len(j.out.Words) > 0 { // both stretches have their own silence
		cut = min(int64(samplesOf(2*edge, lectern.SampleRate)), n.Words[0].Start)
	} else if len(j.out.Words) > 0 {
		j.out.Samples = append(j.out.Samples, make([]int16, samplesOf(j.joint(start, n), lectern.SampleRate))...)
	}
	n.Words[0].Text, j.lead = j.lead+n.Words[0].Text, ""
	offset := int64(len(j.out.Samples)) - cut
	j.out.Samples = append(j.out.Samples, n.Samples[cut:]...)
	for _, w := range n.Words {
		j.out.Words = append(j.out.Words, lectern.Span{Text: w.Text, Start: w.Start + offset, End: w.End + offset})
	}
	for _, p := range n.Phonemes {
		j.out.Phonemes = append(j.out.Phonemes, lectern.Span{Text: p.Text, Start: p.Start + offset, End: p.End + offset})
	}
	j.said = start + len(strings.TrimRightFunc(j.text[start:end], unicode.IsSpace))
	return j.fits()
}

func (j *joiner) fits() error {
	if j.out.Duration() > MaxDuration {
		return lectern.Fail(lectern.CodeTooLarge, "The narration would last longer than %v. Divide it over several slides.",
			MaxDuration)
	}
	return nil
}

// pauseFirst reports whether a script begins with a pause.
func pauseFirst(part lectern.Script) bool {
	return slices.ContainsFunc(part.Marks, func(m lectern.Mark) bool {
		return m.Name == lectern.MarkPause &&
			m.Start == 0
	})
}

// joint is the silence before a stretch: as between sentences if one ends there, very short between words, none within
// a word.
func (j *joiner) joint(start int, n lectern.Narration) time.Duration {
	last := j.out.Words[len(j.out.Words)-1].Text
	between := j.text[len(strings.TrimRightFunc(j.text[:start], unicode.IsSpace)):start]
	a := token{text: last, say: Speakable(last)}
	b := token{text: n.Words[0].Text, say: Speakable(n.Words[0].Text), lines: strings.Count(between, "\n"),
		glued: between == ""}
	pause, ends := boundary(a, b, base(j.voice.Language))
	switch {
	case ends:
		return time.Duration(float64(pause.Length()) / Speed(j.voice))
	case strings.ContainsRune(",;:、，；：،", lastRune(a.say)):
		return time.Duration(float64(PauseClause.Length()) / Speed(j.voice))
	case b.glued:
		return 0
	}
	return time.Duration(float64(PauseNone.Length()) / Speed(j.voice))
}
