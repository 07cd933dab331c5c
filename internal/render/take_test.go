package render

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lectern"
	"lectern/internal/avatar/elai/elaitest"
)

// fakePerformers are avatars that speak themselves: their takes are films of elaitest.
type fakePerformers struct {
	*fakeAvatars
	most    int           // 0: a text is one part; otherwise each sentence is one
	gather  int           // how many takes must be ordered before the first is delivered; 0: no wait
	wait    chan struct{} // closed when they are ordered
	mu      sync.Mutex
	asked   []lectern.TakeRequest
	failure error
}

func (f *fakePerformers) Performs(context.Context, string) bool { return true }

func (f *fakePerformers) Parts(_ context.Context, _, text string) ([]string, error) {
	if f.most == 0 {
		return []string{text}, nil
	}
	return strings.SplitAfter(text, ". "), nil
}

func (f *fakePerformers) Perform(ctx context.Context, _ string, r lectern.TakeRequest, path string) error {
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

func newPerformers(t *testing.T) (*rig, *fakePerformers) {
	g := newRig(t)
	f := &fakePerformers{fakeAvatars: g.avatars, wait: make(chan struct{})}
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

// The takes of all slides are ordered before the first is delivered. The slides have the timing of their takes, and a
// second run orders nothing.
func TestAvatarsThatSpeakThemselves(t *testing.T) {
	t.Parallel()
	g, f := newPerformers(t)
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
		t.Errorf("no message says that the run waits for the avatar: %q", stages)
	}
	if g.voices.calls > 0 || g.avatars.calls > 0 {
		t.Error("a voice spoke, or an avatar was animated")
	}
	asked := len(f.asked)
	if asked != 2 || f.asked[0].Key == f.asked[1].Key || f.asked[0].Presentation != "p1" ||
		f.asked[0].Slide+f.asked[1].Slide != 4 {
		t.Errorf("the run asked for %+v", f.asked)
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

// With keyAvatar false, the avatar is not cut out: its take has the slide's colour as its background, and is another
// take than one that is cut out.
func TestAnAvatarThatIsNotCutOut(t *testing.T) {
	t.Parallel()
	g, f := newPerformers(t)
	d := talk()
	d.Slides, d.Transitions = d.Slides[:1], nil
	for i, c := range []struct {
		keyed      *bool
		background string
		want       string
	}{{nil, "", ""}, {new(true), "#336699", ""}, {new(false), "#336699", "#336699"},
		{new(false), "", g.library.backdrop.Top}} {
		d.KeyAvatar, d.Slides[0].Background = c.keyed, c.background
		if _, _, err := g.run(t.Context(), t, d, i+1); err != nil {
			t.Fatal(err)
		}
		if last := f.asked[len(f.asked)-1]; last.Background != c.want {
			t.Errorf("%d: the background of the take is %q, want %q", i, last.Background, c.want)
		}
	}
	if len(f.asked) != 3 { // a take that is cut out does not depend on the slide's colour
		t.Errorf("%d takes were ordered", len(f.asked))
	}
}

// Parts are joined without a frame or a sample lost between them, and an edit orders only the part that it changes.
func TestPartsOfALongNarration(t *testing.T) {
	t.Parallel()
	g, f := newPerformers(t)
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
	if got := float64(m.Slides[0].Samples) / lectern.SampleRate; len(f.asked) != 3 || math.Abs(got-want) > 0.2 ||
		len(m.Slides[0].Words) != 7 {
		t.Errorf("%d takes, %.3f s instead of %.3f, %d words", len(f.asked), got, want, len(m.Slides[0].Words))
	}
	d.Slides[0].Narration = "One and two. Three and more. Five."
	if _, _, err := g.run(t.Context(), t, d, 2); err != nil || len(f.asked) != 4 {
		t.Errorf("an edit of one sentence orders %d takes (%v)", len(f.asked)-3, err)
	}
}

// J9: a take that is damaged in the cache fails the attempt with a sentence. The next attempt fetches this take
// again, and no other.
func TestADamagedTakeIsFetchedAgain(t *testing.T) {
	t.Parallel()
	g, f := newPerformers(t)
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
		t.Fatalf("the failure is %+v", x)
	}
	if _, _, err = g.run(t.Context(), t, d, 3); err != nil || len(f.asked) != asked+1 {
		t.Errorf("the next attempt asks for %d takes (%v)", len(f.asked)-asked, err)
	}
}

func TestATakeThatFailsNamesItsSlide(t *testing.T) {
	t.Parallel()
	g, f := newPerformers(t)
	f.failure = lectern.Fail(lectern.CodeAvatarFailed, "Elai is out of minutes.")
	_, _, err := g.run(t.Context(), t, talk(), 1)
	if x := lectern.AsFailure(err); x.Code != lectern.CodeAvatarFailed || x.Slide == 0 ||
		x.Message != "Elai is out of minutes." {
		t.Errorf("the failure is %+v", x)
	}
}
