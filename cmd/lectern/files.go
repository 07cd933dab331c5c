package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/deck"
)

// keeper makes an asset of a file next to a deck and returns the hash of its content.
type keeper func(ctx context.Context, name string, f *os.File, size int64) (sha256 string, err error)

// attach returns q with assets in place of the files that its deck names, and the hashes of the assets by path. A
// file must be in the deck's folder: no path and no link leads out of it. A file that cannot be used is among the
// faults, for each place that names it.
func attach(ctx context.Context, q deck.Request, folder string, t *app.Tools, keep keeper) (deck.Request,
	map[string]string, error) {
	uses := t.Slides.Files(q.Deck)
	if len(uses) == 0 {
		return q, nil, nil
	}
	found := map[string]string{}
	q, err := q.Attach(uses, found, func(u lectern.FileUse) (sum, why string, err error) {
		sum, err = attachFile(ctx, q, folder, u, t, keep)
		f, ok := errors.AsType[*lectern.Failure](err)
		switch {
		case err == nil, ok && !f.Code.IsFault() && f.Code != lectern.CodeUnsupported, !ok && ctx.Err() != nil:
			return sum, "", err
		case ok:
			return "", " cannot be used: " + f.Message, nil
		}
		return "", " cannot be used: it cannot be read: " + bare(err).Error() + ".", nil
	})
	if err != nil {
		return q, nil, err
	}
	return q, found, nil
}

func attachFile(ctx context.Context, q deck.Request, folder string, u lectern.FileUse, t *app.Tools, keep keeper) (
	string, error) {
	if sum, err := attachMember(ctx, q, u, keep); !errors.Is(err, fs.ErrNotExist) {
		return sum, err
	}
	if folder == "" {
		return "", lectern.Fail(lectern.CodeAssetRefused, "a deck from standard input has no folder with files.")
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(u.Path))
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", lectern.Fail(lectern.CodeAssetRefused, "it is not a file.")
	}
	if err := t.JudgeFile(f, info.Size(), u.Kind); err != nil {
		return "", err
	}
	return keep(ctx, filepath.Base(u.Path), f, info.Size())
}

// attachMember makes an asset of a file that is inside the deck's own file. It returns fs.ErrNotExist if there is none.
func attachMember(ctx context.Context, q deck.Request, u lectern.FileUse, keep keeper) (string, error) {
	r, size, err := q.File(u.Path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	f, err := os.CreateTemp("", "lectern-member-*"+filepath.Ext(u.Path))
	if err != nil {
		return "", err
	}
	defer func() { _ = errors.Join(f.Close(), os.Remove(f.Name())) }()
	if _, err := io.Copy(f, r); err != nil {
		return "", err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return keep(ctx, filepath.Base(u.Path), f, size)
}

// closeDeck closes the file of a deck that was read. What was read from it stays.
func closeDeck(s deck.Source) {
	if f, ok := s.At.(io.Closer); ok {
		_ = f.Close() // it was only read
	}
}

// hasContent reports whether a file has this size and this hash.
func hasContent(path string, size int64, sum string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() != size {
		return false
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && hex.EncodeToString(h.Sum(nil)) == sum
}

// hashFile is the keeper of a check, which stores nothing. paths gets the path of each file by its hash.
func hashFile(folder string, paths map[string]string) keeper {
	return func(_ context.Context, _ string, f *os.File, _ int64) (string, error) {
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return "", err
		}
		sum := hex.EncodeToString(h.Sum(nil))
		paths[sum] = f.Name()
		return sum, nil
	}
}
