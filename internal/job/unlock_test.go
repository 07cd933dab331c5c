package job_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"lectern"
	"lectern/internal/job"
)

// H4: a run gets the password of the deck's file until the files are open. A failure before that erases it, and a retry
// knows that it was erased.
func TestH4ThePasswordOfADeckIsErased(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 8)
	w := begin(t, func(ctx context.Context, j lectern.Job, _ lectern.Reporter) ([]lectern.Artifact, error) {
		note := func() {
			u, err := j.Locks.Unlock(ctx)
			seen <- fmt.Sprintf("%q %t %t %v", u.Password, u.Opened, u.Erased, err)
		}
		note()
		if j.Deck.Title == "opens" && j.Attempt == 1 {
			if err := j.Locks.Unlocked(ctx); err != nil {
				return nil, err
			}
			note()
		}
		if j.Attempt == 1 {
			return nil, errors.New("bolt fell out")
		}
		return []lectern.Artifact{{Kind: lectern.ArtifactVideo, Key: "k"}}, nil
	}, func(o *job.Options) { o.Workers = 1 })
	for title, want := range map[string][]string{
		"opens": {`"canary" false false <nil>`, `"" true false <nil>`, `"" true false <nil>`},
		"fails": {`"canary" false false <nil>`, `"" false true <nil>`},
	} {
		deck := testDeck(1)
		deck.Title = title
		p, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: deck, Password: "canary"})
		if err != nil {
			t.Fatal(err)
		}
		w.until(p.ID, is(lectern.StatusFailed))
		if _, err := w.svc.Retry(t.Context(), p.ID, lectern.Account{}); err != nil {
			t.Fatal(err)
		}
		w.until(p.ID, is(lectern.StatusCompleted))
		for i, line := range want {
			if got := <-seen; got != line {
				t.Errorf("%s: the answer %d is %q, want %q", title, i+1, got, line)
			}
		}
	}
}
