package h264

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"lectern"
	"lectern/internal/soak"
)

// crowded returns a small stream of source, coded so that partitions, transforms and vectors of all kinds occur, also
// vectors across the border.
func crowded(t testing.TB, source string, size lectern.Size, more ...string) []byte {
	t.Helper()
	x264 := fmt.Sprintf("slice-max-mbs=%d:no-deblock=1:partitions=all:8x8dct=1:me=umh:subme=7", size.Width/16)
	args := append([]string{"-f", "lavfi", "-i", source, "-frames:v", "24", "-g", "12", "-keyint_min", "12"},
		options(true, x264)...)
	return ffmpeg(t, nil, append(append(args, more...), "pipe:1")...)
}

// The first picture that leaks is the first one that decodes to other pixels when the stream is spliced.
func TestLeaksAgreesWithDecoding(t *testing.T) {
	t.Parallel()
	size := lectern.Size{Width: 192, Height: 128}
	still := "color=gray:s=192x128:r=30,format=yuv420p"
	found, corner := map[bool]int{}, Place{X: 28, Y: 15}
	runs := soak.Cases(t, "everywhere", "a still", "in the middle", "near")
	for name, source := range map[string]string{
		"everywhere":    "testsrc2=s=192x128:r=30",
		"noise":         "color=gray:s=192x128:r=30,format=yuv420p,noise=alls=60:allf=t",
		"scrolling":     "testsrc=s=400x300:r=30,crop=192:128:x='mod(n*3,200)':y='mod(n*2,150)'",
		"zooming":       "mandelbrot=s=192x128:r=30:start_scale=0.5:end_scale=0.1:end_pts=60",
		"a still":       still,
		"in the middle": still + "[a];testsrc2=s=64x48:r=30[b];[a][b]overlay=x=64:y=40",
		"near": still +
			"[a];life=s=96x64:r=30:mold=10:rate=30:life_color=white:death_color=red:seed=7[b];[a][b]overlay=x='48+20*sin(n/5)':y='32+14*cos(n/7)'",
	} {
		if !runs(name) {
			continue
		}
		for crf, at := range map[string]Place{"12": {X: 14, Y: 7}, "34": corner} {
			small := crowded(t, source, size, "-crf", crf)
			alone, sets := decoded(t, small), setsOf(t, small)
			p, err := NewSplicer(sets.sized(t, 40, 23), sets, at)
			if err != nil {
				t.Fatal(err)
			}
			got, err := leak(NewPictures(bytes.NewReader(small)), p.at, p.whole.Width, p.whole.Height)
			if err != nil {
				t.Fatalf("%s, %s at %v: %v", name, crf, at, err)
			}
			if want := seen(t, p, small, alone, size); got != want {
				t.Errorf("%s, %s at %v: leak returns picture %d, but decoding shows picture %d (-1: no leak)", name, crf,
					at, got, want)
			}
			found[got >= 0]++
		}
		corner.X, corner.Y = 28-corner.X, 15-corner.Y
	}
	if found[true] < soak.Rounds(2, 5) || found[false] < soak.Rounds(2, 3) {
		t.Errorf("%d streams leak and %d do not, too few for a test", found[true], found[false])
	}
}

// seen returns the number of the first picture of small that decodes to other pixels on a background of noise than in
// alone, or -1.
func seen(t testing.TB, p *Splicer, small, alone []byte, size lectern.Size) int {
	t.Helper()
	var probe bytes.Buffer
	at, err := p.probe(t, &probe, NewPictures(bytes.NewReader(small)))
	if err != nil {
		t.Fatal(err)
	}
	noise := lectern.Size{Width: at.X + at.Width + 16*min(p.whole.Width-p.at.X-p.small.Width, reach), Height: at.Y +
		at.Height + 16*min(p.whole.Height-p.at.Y-p.small.Height, reach)}
	spliced := crop(decoded(t, probe.Bytes())[noise.Width*noise.Height*3/2:], noise, at)
	if len(alone) != len(spliced) {
		t.Fatalf("%d bytes and %d", len(alone), len(spliced))
	}
	frame := size.Width * size.Height * 3 / 2
	for i := 0; i < len(alone); i += frame {
		if !bytes.Equal(alone[i:][:frame], spliced[i:][:frame]) {
			return i / frame
		}
	}
	return -1
}

// Most damage to a stream is noticed, because the macroblocks then end at another place.
func TestLeaksNoticesDamage(t *testing.T) {
	t.Parallel()
	small := crowded(t, "testsrc2=s=192x128:r=30", lectern.Size{Width: 192, Height: 128})
	sets := setsOf(t, small)
	p, err := NewSplicer(sets, sets, Place{}) // as large as the whole picture, so nothing can leak
	if err != nil {
		t.Fatal(err)
	}
	if n, err := leak(NewPictures(bytes.NewReader(small)), p.at, p.whole.Width, p.whole.Height); n != -1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	noticed, tried := 0, 0
	for at := len(small) / 2; at < len(small); at += len(small) / 200 {
		broken := bytes.Clone(small)
		broken[at] ^= 0x10
		tried++
		if _, err := leak(NewPictures(bytes.NewReader(broken)), p.at, p.whole.Width,
			p.whole.Height); errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnsupported) {
			noticed++
		}
	}
	if noticed < tried/2 { // changed signs of levels, and data that no later picture refers to, are not noticeable
		t.Errorf("of %d changed streams %d were noticed", tried, noticed)
	}
}

// Reading ends for any bytes in a slice.
func FuzzLeaks(f *testing.F) {
	small := crowded(f, "testsrc2=s=192x128:r=30", lectern.Size{Width: 192, Height: 128})
	sets := setsOf(f, small)
	pics := NewPictures(bytes.NewReader(small))
	for range 12 {
		units, err := pics.Units()
		if err != nil {
			f.Fatal(err)
		}
		for _, u := range units {
			f.Add(bytes.Clone(u))
		}
	}
	f.Fuzz(func(t *testing.T, unit []byte) {
		h, payload, data, err := sets.parse(unit, nil)
		if err != nil || h.kind == typeI {
			return
		}
		m := &motion{sets: sets, states: map[int]*[512]uint8{}, right: 16 * sets.Width, bottom: 16 * sets.Height}
		if err := m.slice(h, payload, data); err != nil && !errors.Is(err, ErrDamaged) &&
			!errors.Is(err, ErrUnsupported) {
			t.Error(err)
		}
	})
}

func BenchmarkLeaks(b *testing.B) {
	size := lectern.Size{Width: 448, Height: 448}
	small := crowded(b,
		"color=gray:s=448x448:r=30,format=yuv420p[a];testsrc2=s=192x192:r=30[b];[a][b]overlay=x=128:y=128", size)
	sets := setsOf(b, small)
	p, err := NewSplicer(sets, sets, Place{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(small)))
	for b.Loop() {
		if _, err := leak(NewPictures(bytes.NewReader(small)), p.at, p.whole.Width, p.whole.Height); err != nil {
			b.Fatal(err)
		}
	}
}
