// Package avatartest is the conformance suite of avatar engines. An engine is done when the suite passes. The suite
// relies only on the contract of lectern.ClipRequest and lectern.Clip, so it judges an engine by the pixels of its
// frames.
package avatartest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"strings"
	"sync"
	"testing"

	"lectern"
)

// Engine is what the suite needs of an engine. It has the methods of avatar.Engine.
type Engine interface {
	Name() string
	Avatars(ctx context.Context) ([]lectern.Avatar, error)
	Animate(ctx context.Context, r lectern.ClipRequest) (lectern.Clip, error)
	Portrait(ctx context.Context, code string, s lectern.Size) (image.Image, error)
	Fingerprint() string
}

// Run checks the engines that open returns. Each test gets its own engine.
func Run(t *testing.T, open func(t *testing.T) Engine) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, e Engine)
	}{
		{"lists avatars that animate", listed},
		{"refuses unknown avatars and names the known ones", unknown},
		{"refuses what cannot be drawn", refused},
		{"returns the requested number of frames, then io.EOF", counted},
		{"returns the same frames for the same seed", deterministic},
		{"draws every size", sizes},
		{"keeps the background transparent", transparent},
		{"draws the backdrop", backdrop},
		{"begins and ends each clip in the same pose", joins},
		{"moves the mouth only in speech and closes it on bilabials", lips},
		{"draws several clips at the same time", concurrent},
		{"ends with its context", canceled},
		{"can be closed early and twice", closed},
		{"draws portraits", portraits},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

// codes returns every code that e lists, with and without variant.
func codes(t *testing.T, e Engine) []string {
	t.Helper()
	list, err := e.Avatars(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range list {
		if a.Code == "" || a.Name == "" || strings.ContainsAny(a.Code, ".: ") || a.Code != strings.ToLower(a.Code) {
			t.Errorf("avatar %+v: codes are lower case, without dots, colons and spaces", a)
		}
		out = append(out, a.Code)
		for _, v := range a.Variants {
			out = append(out, a.Code+"."+v.Code)
		}
	}
	if len(out) == 0 {
		t.Fatal("the engine has no avatar")
	}
	return out
}

// full returns the codes that name a variant.
func full(t *testing.T, e Engine) []string {
	t.Helper()
	var out []string
	for _, c := range codes(t, e) {
		if strings.Contains(c, ".") {
			out = append(out, c)
		}
	}
	return out
}

// request is a short clip without speech.
func request(code string) lectern.ClipRequest {
	return lectern.ClipRequest{Avatar: code, Frames: 12, FrameRate: 30, Size: lectern.Size{Width: 120, Height: 120},
		Seed: 1}
}

// frames draws a whole clip.
func frames(t *testing.T, e Engine, r lectern.ClipRequest) []*image.RGBA {
	t.Helper()
	out, err := drawAll(t.Context(), e, r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func drawAll(ctx context.Context, e Engine, r lectern.ClipRequest) ([]*image.RGBA, error) {
	c, err := e.Animate(ctx, r)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var out []*image.RGBA
	for {
		m := image.NewRGBA(image.Rect(0, 0, r.Size.Width, r.Size.Height))
		for i := range m.Pix {
			m.Pix[i] = 0xa5 // an old value, which must not be visible in the frame
		}
		switch err := c.Next(m); {
		case errors.Is(err, io.EOF):
			return out, c.Close()
		case err != nil:
			return nil, err
		}
		if out = append(out, m); len(out) > r.Frames {
			return nil, fmt.Errorf("the clip has more than the %d requested frames", r.Frames)
		}
	}
}

func listed(t *testing.T, e Engine) {
	if e.Name() == "" || e.Fingerprint() == "" {
		t.Errorf("name %q, fingerprint %q: neither may be empty", e.Name(), e.Fingerprint())
	}
	for _, c := range codes(t, e) {
		r := request(c)
		r.Frames = 1
		if n := len(frames(t, e, r)); n != 1 {
			t.Errorf("%s: a clip of one frame has %d", c, n)
		}
	}
}

func unknown(t *testing.T, e Engine) {
	for _, code := range []string{"nobody", "", ".", codes(t, e)[0] + ".nosuch", strings.Repeat("x", 10_000), "\x00"} {
		_, err := e.Animate(t.Context(), request(code))
		f := lectern.AsFailure(err)
		if f == nil || f.Code != lectern.CodeUnknownAvatar {
			t.Errorf("%.20q gives %v, not %s", code, err, lectern.CodeUnknownAvatar)
			continue
		}
		for _, c := range full(t, e) {
			if !strings.Contains(f.Message, c) {
				t.Errorf("%q does not name %s", f.Message, c)
			}
		}
		if len(f.Message) > 2000 {
			t.Errorf("the message has %d bytes, more than 2000", len(f.Message))
		}
		if _, err := e.Portrait(t.Context(), code, lectern.Size{Width: 64, Height: 64}); lectern.AsFailure(err) == nil ||
			lectern.AsFailure(err).Code != lectern.CodeUnknownAvatar {
			t.Errorf("the portrait of %.20q gives %v", code, err)
		}
	}
}

func refused(t *testing.T, e Engine) {
	for name, spoil := range map[string]func(*lectern.ClipRequest){
		"no size":          func(r *lectern.ClipRequest) { r.Size = lectern.Size{} },
		"negative size":    func(r *lectern.ClipRequest) { r.Size.Width = -4 },
		"huge size":        func(r *lectern.ClipRequest) { r.Size = lectern.Size{Width: 1 << 20, Height: 1 << 20} },
		"no frame rate":    func(r *lectern.ClipRequest) { r.FrameRate = 0 },
		"negative frames":  func(r *lectern.ClipRequest) { r.Frames = -1 },
		"negative lead":    func(r *lectern.ClipRequest) { r.Lead = -1 },
		"no colour":        func(r *lectern.ClipRequest) { r.Backdrop.Top = "red" },
		"half a colour":    func(r *lectern.ClipRequest) { r.Backdrop = lectern.Backdrop{Top: "#12345", Bottom: "#123456"} },
		"looks nowhere":    func(r *lectern.ClipRequest) { r.Look.X = math.NaN() },
		"too many frames":  func(r *lectern.ClipRequest) { r.Frames = math.MaxInt },
		"letters as digit": func(r *lectern.ClipRequest) { r.Backdrop.Bottom = "#gggggg" },
	} {
		r := request(codes(t, e)[0])
		spoil(&r)
		c, err := e.Animate(t.Context(), r)
		if err == nil {
			c.Close()
		}
		if f := lectern.AsFailure(err); f == nil || f.Code == lectern.CodeInternal || f.Message == "" {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

func counted(t *testing.T, e Engine) {
	for _, n := range []int{0, 1, 2, 7, 40} {
		for _, rate := range []int{24, 30, 60} {
			r := request(codes(t, e)[0])
			r.Frames, r.FrameRate = n, rate
			if got := len(frames(t, e, r)); got != n {
				t.Errorf("a clip of %d frames at %d a second has %d", n, rate, got)
			}
		}
	}
}

func deterministic(t *testing.T, e Engine) {
	r := speaking(codes(t, e)[0])
	r.Seed, r.Frames, r.Size = 42, 60, lectern.Size{Width: 120, Height: 120}
	a, b := frames(t, e, r), frames(t, e, r)
	for i := range a {
		if !bytes.Equal(a[i].Pix, b[i].Pix) {
			t.Fatalf("frame %d differs when the same clip is drawn again", i)
		}
	}
	r.Seed = 43
	c := frames(t, e, r)
	same := 0
	for i := range a {
		if bytes.Equal(a[i].Pix, c[i].Pix) {
			same++
		}
	}
	if same > len(a)/2 {
		t.Errorf("with another seed, %d of %d frames are the same", same, len(a))
	}
}

func sizes(t *testing.T, e Engine) {
	for _, s := range []lectern.Size{{Width: 480, Height: 480}, {Width: 481, Height: 479}, {Width: 33, Height: 17},
		{Width: 17, Height: 200}, {Width: 576, Height: 984}, {Width: 640, Height: 360}, {Width: 400, Height: 1200}} {
		r := request(codes(t, e)[0])
		r.Frames, r.Size = 2, s
		m := frames(t, e, r)[1]
		covered := 0
		for x := range s.Width {
			if m.RGBAAt(x, s.Height-1).A == 255 {
				covered++
			}
		}
		// The body must reach the lower edge of every window.
		if covered < min(s.Width, s.Height)/5 {
			t.Errorf("%v: only %d pixels of the lowest row show the figure: it is cut off", s, covered)
		}
		if a := m.RGBAAt(0, 0).A; a != 0 {
			t.Errorf("%v: the upper corner has alpha %d", s, a)
		}
	}
}

func transparent(t *testing.T, e Engine) {
	for _, code := range full(t, e) {
		r := request(code)
		r.Size = lectern.Size{Width: 240, Height: 240}
		m := frames(t, e, r)[5]
		clear, solid := 0, 0
		for i := 0; i < len(m.Pix); i += 4 {
			p := m.Pix[i : i+4]
			if p[0] > p[3] || p[1] > p[3] || p[2] > p[3] {
				t.Fatalf("%s: pixel %d is %v, which is not premultiplied", code, i/4, p)
			}
			switch p[3] {
			case 0:
				clear++
			case 255:
				solid++
			}
		}
		n := len(m.Pix) / 4
		if clear < n/5 || solid < n/5 || n-clear-solid > n/12 {
			t.Errorf("%s: of %d pixels %d are transparent and %d opaque, too few", code, n, clear, solid)
		}
	}
}

func backdrop(t *testing.T, e Engine) {
	r := request(codes(t, e)[0])
	r.Backdrop = lectern.Backdrop{Top: "#204060", Bottom: "#6080a0"}
	r.Size = lectern.Size{Width: 320, Height: 160}
	m := frames(t, e, r)[3]
	near := func(x, y int, cr, cg, cb int) {
		p := m.RGBAAt(x, y)
		if abs(int(p.R)-cr) > 2 || abs(int(p.G)-cg) > 2 || abs(int(p.B)-cb) > 2 || p.A != 255 {
			t.Errorf("pixel %d,%d is %v, not about %d %d %d", x, y, p, cr, cg, cb)
		}
	}
	near(1, 0, 0x20, 0x40, 0x60)
	near(1, 159, 0x60, 0x80, 0xa0)
	near(318, 80, 0x40, 0x60, 0x80)
}

func abs(v int) int { return max(v, -v) }

func joins(t *testing.T, e Engine) {
	code := codes(t, e)[0]
	a, b := speaking(code), speaking(code)
	b.Seed, b.Narration.Phonemes = 99, nil
	a.Size, b.Size = lectern.Size{Width: 120, Height: 120}, lectern.Size{Width: 120, Height: 120}
	x, y := frames(t, e, a), frames(t, e, b)
	if d := difference(x[len(x)-1], y[0], y[0].Bounds()); d > 0.25 {
		t.Errorf("the end of one clip and the start of the next differ by %.2f levels", d)
	}
}

// brief is a request for the beginning of a spoken clip, in a small size.
func brief(code string) lectern.ClipRequest {
	r := speaking(code)
	r.Lead, r.Frames, r.Size = 0, 12, lectern.Size{Width: 120, Height: 120}
	return r
}

func concurrent(t *testing.T, e Engine) {
	all := full(t, e)
	want := make([][]*image.RGBA, len(all))
	for i, code := range all {
		r := brief(code)
		want[i] = frames(t, e, r)
	}
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			i := k % len(all)
			r := brief(all[i])
			got, err := drawAll(t.Context(), e, r)
			if err != nil {
				t.Error(err)
				return
			}
			for j := range got {
				if !bytes.Equal(got[j].Pix, want[i][j].Pix) {
					t.Errorf("%s: frame %d differs when other clips are drawn at the same time", all[i], j)
					return
				}
			}
		})
	}
	wg.Wait()
}

func canceled(t *testing.T, e Engine) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := e.Animate(ctx, request(codes(t, e)[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := image.NewRGBA(image.Rect(0, 0, 120, 120))
	if err := c.Next(m); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := c.Next(m); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel Next gives %v", err)
	}
	if _, err := e.Animate(ctx, request(codes(t, e)[0])); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel Animate gives %v", err)
	}
}

func closed(t *testing.T, e Engine) {
	c, err := e.Animate(t.Context(), request(codes(t, e)[0]))
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewRGBA(image.Rect(0, 0, 120, 120))
	if err := c.Next(m); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("the second Close gives %v", err)
	}
	if err := c.Next(m); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("Next after Close returns %v, want an error other than io.EOF", err)
	}
}

func portraits(t *testing.T, e Engine) {
	for _, code := range codes(t, e) {
		m, err := e.Portrait(t.Context(), code, lectern.Size{Width: 96, Height: 120})
		if err != nil {
			t.Fatal(err)
		}
		if b := m.Bounds(); b.Dx() != 96 || b.Dy() != 120 {
			t.Errorf("%s: the portrait has the bounds %v, want 96×120 pixels", code, b)
		}
		if _, _, _, a := m.At(m.Bounds().Min.X+48, m.Bounds().Min.Y+60).RGBA(); a != 0xffff {
			t.Errorf("%s: nobody is in the middle of the portrait", code)
		}
	}
	if _, err := e.Portrait(t.Context(), codes(t, e)[0], lectern.Size{}); err == nil {
		t.Error("a portrait without a size is drawn")
	}
}
