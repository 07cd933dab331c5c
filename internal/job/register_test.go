package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"lectern"
	"lectern/internal/job"
)

// state is a presentation in the model: a register that only certain writes may change. The rules below come from
// docs/JOBS.md and share no code with Presentation.Apply.
type state struct {
	status   lectern.Status
	attempt  int
	version  int64
	progress lectern.Progress
}

func stateOf(p lectern.Presentation) state { return state{p.Status, p.Attempt, p.Version, p.Progress} }

// successors are the statuses that may follow a status.
var successors = map[lectern.Status][]lectern.Status{
	lectern.StatusQueued: {lectern.StatusProcessing, lectern.StatusCanceled},
	lectern.StatusProcessing: {lectern.StatusProcessing, lectern.StatusCompleted, lectern.StatusFailed,
		lectern.StatusCanceled, lectern.StatusQueued},
	lectern.StatusFailed:   {lectern.StatusQueued},
	lectern.StatusCanceled: {lectern.StatusQueued},
}

// breaks returns the rule that a step from s to n breaks; "": none.
func (s state) breaks(n state) string {
	begins := s.status == lectern.StatusQueued && n.status == lectern.StatusProcessing
	attempt := s.attempt
	if begins {
		attempt++
	}
	switch {
	case (n.progress == lectern.Done) != (n.status == lectern.StatusCompleted):
		return fmt.Sprintf("J3: %s at %v", n.status, n.progress)
	case s == state{}:
		if n.status != lectern.StatusQueued || n.version != 1 || n.attempt != 0 {
			return fmt.Sprintf("J2: began as %+v", n)
		}
		return ""
	case !slices.Contains(successors[s.status], n.status):
		return fmt.Sprintf("J2: %s became %s", s.status, n.status)
	case n.version != s.version+1:
		return fmt.Sprintf("J5: version %d came after %d", n.version, s.version)
	case n.progress < s.progress:
		return fmt.Sprintf("J3: progress fell from %v to %v", s.progress, n.progress)
	case n.attempt != attempt:
		return fmt.Sprintf("J7: attempt %d came after %d", n.attempt, s.attempt)
	}
	return ""
}

// The operations of a history, each on one presentation.
type (
	wrote struct { // a commit changed before to each of after, in order
		id     string
		before state
		after  []state
	}
	read struct { // an observer saw this state
		id string
		is state
	}
	streamed struct { // a stream sent this version, which was committed at some time before (J4)
		id      string
		version int64
	}
)

var register = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		by := map[string][]porcupine.Operation{}
		for _, op := range all {
			var id string
			switch in := op.Input.(type) {
			case wrote:
				id = in.id
			case read:
				id = in.id
			case streamed:
				id = in.id
			}
			by[id] = append(by[id], op)
		}
		var out [][]porcupine.Operation
		for _, ops := range by {
			out = append(out, ops)
		}
		return out
	},
	Init: func() any { return state{} },
	Step: func(s, input, _ any) (bool, any) {
		now := s.(state)
		switch in := input.(type) {
		case wrote:
			if now != in.before {
				return false, s
			}
			for _, next := range in.after {
				if now.breaks(next) != "" {
					return false, s
				}
				now = next
			}
			return true, now
		case read:
			return now == in.is, s
		case streamed:
			return now.version >= in.version, s
		}
		return false, s
	},
}

// recorder notes each operation, with its start and end by one clock.
type recorder struct {
	start time.Time

	mu        sync.Mutex // guards what follows
	ops       []porcupine.Operation
	observers map[string][]lectern.Presentation // what each poller and each stream (named s…) saw, in order
	clients   map[string]int
	takeovers int // runs that were queued again because their heartbeats stopped
	stale     int // writes that were refused because their attempt was over
}

// Committed, Changed and StepDone implement job.Observer. They do nothing, because recording notes the commits.
func (*recorder) Committed(_, _ int, _ time.Duration) {}
func (*recorder) Changed(_, _ lectern.Presentation)   {}
func (*recorder) StepDone(string, lectern.Step)       {}

// TakenOver implements job.Observer.
func (r *recorder) TakenOver(string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.takeovers++
}

func (r *recorder) sawStale() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stale++
}

func newRecorder() *recorder {
	return &recorder{start: time.Now(), observers: map[string][]lectern.Presentation{}, clients: map[string]int{}}
}

func (r *recorder) clock() int64 { return time.Since(r.start).Nanoseconds() }

func (r *recorder) note(client string, call int64, input any) {
	end := r.clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.clients[client]; !known {
		r.clients[client] = len(r.clients)
	}
	r.ops = append(r.ops, porcupine.Operation{ClientId: r.clients[client], Input: input, Call: call, Return: end})
}

// saw adds to what an observer has seen.
func (r *recorder) saw(observer string, p lectern.Presentation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.observers[observer] = append(r.observers[observer], p)
}

// recording is a store that notes its commits with their outcomes.
type recording struct {
	job.Store
	rec  *recorder
	node string
}

// Commit implements job.Writer.
func (s recording) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	call := s.rec.clock()
	outs, err := s.Store.Commit(ctx, writes)
	if err != nil {
		return outs, err
	}
	for i, out := range outs {
		id := writes[i].ID()
		if errors.Is(out.Err, &lectern.Failure{Code: lectern.CodeStale}) {
			s.rec.sawStale()
		}
		switch {
		case out.Err == nil && len(out.Versions) > 0:
			w := wrote{id: id, before: stateOf(out.Before)}
			for _, v := range out.Versions {
				w.after = append(w.after, stateOf(v))
			}
			s.rec.note(s.node, call, w)
		case out.Before.ID != "": // a refused write or a heartbeat, which read the state
			s.rec.note(s.node, call, read{id, stateOf(out.Before)})
		}
	}
	return outs, nil
}

// findings checks the history against the model, and each observer and the kept versions against the rules. versions
// are the events of each presentation, none of them thinned out yet.
func (r *recorder) findings(versions map[string][]lectern.Presentation) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	switch porcupine.CheckOperationsTimeout(register, r.ops, 20*time.Second) {
	case porcupine.Illegal:
		out = append(out, fmt.Sprintf("the history of %d operations does not fit the model", len(r.ops)))
	case porcupine.Unknown:
		out = append(out, fmt.Sprintf("the history of %d operations could not be decided in 20 s", len(r.ops)))
	}
	for name, seen := range r.observers {
		out = append(out, scan(name, seen, name[0] == 's')...)
	}
	committed := map[string][]state{}
	for _, op := range r.ops {
		if w, ok := op.Input.(wrote); ok {
			committed[w.id] = append(committed[w.id], w.after...)
		}
	}
	for id, all := range versions {
		slices.SortFunc(committed[id], func(a, b state) int { return int(a.version - b.version) })
		before := state{}
		var kept []state
		for _, p := range all {
			if broken := before.breaks(stateOf(p)); broken != "" {
				out = append(out, "events: "+broken)
			}
			before = stateOf(p)
			kept = append(kept, before)
		}
		if !slices.Equal(kept, committed[id]) {
			out = append(out, fmt.Sprintf("J6: the %d committed versions are not the %d kept ones", len(committed[id]),
				len(kept)))
		}
	}
	return out
}

// scan checks what one observer saw against the rules. A stream sees every version once; a poller may miss some and see
// one again.
func scan(name string, seen []lectern.Presentation, stream bool) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, name+": "+fmt.Sprintf(format, args...)) }
	for i, p := range seen {
		if (p.Progress == lectern.Done) != (p.Status == lectern.StatusCompleted) {
			say("J3: %s at %v", p.Status, p.Progress)
		}
		if i == 0 {
			continue
		}
		last := seen[i-1]
		switch {
		case p.Version < last.Version, stream && p.Version == last.Version:
			say("J5: version %d came after %d", p.Version, last.Version)
		case stream && p.Version != last.Version+1:
			say("J5: version %d came after %d, before anything was thinned", p.Version, last.Version)
		case p.Version == last.Version && stateOf(p) != stateOf(last):
			say("J5: version %d was %+v and %+v", p.Version, stateOf(last), stateOf(p))
		case last.Status == lectern.StatusCompleted && p.Version != last.Version,
			last.Status.Terminal() && p.Version == last.Version+1 && p.Status != lectern.StatusQueued:
			say("J2: %s became %s", last.Status, p.Status)
		}
		if p.Progress < last.Progress {
			say("J3: progress fell from %v to %v", last.Progress, p.Progress)
		}
		if p.Attempt < last.Attempt {
			say("J7: attempt %d came after %d", p.Attempt, last.Attempt)
		}
	}
	return out
}
