package job

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A presentation begins when the slots have done the work ahead of it.
func TestPace(t *testing.T) {
	t.Parallel()
	now := time.Unix(1764000000, 0).UTC()
	run := func(eta time.Duration) Running { return Running{Heartbeat: now, ETA: eta} }
	for name, c := range map[string]struct {
		pace  Pace
		ahead time.Duration
		slots int
		want  time.Duration
		no    bool
	}{
		"a free slot":      {slots: 1},
		"nothing measured": {slots: 1, ahead: time.Minute, no: true},
		"no slots":         {no: true},
		"one slot is busy": {Pace{Running: []Running{run(10 * time.Second)}}, 0, 1, 10 * time.Second, false},
		"two slots are busy": {Pace{Running: []Running{run(100 * time.Second), run(10 * time.Second)}}, 0, 2,
			10 * time.Second, false},
		"a run takes half the length of its video": {
			Pace{Took: 30, Made: 60, Running: []Running{run(10 * time.Second)}}, time.Minute, 1, 40 * time.Second, false},
		"the work ahead spreads over two slots": {
			Pace{Took: 1, Made: 1, Running: []Running{run(10 * time.Second), run(20 * time.Second)}}, 30 * time.Second, 2,
			30 * time.Second, false},
		"a run without an ETA has its estimate": {Pace{Took: 1, Made: 2, Running: []Running{{Started: now.Add(-time.Second),
			Estimate: 10 * time.Second}}}, 0, 1, 4 * time.Second, false},
		"a run without an ETA and without a pace": {
			Pace{Running: []Running{{Started: now, Estimate: time.Minute}}}, 0, 1, 0, true},
		"fewer slots than runs": {Pace{Running: []Running{run(10 * time.Second), run(20 * time.Second)}}, 0, 1,
			20 * time.Second, false},
	} {
		at, ok := c.pace.begin(c.ahead, c.slots, now)
		if ok == c.no || ok && at.Sub(now) != c.want {
			t.Errorf("%s: begins in %v (known: %v), want %v", name, at.Sub(now), ok, c.want)
		}
	}
}

// More work ahead never makes a presentation begin sooner, more slots never make it begin later, and it never begins
// before now.
func TestPaceIsMonotone(t *testing.T) {
	t.Parallel()
	now := time.Unix(1764000000, 0).UTC()
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.Int64Range(1, int64(time.Hour))
		p := Pace{Took: time.Duration(some.Draw(t, "took")), Made: time.Duration(some.Draw(t, "made"))}
		slots := rapid.IntRange(1, 20).Draw(t, "slots")
		for range rapid.IntRange(0, slots).Draw(t, "running") {
			p.Running = append(p.Running, Running{Heartbeat: now, ETA: time.Duration(some.Draw(t, "eta"))})
		}
		ahead := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "ahead"))
		at, ok := p.begin(ahead, slots, now)
		more, _ := p.begin(ahead+time.Second, slots, now)
		wider, _ := p.begin(ahead, slots+1, now)
		if !ok || at.Before(now) || more.Before(at) || wider.After(at) {
			t.Fatalf("begins at %v; with more work ahead at %v; with more slots at %v", at, more, wider)
		}
	})
}
