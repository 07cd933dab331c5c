package align

import (
	"cmp"
	"context"
	"math"
)

// kind is what a frame of a track is.
type kind uint8

const (
	speech   kind = iota
	pause         // a pause, or what is kept of it
	boundary      // of a reference: between two slides; it has no sound of its own
)

// track is a sequence of frames to be aligned: a sound whose pauses are shortened.
type track struct {
	feature []float32 // dims values for each frame; of a pause and a boundary they do not count
	kind    []kind
	at      []int32 // the frame of the sound
	edge    []bool  // whether a pause or a boundary precedes the frame
}

func (t *track) len() int { return len(t.kind) }

func (t *track) row(i int) []float32 { return t.feature[i*dims : (i+1)*dims] }

func (t *track) add(feature []float32, k kind, at int32) {
	t.edge = append(t.edge, len(t.kind) == 0 || t.kind[len(t.kind)-1] != speech)
	t.feature, t.kind, t.at = append(t.feature, feature...), append(t.kind, k), append(t.at, at)
}

// coarse merges up to size frames of one kind into one. first has for each frame of the result its first frame in t,
// and one more value: the length of t.
func (t *track) coarse(size int) (out track, first []int32) {
	var sum [dims]float32
	for i := 0; i < t.len(); {
		end := i + 1
		for end < t.len() && t.kind[end] == t.kind[i] && t.kind[i] != boundary {
			end++
		}
		parts := max(1, (end-i+size/2)/size)
		for p := range parts {
			from, to := i+(end-i)*p/parts, i+(end-i)*(p+1)/parts
			clear(sum[:])
			for k := from; k < to; k++ {
				for d, x := range t.row(k) {
					sum[d] += x
				}
			}
			for d := range sum {
				sum[d] /= float32(to - from)
			}
			out.add(sum[:], t.kind[from], t.at[from])
			first = append(first, int32(from))
		}
		i = end
	}
	return out, append(first, int32(t.len()))
}

// move is what a step of a path does.
type move uint8

const (
	match move = iota // frame i of the recording is frame j of the reference
	extra             // frame i of the recording is not in the reference; j frames of the reference are done
	skip              // frame j of the reference is not in the recording; i frames of the recording are done
)

// step is one step of a path.
type step struct {
	i, j int32
	move move
}

// warp searches the cheapest path through two tracks.
type warp struct {
	rec, ref *track
	unit     float32 // what makes the mean distance of two random frames of speech 1
	size     float32 // frames of the sound in a frame of the tracks
	// The band: after i frames of the recording, between lo[i] and hi[i] frames of the reference are done, both
	// included. Neither falls; lo[0] is 0, the last hi is the length of the reference, and lo[i+1] ≤ hi[i].
	lo, hi []int32

	ctx  context.Context
	keep int64 // the number of cells whose directions are kept at once; 0: keptCells
	skip []gap // of each frame of the reference
}

// gap is the cost of leaving out frames.
type gap struct{ open, each, close float32 }

const never = float32(math.MaxFloat32 / 4)

// Directions from which a cell is reached, three bits for a match and two for each of the others.
const (
	fromMatch, fromExtra, fromSkip = 0, 1, 2
	fromLeft, fromBelow            = 3, 4 // a match that repeats a frame: of the reference, of the recording
	shiftExtra, shiftSkip          = 3, 5
)

// line has the costs of the cells of one row of the band: i frames of the recording are done.
type line struct {
	lo                 int32
	match, extra, skip []float32
}

func (l *line) reset(lo, hi int32) {
	n := int(hi - lo + 1)
	if cap(l.match) < n {
		l.match, l.extra, l.skip = make([]float32, n+n/4), make([]float32, n+n/4), make([]float32, n+n/4)
	}
	l.lo, l.match, l.extra, l.skip = lo, l.match[:n], l.extra[:n], l.skip[:n]
}

func (l *line) clone() line {
	c := line{lo: l.lo}
	c.match = append(c.match, l.match...)
	c.extra, c.skip = append(c.extra, l.extra...), append(c.skip, l.skip...)
	return c
}

// path returns the cheapest path, from the first frames to the last.
//
// If the band has many cells, the costs of every n-th row are kept first. Then, from the last block of rows to the
// first, the rows of a block are computed again, with the directions from which the path is read.
func (w *warp) path() ([]step, error) {
	n := w.rec.len()
	w.prepare()
	every := n + 1
	if keep := cmp.Or(w.keep, keptCells); w.cells() > keep {
		every = max(16, int(math.Sqrt(float64(n))))
	}
	var now, next line
	marks := []line{}
	w.first(&now)
	for i := 0; i < n; i++ {
		if i%every == 0 {
			marks = append(marks, now.clone())
			if every > n {
				break
			}
		}
		if err := w.next(&now, &next, i, nil); err != nil {
			return nil, err
		}
		now, next = next, now
	}
	if n == 0 {
		marks = append(marks, now.clone())
	}
	t := tracer{w: w, i: n, j: w.ref.len(), state: -1}
	for b := len(marks) - 1; b >= 0; b-- {
		from, to := b*every, min((b+1)*every, n)
		now = marks[b]
		marks[b] = line{}
		directions := make([][]uint8, to-from)
		for i := from; i < to; i++ {
			directions[i-from] = make([]uint8, w.hi[i+1]-w.lo[i+1]+1)
			if err := w.next(&now, &next, i, directions[i-from]); err != nil {
				return nil, err
			}
			now, next = next, now
		}
		if t.state < 0 {
			t.begin(&now)
		}
		t.back(from, directions)
	}
	return t.path(), nil
}

func (w *warp) cells() int64 {
	sum := int64(0)
	for i := range w.lo {
		sum += int64(w.hi[i] - w.lo[i] + 1)
	}
	return sum
}

// prepare computes what leaving out each frame of the reference costs.
func (w *warp) prepare() {
	w.skip = make([]gap, w.ref.len()+1)
	for j := range w.skip {
		g := gap{gapInside / w.size, gapFrame, gapInside / w.size}
		if j == w.ref.len() || w.ref.edge[j] || w.ref.kind[j] != speech {
			g.open, g.close = gapEdge/w.size, gapEdge/w.size
		}
		if j < w.ref.len() {
			switch w.ref.kind[j] {
			case boundary:
				g.each = wall / w.size
			case pause:
				g.each = gapPause
			}
		}
		w.skip[j] = g
	}
}

// extraGap is what leaving out frame i of the recording costs.
func (w *warp) extraGap(i int) gap {
	g := gap{gapInside / w.size, gapFrame, gapInside / w.size}
	if i >= w.rec.len() || w.rec.edge[i] || w.rec.kind[i] != speech {
		g.open, g.close = gapEdge/w.size, gapEdge/w.size
	}
	if i < w.rec.len() && w.rec.kind[i] == pause {
		g.each = gapPause
	}
	return g
}

// first fills the row before the first frame of the recording.
func (w *warp) first(l *line) {
	l.reset(w.lo[0], w.hi[0])
	for k := range l.match {
		l.match[k], l.extra[k], l.skip[k] = never, never, never
	}
	l.match[0] = 0
	for k := 1; k < len(l.skip); k++ {
		g := w.skip[k-1]
		l.skip[k] = min(l.match[k-1]+g.open, l.skip[k-1]) + g.each
	}
}

// next computes the row after frame i of the recording from the row before it, and the directions if they are wanted.
func (w *warp) next(prev, l *line, i int, directions []uint8) error {
	if i&255 == 0 && w.ctx.Err() != nil {
		return canceled(w.ctx)
	}
	l.reset(w.lo[i+1], w.hi[i+1])
	g, closing := w.extraGap(i), float32(0)
	closing = g.close
	quietFrame := w.rec.kind[i] == pause
	row := w.rec.row(i)
	stay := repeat
	if quietFrame {
		stay = 0
	}
	matchLeft, extraLeft, skipLeft := never, never, never // the cell to the left
	for k := range l.match {
		j := l.lo + int32(k)
		p := int(j - prev.lo) // the cell below, of the row before
		matchBelow, extraBelow, skipBelow := never, never, never
		if p < len(prev.match) {
			matchBelow, extraBelow, skipBelow = prev.match[p], prev.extra[p], prev.skip[p]
		}
		m, dir := never, uint8(0)
		s, sdir := never, uint8(0)
		if j > 0 {
			d := w.distance(row, quietFrame, int(j-1))
			if p > 0 && p <= len(prev.match) {
				m = prev.match[p-1]
				if c := prev.extra[p-1] + closing; c < m {
					m, dir = c, fromExtra
				}
				if c := prev.skip[p-1] + w.skip[j-1].close; c < m {
					m, dir = c, fromSkip
				}
				m += 2 * d
			}
			if c := matchBelow + d + stay; c < m {
				m, dir = c, fromLeft
			}
			if c := matchLeft + d + repeat; c < m {
				m, dir = c, fromBelow
			}
			h := w.skip[j-1]
			s = skipLeft
			sdir = fromSkip
			if c := matchLeft + h.open; c < s {
				s, sdir = c, fromMatch
			}
			if c := extraLeft + h.open; c < s {
				s, sdir = c, fromExtra
			}
			s += h.each
		}
		e, edir := extraBelow, uint8(fromExtra)
		if c := matchBelow + g.open; c < e {
			e, edir = c, fromMatch
		}
		if c := skipBelow + g.open; c < e {
			e, edir = c, fromSkip
		}
		e += g.each
		m, e, s = min(m, never), min(e, never), min(s, never)
		l.match[k], l.extra[k], l.skip[k] = m, e, s
		matchLeft, extraLeft, skipLeft = m, e, s
		if directions != nil {
			directions[k] = dir | edir<<shiftExtra | sdir<<shiftSkip
		}
	}
	return nil
}

// distance is how much a frame of the recording differs from frame j of the reference.
func (w *warp) distance(row []float32, quietFrame bool, j int) float32 {
	switch k := w.ref.kind[j]; {
	case k == boundary && quietFrame, k == pause && quietFrame:
		return 0
	case k == boundary:
		return wall / w.size
	case quietFrame || k == pause:
		return cross
	}
	return between(row, w.ref.row(j)) * w.unit
}

// between is the Euclidean distance of two features.
func between(a, b []float32) float32 {
	var s0, s1 float32
	a, b = a[:dims], b[:dims]
	for d := 0; d < dims; d += 2 {
		x, y := a[d]-b[d], a[d+1]-b[d+1]
		s0 += x * x
		s1 += y * y
	}
	return float32(math.Sqrt(float64(s0 + s1)))
}

// tracer reads the path from the directions, from its end to its beginning.
type tracer struct {
	w     *warp
	i, j  int
	state int // a move; -1: not begun
	out   []step
}

func (t *tracer) begin(last *line) {
	k := t.j - int(last.lo)
	t.state = int(match)
	best := last.match[k]
	if last.extra[k] < best {
		t.state, best = int(extra), last.extra[k]
	}
	if last.skip[k] < best {
		t.state = int(skip)
	}
}

// back follows the path to the row after from frames.
func (t *tracer) back(from int, directions [][]uint8) {
	for t.i > from {
		dir := directions[t.i-from-1][t.j-int(t.w.lo[t.i])]
		switch move(t.state) {
		case match:
			t.add(t.i-1, t.j-1, match)
			switch d := dir & 7; d {
			case fromLeft:
				t.i--
			case fromBelow:
				t.j--
			default:
				t.i, t.j, t.state = t.i-1, t.j-1, int(d)
			}
		case extra:
			t.add(t.i-1, t.j, extra)
			t.i, t.state = t.i-1, int(dir>>shiftExtra&3)
		case skip:
			t.add(t.i, t.j-1, skip)
			t.j, t.state = t.j-1, int(dir>>shiftSkip&3)
		}
	}
}

func (t *tracer) add(i, j int, m move) { t.out = append(t.out, step{int32(i), int32(j), m}) }

// path returns the steps in order. What is left of the reference at the start was skipped.
func (t *tracer) path() []step {
	for ; t.j > 0; t.j-- {
		t.add(0, t.j-1, skip)
	}
	for a, b := 0, len(t.out)-1; a < b; a, b = a+1, b-1 {
		t.out[a], t.out[b] = t.out[b], t.out[a]
	}
	return t.out
}
