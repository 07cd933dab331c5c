package tts

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
)

// numbers is a [Say] that reads "1 234 567" as one span in words, as a normaliser does.
func numbers(text, _ string) []Span {
	var out []Span
	for _, s := range scan(text) {
		say := Speakable(text[s.Start:s.End])
		if n := len(out); n > 0 && text[s.Start:s.End] == "567" {
			out[n-2] = Span{out[n-2].Start, s.End, "one million and more"}
			out = out[:n-1]
			continue
		}
		out = append(out, Span{s.Start, s.End, say})
	}
	return out
}

// S9: a span that a reader makes is one word: as written for captions, in several words for the engine.
func TestS9SpansAreWords(t *testing.T) {
	t.Parallel()
	all := Prepare(lectern.Plain("It is 1 234\u00a0567 now. Go!"), "en", numbers)
	var words, said []string
	for _, s := range all {
		for _, w := range s.Words {
			words, said = append(words, w.Text), append(said, s.Text[w.Start:w.End])
		}
	}
	if want := []string{"It", "is", "1 234\u00a0567", "now.", "Go!"}; !reflect.DeepEqual(words, want) {
		t.Errorf("the words are %q, want %q", words, want)
	}
	if want := []string{"It", "is", "one million and more", "now.", "Go!"}; !reflect.DeepEqual(said, want) ||
		len(all) != 2 {
		t.Errorf("the spoken words are %q in %d sentences, want %q in 2", said, len(all), want)
	}
}

// Whatever spans a reader returns, the words hold all of the text.
func TestPreparedWordsHoldAllTextWhateverTheSpans(t *testing.T) {
	t.Parallel()
	pieces := []string{"word", "3.", "漢", "🎉", "—", "\n\n", " ", "é", "\u0301", "\x00", "1 2"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "pieces"), "")
		say := func(text, _ string) []Span {
			var out []Span
			at := 0
			for i := range text {
				if i > at && rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
					out = append(out, Span{at + rapid.IntRange(0, 1).Draw(t, "lost"), i,
						rapid.SampledFrom([]string{"", "one", "one two"}).Draw(t, "say")})
					at = i
				}
			}
			return out
		}
		var words strings.Builder
		all := Prepare(lectern.Plain(text), "en", say)
		for _, s := range all {
			for _, w := range s.Words {
				words.WriteString(w.Text)
			}
		}
		if len(all) > 0 && Bare(words.String()) != Bare(text) {
			t.Fatalf("the words of %q are %q", text, words.String())
		}
	})
}

// S7: a pause in the sound is as long as the script says, before, between, inside and after sentences, at every speed;
// no word is lost.
func TestS7PausesAreHeard(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{0.5, 1, 2} {
		script := lectern.ParseScript("[pause 700ms] One [pause 1.5s] two. [pause 2s] Three. — [pause 100ms] four [pause " +
			"400ms]")
		n, err := Compose(t.Context(), script.Text, lectern.Voice{ID: "v", Speed: speed}, Prepare(script, "en", nil),
			fake(22050, time.Second, 300*time.Millisecond, 0.5))
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		var gaps []time.Duration
		at := int64(0)
		for _, w := range n.Words {
			words = append(words, w.Text)
			gaps = append(gaps, time.Duration(w.Start-at)*time.Second/lectern.SampleRate)
			at = w.End
		}
		gaps = append(gaps, time.Duration(int64(len(n.Samples))-at)*time.Second/lectern.SampleRate)
		if !reflect.DeepEqual(words, []string{"One", "two.", "Three. —", "four"}) {
			t.Errorf("words %q", words)
		}
		// A sentence keeps 12 ms of its engine's silence on each side. A pause between two sentences includes these.
		for i, want := range []time.Duration{712, 1500, 2000, 100, 412} {
			if d := gaps[i] - want*time.Millisecond; d < -25*time.Millisecond || d > 25*time.Millisecond {
				t.Errorf("at speed %g pause %d lasts %v instead of %v", speed, i, gaps[i], want*time.Millisecond)
			}
		}
		for i, w := range n.Words[:len(n.Words)-1] {
			if l := SpeechLevel(n.Samples[w.End+700:n.Words[i+1].Start-700], lectern.SampleRate); !math.IsInf(l, -1) {
				t.Errorf("there is sound in pause %d: %.1f dB", i, l)
			}
		}
	}
}

// A word with emphasis is louder than the others.
func TestEmphasisIsHeard(t *testing.T) {
	t.Parallel()
	script := lectern.ParseScript("one **two** three")
	n, err := Compose(t.Context(), script.Text, lectern.Voice{ID: "v"}, Prepare(script, "en", nil),
		fake(22050, 0, 300*time.Millisecond, 0.3))
	if err != nil {
		t.Fatal(err)
	}
	level := func(i int) float64 {
		return SpeechLevel(n.Samples[n.Words[i].Start:n.Words[i].End], lectern.SampleRate)
	}
	if d := level(1) - level(0); n.Words[1].Text != "two" || d < 1.8 || d > 3 || math.Abs(level(2)-level(0)) > 0.3 {
		t.Errorf("%q is %.1f dB louder, %q %.1f dB", n.Words[1].Text, d, n.Words[2].Text, level(2)-level(0))
	}
}
