package render

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lectern"
	"lectern/internal/soak"
)

// failing returns a hook that fails the calls which fit the pattern.
func failing(pattern string, err error) hook {
	return func(_ context.Context, what string) error {
		if fits(what, pattern) {
			return err
		}
		return nil
	}
}

// fits reports whether line has the parts of a pattern, which have * between them, in their order.
func fits(line, pattern string) bool {
	for part := range strings.SplitSeq(pattern, "*") {
		_, rest, ok := strings.Cut(line, part)
		if !ok {
			return false
		}
		line = rest
	}
	return true
}

// fading is a pattern that fits the arguments of an ffmpeg that encodes a fade.
const fading = "-i pipe:0 -vf setparams*-frames:v"

// J11: whatever breaks in whatever port ends as a failure with a code and, where there is one, a slide; nothing is
// published.
func TestEveryPortsFailureIsReported(t *testing.T) {
	t.Parallel()
	broken := errors.New("it broke")
	for _, c := range []struct {
		name  string
		set   func(g *rig, d *lectern.Deck)
		code  lectern.Code
		slide int
	}{
		{"voice", func(g *rig, _ *lectern.Deck) { g.voices.hook = failing("That", broken) }, lectern.CodeVoiceFailed, 3},
		{"voice with a code of its own", func(g *rig, _ *lectern.Deck) {
			g.voices.hook = failing("Hello", lectern.Fail(lectern.CodeMissingTool, "No voice."))
		}, lectern.CodeMissingTool, 1},
		{"a voice without sound", func(g *rig, _ *lectern.Deck) { g.voices.silent = true }, lectern.CodeVoiceFailed, 0},
		{"a voice that panics", func(g *rig, _ *lectern.Deck) {
			g.voices.hook = func(_ context.Context, what string) error {
				if strings.Contains(what, "That") {
					panic("no such luck")
				}
				return nil
			}
		}, lectern.CodeInternal, 3},
		{"browser", func(g *rig, _ *lectern.Deck) { g.browser.hook = failing("Two", broken) }, lectern.CodeCaptureFailed, 2},
		{"browser that does not start", func(g *rig, _ *lectern.Deck) { g.browser.hook = failing("version", broken) },
			lectern.CodeCaptureFailed, 0},
		{"asset", func(g *rig, d *lectern.Deck) {
			d.Slides[1].Props["image"] = "https://example.org/a.png"
			g.fetcher.hook = failing("a.png", broken)
		}, lectern.CodeAssetFailed, 2},
		{"avatar", func(g *rig, _ *lectern.Deck) { g.avatars.hook = failing("frame 20", broken) }, lectern.CodeAvatarFailed,
			0},
		{"a clip that is too short", func(g *rig, _ *lectern.Deck) { g.avatars.short = 3 }, lectern.CodeAvatarFailed, 0},
		{"a clip that panics", func(g *rig, _ *lectern.Deck) {
			g.avatars.hook = func(context.Context, string) error { panic("in a frame") }
		}, lectern.CodeInternal, 0},
		{"encoder", func(g *rig, _ *lectern.Deck) { g.Plain, g.ffmpeg.hook = true, failing("pipe:0*overlay", broken) },
			lectern.CodeEncodeFailed, 0},
		{"fade", func(g *rig, _ *lectern.Deck) { g.ffmpeg.hook = failing(fading, broken) }, lectern.CodeEncodeFailed, 2},
		{"transition", func(g *rig, d *lectern.Deck) {
			d.Transitions[0].Type = "wipeleft"
			g.ffmpeg.hook = failing("xfade", broken)
		}, lectern.CodeEncodeFailed, 2},
		{"sound", func(g *rig, _ *lectern.Deck) { g.ffmpeg.hook = failing("s16le", broken) }, lectern.CodeEncodeFailed, 0},
		{"mux", func(g *rig, _ *lectern.Deck) { g.cache.hook = failing(".mp4", broken) }, lectern.CodeInternal, 0},
		{"thumbnail", func(g *rig, _ *lectern.Deck) { g.ffmpeg.hook = failing("mjpeg", broken) }, lectern.CodeEncodeFailed,
			0},
		{"artifacts", func(g *rig, _ *lectern.Deck) {
			g.artifacts.hook = failing("video", lectern.Fail(lectern.CodeDiskFull, "The disk is full."))
		}, lectern.CodeDiskFull, 0},
		{"an encoder that leaves half a file", func(g *rig, _ *lectern.Deck) {
			g.ffmpeg.after = func(c Command) {
				// Only the file of the transition, and none that a slide is spliced from.
				if out := c.Args[len(c.Args)-1]; strings.HasSuffix(out, ".h264") && !strings.Contains(out, "splice-") {
					_ = os.Truncate(strings.TrimPrefix(out, "file:"), 3000)
				}
			}
		}, lectern.CodeEncodeFailed, 2},
		{"a segment that is cut before it is joined", func(g *rig, _ *lectern.Deck) {
			g.cache.hook = func(_ context.Context, what string) error {
				if strings.HasSuffix(what, ".mp4") {
					list, _ := filepath.Glob(filepath.Join(g.cache.dir, "*.segment"))
					for _, path := range list {
						_ = os.Truncate(path, 1000)
					}
				}
				return nil
			}
		}, lectern.CodeEncodeFailed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g, d := newRig(t), talk()
			d.Size = lectern.Size{Width: 320, Height: 240}
			c.set(g, &d)
			list, rec, err := g.run(t.Context(), t, d, 1)
			f, ok := errors.AsType[*lectern.Failure](err)
			if !ok || f.Code != c.code || c.slide > 0 && f.Slide != c.slide {
				t.Fatalf("%v (%+v)", err, f)
			}
			if errors.Is(err, context.Canceled) || strings.Contains(f.Detail, "context canceled") {
				t.Errorf("a cancellation hides the failure: %+v", f)
			}
			for _, cause := range f.Causes {
				if cause.Code == lectern.CodeCanceled {
					t.Errorf("a cancellation among the causes: %+v", cause)
				}
			}
			if len(list) > 0 || g.avatars.open != 0 {
				t.Errorf("%d artifacts, %d clips open", len(list), g.avatars.open)
			}
			for _, r := range rec.reports {
				if r.Progress > lectern.AlmostDone {
					t.Errorf("a failed run reports %s", r.Progress)
				}
			}
		})
	}
}

func TestLaterFailuresBecomeCauses(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	var both sync.WaitGroup
	both.Add(2)
	g.voices.hook = func(_ context.Context, what string) error {
		both.Done()
		both.Wait()
		return fmt.Errorf("no voice for %s", what)
	}
	_, _, err := g.run(t.Context(), t, talk(), 1)
	f := lectern.AsFailure(err)
	if f.Code != lectern.CodeVoiceFailed || len(f.Causes) != 1 || f.Causes[0].Code != lectern.CodeVoiceFailed ||
		f.Causes[0].Slide == f.Slide {
		t.Errorf("%+v", f)
	}
}

// J10, J7: a run stops when its context ends, in any stage, and returns why.
func TestCancelStopsEveryStage(t *testing.T) {
	t.Parallel()
	stages := []string{"speak", "capture", "frame 9", fading, "s16le", "faststart", "put"}
	for _, stage := range soak.Pick(stages, "speak", "frame 9", fading, "put") {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			stale := lectern.Fail(lectern.CodeStale, "The lease is lost.")
			h := func(inner context.Context, what string) error {
				if fits(what, stage) {
					cancel(stale)
					<-inner.Done()
					return inner.Err()
				}
				return nil
			}
			g.voices.hook, g.browser.hook, g.avatars.hook, g.ffmpeg.hook, g.artifacts.hook = h, h, h, h, h
			_, _, err := g.run(ctx, t, talk(), 1)
			if !errors.Is(err, stale) {
				t.Errorf("%v", err)
			}
			if g.avatars.open != 0 {
				t.Errorf("%d clips are open", g.avatars.open)
			}
		})
	}
	g := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := g.run(ctx, t, talk(), 1)
	if !errors.Is(err, context.Canceled) || lectern.AsFailure(err).Code != lectern.CodeCanceled {
		t.Errorf("canceled before its start: %v", err)
	}
}

// J7: a run whose record of a step is refused ends with the refusal.
func TestAStaleRunEnds(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	r := &recorder{hook: failing("encode", lectern.Fail(lectern.CodeStale, "Attempt 1 is over."))}
	_, err := g.Run(t.Context(), lectern.Job{ID: "p1", Attempt: 1, Deck: talk(), Scratch: t.TempDir()}, r)
	if lectern.AsFailure(err).Code != lectern.CodeStale {
		t.Errorf("%v", err)
	}
}
