package app

import (
	"errors"
	"io"

	"lectern"
	"lectern/internal/asset"
	"lectern/internal/media"
	"lectern/internal/picturefile"
)

// JudgePicture fails with CodeAssetRefused if a file of size bytes is not a picture that a slide can show. The message
// completes the sentence "The file … cannot be used: ".
func (t *Tools) JudgePicture(r io.ReaderAt, size int64) error {
	info, err := media.Inspect(r, size, t.Decks.Kinds(),
		media.Limits{PictureBytes: asset.MaxPicture, FontBytes: asset.MaxFont, Picture: picturefile.Limits{
			Pixels: t.Config.Limits.PicturePixels, Elements: t.Config.Limits.SVGElements,
		}})
	switch u, unfit := errors.AsType[*media.Unfit](err); {
	case unfit:
		return lectern.Fail(lectern.CodeAssetRefused, "%s.", u.Text)
	case err == nil && info.Kind != lectern.AssetPicture:
		return lectern.Fail(lectern.CodeAssetRefused, "it is a %s (%s), not a picture.", info.Kind, info.Type)
	}
	return err
}
