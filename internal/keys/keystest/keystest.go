// Package keystest holds the suite that every store of keys passes, and a store in memory that passes it.
package keystest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/keys"
)

// Fake is a store in memory. Break makes it fail; Reads counts how often it was read.
type Fake struct {
	mu    sync.Mutex
	all   []lectern.Key
	err   error
	reads int
}

var _ keys.Store = (*Fake)(nil)

// InsertKey implements keys.Store.
func (f *Fake) InsertKey(_ context.Context, k lectern.Key) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at(k.ID) >= 0 {
		return lectern.Fail(lectern.CodeConflict, "The key %s exists.", k.ID)
	}
	f.all = append(f.all, k)
	return f.err
}

// Keys implements keys.Store.
func (f *Fake) Keys(context.Context) ([]lectern.Key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	return slices.Clone(f.all), f.err
}

// DeleteKey implements keys.Store.
func (f *Fake) DeleteKey(_ context.Context, id string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.at(id)
	if at < 0 {
		return false, f.err
	}
	f.all = slices.Delete(f.all, at, at+1)
	return true, f.err
}

func (f *Fake) at(id string) int {
	return slices.IndexFunc(f.all, func(k lectern.Key) bool { return k.ID == id })
}

// Break makes calls return err, although they take effect; nil ends that. An id that exists is a conflict as before.
func (f *Fake) Break(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// Reads returns the number of calls of Keys.
func (f *Fake) Reads() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reads
}

// Run tests a store. open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) keys.Store) {
	made := time.Date(2026, 11, 24, 9, 0, 0, 123_000_000, time.UTC)
	full := lectern.Key{
		ID: "abcdefghij", Name: "Größe, 日本",
		Owner: "school-a", Scope: lectern.ScopeWrite, Quota: lectern.Quota{Running: 1, Queued: 2, Minutes: 3},
		Hash: "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8", CreatedAt: made,
		ExpiresAt: made.Add(time.Hour),
	}
	bare := lectern.Key{ID: "bbbbbbbbbb", Name: "b", Owner: lectern.DefaultOwner, Scope: lectern.ScopeAdmin,
		Hash: strings.Repeat("0f", 32), CreatedAt: made.Add(time.Second)}
	t.Run("stored keys are listed unchanged, the oldest first", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		if all, err := s.Keys(t.Context()); err != nil || len(all) != 0 {
			t.Fatal(all, err)
		}
		for _, k := range []lectern.Key{full, bare} {
			if err := s.InsertKey(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.Keys(t.Context())
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		for i, want := range []lectern.Key{full, bare} {
			got := all[i]
			if !got.CreatedAt.Equal(want.CreatedAt) || !got.ExpiresAt.Equal(want.ExpiresAt) ||
				got.ExpiresAt.IsZero() != want.ExpiresAt.IsZero() {
				t.Errorf("%d: times %v and %v", i, got.CreatedAt, got.ExpiresAt)
			}
			got.CreatedAt, got.ExpiresAt = want.CreatedAt, want.ExpiresAt
			if got != want {
				t.Errorf("%d: %+v, not %+v", i, got, want)
			}
		}
	})
	t.Run("an id can be inserted once and deleted once", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		if err := s.InsertKey(t.Context(), full); err != nil {
			t.Fatal(err)
		}
		if err := s.InsertKey(t.Context(), full); code(err) != lectern.CodeConflict {
			t.Errorf("the same id again: %v", err)
		}
		for i, want := range []struct {
			id   string
			gone bool
		}{{bare.ID, false}, {full.ID, true}, {full.ID, false}} {
			if gone, err := s.DeleteKey(t.Context(), want.id); err != nil || gone != want.gone {
				t.Errorf("%d: %v, %v", i, gone, err)
			}
		}
		if all, err := s.Keys(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%v, %v", all, err)
		}
	})
}

func code(err error) lectern.Code {
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok {
		return ""
	}
	return f.Code
}
