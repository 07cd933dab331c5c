package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern/internal/crashpoint"
	"lectern/internal/programtest"
	"lectern/internal/soak"
)

// crashing is the program with its named crash points.
var crashing = sync.OnceValue(func() string {
	dir := filepath.Join(filepath.Dir(plain), "crashpoints")
	return built(programtest.Build(context.Background(), dir, "-tags", "crashpoints"))
})

// brief returns a deck that is rendered quickly. Decks of different names have different slides, so that none reuses
// the steps of another.
func brief(name string) string {
	return fmt.Sprintf(`{"resolution":[426,240],"slideOnly":true,"slidesData":[
		{"templateId":"content-slide","props":{"title":%[1]q,"voiceoverText":"One."}},
		{"templateId":"content-slide","props":{"title":"Second: %[1]s","voiceoverText":"Two."}}]}`, name)
}

// TestCrashPoints checks J3, J5, J9 and J11 at the crash points (all of them in a soak): the process dies there, and
// after its restart the presentation ends once, completed. No observer sees progress fall, recorded steps are not made
// again, and no half-written file or scratch folder is left.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	nth := map[crashpoint.Point]int{crashpoint.Committing: 4, crashpoint.Committed: 4, crashpoint.Written: 3,
		crashpoint.Renamed: 3, crashpoint.Linked: 2}
	for _, p := range soak.Pick(crashpoint.Points(), crashpoint.Committed, crashpoint.Published) {
		if p == crashpoint.Marked || p == crashpoint.FilesGone {
			continue // TestCrashesInCleanup
		}
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			s := serve(t, crashing(), fmt.Sprintf("CRASH_AT=%s#%d", p, max(nth[p], 1)), "LECTERN_CLEANUP_DELAY=0s")
			ctx := patient(t)
			id := s.create(brief(string(p)))
			finish := observe(ctx, s, 2, id)
			select {
			case <-s.done:
			case <-ctx.Done():
				t.Fatalf("the server did not reach the crash point %q", p)
			}
			if !strings.Contains(s.out.String(), "CRASH: "+string(p)) {
				t.Fatalf("the server ended, but not at the crash point:\n%s", tail(s.out.String(), 2000))
			}
			s.start(plain, "LECTERN_CLEANUP_DELAY=0s")
			v := s.awaitEnd(id)
			if v.Status != "completed" {
				t.Errorf("ended as %+v", v)
			}
			finish()
			checkHistory(t, stream(ctx, t, s, id, 0))
			checkMadeOnce(t, s, id)
			m := inspect(t, s.download("/v1/presentations/"+id+"/video", "crashed.mp4"))
			if m.width != 426 || m.height != 240 {
				t.Errorf("the video is %+v", m)
			}
			left(t, s, ctx)
		})
	}
}

// left reports scratch folders and temporary files that remain in the data folder.
func left(t *testing.T, s *server, ctx context.Context) {
	t.Helper()
	var found []string
	poll(ctx, 20*time.Millisecond, func() bool { // they are removed shortly after the end of a run
		found = nil
		for _, pattern := range []string{"scratch/*", "artifacts/.tmp/*/*", "cache/.tmp/*/*"} {
			m, _ := filepath.Glob(filepath.Join(s.dir, "data", pattern))
			found = append(found, m...)
		}
		return len(found) == 0
	})
	if len(found) > 0 {
		t.Errorf("left: %v", found)
	}
}

// TestCrashesInCleanup checks J12: a removal during which the process dies is completed after the restart.
func TestCrashesInCleanup(t *testing.T) {
	t.Parallel()
	for _, p := range soak.Pick([]crashpoint.Point{crashpoint.Marked, crashpoint.FilesGone}, crashpoint.FilesGone) {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			s := serve(t, crashing(), "CRASH_AT="+string(p))
			ctx := patient(t)
			id := s.create(brief(string(p)))
			if v := s.awaitEnd(id); v.Status != "completed" {
				t.Fatalf("ended as %+v", v)
			}
			files := func() int {
				m, _ := filepath.Glob(filepath.Join(s.dir, "data", "artifacts", "presentations", id, "*", "*"))
				return len(m)
			}
			if files() == 0 {
				t.Fatal("no artifacts: the test looks in the wrong place")
			}
			_, _ = s.do("DELETE", "/v1/presentations/"+id, "") // the process dies in it
			<-s.done
			s.start(plain)
			if a := s.must("GET", "/v1/presentations/"+id, ""); a.status != 404 {
				t.Errorf("a presentation that is being removed is answered with %d", a.status)
			}
			poll(ctx, 20*time.Millisecond, func() bool { return files() == 0 })
			if n := files(); n > 0 {
				t.Errorf("%d artifacts are left", n)
			}
			if _, err := os.Stat(filepath.Join(s.dir, "data", "artifacts", "presentations", id)); err == nil && files() > 0 {
				t.Error("the presentation's folder is left")
			}
		})
	}
}
