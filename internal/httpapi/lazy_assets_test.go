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

// lazyAssets is the real asset service on a database and a folder of its own. It opens them at the first use, because
// most tests need none.
type lazyAssets struct {
	t    testing.TB
	most int64 // size of the largest file, in bytes
	once sync.Once
	s    *asset.Service
}

// maxUpload is the setting limits.upload of a rig, in bytes.
const maxUpload = 8 << 20

func newLazyAssets(t testing.TB) *lazyAssets { return &lazyAssets{t: t, most: maxUpload} }

type seekableFiles struct{ *blob.Artifacts }

func (f seekableFiles) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	return f.Artifacts.Open(ctx, key)
}

func (s *lazyAssets) service() *asset.Service {
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
			Store: sqlite.NewStore(db, nil), Files: seekableFiles{files}, Texts: all.Parsers().Kinds(), Most: s.most,
			Now: func() time.Time { return at },
		})
	})
	return s.s
}

func (s *lazyAssets) Add(ctx context.Context, up lectern.Upload) (lectern.Asset, bool, error) {
	return s.service().Add(ctx, up)
}

func (s *lazyAssets) Most() int64 { return s.most }

func (s *lazyAssets) Unpack(ctx context.Context, size int64, body io.Reader) (deck.Bundle, error) {
	return s.service().Unpack(ctx, size, body)
}

func (s *lazyAssets) Get(ctx context.Context, owner, sha256 string) (lectern.Asset, error) {
	return s.service().Get(ctx, owner, sha256)
}

func (s *lazyAssets) List(ctx context.Context, q lectern.AssetQuery) ([]lectern.Asset, string, error) {
	return s.service().List(ctx, q)
}

func (s *lazyAssets) Open(ctx context.Context, sha256 string) (io.ReadSeekCloser, error) {
	return s.service().Open(ctx, sha256)
}

// Check opens nothing if the deck names no assets.
func (s *lazyAssets) Check(ctx context.Context, owner string, d lectern.Deck) error {
	if len(d.AssetUses()) == 0 {
		return nil
	}
	return s.service().Check(ctx, owner, d)
}

func (s *lazyAssets) Delete(ctx context.Context, owner, sha256 string) error {
	return s.service().Delete(ctx, owner, sha256)
}
