package render

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"lectern/internal/contentkey"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lectern"
)

func reused(steps []lectern.Step) (yes, no []string) {
	for _, s := range steps {
		if s.Kind == lectern.StepPublish {
			continue
		}
		name := fmt.Sprintf("%s %d", s.Kind, s.Slide)
		if s.Reused {
			yes = append(yes, name)
		} else {
			no = append(no, name)
		}
	}
	return yes, no
}

// J9: a step whose output is in the cache is not done again, and an edit redoes only the steps that depend on it.
func TestASecondRunFindsAllSteps(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	first, rec, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	if yes, no := reused(rec.steps); len(yes) > 0 || len(no) != 11 {
		t.Errorf("the first run reuses %v and makes %v", yes, no)
	}
	voices, pages, clips := g.voices.calls, g.browser.calls, g.avatars.calls
	again, rec, err := g.run(t.Context(), t, d, 2)
	if err != nil {
		t.Fatal(err)
	}
	if yes, no := reused(rec.steps); len(no) > 0 || len(yes) != 11 {
		t.Errorf("the second run makes %v", no)
	}
	if g.voices.calls != voices || g.browser.calls != pages || g.avatars.calls != clips {
		t.Errorf("the second run spoke, drew or animated")
	}
	for i := range first {
		if first[i].Kind != lectern.ArtifactManifest && first[i].SHA256 != again[i].SHA256 || first[i].Key == again[i].Key ||
			again[i].Size == 0 {
			t.Errorf("artifact %+v became %+v", first[i], again[i])
		}
	}
	checkReports(t, rec, 3)

	d.Slides[2].Narration = "Something else."
	_, rec, err = g.run(t.Context(), t, d, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, no := reused(rec.steps); strings.Join(sorted(no), ", ") != "audio 0, encode 3, mux 0, narrate 3" {
		t.Errorf("an edit of slide 3 makes %v", no)
	}
}

func sorted(list []string) []string {
	for i := range list {
		for k := i; k > 0 && list[k] < list[k-1]; k-- {
			list[k], list[k-1] = list[k-1], list[k]
		}
	}
	return list
}

// A truncated file in the cache is noticed and made again.
func TestADamagedCacheIsRepaired(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	if _, _, err := g.run(t.Context(), t, d, 1); err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{".segment", ".narration", ".h264", ".aac"} {
		files, err := filepath.Glob(filepath.Join(g.cache.dir, "*"+ending))
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s: %v", ending, err)
		}
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(f, info.Size()*9/10); err != nil {
				t.Fatal(err)
			}
		}
	}
	movies, err := filepath.Glob(filepath.Join(g.cache.dir, "*.mp4"))
	if err != nil || len(movies) != 1 || os.Remove(movies[0]) != nil {
		t.Fatal(movies, err)
	}
	list, _, err := g.run(t.Context(), t, d, 2)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(t, g, list)
	if n := len(frameSums(t, g.path(t, list, lectern.ArtifactVideo))); int64(n) != m.Frames {
		t.Errorf("%d frames of %d", n, m.Frames)
	}
}

// A segment that is damaged inside, where its seal does not show it, fails the attempt that reads it, and is made again
// by the next.
func TestADamagedSegmentIsMadeAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ending  string
		atStart bool
		gone    string // the output that needs it, removed so that it is made again
	}{{".segment", false, "*.mp4"}, {".segment", true, "*.mp4"}, {".segment", true, "*.jpg"}, {".h264", false, "*.mp4"}} {
		g, d := newRig(t), talk()
		d.Size = lectern.Size{Width: 320, Height: 240}
		if _, _, err := g.run(t.Context(), t, d, 1); err != nil {
			t.Fatal(err)
		}
		damage(t, g, c.ending, c.atStart)
		files, err := filepath.Glob(filepath.Join(g.cache.dir, c.gone))
		if err != nil || len(files) != 1 || os.Remove(files[0]) != nil {
			t.Fatal(c.gone, files, err)
		}
		attempt := 2
		for ; attempt < 7; attempt++ { // one attempt for each damaged file
			list, _, err := g.run(t.Context(), t, d, attempt)
			if err == nil {
				if n := len(frameSums(t, g.path(t, list, lectern.ArtifactVideo))); int64(n) != manifestOf(t, g, list).Frames {
					t.Errorf("%+v: %d frames", c, n)
				}
				break
			}
			if f := lectern.AsFailure(err); f.Code != lectern.CodeEncodeFailed || !f.Retryable {
				t.Errorf("%+v: %+v", c, f)
			}
		}
		if attempt == 2 || attempt == 7 {
			t.Errorf("%+v: it took until attempt %d", c, attempt)
		}
	}
}

// damage spoils some bytes of the stream in each of the cache's files with an ending.
func damage(t *testing.T, g *rig, ending string, atStart bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(g.cache.dir, "*"+ending))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s: %v", ending, err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		end := len(b) - 8 - int(binary.BigEndian.Uint64(b[len(b)-8:]))
		var s sealed
		if err := json.Unmarshal(b[end:len(b)-8], &s); err != nil {
			t.Fatal(err)
		}
		if atStart {
			end = int(s.Offset) + 40
		}
		clear(b[end-40 : end])
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Runs that share slots and a cache do not disturb each other, and an output that several of them need is made once.
func TestFourRunsAtOnce(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.Pipeline.Plain = true // a clip whose pictures cannot be spliced is animated twice
	var wg sync.WaitGroup
	for i := range 4 {
		d := talk()
		d.Title = fmt.Sprint("Talk ", i)
		d.Size = lectern.Size{Width: 320, Height: 240}
		scratch := t.TempDir()
		wg.Go(func() {
			rec := &recorder{}
			list, err := g.Run(t.Context(), lectern.Job{ID: fmt.Sprint("p", i), Attempt: 1, Deck: d, Scratch: scratch}, rec)
			if err != nil {
				t.Error(err)
				return
			}
			checkReports(t, rec, 3)
			if len(list) != 11 {
				t.Errorf("run %d leaves %d artifacts", i, len(list))
			}
			left, err := os.ReadDir(scratch)
			if err != nil {
				t.Error(err)
			}
			for _, f := range left {
				if strings.HasSuffix(f.Name(), ".yuv") {
					t.Errorf("run %d leaves %s", i, f.Name())
				}
			}
		})
	}
	wg.Wait()
	if g.avatars.calls != 3 {
		t.Errorf("%d clips were animated for three slides", g.avatars.calls)
	}
}

// The checksum of an artifact is that of the published file, whether the file was made, found in the cache, or made
// again with other bytes.
func TestChecksumsAreThoseOfWhatIsPublished(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Size = lectern.Size{Width: 320, Height: 240}
	for attempt := 1; attempt <= 3; attempt++ {
		if attempt == 3 { // as if it had been evicted, and the browser drew it a little differently
			files, err := filepath.Glob(filepath.Join(g.cache.dir, "*.png"))
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			for _, path := range files {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(os.Remove(path), os.WriteFile(path, append(b, 0), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
		}
		list, _, err := g.run(t.Context(), t, d, attempt)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			b, err := os.ReadFile(filepath.Join(g.artifacts.dir, filepath.FromSlash(a.Key)))
			if err != nil {
				t.Fatal(err)
			}
			if a.SHA256 != contentkey.Digest(b) || a.Size != int64(len(b)) {
				t.Errorf("attempt %d: %s has %d bytes and %s, not %d and %s", attempt, a.Key, len(b), contentkey.Digest(b), a.Size,
					a.SHA256)
			}
		}
	}
}
