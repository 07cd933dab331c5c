package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/seal"
	"lectern/internal/store/sqlstore/rows"
)

// Enqueuer puts tickets into the work queue, as part of the transaction that it is given.
type Enqueuer interface {
	// Enqueue returns the ticket's number. Resumed tickets go ahead of the others; of two that are both resumed or both
	// not, the one with the lower number goes first.
	Enqueue(ctx context.Context, tx *sql.Tx, id string, attempt int, resumed bool) (ticket int64, err error)
}

// DBTX runs queries: it is a pool or a transaction.
type DBTX = rows.DBTX

// Dialect is what one kind of database does in its own way.
type Dialect interface {
	// Alone reports whether no other process writes to the database, so that totals can be kept in memory.
	Alone() bool
	// Lock makes other transactions that touch the same names or rows wait until tx ends. With one writer there is
	// nothing to do.
	// Transactions must not deadlock, whatever the order of their writes.
	Lock(ctx context.Context, tx *sql.Tx, t Touched) error
	// Notify notifies other processes, when tx is committed, of the presentations that have changed.
	Notify(ctx context.Context, tx *sql.Tx, changed []lectern.Presentation) error
	// Now is the time, in whole microseconds, by the clock that all processes on the database share.
	Now(ctx context.Context, db DBTX) (time.Time, error)
	// Includes returns the SQL condition that the JSON object in column has every entry of the JSON object in arg. The
	// column is "" for an empty object. All values are strings.
	Includes(column, arg string) string
	// Again reports whether a transaction that failed with err can succeed when it is repeated.
	Again(err error) bool
	// Failure turns err into a failure with a message; doing names the operation. It returns nil, a *lectern.Failure and
	// the errors of a context unchanged.
	Failure(doing string, err error) error
}

// Touched names what the writes of a transaction change or rely on.
type Touched struct {
	Names         []string        // of keys and orders, see [job.Write.Names]
	Presentations []string        // their ids
	Assets        []lectern.Asset // that new presentations name: Owner and SHA256
	Purged        []string        // ids of presentations that are removed, with the uses of their assets
}

// touched collects what writes change or rely on.
func touched(writes []job.Write) (t Touched) {
	for _, w := range writes {
		t.Names = append(t.Names, w.Names()...)
		t.Presentations = append(t.Presentations, w.ID())
		if p, d, ok := w.Creation(); ok {
			for _, u := range d.AssetUses() {
				t.Assets = append(t.Assets, lectern.Asset{Owner: cmp.Or(p.Owner, lectern.DefaultOwner), SHA256: u.SHA256})
			}
		}
		if w.Purge() {
			t.Purged = append(t.Purged, w.ID())
		}
	}
	return t
}

// Options configure a store.
type Options struct {
	Write   *sql.DB            // begins transactions
	Read    DBTX               // runs queries outside transactions
	Bind    func(tx DBTX) DBTX // adapts a transaction to the queries of this package; nil: it needs no adapter
	Queue   Enqueuer
	Dialect Dialect
	Seal    *seal.Sealer // seals the secrets of webhooks; nil: they are stored in plain text
}

// Store is the job's store and the outbox. All fields of its Options are required but Bind and Seal.
type Store struct {
	o      Options
	q      *rows.Queries // on Read
	counts counts
}

var _ job.Store = (*Store)(nil)

// New makes a store; o.Queue receives the tickets of its queued presentations.
func New(o Options) *Store {
	if o.Bind == nil {
		o.Bind = func(tx DBTX) DBTX { return tx }
	}
	return &Store{o: o, q: rows.New(o.Read)}
}

// tries bounds how often a transaction is repeated when the dialect says Again.
const tries = 5

// Commit implements job.Writer.
func (s *Store) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	var outs []job.Outcome
	err := s.again(ctx, "store the presentation", func() (err error) {
		outs, err = s.commit(ctx, writes)
		return err
	})
	return outs, err
}

// again runs do, which makes one transaction, and repeats it where the dialect says Again. A call of do that fails must
// leave nothing behind.
func (s *Store) again(ctx context.Context, doing string, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err != nil && try < tries && ctx.Err() == nil && s.o.Dialect.Again(err) {
			continue
		}
		return s.failure(doing, err)
	}
}

func (s *Store) failure(doing string, err error) error { return s.o.Dialect.Failure(doing, err) }

func notFound(id string) error {
	return lectern.Fail(lectern.CodeNotFound, "There is no presentation %.64q.", id)
}

func (s *Store) commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	tx, err := s.o.Write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // of no effect after a commit
	if err := s.o.Dialect.Lock(ctx, tx, touched(writes)); err != nil {
		return nil, err
	}
	w := &writer{tx: tx, q: rows.New(s.o.Bind(tx)), queue: s.o.Queue, seal: s.o.Seal, tally: s.counts.take()}
	outs := make([]job.Outcome, len(writes))
	var changed []lectern.Presentation
	for i, write := range writes {
		if outs[i], err = w.do(ctx, write); err != nil {
			return nil, err
		}
		if len(outs[i].Versions) > 0 || write.Mark() || write.Purge() {
			changed = append(changed, outs[i].After)
		}
	}
	if err := w.settle(ctx); err != nil {
		return nil, err
	}
	if err := s.o.Dialect.Notify(ctx, tx, changed); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	if s.o.Dialect.Alone() {
		s.counts.put(w.tally)
	}
	return outs, nil
}

// writer is one transaction.
type writer struct {
	tx    *sql.Tx
	q     *rows.Queries
	queue Enqueuer
	seal  *seal.Sealer // nil: passwords are stored in plain text

	endpoints []lectern.Endpoint // read at the first milestone
	knows     bool               // endpoints were read
	tally     tally
}

// do makes one write. A refusal is in the outcome; an error fails the whole transaction.
func (w *writer) do(ctx context.Context, write job.Write) (job.Outcome, error) {
	if key, ok := write.Claim(); ok {
		if out, done, err := w.admit(ctx, key, write); done || err != nil {
			return out, err
		}
		if key.Presentation == "" {
			return job.Outcome{}, w.putKey(ctx, key)
		}
	}
	if p, deck, ok := write.Creation(); ok {
		return w.create(ctx, p, deck, write)
	}
	if owner, key, ok := write.Release(); ok {
		return job.Outcome{}, w.q.ReleaseKey(ctx, rows.ReleaseKeyParams{Owner: owner, Key: key})
	}
	if stale, ok := write.Sweep(); ok {
		return job.Outcome{}, errors.Join(w.q.SweepKeys(ctx, micros(stale.Keys)), w.q.SweepKeyUsage(ctx, micros(stale.Usage)),
			w.q.SweepOrders(ctx, micros(stale.Orders)), w.q.SweepDeliveries(ctx, micros(stale.Deliveries)))
	}
	if write.Purge() {
		return job.Outcome{}, w.purge(ctx, write.ID(), write.At())
	}
	return w.change(ctx, write)
}

// change makes a write to an existing presentation.
func (w *writer) change(ctx context.Context, write job.Write) (job.Outcome, error) {
	row, err := w.q.GetPresentation(ctx, write.ID())
	if errors.Is(err, sql.ErrNoRows) {
		return job.Outcome{Err: notFound(write.ID())}, nil
	}
	if err != nil {
		return job.Outcome{}, err
	}
	before, err := fromRow(row)
	if err != nil {
		return job.Outcome{}, err
	}
	if (write.Mark() || write.Settle()) && !before.Status.Terminal() {
		refused := lectern.Fail(lectern.CodeConflict, "The presentation is %s; only an ended one can be cleaned up.",
			before.Status)
		return job.Outcome{Before: before, After: before, Err: refused}, nil
	}
	switch {
	case write.Mark():
		_, err := w.q.MarkRemoving(ctx, before.ID)
		err = errors.Join(err, w.q.DropKeys(ctx, before.ID))
		return job.Outcome{Before: before, After: before}, err
	case write.Settle():
		err := errors.Join(w.q.ThinEvents(ctx, before.ID), w.q.ClearScratch(ctx, before.ID))
		return job.Outcome{Before: before, After: before}, err
	}
	return w.apply(ctx, before, write, time.Duration(row.Estimate)*time.Microsecond)
}

func (w *writer) create(ctx context.Context, p lectern.Presentation, d lectern.Deck,
	write job.Write) (job.Outcome, error) {
	row, err := toRow(p)
	if err != nil {
		return job.Outcome{}, err
	}
	deck, err := encode(d)
	if err != nil {
		return job.Outcome{}, err
	}
	report, err := encodeUnlessEmpty(len(write.Report()) == 0, write.Report())
	if err != nil {
		return job.Outcome{}, err
	}
	bounds, size := write.Bounds(), int64(len(deck)+len(report))
	if refused, err := w.judge(ctx, bounds, size); refused != nil || err != nil {
		return job.Outcome{Err: refused}, err
	}
	held, refused, err := w.holdAssets(ctx, p.Owner, d, p.CreatedAt)
	if refused != nil || err != nil {
		return job.Outcome{Err: refused}, err
	}
	ticket, err := w.queue.Enqueue(ctx, w.tx, p.ID, p.Attempt+1, false)
	if err != nil {
		return job.Outcome{}, err
	}
	err = w.q.InsertPresentation(ctx, rows.InsertPresentationParams{
		ID: row.ID, Title: row.Title, Status: row.Status, Stage: row.Stage, Progress: row.Progress, Message: row.Message,
		SlidesDone: row.SlidesDone, SlidesTotal: row.SlidesTotal, Version: row.Version, Attempt: row.Attempt,
		Worker:          row.Worker,
		CancelRequested: row.CancelRequested, CreatedAt: row.CreatedAt, StartedAt: row.StartedAt,
		CompletedAt:   row.CompletedAt,
		LastHeartbeat: row.LastHeartbeat, Eta: row.Eta, Failure: row.Failure, Warnings: row.Warnings, Metadata: row.Metadata,
		CallbackUrl: row.CallbackUrl, TraceParent: row.TraceParent, Owner: row.Owner, KeyID: row.KeyID,
		Language: row.Language,
		Estimate: bounds.Estimate.Microseconds(), Ticket: ticket,
	})
	if err != nil {
		return job.Outcome{}, err
	}
	err = w.q.InsertDeck(ctx, rows.InsertDeckParams{PresentationID: p.ID, Deck: deck, Size: size, Report: report,
		Password: w.sealed(write.Password(), p.ID)})
	if err != nil {
		return job.Outcome{}, err
	}
	if err := w.nameAssets(ctx, p, held); err != nil {
		return job.Outcome{}, err
	}
	w.tally.delta += size
	w.counted("", p.Status)
	if err := w.addOrdered(ctx, p.KeyID, p.CreatedAt, bounds.Estimate); err != nil {
		return job.Outcome{}, err
	}
	if err := w.event(ctx, p, p.CreatedAt, true); err != nil {
		return job.Outcome{}, err
	}
	if key, ok := write.Claim(); ok {
		if err := w.putKey(ctx, key); err != nil {
			return job.Outcome{}, err
		}
	}
	if err := w.announce(ctx, []lectern.Presentation{p}, p.CreatedAt); err != nil {
		return job.Outcome{}, err
	}
	return job.Outcome{After: p, Versions: []lectern.Presentation{p}}, nil
}

// apply stores the change that write makes to the presentation: the row under its guard, then its records. estimate is
// the estimated length of the video.
func (w *writer) apply(ctx context.Context, before lectern.Presentation, write job.Write,
	estimate time.Duration) (job.Outcome, error) {
	e, err := write.Apply(before)
	if err != nil {
		return job.Outcome{Before: before, After: before, Err: err}, nil
	}
	again, bounds := e.Enqueue && before.Status.Terminal(), write.Bounds()
	if again { // a retry
		bounds.Estimate = estimate
		if refused, err := w.judge(ctx, bounds, 0); refused != nil || err != nil {
			return job.Outcome{Before: before, After: before, Err: refused}, err
		}
	}
	if refused, err := w.refusesOrder(ctx, e.Order); refused != nil || err != nil {
		return job.Outcome{Before: before, After: before, Err: refused}, err
	}
	changed, err := w.update(ctx, before, e)
	if err != nil {
		return job.Outcome{}, err
	}
	if !changed {
		stale := lectern.Fail(lectern.CodeStale, "The presentation changed in the meantime.")
		return job.Outcome{Before: before, After: before, Err: stale}, nil
	}
	if again {
		if err := w.addOrdered(ctx, bounds.KeyID, write.At(), estimate); err != nil {
			return job.Outcome{}, err
		}
	}
	last := before
	for _, v := range e.Versions {
		milestone := v.Status != last.Status || v.Attempt != last.Attempt || v.CancelRequested != last.CancelRequested
		if err := w.event(ctx, v, write.At(), milestone); err != nil {
			return job.Outcome{}, err
		}
		last = v
	}
	if err := errors.Join(w.announce(ctx, e.Announced, write.At()), w.attach(ctx, e), w.forget(ctx, e)); err != nil {
		return job.Outcome{}, err
	}
	if e.Enqueue {
		if err := w.requeue(ctx, e); err != nil {
			return job.Outcome{}, err
		}
	}
	w.counted(before.Status, e.After.Status)
	return job.Outcome{Before: before, After: e.After, Versions: e.Versions}, nil
}

// requeue puts a ticket for the next attempt into the work queue and records its number.
func (w *writer) requeue(ctx context.Context, e job.Effect) error {
	ticket, err := w.queue.Enqueue(ctx, w.tx, e.After.ID, e.After.Attempt+1, e.Resumed)
	if err != nil {
		return err
	}
	place := rows.SetTicketParams{Ticket: ticket, ID: e.After.ID}
	if e.Resumed {
		place.Resumed = 1
	}
	return w.q.SetTicket(ctx, place)
}

// update writes the row. It reports whether the row was still as before.
func (w *writer) update(ctx context.Context, before lectern.Presentation, e job.Effect) (bool, error) {
	var n int64
	switch e.Change {
	case lectern.Unchanged:
		return true, nil
	case lectern.Silent:
		used, err := encodeUnlessEmpty(e.After.Usage.IsZero(), e.After.Usage)
		if err != nil {
			return false, err
		}
		n, err = w.q.UpdateHeartbeat(ctx, rows.UpdateHeartbeatParams{
			ID: before.ID, WasAttempt: int64(before.Attempt),
			LastHeartbeat: micros(e.After.LastHeartbeat), Eta: e.After.ETA.Microseconds(), Used: used,
		})
		return n == 1, err
	}
	row, err := toRow(e.After)
	if err != nil {
		return false, err
	}
	n, err = w.q.UpdatePresentation(ctx, rows.UpdatePresentationParams{
		ID: row.ID, WasAttempt: int64(before.Attempt), WasStatus: string(before.Status), WasVersion: before.Version,
		Status: row.Status, Stage: row.Stage, Progress: row.Progress, Message: row.Message, SlidesDone: row.SlidesDone,
		Version: row.Version, Attempt: row.Attempt, Worker: row.Worker, CancelRequested: row.CancelRequested,
		StartedAt: row.StartedAt, CompletedAt: row.CompletedAt, LastHeartbeat: row.LastHeartbeat, Eta: row.Eta,
		Failure: row.Failure, Warnings: row.Warnings, ScratchAt: micros(e.ScratchAt), ExpiresAt: micros(e.ExpiresAt),
		KeyID: row.KeyID, Files: row.Files, Used: row.Used, UsedBefore: row.UsedBefore,
	})
	return n == 1, err
}

// attach records the step, the order and the artifacts that came with a write.
func (w *writer) attach(ctx context.Context, e job.Effect) error {
	if st := e.Step; st != nil {
		err := w.q.InsertStep(ctx, rows.InsertStepParams{
			PresentationID: e.After.ID, Attempt: int64(st.Attempt), Kind: string(st.Kind), Slide: int64(st.Slide), Key: st.Key,
			Reused: st.Reused, StartedAt: micros(st.Started), Took: st.Took.Microseconds(),
		})
		if err != nil {
			return err
		}
	}
	if e.Order != nil {
		if err := w.q.PutOrder(ctx, rows.PutOrderParams(orderRow(*e.Order))); err != nil {
			return err
		}
	}
	for _, a := range e.Artifacts {
		err := w.q.InsertArtifact(ctx, rows.InsertArtifactParams{
			PresentationID: e.After.ID, Kind: string(a.Kind), Slide: int64(a.Slide), Key: a.Key,
			ContentType: a.ContentType, Size: a.Size, Sha256: a.SHA256,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) event(ctx context.Context, p lectern.Presentation, at time.Time, milestone bool) error {
	snap, err := toSnapshot(p)
	if err != nil {
		return err
	}
	return w.q.InsertEvent(ctx, rows.InsertEventParams{
		PresentationID: p.ID, Version: p.Version, At: micros(at), Milestone: milestone, Snapshot: snap,
	})
}
