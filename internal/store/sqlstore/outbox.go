package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"lectern"
	"lectern/internal/store/sqlstore/rows"
)

// defaultDeliveries is the length of a list of deliveries without a limit.
const defaultDeliveries = 100

// outboxName is the lock held while the outbox changes: claims of two nodes must not overlap.
const outboxName = "outbox"

// within runs do in a transaction that locks the outbox. now is the time by the clock that all processes share.
func (s *Store) within(ctx context.Context, doing string, do func(q *rows.Queries, now time.Time) error) error {
	tx, err := s.o.Write.BeginTx(ctx, nil)
	if err != nil {
		return s.failure("begin a transaction", err)
	}
	defer tx.Rollback() //nolint:errcheck // of no effect after a commit
	if err := s.o.Dialect.Lock(ctx, tx, Touched{Names: []string{outboxName}}); err != nil {
		return s.failure("lock the outbox", err)
	}
	now, err := s.o.Dialect.Now(ctx, tx)
	if err != nil {
		return s.failure("read its clock", err)
	}
	if err := do(rows.New(s.o.Bind(tx)), now); err != nil {
		return s.failure(doing, err)
	}
	return s.failure("commit", tx.Commit())
}

// ClaimDeliveries claims pending deliveries that are due by the store's clock, and returns them, the longest due first,
// at most limit. It skips those that come after a delivery of the same presentation and address whose first try has not
// ended. A claim belongs to by, which must not be empty, and has a number in Claim. It sets NextAt, in the store and in
// the result, to lease from now; until then no other node claims the delivery.
func (s *Store) ClaimDeliveries(ctx context.Context, by string, lease time.Duration,
	limit int) ([]lectern.Delivery, error) {
	// Usually there is nothing to claim: a read outside the writer spares a transaction.
	now, err := s.o.Dialect.Now(ctx, s.o.Read)
	if err != nil {
		return nil, s.failure("read its clock", err)
	}
	if some, err := s.q.ListClaimable(ctx, rows.ListClaimableParams{Now: micros(now), Max: 1}); err != nil ||
		len(some) == 0 {
		return nil, s.failure("read the deliveries", err)
	}
	var out []lectern.Delivery
	err = s.within(ctx, "claim the deliveries", func(q *rows.Queries, now time.Time) error {
		list, err := q.ListClaimable(ctx, rows.ListClaimableParams{Now: micros(now), Max: int64(limit)})
		if err != nil {
			return err
		}
		until := micros(now.Add(lease))
		for i := range list {
			list[i].NextAt = until
			list[i].Claim++
			if err := q.ClaimDelivery(ctx, rows.ClaimDeliveryParams{NextAt: until, Claimant: by, Seq: list[i].Seq}); err != nil {
				return err
			}
		}
		out, err = s.whole(ctx, q, list)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// FinishDelivery ends the claim d.Claim and records State, Attempts, DoneAt, StatusCode and Problem. A delivery that
// stays pending is due again after the time again, by the store's clock. For a claim that has ended already it
// returns CodeStale and records nothing.
func (s *Store) FinishDelivery(ctx context.Context, d lectern.Delivery, again time.Duration) error {
	return s.within(ctx, "record a delivery", func(q *rows.Queries, now time.Time) error {
		n, err := q.FinishDelivery(ctx, rows.FinishDeliveryParams{
			State: string(d.State), Attempts: int64(d.Attempts), NextAt: micros(now.Add(again)), DoneAt: micros(d.DoneAt),
			StatusCode: int64(d.StatusCode), Problem: d.Problem, ID: d.ID, Claim: d.Claim,
		})
		if err == nil && n == 0 {
			return lectern.Fail(lectern.CodeStale, "The claim on the delivery %.64q has ended.", d.ID)
		}
		return err
	})
}

// FreeClaims ends the claims of by, or all claims where by is empty. Their deliveries are due at once.
func (s *Store) FreeClaims(ctx context.Context, by string) error {
	return s.within(ctx, "free the deliveries", func(q *rows.Queries, now time.Time) error {
		if by == "" {
			return q.FreeClaims(ctx, micros(now))
		}
		return q.FreeClaimsOf(ctx, rows.FreeClaimsOfParams{NextAt: micros(now), Claimant: by})
	})
}

// Deliveries returns the deliveries that f selects, the newest first: at most f.Limit, or 100 where it is 0.
func (s *Store) Deliveries(ctx context.Context, f lectern.DeliveryFilter) ([]lectern.Delivery, error) {
	all := int64(0)
	endpoint := f.Endpoint
	switch endpoint {
	case "":
		all = 1
	case lectern.CallbackEndpoint:
		endpoint = ""
	}
	limit := int64(cmp.Or(f.Limit, defaultDeliveries))
	var list []rows.Delivery
	var err error
	switch {
	case f.Presentation == "" && f.Owner == "":
		list, err = s.q.ListDeliveries(ctx, rows.ListDeliveriesParams{State: string(f.State), Everyone: all,
			Endpoint: endpoint, Max: limit})
	case f.Presentation == "":
		list, err = s.q.ListDeliveriesOfOwner(ctx, rows.ListDeliveriesOfOwnerParams{
			Owner: f.Owner, State: string(f.State), Everyone: all, Endpoint: endpoint, Max: limit,
		})
	default:
		list, err = s.q.ListDeliveriesOf(ctx, rows.ListDeliveriesOfParams{
			PresentationID: f.Presentation, Owner: f.Owner, State: string(f.State), Everyone: all, Endpoint: endpoint,
			Max: limit,
		})
	}
	if err != nil {
		return nil, s.failure("read the deliveries", err)
	}
	out, err := s.whole(ctx, s.q, list)
	return out, s.failure("read the deliveries", err)
}

// Backlog returns how many deliveries are pending, and when the oldest was made; zero where there is none.
func (s *Store) Backlog(ctx context.Context) (pending int64, oldest time.Time, err error) {
	b, err := s.q.GetBacklog(ctx)
	return b.Pending, fromMicros(b.Oldest), s.failure("count the deliveries", err)
}

// Delivery returns a delivery; an unknown id is CodeNotFound.
func (s *Store) Delivery(ctx context.Context, id string) (lectern.Delivery, error) {
	d, err := s.delivery(ctx, s.q, id)
	return d, s.failure("read the delivery", err)
}

// Redeliver makes a delivery pending again, due at once, with no tries so far. An unknown id is CodeNotFound; a
// delivery whose endpoint is gone is CodeConflict.
func (s *Store) Redeliver(ctx context.Context, id string) (d lectern.Delivery, err error) {
	err = s.within(ctx, "queue the delivery again", func(q *rows.Queries, now time.Time) error {
		if d, err = s.delivery(ctx, q, id); err != nil {
			return err
		}
		if d.Endpoint != "" && d.Secrets == nil {
			return lectern.Fail(lectern.CodeConflict, "The webhook of the delivery %.64q was removed.", id)
		}
		if err := q.RestartDelivery(ctx, rows.RestartDeliveryParams{NextAt: micros(now), ID: id}); err != nil {
			return err
		}
		d, err = s.delivery(ctx, q, id)
		return err
	})
	return d, err
}

func (s *Store) delivery(ctx context.Context, q *rows.Queries, id string) (lectern.Delivery, error) {
	row, err := q.GetDelivery(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return lectern.Delivery{}, lectern.Fail(lectern.CodeNotFound, "There is no delivery %.64q.", id)
	}
	if err != nil {
		return lectern.Delivery{}, err
	}
	list, err := s.whole(ctx, q, []rows.Delivery{row})
	if err != nil {
		return lectern.Delivery{}, err
	}
	return list[0], nil
}

// whole adds to deliveries the current secrets of their endpoints and the endpoint's revision; nil where the endpoint
// is gone.
func (s *Store) whole(ctx context.Context, q *rows.Queries, list []rows.Delivery) ([]lectern.Delivery, error) {
	endpoints, err := listEndpoints(ctx, q, s.open)
	if err != nil {
		return nil, err
	}
	known := map[string]lectern.Endpoint{}
	for _, e := range endpoints {
		known[e.ID] = e
	}
	out := make([]lectern.Delivery, len(list))
	for i, r := range list {
		if out[i], err = fromDeliveryRow(r); err != nil {
			return nil, err
		}
		if e, ok := known[r.Endpoint]; ok {
			out[i].Secrets, out[i].Revision = append([]string{}, e.Secrets...), e.Revision
		}
	}
	return out, nil
}

// Endpoints returns all endpoints, the oldest first.
func (s *Store) Endpoints(ctx context.Context) ([]lectern.Endpoint, error) {
	out, err := listEndpoints(ctx, s.q, s.open)
	return out, s.failure("read the webhooks", err)
}

// listEndpoints returns all endpoints, the oldest first, with the secrets that open returns; if open is nil, without
// secrets.
func listEndpoints(ctx context.Context, q *rows.Queries,
	open func(rows.Endpoint) (string, error)) ([]lectern.Endpoint, error) {
	list, err := q.ListEndpoints(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]lectern.Endpoint, len(list))
	for i, r := range list {
		secrets := ""
		if open != nil {
			if secrets, err = open(r); err != nil {
				return nil, err
			}
		}
		r.Secrets = secrets
		if out[i], err = fromEndpointRow(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PutEndpoint replaces the revision of e with the next; with Revision 0 it adds a new endpoint. If another revision is
// stored, or none, it returns CodeStale and changes nothing. If e is disabled, its pending deliveries are given up.
func (s *Store) PutEndpoint(ctx context.Context, e lectern.Endpoint) error {
	return s.within(ctx, "store the webhook", func(q *rows.Queries, now time.Time) error {
		types, err := encodeUnlessEmpty(len(e.Types) == 0, e.Types)
		if err != nil {
			return err
		}
		secrets, err := encodeUnlessEmpty(len(e.Secrets) == 0, e.Secrets)
		if err != nil {
			return err
		}
		if s.o.Seal != nil && secrets != "" {
			secrets = s.o.Seal.Seal(secrets, e.ID)
		}
		var n int64
		if e.Revision == 0 {
			n, err = q.InsertEndpoint(ctx, rows.InsertEndpointParams{
				ID: e.ID, Url: e.URL, Types: types, Secrets: secrets, Disabled: e.Disabled, CreatedAt: micros(e.CreatedAt),
				Owner: cmp.Or(e.Owner, lectern.DefaultOwner),
			})
		} else {
			n, err = q.UpdateEndpoint(ctx, rows.UpdateEndpointParams{
				Url: e.URL, Types: types, Secrets: secrets, Disabled: e.Disabled, CreatedAt: micros(e.CreatedAt), ID: e.ID,
				Revision: e.Revision,
			})
		}
		switch {
		case err != nil:
			return err
		case n == 0:
			return lectern.Fail(lectern.CodeStale, "The webhook %.64q was changed or removed in the meantime.", e.ID)
		case e.Disabled:
			return giveUp(ctx, q, now, e.ID, "Its webhook was disabled.")
		}
		return nil
	})
}

// DeleteEndpoint removes an endpoint and gives up its pending deliveries. An unknown id is CodeNotFound.
func (s *Store) DeleteEndpoint(ctx context.Context, id string) error {
	return s.within(ctx, "remove the webhook", func(q *rows.Queries, now time.Time) error {
		n, err := q.DeleteEndpoint(ctx, id)
		if err == nil && n == 0 {
			return lectern.Fail(lectern.CodeNotFound, "There is no webhook %.64q.", id)
		}
		return errors.Join(err, giveUp(ctx, q, now, id, "Its webhook was removed."))
	})
}

func giveUp(ctx context.Context, q *rows.Queries, now time.Time, endpoint, why string) error {
	return q.GiveUpDeliveries(ctx, rows.GiveUpDeliveriesParams{DoneAt: micros(now), Problem: why, Endpoint: endpoint})
}
