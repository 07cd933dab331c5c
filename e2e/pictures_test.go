package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// photo returns a PNG of one colour, with noise in its rows so that it has more than 600 bytes.
func photo(t *testing.T, w, h int, c color.NRGBA) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	n := uint32(1)
	for y := range h {
		for x := range w {
			n = n*1664525 + 1013904223
			p := c
			if c.A == 255 {
				p.B += uint8(n>>24) % 8
			}
			img.SetNRGBA(x, y, p)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func dataURL(media string, b []byte) string {
	return "data:" + media + ";base64," + base64.StdEncoding.EncodeToString(b)
}

// TestV1DamagedPictures: a picture that cannot be shown, in a data address or from the web, fails its deck before
// anything is rendered, with a fault that names the slide. A good picture in the same deck is not a fault.
func TestV1DamagedPictures(t *testing.T) {
	t.Parallel()
	good := photo(t, 40, 30, color.NRGBA{200, 60, 60, 255})
	half := len(good) / 2
	avif, err := os.ReadFile("../internal/picturefile/testdata/still.avif")
	if err != nil {
		t.Fatal(err)
	}
	empty := bytes.Clone(avif)
	at := bytes.LastIndex(empty, []byte("mdat")) + 4
	for empty[at]>>3&15 != 6 { // to the frame, which becomes padding
		at += 2 + int(empty[at+1])
	}
	empty[at] = 15<<3 | 2
	cases := []struct {
		name, media string
		body        []byte
		says        string
		later       bool // only a browser finds the fault, so a check without one does not
	}{
		{"HTML named image/png", "image/png", []byte("<!doctype html><p>Not found</p>"),
			"it is an HTML page, although it is named image/png", false},
		{"a PNG cut at half", "image/png", good[:half], "it is a damaged PNG picture: its end is missing", false},
		{"an AVIF without a frame", "image/avif", empty, "it is damaged: its pixels cannot be read", true},
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, c := range cases {
			if r.URL.Path == "/"+strings.ReplaceAll(c.name, " ", "-") {
				w.Header().Set("Content-Type", c.media)
				_, _ = w.Write(c.body)
				return
			}
		}
		_, _ = w.Write(good)
	}))
	t.Cleanup(web.Close)
	s := serve(t, plain, "LECTERN_ASSETS_ALLOW_PRIVATE=true")
	for _, c := range cases {
		for way, address := range map[string]string{"data": dataURL(c.media, c.body), "http": web.URL + "/" +
			strings.ReplaceAll(c.name, " ", "-")} {
			deck, _ := json.Marshal(map[string]any{"avatar": "none", "preset": "draft", "slides": []any{
				map[string]any{"template": "big-image", "props": map[string]any{"title": "x", "image": web.URL + "/good.png"}},
				map[string]any{"template": "big-image", "props": map[string]any{"title": "x", "image": address}}}})
			a := s.must("POST", "/v1/presentations", string(deck))
			fault := a.json(t)
			if a.status == http.StatusAccepted {
				if way == "data" && !c.later {
					t.Errorf("%s (%s) was accepted", c.name, way)
				}
				v := s.awaitEnd(fmt.Sprint(fault["id"]))
				fault, _ = v.Error.(map[string]any)
				if v.Status != "failed" || fault == nil || v.Progress > 10 {
					t.Errorf("%s (%s): %+v", c.name, way, v)
					continue
				}
				fault["detail"] = fault["message"]
				if fault["slide"] != 2.0 {
					t.Errorf("%s (%s): %v", c.name, way, fault)
				}
			} else if a.status != http.StatusUnprocessableEntity {
				t.Errorf("%s (%s): status %d", c.name, way, a.status)
			}
			if fault["code"] != "asset_refused" || !strings.Contains(fmt.Sprint(fault["detail"]), c.says) {
				t.Errorf("%s (%s): %v does not say %q", c.name, way, fault, c.says)
			}
			code, out := command(t, string(deck), "render", "--out")
			if code != 3 || !strings.Contains(out, "slide 2") || !strings.Contains(out, c.says) {
				t.Errorf("render %s (%s): exit %d\n%s", c.name, way, code, out)
			}
			if code, out := command(t, string(deck), "check"); way == "data" && !c.later &&
				(code != 3 || !strings.Contains(out, c.says)) {
				t.Errorf("check %s (%s): exit %d\n%s", c.name, way, code, out)
			}
		}
	}
}

// command runs the program on a deck in an empty folder.
func command(t *testing.T, deck, name string, more ...string) (code int, out string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "deck.json")
	if err := os.WriteFile(file, []byte(deck), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{name, file}, more...)
	if name == "render" {
		args = append(args, filepath.Join(dir, "talk.mp4"))
	}
	cmd := exec.Command(plain, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "LECTERN_ASSETS_ALLOW_PRIVATE=true", "XDG_CACHE_HOME="+dir)
	b, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "talk.mp4")); err == nil {
		t.Errorf("%s left a video", name)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

// TestV8TooManyPixels: a picture of 96 megapixels is refused by a create and by a dry run, and so are three of 30
// megapixels on one slide.
func TestV8TooManyPixels(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	large := dataURL("image/png", zeroPNG(12_000, 8_000))
	for _, path := range []string{"/v1/presentations?dry_run=true", "/v1/presentations"} {
		a := s.must("POST", path, pictureDeck(large))
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body),
			"12000 × 8000 pixels, which is more than 40 million (limits.picture_pixels)") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	var icons []any
	for i := range 3 {
		icons = append(icons, map[string]any{"title": "x", "image": dataURL("image/png", zeroPNG(6_000, 5_000+i))})
	}
	deck, _ := json.Marshal(map[string]any{"avatar": "none", "slides": []any{map[string]any{"template": "four-box-grid",
		"props": map[string]any{"title": "x", "items": icons}}}})
	a := s.must("POST", "/v1/presentations?dry_run=true", string(deck))
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(string(a.body), "limits.slide_pixels") {
		t.Errorf("three pictures: %d %s", a.status, a.body)
	}
}

// TestV2V5WhatIsBehindAndAroundPictures: a transparent picture is on the theme's surface, and with fit: contain all of
// a picture is visible, on the same surface.
func TestV2V5WhatIsBehindAndAroundPictures(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	surface := color.NRGBA{0x1f, 0x19, 0x57, 255} // of dark-purple
	red := color.NRGBA{200, 60, 60, 255}
	glass := photo(t, 30, 30, color.NRGBA{})
	wide := photo(t, 400, 40, red)
	draw := func(template, fit string, picture []byte) image.Image {
		props := map[string]any{"title": "x", "content": "y", "image": dataURL("image/png", picture)}
		if fit != "" {
			props["fit"] = fit
		}
		body, _ := json.Marshal(map[string]any{"slides": []any{map[string]any{"templateId": template, "props": props}},
			"theme": "dark-purple"})
		a := s.must("POST", "/api/custom/slide-image/generate", string(body))
		img, err := png.Decode(bytes.NewReader(a.body))
		if err != nil {
			t.Fatalf("%s: %v %s", template, err, tail(string(a.body), 300))
		}
		if dir := os.Getenv("LECTERN_E2E_PICTURES"); dir != "" {
			_ = os.WriteFile(filepath.Join(dir, template+"-"+fit+fmt.Sprint(len(picture))+".png"), a.body, 0o600)
		}
		return img
	}
	near := func(img image.Image, x, y int, want color.NRGBA) bool {
		r, g, b, a := img.At(x, y).RGBA()
		d := func(v uint32, w uint8) bool { return int(v>>8)-int(w) < 12 && int(w)-int(v>>8) < 12 }
		return d(r, want.R) && d(g, want.G) && d(b, want.B) && a>>8 == 255
	}
	img := draw("big-image-left", "", glass)
	for _, at := range [][2]int{{200, 200}, {400, 540}, {600, 900}} {
		if !near(img, at[0], at[1], surface) {
			t.Errorf("V2: behind a transparent picture at %v is %v", at, img.At(at[0], at[1]))
		}
	}
	img = draw("big-image-left", "cover", wide)
	if !near(img, 400, 540, red) || !near(img, 200, 100, red) {
		t.Errorf("V5: cover leaves %v", img.At(200, 100))
	}
	for _, template := range []string{"big-image-left", "big-image-top", "content", "avatar-service", "big-image", "title",
		"hero-title", "thank-you", "quote-center"} {
		img = draw(template, "contain", wide)
		if template == "big-image-left" && (!near(img, 400, 540, red) || !near(img, 200, 100, surface) ||
			!near(img, 20, 540, red) || !near(img, 780, 540, red)) {
			t.Errorf("V5: contain shows %v in the middle and %v above it", img.At(400, 540), img.At(200, 100))
		}
	}
	bad := strings.Replace(pictureDeck(dataURL("image/png", wide)), `"title":"x"`, `"title":"x","fit":"stretch"`, 1)
	if a := s.must("POST", "/v1/presentations?dry_run=true", bad); a.status != 200 ||
		!strings.Contains(string(a.body), "unknown_choice") {
		t.Errorf("an unknown fit: %d %s", a.status, a.body)
	}
}
