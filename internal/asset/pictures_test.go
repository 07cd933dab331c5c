package asset_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/asset"
)

// web has one picture.
type web struct{}

func (web) Allowed(url string) error {
	if url != "https://example.com/a.png" {
		return lectern.Fail(lectern.CodeAssetRefused, "No.")
	}
	return nil
}

func (w web) Fetch(_ context.Context, url string) (lectern.Picture, error) {
	return lectern.Picture{URL: url, Body: []byte("web")}, w.Allowed(url)
}

// drawer draws blank pages and counts them.
type drawer struct {
	pages []lectern.Page
	bad   bool
}

func (d *drawer) Capture(_ context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error) {
	d.pages = append(d.pages, p)
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, p.Width, p.Height)))
	c := lectern.Capture{PNG: b.Bytes()}
	if d.bad || len(assets) != 1 || assets[0].ContentType != "image/svg+xml" {
		c.Overflow = []lectern.Overflow{{}}
	}
	return c, err
}

// cache keeps files in a folder.
type cache string

func (c cache) Make(_ context.Context, key string, write func(string) error) (string, error) {
	path := filepath.Join(string(c), key)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, write(path)
}

// Pictures come from assets and from the web. A drawing is drawn once and becomes a picture.
func TestPictures(t *testing.T) {
	t.Parallel()
	r, d := newRig(t), &drawer{}
	p := &asset.Pictures{Web: web{}, Contents: r.Service, Drawer: d, Cache: cache(t.TempDir())}
	body := picture(t, 1)
	shot, _ := r.add(t, "", "", body)
	drawing, _ := r.add(t, "", "", []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="4cm" viewBox="0 0 400 100"/>`))
	text, _ := r.add(t, "", "", []byte("# Notes"))

	got, err := p.Fetch(t.Context(), "https://example.com/a.png")
	if err != nil || string(got.Body) != "web" {
		t.Errorf("the web: %v %q", err, got.Body)
	}
	url := lectern.PageAddress(shot.SHA256)
	got, err = p.Fetch(t.Context(), url)
	if err != nil || got.URL != url || got.ContentType != "image/png" || got.Pixels != 600 ||
		!bytes.Equal(got.Body, body) {
		t.Errorf("a picture: %v %+v", err, got)
	}
	for range 2 {
		got, err = p.Fetch(t.Context(), lectern.PageAddress(drawing.SHA256))
		if err != nil || got.ContentType != "image/png" || got.Pixels != 2048*512 || len(d.pages) != 1 {
			t.Errorf("a drawing: %v %s, %d pixels, drawn %d times", err, got.ContentType, got.Pixels, len(d.pages))
		}
	}
	for _, c := range []struct{ sum, says string }{{text.SHA256, "not a picture"},
		{strings.Repeat("0", 64), "has been deleted"}} {
		if _, err := p.Fetch(t.Context(), lectern.PageAddress(c.sum)); !is(err, lectern.CodeAssetRefused) ||
			!strings.Contains(err.Error(), c.says) {
			t.Errorf("%v", err)
		}
	}
	for address, want := range map[string]bool{url: true, "https://example.com/a.png": true,
		"https://example.com/b.png": false, url[:len(url)-1]: false} {
		if err := p.Allowed(address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	p.Cache, d.bad = nil, true
	if _, err := p.Fetch(t.Context(), lectern.PageAddress(drawing.SHA256)); !is(err, lectern.CodeAssetRefused) {
		t.Errorf("a drawing that the browser cannot draw: %v", err)
	}
	p.Drawer = nil
	if _, err := p.Fetch(t.Context(), lectern.PageAddress(drawing.SHA256)); !is(err, lectern.CodeAssetRefused) {
		t.Errorf("without a browser: %v", err)
	}
}

// Local reads the files of a check without a server.
func TestLocal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(path, picture(t, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := strings.Repeat("1", 64)
	p := &asset.Pictures{Web: web{}, Contents: asset.Local{sum: path}}
	if got, err := p.Fetch(t.Context(), lectern.PageAddress(sum)); err != nil || got.Pixels != 600 {
		t.Errorf("%v %+v", err, got)
	}
}
