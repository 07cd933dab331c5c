package h264

// inter reads a P macroblock's parts and their vectors, and reports whether a part is smaller than 8×8.
func (m *motion) inter() (small bool) {
	m.surround()
	switch {
	case m.bin(ctxType+1) == 1:
		if m.bin(ctxType+3) == 1 { // 16×8
			m.part(0, 0, 4, 2, fromAbove)
			m.part(0, 2, 4, 2, fromLeft)
		} else {
			m.part(0, 0, 2, 4, fromLeft)
			m.part(2, 0, 2, 4, fromRight)
		}
	case m.bin(ctxType+2) == 0:
		m.part(0, 0, 4, 4, fromAll)
	default:
		small = m.quarters()
	}
	for y := range 4 {
		m.cur.vectors[y], m.cur.steps[y] = m.grid[y+1][4], m.step[y+1][4]
	}
	return small
}

// quarters reads a macroblock of four parts, each of which may be divided again, and reports whether one is divided.
func (m *motion) quarters() (small bool) {
	var sizes [4][2]int // the partition of a quarter, in blocks
	for i := range sizes {
		switch {
		case m.bin(ctxSubType) == 1:
			sizes[i] = [2]int{2, 2}
		case m.bin(ctxSubType+1) == 0:
			sizes[i] = [2]int{2, 1}
		case m.bin(ctxSubType+2) == 1:
			sizes[i] = [2]int{1, 2}
		default:
			sizes[i] = [2]int{1, 1}
		}
		small = small || sizes[i] != [2]int{2, 2}
	}
	for i, s := range sizes {
		for y := 0; y < 2; y += s[1] {
			for x := 0; x < 2; x += s[0] {
				m.part(i&1*2+x, i&2+y, s[0], s[1], fromAll)
			}
		}
	}
	return small
}

// surround starts a macroblock's grids with the values of its left neighbour. Above it is another slice.
func (m *motion) surround() {
	for y := range m.grid {
		for x := range m.grid[y] {
			m.grid[y][x] = vector{kind: absent}
		}
	}
	m.step = [5][5][2]int{}
	if !m.prev.there {
		return
	}
	for y := range 4 {
		m.grid[y+1][0], m.step[y+1][0] = m.prev.vectors[y], m.prev.steps[y]
	}
}

// The source of the prediction of a part's vector (8.4.1.3).
const (
	fromAll = iota // the median of all three
	fromLeft
	fromAbove
	fromRight // above, to the right
)

// part reads the vector of a part of w by h blocks, and checks where it points.
func (m *motion) part(x, y, w, h int, from int) {
	left, above := m.step[y+1][x], m.step[y][x+1]
	dx := m.difference(ctxVectorX, left[0]+above[0])
	dy := m.difference(ctxVectorY, left[1]+above[1])
	v := m.predicted(x, y, w, from)
	v.x, v.y, v.kind = v.x+dx, v.y+dy, moved
	for j := y + 1; j <= y+h; j++ {
		for i := x + 1; i <= x+w; i++ {
			m.grid[j][i], m.step[j][i] = v, [2]int{max(dx, -dx), max(dy, -dy)}
		}
	}
	if v.x != 0 || v.y != 0 {
		x0, x1 := samples(m.x+4*x, 4*w, v.x)
		y0, y1 := samples(m.y+4*y, 4*h, v.y)
		m.leaks = m.leaks || x0 < m.left || x1 >= m.right || y0 < m.top || y1 >= m.bottom
	}
}

// difference reads a component of mvd_l0 (9.3.3.1.1.7); near is the sum of the neighbours'.
func (m *motion) difference(ctx, near int) int {
	if m.bin(ctx+one(near > 2)+one(near > 32)) == 0 {
		return 0
	}
	n := 1
	for ; n < 9 && m.bin(ctx+min(n+2, 6)) == 1; n++ {
	}
	if n == 9 {
		n += m.exp(3)
	}
	if m.bypass() == 1 {
		return -n
	}
	return n
}

// predicted returns the prediction of a part's vector.
func (m *motion) predicted(x, y, w, from int) vector {
	a, b, c := m.grid[y+1][x], m.grid[y][x+1], m.grid[y][x+1+w]
	if c.kind == absent {
		c = m.grid[y][x]
	}
	switch {
	case from == fromLeft && a.kind == moved:
		return a
	case from == fromAbove && b.kind == moved:
		return b
	case from == fromRight && c.kind == moved:
		return c
	case b.kind == absent && c.kind == absent && a.kind != absent:
		return a
	}
	var only *vector
	for _, v := range [3]*vector{&a, &b, &c} {
		if v.kind == moved {
			if only != nil {
				return vector{x: median(a.x, b.x, c.x), y: median(a.y, b.y, c.y)}
			}
			only = v
		}
	}
	if only != nil {
		return *only
	}
	return vector{}
}

func median(a, b, c int) int { return max(min(a, b), min(max(a, b), c)) }

// samples returns, along one axis, the first and the last luma sample from which a block of n samples, beginning at at,
// is predicted if v is that component of its vector. A value between luma samples is interpolated from six of them
// (8.4.2.2.1), one between chroma samples from two (8.4.2.2.2), and each chroma sample covers two luma samples.
func samples(at, n, v int) (first, last int) {
	first = at + v>>2
	last = first + n - 1
	if v&3 != 0 {
		first, last = first-2, last+3
	}
	chroma := at/2 + v>>3
	end := chroma + n/2 - 1 + one(v&7 != 0)
	return min(first, 2*chroma), max(last, 2*end+1)
}
