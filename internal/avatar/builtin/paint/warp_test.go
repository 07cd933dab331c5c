package paint

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// speckled is a sprite of random pixels, premultiplied, some of them opaque and some transparent.
func speckled(width, height int, seed uint64) *Sprite {
	r := rand.New(rand.NewPCG(seed, 3))
	p := &Sprite{Width: width, Height: height, Scale: 1, pix: make([]uint32, width*height)}
	for i := range p.pix {
		a := r.Uint32N(256)
		switch r.Uint32N(4) {
		case 0:
			a = 0
		case 1:
			a = 255
		}
		p.pix[i] = r.Uint32N(a+1) | r.Uint32N(a+1)<<8 | r.Uint32N(a+1)<<16 | a<<24
	}
	return p
}

// placed returns a layer with one cell whose corners are within p.
func placed(p *Sprite, r *rand.Rand) *bent {
	l := &bent{sprite: p, u: make([]int32, 4), v: make([]int32, 4)}
	for i := range 4 {
		l.u[i], l.v[i] = r.Int32N(int32(p.Width-1)<<16), r.Int32N(int32(p.Height-1)<<16)
		if r.Uint32N(4) == 0 { // whole pixels, including the last ones
			l.u[i], l.v[i] = l.u[i]&^0xffff, int32(p.Height-1)<<16-1
		}
	}
	return l
}

// sameCell draws a cell with this machine's kernel and with the portable code, and reports how they differ.
func sameCell(p *Sprite, l *bent, nx, ny int, kind uint8, seed uint64) error {
	const stride = 4*cell + 12
	backdrop := make([]byte, stride*(cell+1))
	r := rand.New(rand.NewPCG(seed, 4))
	for i := range backdrop {
		backdrop[i] = byte(r.Uint32())
	}
	got, want := bytes.Clone(backdrop), bytes.Clone(backdrop)
	l.cell(got, stride, nx, ny, kind, 0, 2)
	l.between(0, 2).portable(want, stride, 0, nx, ny, p, kind)
	for i := range want {
		if got[i] != want[i] {
			return fmt.Errorf("kind %d, %d×%d pixels, corners %v %v: byte %d of row %d is %d, not %d", kind, nx, ny,
				l.u, l.v, i%stride, i/stride, got[i], want[i])
		}
	}
	return nil
}

func TestCellsEqualThePortableOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		r := rand.New(rand.NewPCG(seed, 5))
		p := speckled(rapid.IntRange(2, 60).Draw(t, "width"), rapid.IntRange(2, 60).Draw(t, "height"), seed)
		l := placed(p, r)
		for nx := 1; nx <= cell; nx++ {
			for _, kind := range []uint8{opaque, mixed} {
				if err := sameCell(p, l, nx, rapid.IntRange(1, cell).Draw(t, "ny"), kind, seed); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// A cell that is partly or wholly beyond its sprite gets the same rows as from the loop that checks bounds.
func TestCellsAtTheEdgeEqualThePortableOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		p := speckled(rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 40).Draw(t, "height"), seed)
		at := rapid.Int32Range(-30<<16, 70<<16)
		l := &bent{sprite: p}
		for range 4 {
			l.u, l.v = append(l.u, at.Draw(t, "u")), append(l.v, at.Draw(t, "v"))
		}
		if err := sameCell(p, l, rapid.IntRange(1, cell).Draw(t, "nx"), rapid.IntRange(1, cell).Draw(t, "ny"), edge,
			seed); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzCellsAreThePortableOnes(f *testing.F) {
	f.Add(uint64(1), uint8(16), uint8(16))
	f.Add(uint64(2), uint8(9), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, nx, ny uint8) {
		r := rand.New(rand.NewPCG(seed, 5))
		p := speckled(2+r.IntN(70), 2+r.IntN(70), seed)
		l := placed(p, r)
		for _, kind := range []uint8{opaque, mixed} {
			if err := sameCell(p, l, 1+int(nx)%cell, 1+int(ny)%cell, kind, seed); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkCell(b *testing.B) {
	p := speckled(600, 600, 1)
	l := &bent{sprite: p, u: []int32{100 << 16, 120 << 16, 101 << 16, 121 << 16},
		v: []int32{200 << 16, 201 << 16, 220 << 16, 221 << 16}}
	out := make([]byte, 4*cell*cell)
	for _, kind := range []uint8{opaque, mixed} {
		name := map[uint8]string{opaque: "opaque", mixed: "mixed"}[kind]
		b.Run(name+"/as on this machine", func(b *testing.B) {
			for b.Loop() {
				l.cell(out, 4*cell, cell, cell, kind, 0, 2)
			}
		})
		b.Run(name+"/portable", func(b *testing.B) {
			for b.Loop() {
				l.between(0, 2).portable(out, 4*cell, 0, cell, cell, p, kind)
			}
		})
	}
}

// Leaving out covered parts changes nothing: all layers at once give the same frame as one layer after the other, each
// on a backdrop of those below. The old contents of the frame do not matter.
func TestLeavingOutHiddenPartsChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := image.Rect(0, 0, rapid.IntRange(1, 90).Draw(t, "w"), rapid.IntRange(1, 90).Draw(t, "h"))
		frame := func(seed uint64) *image.RGBA {
			m := image.NewRGBA(size)
			r := rand.New(rand.NewPCG(seed, 8))
			for i := range m.Pix {
				m.Pix[i] = byte(r.Uint32())
			}
			return m
		}
		at := rapid.Float64Range(-10, 80)
		var layers []Layer
		for range rapid.IntRange(0, 3).Draw(t, "layers") {
			c := NewCanvas(at.Draw(t, "x0"), at.Draw(t, "y0"), 90, 90, 1.5)
			c.Fill(Rect(at.Draw(t, "left"), at.Draw(t, "top"), 90, 90),
				Flat(RGB(rapid.Uint32Range(0, 1<<24-1).Draw(t, "colour"))))
			dx, dy := rapid.Float64Range(-3, 3).Draw(t, "dx"), rapid.Float64Range(-3, 3).Draw(t, "dy")
			layers = append(layers, Layer{c.Sprite(),
				func(x, y float64) (float64, float64) { return x + dx, y + dy*y/90 }, 3})
		}
		view := View{X0: 1, Y0: -2, Scale: rapid.Float64Range(0.5, 1.5).Draw(t, "scale")}
		var once, each Warp
		got, want := frame(1), frame(2)
		once.Draw(got, view, want.Pix, layers...)
		for _, l := range layers {
			next := frame(3)
			each.Draw(next, view, want.Pix, l)
			want = next
		}
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Fatal("all layers at once give another frame than one after the other")
		}
	})
}
