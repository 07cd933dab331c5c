package render

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
)

// fakeDocuments draws each page in a grey of its own. It counts its calls.
type fakeDocuments struct {
	password string // that the file needs; "": none
	pages    int    // of each PDF; 0: 2

	mu    sync.Mutex
	calls []string
}

func (d *fakeDocuments) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
}

func (d *fakeDocuments) Version() string { return "fake 1" }

func (d *fakeDocuments) Key(_ context.Context, sha string, u lectern.Unlock, steps bool) (string, error) {
	if d.password != "" && u.Password != d.password && !u.Opened {
		return "", lectern.Fail(lectern.CodeInvalidDeck, "The file needs a password.")
	}
	if steps {
		return "document-steps-" + sha, nil
	}
	return "document-" + sha, nil
}

// Clicks says that the second page has two clicks, so that the PDF of the steps has four pages.
func (d *fakeDocuments) Clicks(context.Context, string) ([]int, error) { return []int{0, 2}, nil }

func (d *fakeDocuments) PDF(_ context.Context, sha string, _ lectern.Unlock, pages int, steps bool,
	path string) error {
	if steps {
		d.note("pdf of steps %.2s %d", sha, pages)
	} else {
		d.note("pdf %.2s %d", sha, pages)
	}
	if pages > max(d.pages, 2) {
		return lectern.Fail(lectern.CodeInvalidDeck, "The file has 2 pages, so there is no page %d.", pages)
	}
	return os.WriteFile(path, []byte(sha), 0o600)
}

func (d *fakeDocuments) Draw(_ context.Context, pdf string, page int, size lectern.Size) (*image.RGBA, error) {
	d.note("draw %d", page)
	if b, err := os.ReadFile(pdf); err != nil || len(b) != 64 {
		return nil, fmt.Errorf("the PDF has %q (%w)", b, err)
	}
	img := image.NewRGBA(image.Rect(0, 0, size.Width, size.Height))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{byte(60 * page)}), image.Point{}, draw.Src)
	return img, nil
}

// Fetch implements Files: every asset is a second of a rising tone, in WAV at 44.1 kHz in stereo.
func (d *fakeDocuments) Fetch(_ context.Context, _, path string) error {
	return writeFile(path, func(w *bufio.Writer) error {
		const rate, n = 44_100, 44_100
		_, _ = w.WriteString("RIFF")
		for _, v := range []any{uint32(36 + 4*n), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(2), uint32(rate),
			uint32(4 * rate), uint16(4), uint16(16), []byte("data"), uint32(4 * n)} {
			_ = binary.Write(w, binary.LittleEndian, v)
		}
		for i := range n {
			s := rising(float64(i) / rate)
			_ = binary.Write(w, binary.LittleEndian, [2]int16{s, s})
		}
		return nil
	})
}

// rising is a tone at t seconds, from 200 to 800 Hz.
func rising(t float64) int16 { return int16(8000 * math.Sin(2*math.Pi*(200+300*t)*t)) }

// A slide shows the page that it names, and plays its recorded sound, cut as the deck says, to the sample. It lasts at
// least as long as its hold. A second run draws and converts nothing (J9).
func TestPagesAndRecordedSounds(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	fake := &fakeDocuments{}
	g.Documents, g.Files = fake, fake
	deck, sound := "asset:"+strings.Repeat("a", 64), "asset:"+strings.Repeat("b", 64)
	d := lectern.Deck{Size: lectern.Size{Width: 640, Height: 360}, Quality: lectern.QualityLow,
		Layout: lectern.LayoutSlideOnly, Slides: []lectern.Slide{
			{Page: &lectern.PageOf{File: deck, Page: 2}, Hold: 4 * time.Second,
				Sound: &lectern.SoundOf{File: sound, Start: 100 * time.Millisecond, End: 900 * time.Millisecond}},
			{Page: &lectern.PageOf{File: deck, Page: 1}, Narration: "Spoken."},
		}}
	list, _, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(t, g, list)
	if m.Slides[0].Frames != 120 || m.Slides[0].Samples != 38_400 {
		t.Errorf("the first slide has %d frames and %d samples, want 4 s and 0.8 s", m.Slides[0].Frames, m.Slides[0].Samples)
	}
	var want []int16
	for i := range 38_400 {
		want = append(want, rising(0.1+float64(i)/48_000))
	}
	at := *m.Slides[0].Speech
	got := g.decoded(t, g.path(t, list, lectern.ArtifactAudio))[at : at+38_400]
	if c := likeness(want, got); c < 0.99 {
		t.Errorf("the sound of the slide resembles the recording only by %.3f", c)
	}
	for i, shade := range []uint8{120, 60} {
		if c := firstPixel(t, g.picture(t, list, i+1)); c != (color.RGBA{shade, shade, shade, 255}) {
			t.Errorf("slide %d is %v, want the grey %d", i+1, c, shade)
		}
	}
	if slices.Sort(fake.calls); !slices.Equal(fake.calls, []string{"draw 1", "draw 2", "pdf aa 2"}) {
		t.Errorf("the first run made the calls %q", fake.calls)
	}
	if _, _, err := g.run(t.Context(), t, d, 2); err != nil || len(fake.calls) != 3 {
		t.Errorf("a second run: %v, and the calls are %q", err, fake.calls)
	}
	d.Slides[1].Page = &lectern.PageOf{File: "asset:" + strings.Repeat("c", 64), Page: 3}
	_, _, err = g.run(t.Context(), t, d, 3)
	if f := lectern.AsFailure(err); f.Code != lectern.CodeInvalidDeck || !strings.Contains(f.Message, "no page 3") {
		t.Errorf("a page that is not there: %v", err)
	}
}

// picture returns the path of a slide's picture.
func (g *rig) picture(t *testing.T, list []lectern.Artifact, slide int) string {
	t.Helper()
	i := slices.IndexFunc(list, func(a lectern.Artifact) bool {
		return a.Kind == lectern.ArtifactSlideImage && a.Slide == slide
	})
	if i < 0 {
		t.Fatalf("slide %d has no picture", slide)
	}
	return g.path(t, list[i:i+1], lectern.ArtifactSlideImage)
}

func firstPixel(t *testing.T, path string) color.RGBA {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return color.RGBAModel.Convert(img.At(0, 0)).(color.RGBA)
}

// locks keeps the password of a presentation.
type locks struct {
	kept lectern.Unlock
	done int // calls of Unlocked
}

func (l *locks) Unlock(context.Context) (lectern.Unlock, error) { return l.kept, nil }

func (l *locks) Unlocked(context.Context) error {
	l.done++
	l.kept = lectern.Unlock{Opened: true}
	return nil
}

// The import of a protected file gets the password, and erases it when all files are open; a wrong one stays until the
// presentation ends. The next run finds the imported file (J9).
func TestTheImportErasesThePassword(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	fake := &fakeDocuments{password: "secret"}
	g.Documents, g.Files = fake, fake
	d := lectern.Deck{Size: lectern.Size{Width: 640, Height: 360}, Quality: lectern.QualityLow, Hold: time.Second,
		Layout: lectern.LayoutSlideOnly, Slides: []lectern.Slide{
			{Page: &lectern.PageOf{File: "asset:" + strings.Repeat("a", 64), Page: 1}}}}
	run := func(attempt int, l lectern.Unlocker) error {
		_, err := g.Run(t.Context(), lectern.Job{ID: "p1", Attempt: attempt, Deck: d, Scratch: t.TempDir(), Locks: l},
			&recorder{})
		return err
	}
	wrong := &locks{kept: lectern.Unlock{Password: "Secret"}}
	for _, l := range []lectern.Unlocker{nil, wrong} {
		if f := lectern.AsFailure(run(1, l)); f.Code != lectern.CodeInvalidDeck || f.Slide != 1 || wrong.done > 0 {
			t.Errorf("without the password: %+v", f)
		}
	}
	right := &locks{kept: lectern.Unlock{Password: "secret"}}
	for attempt := range 2 {
		if err := run(2+attempt, right); err != nil || right.done != 1 || len(fake.calls) != 2 {
			t.Errorf("run %d: %v, %d erasures, %q", attempt+1, err, right.done, fake.calls)
		}
	}
}
