package h264

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/proc"
	"lectern/internal/soak"
)

// options returns the arguments with which Lectern runs x264, except for the entropy coder.
func options(cabac bool, more string) []string {
	p := "scenecut=0:open-gop=0:stitchable=1:aud=1:force-cfr=1:weightp=0"
	if !cabac {
		p += ":cabac=0"
	}
	if more != "" {
		p += ":" + more
	}
	return []string{"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "18", "-pix_fmt", "yuv420p",
		"-bf", "0", "-refs", "1", "-sc_threshold", "0", "-x264-params", p, "-bsf:v",
		"filter_units=remove_types=6", "-f", "h264"}
}

func ffmpeg(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	out, err := proc.Output(t.Context(), proc.Command{Path: "ffmpeg", Stdin: bytes.NewReader(in),
		Args: append([]string{"-nostdin", "-hide_banner", "-loglevel", "error", "-y"}, args...)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// decoded returns a stream's pictures as libavcodec decodes them. A warning or an error fails the test.
func decoded(t testing.TB, stream []byte) []byte {
	t.Helper()
	var said []string
	var out bytes.Buffer
	err := proc.Run(t.Context(), proc.Command{Path: "ffmpeg", Stdin: bytes.NewReader(stream), Stdout: &out,
		OnStderr: func(l string) { said = append(said, l) },
		Args: []string{"-nostdin", "-hide_banner", "-loglevel", "warning", "-err_detect", "explode",
			"-xerror", "-f", "h264", "-i", "pipe:0", "-f", "rawvideo", "pipe:1"}})
	if err != nil || len(said) > 0 {
		t.Fatalf("libavcodec: %v\n%s", err, strings.Join(said, "\n"))
	}
	return out.Bytes()
}

// crop cuts a rectangle out of raw pictures.
func crop(pictures []byte, size lectern.Size, at lectern.Rect) []byte {
	var out []byte
	frame := size.Width * size.Height * 3 / 2
	plane := func(p []byte, width, x, y, w, h int) {
		for row := range h {
			out = append(out, p[(y+row)*width+x:][:w]...)
		}
	}
	for ; len(pictures) >= frame; pictures = pictures[frame:] {
		w, h := size.Width, size.Height
		plane(pictures, w, at.X, at.Y, at.Width, at.Height)
		plane(pictures[w*h:], w/2, at.X/2, at.Y/2, at.Width/2, at.Height/2)
		plane(pictures[w*h*5/4:], w/2, at.X/2, at.Y/2, at.Width/2, at.Height/2)
	}
	return out
}

// scene is a film in which something moves in the middle of a rectangle of a still.
type scene struct {
	size        lectern.Size
	at          lectern.Rect // whole macroblocks
	groups      []int64
	cabac       bool
	keys, small []byte
}

// film encodes the scene's key pictures into keys, and the rectangle of all other pictures into small.
func (s *scene) film(t testing.TB) {
	t.Helper()
	n, keys, first := int64(0), "", int64(0)
	var at []string
	for _, g := range s.groups {
		at = append(at, fmt.Sprintf("eq(n\\,%d)", n))
		n += g
		first = max(first, g-1)
	}
	keys = strings.Join(at, "+")
	source := fmt.Sprintf("testsrc=s=%dx%d:r=30:d=%f", s.size.Width, s.size.Height, 0.01)
	move := fmt.Sprintf("testsrc2=s=%dx%d:r=30", s.at.Width-64, s.at.Height-64)
	graph := fmt.Sprintf(
		"%s,loop=loop=-1:size=1[still];%s[move];[still][move]overlay=x=%d:y=%d:shortest=1,trim=end_frame=%d,format=yuv420p",
		source, move, s.at.X+32, s.at.Y+32, n)
	s.keys = ffmpeg(t, nil,
		append([]string{"-f", "lavfi", "-i", graph + fmt.Sprintf(",select='%s',setpts=N/30/TB", keys),
			"-g", fmt.Sprint(first), "-force_key_frames", "expr:1"}, append(options(s.cabac, ""), "pipe:1")...)...)
	rows := fmt.Sprintf("slice-max-mbs=%d:no-deblock=1", s.at.Width/16)
	s.small = ffmpeg(t, nil, append([]string{"-f", "lavfi", "-i", graph +
		fmt.Sprintf(",select='not(%s)',setpts=N/30/TB,crop=%d:%d:%d:%d", keys, s.at.Width, s.at.Height, s.at.X, s.at.Y),
		"-g", fmt.Sprint(first), "-keyint_min", fmt.Sprint(first)}, append(options(s.cabac, rows), "pipe:1")...)...)
}

func setsOf(t testing.TB, stream []byte) Sets {
	t.Helper()
	p := NewPictures(bytes.NewReader(stream))
	if _, err := p.Units(); err != nil {
		t.Fatal(err)
	}
	s, err := ParseSets(p.Sets())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) splicer(t testing.TB) *Splicer {
	t.Helper()
	p, err := NewSplicer(setsOf(t, s.keys), setsOf(t, s.small), Place{s.at.X / 16, s.at.Y / 16})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s *scene) splice(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.splicer(t).Splice(&out, NewPictures(bytes.NewReader(s.keys)), NewPictures(bytes.NewReader(s.small)),
		s.groups); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("H264_KEEP"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir,
			fmt.Sprintf("%s.h264", strings.ReplaceAll(t.Name(), "/", "-"))), out.Bytes(), 0o666)
	}
	return out.Bytes()
}

// A spliced stream decodes, bit for bit, to the small stream's pictures in their place and to the key picture
// elsewhere.
func TestSplicedDecodesBitForBit(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "corner, cabac true", "as wide as the picture, cabac true", "top left, cabac false")
	for _, cabac := range []bool{true, false} {
		for _, c := range []struct {
			name string
			at   lectern.Rect
		}{
			{"inside", lectern.Rect{X: 240, Y: 112, Width: 192, Height: 128}},
			{"corner", lectern.Rect{X: 448, Y: 240, Width: 192, Height: 128}},
			{"top left", lectern.Rect{X: 0, Y: 0, Width: 192, Height: 128}},
			{"as wide as the picture", lectern.Rect{X: 0, Y: 112, Width: 640, Height: 128}},
			{"all of it", lectern.Rect{X: 0, Y: 0, Width: 640, Height: 368}},
		} {
			name := fmt.Sprintf("%s, cabac %v", c.name, cabac)
			if !runs(name) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := scene{size: lectern.Size{Width: 640, Height: 368}, at: c.at,
					groups: []int64{30, 30, 20}, cabac: cabac}
				s.film(t)
				whole, small, keys := decoded(t, s.splice(t)), decoded(t, s.small), decoded(t, s.keys)
				frame, piece := 640*368*3/2, c.at.Width*c.at.Height*3/2
				if len(whole) != 80*frame || len(small) != 77*piece {
					t.Fatalf("%d spliced and %d small pictures, want 80 and 77", len(whole)/frame, len(small)/piece)
				}
				n := 0
				for g, frames := range s.groups {
					key := keys[g*frame:][:frame]
					for i := range frames {
						pic := whole[:frame]
						whole = whole[frame:]
						if i == 0 {
							if !bytes.Equal(pic, key) {
								t.Fatalf("the key picture of group %d has changed", g)
							}
							continue
						}
						if !bytes.Equal(crop(pic, s.size, c.at), small[n*piece:][:piece]) {
							t.Fatalf("picture %d of group %d differs from the small picture", i, g)
						}
						n++
						if !bytes.Equal(blank(pic, s.size, c.at), blank(key, s.size, c.at)) {
							t.Fatalf("picture %d of group %d differs from the key picture outside the rectangle", i, g)
						}
					}
				}
			})
		}
	}
}

// blank returns a picture with one rectangle cleared.
func blank(pic []byte, size lectern.Size, at lectern.Rect) []byte {
	pic = bytes.Clone(pic)
	w, h := size.Width, size.Height
	clear := func(p []byte, width, x, y, cw, ch int) {
		for row := range ch {
			for i := range cw {
				p[(y+row)*width+x+i] = 0
			}
		}
	}
	clear(pic, w, at.X, at.Y, at.Width, at.Height)
	clear(pic[w*h:], w/2, at.X/2, at.Y/2, at.Width/2, at.Height/2)
	clear(pic[w*h*5/4:], w/2, at.X/2, at.Y/2, at.Width/2, at.Height/2)
	return pic
}

// Every picture of a still decodes to its key picture.
func TestAllPicturesOfAStillAreEqual(t *testing.T) {
	t.Parallel()
	size := soak.Pick([]string{"640x368", "1280x720"}, "640x368")
	for _, cabac := range []bool{true, false} {
		t.Run(fmt.Sprint("cabac ", cabac), func(t *testing.T) {
			t.Parallel()
			key := ffmpeg(t, nil,
				append([]string{"-f", "lavfi", "-i", "testsrc2=s=" + size[len(size)-1] + ":r=30:d=0.01,format=yuv420p",
					"-frames:v", "1"}, append(options(cabac, ""), "pipe:1")...)...)
			p := NewPictures(bytes.NewReader(key))
			units, err := p.Units()
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := Still(&out, setsOf(t, key), units, 100); err != nil {
				t.Fatal(err)
			}
			if extra := out.Len() - len(key); extra > 100*80 {
				t.Errorf("99 skipped pictures take %d bytes", extra)
			}
			all, one := decoded(t, out.Bytes()), decoded(t, key)
			if len(all) != 100*len(one) {
				t.Fatalf("%d bytes of %d", len(all), 100*len(one))
			}
			for i := range 100 {
				if !bytes.Equal(all[i*len(one):][:len(one)], one) {
					t.Fatalf("picture %d is not the key picture", i)
				}
			}
		})
	}
}

// The probe of a stream that does not leak decodes to the same pictures as the stream alone, with both entropy coders.
func TestProbeShowsThatASpliceDoesNotLeak(t *testing.T) {
	t.Parallel()
	for _, cabac := range []bool{true, false} {
		s := scene{size: lectern.Size{Width: 640, Height: 368},
			at:     lectern.Rect{X: 240, Y: 112, Width: 192, Height: 128},
			groups: []int64{30, 30}, cabac: cabac}
		s.film(t)
		var out bytes.Buffer
		at, err := s.splicer(t).probe(t, &out, NewPictures(bytes.NewReader(s.small)))
		if err != nil {
			t.Fatal(err)
		}
		size := lectern.Size{Width: at.Width + 64, Height: at.Height + 64}
		got := crop(decoded(t, out.Bytes())[size.Width*size.Height*3/2:], size, at)
		if !bytes.Equal(got, decoded(t, s.small)) {
			t.Error("the probe shows a leak in a stream that does not leak")
		}
	}
}
