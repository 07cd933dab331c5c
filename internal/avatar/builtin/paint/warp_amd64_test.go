//go:build linux

package paint

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// walled moves a sprite's pixels to memory between unreadable pages: right after the first, or, with atEnd, right
// before the last.
func walled(t *testing.T, p *Sprite, atEnd bool) {
	size, page := 4*len(p.pix), unix.Getpagesize()
	n := (size + page - 1) / page * page
	mem, err := unix.Mmap(-1, 0, n+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(mem); err != nil {
			t.Error(err)
		}
	})
	from := page
	if atEnd {
		from = page + n - size
	}
	pix := unsafe.Slice((*uint32)(unsafe.Pointer(&mem[from])), len(p.pix))
	copy(pix, p.pix)
	p.pix = pix
	for _, wall := range [][]byte{mem[:page], mem[page+n:]} {
		if err := unix.Mprotect(wall, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
}

// A kernel that reads one byte too far crashes the test.
func TestKernelReadsNothingBeyondASprite(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	for _, size := range [][2]int{{2, 2}, {3, 40}, {40, 3}, {64, 64}, {33, 47}} {
		for _, atEnd := range []bool{false, true} {
			p := speckled(size[0], size[1], 1)
			walled(t, p, atEnd)
			for range 2000 {
				l := placed(p, r)
				for _, kind := range []uint8{opaque, mixed} {
					if err := sameCell(p, l, cell, cell, kind, 1); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// The kernel refuses every cell that reads a pixel beyond the sprite.
func TestKernelRefusesCellsBeyondASprite(t *testing.T) {
	p := speckled(40, 30, 1)
	out := make([]byte, 4*cell*cell)
	const wide, high = 39 << 16, 29 << 16 // the first places without a right or lower neighbour
	for _, bad := range []struct{ u, v int32 }{{-1, 0}, {0, -1}, {wide, 0}, {0, high}, {-1 << 31, 0}, {1<<31 - 1, 0},
		{0, -1 << 31}, {0, 1<<31 - 1}} {
		for i := range 4 {
			l := &bent{sprite: p, u: []int32{5 << 16, 9 << 16, 5 << 16, 9 << 16},
				v: []int32{5 << 16, 5 << 16, 9 << 16, 9 << 16}}
			if n := l.between(0, 2).kernel(out, 4*cell, cell, cell, p, opaque); n != 0 && n != cell {
				t.Fatalf("the kernel drew %d of %d pixels", n, cell)
			}
			l.u[i], l.v[i] = bad.u, bad.v
			c := l.between(0, 2)
			if n := c.kernel(out, 4*cell, cell, cell, p, opaque); n != 0 && !inside(c, p) {
				t.Errorf("corner %d at %d,%d: the kernel drew", i, bad.u, bad.v)
			}
		}
	}
}

// inside computes all places of a cell in 64 bits and reports whether they are within the sprite.
func inside(c corners, p *Sprite) bool {
	in := func(u, v int64) bool {
		return u >= 0 && v >= 0 && u>>16+1 < int64(p.Width) && v>>16+1 < int64(p.Height)
	}
	for j := range int64(cell) {
		ul, ur := int64(c.ul)+j*int64(c.dul), int64(c.ur)+j*int64(c.dur)
		vl, vr := int64(c.vl)+j*int64(c.dvl), int64(c.vr)+j*int64(c.dvr)
		for i := range int64(cell) {
			if !in(ul+i*((ur-ul)/cell), vl+i*((vr-vl)/cell)) {
				return false
			}
		}
	}
	return true
}
