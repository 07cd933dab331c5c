package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lectern"
)

// greys returns the brightness of a part of the upper left corner of each frame of a video.
func (g *rig) greys(t *testing.T, path string) []byte {
	t.Helper()
	var raw bytes.Buffer
	err := g.FFmpeg.Run(t.Context(), Command{Args: []string{"-i", path, "-vf", "crop=16:16:0:0,scale=1:1",
		"-pix_fmt", "gray", "-f", "rawvideo", "pipe:1"}, Stdout: &raw, What: "decode"})
	if err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// built is a deck whose middle slide shows the pages 1 and 2 step by step, then its own page 3.
func built(layout lectern.Layout) lectern.Deck {
	deck := "asset:" + strings.Repeat("a", 64)
	return lectern.Deck{Size: lectern.Size{Width: 640, Height: 360}, FrameRate: 30, Quality: lectern.QualityLow,
		Layout: layout, Steps: true, Hold: 1e9,
		Transitions: []lectern.Transition{{Type: "fade", Duration: 300e6}, {Type: "wipeleft", Duration: 300e6}},
		Slides: []lectern.Slide{
			{Page: &lectern.PageOf{File: deck, Page: 1}},
			{Page: &lectern.PageOf{File: deck, Page: 3}, Steps: []lectern.SlideStep{{Page: 1}, {Page: 2}},
				Narration: "One two. [click] Three four five six. [click] Seven."},
			{Page: &lectern.PageOf{File: deck, Page: 1}},
		}}
}

// Each step appears in the frame in which the word after its mark begins, whatever encodes the slide: as a still,
// spliced with an avatar, or whole with one. The first step comes with the transition before the slide, and the slide's
// own picture leaves with the one after it. The manifest has the frames, and the picture of the slide is its own.
func TestStepsAppearAtTheirMarks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		layout      lectern.Layout
		plain, calm bool
	}{
		"still":   {layout: lectern.LayoutSlideOnly},
		"spliced": {layout: lectern.LayoutPictureInPicture, calm: true},
		"whole":   {layout: lectern.LayoutPictureInPicture, plain: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			g.Documents, g.Plain, g.avatars.calm = &fakeDocuments{pages: 3}, c.plain, c.calm
			list, _, err := g.run(t.Context(), t, built(c.layout), 1)
			if err != nil {
				t.Fatal(err)
			}
			m := manifestOf(t, g, list)
			s, greys := m.Slides[1], g.greys(t, g.path(t, list, lectern.ArtifactVideo))
			if int64(len(greys)) != m.Frames {
				t.Fatalf("%d frames, and the manifest has %d", len(greys), m.Frames)
			}
			shows := func(from, to int64, page byte) {
				t.Helper()
				for f := from; f < to; f++ {
					if got := int(greys[f]); abs(got-int(60*page)) > 4 {
						t.Fatalf("frame %d is %d, not page %d; the changes are %v", f, got, page, s.Changes)
					}
				}
			}
			// words have 9607 samples; the fake voice says one after the other
			first, second := (*s.Speech+2*9607)*30/48_000, (*s.Speech+6*9607)*30/48_000
			if !slices.Equal(s.Changes, []int64{first, second}) {
				t.Errorf("the steps change at the frames %v, and the words begin at %d and %d", s.Changes, first, second)
			}
			shows(0, first, 1) // slide 1, the transition and the first step show the same page
			shows(first, second, 2)
			shows(second, s.Start+s.Frames-9, 3)
			shows(s.Start+s.Frames, m.Frames, 1)
			if c := firstPixel(t, g.picture(t, list, 2)); c.R != 180 {
				t.Errorf("the picture of the slide is %v", c)
			}
		})
	}
}

// A step changes only the keys of its own picture and of what shows it; a deck that does not ask for steps has the keys
// and the bytes of one without.
func TestStepsAndKeys(t *testing.T) {
	t.Parallel()
	render := func(change func(d *lectern.Deck)) rendered {
		g, d := newRig(t), built(lectern.LayoutPictureInPicture)
		g.Documents = &fakeDocuments{pages: 3}
		change(&d)
		return g.render(t, d)
	}
	without := render(func(d *lectern.Deck) { d.Slides[1].Steps, d.Steps = nil, false })
	unasked := render(func(d *lectern.Deck) { d.Steps = false })
	asked := render(func(*lectern.Deck) {})
	if fmt.Sprint(without.keys) != fmt.Sprint(unasked.keys) || !bytes.Equal(without.video, unasked.video) {
		t.Error("steps that the deck does not ask for change the video")
	}
	for step, key := range without.keys {
		same := !strings.Contains("encode 2, transition 2, transition 3, mux 0", step)
		if strings.HasPrefix(step, "capture") {
			continue // the last of several
		}
		if same != (asked.keys[step] == key) {
			t.Errorf("%s: the key is the same: %v", step, !same)
		}
	}
	moved := render(func(d *lectern.Deck) {
		d.Slides[1].Narration = strings.Replace(d.Slides[1].Narration, "[click] Three", "Three [click]", 1)
	})
	if moved.keys["narrate 2"] != asked.keys["narrate 2"] || moved.keys["encode 2"] == asked.keys["encode 2"] {
		t.Error("a mark that moves changes the voice, or not the pictures")
	}
}

// Without marks the steps divide the narration, and without a narration the time of the slide.
func TestStepsWithoutMarks(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), built(lectern.LayoutSlideOnly)
	g.Documents = &fakeDocuments{pages: 3}
	d.Slides[1].Narration = "One two. Three. Four five six. Seven, eight. Nine. Ten."
	d.Slides[2].Page.Page, d.Slides[2].Steps = 3, []lectern.SlideStep{{Page: 1}, {Page: 2}}
	list, _, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(t, g, list)
	word := func(n int64) int64 { return (*m.Slides[1].Speech + n*9607) * 30 / 48_000 }
	if want := []int64{word(3), word(8)}; !slices.Equal(m.Slides[1].Changes, want) {
		t.Errorf("the steps change at %v, not at every second sentence: %v", m.Slides[1].Changes, want)
	}
	s := m.Slides[2] // 30 frames, of which the transition has 9
	if want := []int64{s.Start + 16, s.Start + 23}; !slices.Equal(s.Changes, want) {
		t.Errorf("the steps of a silent slide change at %v, not at %v", s.Changes, want)
	}
}
