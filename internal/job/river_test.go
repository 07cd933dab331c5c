package job_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"lectern"
)

// The service on the real queue: five presentations at once complete, and the log has neither "error" nor "conflict",
// the words that an operator searches for.
func TestCleanRunOnRiver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 { // twice: the second start finds what the first left
		w := open(t, dir, true, succeed)
		w.start()
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				p := w.create(3)
				end := w.ended(p.ID)
				if end.Status != lectern.StatusCompleted || end.Progress != lectern.Done || end.Attempt != 1 {
					t.Errorf("ended as %+v", end)
				}
				a, err := w.svc.Artifacts(context.Background(), p.ID)
				if err != nil || len(a) != 1 || a[0].Kind != lectern.ArtifactVideo {
					t.Errorf("artifacts: %v, %v", a, err)
				}
			})
		}
		wg.Wait()
		w.close()
		log := w.logs.String()
		if low := strings.ToLower(log); strings.Contains(low, "error") || strings.Contains(low, "conflict") {
			t.Errorf("the log of a clean run contains \"error\" or \"conflict\":\n%s", log)
		}
		if n := strings.Count(log, "HEARTBEAT"); n < 5 {
			t.Errorf("%d heartbeats for 5 presentations:\n%s", n, log)
		}
	}
}
