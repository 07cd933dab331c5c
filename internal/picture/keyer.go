package picture

import (
	"image"

	"lectern"
)

// Keyer cuts a presenter out of a green screen and lays what is left over a backdrop. It is made once for a clip and
// is not safe for concurrent use.
//
// A pixel at an edge is C = αF + (1−α)K, a mix of the presenter F and the key K. Its green excess, e = G − max(R, B),
// gives α: the key's excess is full, and a presenter's is zero or negative, since skin is redder than green by a share
// ρ of its red. So e = (1−α)·255 − ρ·max(R, B). With ρ of the solid pixels next to the edge, α does not depend on the
// light there, and edges keep their true width. Then the key's share is removed from the colour. Green beyond ρ is
// spill, light from the screen, and is removed too.
type Keyer struct {
	size   lectern.Size
	back   []byte    // the opaque backdrop, three bytes for each row; nil: transparent
	excess []float32 // of each pixel
	alpha  []float32
	near   []bool    // close to the screen, so that a pixel's own excess does not prove it solid
	rows   []bool    // near, along rows alone
	last   []int     // for each column, the last row that shows the screen
	tints  []float32 // of each square with sides of keySquare pixels; above 0: not computed yet
	rim    int       // the distance from the screen, in pixels, within which a pixel is near
	reach  int       // pixels within which a solid neighbour is searched
}

// Limits of keying. Shares are from 0 to 1.
const (
	keyFloor   = 0.03  // a smaller share of the presenter is noise of the screen
	keyCeiling = 0.97  // a larger share is all presenter
	keyDoubt   = 0.9   // a smaller share makes the neighbours doubtful
	keyStep    = 0.004 // least fall of a soft edge's excess from pixel to pixel
	keySquare  = 3     // side of a square with one tint, in pixels
	keyDark    = 24    // least red or blue, of 255, for a tint to count
	keySlack   = 0.5   // largest lack of green that an edge may have
)

// NewKeyer returns a Keyer for frames of a size. back is drawn behind the presenter; its zero value leaves the
// background transparent.
func NewKeyer(size lectern.Size, back lectern.Backdrop) *Keyer {
	n := size.Width * size.Height
	k := &Keyer{size: size, excess: make([]float32, n), alpha: make([]float32, n), near: make([]bool, n),
		rows: make([]bool, n),
		last: make([]int, size.Width), tints: make([]float32, (size.Width/keySquare+1)*(size.Height/keySquare+1)),
		rim: 2 + size.Height/120, reach: 8 + size.Height/30}
	top, ok := ParseColour(back.Top)
	bottom, ok2 := ParseColour(back.Bottom)
	if !ok || !ok2 {
		return k
	}
	from, to := [3]byte{top.R, top.G, top.B}, [3]byte{bottom.R, bottom.G, bottom.B}
	k.back = make([]byte, 3*size.Height)
	for y := range size.Height {
		t := (float64(y) + 0.5) / float64(size.Height)
		for i := range 3 {
			k.back[3*y+i] = byte(float64(from[i])*(1-t) + float64(to[i])*t + 0.5)
		}
	}
	return k
}

// Key cuts out a frame of packed R, G and B bytes into dst, which has the keyer's size; alpha is premultiplied.
func (k *Keyer) Key(rgb []byte, dst *image.RGBA) {
	w, h := k.size.Width, k.size.Height
	full := k.keyExcess(rgb)
	for i := range k.excess {
		p := rgb[3*i : 3*i+3 : 3*i+3]
		e := (float32(p[1]) - float32(max(p[0], p[2]))) / full
		k.excess[i] = e
		k.alpha[i] = min(max(1-e, 0), 1)
	}
	k.border()
	for i := range k.tints {
		k.tints[i] = 1
	}
	for y := range h {
		row := dst.Pix[y*dst.Stride:][: 4*w : 4*w]
		for x := range w {
			i := y*w + x
			a, tint := k.alpha[i], float32(0)
			if a > keyFloor && (a < keyCeiling || k.near[i]) {
				at := &k.tints[y/keySquare*(w/keySquare+1)+x/keySquare]
				if *at > 0 {
					*at = k.edge(rgb, x, y, full)
				}
				tint = *at
				a = 1 - k.excess[i] + tint*float32(max(rgb[3*i], rgb[3*i+2]))/full
			}
			a = min(max((a-keyFloor)/(keyCeiling-keyFloor), 0), 1)
			k.put(row[4*x:4*x+4:4*x+4], rgb[3*i:3*i+3:3*i+3], a, tint, full, y)
		}
	}
}

// border marks the pixels that are close to the screen.
func (k *Keyer) border() {
	w, h := k.size.Width, k.size.Height
	for y := range h {
		last := -k.rim - 1
		row, out := k.alpha[y*w:][:w], k.rows[y*w:][:w]
		for x := range out {
			if row[x] < keyDoubt {
				last = x
			}
			out[x] = x-last <= k.rim
		}
		last = w + k.rim
		for x := w - 1; x >= 0; x-- {
			if row[x] < keyDoubt {
				last = x
			}
			out[x] = out[x] || last-x <= k.rim
		}
	}
	for x := range k.last {
		k.last[x] = -k.rim - 1
	}
	for y := range h {
		in, out := k.rows[y*w:][:w], k.near[y*w:][:w]
		for x := range out {
			if in[x] {
				k.last[x] = y
			}
			out[x] = y-k.last[x] <= k.rim
		}
	}
	for x := range k.last {
		k.last[x] = h + k.rim
	}
	for y := h - 1; y >= 0; y-- {
		in, out := k.rows[y*w:][:w], k.near[y*w:][:w]
		for x := range out {
			if in[x] {
				k.last[x] = y
			}
			out[x] = out[x] || k.last[x]-y <= k.rim
		}
	}
}

// keyExcess returns the key's green excess as the codec left it, measured in the upper corners, where nobody is.
func (k *Keyer) keyExcess(rgb []byte) float32 {
	w, h := k.size.Width, k.size.Height
	sum, n := 0, 0
	for y := range min(4, h) {
		for x := range min(4, w) {
			for _, at := range [2]int{3 * (y*w + x), 3 * (y*w + w - 1 - x)} {
				if e := int(rgb[at+1]) - int(max(rgb[at], rgb[at+2])); e > 160 {
					sum, n = sum+e, n+1
				}
			}
		}
	}
	if n == 0 {
		return 255
	}
	return float32(sum) / float32(n)
}

var compass = [8][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}, {1, -1}, {-1, 1}}

// edge returns how much less green than red or blue the presenter is around a pixel that mixes with the key: a share
// from -keySlack to 0. It weighs the solid pixels in all directions, the nearest most.
func (k *Keyer) edge(rgb []byte, x, y int, full float32) float32 {
	w, h := k.size.Width, k.size.Height
	var sum, weight float32
	for _, d := range compass {
		found, last, level, v := 0, 0, 0, float32(0)
		for r := 1; r <= k.reach && level < 3; r++ {
			px, py := x+r*d[0], y+r*d[1]
			if px < 0 || py < 0 || px >= w || py >= h || k.alpha[py*w+px] < keyFloor {
				break // the screen: no solid pixel in this direction
			}
			// At the end of a soft edge the excess still falls, down to the presenter's own.
			i := py*w + px
			switch e := k.excess[i]; {
			case e > 1-keyCeiling || k.near[i]:
			case found == 0:
				found, last, v = r, r, e
			case e < v-keyStep:
				last, v, level = r, e, 0
			default:
				level++
			}
		}
		if found > 0 {
			i := 3 * ((y+last*d[1])*w + x + last*d[0])
			share := min(max(v*full/max(float32(max(rgb[i], rgb[i+2])), keyDark), -keySlack), 0)
			f := 1 / float32(found*found)
			sum, weight = sum+f*share, weight+f
		}
	}
	if weight == 0 {
		return 0
	}
	return sum / weight
}

// put writes a pixel. a is the presenter's share of it, and tint how much less green than red or blue the presenter is.
func (k *Keyer) put(dst, p []byte, a, tint, full float32, y int) {
	if a <= 0 {
		clear(dst)
		if k.back != nil {
			copy(dst, k.back[3*y:3*y+3])
			dst[3] = 255
		}
		return
	}
	r, g, b := float32(p[0]), float32(p[1])-(1-a)*full, float32(p[2])
	most := 255 * a
	r, b = min(r, most), min(b, most)
	g = max(min(g, max(r, b)*(1+tint)), 0) // more green is spill
	alpha := most
	if k.back != nil {
		s := k.back[3*y : 3*y+3]
		r, g, b = r+(1-a)*float32(s[0]), g+(1-a)*float32(s[1]), b+(1-a)*float32(s[2])
		alpha = 255
	}
	dst[0], dst[1], dst[2], dst[3] = byte(r+0.5), byte(g+0.5), byte(b+0.5), byte(alpha+0.5)
}
