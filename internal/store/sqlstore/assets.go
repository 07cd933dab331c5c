package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/internal/store/sqlstore/rows"
)

// transact runs do in a transaction on the writing connection, and repeats it as [Store.again] does.
func (s *Store) transact(ctx context.Context, doing string, do func(q *rows.Queries) error) error {
	return s.again(ctx, doing, func() error { return s.once(ctx, do) })
}

func (s *Store) once(ctx context.Context, do func(q *rows.Queries) error) error {
	tx, err := s.o.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // of no effect after a commit
	if err := do(rows.New(s.o.Bind(tx))); err != nil {
		return err
	}
	return tx.Commit()
}

// ShareAsset gives a.Owner an asset whose content is stored already. shared is false where the content is not stored;
// then nothing changes. created is false where the owner has the asset already; then only its UsedAt changes.
func (s *Store) ShareAsset(ctx context.Context, a lectern.Asset) (kept lectern.Asset, created, shared bool, err error) {
	err = s.transact(ctx, "store the asset", func(q *rows.Queries) error {
		created, shared = false, false
		n, err := q.LockContent(ctx, a.SHA256)
		if err != nil || n == 0 {
			return err
		}
		shared = true
		kept, created, err = putAsset(ctx, q, a)
		return err
	})
	return kept, created, shared, err
}

// PlanAsset notes the name of a file that an upload is about to write, which must be new. Unless [Store.InsertAsset]
// gives it to an asset, it is a leftover from due on.
func (s *Store) PlanAsset(ctx context.Context, file string, due time.Time) error {
	err := s.writes().PutLeftover(ctx, rows.PutLeftoverParams{File: file, DueAt: micros(due)})
	return s.failure("store the asset", err)
}

// InsertAsset gives a.Owner an asset whose content is in a planned file. Where another file has the content by now,
// this one is a leftover at once. A file that is no longer planned is CodeStale, and nothing changes.
func (s *Store) InsertAsset(ctx context.Context, a lectern.Asset, file string) (kept lectern.Asset, created bool,
	err error) {
	err = s.transact(ctx, "store the asset", func(q *rows.Queries) error {
		if err := settleFile(ctx, q, a, file); err != nil {
			return err
		}
		var err error
		kept, created, err = putAsset(ctx, q, a)
		return err
	})
	return kept, created, err
}

// settleFile makes file the file of a's content. If the content has a file already, file is a leftover. The row of the
// content stays locked.
func settleFile(ctx context.Context, q *rows.Queries, a lectern.Asset, file string) error {
	for range tries {
		n, err := q.InsertContent(ctx, rows.InsertContentParams{Sha256: a.SHA256, File: file})
		if err != nil {
			return err
		}
		if n == 1 {
			planned, err := q.DeleteLeftover(ctx, file)
			if err == nil && planned == 0 {
				f := lectern.Fail(lectern.CodeStale, "The upload took too long, and its file was removed. Send it again.")
				f.Retryable = true
				return f
			}
			return err
		}
		if n, err = q.LockContent(ctx, a.SHA256); err != nil {
			return err
		}
		if n == 1 {
			return q.PutLeftover(ctx, rows.PutLeftoverParams{File: file, DueAt: micros(a.UsedAt)})
		}
		// The content was removed in between, so it can be inserted now.
	}
	f := lectern.Fail(lectern.CodeOverloaded, "The same file is uploaded and deleted too often just now. "+
		"Try again in a moment.")
	f.Retryable = true
	return f
}

// putAsset inserts an asset, or marks the existing one as used. The row of its content must be locked.
func putAsset(ctx context.Context, q *rows.Queries, a lectern.Asset) (kept lectern.Asset, created bool, err error) {
	owner := cmp.Or(a.Owner, lectern.DefaultOwner)
	n, err := q.InsertAsset(ctx, rows.InsertAssetParams{
		Owner: owner, Sha256: a.SHA256, Kind: string(a.Kind), MediaType: a.MediaType, Size: a.Size, Name: a.Name,
		Width: int64(a.Width), Height: int64(a.Height), Duration: a.Duration.Microseconds(),
		CreatedAt: micros(a.CreatedAt), UsedAt: micros(a.UsedAt),
	})
	if err == nil && n == 0 {
		_, err = q.UseAsset(ctx, rows.UseAssetParams{UsedAt: micros(a.UsedAt), Owner: owner, Sha256: a.SHA256})
	}
	if err != nil {
		return lectern.Asset{}, false, err
	}
	row, err := q.GetAsset(ctx, rows.GetAssetParams{Owner: owner, Sha256: a.SHA256})
	return fromAssetRow(row), n == 1, err
}

func fromAssetRow(r rows.Asset) lectern.Asset {
	return lectern.Asset{
		SHA256: r.Sha256, Owner: r.Owner, Kind: lectern.AssetKind(r.Kind), MediaType: r.MediaType, Size: r.Size, Name: r.Name,
		Width: int(r.Width), Height: int(r.Height), Duration: time.Duration(r.Duration) * time.Microsecond,
		CreatedAt: fromMicros(r.CreatedAt), UsedAt: fromMicros(r.UsedAt),
	}
}

// noAsset is the error for an unknown asset, and for one of another owner.
func noAsset(sha256 string) error {
	return lectern.Fail(lectern.CodeNotFound, "There is no asset %.64q.", sha256)
}

// Asset returns an owner's asset; an unknown one is CodeNotFound.
func (s *Store) Asset(ctx context.Context, owner, sha256 string) (lectern.Asset, error) {
	row, err := s.q.GetAsset(ctx, rows.GetAssetParams{Owner: owner, Sha256: sha256})
	if errors.Is(err, sql.ErrNoRows) {
		return lectern.Asset{}, noAsset(sha256)
	}
	return fromAssetRow(row), s.failure("read the asset", err)
}

// AssetFile returns the name of the file with a content; an unknown one is CodeNotFound.
func (s *Store) AssetFile(ctx context.Context, sha256 string) (string, error) {
	file, err := s.q.GetContent(ctx, sha256)
	if errors.Is(err, sql.ErrNoRows) {
		return "", noAsset(sha256)
	}
	return file, s.failure("read the asset", err)
}

// Assets returns an owner's assets of a kind, or of any kind where it is empty, newest first, at most limit. It begins
// after the asset that was created at before and has the hash beforeID; with the zero time, at the newest.
func (s *Store) Assets(ctx context.Context, owner string, kind lectern.AssetKind, before time.Time, beforeID string,
	limit int) (
	[]lectern.Asset, error) {
	p := rows.ListAssetsParams{Owner: owner, Kind: string(kind), BeforeTime: math.MaxInt64, BeforeID: beforeID,
		Max: int64(limit)}
	if !before.IsZero() {
		p.BeforeTime = micros(before)
	}
	list, err := s.q.ListAssets(ctx, p)
	out := make([]lectern.Asset, len(list))
	for i, r := range list {
		out[i] = fromAssetRow(r)
	}
	return out, s.failure("list the assets", err)
}

// StaleAssets returns assets that no presentation names and that were not used after since, the longest unused first,
// at most limit. Only Owner and SHA256 are set.
func (s *Store) StaleAssets(ctx context.Context, since time.Time, limit int) ([]lectern.Asset, error) {
	list, err := s.q.ListStaleAssets(ctx, rows.ListStaleAssetsParams{UsedAt: micros(since), Limit: int64(limit)})
	out := make([]lectern.Asset, len(list))
	for i, r := range list {
		out[i] = lectern.Asset{Owner: r.Owner, SHA256: r.Sha256}
	}
	return out, s.failure("find unused assets", err)
}

// DeleteAsset removes an owner's asset. If it was the last asset with its content, the file of the content is a
// leftover from now on. An unknown asset is CodeNotFound. One that a presentation names is CodeConflict; so is one
// that was used after since, unless since is zero. With an error nothing changes.
func (s *Store) DeleteAsset(ctx context.Context, owner, sha256 string, since, now time.Time) error {
	return s.transact(ctx, "delete the asset", func(q *rows.Queries) error {
		if _, err := q.LockContent(ctx, sha256); err != nil {
			return err
		}
		id := rows.GetAssetParams{Owner: owner, Sha256: sha256}
		n, err := q.UseAsset(ctx, rows.UseAssetParams{Owner: owner, Sha256: sha256}) // time 0: only locks the row
		if err != nil {
			return err
		}
		if n == 0 {
			return noAsset(sha256)
		}
		a, err := q.GetAsset(ctx, id)
		if err != nil {
			return err
		}
		uses, err := q.CountAssetUses(ctx, rows.CountAssetUsesParams(id))
		switch {
		case err != nil:
			return err
		case uses > 0:
			return lectern.Fail(lectern.CodeConflict, "%d presentations name the asset; delete them first.", uses)
		case !since.IsZero() && a.UsedAt > micros(since):
			return lectern.Fail(lectern.CodeConflict, "The asset was used in the meantime.")
		}
		if _, err := q.DeleteAsset(ctx, rows.DeleteAssetParams(id)); err != nil {
			return err
		}
		return freeContent(ctx, q, sha256, now)
	})
}

// freeContent makes the file of a content a leftover if no asset has the content. The row of the content must be
// locked.
func freeContent(ctx context.Context, q *rows.Queries, sha256 string, now time.Time) error {
	left, err := q.CountAssetsOf(ctx, sha256)
	if err != nil || left > 0 {
		return err
	}
	file, err := q.GetContent(ctx, sha256)
	if err != nil {
		return err
	}
	if err := q.DeleteContent(ctx, sha256); err != nil {
		return err
	}
	return q.PutLeftover(ctx, rows.PutLeftoverParams{File: file, DueAt: micros(now)})
}

// Leftovers returns the names of files that are to be removed at now.
func (s *Store) Leftovers(ctx context.Context, now time.Time, limit int) ([]string, error) {
	list, err := s.q.ListLeftovers(ctx, rows.ListLeftoversParams{DueAt: micros(now), Limit: int64(limit)})
	return list, s.failure("find files to remove", err)
}

// ForgetLeftover drops the name of a file that was removed.
func (s *Store) ForgetLeftover(ctx context.Context, file string) error {
	_, err := s.writes().DeleteLeftover(ctx, file)
	return s.failure("forget a removed file", err)
}

// Unfit returns the uses that name an asset which the owner does not have, or which is not a picture.
func (s *Store) Unfit(ctx context.Context, owner string, uses []lectern.AssetUse) ([]lectern.AssetUse, error) {
	list, err := unfit(ctx, s.q, owner, uses)
	return list, s.failure("look for assets", err)
}

func unfit(ctx context.Context, q *rows.Queries, owner string, uses []lectern.AssetUse) ([]lectern.AssetUse, error) {
	kinds := map[string]lectern.AssetKind{} // by hash; "": the owner has none
	var out []lectern.AssetUse
	for _, u := range uses {
		kind, known := kinds[u.SHA256]
		if !known {
			row, err := q.GetAsset(ctx, rows.GetAssetParams{Owner: owner, Sha256: u.SHA256})
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, err
			}
			kind = lectern.AssetKind(row.Kind)
			kinds[u.SHA256] = kind
		}
		if u.Kind = kind; kind == "" || kind != u.Want {
			out = append(out, u)
		}
	}
	return out, nil
}

// holdAssets locks the assets that a deck names, so that they cannot be deleted until the transaction ends. It returns
// their hashes, or why the deck is refused.
func (w *writer) holdAssets(ctx context.Context, owner string, d lectern.Deck, at time.Time) (held []string, refused,
	err error) {
	uses := d.AssetUses()
	if len(uses) == 0 {
		return nil, nil, nil
	}
	owner = cmp.Or(owner, lectern.DefaultOwner)
	gone, err := unfit(ctx, w.q, owner, uses)
	if err != nil || len(gone) > 0 {
		return nil, lectern.UnfitAssets(gone), err
	}
	for _, u := range uses {
		held = append(held, u.SHA256)
	}
	slices.SortFunc(held, strings.Compare)
	held = slices.Compact(held)
	for _, sha := range held {
		n, err := w.q.UseAsset(ctx, rows.UseAssetParams{UsedAt: micros(at), Owner: owner, Sha256: sha})
		if err != nil {
			return nil, nil, err
		}
		if n == 0 { // deleted since it was found
			return nil, lectern.UnfitAssets(slices.DeleteFunc(uses, func(u lectern.AssetUse) bool { return u.SHA256 != sha })),
				nil
		}
	}
	return held, nil, nil
}

// nameAssets records which assets a presentation's deck names.
func (w *writer) nameAssets(ctx context.Context, p lectern.Presentation, held []string) error {
	for _, sha := range held {
		err := w.q.InsertAssetUse(ctx, rows.InsertAssetUseParams{
			PresentationID: p.ID, Owner: cmp.Or(p.Owner, lectern.DefaultOwner), Sha256: sha,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
