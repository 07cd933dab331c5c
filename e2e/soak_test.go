package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"lectern/internal/soak"
)

// TestKillSoak checks J2, J3, J5, J9 and J12 under random kills of a server with work. Every accepted presentation ends
// exactly once, no observer sees progress or the version fall, recorded steps are not made again, and no temporary file
// is left. SOAK_KILLS is the number of kills, SOAK_SEED repeats a run.
func TestKillSoak(t *testing.T) {
	t.Parallel()
	kills, seed := number(t, "SOAK_KILLS", soak.Rounds(1, 100)), number(t, "SOAK_SEED", int(time.Now().UnixNano()))
	t.Logf("SOAK_SEED=%d", seed)
	dice := rand.New(rand.NewPCG(uint64(seed), 1))
	env := []string{"LECTERN_CLEANUP_DELAY=1s", "LECTERN_WORKERS=2"}
	s := serve(t, plain, env...)
	ctx := patient(t)
	var ids []string
	var finish []func()
	for n := range kills {
		for i := range 1 + dice.IntN(2) {
			id := s.create(brief(fmt.Sprintf("%d.%d", n, i)))
			ids = append(ids, id)
			finish = append(finish, observe(ctx, s, 1, id))
		}
		moment := time.NewTimer(time.Duration(dice.IntN(1500)) * time.Millisecond)
		<-moment.C
		s.kill9()
		if left := family(t, s); len(left) > 0 {
			t.Errorf("kill %d leaves processes: %v", n+1, left)
		}
		s.start(plain, env...)
	}
	for _, id := range ids {
		if v := s.awaitEnd(id); v.Status != "completed" {
			t.Errorf("%s ended as %+v", id, v)
		}
	}
	for _, f := range finish {
		f()
	}
	for _, id := range ids {
		events := stream(ctx, t, s, id, 0)
		checkHistory(t, events)
		if n := ends(events); n != 1 {
			t.Errorf("J2: %s ended %d times", id, n)
		}
		checkMadeOnce(t, s, id)
	}
	left(t, s, ctx)
}

// ends counts the ends in a stream.
func ends(events []streamed) int {
	n := 0
	for _, e := range events {
		if e.view.ended() {
			n++
		}
	}
	return n
}

// checkMadeOnce checks J9: no recorded step was made again, in any attempt. Artifacts belong to one attempt, so each
// attempt publishes its own.
func checkMadeOnce(t *testing.T, s *server, id string) {
	t.Helper()
	made := map[string]int{}
	for _, r := range s.steps(id) {
		if r.Reused || r.Kind == "publish" {
			continue
		}
		if made[r.Key]++; made[r.Key] > 1 {
			t.Errorf("J9: %s of slide %d of %s was recorded and made again", r.Kind, r.Slide, id)
		}
	}
}

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}
