package job

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/internal/crashpoint"
)

// keepLeases takes over presentations whose run sends no heartbeat (J8). It never takes over runs of this process: they
// go on after a suspended laptop wakes.
func (s *Service) keepLeases(ctx context.Context) {
	tick := time.NewTicker(s.opt.LeaseTimeout / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.releaseSilent(ctx, s.now().Add(-s.opt.LeaseTimeout)); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "silent runs could not be taken over", "failure", err.Error())
		}
	}
}

// releaseSilent queues again the presentations that are processing and have had no heartbeat after since.
func (s *Service) releaseSilent(ctx context.Context, since time.Time) error {
	leases, err := s.opt.Store.Silent(ctx, since)
	if err != nil {
		return err
	}
	return s.releaseAll(ctx, leases)
}

// releaseAll queues the presentations of leases again, except those that this process runs and those that have had a
// heartbeat since the lease was read.
func (s *Service) releaseAll(ctx context.Context, leases []Lease) error {
	for _, l := range leases {
		if r := s.running(l.ID); r != nil && r.attempt == l.Attempt {
			continue
		}
		_, err := s.submit(ctx, WriteSpec{ID: l.ID, NotAfter: l.Heartbeat,
			Events: []lectern.Event{lectern.Released{Attempt: l.Attempt}}})
		if err != nil && !refusal(err) {
			return err
		}
		if err == nil {
			s.opt.Observer.TakenOver(l.ID)
		}
	}
	return nil
}

// refusal reports whether err refuses a write because the presentation has changed meanwhile. Then there is nothing
// left to do.
func refusal(err error) bool {
	f, ok := errors.AsType[*lectern.Failure](err)
	return ok && (f.Code == lectern.CodeStale || f.Code == lectern.CodeConflict || f.Code == lectern.CodeNotFound)
}

// clean removes what is due (J12): at the start, whenever something becomes due, and once every SweepInterval for what
// no signal announced. All its state is in the store and on the disk, and every step is idempotent.
func (s *Service) clean(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var swept time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.sweep:
		case <-timer.C:
		}
		next, err := s.cleanOnce(ctx)
		if err == nil && (swept.IsZero() || time.Since(swept) >= s.opt.SweepInterval) {
			swept = time.Now()
			_, err = s.submit(ctx, WriteSpec{Sweep: true})
		}
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			s.log.WarnContext(ctx, "cleaning up stopped early; it goes on later", "failure", err.Error())
		}
		timer.Reset(next)
	}
}

// sweepFloor keeps a clock that stands still from making a busy loop.
const sweepFloor = 20 * time.Millisecond

// cleanOnce removes what is due now and returns the time until more is due.
func (s *Service) cleanOnce(ctx context.Context) (time.Duration, error) {
	next := s.opt.SweepInterval
	at := s.now()
	due, err := s.opt.Store.Due(ctx, at)
	if err != nil {
		return next, err
	}
	var errs []error
	for _, id := range due.Expired {
		_, err := s.submit(ctx, WriteSpec{ID: id, Mark: true})
		switch {
		case err == nil:
			due.Removing = append(due.Removing, id)
		case !refusal(err):
			errs = append(errs, err)
		}
	}
	for _, id := range due.Removing {
		errs = append(errs, s.remove(ctx, id))
	}
	errs = append(errs, s.cleanScratch(ctx))
	for _, id := range due.Scratch {
		if _, err := s.submit(ctx, WriteSpec{ID: id, Settle: true}); err != nil && !refusal(err) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return next, err
	}
	if !due.Next.IsZero() {
		next = min(next, max(due.Next.Sub(at), sweepFloor))
	}
	return next, nil
}

// remove removes a marked presentation's files, then its rows. A crash in between leaves the mark, and the next sweep
// repeats the removal.
func (s *Service) remove(ctx context.Context, id string) error {
	crashpoint.Here(crashpoint.Marked)
	if err := s.opt.Files.RemoveArtifacts(ctx, id); err != nil {
		return err
	}
	folders, err := filepath.Glob(filepath.Join(s.opt.ScratchDir, id+".*"))
	if err != nil {
		return err
	}
	for _, f := range folders {
		if err := os.RemoveAll(f); err != nil {
			return err
		}
	}
	crashpoint.Here(crashpoint.FilesGone)
	_, err = s.submit(ctx, WriteSpec{ID: id, Purge: true})
	return err
}

// cleanScratch removes the scratch folders that are no longer needed.
func (s *Service) cleanScratch(ctx context.Context) error {
	entries, err := os.ReadDir(s.opt.ScratchDir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if keep, err := s.keepsScratch(ctx, e.Name()); err != nil {
			errs = append(errs, err)
		} else if !keep {
			errs = append(errs, os.RemoveAll(filepath.Join(s.opt.ScratchDir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// keepsScratch reports whether the scratch folder name stays. It stays while its attempt runs. The folder of the last
// attempt stays for CleanupDelay after the presentation has completed or failed.
func (s *Service) keepsScratch(ctx context.Context, name string) (bool, error) {
	id, n, _ := strings.Cut(name, ".")
	attempt, err := strconv.Atoi(n)
	if err != nil {
		return false, nil // not the name of a scratch folder; everything in ScratchDir belongs to the service
	}
	if r := s.running(id); r != nil && r.attempt == attempt {
		return true, nil
	}
	p, err := s.Get(ctx, id)
	if errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		return false, nil
	}
	if err != nil || attempt > p.Attempt {
		return true, err
	}
	switch {
	case attempt < p.Attempt, p.Status == lectern.StatusQueued, p.Status == lectern.StatusCanceled:
		return false, nil
	case p.Status.Terminal():
		return s.now().Before(p.CompletedAt.Add(s.opt.CleanupDelay)), nil
	}
	return true, nil
}
