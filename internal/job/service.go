package job

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"lectern"
)

// Service is the only way to change a presentation (J1). Its methods are safe for concurrent use.
type Service struct {
	opt Options
	log *slog.Logger
	hub hub

	pacer pacer

	requests chan request  // to the writer
	dirty    chan struct{} // wakes the writer: a run has a pending report
	sweep    chan struct{} // wakes the cleaner: something new may be due

	runsMu sync.Mutex
	runs   map[string]*run // by presentation; the runs of this process

	lifeMu   sync.Mutex
	life     life
	work     context.Context // parent of every run; ends with ErrStopping
	halt     context.CancelCauseFunc
	quit     context.CancelFunc // ends the loops
	inFlight tracker            // runs and what belongs to them
	loops    tracker            // cleaner, lease keeper, what listens to peers
	closing  chan struct{}      // closed: the writer finishes the waiting writes, then ends
	written  chan struct{}      // closed: the writer has ended
}

type life int

const (
	fresh life = iota
	started
	stopping
	stopped
)

// New makes a service. It starts nothing and touches nothing.
func New(o Options) (*Service, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Service{
		opt: o, log: o.Logger,
		requests: make(chan request), dirty: make(chan struct{}, 1), sweep: make(chan struct{}, 1),
		runs: map[string]*run{}, closing: make(chan struct{}), written: make(chan struct{}),
	}
	s.work, s.halt = context.WithCancelCause(context.Background())
	return s, nil
}

// Start takes over the work of a dead process and begins to work. ctx bounds only the start.
func (s *Service) Start(ctx context.Context) error {
	s.lifeMu.Lock()
	if s.life != fresh {
		s.lifeMu.Unlock()
		return lectern.Fail(lectern.CodeInternal, "The job service has been started or stopped before. It starts only once.")
	}
	s.life = started
	loop, quit := context.WithCancel(context.WithoutCancel(ctx))
	s.quit = quit
	s.lifeMu.Unlock()

	go s.write(context.WithoutCancel(ctx))
	if err := s.boot(ctx); err != nil {
		_ = s.Stop(context.WithoutCancel(ctx))
		return err
	}
	if s.opt.Peers == nil { // with peers, takeOver does this by a clock that all nodes share
		s.loops.spawn(func() { s.keepLeases(loop) })
	}
	s.loops.spawn(func() { s.clean(loop) })
	s.mindPeers(loop)
	return nil
}

// boot makes the folder, releases orphans and starts the queue.
func (s *Service) boot(ctx context.Context) error {
	if err := os.MkdirAll(s.opt.ScratchDir, 0o700); err != nil {
		return failureOf(fmt.Errorf("make the folder for scratch files: %w", err))
	}
	if s.opt.Peers == nil {
		if err := s.releaseSilent(ctx, s.now().AddDate(100, 0, 0)); err != nil {
			return err
		}
	}
	if s.opt.Idle {
		return nil
	}
	return s.opt.Queue.Start(ctx, s.opt.Workers, s.opt.Peers == nil, s.attempt)
}

// Stop ends the service: see the package's contract.
func (s *Service) Stop(ctx context.Context) error {
	s.lifeMu.Lock()
	was := s.life
	if was == fresh {
		s.life = stopped
		close(s.closing)
		close(s.written)
	}
	if was == started {
		s.life = stopping
	}
	s.lifeMu.Unlock()
	if was == fresh || was == stopped {
		return nil
	}

	s.halt(ErrStopping)
	s.quit()
	queueErr := s.opt.Queue.Stop(ctx)
	if err := s.inFlight.close(ctx); err != nil {
		return err
	}
	if err := s.loops.close(ctx); err != nil {
		return err
	}
	s.lifeMu.Lock()
	if s.life == stopping {
		s.life = stopped
		close(s.closing)
	}
	s.lifeMu.Unlock()
	select {
	case <-s.written:
		return queueErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

// now returns the time to store. It jumps when the system clock is set, so nothing is timed by it: waits and periods
// compare readings of time.Now, whose monotonic part Truncate would remove.
func (s *Service) now() time.Time { return s.opt.Now().UTC().Truncate(time.Microsecond) }

// Submit queues a checked deck. When Submit returns, the presentation is stored with its place in the queue, and its
// key is completed. Where the same request has already completed the key, Submit returns that presentation. Where
// another request has, the error is CodeKeyMismatch. A presentation that would exceed a limit or the API key's quota is
// CodeRateLimited; one that is longer than all minutes of the quota is CodeTooLarge.
func (s *Service) Submit(ctx context.Context, sub lectern.Submission) (lectern.Presentation, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return lectern.Presentation{}, lectern.Fail(lectern.CodeInternal, "No id could be made.").Because(err)
	}
	p := lectern.NewPresentation(id.String(), sub.Deck, s.now())
	p.Owner, p.KeyID = cmp.Or(sub.Owner, lectern.DefaultOwner), sub.KeyID
	p.Warnings, p.CallbackURL, p.TraceParent = slices.Clone(sub.Warnings), sub.CallbackURL, sub.TraceParent
	long, _ := sub.Deck.Estimate()
	out, err := s.submit(ctx, WriteSpec{
		ID: p.ID, At: p.CreatedAt, Create: &p, Deck: sub.Deck, Report: sub.Report, Password: sub.Password,
		Key: sub.Key, Fingerprint: sub.Fingerprint, Estimate: long, Limits: s.opt.Limits, Quota: sub.Quota,
	})
	if err != nil {
		return lectern.Presentation{}, err
	}
	return s.placed(ctx, out.After), nil
}

// Get returns the presentation as it is committed, with its place in the queue where it waits.
func (s *Service) Get(ctx context.Context, id string) (lectern.Presentation, error) {
	p, err := s.opt.Store.Get(ctx, id)
	if err != nil {
		return p, err
	}
	return s.placed(ctx, p), nil
}

// Counts returns the number of presentations in each state.
func (s *Service) Counts(ctx context.Context) (map[lectern.Status]int64, error) {
	return s.opt.Store.Counts(ctx)
}

// Artifacts lists the files of a completed presentation; before that there are none.
func (s *Service) Artifacts(ctx context.Context, id string) ([]lectern.Artifact, error) {
	return s.opt.Store.Artifacts(ctx, id)
}

// Steps lists the finished steps of all attempts, in the order in which they were recorded.
func (s *Service) Steps(ctx context.Context, id string) ([]lectern.Step, error) {
	return s.opt.Store.Steps(ctx, id)
}

// Deck returns the deck that the presentation is made of.
func (s *Service) Deck(ctx context.Context, id string) (lectern.Deck, error) {
	return s.opt.Store.Deck(ctx, id)
}

// Report returns what the parser of the deck's file made of each slide; nil: the deck has no such file.
func (s *Service) Report(ctx context.Context, id string) ([]lectern.SlideReport, error) {
	return s.opt.Store.Report(ctx, id)
}

// MaxPage is the most presentations that List returns at once.
const MaxPage = 500

// List returns presentations, newest first, and the cursor of the next page; "" on the last. A limit of 0 means 50.
func (s *Service) List(ctx context.Context, f lectern.Query) (page []lectern.Presentation, next string, err error) {
	for _, s := range f.Statuses {
		if !s.Valid() {
			return nil, "", fault("status", "There is no status %q. The states are queued, processing, completed, failed and "+
				"canceled.", s)
		}
	}
	for k, v := range f.Metadata {
		if strings.Contains(k+v, "\x00") {
			return nil, "", fault("metadata", "Metadata cannot contain a NUL character. Remove it from the filter.")
		}
	}
	if f.Limit < 0 || f.Limit > MaxPage {
		return nil, "", fault("limit", "The limit is %d; it must be from 1 to %d.", f.Limit, MaxPage)
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	q := Page{
		Owner: f.Owner, Statuses: f.Statuses, Metadata: f.Metadata, CreatedAfter: f.CreatedAfter,
		CreatedBefore: f.CreatedBefore,
		Limit:         f.Limit + 1,
	}
	if f.Cursor != "" {
		if q.Before, q.BeforeID, err = parseCursor(f.Cursor); err != nil {
			return nil, "", err
		}
	}
	page, err = s.opt.Store.List(ctx, q)
	if err != nil {
		return nil, "", err
	}
	if len(page) > f.Limit {
		page = page[:f.Limit]
		last := page[len(page)-1]
		next = cursor(last.CreatedAt, last.ID)
	}
	return s.placedAll(ctx, page), next, nil
}

func fault(param, format string, args ...any) *lectern.Failure {
	f := lectern.Fail(lectern.CodeInvalidRequest, format, args...)
	f.Param = param
	return f
}

func cursor(t time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", t.UnixMicro(), id))
}

func parseCursor(c string) (time.Time, string, error) {
	var micros int64
	b, err := base64.RawURLEncoding.DecodeString(c)
	if err == nil {
		_, err = fmt.Sscanf(string(b), "%d", &micros)
	}
	_, id, ok := strings.Cut(string(b), " ")
	if err != nil || !ok || id == "" || micros <= 0 {
		return time.Time{}, "", fault("cursor", "The cursor %.40q is not valid. Use the next_cursor of a page as it is.", c)
	}
	return time.UnixMicro(micros).UTC(), id, nil
}
