package lectern_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
)

var epoch = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

func genWarnings(t *rapid.T) []lectern.Warning {
	w := rapid.Custom(func(t *rapid.T) lectern.Warning {
		return lectern.Warning{Code: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "code"),
			Slide: rapid.IntRange(0, 2).Draw(t, "slide")}
	})
	return rapid.SliceOfN(w, 0, 3).Draw(t, "warnings")
}

func genReport(t *rapid.T, attempt int) lectern.Reported {
	if rapid.Bool().Draw(t, "slides only") {
		return lectern.Reported{Attempt: attempt, SlidesDone: rapid.IntRange(-1, 9).Draw(t, "slides")}
	}
	return lectern.Reported{
		Attempt:    attempt,
		Stage:      rapid.SampledFrom([]string{"", lectern.StageNarrating, lectern.StageEncoding}).Draw(t, "stage"),
		Progress:   lectern.Progress(rapid.Int32Range(-500, 12_000).Draw(t, "progress")),
		Message:    rapid.SampledFrom([]string{"", "one", "two"}).Draw(t, "message"),
		SlidesDone: rapid.IntRange(-1, 9).Draw(t, "slides"),
		ETA:        time.Duration(rapid.IntRange(-1, 3).Draw(t, "eta")) * time.Second,
		Warnings:   genWarnings(t),
		Usage:      genUsage(t),
	}
}

func genUsage(t *rapid.T) *lectern.Consumption {
	if rapid.Bool().Draw(t, "nothing used") {
		return nil
	}
	u := lectern.Consumption{CPU: time.Duration(rapid.IntRange(0, 3).Draw(t, "cpu")) * time.Second}
	for _, name := range []string{"anna", "ben", "cleo"} {
		if n := rapid.Int64Range(0, 3).Draw(t, name); n > 0 {
			u.Providers = append(u.Providers, lectern.ProviderUse{Provider: name, Characters: n})
		}
	}
	return &u
}

func genEvent(t *rapid.T, attempt int) lectern.Event {
	if rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
		attempt += rapid.SampledFrom([]int{-1, 1}).Draw(t, "off")
	}
	switch rapid.IntRange(0, 11).Draw(t, "event") {
	case 0, 1:
		return lectern.Began{Worker: "w"}
	case 2:
		return lectern.Beat{Attempt: attempt}
	case 3:
		return lectern.Completed{Attempt: attempt}
	case 4:
		return lectern.Broke{Attempt: attempt, Failure: *lectern.Fail(lectern.CodeEncodeFailed, "broke")}
	case 5:
		return lectern.CancelAsked{}
	case 6:
		return lectern.Stopped{Attempt: attempt}
	case 7:
		return lectern.Released{Attempt: attempt}
	case 8:
		return lectern.Retried{}
	}
	return genReport(t, attempt)
}

func newPresentation() lectern.Presentation {
	return lectern.NewPresentation("id", lectern.Deck{Title: "t", Slides: make([]lectern.Slide, 5)}, epoch)
}

// moves are the changes of state that J2 allows. The retry is not among them: checkStep allows it for Retried only.
var moves = map[[2]lectern.Status]bool{
	{lectern.StatusQueued, lectern.StatusProcessing}:    true,
	{lectern.StatusQueued, lectern.StatusCanceled}:      true,
	{lectern.StatusProcessing, lectern.StatusCompleted}: true,
	{lectern.StatusProcessing, lectern.StatusFailed}:    true,
	{lectern.StatusProcessing, lectern.StatusCanceled}:  true,
	{lectern.StatusProcessing, lectern.StatusQueued}:    true,
}

// attemptOf returns the attempt that an event names; ok is false for events that do not come from a run.
func attemptOf(e lectern.Event) (attempt int, ok bool) {
	switch e := e.(type) {
	case lectern.Reported:
		return e.Attempt, true
	case lectern.Beat:
		return e.Attempt, true
	case lectern.Completed:
		return e.Attempt, true
	case lectern.Broke:
		return e.Attempt, true
	case lectern.Stopped:
		return e.Attempt, true
	case lectern.Released:
		return e.Attempt, true
	}
	return 0, false
}

// J2 J3 J5 J6 J7 J8 hold for all events in any order, with a clock that sometimes runs backwards.
func TestApplyKeepsTheContract(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := newPresentation()
		now := epoch
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.IntRange(-2, 5).Draw(t, "passed")) * time.Second)
			e := genEvent(t, p.Attempt)
			before := clone(t, p)
			next, change, err := p.Apply(e, now)
			if !reflect.DeepEqual(clone(t, p), before) {
				t.Fatalf("%T changed the value that it was applied to", e)
			}
			checkStep(t, p, next, e, change, err)
			p = next
		}
	})
}

func checkStep(t *rapid.T, p, next lectern.Presentation, e lectern.Event, change lectern.Change, err error) {
	if err != nil {
		if change != lectern.Unchanged || !reflect.DeepEqual(p, next) {
			t.Fatalf("%+v was refused (%v) and changed something", e, err)
		}
		if !errors.Is(err, &lectern.Failure{Code: lectern.CodeStale}) &&
			!errors.Is(err, &lectern.Failure{Code: lectern.CodeConflict}) {
			t.Fatalf("%+v was refused with %v", e, err)
		}
	}
	if a, ok := attemptOf(e); ok && (a != p.Attempt || p.Status != lectern.StatusProcessing) &&
		!errors.Is(err, &lectern.Failure{Code: lectern.CodeStale}) {
		t.Fatalf("J7: %+v was accepted in attempt %d, %s", e, p.Attempt, p.Status)
	}
	_, retried := e.(lectern.Retried)
	if next.Status != p.Status && !moves[[2]lectern.Status{p.Status, next.Status}] {
		if !retried || p.Status == lectern.StatusCompleted || !p.Status.Terminal() || next.Status != lectern.StatusQueued {
			t.Fatalf("J2: %T moved %s to %s", e, p.Status, next.Status)
		}
	}
	if p.Status.Terminal() && !retried && !reflect.DeepEqual(p, next) {
		t.Fatalf("J2: %+v changed an ended presentation", e)
	}
	if next.Progress < p.Progress || next.SlidesDone < p.SlidesDone || next.Progress < 0 || next.Progress > lectern.Done {
		t.Fatalf("J3: progress went from %v to %v, slides from %d to %d", p.Progress, next.Progress, p.SlidesDone,
			next.SlidesDone)
	}
	if (next.Progress == lectern.Done) != (next.Status == lectern.StatusCompleted) {
		t.Fatalf("J3: the progress is %v and the status %s", next.Progress, next.Status)
	}
	if next.SlidesDone > next.SlidesTotal {
		t.Fatalf("%d of %d slides done", next.SlidesDone, next.SlidesTotal)
	}
	checkVersion(t, p, next, change)
	if next.LastHeartbeat.Before(p.LastHeartbeat) {
		t.Fatalf("J8: the heartbeat went back from %v to %v", p.LastHeartbeat, next.LastHeartbeat)
	}
	if _, beat := e.(lectern.Beat); beat {
		if err == nil && !next.LastHeartbeat.After(p.LastHeartbeat) {
			t.Fatalf("J8: a heartbeat of a clock that is behind did not move %v", p.LastHeartbeat)
		}
		q := next
		q.LastHeartbeat = p.LastHeartbeat
		if !reflect.DeepEqual(p, q) {
			t.Fatalf("J8: a heartbeat changed more than itself")
		}
	}
	if next.StartedAt.Before(next.CreatedAt) && !next.StartedAt.IsZero() ||
		next.Status.Terminal() && next.CompletedAt.Before(next.StartedAt) {
		t.Fatalf("created at %v, started at %v, ended at %v", next.CreatedAt, next.StartedAt, next.CompletedAt)
	}
	if next.Status.Terminal() == next.CompletedAt.IsZero() {
		t.Fatalf("%s, ended at %v", next.Status, next.CompletedAt)
	}
	if (next.Status == lectern.StatusFailed) != (next.Error != nil) {
		t.Fatalf("%s with failure %v", next.Status, next.Error)
	}
	if p.CancelRequested && p.Status == lectern.StatusProcessing {
		going := next.Status == lectern.StatusProcessing && next.CancelRequested && next.Stage == lectern.StageCanceling
		if !going && next.Status != lectern.StatusCanceled {
			t.Fatalf("J6: the request to cancel was lost: %s, %s", next.Status, next.Stage)
		}
	}
}

// checkVersion checks J5: the version increases with every visible change, and only then.
func checkVersion(t *rapid.T, p, next lectern.Presentation, change lectern.Change) {
	same := next
	same.Version, same.LastHeartbeat, same.ETA, same.Usage = p.Version, p.LastHeartbeat, p.ETA, p.Usage
	if !reflect.DeepEqual(next.Usage, next.Usage.Max(p.Usage)) {
		t.Fatalf("the usage falls from %+v to %+v", p.Usage, next.Usage)
	}
	seen := !reflect.DeepEqual(p, same)
	switch change {
	case lectern.Visible:
		if next.Version != p.Version+1 {
			t.Fatalf("J5: version %d follows %d", next.Version, p.Version)
		}
		if !seen {
			t.Fatalf("J5: version %d shows nothing new", next.Version)
		}
	case lectern.Silent, lectern.Unchanged:
		if next.Version != p.Version || seen {
			t.Fatalf("J5: a change without a version: %+v, then %+v", p, next)
		}
		if change == lectern.Unchanged && !reflect.DeepEqual(p, next) {
			t.Fatalf("Apply returned Unchanged, but %+v became %+v", p, next)
		}
	}
}

// clone is a deep copy. Comparing with it finds changes of shared slices and pointers.
func clone(t *rapid.T, p lectern.Presentation) lectern.Presentation {
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var c lectern.Presentation
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// J6: merging reports in memory and applying the result leads to the same state as applying each of them; only the
// number of versions differs. Merging is associative, so the time of a flush does not matter.
func TestMergeLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start, _, err := newPresentation().Apply(lectern.Began{Worker: "w"}, epoch)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "canceling") {
			start, _, _ = start.Apply(lectern.CancelAsked{}, epoch)
		}
		n := rapid.IntRange(1, 8).Draw(t, "reports")
		cut := rapid.IntRange(0, n).Draw(t, "cut")
		each := start
		left, right := lectern.Reported{Attempt: 1}, lectern.Reported{Attempt: 1}
		all := lectern.Reported{Attempt: 1}
		for i := range n {
			r := genReport(t, 1)
			if each, _, err = each.Apply(r, epoch); err != nil {
				t.Fatal(err)
			}
			all = all.Merge(r)
			if i < cut {
				left = left.Merge(r)
			} else {
				right = right.Merge(r)
			}
		}
		once, _, err := start.Apply(all, epoch)
		if err != nil {
			t.Fatal(err)
		}
		once.Version = each.Version
		if !reflect.DeepEqual(once, each) {
			t.Fatalf("merged: %+v\n  each: %+v", once, each)
		}
		if joined := left.Merge(right); !reflect.DeepEqual(joined, all) {
			t.Fatalf("flushed after %d: %+v\n  at the end: %+v", cut, joined, all)
		}
		if reflect.DeepEqual(left.Merge(lectern.Reported{Attempt: 1}), left) == false {
			t.Fatalf("an empty report changed %+v", left)
		}
	})
}

// J14 J15: merging does not allocate unless a warning is new.
func TestMergeDoesNotAllocate(t *testing.T) {
	known := []lectern.Warning{{Code: "a"}}
	pending := lectern.Reported{Attempt: 1, Warnings: known}
	later := lectern.Reported{Attempt: 1, Stage: lectern.StageEncoding, Progress: 10, Message: "m", SlidesDone: 1,
		ETA: time.Second, Warnings: known}
	if n := testing.AllocsPerRun(100, func() { pending = pending.Merge(later) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// J3: no share gives the progress of a completed presentation, and a larger share never gives less progress.
func TestProgressOf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64().Draw(t, "a"), rapid.Float64().Draw(t, "b")
		pa, pb := lectern.ProgressOf(a), lectern.ProgressOf(b)
		if pa < 0 || pa > lectern.AlmostDone || a <= b && pa > pb {
			t.Fatalf("%v is %v, %v is %v", a, pa, b, pb)
		}
	})
	for share, want := range map[float64]lectern.Progress{0.5: 5000, 1: lectern.AlmostDone, 7: lectern.AlmostDone, -1: 0,
		math.Inf(1): lectern.AlmostDone, math.Inf(-1): 0} {
		if got := lectern.ProgressOf(share); got != want {
			t.Errorf("ProgressOf(%v) = %v, want %v", share, got, want)
		}
	}
	if got := lectern.ProgressOf(math.NaN()); got != 0 {
		t.Errorf("NaN is %v", got)
	}
}

func TestProgressSurvivesJSON(t *testing.T) {
	t.Parallel()
	for n := lectern.Progress(0); n <= lectern.Done; n++ {
		b, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var back lectern.Progress
		if err := json.Unmarshal(b, &back); err != nil || back != n {
			t.Fatalf("%d became %s became %d (%v)", n, b, back, err)
		}
	}
	for _, bad := range []string{"NaN", "-1", "100.01", "1e9", `"5"`, "null "} {
		var p lectern.Progress
		if err := p.UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%s was read as %v", bad, p)
		}
	}
}
