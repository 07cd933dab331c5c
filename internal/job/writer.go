package job

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"lectern"
	"lectern/internal/crashpoint"
)

// A request is a write that a caller waits for.
type request struct {
	spec  WriteSpec
	run   *run          // whose pending report is applied first; nil: none
	begin *run          // registered in this process with the commit; nil: none
	reply chan answered // has a buffer of one: the writer never waits for a caller that left
}

type answered struct {
	out Outcome
	err error
}

// maxBatch bounds the requests of one transaction, and so the wait of the first.
const maxBatch = 64

// submit passes a write to the writer and waits for its commit. A refusal of the write is the error. Where ctx ends
// first, the write may still happen.
func (s *Service) submit(ctx context.Context, spec WriteSpec) (Outcome, error) {
	return s.send(ctx, request{spec: spec})
}

// submitFor is submit for a write of run r. The pending report of r is applied before the write.
func (s *Service) submitFor(ctx context.Context, r *run, spec WriteSpec) (Outcome, error) {
	return s.send(ctx, request{spec: spec, run: r})
}

func (s *Service) send(ctx context.Context, req request) (Outcome, error) {
	if req.spec.At.IsZero() {
		req.spec.At = s.now()
	}
	req.spec.ScratchIn, req.spec.KeepFor = s.opt.CleanupDelay, s.opt.Retention
	req.reply = make(chan answered, 1)
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	s.lifeMu.Lock()
	ready := s.life == started || s.life == stopping
	s.lifeMu.Unlock()
	if !ready {
		return Outcome{}, errNotRunning()
	}
	select {
	case s.requests <- req:
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	case <-s.closing:
		return Outcome{}, errNotRunning()
	}
	select {
	case a := <-req.reply:
		if a.err == nil {
			a.err = a.out.Err
		}
		return a.out, a.err
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	}
}

func errNotRunning() error {
	f := lectern.Fail(lectern.CodeOverloaded, "Lectern is starting or stopping. Try again in a moment.")
	f.Retryable = true
	return f
}

// write is the writer: the one goroutine that commits. It takes the waiting requests, adds the reports of runs once
// every FlushInterval and the heartbeats that are due, and commits all of it together.
func (s *Service) write(ctx context.Context) {
	defer close(s.written)
	var (
		timer   = time.NewTimer(time.Hour)
		flushed time.Time // when the reports of the runs were last taken; in the future while the store takes no writes
		news    bool      // some run has a pending report
		failing bool      // the last commit failed
	)
	defer timer.Stop()
	for {
		timer.Reset(s.untilDue(news, flushed))
		var batch []request
		closing := false
		select {
		case req := <-s.requests:
			batch = s.drain(req)
		case <-s.dirty:
			news = true
		case <-timer.C:
		case <-s.closing:
			closing = true
		}
		t := time.Now()
		flush := news && t.Sub(flushed) >= s.opt.FlushInterval
		if flush || closing {
			flushed, news = t, false
		}
		switch err := s.commit(ctx, t, batch, flush || closing); {
		case err != nil:
			news, flushed = true, t.Add(storeBackoff)
			if !failing {
				s.log.WarnContext(ctx, "the store takes no writes; progress is kept in memory", "failure", err.Error())
			}
			failing = true
		case failing && flush:
			s.log.InfoContext(ctx, "the store takes writes again")
			failing = false
		}
		if closing {
			return
		}
	}
}

// storeBackoff is how long the reports of runs wait after a commit that failed.
const storeBackoff = time.Second

// drain takes the requests that are waiting already.
func (s *Service) drain(first request) []request {
	batch := []request{first}
	for len(batch) < maxBatch {
		select {
		case req := <-s.requests:
			batch = append(batch, req)
		default:
			return batch
		}
	}
	return batch
}

// untilDue is the time to the next flush or heartbeat.
func (s *Service) untilDue(news bool, flushed time.Time) time.Duration {
	due := time.Now().Add(time.Hour)
	if news {
		due = flushed.Add(s.opt.FlushInterval)
	}
	for _, r := range s.snapshotRuns() {
		if r.nextBeat.Before(due) {
			due = r.nextBeat
		}
	}
	return max(time.Until(due), 0)
}

// commit writes the batch and the reports of runs, then notifies callers, watchers and runs. t is now by the monotonic
// clock. An error means that some writes failed: their callers have received it, and reports are back with their runs.
func (s *Service) commit(ctx context.Context, t time.Time, batch []request, flush bool) error {
	var items []item
	taken, at := map[*run]bool{}, s.now()
	for _, req := range batch {
		it := item{spec: req.spec, run: req.run, begin: req.begin, reply: req.reply}
		if req.run != nil && !taken[req.run] {
			it.takePending()
			taken[req.run] = true
		}
		items = append(items, it)
	}
	for _, r := range s.snapshotRuns() {
		beat := !t.Before(r.nextBeat)
		if taken[r] || !flush && !beat {
			continue
		}
		it := item{spec: WriteSpec{ID: r.id, At: at, ScratchIn: s.opt.CleanupDelay, KeepFor: s.opt.Retention}, run: r,
			beat: beat}
		it.takePending()
		if beat {
			it.spec.Events = append(it.spec.Events, lectern.Beat{Attempt: r.attempt})
			r.nextBeat = t.Add(s.opt.HeartbeatInterval)
		}
		if len(it.spec.Events) > 0 {
			items = append(items, it)
		}
	}
	if len(items) == 0 {
		return nil
	}
	err := s.try(ctx, items)
	if err == nil || len(items) == 1 {
		return err
	}
	err = nil // a single item may be the reason: commit the others without it
	for i := range items {
		if e := s.try(ctx, items[i:i+1]); e != nil {
			err = e
		}
	}
	return err
}

// item is one write of a transaction.
type item struct {
	spec    WriteSpec
	run     *run
	begin   *run
	beat    bool
	pending lectern.Reported // taken from run; given back if the transaction fails
	reports int              // how many are folded into pending; 0: nothing was taken
	reply   chan answered
}

func (it *item) takePending() {
	if it.pending, it.reports = it.run.take(); it.reports > 0 {
		it.spec.Events = append([]lectern.Event{it.pending}, it.spec.Events...)
	}
}

// try commits items in one transaction. When a single item fails, its caller receives the error and its pending report
// returns to the run; several items stay unchanged for another try.
func (s *Service) try(ctx context.Context, items []item) error {
	writes, reports := make([]Write, len(items)), 0
	for i, it := range items {
		writes[i] = Write{spec: it.spec}
		reports += it.reports
	}
	began := time.Now()
	crashpoint.Here(crashpoint.Committing)
	outs, err := s.opt.Store.Commit(ctx, writes)
	if err != nil {
		reports = 0 // they go back to their runs
	}
	s.opt.Observer.Committed(len(writes), reports, time.Since(began))
	if err != nil {
		if len(items) == 1 {
			items[0].unwritten(err)
		}
		return err
	}
	crashpoint.Here(crashpoint.Committed)
	for i, out := range outs {
		s.committed(ctx, items[i], out)
	}
	return nil
}

func (it item) unwritten(err error) {
	if it.reports > 0 {
		it.run.giveBack(it.pending, it.reports)
	}
	if it.reply != nil {
		it.reply <- answered{err: err}
	}
}

// committed notifies callers, watchers and the run of a write that is in the store (J4).
func (s *Service) committed(ctx context.Context, it item, out Outcome) {
	s.logOutcome(ctx, it, out)
	s.observe(it, out)
	if len(out.Versions) > 0 || it.spec.Mark || it.spec.Purge {
		s.hub.notify(it.spec.ID, out.Versions...)
	}
	if out.Err == nil && out.After.Status.Terminal() {
		s.poke(s.sweep)
	}
	if it.begin != nil && out.Err == nil {
		s.register(it.begin)
	}
	if it.run != nil && errors.Is(out.Err, &lectern.Failure{Code: lectern.CodeStale}) {
		it.run.cancel(ErrLeaseLost)
	}
	if r := s.running(it.spec.ID); r != nil && out.Err == nil {
		s.follow(r, out.After)
	}
	if it.reply != nil {
		it.reply <- answered{out: out}
	}
}

// observe reports a committed write to the observer.
func (s *Service) observe(it item, out Outcome) {
	before := out.Before
	for _, v := range out.Versions {
		if v.Status != before.Status || v.Attempt != before.Attempt {
			s.opt.Observer.Changed(before, v)
		}
		before = v
	}
	if it.spec.Step != nil && out.Err == nil {
		s.opt.Observer.StepDone(it.spec.ID, *it.spec.Step)
	}
}

// follow passes the new state of its presentation to r.
func (s *Service) follow(r *run, p lectern.Presentation) {
	switch {
	case p.Attempt != r.attempt || p.Status != lectern.StatusProcessing:
		s.unregister(r)
		r.cancel(ErrLeaseLost) // no effect on a run that has returned or already has another cause
	case p.CancelRequested:
		r.askToEnd()
	}
}

// logOutcome writes one line for each visible change, and one for a heartbeat.
func (s *Service) logOutcome(ctx context.Context, it item, out Outcome) {
	old := out.Before
	for _, v := range out.Versions {
		attrs := []slog.Attr{
			slog.String("job_id", v.ID),
			slog.String("old_status", string(old.Status)), slog.String("new_status", string(v.Status)),
			slog.Float64("old_progress", old.Progress.Percent()), slog.Float64("new_progress", v.Progress.Percent()),
			slog.String("stage", v.Stage), slog.Int64("version", v.Version), slog.Int("attempt", v.Attempt),
		}
		if v.Error != nil && old.Error == nil {
			attrs = append(attrs, slog.String("failure_code", string(v.Error.Code)), slog.String("failure", v.Error.Error()))
			if v.Error.Detail != "" {
				attrs = append(attrs, slog.String("failure_detail", v.Error.Detail))
			}
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "JOB_STATUS_UPDATE", attrs...)
		old = v
	}
	if out.Err == nil && (it.beat || out.Before.Status != lectern.StatusProcessing) &&
		out.After.Status == lectern.StatusProcessing {
		s.log.LogAttrs(ctx, slog.LevelInfo, "HEARTBEAT",
			slog.String("job_id", out.After.ID), slog.Float64("progress", out.After.Progress.Percent()),
			slog.String("status", string(out.After.Status)), slog.Int("attempt", out.After.Attempt))
	}
}

// poke sends a signal, unless one is already waiting.
func (s *Service) poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
