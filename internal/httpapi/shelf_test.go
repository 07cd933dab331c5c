package httpapi_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/asset"
	"lectern/internal/blob"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
	"lectern/internal/store/sqlite"
)

// shelf is the real service of assets on a database and a folder of its own, opened by the first test that needs it:
// most rigs never do.
type shelf struct {
	t    testing.TB
	most int64 // bytes of a file
	once sync.Once
	s    *asset.Service
}

// maxUpload is limits.upload of a rig.
const maxUpload = 8 << 20

func newShelf(t testing.TB) *shelf { return &shelf{t: t, most: maxUpload} }

type shelfFiles struct{ *blob.Artifacts }

func (f shelfFiles) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	return f.Artifacts.Open(ctx, key)
}

func (s *shelf) open() *asset.Service {
	s.once.Do(func() {
		db, err := sqlite.Open(context.Background(), s.t.TempDir())
		if err != nil {
			s.t.Fatal(err)
		}
		files, err := blob.OpenArtifacts(s.t.TempDir())
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() {
			if err := errors.Join(files.Close(), db.Close()); err != nil {
				s.t.Error(err)
			}
		})
		at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		s.s = asset.New(asset.Options{
			Store: sqlite.NewStore(db, nil), Files: shelfFiles{files}, Texts: all.Parsers().Kinds(), Most: s.most,
			Now: func() time.Time { return at },
		})
	})
	return s.s
}

func (s *shelf) Add(ctx context.Context, up lectern.Upload) (lectern.Asset, bool, error) {
	return s.open().Add(ctx, up)
}

func (s *shelf) Most() int64 { return s.most }

func (s *shelf) Unpack(ctx context.Context, size int64, body io.Reader) (deck.Bundle, error) {
	return s.open().Unpack(ctx, size, body)
}

func (s *shelf) Get(ctx context.Context, owner, sha256 string) (lectern.Asset, error) {
	return s.open().Get(ctx, owner, sha256)
}

func (s *shelf) List(ctx context.Context, q lectern.AssetQuery) ([]lectern.Asset, string, error) {
	return s.open().List(ctx, q)
}

func (s *shelf) Open(ctx context.Context, sha256 string) (io.ReadSeekCloser, error) {
	return s.open().Open(ctx, sha256)
}

// Check asks nobody where a deck names nothing, as the service does.
func (s *shelf) Check(ctx context.Context, owner string, d lectern.Deck) error {
	if len(d.AssetUses()) == 0 {
		return nil
	}
	return s.open().Check(ctx, owner, d)
}

func (s *shelf) Delete(ctx context.Context, owner, sha256 string) error {
	return s.open().Delete(ctx, owner, sha256)
}
