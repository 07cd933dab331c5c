package tts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
)

// talker is an engine that says its words as tones, at a rate and a level of its own.
type talker struct {
	fakeEngine
	rate  int
	level float64
}

func (e talker) Speak(ctx context.Context, script lectern.Script, v lectern.Voice) (lectern.Narration, error) {
	return Compose(ctx, script.Text, v, Prepare(script, v.Language, nil),
		fake(e.rate, 100*time.Millisecond, 300*time.Millisecond, e.level))
}

func talkers(more ...lectern.Voice) *Catalogue {
	return NewCatalogue(talker{fakeEngine{name: "flite", voices: []lectern.Voice{voice("flite", "rms", "en-US", "male")}},
		16000, 0.05},
		talker{fakeEngine{name: "espeak", voices: append([]lectern.Voice{voice("espeak", "en-us-male", "en-US", "male"),
			voice("espeak", "ru-female", "ru", "female"),
			voice("espeak", "ru-male", "ru", "male"), voice("espeak", "uk-male", "uk", "male"), voice("espeak", "el-male", "el",
				"male")}, more...)}, 22050, 0.9})
}

func TestS6StretchesChangeWithTheScript(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Hello.":                      {"latin: Hello."},
		"Привет is hello and 你好 too.": {"cyrillic: Привет ", "latin: is hello and ", "han: 你好 ", "latin: too."},
		"5 км (see «GitHub»), 3.14":   {"cyrillic: 5 км ", "latin: (see «GitHub»), 3.14"},
		"π and Ω, but λόγος":          {"latin: π and Ω, but ", "el: λόγος"},
		"コンピューターは便利 and カ":            {"han: コンピューターは便利 ", "latin: and ", "han: カ"},
		"… 5 !":                       {": … 5 !"},
		"IT-компания":                 {"latin: IT-", "cyrillic: компания"},
		"བོད་ is Tibetan":             {"Tibetan: བོད་ ", "latin: is Tibetan"},
	} {
		var got []string
		for _, s := range stretches(text) {
			got = append(got, s.script+": "+text[s.start:s.end])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		at := 0
		for _, s := range stretches(text) {
			if s.start != at || s.end <= s.start {
				t.Fatalf("the stretch %+v of %q does not begin at %d", s, text, at)
			}
			at = s.end
		}
		if at != len(text) {
			t.Fatalf("the stretches of %q end at %d", text, at)
		}
	})
}

// read resolves and speaks a narration, and returns which voice reads which stretch.
func read(t *testing.T, c *Catalogue, text string) (lectern.Narration, string, []lectern.Warning) {
	t.Helper()
	r, warnings, err := c.Resolve(t.Context(), lectern.VoiceChoice{}, lectern.ParseScript(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	n, err := c.Speak(t.Context(), r)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	shown := r.Voice.ID
	for _, p := range r.Parts {
		shown += "|" + p.Voice.ID + ":" + strings.TrimSpace(r.Script.Text[p.Start:p.End])
	}
	var words strings.Builder
	for _, w := range n.Words {
		words.WriteString(w.Text)
	}
	if Bare(words.String()) != Bare(r.Script.Text) {
		t.Errorf("%q: the words are %q", text, words.String())
	}
	return n, shown, warnings
}

// S6: each stretch in another script is read by a voice that can read it, with the same level and without a gap. This
// holds for Latin among other scripts too.
func TestS6OtherScriptsAreRead(t *testing.T) {
	t.Parallel()
	c := talkers(voice("espeak", "zh-male", "zh", "male"))
	n, got, warnings := read(t, c, "Привет is hello and 你好 too.")
	if got != "rms|ru-male:Привет|zh-male:你好" || len(warnings) > 0 {
		t.Errorf("the stretches are read by %s, with the warnings %v", got, warnings)
	}
	for i, w := range n.Words {
		if l := SpeechLevel(n.Samples[w.Start:w.End], lectern.SampleRate); l < -21.5 || l > -18.5 {
			t.Errorf("%q is at %.1f dB", w.Text, l)
		}
		if i > 0 && w.Start-n.Words[i-1].End > lectern.SampleRate/4 { // the fake leaves 200 ms after each word
			t.Errorf("%d samples of silence in front of %q", w.Start-n.Words[i-1].End, w.Text)
		}
	}
	for text, want := range map[string]string{
		"Сегодня мы смотрим на Kubernetes и другие вещи.": "ru-female|en-us-male:Kubernetes",
		"The word λόγος, and π.": "rms|el-male:λόγος,",
		"Plain English.":         "rms",
	} {
		if _, got, _ := read(t, c, text); got != want {
			t.Errorf("%q is read by %s, want %s", text, got, want)
		}
	}
}

// S6: a stretch that no voice can read gives a warning with its text, and the rest is spoken. A narration of which no
// voice can read anything is a failure.
func TestS6TextThatNoVoiceReadsGivesAWarning(t *testing.T) {
	t.Parallel()
	c := talkers()
	n, got, warnings := read(t, c, "你好 is hello, and བོད་ is not.")
	if len(n.Words) != 5 || n.Words[0].Text != "你好 is" || n.Words[2].Text != "and བོད་" || got != "rms|:你好|:བོད་" {
		t.Errorf("the stretches are read by %s, the words are %v", got, n.Words)
	}
	if len(warnings) != 2 || warnings[0].Code != "voice_script" || !strings.Contains(warnings[0].Message, "你好") ||
		!strings.Contains(warnings[1].Message, "བོད་") {
		t.Errorf("the warnings are %v, want one for each stretch that no voice reads", warnings)
	}
	if _, _, err := c.Resolve(t.Context(), lectern.VoiceChoice{},
		lectern.Plain("你好。")); !errors.Is(err, &lectern.Failure{Code: lectern.CodeVoiceFailed}) {
		t.Errorf("text that no voice can read gives %v", err)
	}
}

// S6: the voices of the stretches are in the fingerprint.
func TestS6FingerprintHoldsAllVoices(t *testing.T) {
	t.Parallel()
	c := talkers()
	a := lectern.Reading{Voice: voice("flite", "rms", "en-US", "male")}
	b := a
	b.Parts = []lectern.Part{{End: 1, Voice: voice("espeak", "ru-male", "ru", "male")}}
	if c.Fingerprint(a) == c.Fingerprint(b) || !strings.Contains(c.Fingerprint(b), "ru-male") {
		t.Errorf("%q and %q", c.Fingerprint(a), c.Fingerprint(b))
	}
}

// S6 and S7: a pause between stretches is as long as the script says.
func TestS6PausesBetweenStretchesAreAsLongAsWritten(t *testing.T) {
	t.Parallel()
	n, _, _ := read(t, talkers(), "One [pause 1s] привет. [pause 2s] Two [pause 500ms]")
	var gaps []time.Duration
	for i, w := range n.Words[1:] {
		gaps = append(gaps, time.Duration(w.Start-n.Words[i].End)*time.Second/lectern.SampleRate)
	}
	for i, want := range []time.Duration{time.Second, 2 * time.Second} {
		if d := gaps[i] - want; d < -25*time.Millisecond || d > 25*time.Millisecond {
			t.Errorf("pause %d lasts %v", i, gaps[i])
		}
	}
}

// Whole sentences in another language of the same script are read by a voice of that language, if there is one. Names
// and quotes inside a sentence are not.
func TestSentencesInAnotherLanguageHaveAVoiceOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := talkers(voice("espeak", "de-male", "de", "male"))
	const (
		english = "This is the plan for today, and we begin with the results of the last quarter, which were good. "
		german  = "Das ist der Plan für heute und morgen.\nJa.\nUnd das ist noch ein Satz auf Deutsch."
		french  = "Bonjour à tous et bienvenue dans notre présentation."
	)
	for text, want := range map[string]string{
		english + "Herzlich willkommen zu unserer Sitzung, liebe Kollegen! " + english: "rms|de-male:Herzlich willkommen " +
			"zu unserer Sitzung, liebe Kollegen!",
		english + "\n\n" + german + "\n\n" + english:                                 "rms|de-male:" + german,
		english + "The Süddeutsche Zeitung and Der Spiegel wrote about it in March.": "rms",
		english + french: "rms", // no voice speaks French
	} {
		if _, got, warnings := read(t, c, text); got != want || len(warnings) > 0 {
			t.Errorf("%q is read by\n%s, want\n%s; %v", text, got, want, warnings)
		}
	}
	mixed := "Heute sehen wir uns an, wie das Team arbeitet. We also have one sentence in English here."
	r, _, err := c.Resolve(t.Context(), lectern.VoiceChoice{Engine: "flite", ID: "rms"}, lectern.ParseScript(mixed))
	if err != nil || len(r.Parts) > 0 {
		t.Errorf("a voice of another language than the text is chosen: %+v, %v", r.Parts, err)
	}
}

func TestSentenceEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab .!?"\n3]{0,40}`).Draw(t, "text")
		at := 0
		for _, end := range sentenceEnds(text) {
			if end <= at {
				t.Fatalf("%q: a sentence ends at %d after %d", text, end, at)
			}
			at = end
		}
		if at != len(text) {
			t.Fatalf("%q: the last sentence ends at %d", text, at)
		}
	})
	for text, want := range map[string]int{"One. Two! Three?": 3, "Version 3.5 of example.org": 1, "a\nb": 2, "": 0,
		"He said \"no.\" Then": 2, " ": 1} {
		if got := sentenceEnds(text); len(got) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
