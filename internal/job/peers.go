package job

import (
	"context"
	"errors"
	"time"

	"lectern"
)

// Peers are the other processes on the same store. Without any, whatever is processing at the start is an orphan.
type Peers interface {
	// Dead returns the nodes whose process is gone, or was not seen for too long.
	Dead(ctx context.Context) ([]string, error)
	// Workers is how many presentations all living nodes render at once.
	Workers(ctx context.Context) (int, error)
	// Leases returns the presentations that a node works on. node is the Options.Node that began their runs.
	Leases(ctx context.Context, node string) ([]Lease, error)
	// Silent returns the processing presentations without a heartbeat for that long, by a clock that all nodes share.
	Silent(ctx context.Context, age time.Duration) ([]Lease, error)
	// Bury returns to the queue what else a dead node had taken, such as tickets, and forgets the node. The service
	// calls it once the node's leases are released.
	Bury(ctx context.Context, node string) error
	// Listen calls changed for every presentation that another node has changed, with "" where some may have been
	// missed, and lost when this node may have been taken for dead. It returns when ctx ends. It need not report this
	// node's own changes: the writer notifies watchers and runs of those, with the versions.
	Listen(ctx context.Context, changed func(id string), lost func())
}

// peerInterval is how often dead nodes are looked for: takeover is a matter of seconds (J8).
const peerInterval = time.Second

// lookLimit bounds one read of a presentation that another node changed.
const lookLimit = 5 * time.Second

// mindPeers takes over what dead nodes worked on, and passes on what living ones changed.
func (s *Service) mindPeers(ctx context.Context) {
	if s.opt.Peers == nil {
		return
	}
	s.loops.spawn(func() { s.opt.Peers.Listen(ctx, func(id string) { s.changedByPeer(ctx, id) }, s.loseLeases) })
	s.loops.spawn(func() {
		tick := time.NewTicker(min(peerInterval, s.opt.LeaseTimeout/3))
		defer tick.Stop()
		for ctx.Err() == nil {
			if err := s.takeOver(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "the search for dead nodes failed; it is tried again", "failure", err.Error())
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
}

// takeOver queues the presentations of dead nodes again, and those of living nodes whose runs have fallen silent.
func (s *Service) takeOver(ctx context.Context) error {
	dead, err := s.opt.Peers.Dead(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, node := range dead {
		leases, err := s.opt.Peers.Leases(ctx, node)
		if err == nil {
			err = s.releaseAll(ctx, leases)
		}
		if err == nil {
			err = s.opt.Peers.Bury(ctx, node)
		}
		if err == nil {
			s.log.WarnContext(ctx, "a node is gone; its presentations are queued again", "node", node,
				"presentations", len(leases))
		}
		errs = append(errs, err)
	}
	silent, err := s.opt.Peers.Silent(ctx, s.opt.LeaseTimeout)
	if err == nil {
		err = s.releaseAll(ctx, silent)
	}
	return errors.Join(append(errs, err)...)
}

// changedByPeer notifies watchers and the run of a presentation that another node changed; "" means any presentation.
func (s *Service) changedByPeer(ctx context.Context, id string) {
	if id == "" {
		s.hub.notifyAll()
		for _, r := range s.snapshotRuns() {
			s.look(ctx, r)
		}
		return
	}
	s.hub.notify(id)
	if r := s.running(id); r != nil {
		s.look(ctx, r)
	}
}

// look updates a run of this process from the store. Where the presentation cannot be read, the run's next heartbeat
// brings the change.
func (s *Service) look(ctx context.Context, r *run) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit) // a database that does not answer must not block Listen
	defer cancel()
	p, err := s.opt.Store.Get(ctx, r.id)
	if errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		r.cancel(ErrLeaseLost)
	}
	if err == nil {
		s.follow(r, p)
	}
}

// loseLeases stops all runs of this process: others may have taken them over. What they have finished is in the cache.
func (s *Service) loseLeases() {
	for _, r := range s.snapshotRuns() {
		r.cancel(ErrLeaseLost)
	}
}
