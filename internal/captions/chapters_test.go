package captions

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestChapterIsASectionOrASlideWithoutOne(t *testing.T) {
	t.Parallel()
	slides := []Chapter{{"a", 0, 10}, {"b", 10, 20}, {"c", 20, 30}, {"d", 30, 40}, {"e", 40, 50}, {"f", 50, 60}}
	got := Chapters(slides, []string{"", "One", "One", "Two", "", "One"})
	want := []Chapter{{"a", 0, 10}, {"One", 10, 30}, {"Two", 30, 40}, {"e", 40, 50}, {"One", 50, 60}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if c := Chapters(slides, make([]string, len(slides))); !slices.Equal(c, slides) {
		t.Errorf("without sections: %+v", c)
	}
}

// Chapters cover the video without gaps, and each begins where a slide does.
func TestChaptersCoverTheVideo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var slides []Chapter
		var sections []string
		begins, at := map[int64]bool{}, int64(0)
		for range rapid.IntRange(1, 12).Draw(t, "slides") {
			end := at + rapid.Int64Range(1, 900).Draw(t, "frames")
			begins[at] = true
			slides, at = append(slides, Chapter{"slide", at, end}), end
			sections = append(sections, rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "section"))
		}
		end := int64(0)
		for i, c := range Chapters(slides, sections) {
			if c.Start != end || !begins[c.Start] || c.End <= c.Start {
				t.Fatalf("chapter %d is %+v after %d", i, c, end)
			}
			end = c.End
		}
		if end != at {
			t.Fatalf("the chapters end at %d of %d", end, at)
		}
	})
}
