package h264

import (
	"bytes"
	"fmt"
	"io"
)

// maxUnit bounds one NAL unit. The largest picture that Lectern makes is smaller uncompressed.
const maxUnit = 64 << 20

// Picture is one coded picture of a stream, as a sample of an MP4 file: units with their length before them, without
// parameter sets, delimiters and SEI.
type Picture struct {
	Bytes []byte // valid until the next call of Next
	Key   bool   // decoding may begin here
}

// Pictures reads an H.264 stream in the byte stream format (Annex B) picture by picture.
type Pictures struct {
	r        io.Reader
	mem      []byte // the bytes that were read
	at       int    // where in mem the unread bytes begin; after the first unit, with a start code
	begun    int    // where in mem the last unit begins
	eof      bool
	sample   []byte
	slices   [][]byte
	next     int // start in mem of the first slice of the next picture
	nextEnd  int // its end; 0: not read yet
	sps, pps []byte
}

// NewPictures reads pictures from r.
func NewPictures(r io.Reader) *Pictures { return &Pictures{r: r} }

// Sets returns the parameter sets read so far. After the first picture both are known.
func (p *Pictures) Sets() (sps, pps []byte) { return p.sps, p.pps }

// startPrefix begins a unit. A zero may precede it.
var startPrefix = []byte{0, 0, 1}

// findStart returns the index of a start prefix, or -1. It looks at every third byte: a byte above 1 is not part of a
// prefix.
func findStart(b []byte) int {
	for i := 2; i < len(b); {
		switch v := b[i]; {
		case v > 1:
			i += 3
		case v == 0:
			i++
		case b[i-1]|b[i-2] == 0:
			return i - 2
		default:
			i += 3
		}
	}
	return -1
}

// unit returns the next NAL unit, or io.EOF.
func (p *Pictures) unit() ([]byte, error) {
	for {
		rest := p.mem[p.at:]
		at := findStart(rest)
		before := rest
		if at >= 0 {
			before = rest[:at]
		}
		if len(bytes.TrimLeft(before, "\x00\x01")) > 0 {
			return nil, fmt.Errorf("%w: it does not begin with a start code", ErrDamaged)
		}
		if at >= 0 {
			p.at += at + len(startPrefix)
			p.begun = p.at
			return p.unitBody()
		}
		if p.eof {
			return nil, io.EOF
		}
		if err := p.fill(); err != nil {
			return nil, err
		}
	}
}

// unitBody returns the bytes up to the next start code or the end, without trailing zeros.
func (p *Pictures) unitBody() ([]byte, error) {
	searched := 0
	for {
		rest := p.mem[p.at:]
		if at := findStart(rest[searched:]); at >= 0 {
			p.at += searched + at
			return notEmpty(bytes.TrimRight(rest[:searched+at], "\x00"))
		}
		if p.eof {
			p.at = len(p.mem)
			return notEmpty(bytes.TrimRight(rest, "\x00"))
		}
		searched = max(0, len(rest)-2)
		if len(rest) > maxUnit {
			return nil, fmt.Errorf("%w: a unit of more than %d bytes", ErrDamaged, maxUnit)
		}
		if err := p.fill(); err != nil {
			return nil, err
		}
	}
}

func notEmpty(unit []byte) ([]byte, error) {
	if len(unit) < 2 {
		return nil, fmt.Errorf("%w: an empty unit", ErrDamaged)
	}
	return unit, nil
}

// readStep is the size of one read, in bytes.
const readStep = 64 << 10

// fill reads more. Units that were returned stay valid: when the buffer is full, fill reads into new memory.
func (p *Pictures) fill() error {
	if cap(p.mem)-len(p.mem) < readStep {
		grown := make([]byte, len(p.mem), 2*len(p.mem)+4*readStep)
		copy(grown, p.mem)
		p.mem = grown
	}
	n, err := p.r.Read(p.mem[len(p.mem) : len(p.mem)+readStep])
	p.mem = p.mem[:len(p.mem)+n]
	if err == io.EOF {
		p.eof = true
		return nil
	}
	return err
}

// forget frees space by dropping the units that were returned.
func (p *Pictures) forget() {
	used := p.at
	if p.nextEnd > 0 {
		used = p.next
	}
	if used < readStep || used < len(p.mem)/2 {
		return
	}
	p.mem = p.mem[:copy(p.mem, p.mem[used:])]
	p.at -= used
	if p.nextEnd > 0 {
		p.next, p.nextEnd = p.next-used, p.nextEnd-used
	}
}

// Next returns the next picture, or io.EOF after the last one.
func (p *Pictures) Next() (Picture, error) {
	units, err := p.Units()
	if err != nil {
		return Picture{}, err
	}
	p.sample = p.sample[:0]
	for _, unit := range units { // sampleSize counts the same bytes
		n := len(unit)
		p.sample = append(p.sample, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		p.sample = append(p.sample, unit...)
	}
	return Picture{Bytes: p.sample, Key: isKey(units)}, nil
}

// isKey reports whether a picture of the given slices is a key picture.
func isKey(units [][]byte) bool { return units[0][0]&31 == nalKeySlice }

// sampleSize returns the size of Picture.Bytes for a picture of the given slices.
func sampleSize(units [][]byte) (n int) {
	for _, u := range units {
		n += 4 + len(u)
	}
	return n
}

// Single skips n pictures and returns the next one with the parameter sets, as a stream of its own. That picture must
// be a key picture.
func (p *Pictures) Single(n int) ([]byte, error) {
	for {
		units, err := p.Units()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		if n--; n >= 0 {
			continue
		}
		if !isKey(units) {
			return nil, fmt.Errorf("%w: the picture is not a key picture", ErrDamaged)
		}
		var out []byte
		for _, u := range append([][]byte{p.sps, p.pps}, units...) {
			out = append(append(append(out, 0), startPrefix...), u...)
		}
		return out, nil
	}
}

// Units returns the slices of the next picture, as NAL units, or io.EOF after the last one. They are valid until the
// next call.
func (p *Pictures) Units() ([][]byte, error) {
	p.forget()
	p.slices = p.slices[:0]
	if p.nextEnd > 0 {
		p.slices = append(p.slices, p.mem[p.next:p.nextEnd])
		p.nextEnd = 0
	}
	for {
		unit, err := p.unit()
		if err == io.EOF && len(p.slices) > 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		kind := unit[0] & 31
		switch kind {
		case nalSlice, nalKeySlice:
			// first_mb_in_slice is the first value of a slice header, and zero is written as a single set bit.
			if first := unit[1]&0x80 != 0; first && len(p.slices) > 0 {
				p.next, p.nextEnd = p.begun, p.begun+len(unit)
			} else if !first && len(p.slices) == 0 {
				return nil, fmt.Errorf("%w: a picture without its first slice", ErrDamaged)
			} else {
				p.slices = append(p.slices, unit)
			}
		case nalSPS:
			if err := same(&p.sps, unit, "sequence"); err != nil {
				return nil, err
			}
		case nalPPS:
			if err := same(&p.pps, unit, "picture"); err != nil {
				return nil, err
			}
		case nalSEI, nalDelimiter:
		default:
			return nil, fmt.Errorf("%w: a unit of kind %d", ErrDamaged, kind)
		}
		if p.nextEnd > 0 || kind == nalDelimiter && len(p.slices) > 0 {
			break
		}
	}
	if p.sps == nil || p.pps == nil {
		return nil, fmt.Errorf("%w: a picture before its parameter sets", ErrDamaged)
	}
	return p.slices, nil
}

// same keeps the first parameter set of a kind, and fails if a later one differs from it.
func same(have *[]byte, unit []byte, what string) error {
	if *have == nil {
		*have = bytes.Clone(unit)
		return nil
	}
	if !bytes.Equal(*have, unit) {
		return fmt.Errorf("%w: its %s parameter sets differ", ErrDamaged, what)
	}
	return nil
}

// Index describes a stream, so that its bytes can be joined to those of others.
type Index struct {
	SPS, PPS []byte
	Sizes    []uint32 // of each picture's sample
	Keys     []int    // numbers of the key pictures, from 0
}

// ReadIndex reads a stream to its end. A stream without pictures, or one that does not begin with a key picture, is
// damaged.
func ReadIndex(r io.Reader) (Index, error) {
	var x Index
	p := NewPictures(r)
	for {
		units, err := p.Units()
		if err == io.EOF {
			break
		}
		if err != nil {
			return Index{}, err
		}
		if isKey(units) {
			x.Keys = append(x.Keys, len(x.Sizes))
		}
		x.Sizes = append(x.Sizes, uint32(sampleSize(units)))
	}
	x.SPS, x.PPS = p.Sets()
	if len(x.Keys) == 0 || x.Keys[0] != 0 {
		return Index{}, fmt.Errorf("%w: it has %d pictures and does not begin with a key picture",
			ErrDamaged, len(x.Sizes))
	}
	return x, nil
}
