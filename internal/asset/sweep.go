package asset

import (
	"context"
	"errors"
	"time"

	"lectern"
)

// batch is how many rows a sweep reads at once.
const batch = 200

// Start begins to sweep, at once and then every hour, until Stop.
func (s *Service) Start(ctx context.Context) {
	ctx, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.sweeps.Go(func() {
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.o.Log.WarnContext(ctx, "the sweep of unused assets stopped early; the next one continues", "reason", err.Error())
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// Stop ends the sweeps and waits for the one that runs. Without Start it does nothing.
func (s *Service) Stop() {
	if s.end != nil {
		s.end()
		s.sweeps.Wait()
	}
}

// Sweep removes assets that were not used for Options.Keep and that no presentation names, and files that belong to no
// asset. It is idempotent, and several processes may sweep at once.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	since := now.Add(-s.o.Keep)
	for {
		stale, err := s.o.Store.StaleAssets(ctx, since, batch)
		if err != nil {
			return err
		}
		gone := 0
		for _, a := range stale {
			err := s.o.Store.DeleteAsset(ctx, a.Owner, a.SHA256, since, now)
			switch {
			case err == nil:
				gone++
			case !is(err, lectern.CodeConflict) && !is(err, lectern.CodeNotFound): // used or removed meanwhile
				return err
			}
		}
		if len(stale) < batch || gone == 0 {
			return s.clear(ctx)
		}
	}
}

// clear removes the files that belong to no asset, and then their names. After a crash in between, the next clear does
// it again.
func (s *Service) clear(ctx context.Context) error {
	for {
		list, err := s.o.Store.Leftovers(ctx, s.now(), batch)
		if err != nil {
			return err
		}
		for _, file := range list {
			if err := s.o.Files.Delete(ctx, file); err != nil {
				return err
			}
			if err := s.o.Store.ForgetLeftover(ctx, file); err != nil {
				return err
			}
		}
		if len(list) < batch {
			return nil
		}
	}
}

func is(err error, code lectern.Code) bool { return errors.Is(err, &lectern.Failure{Code: code}) }
