package seal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"lectern/internal/seal"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	one, err := seal.New(strings.Repeat("k", seal.MinKey))
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.New(strings.Repeat("l", seal.MinKey))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text, where := rapid.String().Draw(t, "text"), rapid.String().Draw(t, "where")
		sealed := one.Seal(text, where)
		if got, err := one.Open(sealed, where); err != nil || got != text || !seal.Sealed(sealed) {
			t.Fatalf("%q comes back as %q, %v", text, got, err)
		}
		if len(text) > 3 && strings.Contains(sealed, text) || sealed == one.Seal(text, where) {
			t.Fatalf("%q is sealed as %q", text, sealed)
		}
		if _, err := other.Open(sealed, where); !errors.Is(err, seal.ErrWrongKey) {
			t.Fatalf("another key: %v", err)
		}
		if _, err := one.Open(sealed, where+"x"); err == nil || errors.Is(err, seal.ErrWrongKey) {
			t.Fatalf("another place: %v", err)
		}
		if !seal.Sealed(text) {
			if got, err := one.Open(text, where); err != nil || got != text {
				t.Fatalf("a clear %q comes back as %q, %v", text, got, err)
			}
		}
	})
	if _, err := seal.New("short"); err == nil || strings.Contains(err.Error(), "short\"") {
		t.Errorf("a short key: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	s, err := seal.New(strings.Repeat("k", seal.MinKey))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Seal("a", "b"))
	f.Add("sealed:::")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := s.Open(text, "elsewhere"); err == nil && seal.Sealed(text) {
			t.Errorf("%q opens as %q", text, got)
		}
	})
}

// Concurrent calls make one key, and only its owner can read it.
func TestKeyIn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	var wg sync.WaitGroup
	keys := make([]string, 16)
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = seal.KeyIn(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] || len(k) != 44 {
			t.Errorf("the keys are %q", keys)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
