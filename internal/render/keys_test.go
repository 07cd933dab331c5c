package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/soak"
)

// renamed is an ffmpeg of another version.
type renamed struct{ FFmpeg }

func (renamed) Version() string { return "other" }

// brief is a deck with everything that keys depend on, and no more.
func brief() lectern.Deck {
	d := talk()
	d.Size, d.Hold = lectern.Size{Width: 320, Height: 240}, 500e6
	d.Slides, d.Slides[0].Narration = d.Slides[:2], "Hello."
	d.Slides[0].Props["image"] = "https://example.org/a.png"
	return d
}

// rendered is what a run has done: the steps with their keys, those that it made anew, and the video.
type rendered struct {
	keys  map[string]string
	made  []string
	video []byte
}

func (g *rig) render(t *testing.T, d lectern.Deck) rendered {
	t.Helper()
	list, rec, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	out := rendered{keys: map[string]string{}}
	for _, s := range rec.steps {
		if s.Kind == lectern.StepPublish {
			continue
		}
		step := fmt.Sprintf("%s %d", s.Kind, s.Slide)
		out.keys[step] = s.Key
		if !s.Reused {
			out.made = append(out.made, step)
		}
	}
	if out.video, err = os.ReadFile(g.path(t, list, lectern.ArtifactVideo)); err != nil {
		t.Fatal(err)
	}
	return out
}

// What each input touches, by the steps' names. Audio, mux and transition depend on more than one slide.
const (
	everything = "audio 0, capture 1, capture 2, encode 1, encode 2, mux 0, narrate 1, transition 2"
	pictures   = "encode 1, encode 2, mux 0, transition 2"           // how slides are encoded
	redrawn    = "capture 1, capture 2, " + pictures                 // what is on them
	spoken     = "audio 0, encode 1, mux 0, narrate 1, transition 2" // what slide 1 says; its avatar says it
	// how long things last: the passage of sound is moved whole
	paced = "encode 1, encode 2, mux 0, transition 2"
)

// Each case changes one input of a render. The steps that depend on it are done again, and no others. The video that is
// made with a cache of the deck before the change is, byte for byte, the one that is made without a cache. An input
// that is missing in a key fails here: the old step is reused, or the videos differ.
func TestKeysCoverTheirInputs(t *testing.T) {
	t.Parallel()
	first := newRig(t)
	base := first.render(t, brief())
	if got := strings.Join(sorted(base.made), ", "); got != everything {
		t.Fatalf("without a cache, %q is made", got)
	}
	type change = func(g *rig, d *lectern.Deck)
	runs := soak.Cases(t, "nothing", "title", "theme", "bytes of a picture on slide 1", "words of slide 1", "voice engine",
		"avatar engine", "avatar's place on slide 1", "quality, high", "ffmpeg", "frame rate", "kind of transition")
	for _, c := range []struct {
		name   string
		change change
		want   string
	}{
		{"nothing", func(*rig, *lectern.Deck) {}, ""},
		{"the caller's own metadata", func(_ *rig, d *lectern.Deck) { d.Metadata = map[string]string{"a": "b"} }, ""},
		{"title", func(_ *rig, d *lectern.Deck) { d.Title = "Another" }, "mux 0"},

		{"theme", func(_ *rig, d *lectern.Deck) { d.Theme = otherTheme }, redrawn},
		{"size", func(_ *rig, d *lectern.Deck) { d.Size = lectern.Size{Width: 240, Height: 320} }, redrawn},
		{"page of slide 2", func(_ *rig, d *lectern.Deck) { d.Slides[1].Props["title"] = "2" },
			"capture 2, encode 2, mux 0, transition 2"},
		{"address of a picture on slide 1",
			func(_ *rig, d *lectern.Deck) { d.Slides[0].Props["image"] = "https://example.org/b.png" },
			"capture 1, encode 1, mux 0, transition 2"},
		{"bytes of a picture on slide 1", func(g *rig, _ *lectern.Deck) { g.fetcher.drawn = "repainted" },
			"capture 1, encode 1, mux 0, transition 2"},
		{"templates", func(g *rig, _ *lectern.Deck) { g.library.fingerprint = "library 2" }, redrawn},
		{"background", func(g *rig, _ *lectern.Deck) { g.library.background = "#605040" }, redrawn},
		{"no background", func(g *rig, _ *lectern.Deck) { g.library.background = "" }, redrawn},
		{"browser", func(g *rig, _ *lectern.Deck) { g.browser.version = "Fake/2" }, redrawn},

		{"words of slide 1", func(_ *rig, d *lectern.Deck) { d.Slides[0].Narration = "Hallo." }, spoken},
		{"voice", func(_ *rig, d *lectern.Deck) { d.Voice.ID = "high" }, spoken},
		{"voice of slide 1", func(_ *rig, d *lectern.Deck) { d.Slides[0].Voice.ID = "high" }, spoken},
		{"speed of the voice", func(_ *rig, d *lectern.Deck) { d.Voice.Speed = 1.5 }, spoken},
		{"voice engine", func(g *rig, _ *lectern.Deck) { g.voices.fingerprint = "voices 2" }, spoken},

		{"avatar", func(_ *rig, d *lectern.Deck) { d.Avatar = "eve.casual" }, pictures},
		{"avatar's variant", func(_ *rig, d *lectern.Deck) { d.Avatar = "ann.formal" }, pictures},
		{"avatar engine", func(g *rig, _ *lectern.Deck) { g.avatars.fingerprint = "avatars 2" }, pictures},
		{"backdrop", func(g *rig, _ *lectern.Deck) { g.library.backdrop.Top = "#ffffff" }, pictures},
		{"background of slide 2", func(_ *rig, d *lectern.Deck) { d.Slides[1].Background = "#112233" },
			"encode 2, mux 0, transition 2"},
		{"layout", func(_ *rig, d *lectern.Deck) { d.Layout = lectern.LayoutSplitScreen }, pictures},
		{"no avatar, whose gender the voice had", func(_ *rig, d *lectern.Deck) { d.Layout = lectern.LayoutSlideOnly },
			"audio 0, encode 1, encode 2, mux 0, narrate 1, transition 2"},
		{"avatar's place on slide 1", func(_ *rig, d *lectern.Deck) {
			d.Slides[0].AvatarBox = &lectern.Rect{X: 100, Y: 100, Width: 480, Height: 480}
		}, "encode 1, mux 0, transition 2"},
		{"avatar's size on slide 1", func(_ *rig, d *lectern.Deck) {
			p := d.Placement(0).Avatar
			d.Slides[0].AvatarBox = &lectern.Rect{X: p.X, Y: p.Y, Width: 300, Height: 300}
		}, "encode 1, mux 0, transition 2"},
		{"avatar's shape on slide 1", func(_ *rig, d *lectern.Deck) {
			p := d.Placement(0).Avatar // a circle is round, what is not square is a rounded rectangle
			d.Slides[0].AvatarBox = &lectern.Rect{X: p.X, Y: p.Y, Width: p.Width, Height: p.Height - 40}
		}, "encode 1, mux 0, transition 2"},

		{"quality, medium", func(_ *rig, d *lectern.Deck) { d.Quality = lectern.QualityMedium }, pictures},
		{"quality, high", func(_ *rig, d *lectern.Deck) { d.Quality = lectern.QualityHigh }, pictures},
		{"whole pictures", func(g *rig, _ *lectern.Deck) { g.Pipeline.Plain = true }, pictures},
		{"ffmpeg", func(g *rig, _ *lectern.Deck) { g.ffmpeg.FFmpeg = renamed{g.ffmpeg.FFmpeg} }, "audio 0, " + paced},

		{"frame rate", func(_ *rig, d *lectern.Deck) { d.FrameRate = 25 }, paced},
		{"kind of transition", func(_ *rig, d *lectern.Deck) { d.Transitions[0].Type = "wipeleft" }, "mux 0, transition 2"},
		{"length of transition", func(_ *rig, d *lectern.Deck) { d.Transitions[0].Duration = 300e6 }, paced},
		{"subtitles shown (V7)", func(_ *rig, d *lectern.Deck) { d.Subtitles = lectern.SubtitlesOn }, "mux 0"},
		{"hold", func(_ *rig, d *lectern.Deck) { d.Hold = 1500e6 }, "encode 2, mux 0, transition 2"},
	} {
		if !runs(c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			warm, d := newRig(t), brief()
			linkAll(t, first.cache.dir, warm.cache.dir)
			c.change(warm, &d)
			got := warm.render(t, d)
			if made := strings.Join(sorted(got.made), ", "); made != c.want {
				t.Errorf("makes %q, not %q", made, c.want)
			}
			for step, key := range base.keys {
				if again := strings.Contains(c.want, step); again == (got.keys[step] == key) {
					t.Errorf("%s: done again: %v, and its key %.8s was %.8s", step, again, got.keys[step], key)
				}
			}
			if c.want == "" {
				return // there is nothing new to compare
			}
			cold, d := newRig(t), brief()
			c.change(cold, &d)
			if without := cold.render(t, d); !bytes.Equal(got.video, without.video) {
				t.Error("the video is not the one that is made without a cache")
			}
		})
	}
}

// linkAll links the files of one folder into another.
func linkAll(t *testing.T, from, to string) {
	t.Helper()
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Link(filepath.Join(from, f.Name()), filepath.Join(to, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
}
