package render

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/ffmpeg"
	"lectern/internal/proc"
	"lectern/internal/soak"
)

// faults are what a bad ffmpeg does instead of its work, each as the end of a shell script: $real is the real ffmpeg,
// and $out the file that it is to write, or "" for standard output.
var faults = map[string]string{
	"crashes":          `kill -SEGV $$`,
	"hangs":            `exec sleep 86400`,
	"leaves nothing":   `exit 0`,
	"leaves garbage":   `cat >/dev/null <&0; if [ -n "$out" ]; then head -c 50000 /dev/urandom >"$out"; else head -c 50001 /dev/urandom; fi; exit 0`,
	"leaves half":      `if [ -n "$out" ]; then "$real" "$@" || exit; truncate -s $(($(stat -c %s "$out") / 2)) "$out"; else "$real" "$@" >"$0.part" || exit; head -c $(($(stat -c %s "$0.part") / 2)) "$0.part"; fi`,
	"cuts the end off": `if [ -n "$out" ]; then "$real" "$@" || exit; truncate -s -7 "$out"; else "$real" "$@" >"$0.part" || exit; head -c -7 "$0.part"; fi`,
}

// badFFmpeg is an ffmpeg with a fault in the calls whose arguments fit the pattern word, for as long as the file marker
// exists. All other calls work.
type badFFmpeg struct{ word, fault, marker string }

// hits reports whether a call is one of the bad ones.
func (b badFFmpeg) hits(args []string) bool {
	return fits(strings.Join(args, " "), b.word)
}

// newBadFFmpeg makes a rig use a bad ffmpeg.
func newBadFFmpeg(t *testing.T, g *rig, word, fault string) badFFmpeg {
	t.Helper()
	real, err := proc.Find("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bad := badFFmpeg{word, fault, filepath.Join(dir, "bad")}
	word = strings.ReplaceAll(word, " ", `\ `)
	// An output file with the name that the pattern begins with is spoiled. If there is none, the last argument is.
	first, _, _ := strings.Cut(word, "*")
	script := fmt.Sprintf("#!/bin/sh\nreal=%s\n"+`case "$*" in *%s*) ;; *) exec "$real" "$@";; esac
[ -e %s ] || exec "$real" "$@"
for out; do case "$out" in file:*/%s) break;; esac; done
case "$out" in file:*) out=${out#file:};; /*) ;; *) out=;; esac
%s
`, real, word, bad.marker, first, faults[fault])
	path := filepath.Join(dir, "ffmpeg")
	for name, text := range map[string]string{path: script, bad.marker: ""} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	found, err := ffmpeg.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	g.ffmpeg.FFmpeg = hasty{found, bad}
	return bad
}

func (b badFFmpeg) mend(t *testing.T) {
	t.Helper()
	if err := os.Remove(b.marker); err != nil {
		t.Fatal(err)
	}
}

// hasty is the port with a short time limit for the calls in which a bad ffmpeg hangs. The other calls have the usual
// limit.
type hasty struct {
	t   *ffmpeg.Tool
	bad badFFmpeg
}

func (f hasty) Version() string { return f.t.Version() }

func (f hasty) Run(ctx context.Context, c Command) error {
	j := ffmpeg.Run{Args: c.Args, Stdin: c.Stdin, Stdout: c.Stdout, OnFrame: c.OnFrame, OnTime: c.OnTime, What: c.What}
	if _, err := os.Stat(f.bad.marker); err == nil && f.bad.fault == "hangs" && f.bad.hits(c.Args) {
		j.Stall = 300 * time.Millisecond
	}
	return f.t.Run(ctx, j)
}

// J9 J11: whatever a bad ffmpeg does in whatever step, the run fails with a code, the slide and a sentence that says
// what could not be done. It publishes nothing and leaves nothing damaged in the cache: the next attempt, with a good
// ffmpeg, makes the video. Without a soak, each step and each fault is tried, but not every pair.
func TestABadFFmpegBreaksOneAttempt(t *testing.T) {
	t.Parallel()
	kinds := slices.Sorted(maps.Keys(faults))
	for i, step := range []struct {
		name   string
		word   string // among the arguments
		slides bool   // the failure names a slide
		says   string
		deck   func(g *rig, d *lectern.Deck)
	}{
		{"still", "frames:v*1*-r", true, "could not encode the slide", alone},
		{"avatar", "pipe:0*overlay", true, "could not encode the slide", whole},
		{"patch", "slice-max-mbs", true, "could not encode the slide", roomy},
		{"key pictures", "keys.h264*slice-max-mbs", true, "could not encode the slide", roomy},
		{"fade", fading, true, "could not blend two slides", alone},
		{"transition", "xfade", true, "could not blend two slides", wiped},
		{"sound", "s16le*pipe:0", false, "could not encode the sound", alone},
		{"thumbnail", "mjpeg", false, "could not make the thumbnail", alone},
		{"take's sound", "first_pts=0", true, "could not read the avatar's sound", speaksItself},
		{"take's pictures", "rgb24*pipe:1", true, "could not read the avatar's video", speaksItself},
	} {
		for _, fault := range soak.Pick(kinds, kinds[i%len(kinds)]) {
			t.Run(step.name+" "+fault, func(t *testing.T) {
				t.Parallel()
				g, d := newRig(t), shortTalk()
				if step.deck != nil {
					step.deck(g, &d)
				}
				bad := newBadFFmpeg(t, g, step.word, fault)
				list, _, err := g.run(t.Context(), t, d, 1)
				if err == nil {
					t.Fatal("a video was published")
				}
				f := lectern.AsFailure(err)
				code, says := lectern.CodeEncodeFailed, step.says
				if fault == "hangs" {
					code = lectern.CodeTimeout
				}
				if f.Code != code || (f.Slide > 0) != step.slides || !strings.Contains(f.Message, says) {
					t.Fatalf("%v: %s, slide %d, %q (%s)", err, f.Code, f.Slide, f.Message, f.Detail)
				}
				if len(list) > 0 || g.avatars.open != 0 {
					t.Errorf("%d artifacts, %d clips open", len(list), g.avatars.open)
				}
				if left, _ := filepath.Glob(filepath.Join(g.cache.dir, "tmp-*")); len(left) > 0 {
					t.Errorf("the failed run leaves %v", left)
				}
				bad.mend(t)
				list, _, err = g.run(t.Context(), t, d, 2)
				if err != nil {
					t.Fatalf("with a good ffmpeg: %v (%s)", err, lectern.AsFailure(err).Detail)
				}
				if m := manifestOf(t, g, list); int64(len(frameSums(t, g.path(t, list, lectern.ArtifactVideo)))) != m.Frames {
					t.Error("the video is not whole")
				}
			})
		}
	}
}

// shortTalk is talk with less to make: two slides and a fade.
func shortTalk() lectern.Deck {
	d := talk()
	d.Size, d.Slides, d.Transitions = lectern.Size{Width: 240, Height: 240}, d.Slides[:2],
		[]lectern.Transition{{Type: "fade", Duration: 100e6}}
	d.Slides[0].Narration, d.Slides[1].Narration, d.Hold = "Hello.", "", 300e6
	return d
}

// roomy leaves room around the avatar, so that it is spliced.
func roomy(_ *rig, d *lectern.Deck) { d.Size = lectern.Size{Width: 640, Height: 360} }

// whole makes the pipeline encode an avatar's pictures whole.
func whole(g *rig, _ *lectern.Deck) { g.Plain = true }

// alone leaves the avatar out.
func alone(_ *rig, d *lectern.Deck) { d.Layout = lectern.LayoutSlideOnly }

// wiped is alone with a transition that ffmpeg makes.
func wiped(g *rig, d *lectern.Deck) {
	alone(g, d)
	d.Transitions = []lectern.Transition{{Type: "wipeleft", Duration: 100e6}}
}

// speaksItself gives a rig an avatar that speaks itself.
func speaksItself(g *rig, _ *lectern.Deck) {
	g.Avatars = &fakePerformers{fakeAvatars: g.avatars, wait: make(chan struct{})}
}
