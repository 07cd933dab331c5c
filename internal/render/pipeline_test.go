package render

import (
	"encoding/json"
	"os"
	"testing"

	"go.uber.org/goleak"

	"lectern"
	"lectern/internal/soak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func manifestOf(t *testing.T, g *rig, list []lectern.Artifact) Manifest {
	t.Helper()
	b, err := os.ReadFile(g.path(t, list, lectern.ArtifactManifest))
	if err != nil {
		t.Fatal(err)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestATalkBecomesAVideo(t *testing.T) {
	t.Parallel()
	for _, layout := range soak.Pick(lectern.Layouts(), lectern.LayoutPictureInPicture, lectern.LayoutSplitScreen) {
		t.Run(string(layout), func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			d := talk()
			d.Layout = layout
			d.Slides[1].Section, d.Slides[2].Section = "The rest", "The rest" // one chapter
			list, rec, err := g.run(t.Context(), t, d, 1)
			if err != nil {
				t.Fatal(err)
			}
			m := manifestOf(t, g, list)
			video := g.path(t, list, lectern.ArtifactVideo)
			found, err := findFFmpeg()
			if err != nil {
				t.Fatal(err)
			}
			info, err := found.Probe(t.Context(), video)
			if err != nil {
				t.Fatal(err)
			}
			v, _ := info.First("video")
			a, _ := info.First("audio")
			s, subtitles := info.First("subtitle")
			if v.Frames != m.Frames || v.Packets != m.Frames || v.FrameRate.Float() != 30 || v.BaseRate.Float() != 30 ||
				v.PixelFormat != "yuv420p" || v.Profile != "High" {
				t.Errorf("the manifest says %d frames, the file %+v", m.Frames, v)
			}
			if a.Codec != "aac" || a.SampleRate != 48000 ||
				max(a.Duration-v.Duration, v.Duration-a.Duration).Milliseconds() > 21 {
				t.Errorf("sound %+v, pictures %s", a, v.Duration)
			}
			if !subtitles || s.Codec != "mov_text" || info.Chapters != 2 ||
				m.Slides[2].Section != "The rest" || info.Tags["title"] != d.Title {
				t.Errorf("subtitles %+v, %d chapters, tags %v", s, info.Chapters, info.Tags)
			}

			if n := len(frameSums(t, video)); int64(n) != m.Frames {
				t.Errorf("%d frames are decoded", n)
			}
			checkReports(t, rec, 3)
		})
	}
}

// V7: the subtitle track is there and not shown, unless the deck says so.
func TestV7SubtitlesAreOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		deck lectern.Subtitles
		want bool
	}{"nobody asks": {}, "the deck asks": {deck: lectern.SubtitlesOn, want: true},
		"the deck says no": {deck: lectern.SubtitlesOff}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			d := talk()
			d.Layout, d.Slides, d.Transitions, d.Subtitles = lectern.LayoutSlideOnly, d.Slides[:1], nil, c.deck
			list, _, err := g.run(t.Context(), t, d, 1)
			if err != nil {
				t.Fatal(err)
			}
			found, err := findFFmpeg()
			if err != nil {
				t.Fatal(err)
			}
			info, err := found.Probe(t.Context(), g.path(t, list, lectern.ArtifactVideo))
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := info.First("subtitle"); !ok || s.Default != c.want {
				t.Errorf("subtitles are there: %v, and shown: %v", ok, s.Default)
			}
		})
	}
}

func checkReports(t *testing.T, rec *recorder, slides int) {
	t.Helper()
	var last lectern.Reported
	seen := map[string]bool{}
	distinct := 0
	for _, r := range rec.reports {
		if r.Warnings != nil {
			continue
		}
		if r.Progress < last.Progress || r.SlidesDone < last.SlidesDone || r.Progress > lectern.AlmostDone {
			t.Errorf("after %+v came %+v", last, r)
		}
		seen[r.Stage] = true
		distinct++
		last = r
	}
	for _, stage := range []string{lectern.StagePreparing, lectern.StageNarrating, lectern.StageCapturing,
		lectern.StageEncoding,
		lectern.StageJoining, lectern.StagePublishing} {
		if stage == lectern.StageCapturing && seen[lectern.StageAnimating] {
			continue // both begin at once, and the later one may be shown first
		}
		if !seen[stage] {
			t.Errorf("the stage %s is never reported", stage)
		}
	}
	if distinct < 10 || last.SlidesDone != slides || last.Progress != lectern.AlmostDone {
		t.Errorf("%d distinct reports, the last %+v", distinct, last)
	}
}
