package app

import (
	"context"
	"errors"
	"io"
	"time"

	"lectern"
	"lectern/internal/asset"
	"lectern/internal/media"
	"lectern/internal/picturefile"
)

// JudgeFile fails with CodeAssetRefused if a file of size bytes is not of a kind, such as a picture that a slide can
// show. The message completes the sentence "The file … cannot be used: ".
func (t *Tools) JudgeFile(r io.ReaderAt, size int64, kind lectern.AssetKind) error {
	info, err := media.Inspect(r, size, t.Decks.Kinds(),
		media.Limits{PictureBytes: asset.MaxPicture, FontBytes: asset.MaxFont, Picture: picturefile.Limits{
			Pixels: t.Config.Limits.PicturePixels, Elements: t.Config.Limits.SVGElements,
		}})
	switch u, unfit := errors.AsType[*media.Unfit](err); {
	case unfit:
		return lectern.Fail(lectern.CodeAssetRefused, "%s.", u.Text)
	case err == nil && info.Kind != kind:
		return lectern.Fail(lectern.CodeAssetRefused, "it is a %s (%s), not a %s.", info.Kind, info.Type, kind)
	}
	return err
}

// sounds reads the headers of sounds that are assets.
type sounds struct {
	contents asset.Contents
	tools    *Tools
}

// Length implements check.Sounds.
func (s sounds) Length(ctx context.Context, sha256 string) (time.Duration, error) {
	r, err := s.contents.Open(ctx, sha256)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	info, err := media.Inspect(seeker{r}, size, s.tools.Decks.Kinds(), media.Limits{PictureBytes: asset.MaxPicture})
	if err != nil || info.Kind != lectern.AssetSound {
		return 0, err
	}
	return info.Duration, nil
}

// seeker reads at any place of a file, for one reader at a time.
type seeker struct{ io.ReadSeeker }

// ReadAt implements io.ReaderAt.
func (s seeker) ReadAt(p []byte, at int64) (int, error) {
	if _, err := s.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.ReadSeeker, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
