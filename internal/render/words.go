package render

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"lectern"
	"lectern/internal/captions"
	"lectern/internal/contentkey"
)

// segmenter finds words for captions.
type segmenter struct {
	*steps
	*outline
	browser Browser
	tool    Segmenter // nil: there is none
}

// segment finds the words of narrations in scripts without spaces. Where this fails, captions are divided less well,
// and there is a warning.
func (u *segmenter) segment(ctx context.Context) error {
	for _, s := range u.slides {
		if s.script.Silent() || !captions.Unspaced(s.script.Text) {
			continue
		}
		breaks, err := u.words(ctx, s)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			u.warn([]lectern.Warning{{Code: "caption_words", Slide: s.number,
				Message: "Chromium could not find the words of this narration; its captions may end inside of words."}})
			continue
		}
		s.breaks = breaks
	}
	return nil
}

var errNoSegmenter = errors.New("there is no segmenter")

// words returns where the words of a slide's narration begin, from the cache if it has them.
func (u *segmenter) words(ctx context.Context, s *slide) ([]int, error) {
	if u.tool == nil {
		return nil, errNoSegmenter
	}
	browser, err := u.browser.Version(ctx)
	if err != nil {
		return nil, err
	}
	text, language := s.script.Text, u.deck.Slides[s.index].Voice.Language
	f, err := u.step(ctx, lectern.StepSegment, s.number, contentkey.Of(lectern.StepSegment, text, language, browser),
		".words", func(path string) error {
			at, err := u.tool.Segment(ctx, language, text)
			if err != nil {
				return err
			}
			b, err := json.Marshal(at)
			if err != nil {
				return err
			}
			return os.WriteFile(path, b, 0o666)
		})
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	var at []int
	if err := json.Unmarshal(b, &at); err != nil {
		return nil, errors.Join(err, u.cache.Drop(f.key+".words"))
	}
	return at, nil
}
