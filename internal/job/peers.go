package job

import (
	"context"
	"errors"
	"time"

	"lectern"
)

// Peers are the other processes on the same store. Without any, whatever is processing at the start is an orphan.
type Peers interface {
	// Dead names the nodes whose process is gone, or was not seen for too long.
	Dead(ctx context.Context) ([]string, error)
	// Workers is how many presentations all living nodes render at once.
	Workers(ctx context.Context) (int, error)
	// Leases gives what a node works on, by the Node that it began its runs with.
	Leases(ctx context.Context, node string) ([]Lease, error)
	// Silent gives the processing presentations without a heartbeat for that long, by a clock that all nodes share.
	Silent(ctx context.Context, age time.Duration) ([]Lease, error)
	// Bury brings back what else a dead node had taken, such as tickets, and forgets it. It is called when its leases are released.
	Bury(ctx context.Context, node string) error
	// Listen calls changed for every presentation that another node has changed, with "" where some may have been missed;
	// and lost when this node may have been taken for dead. It returns when ctx ends. Of what this node changes it need not
	// tell: the writer tells the watchers and the runs, and hands them the versions, which news would have them read again.
	Listen(ctx context.Context, changed func(id string), lost func())
}

// peerInterval is how often dead nodes are looked for: takeover is a matter of seconds (J8).
const peerInterval = time.Second

// lookLimit is how long a look at what others changed may take.
const lookLimit = 5 * time.Second

// mindPeers takes over what dead nodes worked on, and passes on what living ones changed.
func (s *Service) mindPeers(ctx context.Context) {
	if s.opt.Peers == nil {
		return
	}
	s.loops.spawn(func() { s.opt.Peers.Listen(ctx, func(id string) { s.heard(ctx, id) }, s.loseLeases) })
	s.loops.spawn(func() {
		tick := time.NewTicker(min(peerInterval, s.opt.LeaseTimeout/3))
		defer tick.Stop()
		for ctx.Err() == nil {
			if err := s.takeOver(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "dead nodes could not be looked for", "failure", err.Error())
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
}

// takeOver queues again what dead nodes worked on, and what has fallen silent on living ones.
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
			s.log.WarnContext(ctx, "a node is gone; its work goes on elsewhere", "node", node, "presentations", len(leases))
		}
		errs = append(errs, err)
	}
	silent, err := s.opt.Peers.Silent(ctx, s.opt.LeaseTimeout)
	if err == nil {
		err = s.releaseAll(ctx, silent)
	}
	return errors.Join(append(errs, err)...)
}

// heard is told that a presentation was changed, by another node.
func (s *Service) heard(ctx context.Context, id string) {
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

// look tells a run of this process what has become of its presentation. Where that cannot be read, its next heartbeat
// will tell.
func (s *Service) look(ctx context.Context, r *run) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit) // who listens must not be kept by a database that is going away
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
