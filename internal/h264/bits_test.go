package h264

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// The reader returns what the writer wrote: numbers of every kind, in any order, after any number of bits.
func TestReaderReturnsWhatTheWriterWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type number struct {
			kind int
			n    int
			v    uint32
		}
		list := rapid.SliceOf(rapid.Custom(func(t *rapid.T) number {
			n := rapid.IntRange(1, 32).Draw(t, "bits")
			return number{rapid.IntRange(0, 2).Draw(t, "kind"), n, rapid.Uint32().Draw(t, "value") >> (32 - n)}
		})).Draw(t, "numbers")
		var w bitWriter
		for _, x := range list {
			switch x.kind {
			case 0:
				w.u(x.n, x.v)
			case 1:
				w.ue(x.v >> 1)
			case 2:
				w.se(int32(x.v) >> 1)
			}
		}
		w.trailing()
		r := &bitReader{b: w.b}
		for i, x := range list {
			switch x.kind {
			case 0:
				if v := r.u(x.n); v != x.v {
					t.Fatalf("number %d: %d became %d", i, x.v, v)
				}
			case 1:
				if v := r.ue(); v != x.v>>1 {
					t.Fatalf("number %d: %d became %d", i, x.v>>1, v)
				}
			case 2:
				if v := r.se(); v != int32(x.v)>>1 {
					t.Fatalf("number %d: %d became %d", i, int32(x.v)>>1, v)
				}
			}
		}
		if r.short || r.at != dataEnd(w.b) {
			t.Fatalf("read up to bit %d of %d, short %v", r.at, dataEnd(w.b), r.short)
		}
	})
}

// Bits are copied from any place to any place.
func TestBitsAreCopied(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "source")
		from := rapid.IntRange(0, 8*len(src)).Draw(t, "from")
		end := rapid.IntRange(from, 8*len(src)).Draw(t, "end")
		head := rapid.IntRange(0, 17).Draw(t, "head")
		var got, want bitWriter
		for i := range head {
			got.bit(uint32(i & 1))
			want.bit(uint32(i & 1))
		}
		got.copyFrom(src, from, end)
		for i := from; i < end; i++ {
			want.bit(uint32(src[i/8] >> (7 - i%8)))
		}
		if !bytes.Equal(got.b, want.b) || got.free != want.free {
			t.Fatalf("bits %d to %d of %x after %d bits: %x, %d free, instead of %x, %d", from, end, src, head,
				got.b, got.free, want.b, want.free)
		}
	})
}

// A unit contains no start code, whatever its payload is, and unescape returns the payload.
func TestPayloadsAreEscaped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		payload := append(rapid.SliceOf(rapid.SampledFrom([]byte{0, 0, 0, 1, 2, 3, 4, 255})).Draw(t, "payload"), 0x80)
		u := unit(nil, 3, nalSlice, payload)
		for _, code := range [][]byte{{0, 0, 0}, {0, 0, 1}, {0, 0, 2}} {
			if bytes.Contains(u, code) {
				t.Fatalf("%x has %x in it: %x", payload, code, u)
			}
		}
		if got := unescape(nil, u[1:]); !bytes.Equal(got, payload) {
			t.Fatalf("%x became %x", payload, got)
		}
	})
}

// testSets returns the parameter sets that x264 writes for Lectern at 1280×720.
func testSets(cabac bool) Sets {
	var sps bitWriter
	sps.u(24, 100<<16|31)
	sps.ue(0)
	sps.ue(1) // 4:2:0
	sps.ue(0)
	sps.ue(0)
	sps.u(2, 0)
	sps.ue(0) // frame_num has four bits
	sps.ue(2)
	sps.ue(1)
	sps.u(1, 0)
	sps.ue(79)
	sps.ue(44)
	sps.u(4, 0b1100) // frames, direct 8×8, no cropping, no display information
	sps.trailing()
	var pps bitWriter
	pps.ue(0)
	pps.ue(0)
	pps.flag(cabac)
	pps.bit(0)
	pps.ue(0)
	pps.ue(0)
	pps.ue(0)
	pps.u(3, 0)
	pps.se(-3)
	pps.se(0)
	pps.se(-2)
	pps.u(3, 0b100)
	pps.trailing()
	s, err := ParseSets(unit(nil, 3, nalSPS, sps.b), unit(nil, 3, nalPPS, pps.b))
	if err != nil {
		panic(err)
	}
	return s
}

// The reader returns a written header and the right start of the data after it.
func TestHeadersAreReadAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := testSets(rapid.Bool().Draw(t, "cabac"))
		h := header{first: rapid.Uint32Range(0, 3599).Draw(t, "first"),
			kind: rapid.SampledFrom([]uint32{typeP, typeI}).Draw(t, "type"),
			ref:  2, frameNum: rapid.Uint32Range(0, 15).Draw(t, "number"), qpDelta: rapid.Int32Range(-26, 25).
				Draw(t, "quantizer"),
			filter: rapid.Uint32Range(0, 2).Draw(t, "filter")}
		if h.kind == typeI && rapid.Bool().Draw(t, "key") {
			h.key, h.keyID = true, rapid.Uint32Range(0, 9).Draw(t, "id")
		}
		if s.cabac && h.kind == typeP {
			h.cabacIDC = rapid.Uint32Range(0, 2).Draw(t, "contexts")
		}
		data := rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "data")
		var w bitWriter
		s.write(&w, h)
		w.copyFrom(data, 0, 8*len(data))
		w.trailing()
		got, payload, at, err := s.parse(unit(nil, h.ref, h.nal(), w.b), nil)
		if err != nil || got != h {
			t.Fatalf("%+v became %+v (%v)", h, got, err)
		}
		var rest bitWriter
		rest.copyFrom(payload, at, at+8*len(data))
		if !bytes.Equal(rest.b, data) {
			t.Fatalf("the data after the header was %x and became %x", data, rest.b)
		}
		moved := h
		moved.first, moved.frameNum, moved.key, moved.keyID = 7, 3, false, 0
		again, payload, at, err := s.parse(s.rewritten(nil, s, moved, payload, at), nil)
		if err != nil || again != moved || dataEnd(payload)-at != 8*len(data) {
			t.Fatalf("%+v became %+v with %d bits of data (%v)", moved, again, dataEnd(payload)-at, err)
		}
	})
}

// A picture of 3600 skipped macroblocks has exactly the bytes that the standard prescribes.
func TestBytesOfASkippedPicture(t *testing.T) {
	t.Parallel()
	s := testSets(false)
	// 1 first macroblock, 1 type P, 1 parameter set, 0101 frame_num, 0 default number of references, 0 no reordering,
	// 0 sliding window marking, 1 no quantizer delta, 010 no deblocking, 00000000000 111000010001 a run of 3600, 1 stop.
	want := []byte{0x41, 0xea, 0x28, 0x00, 0x70, 0x8c}
	got := s.skips(nil, 0, s.Macroblocks(), 5, nil)
	h, payload, at, err := s.parse(got, nil)
	if err != nil || h.kind != typeP || h.frameNum != 5 || h.filter != 1 {
		t.Fatalf("%+v (%v)", h, err)
	}
	r := &bitReader{b: payload, at: at}
	if run := r.ue(); run != 3600 || r.at != dataEnd(payload) {
		t.Errorf("a run of %d, then %d bits", run, dataEnd(payload)-r.at)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%x instead of %x", got, want)
	}
}

// For any bytes, parameter sets and slices are read or refused with one of two errors, and headers that were read can
// be written.
func FuzzSlices(f *testing.F) {
	s := testSets(true)
	f.Add(s.SPS, s.PPS, s.skips(nil, 0, 3600, 1, s.skipped(3600)))
	p := testSets(false)
	f.Add(p.SPS, p.PPS, p.skips(nil, 5, 3, 2, nil))
	f.Fuzz(func(t *testing.T, sps, pps, slice []byte) {
		known := func(err error) bool { return errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnsupported) }
		s, err := ParseSets(sps, pps)
		if err != nil {
			if !known(err) {
				t.Fatal(err)
			}
			return
		}
		h, payload, at, err := s.parse(slice, nil)
		if err != nil {
			if !known(err) {
				t.Fatal(err)
			}
			return
		}
		if u := s.rewritten(nil, s, h, payload, at); len(u) < 2 {
			t.Errorf("%x became %x", slice, u)
		}
	})
}
