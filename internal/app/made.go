package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/contentkey"
)

// Made is the record of a video that was rendered, by which a later process finds that its files are still up to date.
// Records are entries of the cache.
type Made struct {
	Slides int           `json:"slides"`
	Length time.Duration `json:"length"`
	Files  []MadeFile    `json:"files"`
}

// MadeFile is one file of a presentation.
type MadeFile struct {
	Kind   lectern.ArtifactKind `json:"kind"`
	Slide  int                  `json:"slide,omitempty"`
	Size   int64                `json:"size"`
	SHA256 string               `json:"sha256"`
}

// MadeKey is the key of the record of a deck whose files are assets. It depends on the deck, the contents of its files,
// the settings and the program. Other programs, fonts and voices of the machine are not part of it. build tells builds
// with one version apart. Without ok nothing can be said of the deck, because it shows pictures of the web, which
// change.
func (l *Local) MadeKey(d lectern.Deck, build string) (key string, ok bool) {
	for i := range d.Slides {
		if d.Slides[i].Page != nil {
			continue
		}
		page, _, err := l.Slides.Page(d.WithDefaults(), i)
		if err != nil || slices.ContainsFunc(page.Assets, func(address string) bool {
			_, asset := lectern.AssetOfPage(address)
			return !asset
		}) {
			return "", false
		}
	}
	text, err := json.Marshal(d)
	if err != nil {
		return "", false
	}
	cfg := l.Config
	cfg.DataDir, cfg.Log = "", config.Log{}
	return contentkey.Of(lectern.StepPublish, "made", string(text), fmt.Sprintf("%+v", cfg), l.opt.Version, build), true
}

// Recall returns the record with a key.
func (l *Local) Recall(key string) (m Made, ok bool) {
	path, ok := l.cache.Get(key + madeEnding)
	if !ok {
		return Made{}, false
	}
	b, err := os.ReadFile(path)
	return m, err == nil && json.Unmarshal(b, &m) == nil && len(m.Files) > 0
}

const madeEnding = ".json"

// Record stores the record of a completed presentation, in place of an earlier one.
func (l *Local) Record(ctx context.Context, key string, p lectern.Presentation) error {
	artifacts, err := l.Jobs.Artifacts(ctx, p.ID)
	if err != nil {
		return err
	}
	m := Made{Slides: p.SlidesTotal, Length: p.Duration()}
	for _, a := range artifacts {
		m.Files = append(m.Files, MadeFile{a.Kind, a.Slide, a.Size, a.SHA256})
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := l.cache.Drop(key + madeEnding); err != nil {
		return err
	}
	_, err = l.cache.Put(key+madeEnding, func(path string) error { return os.WriteFile(path, text, 0o600) })
	return err
}

// Ahead begins to turn the office files of a deck into PDF, whose files are assets. A render of the deck finds them in
// the cache, or waits for them. Files of several decks that wait share one process of LibreOffice. What goes wrong is
// left to the render.
func (l *Local) Ahead(d lectern.Deck) {
	last := map[string]int{}
	for _, s := range d.Slides {
		if s.Page != nil {
			if sha, _, ok := lectern.AssetAddress(s.Page.File); ok {
				last[sha] = max(last[sha], s.Page.Page)
			}
		}
	}
	for sha, pages := range last {
		steps := d.ShowsClicks(sha)
		l.ahead.Go(func() {
			key, err := l.pages.Key(l.life, sha, lectern.Unlock{}, steps)
			if err != nil {
				return
			}
			_, _ = l.cache.Make(l.life, key+".pdf", func(path string) error {
				return l.pages.PDF(l.life, sha, lectern.Unlock{}, pages, steps, path)
			})
		})
	}
}
