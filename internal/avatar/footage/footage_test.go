package footage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"testing"

	"lectern"
	"lectern/internal/avatar/elai/elaitest"
	"lectern/internal/ffmpeg"
)

// tool decodes with the ffmpeg of this machine.
type tool struct{ *ffmpeg.Tool }

func (d tool) Decode(ctx context.Context, what string, args []string, out io.Writer) error {
	return d.Run(ctx, ffmpeg.Run{Args: args, Stdout: out, What: what})
}

func ffmpegOf(t *testing.T) Decoder {
	t.Helper()
	f, err := ffmpeg.Find("")
	if err != nil {
		t.Fatal(err)
	}
	return tool{f}
}

// decoder stands in for ffmpeg.
type decoder func(ctx context.Context, out io.Writer) error

func (d decoder) Decode(ctx context.Context, _ string, _ []string, out io.Writer) error {
	return d(ctx, out)
}

// Where one film follows another, the picture dissolves: no step between two frames is as large as a cut would be.
func TestFilmsDissolve(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var films []Film
	for i, text := range []string{"One two.", "Three."} {
		b, err := elaitest.Film(text)
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("%s/%d.mp4", dir, i)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		films = append(films, Film{Path: path, Frames: 12})
	}
	d := ffmpegOf(t)
	frames := func(films []Film, n int) []*image.RGBA {
		c := Play(t.Context(), d, lectern.ClipRequest{Size: lectern.Size{Width: 360, Height: 360}, FrameRate: 25, Frames: n},
			films)
		defer c.Close()
		var out []*image.RGBA
		for range n {
			m := image.NewRGBA(image.Rect(0, 0, 360, 360))
			if err := c.Next(m); err != nil {
				t.Fatal(err)
			}
			out = append(out, m)
		}
		return out
	}
	apart := func(a, b *image.RGBA) (sum float64) {
		for i := range a.Pix {
			sum += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
		}
		return sum
	}
	one, two, joined := frames(films[:1], 12), frames(films[1:], 12), frames(films, 24)
	cut := apart(one[11], two[0])
	for i := 11; i < 12+dissolve; i++ {
		if step := apart(joined[i], joined[i+1]); step > cut/2 {
			t.Errorf("the step from frame %d to the next is %.2f of a cut", i, step/cut)
		}
	}
	if apart(joined[11], one[11]) > 0 || apart(joined[12+dissolve], two[dissolve]) > 0 {
		t.Error("the frames before and after the dissolve are not those of their films")
	}
}

// A film that a real codec has encoded is keyed like the figure in it: its edges are in the same place, and no green is
// left.
func TestAKeyedFilmLooksLikeItsFigure(t *testing.T) {
	t.Parallel()
	b, err := elaitest.Film("One.")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/film.mp4"
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	req := lectern.ClipRequest{Size: lectern.Size{Width: 1080, Height: 1080}, FrameRate: 25, Frames: 3,
		Lead: lectern.SampleRate / 25}
	c := Play(t.Context(), ffmpegOf(t), req, []Film{{Path: path, Frames: 1}})
	defer c.Close()
	var first *image.RGBA
	for i := range req.Frames {
		m := image.NewRGBA(image.Rect(0, 0, 1080, 1080))
		if err := c.Next(m); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = m
		} else if !bytes.Equal(first.Pix, m.Pix) {
			t.Errorf("frame %d of lead and tail is another picture", i)
		}
	}
	if err := c.Next(image.NewRGBA(image.Rect(0, 0, 1080, 1080))); err != io.EOF {
		t.Errorf("after the last frame Next returns %v, want io.EOF", err)
	}
	fig := elaitest.Figure()
	sum, n, green, wrong := 0.0, 0.0, 0, 0
	for y := 2; y < 1078; y++ {
		for x := 2; x < 1078; x++ {
			want, p := float64(fig.NRGBAAt(x, y).A)/255, first.RGBAAt(x, y)
			got := float64(p.A) / 255
			if want > 0 && want < 1 {
				sum, n = sum+math.Abs(got-want), n+1
			}
			if want == 0 && got > 0.25 && fig.NRGBAAt(x-2, y).A+fig.NRGBAAt(x+2, y).A == 0 ||
				want == 1 && got < 0.8 && fig.NRGBAAt(x-2, y).A == 255 && fig.NRGBAAt(x+2, y).A == 255 {
				wrong++
			}
			green = max(green, int(p.G)-int(max(p.R, p.B)))
		}
	}
	t.Logf("alpha at %g edge pixels differs by %.3f on average, %d far pixels are wrong, green excess %d", n, sum/n, wrong,
		green)
	if sum/n > 0.05 || wrong > 40 || green > 1 {
		t.Error("the keyed film differs too much from its figure")
	}
	if fmt.Sprint(first.RGBAAt(540, 400).A, first.RGBAAt(5, 5)) != fmt.Sprint(255, color.RGBA{}) {
		t.Errorf("the face is %v, the corner %v", first.RGBAAt(540, 400), first.RGBAAt(5, 5))
	}
}

// The error for a film that cannot be decoded, or that lacks pictures, names the film and has the reason. The error of
// a clip whose context has ended is the cause of that.
func TestAFilmThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	const side, frame = 16, 3 * 16 * 16
	broken := errors.New("no such codec")
	req := lectern.ClipRequest{Size: lectern.Size{Width: side, Height: side}, FrameRate: 25, Frames: 4}
	films := []Film{{Path: "a", Frames: 2}, {Path: "b", Frames: 2}}
	dst := image.NewRGBA(image.Rect(0, 0, side, side))
	for name, ended := range map[string]error{"the decoder fails": broken, "a picture is missing": nil} {
		calls := 0
		c := Play(t.Context(), decoder(func(_ context.Context, out io.Writer) error {
			if calls++; calls == 1 {
				_, err := out.Write(make([]byte, 2*frame))
				return err
			}
			_, err := out.Write(make([]byte, frame))
			return errors.Join(err, ended)
		}), req, films)
		var err error
		for n := 0; err == nil && n < req.Frames; n++ {
			err = c.Next(dst)
		}
		if x, ok := errors.AsType[*Unreadable](err); !ok || x.Film != 1 || errors.Is(err, broken) != (ended != nil) ||
			errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	c := Play(ctx, decoder(func(ctx context.Context, _ io.Writer) error {
		cancel(broken)
		return context.Cause(ctx)
	}), req, films)
	defer c.Close()
	err := c.Next(dst)
	if _, unreadable := errors.AsType[*Unreadable](err); unreadable || !errors.Is(err, broken) {
		t.Errorf("a clip whose context has ended gives %v", err)
	}
}

// A film without sound is a failure of the avatar.
func TestAFilmWithoutSoundIsAFailure(t *testing.T) {
	t.Parallel()
	gives := func(b ...byte) decoder {
		return func(_ context.Context, out io.Writer) error {
			_, err := out.Write(b)
			return err
		}
	}
	if _, err := Sound(t.Context(), gives(), "a"); !errors.Is(err, &lectern.Failure{Code: lectern.CodeAvatarFailed}) {
		t.Errorf("a film without sound gives %v", err)
	}
	if got, err := Sound(t.Context(), gives(1, 0, 0xff, 0xff), "a"); err != nil || len(got) != 2 || got[0] != 1 ||
		got[1] != -1 {
		t.Errorf("the samples are %v (%v), want 1 and -1", got, err)
	}
}

// A film that PlayWhole shows is not keyed: its background stays, and no pixel is transparent.
func TestAWholeFilmKeepsItsBackground(t *testing.T) {
	t.Parallel()
	b, err := elaitest.Film("One.")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/film.mp4"
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	c := PlayWhole(t.Context(), ffmpegOf(t), lectern.ClipRequest{Size: lectern.Size{Width: 360, Height: 360},
		FrameRate: 25, Frames: 1},
		[]Film{{Path: path, Frames: 1}})
	defer c.Close()
	m := image.NewRGBA(image.Rect(0, 0, 360, 360))
	if err := c.Next(m); err != nil {
		t.Fatal(err)
	}
	if p := m.RGBAAt(2, 2); p.G < 200 || p.R > 60 || p.B > 60 {
		t.Errorf("the corner is %v, not the film's green", p)
	}
	if !m.Opaque() {
		t.Error("some pixels are transparent")
	}
}
