package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lectern"
	"lectern/internal/avatar/builtin"
	"lectern/internal/deck"
	"lectern/internal/ffmpeg"
	"lectern/internal/picture"
)

// galleryCmd draws the pictures of the documentation, through the code that makes videos.
type galleryCmd struct {
	Dir   string `arg:"" help:"The folder of the documentation; pictures go into media, the index beside it."`
	Video string `help:"The demo's video, for the README's picture and preview." placeholder:"FILE"`
}

// The measures of pictures, in pixels.
const (
	slideWidth, slideHeight = 800, 450
	portraitSide            = 400
	previewWidth            = 480
	coverWidth              = 1280
	previewFrom, previewFor = 30, 10 // seconds of the demo
	coverAt                 = 17     // seconds into the demo
)

// gallery is a run of galleryCmd.
type gallery struct {
	*kit
	media string
	page  strings.Builder
}

// Run implements the command.
func (c *galleryCmd) Run(ctx context.Context, s streams, set *settings) (err error) {
	cfg, err := set.load(s, nil)
	if err != nil {
		return err
	}
	k, err := newKit(cfg, quietLog())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	g := &gallery{kit: k, media: filepath.Join(c.Dir, "media")}
	if err := os.MkdirAll(g.media, 0o755); err != nil {
		return fmt.Errorf("make the folder of pictures: %w", bare(err))
	}
	g.page.WriteString("# Gallery\n\nDrawn by `make gallery`, through the code that makes videos.\n")
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"avatars", g.cast},
		{"layouts", func(ctx context.Context) error { return g.layouts(ctx, s) }},
		{"templates and themes", g.templates},
	}
	for _, step := range steps {
		fmt.Fprintf(s.err, "drawing %s\n", step.name)
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	if c.Video != "" {
		if err := g.preview(ctx, c.Video); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(c.Dir, "GALLERY.md"), []byte(g.page.String()), 0o644)
}

// cast draws a portrait of every avatar in every variant, and the sheet of mouth shapes.
func (g *gallery) cast(ctx context.Context) error {
	all, err := g.avatars.Avatars(ctx)
	if err != nil {
		return err
	}
	g.page.WriteString("\n## Avatars\n\n")
	for _, a := range all {
		if a.Engine != "builtin" {
			continue // the gallery shows what everybody has
		}
		for _, v := range a.Variants {
			code := a.Code + "." + v.Code
			portrait, err := g.avatars.Portrait(ctx, a.Engine+":"+code, lectern.Size{Width: portraitSide, Height: portraitSide})
			if err != nil {
				return err
			}
			if err := g.keep(ctx, "avatar-"+a.Code+"-"+v.Code, portrait); err != nil {
				return err
			}
			fmt.Fprintf(&g.page, "<img src=\"media/avatar-%s-%s.webp\" alt=\"%s, %s\" width=\"200\">\n", a.Code, v.Code, a.Name, v.Name)
		}
	}
	g.page.WriteString("\n")
	for _, a := range all {
		fmt.Fprintf(&g.page, "- `%s`: %s\n", a.Code, a.Description)
	}
	sheet, err := builtin.VisemeSheet(builtin.New())
	if err != nil {
		return err
	}
	g.page.WriteString("\n### Mouth shapes\n\n![The mouth shapes of both avatars](media/visemes.webp)\n")
	return g.keep(ctx, "visemes", sheet)
}

// layouts renders a short video in each layout and keeps a frame of it.
func (g *gallery) layouts(ctx context.Context, s streams) (err error) {
	l, err := newLocal(ctx, g.cfg, "", s, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	g.page.WriteString("\n## Layouts\n")
	themes := g.slides.Themes()
	for i, layout := range lectern.Layouts() {
		data, err := json.Marshal(map[string]any{
			"size": lectern.Size{Width: 1280, Height: 720}, "layout": layout, "theme": themes[i%len(themes)].ID, "avatar": "gia",
			"slides": []any{map[string]any{
				"template": "bullet-points", "narration": "This is where I stand.",
				"props": map[string]any{"title": strings.ReplaceAll(string(layout), "_", " "), "items": []string{"The words have the room that they need", "The presenter has the rest", "Nothing lies on anything else"}},
			}},
		})
		if err != nil {
			return fmt.Errorf("write a deck: %w", err)
		}
		if err := g.layout(ctx, l, deck.Source{Bytes: data}, "layout-"+string(layout)); err != nil {
			return err
		}
		fmt.Fprintf(&g.page, "\n`%s`\n\n![A frame in the layout %s](media/layout-%s.webp)\n", layout, layout, layout)
	}
	return nil
}

func (g *gallery) layout(ctx context.Context, l *local, source deck.Source, name string) error {
	p, err := l.create(ctx, source)
	if err != nil {
		return err
	}
	if p, err = l.follow(ctx, p.ID, func(lectern.Presentation) {}); err != nil {
		return err
	}
	if p.Error != nil {
		return p.Error
	}
	files, err := l.files(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, k := range files {
		if k.kind != lectern.ArtifactVideo {
			continue
		}
		video := filepath.Join(l.dir, name+".mp4")
		if err := save(ctx, k, video); err != nil {
			return err
		}
		return g.convert(ctx, nil, g.file(name+".webp"), "-ss", "1.2", "-i", video, "-frames:v", "1", "-vf", fmt.Sprintf("scale=%d:-2:flags=lanczos", slideWidth), "-quality", "82")
	}
	return lectern.Fail(lectern.CodeInternal, "The layout's presentation has left no video.")
}

// templates draws the sample of every template in every theme.
func (g *gallery) templates(ctx context.Context) error {
	g.page.WriteString("\n## Templates\n\nEach with its sample, in every theme. `lectern templates ID` shows what one takes.\n")
	for _, t := range g.slides.Templates() {
		fmt.Fprintf(&g.page, "\n### %s\n\n%s\n\n", t.ID, t.Description)
		for _, theme := range g.slides.Themes() {
			name := "template-" + t.ID + "-" + theme.ID
			if err := g.slide(ctx, name, t, theme.ID); err != nil {
				return fmt.Errorf("%s in %s: %w", t.ID, theme.ID, err)
			}
			fmt.Fprintf(&g.page, "<img src=\"media/%s.webp\" alt=\"%s in %s\" width=\"270\">\n", name, t.Name, theme.Name)
		}
	}
	return nil
}

func (g *gallery) slide(ctx context.Context, name string, t lectern.Template, theme string) error {
	deck := lectern.Deck{
		Theme: theme, Size: lectern.Size{Width: slideWidth, Height: slideHeight}, FrameRate: 30, Layout: lectern.LayoutSlideOnly,
		Slides: []lectern.Slide{{Template: t.ID, Props: t.Sample}},
	}
	page, _, err := g.slides.Page(deck, 0)
	if err != nil {
		return err
	}
	var assets []lectern.Asset
	for _, url := range page.Assets {
		a, err := g.assets.Fetch(ctx, url)
		if err != nil {
			return err
		}
		assets = append(assets, a)
	}
	shot, err := g.browser.Capture(ctx, page, assets)
	if err != nil {
		return err
	}
	drawn, err := png.Decode(bytes.NewReader(shot.PNG))
	if err != nil {
		return err
	}
	background, err := picture.Background(*page.Background, deck.Size, page.Scale)
	if err != nil {
		return err
	}
	return g.keep(ctx, name, picture.Lay(drawn, background))
}

// preview keeps a picture and ten moving seconds of the demo.
func (g *gallery) preview(ctx context.Context, video string) error {
	err := g.convert(ctx, nil, g.file("demo.jpg"), "-ss", fmt.Sprint(coverAt), "-i", video, "-frames:v", "1", "-vf", fmt.Sprintf("scale=%d:-2:flags=lanczos", coverWidth), "-q:v", "3")
	if err != nil {
		return err
	}
	return g.convert(ctx, nil, g.file("demo.webp"), "-ss", fmt.Sprint(previewFrom), "-t", fmt.Sprint(previewFor), "-i", video, "-an",
		"-vf", fmt.Sprintf("fps=12,scale=%d:-2:flags=lanczos", previewWidth), "-c:v", "libwebp_anim", "-quality", "60", "-loop", "0")
}

// keep writes a picture as WebP.
func (g *gallery) keep(ctx context.Context, name string, picture image.Image) error {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	return g.convert(ctx, &b, g.file(name+".webp"), "-f", "png_pipe", "-i", "-", "-frames:v", "1", "-quality", "84")
}

func (g *gallery) file(name string) string { return filepath.Join(g.media, name) }

// convert runs ffmpeg with out as its output.
func (g *gallery) convert(ctx context.Context, in io.Reader, out string, args ...string) error {
	t, err := g.ffmpeg.find()
	if err != nil {
		return err
	}
	return t.Run(ctx, ffmpeg.Run{Args: append(args, out), Stdin: in, What: "The picture " + filepath.Base(out) + " could not be written"})
}
