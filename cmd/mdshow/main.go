package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"mime"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/image/draw"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/config"
	"lectern/internal/deck"
	"lectern/internal/deck/markdown"
	"lectern/internal/picture"
)

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Printf("%+v\n", err)
		os.Exit(1)
	}
	return v
}

// mdshow FILE OUT THEMES LAYOUT [slides]
func main() {
	if code, child := app.ChildMain(os.Args[1:]); child {
		os.Exit(code)
	}
	ctx := context.Background()
	cfg, _, err := config.Load(config.Source{Environ: os.Environ()})
	must(0, err)
	tools := must(app.NewTools(cfg, slog.New(slog.DiscardHandler)))
	defer tools.Close()
	file, out := os.Args[1], os.Args[2]
	q := must(markdown.Parser{}.Parse(ctx, deck.Source{Name: filepath.Base(file), Folder: filepath.Dir(file), Bytes: must(os.ReadFile(file))}, nil, lectern.Limits{}))
	for _, f := range q.Faults {
		fmt.Printf("FAULT %+v\n", f)
	}
	q = q.Choose(lectern.Choice{})
	d := q.Deck
	for _, u := range tools.Slides.Files(d) {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(file), u.Path))
		if err != nil {
			fmt.Println("missing", u)
			continue
		}
		data := "data:" + mime.TypeByExtension(filepath.Ext(u.Path)) + ";base64," + base64.StdEncoding.EncodeToString(b)
		put(d.Slides[u.Slide-1].Props, u.Path, data)
	}
	only := map[int]bool{}
	if len(os.Args) > 5 {
		for _, s := range strings.Split(os.Args[5], ",") {
			n, _ := strconv.Atoi(s)
			only[n] = true
		}
	}
	for _, theme := range strings.Split(os.Args[3], ",") {
		d.Theme = theme
		d.Layout = lectern.Layout(os.Args[4])
		if d.Layout != lectern.LayoutSlideOnly {
			d.Avatar = "gia"
		}
		d := d.WithDefaults()
		var all []image.Image
		for i := range d.Slides {
			if len(only) > 0 && !only[i+1] {
				continue
			}
			page, warnings, err := tools.Slides.Page(d, i)
			if err != nil {
				fmt.Println(i+1, err)
				continue
			}
			for _, w := range warnings {
				fmt.Println(theme, w)
			}
			shot := must(tools.Browser.Capture(ctx, page, nil))
			if len(shot.Overflow) > 0 {
				fmt.Println(theme, i+1, "OVERFLOW", shot.Overflow)
			}
			drawn := must(png.Decode(bytes.NewReader(shot.PNG)))
			bg := must(picture.Background(*page.Background, d.Size, page.Scale))
			all = append(all, picture.Lay(drawn, bg))
		}
		cols := 2
		w, h := 960, 960*d.Size.Height/d.Size.Width
		sheet := image.NewRGBA(image.Rect(0, 0, cols*(w+10), (len(all)+cols-1)/cols*(h+10)))
		for i, im := range all {
			x, y := i%cols*(w+10), i/cols*(h+10)
			draw.ApproxBiLinear.Scale(sheet, image.Rect(x, y, x+w, y+h), im, im.Bounds(), draw.Src, nil)
		}
		f := must(os.Create(out + "-" + theme + ".png"))
		must(0, png.Encode(f, sheet))
		f.Close()
	}
}

func put(v any, path, data string) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if s, ok := e.(string); ok && filepath.Clean(s) == path && k != "title" {
				v[k] = data
			} else {
				put(e, path, data)
			}
		}
	case []any:
		for _, e := range v {
			put(e, path, data)
		}
	}
}
