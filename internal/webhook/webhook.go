// Package webhook delivers the milestones of presentations to HTTP addresses.
//
// The store writes a delivery for every milestone and every subscribed address in the transaction of the milestone
// (J4), and this package empties that outbox. It claims due deliveries, posts them, signed by the rules of Standard
// Webhooks, and records the receivers' answers. It promises:
//
//   - At least once. A delivery is done once a receiver's 2xx is recorded. If the process ends between the answer and
//     the record, the message is sent again with the same id and bytes, so that a receiver can recognise it.
//   - In order at the first try. A milestone of a presentation is sent to an address only after the first try of each
//     earlier one for that address has ended, so a slow answer delays the next milestone by [Timeout] at most. Later
//     tries delay no other message; the receiver orders by the presentation's version. The store keeps this promise
//     (webhooktest checks every store); this package stores nothing for it.
//   - Fair. A dead or slow address delays only its own messages: it gets one try at a time, and all such addresses
//     together get half of the places. Messages that it cannot take now are tried as soon as it can.
//   - Bounded. [Schedule] spreads the tries over a day; then a message is given up, with the reason.
//   - Contained. Users choose the addresses, so package egress checks each connection; redirects are not followed; at
//     most 64 KB of a response are read.
//
// Several nodes may share an outbox: a claim is a lease by the store's clock. A delivery whose claim expired, or whose
// node is dead, can be claimed by any node. A record needs the number of the current claim, so a node that was paused
// beyond its lease changes nothing that another node has done since.
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

// Outbox stores the pending deliveries.
type Outbox interface {
	// ClaimDeliveries returns pending deliveries that are due, the longest due first, at most limit. It skips those
	// that come after a pending delivery of the same presentation and address with no Attempts; one that has failed
	// once delays no other. The store's clock, which all nodes share, decides what is due. by names the claimer and is
	// not empty. A claim has a number, in Claim, and sets NextAt, in the store and in the result, to the time at which
	// the lease ends; only that keeps other nodes away.
	ClaimDeliveries(ctx context.Context, by string, lease time.Duration, limit int) ([]lectern.Delivery, error)
	// FinishDelivery ends the claim d.Claim and records State, Attempts, DoneAt, StatusCode and Problem. A delivery
	// that stays pending is due when the time again has passed. CodeStale means that nothing is recorded: the claim
	// expired and another node has claimed the delivery, the claim was freed, or the delivery is no longer pending.
	FinishDelivery(ctx context.Context, d lectern.Delivery, again time.Duration) error
	// FreeClaims ends the claims of the dead node by, or with "" all claims. Their deliveries are due at once.
	FreeClaims(ctx context.Context, by string) error
}

// Endpoints stores the registered addresses.
type Endpoints interface {
	// Endpoints returns all, the oldest first.
	Endpoints(ctx context.Context) ([]lectern.Endpoint, error)
	// PutEndpoint replaces the revision of e with the next; with Revision 0 it adds a new endpoint. If another revision
	// is stored, or none, it returns CodeStale and changes nothing. If e is disabled, its pending deliveries are given
	// up.
	PutEndpoint(ctx context.Context, e lectern.Endpoint) error
	// DeleteEndpoint removes an endpoint and gives up its pending deliveries. An unknown id is CodeNotFound.
	DeleteEndpoint(ctx context.Context, id string) error
}

// Records lists deliveries for users.
type Records interface {
	// Deliveries returns the newest first.
	Deliveries(ctx context.Context, f lectern.DeliveryFilter) ([]lectern.Delivery, error)
	// Delivery returns one; an unknown id is CodeNotFound.
	Delivery(ctx context.Context, id string) (lectern.Delivery, error)
	// Redeliver makes a delivery pending again, due at once, with no tries so far. An unknown id is CodeNotFound; a
	// delivery whose endpoint was removed is CodeConflict.
	Redeliver(ctx context.Context, id string) (lectern.Delivery, error)
}

// Store is all that this package stores.
type Store interface {
	Outbox
	Endpoints
	Records
}

// Defaults of Options, and fixed values.
const (
	DefaultInFlight = 16
	// Timeout bounds a whole try: name, connection, request, response.
	Timeout = 15 * time.Second
	// Lease is how long a claim keeps other nodes away.
	Lease = 30 * time.Second
	// MaxAnswer is the number of bytes of a response that are read.
	MaxAnswer = 64 << 10
)

// Options configure a service. Store and Encode are required.
type Options struct {
	Store Store
	// Encode writes a presentation as /v1 shows it. The same value must give the same bytes.
	Encode func(lectern.Presentation) ([]byte, error)
	// Secret signs messages to a presentation's own CallbackURL. If it is empty, one is made for each owner at the
	// first use and stored as the disabled endpoint CallbackEndpointOf, because every node of a cluster must sign
	// alike.
	Secret    string
	Policy    egress.Policy     // which addresses may be reached
	Transport http.RoundTripper // nil: one that enforces Policy
	Version   string            // of the program, for the User-Agent
	// Node names this process in its claims, among those that share the store. Empty means that there are no others, so
	// claims that exist at Start belong to a dead process.
	Node   string
	Logger *slog.Logger // nil: discarded

	InFlight int           // requests at once; 0: DefaultInFlight
	Poll     time.Duration // the longest time between two reads of the outbox; 0: 2 s
}

// Service delivers messages and manages the registered addresses. Its methods are safe for concurrent use.
type Service struct {
	opt   Options
	alone bool
	log   *slog.Logger
	wake  chan struct{}

	once   sync.Once
	begun  bool
	lifeMu sync.Mutex
	quit   chan struct{}      // closed: claim nothing more
	ended  chan struct{}      // closed: nothing is in flight, and claimed deliveries were returned
	cut    context.CancelFunc // ends the tries in flight
}

// New makes a service without starting anything.
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

// Wake signals that the outbox may have new deliveries. It never blocks.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Bury frees the claims of a dead node and tries their deliveries at once.
func (s *Service) Bury(ctx context.Context, node string) error {
	if err := s.opt.Store.FreeClaims(ctx, node); err != nil {
		return err
	}
	s.Wake()
	return nil
}

// Start begins to deliver, until Stop. It uses only the values of ctx, not its end. It can be called once.
func (s *Service) Start(ctx context.Context) error {
	s.lifeMu.Lock()
	defer s.lifeMu.Unlock()
	if s.begun {
		return lectern.Fail(lectern.CodeInternal, "The webhook service has been started or stopped before. It starts only "+
			"once.")
	}
	s.begun = true
	ctx, s.cut = context.WithCancel(context.WithoutCancel(ctx))
	go newLoop(s).run(ctx)
	return nil
}

// Stop claims nothing more, returns claimed and unsent deliveries to the outbox, and waits for the tries in flight.
// When ctx ends, those are ended and returned too, so that another process can try them at once. It is idempotent;
// before Start it does nothing.
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
