// Package webhook tells the world what becomes of presentations.
//
// The store writes a delivery for every milestone and every address that wants it, in the transaction of the milestone
// itself (J4); this room empties that outbox. It claims what is due, posts it, signed as Standard Webhooks has it, and
// writes down what the receiver said. The promises:
//
//   - At least once. A delivery is done when a receiver's 2xx is on record, and not before: whatever ends between the
//     answer and the record, the message comes again, with the same id and the same bytes, so that a receiver can tell.
//   - In order at the first try. A milestone of a presentation is not sent to an address before the first try of each
//     earlier one for that address has ended, so a slow answer costs the next milestone [Timeout] at most. What failed
//     comes again by itself and holds nobody up; the receiver orders by the presentation's version. That is the store's
//     promise (webhooktest holds every store to it) and needs no memory here.
//   - Fair. An address that is dead or slow costs its own messages time, and no others: it gets one try at a time, and
//     all such addresses together get half of the places. What it cannot take now is tried as soon as it can.
//   - Patient, but not for ever. [Schedule] spreads the tries over a day; then a message is given up, with the reason.
//   - Nosy to nobody. Addresses come from strangers, so each connection is judged by package egress; redirects are not
//     followed; of an answer no more than 64 KB are read.
//
// Several nodes may share an outbox: a claim is a lease, by the store's clock, and one that runs out, or whose node is dead,
// is claimed again by whoever looks next. A claim has a number, without which nothing is recorded: a node that slept
// through its lease changes nothing of what another has done since.
package webhook

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"lectern"
	"lectern/internal/egress"
)

// Outbox is where deliveries wait.
type Outbox interface {
	// ClaimDeliveries gives pending deliveries that are due and whose turn it is, the longest due first, at most limit: for
	// each presentation and address none that comes behind a pending one with no Attempts. What has failed once is in
	// nobody's way. What is due is for the store's clock to say, by which all nodes go. by names who claims, and is not
	// empty. A claim has a number, in Claim, and moves NextAt, in the store and in what is given, to lease from now;
	// nothing else keeps others away.
	ClaimDeliveries(ctx context.Context, by string, lease time.Duration, limit int) ([]lectern.Delivery, error)
	// FinishDelivery ends the claim d.Claim and records State, Attempts, DoneAt, StatusCode and Problem. A delivery that
	// stays pending is due in that time again. CodeStale: the claim has ended already, since it ran out and another has
	// claimed, was freed, or the delivery is not pending any more; nothing is recorded.
	FinishDelivery(ctx context.Context, d lectern.Delivery, again time.Duration) error
	// FreeClaims ends the claims of by, which is gone, or with "" all there are. What was claimed is due at once.
	FreeClaims(ctx context.Context, by string) error
}

// Endpoints are the registered addresses.
type Endpoints interface {
	// Endpoints gives all, the oldest first.
	Endpoints(ctx context.Context) ([]lectern.Endpoint, error)
	// PutEndpoint stores e in the place of its revision, under the next; with Revision 0, as a new one. Where another
	// revision is there, or none, it gives CodeStale and changes nothing. Where e is disabled, what waits for it is
	// given up.
	PutEndpoint(ctx context.Context, e lectern.Endpoint) error
	// DeleteEndpoint removes an endpoint and gives up what waits for it. An unknown id gives CodeNotFound.
	DeleteEndpoint(ctx context.Context, id string) error
}

// Records are deliveries for people to look at.
type Records interface {
	// Deliveries gives the newest first.
	Deliveries(ctx context.Context, f lectern.DeliveryFilter) ([]lectern.Delivery, error)
	// Delivery gives one; an unknown id is CodeNotFound.
	Delivery(ctx context.Context, id string) (lectern.Delivery, error)
	// Redeliver makes a delivery pending again, due at once, with no tries so far. An unknown id gives CodeNotFound, one
	// whose endpoint is gone CodeConflict.
	Redeliver(ctx context.Context, id string) (lectern.Delivery, error)
}

// Store is all that this room keeps.
type Store interface {
	Outbox
	Endpoints
	Records
}

// Defaults of Options, and what is not up for choice.
const (
	DefaultInFlight = 16
	// Timeout is for a whole try: name, connection, request, answer.
	Timeout = 15 * time.Second
	// Lease is for how long a claim keeps other nodes away.
	Lease = 30 * time.Second
	// MaxAnswer is how much of an answer is read.
	MaxAnswer = 64 << 10
)

// Options are what a service needs. Store and Encode are required.
type Options struct {
	Store Store
	// Encode writes a presentation as /v1 shows it. It must give the same bytes for the same value.
	Encode func(lectern.Presentation) ([]byte, error)
	// Secret signs what goes to a presentation's own CallbackURL. Empty: one is made at the first use and kept in the
	// store, for each owner, as the disabled endpoint CallbackEndpointOf, since every node of a cluster must sign alike.
	Secret    string
	Policy    egress.Policy     // which addresses may be reached
	Transport http.RoundTripper // nil: one that keeps to Policy
	Version   string            // of the program, for the User-Agent
	// Node names this process in its claims, among those that share the store. Empty: there are no others, so that what is
	// claimed at Start was claimed by a process that is dead.
	Node   string
	Logger *slog.Logger // nil: discarded

	InFlight int           // requests at once; 0: DefaultInFlight
	Poll     time.Duration // the longest time between two looks into the outbox; 0: 2 s
}

// Service delivers, and keeps the book of addresses. Its methods are safe for concurrent use.
type Service struct {
	opt   Options
	alone bool
	log   *slog.Logger
	wake  chan struct{}

	once   sync.Once
	begun  bool
	lifeMu sync.Mutex
	quit   chan struct{}      // closed: claim nothing more
	ended  chan struct{}      // closed: nothing is in flight, and what was claimed has been given back
	cut    context.CancelFunc // ends what is in flight
}

// New makes a service. It starts nothing and touches nothing.
func New(o Options) (*Service, error) {
	if o.Secret != "" {
		if _, err := key(o.Secret); err != nil {
			return nil, err
		}
	}
	o.InFlight = cmp.Or(o.InFlight, DefaultInFlight)
	o.Poll = cmp.Or(o.Poll, 2*time.Second)
	alone := o.Node == ""
	o.Node = cmp.Or(o.Node, "alone")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Transport == nil {
		o.Transport = transport(o.Policy.Dialer(Timeout))
	}
	return &Service{opt: o, alone: alone, log: o.Logger, wake: make(chan struct{}, 1), quit: make(chan struct{}),
		ended: make(chan struct{})}, nil
}

// Wake says that the outbox may have something new. It never waits.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Bury frees what a node had claimed that is dead, and tries it at once.
func (s *Service) Bury(ctx context.Context, node string) error {
	if err := s.opt.Store.FreeClaims(ctx, node); err != nil {
		return err
	}
	s.Wake()
	return nil
}

// Start begins to deliver, until Stop; ctx lends its values alone. It can be called once.
func (s *Service) Start(ctx context.Context) error {
	s.lifeMu.Lock()
	defer s.lifeMu.Unlock()
	if s.begun {
		return lectern.Fail(lectern.CodeInternal, "The webhook service can be started once.")
	}
	s.begun = true
	ctx, s.cut = context.WithCancel(context.WithoutCancel(ctx))
	go newLoop(s).run(ctx)
	return nil
}

// Stop claims nothing more, gives back what it has claimed and not sent, and waits for what is in flight; when ctx ends,
// that is cut off and given back too, so that another process can try it at once. It is idempotent; before Start it does
// nothing.
func (s *Service) Stop(ctx context.Context) error {
	s.lifeMu.Lock()
	begun := s.begun
	s.begun = true // a service that was stopped does not start
	s.lifeMu.Unlock()
	s.once.Do(func() { close(s.quit) })
	if !begun {
		close(s.ended)
	}
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
	}
	s.cut()
	<-s.ended
	return nil
}
