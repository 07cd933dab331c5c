package e2e

import (
	"testing"

	"lectern"
	"lectern/client"
)

// TestClientWatchesAcrossKills checks J3, J5 and J7 for a program that uses the client: it watches one presentation
// while the server is killed and started again on the same address and folder, twice. The watch goes on by itself to
// the end, returns each version once and in order, and neither progress nor the attempt falls.
func TestClientWatchesAcrossKills(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	ctx := patient(t)
	c, err := client.New("http://" + s.addr)
	if err != nil {
		t.Fatal(err)
	}
	id := s.create(talk(6))
	seen := make(chan lectern.Presentation)
	failed := make(chan error, 1)
	go func() {
		defer close(seen)
		for p, err := range c.Watch(ctx, id, 0) {
			if err != nil {
				failed <- err
				return
			}
			seen <- p
		}
	}()
	killAt := []lectern.Progress{lectern.ProgressOf(.15), lectern.ProgressOf(.45)}
	var last lectern.Presentation
	for p := range seen {
		if p.Version != last.Version+1 {
			t.Errorf("J5: version %d follows version %d", p.Version, last.Version)
		}
		if p.Progress < last.Progress {
			t.Errorf("J3: progress %v follows %v", p.Progress, last.Progress)
		}
		if p.Attempt < last.Attempt {
			t.Errorf("J7: attempt %d follows attempt %d", p.Attempt, last.Attempt)
		}
		last = p
		if len(killAt) > 0 && p.Progress >= killAt[0] && p.Attempt == 3-len(killAt) {
			killAt = killAt[1:]
			s.kill9()
			s.start(plain)
		}
	}
	select {
	case err := <-failed:
		t.Fatalf("the watch ended with %v after %+v", err, last)
	default:
	}
	if last.Status != lectern.StatusCompleted || last.Progress.Percent() != 100 {
		t.Errorf("the last version was %+v", last)
	}
	if len(killAt) > 0 || last.Attempt != 3 {
		t.Errorf("it ended in attempt %d, before %d of the kills", last.Attempt, len(killAt))
	}
}
