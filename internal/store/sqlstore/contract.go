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

// admit calls [job.Write.Admit] with the stored key, if there is one. If done, out is the outcome of the write and
// nothing more is to be done.
func (w *writer) admit(ctx context.Context, key job.Key, write job.Write) (out job.Outcome, done bool, err error) {
	row, err := w.q.GetKey(ctx, rows.GetKeyParams{Owner: key.Owner, Key: key.Key})
	if errors.Is(err, sql.ErrNoRows) {
		return out, false, nil
	}
	if err != nil {
		return out, false, err
	}
	replay, refused := write.Admit(job.Key{
		Owner: row.Owner, Key: row.Key, Fingerprint: row.Fingerprint, Presentation: row.PresentationID.String,
		ReservedAt: fromMicros(row.ReservedAt), ExpiresAt: fromMicros(row.ExpiresAt),
	})
	if refused != nil || !replay {
		return job.Outcome{Err: refused}, refused != nil, nil
	}
	first, err := w.q.GetPresentation(ctx, row.PresentationID.String)
	if errors.Is(err, sql.ErrNoRows) {
		return out, false, nil // marked after the key was read: its key is removed with it
	}
	if err != nil {
		return out, false, err
	}
	p, err := fromRow(first)
	return job.Outcome{Before: p, After: p, Replayed: true}, true, err
}

func (w *writer) putKey(ctx context.Context, k job.Key) error {
	return w.q.PutKey(ctx, rows.PutKeyParams{
		Owner: k.Owner, Key: k.Key, Fingerprint: k.Fingerprint,
		PresentationID: sql.NullString{String: k.Presentation, Valid: k.Presentation != ""},
		ReservedAt:     micros(k.ReservedAt), ExpiresAt: micros(k.ExpiresAt),
	})
}

// refusesOrder returns why o must not replace the stored order with its key; nil if it may.
func (w *writer) refusesOrder(ctx context.Context, o *lectern.Order) (refused, err error) {
	if o == nil {
		return nil, nil
	}
	old, err := w.q.GetOrder(ctx, o.Key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return job.Supersede(fromOrderRow(old), *o), nil
}

// announce puts the messages about the milestones into the outbox.
func (w *writer) announce(ctx context.Context, milestones []lectern.Presentation, at time.Time) error {
	if len(milestones) == 0 {
		return nil
	}
	if !w.knows {
		var err error
		if w.endpoints, err = listEndpoints(ctx, w.q, nil); err != nil {
			return err
		}
		w.knows = true
	}
	for _, d := range job.Deliveries(milestones, w.endpoints, at) {
		p, err := encode(d.Presentation)
		if err != nil {
			return err
		}
		err = w.q.InsertDelivery(ctx, rows.InsertDeliveryParams{
			ID: d.ID, Owner: d.Owner, PresentationID: d.Presentation.ID, Endpoint: d.Endpoint, Url: d.URL, Type: d.Type,
			Presentation: p,
			NextAt:       micros(d.NextAt), CreatedAt: micros(d.CreatedAt),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Order implements job.Reader.
func (s *Store) Order(ctx context.Context, key string) (lectern.Order, bool, error) {
	row, err := s.q.GetOrder(ctx, key)
	if errors.Is(err, sql.ErrNoRows) {
		return lectern.Order{}, false, nil
	}
	if err != nil {
		return lectern.Order{}, false, s.failure("read the order", err)
	}
	return fromOrderRow(row), true, nil
}
