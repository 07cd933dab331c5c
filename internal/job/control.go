package job

import (
	"context"
	"errors"

	"lectern"
)

// Cancel asks a presentation to end. A queued one is canceled when Cancel returns. A running one has received the
// request and becomes canceled within CancelGrace (J10). An ended one does not change: CodeConflict, naming its state.
func (s *Service) Cancel(ctx context.Context, id string) (lectern.Presentation, error) {
	out, err := s.submit(ctx, WriteSpec{ID: id, Events: []lectern.Event{lectern.CancelAsked{}}})
	return out.After, err
}

// Retry queues a failed or canceled presentation again, as a new attempt; any other state is CodeConflict. The limits
// and the caller's quota apply as to a creation, and its minutes count again: CodeRateLimited where it would exceed
// one, CodeTooLarge where it can never fit.
func (s *Service) Retry(ctx context.Context, id string, who lectern.Account) (lectern.Presentation, error) {
	out, err := s.submit(ctx, WriteSpec{
		ID: id, Events: []lectern.Event{lectern.Retried{KeyID: who.KeyID}}, Limits: Limits{Queued: s.opt.Limits.Queued},
		Quota: who.Quota,
	})
	return s.placed(ctx, out.After), err
}

// Delete removes a presentation with its artifacts; one that has not ended is canceled first. When Delete returns nil
// no reader finds it any more. Files that could not be removed by then are removed later.
func (s *Service) Delete(ctx context.Context, id string) error {
	for {
		p, err := s.Get(ctx, id)
		if err != nil {
			return err
		}
		if !p.Status.Terminal() {
			if p, err = s.end(ctx, p); err != nil {
				return err
			}
		}
		_, err = s.submit(ctx, WriteSpec{ID: id, Mark: true})
		if errors.Is(err, &lectern.Failure{Code: lectern.CodeConflict}) {
			continue // it was retried in the meantime
		}
		if err != nil {
			return err
		}
		break
	}
	if err := s.remove(ctx, id); err != nil {
		s.log.WarnContext(ctx, "the files of a deleted presentation are still there", "job_id", id, "failure", err.Error())
		s.poke(s.sweep)
	}
	return nil
}

// end cancels p and waits until it has ended.
func (s *Service) end(ctx context.Context, p lectern.Presentation) (lectern.Presentation, error) {
	c, err := s.Cancel(ctx, p.ID)
	switch {
	case errors.Is(err, &lectern.Failure{Code: lectern.CodeConflict}):
		return s.Get(ctx, p.ID)
	case err != nil:
		return p, err
	}
	for v, err := range s.Watch(ctx, p.ID, c.Version-1) {
		if err != nil {
			return p, err
		}
		p = v
	}
	return p, ctx.Err()
}
