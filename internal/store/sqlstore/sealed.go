package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"lectern"
	"lectern/internal/job"
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

// The values of decks.password besides "" for none, a sealed one, and a plain one after passwordPlain.
const (
	passwordOpened = "opened" // it has opened the deck's files
	passwordErased = "erased" // it was erased before
	passwordPlain  = "plain:"
)

// passwordPlace names a password for its seal.
func passwordPlace(id string) string { return "password " + id }

// sealed returns the password of a presentation's deck as it is stored.
func (w *writer) sealed(password, id string) string {
	switch {
	case password == "":
		return ""
	case w.seal == nil:
		return passwordPlain + password
	}
	return w.seal.Seal(password, passwordPlace(id))
}

// forget erases the password of a presentation whose files are open, or that has ended.
func (w *writer) forget(ctx context.Context, e job.Effect) error {
	state := passwordErased
	switch {
	case e.Unlocked:
		state = passwordOpened
	case !e.Ended:
		return nil
	}
	return w.q.ErasePassword(ctx, rows.ErasePasswordParams{Password: state, PresentationID: e.After.ID})
}

// Unlock implements job.Reader. A password that was sealed with a key that is gone counts as erased.
func (s *Store) Unlock(ctx context.Context, id string) (lectern.Unlock, error) {
	text, err := s.q.GetPassword(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return lectern.Unlock{}, notFound(id)
	}
	if err != nil {
		return lectern.Unlock{}, s.failure("read the password of the deck", err)
	}
	plain, ok := strings.CutPrefix(text, passwordPlain)
	switch {
	case text == "" || ok:
		return lectern.Unlock{Password: plain}, nil
	case text == passwordOpened:
		return lectern.Unlock{Opened: true}, nil
	case text == passwordErased || s.o.Seal == nil:
		return lectern.Unlock{Erased: true}, nil
	}
	if plain, err = s.o.Seal.Open(text, passwordPlace(id)); err != nil {
		return lectern.Unlock{Erased: true}, nil //nolint:nilerr // the caller asks for it again
	}
	return lectern.Unlock{Password: plain}, nil
}
