package sqlstore

import (
	"cmp"
	"context"

	"lectern"
	"lectern/internal/store/sqlstore/rows"
)

// InsertKey stores an API key. Times are kept in whole microseconds. An id or a hash that another key has is
// CodeConflict.
func (s *Store) InsertKey(ctx context.Context, k lectern.Key) error {
	quota, err := encodeUnlessEmpty(k.Quota == lectern.Quota{}, k.Quota)
	if err != nil {
		return err
	}
	n, err := s.writes().InsertAPIKey(ctx, rows.InsertAPIKeyParams{
		ID: k.ID, Name: k.Name, Owner: cmp.Or(k.Owner, lectern.DefaultOwner), Scope: string(k.Scope), Quota: quota,
		Hash:      k.Hash,
		CreatedAt: micros(k.CreatedAt), ExpiresAt: micros(k.ExpiresAt),
	})
	if err == nil && n == 0 {
		return lectern.Fail(lectern.CodeConflict, "There is an API key %.64q already.", k.ID)
	}
	return s.failure("store the API key", err)
}

// Keys returns all API keys, including those that have expired, the oldest first.
func (s *Store) Keys(ctx context.Context) ([]lectern.Key, error) {
	list, err := s.q.ListAPIKeys(ctx)
	if err != nil {
		return nil, s.failure("read the API keys", err)
	}
	out := make([]lectern.Key, len(list))
	for i, r := range list {
		out[i] = lectern.Key{
			ID: r.ID, Name: r.Name, Owner: r.Owner, Scope: lectern.Scope(r.Scope), Hash: r.Hash,
			CreatedAt: fromMicros(r.CreatedAt), ExpiresAt: fromMicros(r.ExpiresAt),
		}
		if err := decode(r.Quota, &out[i].Quota); err != nil {
			return nil, s.failure("read the API keys", err)
		}
	}
	return out, nil
}

// DeleteKey removes an API key. It reports whether there was one.
func (s *Store) DeleteKey(ctx context.Context, id string) (bool, error) {
	n, err := s.writes().DeleteAPIKey(ctx, id)
	return n > 0, s.failure("remove the API key", err)
}

// writes returns the queries on the writing connection; each is a transaction of its own.
func (s *Store) writes() *rows.Queries { return rows.New(s.o.Bind(s.o.Write)) }
