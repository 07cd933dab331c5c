package render

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lectern"
	"lectern/internal/avatar/elai/elaitest"
)

// fakeStars are avatars that speak themselves: their takes are films of elaitest.
type fakeStars struct {
	*fakeAvatars
	most    int           // characters of a part; 0: any
	gather  int           // so many takes are waited for before any is given; 0: none
	wait    chan struct{} // closed when they are there
	mu      sync.Mutex
	asked   []lectern.TakeRequest
	failure error
}

func (f *fakeStars) Performs(context.Context, string) bool { return true }

func (f *fakeStars) Parts(_ context.Context, _, text string) ([]string, error) {
	if f.most == 0 {
		return []string{text}, nil
	}
	return strings.SplitAfter(text, ". "), nil
}

func (f *fakeStars) Perform(ctx context.Context, _ string, r lectern.TakeRequest, path string) error {
	f.mu.Lock()
	f.asked = append(f.asked, r)
	if f.gather > 0 && len(f.asked) == f.gather {
		close(f.wait)
	}
	f.mu.Unlock()
	if f.gather > 0 {
		if err := await(ctx, f.wait); err != nil {
			return err
		}
	}
	if f.failure != nil {
		return f.failure
	}
	for _, share := range []float64{0.1, 0.5, 0.8} {
		r.Progress(share)
	}
	b, err := elaitest.Film(strings.TrimSpace(r.Text))
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o666)
}

func newStars(t *testing.T) (*rig, *fakeStars) {
	g := newRig(t)
	f := &fakeStars{fakeAvatars: g.avatars, wait: make(chan struct{})}
	g.Avatars = f
	g.Align = func(text string, samples []int16) []lectern.Span {
		var out []lectern.Span
		words := strings.Fields(text)
		for i, w := range words {
			n := int64(len(samples)) / int64(len(words))
			out = append(out, lectern.Span{Text: w, Start: int64(i) * n, End: int64(i+1) * n})
		}
		return out
	}
	return g, f
}

// All slides are ordered before the first is there, their timing is that of their takes, and a second run orders nothing.
func TestAvatarsThatSpeakThemselves(t *testing.T) {
	t.Parallel()
	g, f := newStars(t)
	f.gather = 2
	d := talk()
	list, rec, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(t, g, list)
	for i, s := range m.Slides {
		text := d.Slides[i].Narration
		if text == "" {
			if s.Window != nil || s.Samples != 0 {
				t.Errorf("the silent slide has %+v", s)
			}
			continue
		}
		if got := float64(s.Samples) / lectern.SampleRate; math.Abs(got-elaitest.Seconds(text)) > 0.08 {
			t.Errorf("slide %d speaks for %.3f s, its take for %.3f", i+1, got, elaitest.Seconds(text))
		}
		if len(s.Words) != len(strings.Fields(text)) || s.Window == nil {
			t.Errorf("slide %d: %+v", i+1, s)
		}
	}
	if n := len(frameSums(t, g.path(t, list, lectern.ArtifactVideo))); int64(n) != m.Frames {
		t.Errorf("%d frames of %d", n, m.Frames)
	}
	checkReports(t, rec, 3)
	stages := ""
	for _, r := range rec.reports {
		if r.Stage == lectern.StageAnimating {
			stages = r.Message
		}
	}
	if !strings.Contains(stages, "avatar") {
		t.Errorf("nobody hears of the waiting: %q", stages)
	}
	if g.voices.calls > 0 || g.avatars.calls > 0 {
		t.Error("a voice spoke, or an avatar was animated")
	}
	asked := len(f.asked)
	if asked != 2 || f.asked[0].Key == f.asked[1].Key || f.asked[0].Presentation != "p1" || f.asked[0].Slide+f.asked[1].Slide != 4 {
		t.Errorf("asked for %+v", f.asked)
	}
	_, rec, err = g.run(t.Context(), t, d, 2)
	if _, no := reused(rec.steps); err != nil || len(no) > 0 || len(f.asked) != asked {
		t.Errorf("J9: a second run makes %v (%v)", no, err)
	}
	d.Slides[2].Narration = "Something else."
	if _, _, err = g.run(t.Context(), t, d, 3); err != nil || len(f.asked) != asked+1 {
		t.Errorf("an edit of slide 3 orders %d takes (%v)", len(f.asked)-asked, err)
	}
}

// Parts are joined without a frame or a sample lost between them, and an edit orders its own part alone.
func TestPartsOfALongNarration(t *testing.T) {
	t.Parallel()
	g, f := newStars(t)
	f.most = 1
	d := talk()
	d.Slides, d.Transitions = d.Slides[:1], nil
	d.Slides[0].Narration = "One and two. Three and four. Five."
	list, _, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(t, g, list)
	want := elaitest.Seconds("a b c") + elaitest.Seconds("a b c") + elaitest.Seconds("a")
	if got := float64(m.Slides[0].Samples) / lectern.SampleRate; len(f.asked) != 3 || math.Abs(got-want) > 0.2 || len(m.Slides[0].Words) != 7 {
		t.Errorf("%d takes, %.3f s instead of %.3f, %d words", len(f.asked), got, want, len(m.Slides[0].Words))
	}
	d.Slides[0].Narration = "One and two. Three and more. Five."
	if _, _, err := g.run(t.Context(), t, d, 2); err != nil || len(f.asked) != 4 {
		t.Errorf("an edit of one sentence orders %d takes (%v)", len(f.asked)-3, err)
	}
}

// Where one part follows another the picture dissolves instead of jumping: no step is as large as the cut would be.
func TestPartsDissolve(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	dir := t.TempDir()
	var reels []reel
	for i, text := range []string{"One two.", "Three."} {
		b, err := elaitest.Film(text)
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("%s/%d.mp4", dir, i)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		reels = append(reels, reel{file{path: path}, 12})
	}
	u := &run{Pipeline: g.Pipeline}
	frames := func(reels []reel, n int) []*image.RGBA {
		c := u.screen(t.Context(), lectern.ClipRequest{Size: lectern.Size{Width: 360, Height: 360}, FrameRate: 25, Frames: n}, reels)
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
	one, two, joined := frames(reels[:1], 12), frames(reels[1:], 12), frames(reels, 24)
	cut := apart(one[11], two[0])
	for i := 11; i < 12+dissolve; i++ {
		if step := apart(joined[i], joined[i+1]); step > cut/2 {
			t.Errorf("from frame %d to the next it is %.2f of the cut", i, step/cut)
		}
	}
	if apart(joined[11], one[11]) > 0 || apart(joined[12+dissolve], two[dissolve]) > 0 {
		t.Error("frames beside the dissolve are not those of their takes")
	}
}

// J9: a take that was damaged in the cache fails the attempt with a sentence, and the next one has it fetched again, that one alone.
func TestADamagedTakeIsFetchedAgain(t *testing.T) {
	t.Parallel()
	g, f := newStars(t)
	d := talk()
	if _, _, err := g.run(t.Context(), t, d, 1); err != nil {
		t.Fatal(err)
	}
	asked := len(f.asked)
	if err := os.Truncate(filepath.Join(g.cache.dir, f.asked[0].Key+takeEnding), 3000); err != nil {
		t.Fatal(err)
	}
	d.Layout = lectern.LayoutSideBySide // the pictures are composed anew
	_, _, err := g.run(t.Context(), t, d, 2)
	if x := lectern.AsFailure(err); !x.Retryable || x.Slide == 0 || !strings.Contains(x.Message, "fetched again") {
		t.Fatalf("it is %+v", x)
	}
	if _, _, err = g.run(t.Context(), t, d, 3); err != nil || len(f.asked) != asked+1 {
		t.Errorf("the next attempt asks for %d takes (%v)", len(f.asked)-asked, err)
	}
}

func TestATakeThatFailsNamesItsSlide(t *testing.T) {
	t.Parallel()
	g, f := newStars(t)
	f.failure = lectern.Fail(lectern.CodeAvatarFailed, "Elai is out of minutes.")
	_, _, err := g.run(t.Context(), t, talk(), 1)
	if x := lectern.AsFailure(err); x.Code != lectern.CodeAvatarFailed || x.Slide == 0 || x.Message != "Elai is out of minutes." {
		t.Errorf("it is %+v", x)
	}
}

// A take, through a real codec and the keyer, against the figure that is in it: edges are where they were, and no green is left.
func TestAKeyedTakeAgainstItsFigure(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	b, err := elaitest.Film("One.")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/take.mp4"
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	u := &run{Pipeline: g.Pipeline}
	req := lectern.ClipRequest{Size: lectern.Size{Width: 1080, Height: 1080}, FrameRate: 25, Frames: 3, Lead: lectern.SampleRate / 25}
	c := u.screen(t.Context(), req, []reel{{file{path: path}, 1}})
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
		t.Errorf("behind the last frame: %v", err)
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
			if want == 0 && got > 0.25 && fig.NRGBAAt(x-2, y).A+fig.NRGBAAt(x+2, y).A == 0 || want == 1 && got < 0.8 && fig.NRGBAAt(x-2, y).A == 255 && fig.NRGBAAt(x+2, y).A == 255 {
				wrong++
			}
			green = max(green, int(p.G)-int(max(p.R, p.B)))
		}
	}
	t.Logf("alpha at %g edge pixels differs by %.3f on average, %d far pixels are wrong, green excess %d", n, sum/n, wrong, green)
	if sum/n > 0.05 || wrong > 40 || green > 1 {
		t.Error("the take is not cut out well")
	}
	if fmt.Sprint(first.RGBAAt(540, 400).A, first.RGBAAt(5, 5)) != fmt.Sprint(255, color.RGBA{}) {
		t.Errorf("the face is %v, the corner %v", first.RGBAAt(540, 400), first.RGBAAt(5, 5))
	}
}
