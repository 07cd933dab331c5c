package render

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lectern"
	"lectern/internal/capture"
	"lectern/internal/soak"
)

// panicking returns a hook that panics in the first call whose name fits the pattern, and in no other.
func panicking(pattern string) hook {
	var once atomic.Bool
	return func(_ context.Context, what string) error {
		if fits(what, pattern) && once.CompareAndSwap(false, true) {
			panic("in " + pattern)
		}
		return nil
	}
}

// J11: a panic in any port, at any step, is the failure of its own run, and names its slide if it has one. The run
// releases what it held. Other runs at the same time succeed, and so does the next attempt.
func TestAPanicBreaksItsOwnRunOnly(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "narrate", "capture", "animate, a clip is closed", "encode", "mux", "publish")
	for _, c := range []struct {
		name  string
		set   func(g *rig)
		slide int // that the failure names; 0: none, -1: any
	}{
		{"settle", func(g *rig) { g.Voices = &panickyVoices{Voices: g.voices, resolve: panicking("settle")} }, 0},
		{"narrate", func(g *rig) { g.voices.hook = panicking("mine") }, 1},
		{"narrate, the voice is chosen",
			func(g *rig) { g.Voices = &panickyVoices{Voices: g.voices, fingerprint: panicking("voice")} }, 1},
		{"capture", func(g *rig) { g.browser.hook = panicking("Mine") }, 2},
		{"capture, the page is drawn up",
			func(g *rig) { g.Pages = &panickyLibrary{Library: g.library, hook: panicking("Mine")} }, 2},
		{"capture, a picture is fetched", func(g *rig) { g.fetcher.hook = panicking("mine.png") }, 2},
		{"capture, the version of the browser", func(g *rig) { g.browser.hook = panicking("version") }, -1},
		{"animate", func(g *rig) { g.avatars.hook = panicking("frame 3") }, -1},
		{"animate, a clip is asked for",
			func(g *rig) { g.Avatars = &panickyAvatars{fakeAvatars: g.avatars, animate: panicking("animate")} }, -1},
		{"animate, a clip is closed",
			func(g *rig) { g.Avatars = &panickyAvatars{fakeAvatars: g.avatars, shut: panicking("close")} }, -1},
		{"encode", func(g *rig) { g.ffmpeg.hook = panicking("slice-max-mbs") }, -1},
		{"encode, whole", func(g *rig) { g.Plain, g.ffmpeg.hook = true, panicking("pipe:0*overlay") }, -1},
		{"transition", func(g *rig) { g.ffmpeg.hook = panicking(fading) }, 2},
		{"sound", func(g *rig) { g.ffmpeg.hook = panicking("s16le") }, 0},
		{"mux", func(g *rig) { g.cache.hook = panicking(".mp4") }, 0},
		{"thumbnail", func(g *rig) { g.Plain, g.ffmpeg.hook = true, panicking("mjpeg") }, 0},
		{"publish", func(g *rig) { g.artifacts.hook = panicking("video.mp4") }, 0},
	} {
		if !runs(c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			mine, theirs := shortTalk(), shortTalk()
			mine.Slides[0].Narration, mine.Slides[1].Props["title"] = "This is mine.", "Mine"
			mine.Slides[1].Props["image"] = "https://example.org/mine.png"
			c.set(g)
			var failed atomic.Pointer[lectern.Failure]
			var wg sync.WaitGroup
			for _, d := range []lectern.Deck{mine, theirs} {
				scratch := t.TempDir()
				wg.Go(func() {
					_, err := g.Run(t.Context(), lectern.Job{ID: d.Slides[0].Narration, Attempt: 1, Deck: d, Scratch: scratch},
						&recorder{})
					if err != nil && !failed.CompareAndSwap(nil, lectern.AsFailure(err)) {
						t.Errorf("both failed: %v", err)
					}
				})
			}
			wg.Wait()
			f := failed.Load()
			if f == nil {
				t.Fatal("no run failed")
			}
			if f.Code != lectern.CodeInternal || !strings.Contains(f.Detail, "panic: in ") ||
				!strings.Contains(f.Detail, "panic_test.go") {
				t.Errorf("%s: %v: %s", f.Code, f, f.Detail)
			}
			if c.slide >= 0 && f.Slide != c.slide || c.slide < 0 && f.Slide == 0 {
				t.Errorf("the failure names slide %d, want %d", f.Slide, c.slide)
			}
			for _, use := range g.Resources.Uses() {
				if use.InUse != 0 || use.Waiting != 0 {
					t.Errorf("%s: %d are still in use, and %d callers wait", use.Name, use.InUse, use.Waiting)
				}
			}
			if g.avatars.open != 0 {
				t.Errorf("%d clips are open", g.avatars.open)
			}
			for _, d := range []lectern.Deck{mine, theirs} {
				if _, _, err := g.run(t.Context(), t, d, 2); err != nil {
					t.Errorf("the next attempt: %v", err)
				}
			}
		})
	}
}

// panickyVoices are voices that panic before they speak.
type panickyVoices struct {
	Voices
	resolve, fingerprint hook
}

func (v *panickyVoices) Resolve(ctx context.Context, c lectern.VoiceChoice, script lectern.Script) (lectern.Reading,
	[]lectern.Warning, error) {
	_ = v.resolve.call(ctx, "settle")
	return v.Voices.Resolve(ctx, c, script)
}

func (v *panickyVoices) Fingerprint(r lectern.Reading) string {
	_ = v.fingerprint.call(context.Background(), "voice")
	return v.Voices.Fingerprint(r)
}

// panickyLibrary is a library that panics when the page "Mine" is laid out for the second time: after the check.
type panickyLibrary struct {
	capture.Library
	hook hook
	seen atomic.Int64
}

func (l *panickyLibrary) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	p, w, err := l.Library.Page(d, i)
	if p.HTML != "Mine" || l.seen.Add(1) == 2 {
		_ = l.hook.call(context.Background(), "%s", p.HTML)
	}
	return p, w, err
}

// panickyAvatars are avatars that panic when a clip is made or closed, and not in a frame.
type panickyAvatars struct {
	*fakeAvatars
	animate, shut hook
}

func (a *panickyAvatars) Animate(ctx context.Context, code string, r lectern.ClipRequest) (lectern.Clip, error) {
	_ = a.animate.call(ctx, "animate")
	c, err := a.fakeAvatars.Animate(ctx, code, r)
	return panickyClip{c, a}, err
}

type panickyClip struct {
	lectern.Clip
	a *panickyAvatars
}

func (c panickyClip) Close() error {
	err := c.Clip.Close()
	_ = c.a.shut.call(context.Background(), "close")
	return err
}
