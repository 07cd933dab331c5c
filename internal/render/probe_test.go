package render

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/ffmpeg"
	"lectern/internal/soak"
	"lectern/internal/timeline"
)

// frameSums decodes a video and returns a checksum for each frame. An error of the decoder fails the test.
func frameSums(t *testing.T, video string) []string {
	t.Helper()
	found, err := findFFmpeg()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := found.Run(t.Context(),
		ffmpeg.Run{Args: []string{"-xerror", "-i", video, "-map", "0:v", "-f", "framemd5", "pipe:1"},
			Stdout: &out}); err != nil {
		t.Fatalf("decoding: %v", err)
	}
	var sums []string
	for line := range strings.Lines(out.String()) {
		if f := strings.Split(line, ","); len(f) == 6 && !strings.HasPrefix(line, "#") {
			sums = append(sums, strings.TrimSpace(f[5]))
		}
	}
	return sums
}

// At every frame rate the video has the frames of the plan: those of a transition change, and those of a still repeat.
func TestEveryFrameIsWhereThePlanSays(t *testing.T) {
	t.Parallel()
	for _, rate := range soak.Pick(lectern.FrameRates(), 25, 60) {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			d := talk()
			d.Layout, d.FrameRate, d.Size = lectern.LayoutSlideOnly, rate, lectern.Size{Width: 320, Height: 240}
			list, _, err := g.run(t.Context(), t, d, 1)
			if err != nil {
				t.Fatal(err)
			}
			m := manifestOf(t, g, list)
			sums := frameSums(t, g.path(t, list, lectern.ArtifactVideo))
			if int64(len(sums)) != m.Frames || m.Samples != timeline.Rate(rate).Sample(m.Frames) {
				t.Fatalf("%d frames decoded, %d planned, %d samples", len(sums), m.Frames, m.Samples)
			}
			if len(m.Transitions) != 1 {
				t.Fatalf("transitions: %+v", m.Transitions)
			}
			x := m.Transitions[0]
			if want := timeline.Rate(rate).Nearest(d.Transitions[0].Duration); x.Frames != want || x.Start != m.Slides[1].Start {
				t.Errorf("the transition is %+v, not %d frames from %d", x, want, m.Slides[1].Start)
			}
			for f := x.Start + 1; f < x.Start+x.Frames; f++ {
				if sums[f] == sums[f-1] {
					t.Errorf("frames %d and %d of the transition are the same", f-1, f)
				}
			}
			// A still is one group of pictures, so its decoded frames repeat with the group.
			body := m.Slides[2].Start
			for f := body + int64(2*rate); f < m.Frames; f++ {
				if m.Frames-body > int64(2*rate)+1 && sums[f] != sums[f-int64(2*rate)] && f < m.Frames-2 {
					t.Errorf("frame %d of a still differs from the frame that it repeats", f)
				}
			}
		})
	}
}

// A run closes all clips. The test makes one run alone, because a second would close clips at the same time.
func TestNothingIsLeftOpen(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	if _, _, err := g.run(context.Background(), t, talk(), 1); err != nil {
		t.Fatal(err)
	}
	if g.avatars.open != 0 {
		t.Errorf("%d clips are open", g.avatars.open)
	}
}
