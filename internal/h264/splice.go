package h264

import (
	"fmt"
	"io"
)

// rewritten appends to dst a slice with the header h and a copy of the data of another slice: its payload from bit data
// on. from has the parameter sets of that slice.
func (s Sets) rewritten(dst []byte, from Sets, h header, payload []byte, data int) []byte {
	end := dataEnd(payload)
	var w bitWriter
	w.b = make([]byte, 0, len(payload)+16)
	s.write(&w, h)
	if from.cabac {
		w.b = append(w.b, payload[data/8:]...)
		return unit(dst, h.ref, h.nal(), w.b)
	}
	w.copyFrom(payload, data, end)
	w.trailing()
	return unit(dst, h.ref, h.nal(), w.b)
}

// dataEnd returns the position of the bit after the slice data: the stop bit.
func dataEnd(payload []byte) int {
	for i := len(payload) - 1; i >= 0; i-- {
		if v := payload[i]; v != 0 {
			bit := 7
			for v&1 == 0 {
				v >>= 1
				bit--
			}
			return 8*i + bit
		}
	}
	return 0
}

var startCode = []byte{0, 0, 0, 1}

// writer writes a stream in the byte stream format.
type writer struct {
	w    io.Writer
	buf  []byte
	err  error
	runs map[int][]byte // data of skipped slices, by number of macroblocks
}

func (w *writer) sets(s Sets) {
	w.unit(s.SPS)
	w.unit(s.PPS)
}

func (w *writer) unit(u []byte) {
	w.buf = append(append(w.buf, startCode...), u...)
}

// made appends the unit that make appends to its argument.
func (w *writer) made(make func(dst []byte) []byte) {
	w.buf = make(append(w.buf, startCode...))
}

// skips writes a slice that skips count macroblocks from first on.
func (w *writer) skips(s Sets, first, count int, frameNum uint32) {
	if s.cabac && w.runs[count] == nil {
		if w.runs == nil {
			w.runs = map[int][]byte{}
		}
		w.runs[count] = s.skipped(count)
	}
	w.made(func(dst []byte) []byte { return s.skips(dst, first, count, frameNum, w.runs[count]) })
}

// flush writes the buffer, at the end of a picture.
func (w *writer) flush() error {
	if w.err == nil {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
	return w.err
}

// key rewrites a key picture with an idr_pic_id of its own: two in a row must differ (7.4.3).
func (w *writer) key(s Sets, units [][]byte, id uint32, scratch *[]byte) error {
	for _, u := range units {
		h, payload, data, err := s.parse(u, *scratch)
		if err != nil {
			return err
		}
		if !h.key || h.kind != typeI {
			return damaged("a picture that is not a key picture")
		}
		h.keyID, h.frameNum = id, 0
		w.made(func(dst []byte) []byte { return s.rewritten(dst, s, h, payload, data) })
		*scratch = payload
	}
	return w.flush()
}

// Still writes one group of n pictures that all look like the key picture. units are the slices of the key picture. The
// stream begins with its parameter sets.
func Still(to io.Writer, s Sets, units [][]byte, n int64) error {
	w := &writer{w: to}
	w.sets(s)
	var scratch []byte
	if err := w.key(s, units, 0, &scratch); err != nil {
		return err
	}
	for i := int64(1); i < n; i++ {
		w.skips(s, 0, s.Macroblocks(), uint32(i))
		if err := w.flush(); err != nil {
			return err
		}
	}
	return w.err
}

// Place is the position of a small picture in a whole one, in macroblocks.
type Place struct{ X, Y int }

// Splicer places the pictures of a small stream in the pictures of a still.
type Splicer struct {
	whole, small Sets
	at           Place
	scratch      []byte
}

// NewSplicer returns a Splicer that places small pictures in whole ones. It returns ErrUnsupported if their parameters
// do not fit together.
func NewSplicer(whole, small Sets, at Place) (*Splicer, error) {
	switch {
	case !whole.Fits(small):
		return nil, unsupported("a small picture with other parameters than the whole one")
	case at.X < 0 || at.Y < 0 || at.X+small.Width > whole.Width || at.Y+small.Height > whole.Height:
		return nil, damaged("a small picture that is partly outside the whole one")
	}
	return &Splicer{whole: whole, small: small, at: at}, nil
}

// Slices returns the number of slices of a spliced picture.
func (p *Splicer) Slices() int {
	n := 2*p.small.Height + 1
	if p.small.Width == p.whole.Width {
		n = p.small.Height + 2
	}
	return n
}

// picture writes the whole picture with the given number in its group and the small picture in it. units are the small
// picture's slices, one for each row of macroblocks.
func (p *Splicer) picture(w *writer, units [][]byte, frameNum uint32) error {
	if len(units) != p.small.Height {
		return unsupported("a small picture with %d slices and %d rows of macroblocks", len(units), p.small.Height)
	}
	done := 0
	skip := func(to int) {
		if to > done {
			w.skips(p.whole, done, to-done, frameNum)
		}
	}
	for row, u := range units {
		h, payload, data, err := p.small.parse(u, p.scratch)
		p.scratch = payload
		if err != nil {
			return err
		}
		switch {
		case int(h.first) != row*p.small.Width:
			return unsupported("a slice that does not begin at the start of a row")
		case h.filter == 0:
			return unsupported("slices that are deblocked across their borders")
		}
		first := (p.at.Y+row)*p.whole.Width + p.at.X
		skip(first)
		h.first, h.frameNum, h.key, h.ref = uint32(first), frameNum, false, 2
		w.made(func(dst []byte) []byte { return p.whole.rewritten(dst, p.small, h, payload, data) })
		done = first + p.small.Width
	}
	skip(p.whole.Macroblocks())
	return w.flush()
}

// Splice writes a stream of groups of pictures; groups has their lengths. The first picture of each group is the next
// picture of keys, and each other one contains the next picture of small. The first picture of small in each group must
// be a key picture: in the spliced stream it follows the picture of keys, which is coded differently. The stream begins
// with its parameter sets. Splice fails with ErrDamaged if keys or small has more pictures than the groups take.
func (p *Splicer) Splice(to io.Writer, keys, small *Pictures, groups []int64) error {
	w := &writer{w: to}
	w.sets(p.whole)
	for g, n := range groups {
		key, err := keys.Units()
		if err != nil {
			return fmt.Errorf("the key picture of group %d: %w", g, unexpected(err))
		}
		if err := w.key(p.whole, key, uint32(g%2), &p.scratch); err != nil {
			return err
		}
		for i := int64(1); i < n; i++ {
			units, err := small.Units()
			if err != nil {
				return fmt.Errorf("picture %d of group %d: %w", i, g, unexpected(err))
			}
			if i == 1 && !isKey(units) {
				return damaged("a group whose first small picture is not a key picture")
			}
			if err := p.picture(w, units, uint32(i)); err != nil {
				return err
			}
		}
	}
	for _, rest := range []*Pictures{keys, small} {
		if _, err := rest.Units(); err != io.EOF {
			return damaged("there are more pictures than the groups take")
		}
	}
	return nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
