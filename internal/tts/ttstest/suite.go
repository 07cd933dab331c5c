// Package ttstest is the conformance suite of voice engines. A new engine is done when it passes.
//
// It judges an engine by its sound: it checks the reported times by measuring where the audio is loud, with code that
// shares nothing with the engines.
package ttstest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/tts"
)

// Options says what the engine under test can do.
type Options struct {
	Voice       string // the id of the voice to test with
	Text        string // a few sentences in its language, with a comma and a question in them
	NoPhonemes  bool   // the engine knows no phonemes
	Approximate bool   // times are estimated from the audio: the onsets of phonemes are not judged
	LongText    int    // bytes of the long text; 0: 20,000
	OwnScript   bool   // the engine reads only the script of its language, and refuses text in others
}

// Run runs the suite on the engine that open returns. open is called once for each test and cleans up by itself.
func Run(t *testing.T, open func(t *testing.T) tts.Engine, o Options) {
	t.Helper()
	s := suite{open: open, o: o}
	for _, c := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"Voices", s.voices},
		{"Fingerprint", s.fingerprint},
		{"Words", s.words},
		{"Phonemes", s.phonemes},
		{"Onsets", s.onsets},
		{"Pauses", s.pauses},
		{"Level", s.level},
		{"Speed", s.speed},
		{"Deterministic", s.deterministic},
		{"Concurrent", s.concurrent},
		{"Canceled", s.canceled},
		{"Long", s.long},
		{"TooLong", s.tooLong},
		{"Torture", s.torture},
		{"Nothing", s.nothing},
		{"UnknownVoice", s.unknownVoice},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

type suite struct {
	open func(t *testing.T) tts.Engine
	o    Options
}

// voice finds the voice under test in the engine's own list.
func (s suite) voice(t *testing.T, e tts.Engine) lectern.Voice {
	t.Helper()
	voices, err := e.Voices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range voices {
		if v.ID == s.o.Voice {
			return v
		}
	}
	t.Fatalf("%s has no voice %q", e.Name(), s.o.Voice)
	return lectern.Voice{}
}

func (s suite) speak(t *testing.T, text string) lectern.Narration {
	t.Helper()
	e := s.open(t)
	n, err := e.Speak(t.Context(), lectern.Plain(text), s.voice(t, e))
	if err != nil {
		t.Fatalf("Speak(%.80q): %v", text, describe(err))
	}
	Check(t, text, n)
	return n
}

// describe shows a failure with its private detail.
func describe(err error) string {
	f := lectern.AsFailure(err)
	return string(f.Code) + ": " + f.Message + " — " + f.Detail
}

// Check checks what holds for every narration of text: the spans are in order, within the audio and do not overlap, and
// the words are those of the text.
func Check(t testing.TB, text string, n lectern.Narration) {
	t.Helper()
	spans(t, "words", n.Words, len(n.Samples))
	spans(t, "phonemes", n.Phonemes, len(n.Samples))
	if len(n.Samples) == 0 {
		if len(n.Words)+len(n.Phonemes) > 0 {
			t.Errorf("no sound but %d words and %d phonemes", len(n.Words), len(n.Phonemes))
		}
		return
	}
	var b strings.Builder
	for _, w := range n.Words {
		b.WriteString(w.Text)
	}
	if got, want := tts.Bare(b.String()), tts.Bare(text); got != want {
		t.Errorf("the words are not those of the text:\n got %.300q\nwant %.300q", got, want)
	}
}

func spans(t testing.TB, kind string, all []lectern.Span, n int) {
	t.Helper()
	at := int64(0)
	for i, s := range all {
		if s.Start < at || s.End <= s.Start || s.End > int64(n) || s.Text == "" {
			t.Errorf("%s[%d] = %q %d–%d after %d in %d samples", kind, i, s.Text, s.Start, s.End, at, n)
			return
		}
		at = s.End
	}
}

func (s suite) voices(t *testing.T) {
	e := s.open(t)
	voices, err := e.Voices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, v := range voices {
		switch {
		case v.Engine != e.Name():
			t.Errorf("voice %q is of engine %q, not %q", v.ID, v.Engine, e.Name())
		case v.ID == "" || seen[v.ID]:
			t.Errorf("voice id %q is empty or there twice", v.ID)
		case v.Name == "" || !tagged(v.Language):
			t.Errorf("voice %q has the name %q and the language %q", v.ID, v.Name, v.Language)
		case v.Gender != "" && v.Gender != "male" && v.Gender != "female":
			t.Errorf("voice %q has the gender %q", v.ID, v.Gender)
		}
		seen[v.ID] = true
	}
	again, err := e.Voices(t.Context())
	if err != nil || !slices.Equal(voices, again) {
		t.Errorf("a second call of Voices returns other voices (%v)", err)
	}
}

// tagged reports whether a language tag has the shape of BCP 47.
func tagged(tag string) bool {
	parts := strings.Split(tag, "-")
	if len(parts[0]) < 2 || len(parts[0]) > 3 || parts[0] != strings.ToLower(parts[0]) {
		return false
	}
	for _, p := range parts {
		if p == "" || len(p) > 8 || strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return false
		}
	}
	return true
}

func (s suite) fingerprint(t *testing.T) {
	a, b := s.open(t).Fingerprint(), s.open(t).Fingerprint()
	if a == "" || a != b {
		t.Errorf("two engines of one kind have the fingerprints %q and %q", a, b)
	}
}

func (s suite) words(t *testing.T) {
	n := s.speak(t, s.o.Text)
	if n.Voice.ID != s.o.Voice {
		t.Errorf("the narration is of voice %q", n.Voice.ID)
	}
	if got, want := len(n.Words), len(strings.Fields(s.o.Text)); got != want {
		t.Errorf("the narration has %d words, the text %d", got, want)
	}
	for _, w := range n.Words {
		if d := time.Duration(w.End-w.Start) * time.Second / lectern.SampleRate; d < 25*time.Millisecond ||
			d > 3*time.Second {
			t.Errorf("%q lasts %v", w.Text, d)
		}
	}
}

// phonemes: where there is a phoneme there is sound, and where there is sound there is a phoneme.
func (s suite) phonemes(t *testing.T) {
	if s.o.NoPhonemes {
		return
	}
	n := s.speak(t, s.o.Text)
	if len(n.Phonemes) < 2*len(n.Words) {
		t.Fatalf("%d phonemes for %d words", len(n.Phonemes), len(n.Words))
	}
	frame := lectern.SampleRate / 100
	loud, bare, hushed, covered := 0, 0, 0, 0
	for i := 0; i+frame <= len(n.Samples); i += frame {
		in := covers(n.Phonemes, int64(i+frame/2))
		switch db := decibels(n.Samples[i : i+frame]); {
		case db > -35:
			loud++
			if !in {
				bare++
			}
		case silent(n.Samples, i+frame/2, 80*time.Millisecond):
			hushed++
			if in {
				covered++
			}
		}
	}
	allowed := 0.01
	if s.o.Approximate {
		allowed = 0.03
	}
	if loud == 0 || float64(bare) > allowed*float64(loud) {
		t.Errorf("%d of %d loud frames have no phoneme", bare, loud)
	}
	if float64(covered) > 0.05*float64(hushed) {
		t.Errorf("%d of %d silent frames have a phoneme", covered, hushed)
	}
}

func covers(spans []lectern.Span, at int64) bool {
	for _, s := range spans {
		if at >= s.Start && at < s.End {
			return true
		}
	}
	return false
}

// silent reports whether the audio is silent from reach before to reach after a place.
func silent(samples []int16, at int, reach time.Duration) bool {
	r := int(reach) * lectern.SampleRate / int(time.Second)
	return decibels(samples[max(0, at-r):min(len(samples), at+r)]) < -60
}

func decibels(samples []int16) float64 {
	var e float64
	for _, v := range samples {
		e += float64(v) * float64(v) / (32768 * 32768)
	}
	return 10 * math.Log10(e/float64(max(1, len(samples)))+1e-12)
}

// onsets: after a silence, the first word and the first phoneme begin within 40 ms of the sound.
func (s suite) onsets(t *testing.T) {
	n := s.speak(t, s.o.Text)
	if s.o.Approximate || s.o.NoPhonemes {
		n.Phonemes = nil
	}
	CheckTimes(t, n, 40*time.Millisecond)
}

// CheckTimes measures where sound begins after 0.2 s of silence or more. It requires that a word begins within allowed
// of each such place, and a phoneme too if there are any. The suite allows 40 ms: about one frame of video, and less
// than people notice between sound and lips.
func CheckTimes(t testing.TB, n lectern.Narration, allowed time.Duration) {
	t.Helper()
	at := starts(n.Samples, 200*time.Millisecond)
	if len(at) < 2 {
		t.Errorf("the narration has %d onsets, too few to judge", len(at))
	}
	var worst time.Duration
	for _, on := range at {
		for kind, spans := range map[string][]lectern.Span{"word": n.Words, "phoneme": n.Phonemes} {
			if len(spans) == 0 {
				continue
			}
			d := nearest(spans, on)
			worst = max(worst, d)
			if d > allowed {
				t.Errorf("sound begins at %v, the nearest %s %v away", clock(on), kind, d)
			}
		}
	}
	t.Logf("%d onsets, at most %v off", len(at), worst)
}

// starts finds where sound begins after at least hush of silence, and at the beginning.
func starts(samples []int16, hush time.Duration) []int64 {
	frame := lectern.SampleRate / 500
	need := int(hush / (2 * time.Millisecond))
	var out []int64
	still := need
	for i := 0; i+frame <= len(samples); i += frame {
		if decibels(samples[i:i+frame]) < -50 {
			still++
			continue
		}
		if still >= need {
			out = append(out, int64(i))
		}
		still = 0
	}
	return out
}

func nearest(spans []lectern.Span, at int64) time.Duration {
	best := int64(math.MaxInt64)
	for _, s := range spans {
		best = min(best, max(s.Start-at, at-s.Start))
	}
	return clock(best)
}

func clock(samples int64) time.Duration {
	if samples > 1<<40 {
		return time.Hour
	}
	return time.Duration(samples) * time.Second / lectern.SampleRate
}

// pauses: there is a pause between sentences, a longer one between paragraphs, and no silence at the ends.
func (s suite) pauses(t *testing.T) {
	first, rest, ok := strings.Cut(s.o.Text, ". ")
	if !ok {
		t.Fatal("the text of the options needs two sentences")
	}
	for _, c := range []struct {
		joint    string
		from, to time.Duration
	}{
		{". ", 280 * time.Millisecond, 480 * time.Millisecond},
		{".\n\n", 560 * time.Millisecond, 800 * time.Millisecond},
	} {
		n := s.speak(t, first+c.joint+rest)
		words := len(strings.Fields(first))
		gap := clock(n.Words[words].Start - n.Words[words-1].End)
		if gap < c.from || gap > c.to {
			t.Errorf("%q makes a pause of %v, want %v to %v", c.joint, gap, c.from, c.to)
		}
		if on := starts(n.Samples, 0); len(on) == 0 || clock(on[0]) > 60*time.Millisecond {
			t.Errorf("the narration begins with silence")
		}
		if last := decibels(n.Samples[max(0, len(n.Samples)-lectern.SampleRate/8):]); last < -55 {
			t.Errorf("the narration ends with silence (%.0f dB)", last)
		}
	}
}

func (s suite) level(t *testing.T) {
	n := s.speak(t, s.o.Text)
	if l := tts.SpeechLevel(n.Samples, lectern.SampleRate); l < -22 || l > -18 {
		t.Errorf("speech has %.1f dBFS, want about -20", l)
	}
	var peak, jump int
	previous := 0
	sum := 0
	for _, v := range n.Samples {
		peak = max(peak, int(v), -int(v))
		jump = max(jump, int(v)-previous, previous-int(v))
		previous = int(v)
		sum += int(v)
	}
	if peak > 29_300 {
		t.Errorf("peak %d is above -1 dBFS", peak)
	}
	if dc := sum / len(n.Samples); dc > 100 || dc < -100 {
		t.Errorf("the mean of the samples is %d, want about 0", dc)
	}
	if jump > 20_000 {
		t.Errorf("a click: two samples differ by %d", jump)
	}
	for _, end := range []int16{n.Samples[0], n.Samples[len(n.Samples)-1]} {
		if end > 200 || end < -200 {
			t.Errorf("the audio begins or ends at %d", end)
		}
	}
}

func (s suite) speed(t *testing.T) {
	e := s.open(t)
	v := s.voice(t, e)
	var lengths []time.Duration
	for _, speed := range []float64{0.5, 0, 2, 99} {
		v.Speed = speed
		n, err := e.Speak(t.Context(), lectern.Plain(s.o.Text), v)
		if err != nil {
			t.Fatal(describe(err))
		}
		Check(t, s.o.Text, n)
		lengths = append(lengths, n.Duration())
	}
	normal := float64(lengths[1])
	if slow := float64(lengths[0]) / normal; slow < 1.6 || slow > 2.4 {
		t.Errorf("at half speed it takes %.2f times as long", slow)
	}
	if fast := float64(lengths[2]) / normal; fast < 0.4 || fast > 0.65 {
		t.Errorf("at double speed it takes %.2f of the time", fast)
	}
	if lengths[3] != lengths[2] {
		t.Errorf("a speed beyond 2 is not 2: %v and %v", lengths[3], lengths[2])
	}
}

func (s suite) deterministic(t *testing.T) {
	a, b := s.speak(t, s.o.Text), s.speak(t, s.o.Text)
	if !slices.Equal(a.Samples, b.Samples) || !slices.Equal(a.Words, b.Words) || !slices.Equal(a.Phonemes, b.Phonemes) {
		t.Error("the same text gave two narrations")
	}
}

// concurrent: narrations that are spoken at the same time are the same as when each is spoken alone.
func (s suite) concurrent(t *testing.T) {
	e := s.open(t)
	v := s.voice(t, e)
	parts := strings.SplitAfter(s.o.Text, ". ")
	want := make([]lectern.Narration, len(parts))
	for i, p := range parts {
		n, err := e.Speak(t.Context(), lectern.Plain(p), v)
		if err != nil {
			t.Fatal(describe(err))
		}
		want[i] = n
	}
	var wg sync.WaitGroup
	for range 4 {
		for i, p := range parts {
			wg.Go(func() {
				n, err := e.Speak(t.Context(), lectern.Plain(p), v)
				if err != nil {
					t.Error(describe(err))
				} else if !slices.Equal(n.Samples, want[i].Samples) || !slices.Equal(n.Words, want[i].Words) {
					t.Errorf("%q differs when others are spoken at the same time", p)
				}
			})
		}
	}
	wg.Wait()
}

func (s suite) canceled(t *testing.T) {
	e := s.open(t)
	v := s.voice(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Speak(ctx, lectern.Plain(s.o.Text), v); !errors.Is(err, &lectern.Failure{Code: lectern.CodeCanceled}) {
		t.Errorf("a Speak whose context has ended gives %v", err)
	}
	// A Speak of a long text is canceled while it runs.
	ctx, cancel = context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := e.Speak(ctx, lectern.Plain(strings.Repeat(s.o.Text+" ", 200)), v)
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, &lectern.Failure{Code: lectern.CodeCanceled}) {
		t.Errorf("a Speak that is canceled while it runs gives %v", err)
	}
	if _, err := e.Speak(t.Context(), lectern.Plain(s.o.Text), v); err != nil {
		t.Errorf("after that, the engine does not speak: %v", describe(err))
	}
}

// long: the engine speaks a long text, and a fifth of it without any punctuation.
func (s suite) long(t *testing.T) {
	e := s.open(t)
	v := s.voice(t, e)
	v.Speed = 2
	if s.o.LongText == 0 {
		s.o.LongText = 20_000
	}
	s.o.LongText /= shorter
	sentence := strings.Repeat(s.o.Text+"\n\n", 1+s.o.LongText/len(s.o.Text))
	stops := strings.NewReplacer(".", "", ",", "", "?", "", "!", "", "\n", " ")
	for _, text := range []string{sentence, stops.Replace(sentence[:s.o.LongText/5])} {
		n, err := e.Speak(t.Context(), lectern.Plain(text), v)
		if err != nil {
			t.Fatal(describe(err))
		}
		Check(t, text, n)
		if n.Duration() < time.Duration(len(text))*25*time.Millisecond {
			t.Errorf("%d bytes are spoken in %v", len(text), n.Duration())
		}
	}
}

func (s suite) tooLong(t *testing.T) {
	e := s.open(t)
	if _, err := e.Speak(t.Context(), lectern.Plain(strings.Repeat("word ", tts.MaxText)),
		s.voice(t, e)); !errors.Is(err, &lectern.Failure{Code: lectern.CodeTooLarge}) {
		t.Errorf("a megabyte of text gives %v", err)
	}
}

// Torture are texts on which engines tend to fail.
var Torture = []string{
	"Hello \u0000\u0001\u001b[31m world\u007f \ufeffagain.",
	"broken \xff\xfe utf-8 \xc3( here",
	"👩‍👩‍👧‍👦 family 🇺🇦 flag 👍🏽 thumbs 🎉🎉🎉 end",
	"a̷̛͈͉̓̔b̸͎̈́c̵̩̔ d" + strings.Repeat("\u0301", 300) + " end",
	"<speak><break time='9s'/>markup</speak> &amp; [[ph@ni:m]] ((x)) {y} \\n %s $HOME `id` $(id) ; rm -rf /",
	"-f /etc/passwd --help -voice nope",
	strings.Repeat("a", 300),
	strings.Repeat("1", 60),
	strings.Repeat("x.", 60) + " " + strings.Repeat("!?", 500) + " word",
	"\u202eright to left override\u202c and zero\u200bwidth",
	"# Heading\n\n- **bold** item\n- `code` item\n1. first\n2. [link](https://example.com/a_b?c=d#e)\n\n> " +
		"quote\n\n---\n\n| a | b |\n",
	"1,000,000.50 3.14 −5 °C ½ ² № 5 § 7 € 20 £30 50% 10⁶ x=y+z a/b c:\\d e@f.gh #tag @user 12:30 2026-11-24",
	"Tab\tseparated\vand\fform\u2028line\u2029paragraph\u00a0nbsp\u3000wide",
	"“Quotes” ‘inside’ «others» „deutsch“ — dash – en ‐ hyphen… ellipsis",
}

// foreignTorture are such texts in several scripts.
var foreignTorture = []string{
	"English and Українська and 中文。混合 テキスト and العربية mixed together.",
	"שלום עולם and हिन्दी text ไทย ความ 한국어 text",
	strings.Repeat("漢字", 20),
}

func (s suite) torture(t *testing.T) {
	e := s.open(t)
	v := s.voice(t, e)
	texts := Torture
	if !s.o.OwnScript {
		texts = append(slices.Clone(texts), foreignTorture...)
	}
	for _, text := range texts {
		n, err := e.Speak(t.Context(), lectern.Plain(text), v)
		if err != nil {
			t.Errorf("Speak(%.60q): %v", text, describe(err))
			continue
		}
		Check(t, text, n)
		if len(n.Samples) == 0 {
			t.Errorf("Speak(%.60q) is silent", text)
		}
	}
}

// nothing: text without anything to speak returns no samples and no error.
func (s suite) nothing(t *testing.T) {
	e := s.open(t)
	v := s.voice(t, e)
	for _, text := range []string{"", " \n\t ", "…", "?!", "🎉 👍", "---", "\u200b\ufeff", "\xff\xfe", "***", "— – -"} {
		n, err := e.Speak(t.Context(), lectern.Plain(text), v)
		if err != nil {
			t.Errorf("Speak(%q): %v", text, describe(err))
		}
		if len(n.Samples)+len(n.Words)+len(n.Phonemes) > 0 {
			t.Errorf("Speak(%q) gives %d samples and %d words", text, len(n.Samples), len(n.Words))
		}
	}
}

func (s suite) unknownVoice(t *testing.T) {
	e := s.open(t)
	for _, id := range []string{"", "no-such-voice", "../../etc/passwd", "-x", strings.Repeat("v", 10_000)} {
		v := s.voice(t, e)
		v.ID = id
		if _, err := e.Speak(t.Context(), lectern.Plain(s.o.Text),
			v); !errors.Is(err, &lectern.Failure{Code: lectern.CodeUnknownVoice}) {
			t.Errorf("Speak with voice %.40q gives %v", id, err)
		}
	}
}
