package render

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
	"lectern/internal/encode"
	"lectern/internal/soak"
)

// chip is an ffmpeg that seems to have an encoder in hardware: libx264 does the work. The encoder fails from call
// number limit on; 0: never.
type chip struct {
	FFmpeg
	limit int64
	calls atomic.Int64
	soft  atomic.Int64 // encodes of pictures that asked for libx264
}

func (c *chip) Run(ctx context.Context, r Command) error {
	at := slices.Index(r.Args, "h264_nvenc")
	if at < 0 {
		if slices.Contains(r.Args, "libx264") {
			c.soft.Add(1)
		}
		return c.FFmpeg.Run(ctx, r)
	}
	if n := c.calls.Add(1); c.limit > 0 && n >= c.limit {
		return lectern.Fail(lectern.CodeEncodeFailed, "OpenEncodeSessionEx failed: out of memory.")
	}
	args := slices.Clone(r.Args)
	args[at] = "libx264"
	for _, option := range []string{"-preset", "-rc", "-qp", "-no-scenecut", "-strict_gop", "-forced-idr", "-aud",
		"-coder"} {
		if i := slices.Index(args, option); i >= 0 {
			args = slices.Delete(args, i, i+2)
		}
	}
	r.Args = slices.Insert(args, slices.Index(args, "-profile:v"), "-preset", "ultrafast", "-x264-params",
		"stitchable=1:aud=1:scenecut=0:cabac=1:8x8dct=1:weightp=0")
	return c.FFmpeg.Run(ctx, r)
}

// halves is a talk whose avatar takes too much of the picture to be spliced.
func halves() lectern.Deck {
	d := talk()
	d.Layout = lectern.LayoutSplitScreen
	return d
}

// Where pictures have to be encoded whole, an encoder in hardware that works encodes all of them. Elsewhere it is not
// used.
func TestHardwareEncodesWholePictures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		deck lectern.Deck
		used bool
	}{{"split screen", halves(), true}, {"in the corner", corner(), false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			g.avatars.calm = true
			hw := &chip{FFmpeg: g.Pipeline.FFmpeg}
			g.Pipeline.FFmpeg, g.Encoder = hw, func(context.Context) encode.Encoder { return encode.NVENC }
			list, rec, err := g.run(t.Context(), t, c.deck, 1)
			if err != nil {
				t.Fatal(err)
			}
			checkReports(t, rec, len(c.deck.Slides))
			if hw.calls.Load() > 0 != c.used || hw.soft.Load() > 0 == c.used {
				t.Errorf("the hardware was used %d times, libx264 %d", hw.calls.Load(), hw.soft.Load())
			}
			m := manifestOf(t, g, list)
			if n := len(frameSums(t, g.path(t, list, lectern.ArtifactVideo))); int64(n) != m.Frames {
				t.Errorf("%d pictures of %d", n, m.Frames)
			}
		})
	}
}

// An encoder in hardware that fails, at whatever moment, costs time and nothing else: libx264 makes the video, and a
// warning says why. A run that was stopped is not begun again.
func TestHardwareThatFailsIsReplaced(t *testing.T) {
	t.Parallel()
	for _, limit := range soak.Pick([]int64{1, 3}, 3) {
		g := newRig(t)
		hw := &chip{FFmpeg: g.Pipeline.FFmpeg, limit: limit}
		g.Pipeline.FFmpeg, g.Encoder = hw, func(context.Context) encode.Encoder { return encode.NVENC }
		list, rec, err := g.run(t.Context(), t, halves(), 1)
		if err != nil {
			t.Fatal(err)
		}
		checkReports(t, rec, 3)
		m := manifestOf(t, g, list)
		warned := slices.IndexFunc(m.Warnings, func(w lectern.Warning) bool { return w.Code == "hardware_encoder" })
		if warned < 0 || !strings.Contains(m.Warnings[warned].Message, "nvenc") ||
			!strings.Contains(m.Warnings[warned].Message, "out of memory") {
			t.Errorf("the warnings are %+v", m.Warnings)
		}
		if n := len(frameSums(t, g.path(t, list, lectern.ArtifactVideo))); int64(n) != m.Frames || hw.soft.Load() == 0 {
			t.Errorf("%d pictures of %d, %d encodes by libx264", n, m.Frames, hw.soft.Load())
		}
	}
	g := newRig(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	hw := &chip{FFmpeg: g.Pipeline.FFmpeg, limit: 1}
	g.Pipeline.FFmpeg = hw
	g.Encoder = func(context.Context) encode.Encoder { return encode.NVENC }
	g.avatars.hook = func(context.Context, string) error { cancel(stop); return nil }
	if _, _, err := g.run(ctx, t, halves(), 1); !errors.Is(err, stop) {
		t.Errorf("a stopped run ends with %v", err)
	}
}
