package captions

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/timeline"
)

// spokenText returns a text as words that all take the same time, without punctuation.
func spokenText(text string, start, perWord int64) Spoken {
	s := Spoken{Text: text, Start: start}
	for _, w := range strings.Fields(text) {
		w = strings.TrimFunc(w, unicode.IsPunct)
		if w == "" {
			continue
		}
		s.Words = append(s.Words, lectern.Span{Text: w, Start: s.Samples, End: s.Samples + perWord})
		s.Samples += perWord
	}
	s.Until = start + s.Samples + 24_000
	return s
}

func checkCues(t interface{ Fatalf(string, ...any) }, cues []Cue, until time.Duration) {
	last := time.Duration(0)
	for i, c := range cues {
		if c.Start < last || c.End <= c.Start || c.End > until || c.End-c.Start > captionMax+time.Second {
			t.Fatalf("caption %d runs from %s to %s after %s, before %s", i, c.Start, c.End, last, until)
		}
		last = c.End
		if len(c.Lines) < 1 || len(c.Lines) > 2 {
			t.Fatalf("caption %d has %d lines", i, len(c.Lines))
		}
		for _, l := range c.Lines {
			if width(l) > captionLine || strings.TrimSpace(l) == "" {
				t.Fatalf("caption %d has a line of %d columns: %q", i, width(l), l)
			}
		}
	}
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestCaptionsLoseNoCharacterAndFit(t *testing.T) {
	t.Parallel()
	word := rapid.OneOf(rapid.StringMatching(`[a-z]{1,12}[,.!?]?`), rapid.StringMatching(`[a-z]{50,120}`),
		rapid.StringMatching(`["(«]?[А-я]{1,9}[»)"]?\.?`),
		rapid.StringMatching(`[一-龥]{1,60}。?`), rapid.Just("—"), rapid.Just("👩‍🚀"))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(word, 1, 60).Draw(t, "words"), " ")
		s := spokenText(text, rapid.Int64Range(0, 1<<30).Draw(t, "start"),
			rapid.Int64Range(2_000, 60_000).Draw(t, "pace"))
		cues := Captions([]Spoken{s})
		checkCues(t, cues, sampleTime(s.Until))
		var all string
		for _, c := range cues {
			all += strings.Join(c.Lines, "")
		}
		if len(s.Words) > 0 && squeeze(all) != squeeze(text) {
			t.Fatalf("%q became %q", text, all)
		}
	})
}

func TestCaptionsBreakAtSentencesAndClauses(t *testing.T) {
	t.Parallel()
	s := spokenText("Lectern reads a deck, speaks every slide and joins it all. Nothing is lost on the way, not even "+
		"after a crash (really).", 48_000, 14_000)
	var got []string
	for _, c := range Captions([]Spoken{s}) {
		got = append(got, strings.Join(c.Lines, " | "))
	}
	want := []string{"Lectern reads a deck, | speaks every slide and joins it all.",
		"Nothing is lost on the way, | not even after a crash (really)."}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestCaptionsWithoutAlignment(t *testing.T) {
	t.Parallel()
	cues := Captions([]Spoken{{Text: "One two three four.", Start: 48_000, Samples: 96_000, Until: 160_000},
		{Text: "", Until: 200_000}})
	if len(cues) != 1 || cues[0].Lines[0] != "One two three four." || cues[0].Start != time.Second {
		t.Errorf("%+v", cues)
	}
	checkCues(t, cues, 4*time.Second)
}

func TestCaptionFiles(t *testing.T) {
	t.Parallel()
	cues := []Cue{{Start: 1500 * time.Millisecond, End: 3723004 * time.Microsecond, Lines: []string{"a < b", "& c"}}}
	if got := SRT(cues); got != "1\n00:00:01,500 --> 00:00:03,723\na < b\n& c\n\n" {
		t.Errorf("%q", got)
	}
	if got := VTT(cues); got != "WEBVTT\n\n1\n00:00:01.500 --> 00:00:03.723\na &lt; b\n&amp; c\n" {
		t.Errorf("%q", got)
	}
}

func TestChaptersFollowThePlan(t *testing.T) {
	t.Parallel()
	p, err := timeline.Build(30, []timeline.Slot{{Frames: 100, Out: 20}, {Frames: 80, In: 20}})
	if err != nil {
		t.Fatal(err)
	}
	c := Slides(p, []string{"One", "T=wo; #2\nx"})
	if c[0] != (Chapter{"One", 0, 90}) || c[1].Start != 90 || c[1].End != 160 {
		t.Errorf("%+v", c)
	}
	if got := Chapters(c, []string{"", ""}); !slices.Equal(got, c) {
		t.Errorf("slides without sections: %+v", got)
	}
	if got := ChaptersVTT(30, c); !strings.HasSuffix(got, "\n2\n00:00:03.000 --> 00:00:05.333\nT=wo; #2 x\n") {
		t.Errorf("%q", got)
	}
}
