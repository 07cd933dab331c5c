package align_test

import (
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/align"
	"lectern/internal/soak"
)

// Nine of ten words begin within 60 ms of the truth, which the voice of the recording reports. A recording of another
// text is recognised as such. Neither the sentences nor the voice of the recordings were used to fit the constants.
func TestWordsOfARecordingAreFound(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "espeak en-us-male")
	for _, c := range []struct{ engine, id string }{
		{"espeak", "en-us-male"}, {"espeak", "en-gb-female"}, {"flite", "slt"},
	} {
		name := c.engine + " " + c.id
		if !runs(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			speaker, ref := voiceOf(t, "flite", "awb"), voiceOf(t, c.engine, c.id)
			sentences := strings.Split(tableText, "\n")
			var starts, ends score
			spread, wrong := 0, 0
			rounds := soak.Rounds(1, 30)
			for k := range rounds {
				text, other := strings.Join(sentences[8*k:8*k+3], " "), strings.Join(sentences[8*k+4:8*k+7], " ")
				said, err := speaker.Render(t.Context(), lectern.Plain(text))
				if err != nil {
					t.Fatal(err)
				}
				rec := listen(t, said.Samples)
				a, err := align.Words(t.Context(), ref, rec, lectern.Plain(text), align.Prior{})
				if err != nil || len(a.Words) != len(said.Words) || len(a.Confidence) != len(a.Words) {
					t.Fatal(err, len(a.Words), len(said.Words))
				}
				if a.Spread {
					spread++
				}
				for i, w := range a.Words {
					starts.note(w.Start - said.Words[i].Start)
					ends.note(w.End - said.Words[i].End)
				}
				if a, err = align.Words(t.Context(), ref, rec, lectern.Plain(other), align.Prior{}); err != nil {
					t.Fatal(err)
				}
				if a.Spread {
					wrong++
				}
			}
			t.Logf("awb, aligned by %s: begin: %s; end: %s; %d of %d other texts recognised", name, &starts, &ends, wrong,
				rounds)
			if starts.within(60*time.Millisecond) < 0.9 || ends.within(60*time.Millisecond) < 0.9 || spread > 0 ||
				wrong < rounds*8/10 {
				t.Errorf("the words are not found: begin: %s; end: %s; %d right texts are spread, %d other ones",
					&starts, &ends, spread, wrong)
			}
		})
	}
}

// A long recording takes memory in proportion to its length.
func TestALongTalkIsCut(t *testing.T) {
	t.Parallel()
	b := babble{1.1}
	sentences := strings.Split(strings.TrimSpace(tableText), "\n")
	length := int64(soak.Rounds(20, 3600)) * second
	var sound []int16
	var notes []string
	var gaps []span
	for k := 0; int64(len(sound)) < length; k++ {
		if k > 0 {
			from := int64(len(sound))
			sound = append(sound, make([]int16, second/2)...)
			gaps = append(gaps, span{from, int64(len(sound))})
		}
		var note []string
		for i := range 4 {
			note = append(note, sentences[(7*k+3*i+k*k)%len(sentences)])
			sound = append(sound, b.speak(note[i]).Samples...)
			sound = append(sound, make([]int16, second/4)...)
		}
		notes = append(notes, strings.Join(note, " "))
	}
	begin := time.Now()
	rec := listen(t, sound)
	heard := time.Since(begin)
	cuts, err := align.Split(t.Context(), babble{1}, rec, scripts(notes))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cuts in %d s of sound: %s to listen, %s in all", len(cuts), len(sound)/second, heard, time.Since(begin))
	for i, c := range cuts {
		if c.Start > gaps[i].start+second/20 || c.End < gaps[i].end-second/20 {
			t.Fatalf("cut %d is at %d, not in %v", i+1, c.At, gaps[i])
		}
	}
}
