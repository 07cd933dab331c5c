package picture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// newStrip returns a strip at a place and its output with guard bytes around each part, which show a kernel that writes
// beyond its strip.
func newStrip(pix []byte, atX, atY int) (strip, []byte) {
	n := len(pix) / 8
	const border = 40
	out := bytes.Repeat([]byte{0xa5}, 5*border+3*n)
	at := border
	cut := func(k int) []byte {
		s := out[at : at+k : at+k]
		at += k + border
		return s
	}
	return strip{top: pix[:4*n], bottom: pix[4*n:], y0: cut(n), y1: cut(n), u: cut(n / 2), v: cut(n / 2), atX: atX,
		atY: atY}, out
}

// sameAsPortable reports how the results of this machine's kernel and of the portable code differ for a strip.
func sameAsPortable(pix []byte, atX, atY int) error {
	a, got := newStrip(pix, atX, atY)
	b, want := newStrip(pix, atX, atY)
	ca, cb := a.convert(), b.portable()
	if ca != cb {
		return fmt.Errorf("at %d,%d %d pixels have %08x in common, not %08x", atX, atY, len(pix)/8, ca, cb)
	}
	for i := range want {
		if got[i] != want[i] {
			return fmt.Errorf("at %d,%d byte %d of %d pixels is %d, not %d", atX, atY, i, len(pix)/8, got[i], want[i])
		}
	}
	return nil
}

func randomRows(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	pix := make([]byte, 8*n)
	for i := range pix {
		pix[i] = byte(r.Uint32())
		if seed%2 == 0 { // the ends of the scale, where something could overflow
			pix[i] = byte(int8(pix[i]) >> 7)
		}
	}
	return pix
}

func TestConversionIsThePortableOneAtEveryPlace(t *testing.T) {
	t.Parallel()
	for n := 2; n <= 100; n += 2 {
		for seed := range uint64(2) {
			pix := randomRows(n, seed+uint64(n))
			for atY := 0; atY < 8; atY += 2 {
				for atX := 0; atX < 16; atX += 2 {
					if err := sameAsPortable(pix, atX, atY); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

func TestConversionIsThePortableOneForLongRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, at := 2*rapid.IntRange(1, 2000).Draw(t, "n"), rapid.IntRange(0, 4000)
		if err := sameAsPortable(randomRows(n, rapid.Uint64().Draw(t, "seed")), 2*at.Draw(t, "x"),
			2*at.Draw(t, "y")); err != nil {
			t.Fatal(err)
		}
	})
}

// A single transparent pixel is noticed at any place.
func TestConversionNoticesOneTransparentPixel(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 14, 16, 18, 46, 64} {
		pix := bytes.Repeat([]byte{255}, 8*n)
		for i := range 2 * n {
			pix[4*i+3] = 254
			s, _ := newStrip(pix, 0, 0)
			if s.convert()>>24 == 255 {
				t.Fatalf("pixel %d of %d counts as opaque", i, n)
			}
			pix[4*i+3] = 255
		}
		if s, _ := newStrip(pix, 0, 0); s.convert()>>24 != 255 {
			t.Fatalf("%d opaque pixels do not count as opaque", n)
		}
	}
}

func FuzzConversionIsThePortableOne(f *testing.F) {
	f.Add(randomRows(18, 1), uint16(2), uint16(4))
	f.Add(randomRows(70, 2), uint16(6), uint16(10))
	f.Fuzz(func(t *testing.T, pix []byte, atX, atY uint16) {
		pix = pix[:len(pix)&^15]
		if err := sameAsPortable(pix, 2*int(atX), 2*int(atY)); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkConversion(b *testing.B) {
	for _, n := range []int{24, 400, 1920} {
		s, _ := newStrip(randomRows(n, 1), 2, 4)
		for _, way := range []struct {
			name string
			do   func(*strip) uint32
		}{{"here", (*strip).convert}, {"portable", (*strip).portable}} {
			b.Run(fmt.Sprintf("%d/%s", n, way.name), func(b *testing.B) {
				for b.Loop() {
					way.do(&s)
				}
			})
		}
	}
}
