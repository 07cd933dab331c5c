package render

import (
	"context"
	"lectern/internal/capture"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lectern"
	"lectern/internal/soak"
)

// panicking panics in the first call that a word is part of, and in no other.
func panicking(pattern string) hook {
	var once atomic.Bool
	return func(_ context.Context, what string) error {
		if fits(what, pattern) && once.CompareAndSwap(false, true) {
			panic("in " + pattern)
		}
		return nil
	}
}

// J11: a panic in whatever port, at whatever step, is the failure of its own run, with its slide where it has one. What
// the run held is given back, the runs beside it end well, and so does the next attempt.
func TestAPanicBreaksItsOwnRunOnly(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "narrate", "capture", "animate, a clip is closed", "encode", "mux", "publish")
	for _, c := range []struct {
		name  string
		set   func(g *rig)
		slide int // 0: none
	}{
		{"settle", func(g *rig) { g.Voices = &touchy{Voices: g.voices, resolve: panicking("settle")} }, 0},
		{"narrate", func(g *rig) { g.voices.hook = panicking("mine") }, 1},
		{"narrate, the voice is chosen",
			func(g *rig) { g.Voices = &touchy{Voices: g.voices, fingerprint: panicking("voice")} }, 1},
		{"capture", func(g *rig) { g.browser.hook = panicking("Mine") }, 2},
		{"capture, the page is drawn up", func(g *rig) { g.Pages = &clumsy{Library: g.library, hook: panicking("Mine")} }, 2},
		{"capture, a picture is fetched", func(g *rig) { g.fetcher.hook = panicking("mine.png") }, 2},
		{"capture, the version of the browser", func(g *rig) { g.browser.hook = panicking("version") }, -1},
		{"animate", func(g *rig) { g.avatars.hook = panicking("frame 3") }, -1},
		{"animate, a clip is asked for",
			func(g *rig) { g.Avatars = &moody{fakeAvatars: g.avatars, animate: panicking("animate")} }, -1},
		{"animate, a clip is closed", func(g *rig) { g.Avatars = &moody{fakeAvatars: g.avatars, shut: panicking("close")} },
			-1},
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
				t.Fatal("the panic went nowhere")
			}
			if f.Code != lectern.CodeInternal || !strings.Contains(f.Detail, "panic: in ") ||
				!strings.Contains(f.Detail, "panic_test.go") {
				t.Errorf("%s: %v: %s", f.Code, f, f.Detail)
			}
			if c.slide >= 0 && f.Slide != c.slide || c.slide < 0 && f.Slide == 0 {
				t.Errorf("it is told of slide %d, not %d", f.Slide, c.slide)
			}
			for _, use := range g.Resources.Uses() {
				if use.InUse != 0 || use.Waiting != 0 {
					t.Errorf("of the %s, %d are in use still, and %d waited for", use.Name, use.InUse, use.Waiting)
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

// touchy are voices that panic before they speak.
type touchy struct {
	Voices
	resolve, fingerprint hook
}

func (v *touchy) Resolve(ctx context.Context, c lectern.VoiceChoice, script lectern.Script) (lectern.Reading,
	[]lectern.Warning, error) {
	_ = v.resolve.call(ctx, "settle")
	return v.Voices.Resolve(ctx, c, script)
}

func (v *touchy) Fingerprint(r lectern.Reading) string {
	_ = v.fingerprint.call(context.Background(), "voice")
	return v.Voices.Fingerprint(r)
}

// clumsy is a library that panics over a page once the deck is settled.
type clumsy struct {
	capture.Library
	hook hook
	seen atomic.Int64
}

func (l *clumsy) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	p, w, err := l.Library.Page(d, i)
	if p.HTML != "Mine" || l.seen.Add(1) == 2 {
		_ = l.hook.call(context.Background(), "%s", p.HTML)
	}
	return p, w, err
}

// moody are avatars that panic beside their frames.
type moody struct {
	*fakeAvatars
	animate, shut hook
}

func (a *moody) Animate(ctx context.Context, code string, r lectern.ClipRequest) (lectern.Clip, error) {
	_ = a.animate.call(ctx, "animate")
	c, err := a.fakeAvatars.Animate(ctx, code, r)
	return moodyClip{c, a}, err
}

type moodyClip struct {
	lectern.Clip
	a *moody
}

func (c moodyClip) Close() error {
	err := c.Clip.Close()
	_ = c.a.shut.call(context.Background(), "close")
	return err
}
