package job

import (
	"context"

	"lectern"
)

var _ lectern.Unlocker = (*run)(nil)

// Unlock implements lectern.Unlocker.
func (r *run) Unlock(ctx context.Context) (lectern.Unlock, error) {
	return r.s.opt.Store.Unlock(ctx, r.id)
}

// Unlocked implements lectern.Unlocker.
func (r *run) Unlocked(ctx context.Context) error {
	_, err := r.s.submitFor(ctx, r, WriteSpec{ID: r.id, Unlocked: true,
		Events: []lectern.Event{lectern.Reported{Attempt: r.attempt}}})
	return err
}
