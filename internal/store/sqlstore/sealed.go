package sqlstore

import (
	"context"
	"errors"
	"time"

	"lectern"
	"lectern/internal/seal"
	"lectern/internal/store/sqlstore/rows"
)

// open returns the secrets of an endpoint in plain text.
func (s *Store) open(r rows.Endpoint) (string, error) {
	if s.o.Seal == nil {
		if seal.Sealed(r.Secrets) {
			return "", errors.New("the secrets of webhooks are sealed, and Lectern has no key to open them")
		}
		return r.Secrets, nil
	}
	return s.o.Seal.Open(r.Secrets, r.ID)
}

// SealWith seals the secrets of webhooks from now on, and those that are already stored in plain text. If some were
// sealed with another key, the error is [seal.ErrWrongKey]. Call it before any other method of s.
func (s *Store) SealWith(ctx context.Context, key *seal.Sealer) error {
	s.o.Seal = key
	var wrong error
	err := s.within(ctx, "seal the secrets of webhooks", func(q *rows.Queries, _ time.Time) error {
		list, err := q.ListEndpoints(ctx)
		if err != nil {
			return err
		}
		for _, r := range list {
			switch {
			case r.Secrets == "":
			case seal.Sealed(r.Secrets):
				if _, err := key.Open(r.Secrets, r.ID); err != nil {
					wrong = err
					return lectern.Fail(lectern.CodeInternal, "The secrets of webhooks cannot be opened.").Because(err)
				}
			default:
				if err := q.SealEndpoint(ctx, rows.SealEndpointParams{Secrets: key.Seal(r.Secrets, r.ID), ID: r.ID}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if wrong != nil {
		return wrong
	}
	return err
}
