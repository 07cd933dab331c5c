package app

import (
	"errors"
	"io"

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
