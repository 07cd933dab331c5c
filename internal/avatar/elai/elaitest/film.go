package elaitest

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lectern/internal/proc"
)

var films sync.Map // text → func() ([]byte, error)

// Film returns the clip for a text: 1920×1080, 25 frames a second, a figure with soft edges that sways in front of
// #00FF00, and a beep every 0.3 s. Each process makes the clip of a text once.
func Film(text string) ([]byte, error) {
	f, _ := films.LoadOrStore(text, sync.OnceValues(func() ([]byte, error) { return film1080(text) }))
	return f.(func() ([]byte, error))()
}

// Seconds is how long the film of a text lasts.
func Seconds(text string) float64 { return 0.4 + 0.3*float64(len(strings.Fields(text))) }

func film1080(text string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "elaitest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	figure, out := filepath.Join(dir, "figure.png"), filepath.Join(dir, "film.mp4")
	f, err := os.Create(figure)
	if err != nil {
		return nil, err
	}
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, Figure()); err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	seconds := fmt.Sprintf("%.2f", Seconds(text))
	err = proc.Run(context.Background(), proc.Command{Path: "ffmpeg", Args: []string{
		"-nostdin", "-hide_banner", "-loglevel", "error", "-y",
		"-f", "lavfi", "-i", "color=c=0x00FF00:s=1920x1080:r=25,format=gbrp",
		"-framerate", "25", "-loop", "1", "-i", figure,
		"-f", "lavfi", "-i", "aevalsrc=0.3*sin(2*PI*(200+40*floor(mod(t\\,3)))*t)*lt(mod(t\\,0.3)\\,0.22):s=44100",
		"-filter_complex", "[0:v][1:v]overlay=format=gbrp:x='420+30*sin(2*t)':y=0,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p[v]",
		"-map", "[v]", "-map", "2:a", "-t", seconds, "-c:v", "libx264", "-preset", "ultrafast", "-crf", "16",
		"-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
		"-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", out,
	}})
	if err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// Figure is the presenter of all films, 1080×1080: head, hair that thins out, shoulders. Its edges are soft, as hair
// and motion make them, and green is the strongest colour of none of its pixels.
func Figure() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 1080, 1080))
	for y := range 1080 {
		for x := range 1080 {
			fx, fy := float64(x)+0.5, float64(y)+0.5
			hair := soft(ellipse(fx, fy, 540, 330, 215, 250), 26)
			head := soft(ellipse(fx, fy, 540, 370, 160, 210), 3)
			body := soft(ellipse(fx, fy, 540, 1120, 430, 480), 4)
			var c [3]float64
			a := 0.0
			lay := func(r, g, b, alpha float64) {
				c = [3]float64{c[0]*(1-alpha) + r*alpha, c[1]*(1-alpha) + g*alpha, c[2]*(1-alpha) + b*alpha}
				a = a*(1-alpha) + alpha
			}
			lay(64, 44, 38, hair)
			lay(52+20*fy/1080, 60, 110, body)
			lay(224, 172, 150, head)
			if a > 0 {
				m.SetNRGBA(x, y, color.NRGBA{R: byte(c[0]/a + 0.5), G: byte(c[1]/a + 0.5), B: byte(c[2]/a + 0.5),
					A: byte(a*255 + 0.5)})
			}
		}
	}
	return m
}

// ellipse estimates how far a point is outside an ellipse, in pixels; inside it is negative.
func ellipse(x, y, cx, cy, rx, ry float64) float64 {
	return (math.Hypot((x-cx)/rx, (y-cy)/ry) - 1) * min(rx, ry)
}

func soft(distance, width float64) float64 {
	t := min(max(0.5-distance/(2*width), 0), 1)
	return t * t * (3 - 2*t)
}
