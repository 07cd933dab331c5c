package pptx

import (
	"context"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/deck"
)

// filmEndings are those of films, and of sounds that only office files have.
var filmEndings = []string{".mp4", ".m4v", ".mov", ".3gp", ".wmv", ".asf", ".avi", ".mpg", ".mpeg", ".mkv", ".webm",
	".wma"}

// filmEnding follows the name of a member in the name of its sound.
const filmEnding = ".flac"

// film is the sound of a film in the package.
type film struct {
	flac io.ReaderAt
	size int64
	why  string // completes "The recorded narration is not used, because": the sound cannot be had
}

// extract makes the sounds of recorded narrations that are films, or sounds in a format that decks may not have. A film
// whose sound cannot be read is no failure.
func (c *composer) extract(ctx context.Context, m Machine, shown []Slide) error {
	if m.Sound == nil || c.mode != "" && c.mode != deck.Recorded {
		return nil
	}
	c.made = map[string]film{}
	for _, s := range shown {
		n := s.Narration
		if n == nil {
			continue
		}
		ending := strings.ToLower(path.Ext(n.Member))
		if _, done := c.made[n.Member]; done || !slices.Contains(filmEndings, ending) {
			continue
		}
		f, err := c.film(ctx, m, n.Member, ending)
		if err != nil {
			return err
		}
		c.made[n.Member] = f
	}
	return nil
}

func (c *composer) film(ctx context.Context, m Machine, member, ending string) (film, error) {
	r, _, err := c.archive.file(member)
	if err != nil {
		return film{why: "its file cannot be unpacked"}, nil //nolint:nilerr // why says it
	}
	defer r.Close()
	flac, size, err := m.Sound(ctx, r, ending)
	switch f, ok := errors.AsType[*lectern.Failure](err); {
	case err == nil:
		return film{flac: flac, size: size}, nil
	case ctx.Err() != nil:
		return film{}, context.Cause(ctx)
	case ok && f.Code == lectern.CodeMissingTool:
		return film{why: "ffmpeg is not installed, which reads the sound of films"}, nil
	}
	return film{why: "ffmpeg finds no sound in it that it can read"}, nil
}

// file opens a member of the package, or the sound of a film in it.
func (c *composer) file(name string) (io.ReadCloser, int64, error) {
	if member, ok := strings.CutSuffix(name, filmEnding); ok {
		if f, ok := c.made[member]; ok && f.flac != nil {
			return io.NopCloser(io.NewSectionReader(f.flac, 0, f.size)), f.size, nil
		}
	}
	return c.archive.file(name)
}
