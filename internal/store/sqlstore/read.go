package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/sqlstore/rows"
)

// Get implements job.Reader.
func (s *Store) Get(ctx context.Context, id string) (lectern.Presentation, error) {
	row, err := s.q.GetPresentation(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return lectern.Presentation{}, notFound(id)
	}
	if err != nil {
		return lectern.Presentation{}, s.failure("read the presentation", err)
	}
	p, err := fromRow(row)
	return p, s.failure("read the presentation", err)
}

// Deck implements job.Reader.
func (s *Store) Deck(ctx context.Context, id string) (lectern.Deck, error) {
	text, err := s.q.GetDeck(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return lectern.Deck{}, notFound(id)
	}
	var d lectern.Deck
	if err == nil {
		err = decode(text, &d)
	}
	return d, s.failure("read the deck", err)
}

// Report implements job.Reader.
func (s *Store) Report(ctx context.Context, id string) ([]lectern.SlideReport, error) {
	text, err := s.q.GetReport(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound(id)
	}
	var list []lectern.SlideReport
	if err == nil {
		err = decode(text, &list)
	}
	return list, s.failure("read the report", err)
}

// Counts implements job.Reader.
func (s *Store) Counts(ctx context.Context) (map[lectern.Status]int64, error) {
	list, err := s.q.CountPresentations(ctx)
	if err != nil {
		return nil, s.failure("count the presentations", err)
	}
	out := map[lectern.Status]int64{}
	for _, r := range list {
		out[lectern.Status(r.Status)] = r.Number
	}
	return out, nil
}

// Versions implements job.Reader. An event has only some of the fields, and the number of warnings; the rest is from
// the row. The row is read after the events, so that it has at least the warnings that they count.
func (s *Store) Versions(ctx context.Context, id string, after int64, limit int) ([]lectern.Presentation, error) {
	events, err := s.q.ListEvents(ctx, rows.ListEventsParams{PresentationID: id, Version: after, Limit: int64(limit)})
	if err != nil {
		return nil, s.failure("read the events", err)
	}
	p, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]lectern.Presentation, len(events))
	for i, e := range events {
		if out[i], err = fromSnapshot(p, e.Version, e.Snapshot); err != nil {
			return nil, s.failure("read the events", err)
		}
	}
	return out, nil
}

// Steps implements job.Reader.
func (s *Store) Steps(ctx context.Context, id string) ([]lectern.Step, error) {
	if _, err := s.Get(ctx, id); err != nil {
		return nil, err
	}
	list, err := s.q.ListSteps(ctx, id)
	if err != nil {
		return nil, s.failure("read the steps", err)
	}
	out := make([]lectern.Step, len(list))
	for i, r := range list {
		out[i] = lectern.Step{
			Kind: lectern.StepKind(r.Kind), Slide: int(r.Slide), Key: r.Key, Attempt: int(r.Attempt), Reused: r.Reused,
			Started: fromMicros(r.StartedAt), Took: time.Duration(r.Took) * time.Microsecond,
		}
	}
	return out, nil
}

// Artifacts implements job.Reader.
func (s *Store) Artifacts(ctx context.Context, id string) ([]lectern.Artifact, error) {
	if _, err := s.Get(ctx, id); err != nil {
		return nil, err
	}
	list, err := s.q.ListArtifacts(ctx, id)
	if err != nil {
		return nil, s.failure("read the artifacts", err)
	}
	out := make([]lectern.Artifact, len(list))
	for i, r := range list {
		out[i] = lectern.Artifact{
			Kind: lectern.ArtifactKind(r.Kind), Slide: int(r.Slide), Key: r.Key, ContentType: r.ContentType, Size: r.Size,
			SHA256: r.Sha256,
		}
	}
	return out, nil
}

// Silent implements job.Housekeeper.
func (s *Store) Silent(ctx context.Context, since time.Time) ([]job.Lease, error) {
	list, err := s.q.ListProcessing(ctx, micros(since))
	if err != nil {
		return nil, s.failure("read the leases", err)
	}
	out := make([]job.Lease, len(list))
	for i, r := range list {
		out[i] = job.Lease{ID: r.ID, Attempt: int(r.Attempt), Heartbeat: fromMicros(r.LastHeartbeat)}
	}
	return out, nil
}

// dueBatch bounds what one sweep takes on.
const dueBatch = 200

// Due implements job.Housekeeper.
func (s *Store) Due(ctx context.Context, now time.Time) (job.Due, error) {
	var due job.Due
	t := micros(now)
	var err error
	if due.Scratch, err = s.q.ListScratchDue(ctx, rows.ListScratchDueParams{ScratchAt: t, Limit: dueBatch}); err != nil {
		return due, s.failure("find what is due", err)
	}
	if due.Expired, err = s.q.ListExpired(ctx, rows.ListExpiredParams{ExpiresAt: t, Limit: dueBatch}); err != nil {
		return due, s.failure("find what is due", err)
	}
	if due.Removing, err = s.q.ListRemoving(ctx, dueBatch); err != nil {
		return due, s.failure("find what is due", err)
	}
	if max(len(due.Scratch), len(due.Expired), len(due.Removing)) == dueBatch {
		due.Next = now
		return due, nil
	}
	for _, next := range []func(context.Context, int64) (int64, error){s.q.NextScratch, s.q.NextExpiry} {
		at, err := next(ctx, t)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return due, s.failure("find what is due", err)
		}
		if due.Next.IsZero() || fromMicros(at).Before(due.Next) {
			due.Next = fromMicros(at)
		}
	}
	return due, nil
}
