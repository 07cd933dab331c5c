package h264

import "io"

// Leaks reports whether any picture of the small stream is predicted from pixels outside it, when it is spliced at the
// place at into pictures of width by height macroblocks. A decoder repeats the border pixels of a picture outward, but
// a spliced picture has other neighbours. Every other source of prediction is in the macroblock's own slice, so a
// stream whose motion vectors stay inside decodes to the same bits wherever it is spliced. The tests prove that by
// decoding.
//
// Leaks stops at the first picture that leaks. It returns ErrUnsupported for a stream whose macroblocks it cannot read:
// without CABAC, with other contexts than x264's, or with uncoded samples. It returns ErrDamaged if the data of a slice
// does not end where its macroblocks end.
func Leaks(small *Pictures, at Place, width, height int) (bool, error) {
	n, err := leak(small, at, width, height)
	return n >= 0, err
}

// leak returns the number of the first picture that leaks, or -1.
func leak(small *Pictures, at Place, width, height int) (int, error) {
	var m *motion
	var scratch []byte
	for n := 0; ; n++ {
		units, err := small.Units()
		if err == io.EOF && n > 0 {
			return -1, nil
		}
		if err != nil {
			return -1, unexpected(err)
		}
		if m == nil {
			if m, err = newMotion(small, at, width, height); err != nil {
				return -1, err
			}
		}
		if len(units) != m.sets.Height && n > 0 { // the encoder chooses the slices of the first
			return -1, damaged("a picture with %d slices and %d rows of macroblocks", len(units), m.sets.Height)
		}
		for _, u := range units {
			h, payload, data, err := m.sets.parse(u, scratch)
			scratch = payload
			if err != nil {
				return -1, err
			}
			if h.kind == typeI { // predicted from its own slice alone
				continue
			}
			if err := m.slice(h, payload, data); err != nil {
				return -1, err
			}
			if m.leaks {
				return n, nil
			}
		}
	}
}

// newMotion returns a reader for a stream whose parameter sets are known.
func newMotion(small *Pictures, at Place, width, height int) (*motion, error) {
	sets, err := ParseSets(small.Sets())
	if err != nil {
		return nil, err
	}
	if !sets.cabac {
		return nil, unsupported("vectors without CABAC")
	}
	m := &motion{sets: sets, states: map[int]*[512]uint8{}, right: 16 * sets.Width, bottom: 16 * sets.Height}
	// Where the small picture is at the border of the whole one, both continue outward in the same way.
	const far = 1 << 20
	if at.X == 0 {
		m.left = -far
	}
	if at.Y == 0 {
		m.top = -far
	}
	if at.X+sets.Width == width {
		m.right = far
	}
	if at.Y+sets.Height == height {
		m.bottom = far
	}
	return m, nil
}

// motion reads the motion vectors of P slices that each hold one row of macroblocks.
type motion struct {
	bins
	sets                     Sets
	left, top, right, bottom int // the area that may be read, in luma samples; right and bottom are outside it
	leaks                    bool
	states                   map[int]*[512]uint8 // initial, by SliceQPY

	x, y      int         // of the macroblock, in luma samples
	delta     bool        // mb_qp_delta of the previous macroblock is not 0
	cur, prev *macroblock // prev is the one to the left
	both      [2]macroblock
	// The vectors of the macroblock's sixteen blocks, from 1, 1 on, and of the blocks around them.
	grid [5][6]vector
	step [5][5][2]int // the absolute mvd_l0 of the same blocks
}

// vector is a motion vector, in quarters of a luma sample.
type vector struct {
	x, y int
	kind int8 // one of the constants below
}

const (
	moved   int8 = iota // a vector into the one reference
	resting             // an I macroblock, which has no vector
	absent              // outside the slice, or not decoded yet
)

// macroblock holds what the next macroblock to the right needs to know.
type macroblock struct {
	there, skipped, intra, plain bool // plain: Intra_16x16
	chromaMode                   bool // intra_chroma_pred_mode is not 0
	eight                        bool // transform_size_8x8_flag
	luma, chroma                 int  // coded_block_pattern
	coded                        [4][4]bool
	codedChroma                  [2][2][2]bool
	codedDC                      [3]bool // of luma, Cb, Cr
	vectors                      [4]vector
	steps                        [4][2]int // of the right column
}

// slice reads a P slice to its end, even after a vector that points outside: only the end shows whether the slice is
// damaged, and the vectors of a damaged slice are wrong.
func (m *motion) slice(h header, payload []byte, data int) error {
	width := m.sets.Width
	switch {
	case h.cabacIDC != 0:
		return unsupported("contexts of cabac_init_idc %d", h.cabacIDC)
	case int(h.first)%width != 0:
		return unsupported("a slice that does not begin at the start of a row")
	}
	qp := int(m.sets.initQP + h.qpDelta)
	if m.states[qp] == nil {
		s := initial(qp)
		m.states[qp] = &s
	}
	m.begin(payload[data/8:], m.states[qp])
	m.cur, m.prev, m.delta = &m.both[0], &m.both[1], false
	*m.prev = macroblock{}
	m.y = int(h.first) / width * 16
	for i := range width {
		m.x = 16 * i
		*m.cur = macroblock{there: true}
		if err := m.macroblock(); err != nil {
			return err
		}
		if m.end() != (i == width-1) {
			return damaged("a slice that does not end at the end of its row")
		}
		m.cur, m.prev = m.prev, m.cur
	}
	// After the stop bit x264 fills up the byte, not always with zeros.
	last := data/8*8 + m.at() - 1
	if rest := dataEnd(payload) - last; rest < 0 || rest >= 8 || payload[last/8]>>(7-last%8)&1 == 0 {
		return damaged("a slice whose data does not end where its macroblocks end")
	}
	return nil
}

// one returns a neighbour's contribution to a context.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (m *motion) macroblock() error {
	if m.bin(ctxSkip+one(m.prev.there && !m.prev.skipped)) == 1 {
		m.cur.skipped, m.delta = true, false // without a macroblock above its vector is zero (8.4.1.1)
		return nil
	}
	small := false // has a part smaller than 8×8
	if m.bin(ctxType) == 0 {
		small = m.inter()
	} else if err := m.intraType(); err != nil {
		return err
	}
	c := m.cur
	if !c.plain {
		m.pattern()
	}
	if !c.intra && c.luma != 0 && m.sets.eight && !small {
		c.eight = m.bin(ctxTransform+one(m.prev.eight)) == 1
	}
	if c.luma == 0 && c.chroma == 0 && !c.plain {
		m.delta = false
		return nil
	}
	m.quantizer()
	m.residual()
	return nil
}

// quantizer reads mb_qp_delta.
func (m *motion) quantizer() {
	n, ctx := 0, one(m.delta)
	for ; n < 256 && m.bin(ctxDelta+ctx) == 1; n++ {
		ctx = 2 + ctx>>1
	}
	m.delta = n > 0
}

// intraType reads the type and the modes of an I macroblock.
func (m *motion) intraType() error {
	c := m.cur
	c.intra = true
	for i := range c.vectors {
		c.vectors[i].kind = resting
	}
	if m.bin(ctxIntraType) == 0 { // I_NxN
		modes := 16
		if m.sets.eight {
			if c.eight = m.bin(ctxTransform+one(m.prev.eight)) == 1; c.eight {
				modes = 4
			}
		}
		for range modes {
			if m.bin(ctxModeKept) == 0 {
				for range 3 {
					m.bin(ctxMode)
				}
			}
		}
	} else {
		if m.end() {
			return unsupported("samples that are not coded")
		}
		c.plain = true
		c.luma = 15 * m.bin(ctxIntraType+1)
		if m.bin(ctxIntraType+2) == 1 {
			c.chroma = 1 + m.bin(ctxIntraType+2)
		}
		m.bin(ctxIntraType + 3)
		m.bin(ctxIntraType + 3)
	}
	c.chromaMode = m.bin(ctxChromaMode+one(m.prev.chromaMode)) == 1
	if c.chromaMode && m.bin(ctxChromaMode+3) == 1 {
		m.bin(ctxChromaMode + 3)
	}
	return nil
}

// pattern reads coded_block_pattern (9.3.3.1.1.4).
func (m *motion) pattern() {
	c, p := m.cur, m.prev
	for b := range 4 {
		left := b&1 == 1 && c.luma>>(b&2)&1 == 0
		if b&1 == 0 {
			left = p.there && p.luma>>(b+1)&1 == 0
		}
		above := b >= 2 && c.luma>>(b&1)&1 == 0
		c.luma |= m.bin(ctxLuma+one(left)+2*one(above)) << b
	}
	if m.bin(ctxChroma+one(p.chroma != 0)) == 1 {
		c.chroma = 1 + m.bin(ctxChroma+4+one(p.chroma == 2))
	}
}

// residual reads the coefficients.
func (m *motion) residual() {
	c, p := m.cur, m.prev
	// For an I macroblock a block beyond the slice's border counts as coded (9.3.3.1.1.9).
	beyond := c.intra
	onLeft := func(coded bool) bool { return p.there && coded || !p.there && beyond } // for the macroblock to the left
	if c.plain {
		c.codedDC[0] = m.block(lumaDC, onLeft(p.codedDC[0]), beyond)
	}
	for b := range 4 {
		if c.luma>>b&1 == 0 {
			continue
		}
		x0, y0 := b&1*2, b&2
		if c.eight {
			m.coefficients(luma8)
			for i := range 4 {
				c.coded[y0+i>>1][x0+i&1] = true
			}
			continue
		}
		kind := luma4
		if c.plain {
			kind = lumaAC
		}
		for i := range 4 {
			x, y := x0+i&1, y0+i>>1
			left, above := onLeft(p.coded[y][3]), beyond
			if x > 0 {
				left = c.coded[y][x-1]
			}
			if y > 0 {
				above = c.coded[y-1][x]
			}
			c.coded[y][x] = m.block(kind, left, above)
		}
	}
	if c.chroma == 0 {
		return
	}
	for i := range 2 {
		c.codedDC[1+i] = m.block(chromaDC, onLeft(p.codedDC[1+i]), beyond)
	}
	if c.chroma == 1 {
		return
	}
	for i := range 2 {
		for b := range 4 {
			x, y := b&1, b>>1
			left, above := onLeft(p.codedChroma[i][y][1]), beyond
			if x > 0 {
				left = c.codedChroma[i][y][0]
			}
			if y > 0 {
				above = c.codedChroma[i][0][x]
			}
			c.codedChroma[i][y][x] = m.block(chromaAC, left, above)
		}
	}
}

// block reads a block's coefficients and reports whether it has any. left and above: the neighbouring block there has
// coefficients.
func (m *motion) block(kind int, left, above bool) bool {
	if m.bin(ctxCoded+4*kind+one(left)+2*one(above)) == 0 {
		return false
	}
	m.coefficients(kind)
	return true
}

// coefficients reads past a block's coefficients (7.3.5.3.3).
func (m *motion) coefficients(kind int) {
	b := &blocks[kind]
	count, i := 0, 0
	for ; i < b.size-1; i++ {
		significant, last := i, i
		switch kind {
		case luma8:
			significant, last = int(significant8[i]), int(last8[i])
		case chromaDC:
			significant, last = min(i, 2), min(i, 2)
		}
		if m.bin(b.significant+significant) == 1 {
			count++
			if m.bin(b.last+last) == 1 {
				break
			}
		}
	}
	if i == b.size-1 { // significant, because no earlier one is the last
		count++
	}
	most := 4
	if kind == chromaDC {
		most = 3
	}
	ones, more := 1, 0 // number of levels of one and of larger levels so far
	for range count {
		ctx := b.level
		if more == 0 {
			ctx += min(ones, 4)
		}
		if m.bin(ctx) == 0 {
			ones++
		} else {
			ctx = b.level + 5 + min(more, most)
			n := 1
			for ; n < 14 && m.bin(ctx) == 1; n++ {
			}
			if n == 14 {
				m.exp(0)
			}
			more++
		}
		m.bypass()
	}
}
