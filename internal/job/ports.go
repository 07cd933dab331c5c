package job

import (
	"context"
	"time"

	"lectern"
)

// Store keeps presentations. [Store.Commit] is the only way to change one, and takes writes that only this package can
// make (J1). All reads return values, see only committed data, and return CodeNotFound for an unknown id or for a
// presentation that is being removed. Failures are *lectern.Failure: CodeDiskFull where the disk is full,
// CodeOverloaded where the database does not answer or refuses the connection, CodeInternal otherwise.
type Store interface {
	Writer
	Reader
	Housekeeper
}

// Writer commits.
type Writer interface {
	// Commit does all writes in one transaction, in order, and returns an outcome for each. A write that its
	// presentation's state refuses changes nothing, has the refusal in Outcome.Err, and does not affect the others. An
	// error of Commit itself means that nothing was written.
	//
	// In the same transaction, each presentation that becomes queued gets its ticket in the work queue, each milestone
	// its [Deliveries] in the outbox, and a key its presentation. Creations and retries keep their [Bounds] also when
	// many commit at once: the store refuses what [Bounds.Judge] refuses.
	Commit(ctx context.Context, writes []Write) ([]Outcome, error)
}

// Reader reads presentations, the queue, and what API keys have used.
type Reader interface {
	Get(ctx context.Context, id string) (lectern.Presentation, error)
	Deck(ctx context.Context, id string) (lectern.Deck, error)
	// Report returns what a parser made of each slide of the deck; nil: nothing was reported.
	Report(ctx context.Context, id string) ([]lectern.SlideReport, error)
	// Unlock returns the password of the deck's file, or what became of it.
	Unlock(ctx context.Context, id string) (lectern.Unlock, error)
	// List returns presentations, youngest first.
	List(ctx context.Context, page Page) ([]lectern.Presentation, error)
	// Versions returns the presentation as it was at each version above after, in order, at most limit. The result is
	// empty where the presentation exists but has no such version.
	Versions(ctx context.Context, id string, after int64, limit int) ([]lectern.Presentation, error)
	Steps(ctx context.Context, id string) ([]lectern.Step, error)
	Artifacts(ctx context.Context, id string) ([]lectern.Artifact, error)
	// Order returns the order with a content key, if there is one, whichever presentation placed it.
	Order(ctx context.Context, key string) (lectern.Order, bool, error)
	// Place returns where a presentation stands in the queue; not ok: it does not wait.
	Place(ctx context.Context, id string) (p Place, ok bool, err error)
	// Waiting returns the presentations that wait, the next one first, at most limit.
	Waiting(ctx context.Context, limit int) ([]Waiting, error)
	// Pace measures the recent speed of rendering, and lists the runs under way.
	Pace(ctx context.Context) (Pace, error)
	// Usage returns what an API key has used of its quota. Its minutes are those of creations and retries after since.
	Usage(ctx context.Context, keyID string, since time.Time) (lectern.Usage, error)
	// Counts returns the number of presentations in each state; states without any may be left out.
	Counts(ctx context.Context) (map[lectern.Status]int64, error)
}

// Housekeeper finds work for the sweepers.
type Housekeeper interface {
	// Silent returns the processing presentations whose last heartbeat is at or before since.
	Silent(ctx context.Context, since time.Time) ([]Lease, error)
	// Due returns what is to be cleaned up at now, at most a few hundred of each kind, Scratch and Expired the longest due
	// first, and the time when more is due; that is now where a list was cut.
	Due(ctx context.Context, now time.Time) (Due, error)
}

// Lease is a run's claim on a presentation.
type Lease struct {
	ID        string
	Attempt   int
	Heartbeat time.Time
}

// Due lists presentation ids.
type Due struct {
	Scratch  []string  // ended, and their scratch time has come
	Expired  []string  // ended, and their retention is over
	Removing []string  // marked for removal; their files may be half gone
	Next     time.Time // zero: nothing is planned
}

// Page selects a part of the list: of the presentations that match all other fields, up to Limit that come after the
// place of Before and BeforeID.
type Page struct {
	Owner         string            // empty: all
	Statuses      []lectern.Status  // one of these; none: any
	Metadata      map[string]string // all of these entries
	CreatedAfter  time.Time         // zero: no bound
	CreatedBefore time.Time         // zero: no bound
	Limit         int
	Before        time.Time // zero: from the youngest
	BeforeID      string    // breaks ties between presentations of the same microsecond
}

// Queue hands tickets to workers. It delivers each ticket at least once; it may deliver one again.
type Queue interface {
	// Start calls work for each ticket, at most workers at a time, until Stop. An error of work brings the ticket back
	// a little later. Tickets that a dead process had taken come back at once where alone is true.
	Start(ctx context.Context, workers int, alone bool, work func(ctx context.Context, id string, attempt int) error) error
	// Stop takes no more tickets and waits for the workers until ctx ends.
	Stop(ctx context.Context) error
}

// Observer receives events for metrics and traces. Its methods are quick and never block. A run's Report calls none of
// them (J15).
type Observer interface {
	// Committed reports a transaction, and how many reports of runs were folded into its writes.
	Committed(writes, reports int, took time.Duration)
	// Changed reports a new status or attempt of a presentation; before is the zero value for a new presentation.
	Changed(before, after lectern.Presentation)
	// StepDone reports a finished step of a presentation.
	StepDone(id string, s lectern.Step)
	// TakenOver reports a run that was released because its node was dead or silent.
	TakenOver(id string)
}

// Files are the files of a presentation, which are stored outside the database.
type Files interface {
	// RemoveArtifacts removes every artifact of the presentation. It is idempotent.
	RemoveArtifacts(ctx context.Context, id string) error
}

// Write is one write to one presentation. No other package can set its fields: a store can read what it is, but not
// make one (J1).
type Write struct{ spec WriteSpec }

// WriteSpec describes a write. It has exactly one of Create, Events, Mark, Purge, Settle, Reserve, Release and Sweep.
// The last three concern no presentation and have no ID.
type WriteSpec struct {
	ID          string
	At          time.Time // UTC, whole microseconds
	Create      *lectern.Presentation
	Deck        lectern.Deck          // with Create
	Report      []lectern.SlideReport // with Create
	Password    string                // with Create: of the deck's file; "": none
	Estimate    time.Duration         // of the video, with Create
	Limits      Limits                // with Create and Retried: what the store may hold then
	Quota       lectern.Quota         // with Create and Retried: what the key may have then
	Events      []lectern.Event       // applied in order; the first refusal refuses the whole write
	Expect      int                   // with Began: the attempt that it must start; 0: any
	NotAfter    time.Time             // unless zero, refused where the last heartbeat is later
	Step        *lectern.Step         // recorded if the events are accepted
	Artifacts   []lectern.Artifact    // recorded if the events complete the presentation
	Order       *lectern.Order        // recorded if the events are accepted and Supersede allows it
	Unlocked    bool                  // the password has opened the deck files and is erased, if the events are accepted
	Mark        bool                  // an ended presentation disappears for readers
	Purge       bool                  // a marked presentation's rows are removed
	Settle      bool                  // an ended presentation's scratch is gone: forget its finer history
	Reserve     bool                  // Key becomes in flight (J13)
	Release     bool                  // Key, in flight, is free again
	Sweep       bool                  // stale keys, orders and deliveries are removed
	Owner       string                // of Key, with Reserve and Release; "": lectern.DefaultOwner
	Key         string                // with Create, Reserve and Release; "": none
	Fingerprint string                // with Create and Reserve
	ScratchIn   time.Duration         // from an end to the removal of scratch
	KeepFor     time.Duration         // from an end to the removal of everything
}

// TB is the part of testing.TB that TestWrite needs. It keeps package testing out of the binary.
type TB interface {
	Helper()
	TempDir() string
	Context() context.Context
}

// TestWrite makes a Write for the suites of stores. Only a test has a TB, so that no other package makes a Write (J1).
func TestWrite(tb TB, spec WriteSpec) Write {
	tb.Helper()
	return Write{spec: spec}
}

// ID is the presentation that w is about.
func (w Write) ID() string { return w.spec.ID }

// At is the time of w, which becomes the time of its changes.
func (w Write) At() time.Time { return w.spec.At }

// Names returns names for the key and the order that w writes. A store with more than one writer locks them in addition
// to the presentation.
func (w Write) Names() []string {
	var names []string
	if w.spec.Key != "" {
		names = append(names, "key "+w.owner()+" "+w.spec.Key)
	}
	if w.spec.Order != nil {
		names = append(names, "order "+w.spec.Order.Key)
	}
	return names
}

// Creation returns the presentation that w inserts, if w is a creation.
func (w Write) Creation() (lectern.Presentation, lectern.Deck, bool) {
	if w.spec.Create == nil {
		return lectern.Presentation{}, lectern.Deck{}, false
	}
	return *w.spec.Create, w.spec.Deck, true
}

// Report returns what a parser made of each slide of the deck, if w is a creation.
func (w Write) Report() []lectern.SlideReport { return w.spec.Report }

// Password returns the password of the deck's file, if w is a creation; "": none. A store keeps it sealed.
func (w Write) Password() string { return w.spec.Password }

// Mark reports whether w makes an ended presentation disappear.
func (w Write) Mark() bool { return w.spec.Mark }

// Purge reports whether w removes the rows of a presentation that is marked.
func (w Write) Purge() bool { return w.spec.Purge }

// Settle reports whether w forgets the scratch time and the finer history of an ended presentation.
func (w Write) Settle() bool { return w.spec.Settle }

// Effect is the change that a write makes to a presentation.
type Effect struct {
	After     lectern.Presentation
	Versions  []lectern.Presentation // every new version in order; the last equals After except for heartbeat and ETA
	Change    lectern.Change         // the greatest of all the events' changes
	Announced []lectern.Presentation // the versions among them that the outbox announces, by Deliveries
	Step      *lectern.Step          // to be recorded
	Order     *lectern.Order         // to be recorded; if Supersede forbids it, the whole effect is refused
	Artifacts []lectern.Artifact     // to be recorded; the last of a kind and slide counts
	ScratchAt time.Time              // zero: no plan
	ExpiresAt time.Time              // zero: no plan
	Unlocked  bool                   // the password has done its work: it is erased, and the store records that
	Ended     bool                   // it has ended: a password that is left is erased
	Enqueue   bool                   // it has become queued and needs a ticket
	Resumed   bool                   // it was running before: its ticket goes ahead of those that never ran
}

// Apply returns the effect of w on the presentation as it stands in the store. It is pure.
func (w Write) Apply(p lectern.Presentation) (Effect, error) {
	s := w.spec
	if s.Expect != 0 && p.Attempt+1 != s.Expect {
		return Effect{After: p}, lectern.Fail(lectern.CodeStale,
			"The ticket for attempt %d is out of date: the presentation is in attempt %d.", s.Expect, p.Attempt)
	}
	if !s.NotAfter.IsZero() && p.LastHeartbeat.After(s.NotAfter) {
		return Effect{After: p}, lectern.Fail(lectern.CodeStale, "The run is alive: it has sent a heartbeat in the meantime.")
	}
	e := Effect{After: p}
	for _, ev := range s.Events {
		next, change, err := e.After.Apply(ev, s.At)
		if err != nil {
			return Effect{After: p}, err
		}
		e.After, e.Change = next, max(e.Change, change)
		if change == lectern.Visible {
			e.Versions = append(e.Versions, next)
		}
	}
	if e.After.Status.Terminal() {
		e.ScratchAt, e.ExpiresAt = e.After.CompletedAt.Add(s.ScratchIn), e.After.CompletedAt.Add(s.KeepFor)
		e.After.ExpiresAt = e.ExpiresAt
		if n := len(e.Versions); n > 0 {
			e.Versions[n-1].ExpiresAt = e.ExpiresAt
		}
	}
	e.Announced = announced(p, e.Versions)
	e.Step, e.Order, e.Unlocked = s.Step, s.Order, s.Unlocked
	e.Ended = e.After.Status.Terminal() && !p.Status.Terminal()
	if e.After.Status == lectern.StatusCompleted {
		e.Artifacts = s.Artifacts
	}
	e.Enqueue = e.After.Status == lectern.StatusQueued && p.Status != lectern.StatusQueued
	e.Resumed = e.Enqueue && p.Status == lectern.StatusProcessing
	return e, nil
}

// Outcome is what became of a write.
type Outcome struct {
	Before   lectern.Presentation
	After    lectern.Presentation // equal to Before where Err is set
	Versions []lectern.Presentation
	Replayed bool  // nothing was done: After is the presentation of the first request with the key
	Err      error // why the write was refused; nil: it was done
}
