package main

import (
	"bytes"
	"testing"

	"lectern"
)

// sampleReport has a slide of each kind.
func sampleReport() []lectern.SlideReport {
	return []lectern.SlideReport{
		{Slide: 1, Source: 1, Title: "Our harbour", Narration: lectern.NarrationNotes,
			Notes:  []lectern.Remark{{Code: "animation_dropped", Message: "The animations are dropped."}},
			Unsaid: []string{"Our harbour", "Berths", "Cranes", "Tugs", "Pilots"}},
		{Slide: 2, Source: 2, Title: "港", Narration: lectern.NarrationRecorded},
		{Source: 3, Title: "Appendix", Narration: lectern.NarrationNone,
			Notes: []lectern.Remark{{Code: "hidden_slide", Message: "The slide is hidden."}}},
		{Slide: 3, Source: 4, Narration: lectern.NarrationSilence, Unsaid: []string{"Questions?"}},
		{Slide: 4, Source: 5, Title: "End", Narration: lectern.NarrationNone},
	}
}

// The line of a render counts slides of the video, and remarks about them.
func TestSummaryOfAReport(t *testing.T) {
	t.Parallel()
	const want = "4 slides: 1 note spoken, 1 recorded, 2 silent, 1 left out · 1 remark (lectern check shows it)"
	if got := summary(sampleReport()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := summary(sampleReport()[1:2]); got != "1 slide: 1 recorded" {
		t.Errorf("got %s", got)
	}
}

// The table has a row for each slide of the file, and below it what there is to say.
func TestTableOfAReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	showReport(streams{out: &out}, sampleReport())
	const want = `SLIDE  TITLE        SOUND
    1  Our harbour  notes, spoken
       · The animations are dropped.
    2  港           recorded
    –  Appendix     left out
    3               silent
    4  End          silent

`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	out.Reset()
	if showReport(streams{out: &out}, nil); out.Len() > 0 {
		t.Errorf("a deck without a report: %q", out.String())
	}
}
