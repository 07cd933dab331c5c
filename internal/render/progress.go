package render

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"lectern"
	"lectern/internal/retry"
)

// task is one unit of work in the progress: how much it weighs, in estimated seconds, and how much of it is done.
type task struct{ weight, share float64 }

// tracker turns what the steps report into what people see: a share that only rises, a sentence, and the time left. One
// goroutine sends its reports, in order, so that no lock is held during a report (J14).
type tracker struct {
	out lectern.Reporter
	now func() time.Time

	mu      sync.Mutex
	tasks   map[string]*task
	highest lectern.Progress
	rank    int
	stage   string
	message string
	waits   []*waiting               // for services, the newest last: the message is about that one
	slides  map[int]bool             // that are finished, by number
	warned  map[lectern.Warning]bool // warnings that were reported
	lastAt  time.Time
	lastSum float64
	speed   float64 // share a second, smoothed
	queue   []lectern.Reported
	wake    chan struct{}
	closed  bool
	done    chan struct{}
}

func newTracker(out lectern.Reporter, now func() time.Time) *tracker {
	t := &tracker{out: out, now: now, tasks: map[string]*task{}, slides: map[int]bool{},
		warned: map[lectern.Warning]bool{}, wake: make(chan struct{}, 1), done: make(chan struct{}), lastAt: now()}
	go t.pump()
	return t
}

// pump passes queued reports to out until close.
func (t *tracker) pump() {
	defer close(t.done)
	for {
		t.mu.Lock()
		batch, closed := t.queue, t.closed
		t.queue = nil
		t.mu.Unlock()
		for _, r := range batch {
			t.out.Report(r)
		}
		if closed {
			return
		}
		<-t.wake
	}
}

// close waits until the queued reports are passed on, and ends pump.
func (t *tracker) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.nudge()
	<-t.done
}

func (t *tracker) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// plan adds a task, or changes its weight as more is known.
func (t *tracker) plan(name string, weight float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if have := t.tasks[name]; have != nil {
		have.weight = weight
		return
	}
	t.tasks[name] = &task{weight: weight}
}

// stageRank orders the stages as they begin; what is shown never goes back to an earlier one.
var stageRank = map[string]int{
	lectern.StagePreparing: 1, lectern.StageNarrating: 2, lectern.StageCapturing: 3, lectern.StageAnimating: 4,
	lectern.StageEncoding: 5, lectern.StageJoining: 6, lectern.StagePublishing: 7,
}

// say shows a stage with its sentence, unless a later stage is shown already.
func (t *tracker) say(stage, message string) { t.update(stage, message, "", 0, 0) }

// move sets how much of a task is done, from 0 to 1; it never goes back.
func (t *tracker) move(name string, share float64) { t.update("", "", name, share, 0) }

// slideDone counts a finished slide, once.
func (t *tracker) slideDone(number int) { t.update("", "", "", 0, number) }

// warn reports warnings, each of them once.
func (t *tracker) warn(list []lectern.Warning) {
	t.mu.Lock()
	var fresh []lectern.Warning
	for _, w := range list {
		if !t.warned[w] {
			t.warned[w] = true
			fresh = append(fresh, w)
		}
	}
	if len(fresh) > 0 {
		t.queue = append(t.queue, lectern.Reported{Warnings: fresh})
	}
	t.mu.Unlock()
	t.nudge()
}

// waiting is a wait for a service.
type waiting struct{ message string }

// wait shows a sentence in the place of the message, whatever stage is shown, until over is called.
func (t *tracker) wait(message string) (over func()) {
	w := &waiting{message}
	t.change(func() { t.waits = append(t.waits, w) })
	return func() {
		t.change(func() { t.waits = slices.DeleteFunc(t.waits, func(x *waiting) bool { return x == w }) })
	}
}

// watched returns a context for calls of services: while such a call waits, the message says so. what names the slide
// in this message.
func watched(ctx context.Context, t *tracker, what string) context.Context {
	return retry.WithWatch(ctx, func(service string, wait time.Duration) func() {
		return t.wait(fmt.Sprintf("Waiting %s for the %s, which is busy or cannot be reached (%s).",
			max(wait.Round(time.Second), time.Second), service, what))
	})
}

// shown returns what people see now. It is called with mu held.
func (t *tracker) shown() lectern.Reported {
	r := lectern.Reported{Stage: t.stage, Message: t.message, Progress: t.highest, SlidesDone: len(t.slides)}
	if n := len(t.waits); n > 0 {
		r.Message = t.waits[n-1].message
	}
	return r
}

func (t *tracker) update(stage, message, name string, share float64, slide int) {
	t.change(func() {
		if rank := stageRank[stage]; rank > 0 && rank >= t.rank {
			t.rank, t.stage, t.message = rank, stage, message
		}
		if slide > 0 {
			t.slides[slide] = true
		}
		if k := t.tasks[name]; k != nil {
			k.share = max(k.share, min(share, 1))
		}
	})
}

// change calls do with mu held, and reports what people see if that has changed.
func (t *tracker) change(do func()) {
	t.mu.Lock()
	before := t.shown()
	do()
	sum := t.sum()
	t.highest = max(t.highest, lectern.ProgressOf(sum))
	t.pace(sum)
	after := t.shown()
	changed := before.Stage != after.Stage || before.Message != after.Message || before.Progress != after.Progress ||
		before.SlidesDone != after.SlidesDone
	if changed && !t.closed {
		after.ETA = t.left(sum)
		t.queue = append(t.queue, after)
	}
	t.mu.Unlock()
	if changed {
		t.nudge()
	}
}

func (t *tracker) sum() float64 {
	whole, done := 0.0, 0.0
	for _, k := range t.tasks {
		whole += k.weight
		done += k.weight * k.share
	}
	if whole == 0 {
		return 0
	}
	return done / whole
}

// pace smooths the speed over about four seconds, so that one slow or cached step does not change the time left by
// much.
func (t *tracker) pace(sum float64) {
	now := t.now()
	dt := now.Sub(t.lastAt).Seconds()
	if dt < 0.25 {
		return
	}
	speed := max(sum-t.lastSum, 0) / dt
	if t.speed == 0 {
		t.speed = speed
	} else {
		a := 1 - math.Exp(-dt/4)
		t.speed += a * (speed - t.speed)
	}
	t.lastAt, t.lastSum = now, sum
}

// left returns the time to the end at the present speed, in whole seconds; 0 while it is unknown.
func (t *tracker) left(sum float64) time.Duration {
	if sum < 0.02 || t.speed < 1e-6 {
		return 0
	}
	return max(time.Duration(math.Ceil((1-sum)/t.speed))*time.Second, time.Second)
}
