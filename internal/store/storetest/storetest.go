// Package storetest is the suite that every store passes. It uses a store only through its port. So a new store is done
// when it passes, and the job service can rely on the suite's rules with every store.
package storetest

import (
	"context"
	"errors"
	"sync"
	counting "sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/soak"
)

// Ticket is what a store puts into the work queue.
type Ticket struct {
	ID      string
	Attempt int
	Resumed bool
}

// numbers counts tickets.
var numbers counting.Int64

// Number returns the number of the next ticket.
func Number() int64 { return numbers.Add(1) }

// Fixture opens an empty store for one test. The store's tickets go to enqueue, inside the store's transaction; an
// error of enqueue must undo the transaction. The fixture closes what it opens when the test ends.
type Fixture func(t *testing.T, enqueue func(Ticket) error) Store

// Run runs the suite. If representatives are named, only those cases run outside a soak (package soak).
func Run(t *testing.T, open Fixture, representatives ...string) {
	runs := soak.Cases(t, representatives...)
	for _, c := range []struct {
		name string
		test func(*testing.T, *bench)
	}{
		{"a presentation comes back as it went in", roundTrip},
		{"J9 what attempts have used is kept and added up", usage},
		{"unknown ids are not found", unknown},
		{"J2 J5 every visible change is stored as a version", versions},
		{"J7 a stale attempt changes nothing", fencing},
		{"J6 a refused write leaves the others of its transaction alone", independent},
		{"J4 a failing transaction leaves nothing", atomic},
		{"J8 a heartbeat changes nothing but its time", heartbeat},
		{"J8 silent runs are found, and live ones are not taken over", leases},
		{"tickets are written with the state that needs them", tickets},
		{"steps and artifacts are recorded with the write that brings them", attachments},
		{"the list is ordered, filtered and paged without gaps", list},
		{"the list is filtered by several states, metadata and times", filters},
		{"J12 what is due is found, marked and purged", cleanup},
		{"J12 settling thins the history and keeps the milestones", settle},
		{"J12 a retry takes a presentation out of the clean-up", retry},
		{"warnings and failures survive", details},
		{"J13 a key gives the first presentation, and refuses another request", keys},
		{"J13 keys are freed, expire, and are removed with their presentation", keyLifetimes},
		{"J13 a key is completed with its presentation or not at all", keyAtomic},
		{"J13 many creates racing with one key make one presentation", keyRace},
		{"J7 J9 orders are recorded by live runs, and not made twice", orders},
		{"J12 orders outlive their presentation", orderLifetimes},
		{"H4 a password is kept until the files are open or the presentation has ended", passwords},
		{"J4 every milestone is in the outbox, for each subscriber", outbox},
		{"J4 a failing transaction sends no webhook", outboxAtomic},
		{"J7 a stale run sends no webhook", staleWebhooks},
		{"J5 deliveries go in turn, under a lease", turns},
		{"J7 an old claim on a delivery records nothing", lateRecords},
		{"J9 the claims of a dead node are freed at once", deadClaims},
		{"the backlog counts the pending deliveries", backlog},
		{"the deliveries of a removed endpoint are given up", endpointsGo},
		{"J12 deliveries outlive their presentation until they are done", deliveryLifetimes},
		{"an owner sees nothing of another owner", owners},
		{"J13 the same key of two owners is two keys", ownedKeys},
		{"API keys come back as they went in", apiKeys},
		{"H3 the queue and the stored decks are bounded", limits},
		{"an API key cannot exceed its quota", quotas},
		{"H3 a retry is checked as a creation is", retriesBounded},
		{"H3 concurrent creations are checked one after another", boundsRace},
		{"the place in the queue is that of the ticket", places},
		{"an asset comes back as it went in, once for each owner", assets},
		{"assets are listed by age and kind, without gaps", assetList},
		{"a creation holds the assets that its deck names", assetUses},
		{"unused assets are found, and those in use stay", staleAssets},
		{"a file is removed after the last asset of its content", leftovers},
		{"concurrent uploads, creations and removals of one content are linearizable", assetRace},
		{"many claimers never hold the same delivery", claimers},
	} {
		if !runs(c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &bench{t: t, at: time.Date(2024, 11, 24, 10, 0, 0, 0, time.UTC)}
			b.store = open(t, func(k Ticket) error {
				b.mu.Lock()
				defer b.mu.Unlock()
				if b.refuse != nil {
					return b.refuse
				}
				b.tickets = append(b.tickets, k)
				return nil
			})
			c.test(t, b)
		})
	}
}

// bench is a store under test, with a clock that only the test moves.
type bench struct {
	t       *testing.T
	store   Store
	at      time.Time
	mu      sync.Mutex // guards what follows
	tickets []Ticket
	refuse  error
}

var errRefused = errors.New("the queue is out of order")

// refuseWith makes the queue refuse tickets with err. With nil it takes them again.
func (b *bench) refuseWith(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = err
}

func (b *bench) ctx() context.Context { return b.t.Context() }

func (b *bench) tick() time.Time {
	b.at = b.at.Add(time.Second)
	return b.at
}

// commit makes the writes in one transaction that must succeed.
func (b *bench) commit(specs ...job.WriteSpec) []job.Outcome {
	b.t.Helper()
	writes := make([]job.Write, len(specs))
	for i, s := range specs {
		if s.At.IsZero() {
			s.At = b.at
		}
		if s.KeepFor == 0 {
			s.ScratchIn, s.KeepFor = time.Minute, time.Hour
		}
		writes[i] = job.TestWrite(b.t, s)
	}
	outs, err := b.store.Commit(b.ctx(), writes)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(outs) != len(specs) {
		b.t.Fatalf("%d outcomes for %d writes", len(outs), len(specs))
	}
	return outs
}

// apply makes a write of events that must be accepted.
func (b *bench) apply(id string, events ...lectern.Event) lectern.Presentation {
	b.t.Helper()
	out := b.commit(job.WriteSpec{ID: id, At: b.tick(), Events: events})[0]
	if out.Err != nil {
		b.t.Fatal(out.Err)
	}
	return out.After
}

func (b *bench) create() lectern.Presentation {
	b.t.Helper()
	spec := b.newSpec()
	b.commit(spec)
	return *spec.Create
}

func (b *bench) newSpec() job.WriteSpec {
	d := lectern.Deck{
		Title: "Grüße", Theme: "dark-purple", Size: lectern.Size{Width: 1280, Height: 720}, Hold: 30 * time.Second,
		Slides: []lectern.Slide{{Template: "content", Props: map[string]any{"title": "A \x00 \"b\" 漢字 🎈",
			"items": []any{"x", 1.5, true, nil}}}, {Template: "title"}},
		Metadata: map[string]string{"k": "v'; DROP TABLE presentations; --"},
	}
	p := lectern.NewPresentation(uuid.NewString(), d, b.tick())
	return job.WriteSpec{ID: p.ID, Create: &p, Deck: d}
}

// running returns a presentation in its first attempt.
func (b *bench) running() lectern.Presentation {
	b.t.Helper()
	return b.apply(b.create().ID, lectern.Began{Worker: "w"})
}

func (b *bench) get(id string) lectern.Presentation {
	b.t.Helper()
	p, err := b.store.Get(b.ctx(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) history(id string, after int64) []lectern.Presentation {
	b.t.Helper()
	v, err := b.store.Versions(b.ctx(), id, after, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *bench) due(at time.Time) job.Due {
	b.t.Helper()
	d, err := b.store.Due(b.ctx(), at)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func wantCode(t *testing.T, err error, code lectern.Code) {
	t.Helper()
	if !errors.Is(err, &lectern.Failure{Code: code}) {
		t.Errorf("got %v, want a failure with code %s", err, code)
	}
}
