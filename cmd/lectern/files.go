package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/deck"
)

// keeper makes an asset of a file next to a deck and returns the hash of its content.
type keeper func(ctx context.Context, name string, f *os.File, size int64) (sha256 string, err error)

// attach returns q with assets in place of the files that its deck names: files of the deck's folder, and none that a
// path or a link leads out of it. A file that cannot be used is among the faults, for each place that names it.
func attach(ctx context.Context, q deck.Request, folder string, t *app.Tools, keep keeper) (deck.Request,
	map[string]string, error) {
	uses := t.Slides.Files(q.Deck)
	if len(uses) == 0 {
		return q, nil, nil
	}
	found, wrong := map[string]string{}, map[string]string{}
	for _, u := range uses {
		if found[u.Path] != "" || wrong[u.Path] != "" {
			continue
		}
		sum, err := attachFile(ctx, folder, u.Path, t, keep)
		f, ok := errors.AsType[*lectern.Failure](err)
		switch {
		case err == nil:
			found[u.Path] = sum
		case ok && (f.Code.IsFault() || f.Code == lectern.CodeUnsupported):
			wrong[u.Path] = f.Message
		case ok || ctx.Err() != nil:
			return q, nil, err
		default:
			wrong[u.Path] = "it cannot be read: " + bare(err).Error() + "."
		}
	}
	q.Deck, q.Faults = q.Deck.WithFiles(uses, found), slices.Clone(q.Faults)
	for _, u := range uses {
		if why := wrong[u.Path]; why != "" {
			f := lectern.Fail(lectern.CodeAssetRefused, "The file %q next to the deck cannot be used: %s",
				lectern.Shorten(u.Path), why)
			q.Faults = append(q.Faults, *f.On(q.Places.Written(u.Param)).At(u.Slide))
		}
	}
	return q, found, nil
}

func attachFile(ctx context.Context, folder, path string, t *app.Tools, keep keeper) (string, error) {
	if folder == "" {
		return "", lectern.Fail(lectern.CodeAssetRefused, "a deck from standard input has no folder in which it could be.")
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(path))
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", lectern.Fail(lectern.CodeAssetRefused, "it is no file.")
	}
	if err := t.JudgePicture(f, info.Size()); err != nil {
		return "", err
	}
	return keep(ctx, filepath.Base(path), f, info.Size())
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
