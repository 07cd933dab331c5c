// Command gallery draws the pictures of docs/ and of the README with the code that makes videos. It is a tool of the
// project and is not installed for users.
//
//	go run ./cmd/gallery [-video FILE] DIR
//
// Pictures go into the folder media of DIR, and the index, GALLERY.md, next to it. FILE is the video of the demo, for
// the README's picture and preview. It exits with 2 for a wrong command line, and with 1 after any other failure.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/avatar/builtin"
	"lectern/internal/config"
	"lectern/internal/ffmpeg"
	"lectern/internal/picture"
)

// Sizes of pictures, in pixels.
const (
	slideWidth, slideHeight = 800, 450
	portraitSide            = 400
	previewWidth            = 480
	coverWidth              = 1280
	previewFrom, previewFor = 30, 10 // seconds of the demo
	coverAt                 = 17     // seconds into the demo
)

// gallery is one run.
type gallery struct {
	*app.Tools
	media string
	page  strings.Builder
}

func main() {
	if code, child := app.ChildMain(os.Args[1:]); child {
		os.Exit(code)
	}
	video := flag.String("video", "", "the video of the demo, for the README's picture and preview")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: gallery [-video FILE] DIR")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := draw(ctx, flag.Arg(0), *video); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

// draw draws everything into dir; video may be "".
func draw(ctx context.Context, dir, video string) (err error) {
	cfg, said, err := config.Load(config.Source{Environ: os.Environ()})
	if err != nil {
		return err
	}
	for _, w := range said {
		fmt.Fprintln(os.Stderr, w)
	}
	tools, err := app.NewTools(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tools.Close()) }()
	g := &gallery{Tools: tools, media: filepath.Join(dir, "media")}
	if err := os.MkdirAll(g.media, 0o755); err != nil {
		return fmt.Errorf("make the folder of pictures: %w", err)
	}
	g.page.WriteString("# Gallery\n\nDrawn by `make gallery`, through the code that makes videos.\n")
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"avatars", g.cast}, {"layouts", g.layouts}, {"templates and themes", g.templates},
	}
	for _, step := range steps {
		fmt.Fprintf(os.Stderr, "drawing %s\n", step.name)
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	if video != "" {
		if err := g.preview(ctx, video); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "GALLERY.md"), []byte(g.page.String()), 0o644)
}

// cast draws a portrait of every variant of every built-in avatar, and the sheet of mouth shapes.
func (g *gallery) cast(ctx context.Context) error {
	all, err := g.Avatars.Avatars(ctx)
	if err != nil {
		return err
	}
	g.page.WriteString("\n## Avatars\n\n")
	for _, a := range all {
		if a.Engine != "builtin" {
			continue // the gallery shows only avatars that every installation has
		}
		for _, v := range a.Variants {
			code := a.Code + "." + v.Code
			portrait, err := g.Avatars.Portrait(ctx, a.Engine+":"+code,
				lectern.Size{Width: portraitSide, Height: portraitSide})
			if err != nil {
				return err
			}
			if err := g.keep(ctx, "avatar-"+a.Code+"-"+v.Code, portrait); err != nil {
				return err
			}
			fmt.Fprintf(&g.page, "<img src=\"media/avatar-%s-%s.webp\" alt=\"%s, %s\" width=\"200\">\n", a.Code, v.Code,
				a.Name, v.Name)
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

// layouts renders a short video in each layout and writes a frame of it.
func (g *gallery) layouts(ctx context.Context) (err error) {
	l, err := app.OpenLocal(ctx, g.Config, app.LocalOptions{Version: "gallery", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	g.page.WriteString("\n## Layouts\n")
	themes := g.Slides.Themes()
	for i, layout := range lectern.Layouts() {
		deck := lectern.Deck{
			Size: lectern.Size{Width: 1280, Height: 720}, Layout: layout, Theme: themes[i%len(themes)].ID,
			Avatar: "gia",
			Slides: []lectern.Slide{{
				Template: "bullet-points", Narration: "This is where I stand.",
				Props: map[string]any{"title": strings.ReplaceAll(string(layout), "_", " "), "items": []any{
					"The words have the room that they need", "The presenter has the rest", "Nothing lies on anything else"}},
			}},
		}
		if err := g.layout(ctx, l, deck, "layout-"+string(layout)); err != nil {
			return err
		}
		fmt.Fprintf(&g.page, "\n`%s`\n\n![A frame in the layout %s](media/layout-%s.webp)\n", layout, layout, layout)
	}
	return nil
}

func (g *gallery) layout(ctx context.Context, l *app.Local, deck lectern.Deck, name string) error {
	deck, _, err := l.Check(ctx, deck)
	if err != nil {
		return err
	}
	p, err := l.Jobs.Submit(ctx, lectern.Submission{Deck: deck})
	if err != nil {
		return err
	}
	for v, err := range l.Jobs.Watch(ctx, p.ID, 0) {
		if err != nil {
			return err
		}
		p = v
	}
	if p.Error != nil {
		return p.Error
	}
	all, err := l.Jobs.Artifacts(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Kind != lectern.ArtifactVideo {
			continue
		}
		video := filepath.Join(l.Dir, name+".mp4")
		f, err := os.Create(video)
		if err != nil {
			return err
		}
		if err := errors.Join(l.Copy(ctx, a, f), f.Close()); err != nil {
			return err
		}
		return g.convert(ctx, nil, g.file(name+".webp"), "-ss", "1.2", "-i", video, "-frames:v", "1",
			"-vf", fmt.Sprintf("scale=%d:-2:flags=lanczos", slideWidth), "-quality", "82")
	}
	return lectern.Fail(lectern.CodeInternal, "The presentation %s has no video.", name)
}

// templates draws the sample of every template in every theme.
func (g *gallery) templates(ctx context.Context) error {
	g.page.WriteString(
		"\n## Templates\n\nEach with its sample, in every theme. `lectern templates ID` shows the props of a template.\n")
	for _, t := range g.Slides.Templates() {
		fmt.Fprintf(&g.page, "\n### %s\n\n%s\n\n", t.ID, t.Description)
		for _, theme := range g.Slides.Themes() {
			name := "template-" + t.ID + "-" + theme.ID
			if err := g.slide(ctx, name, t, theme.ID); err != nil {
				return fmt.Errorf("%s in %s: %w", t.ID, theme.ID, err)
			}
			fmt.Fprintf(&g.page, "<img src=\"media/%s.webp\" alt=\"%s in %s\" width=\"270\">\n", name,
				t.Name, theme.Name)
		}
	}
	return nil
}

func (g *gallery) slide(ctx context.Context, name string, t lectern.Template, theme string) error {
	deck := lectern.Deck{
		Theme: theme, Size: lectern.Size{Width: slideWidth, Height: slideHeight}, FrameRate: 30,
		Layout: lectern.LayoutSlideOnly,
		Slides: []lectern.Slide{{Template: t.ID, Props: t.Sample}},
	}
	page, _, err := g.Slides.Page(deck, 0)
	if err != nil {
		return err
	}
	var assets []lectern.Picture
	for _, url := range page.Assets {
		a, err := g.Web.Fetch(ctx, url)
		if err != nil {
			return err
		}
		assets = append(assets, a)
	}
	shot, err := g.Browser.Capture(ctx, page, assets)
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

// preview writes a picture and an animation of ten seconds of the demo.
func (g *gallery) preview(ctx context.Context, video string) error {
	err := g.convert(ctx, nil, g.file("demo.jpg"), "-ss", fmt.Sprint(coverAt), "-i", video, "-frames:v", "1", "-vf",
		fmt.Sprintf("scale=%d:-2:flags=lanczos", coverWidth), "-q:v", "3")
	if err != nil {
		return err
	}
	return g.convert(ctx, nil, g.file("demo.webp"), "-ss", fmt.Sprint(previewFrom), "-t", fmt.Sprint(previewFor),
		"-i", video, "-an",
		"-vf", fmt.Sprintf("fps=12,scale=%d:-2:flags=lanczos", previewWidth), "-c:v", "libwebp_anim", "-quality",
		"60", "-loop", "0")
}

// keep writes a picture to a WebP file.
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
	t, err := g.FFmpeg.Find()
	if err != nil {
		return err
	}
	return t.Run(ctx, ffmpeg.Run{Args: append(args, out), Stdin: in, What: "The picture " + filepath.Base(out) +
		" could not be written"})
}
