package compose

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"lectern"
)

var (
	testSPS = []byte{0x67, 100, 0, 40, 0xac}
	testPPS = []byte{0x68, 0xee, 0x3c, 0x80}
)

// annexB writes pictures of the given slices as an encoder does.
func annexB(pictures [][][]byte, gop int) []byte {
	var b []byte
	unit := func(u []byte) { b = append(append(b, 0, 0, 0, 1), u...) }
	for i, slices := range pictures {
		unit([]byte{nalDelimiter, 0xf0})
		if i%gop == 0 {
			unit(testSPS)
			unit(testPPS)
			unit([]byte{nalSEI, 5, 1, 2})
		}
		for k, s := range slices {
			kind, first := byte(nalSlice), byte(0x80)
			if i%gop == 0 {
				kind = nalKeySlice
			}
			if k > 0 {
				first = 0x40
			}
			unit(append([]byte{0x60 | kind, first | 0x01}, s...))
		}
	}
	return b
}

func drawPictures(t *rapid.T) [][][]byte {
	payload := rapid.Custom(func(t *rapid.T) []byte {
		// Emulation prevention keeps start codes and trailing zeros out of a unit.
		return append(rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 40).Draw(t, "bytes"), 0x80)
	})
	return rapid.SliceOfN(rapid.SliceOfN(payload, 1, 4), 1, 30).Draw(t, "pictures")
}

func TestPicturesGiveEverySlice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want, gop := drawPictures(t), rapid.IntRange(1, 10).Draw(t, "gop")
		var r io.Reader = bytes.NewReader(annexB(want, gop))
		if rapid.Bool().Draw(t, "slow") {
			r = iotest.OneByteReader(r)
		}
		p := NewPictures(r)
		for i, slices := range want {
			pic, err := p.Next()
			if err != nil {
				t.Fatalf("picture %d: %v", i, err)
			}
			if pic.Key != (i%gop == 0) {
				t.Fatalf("picture %d: key is %v", i, pic.Key)
			}
			rest := pic.Bytes
			for k, s := range slices {
				n := int(rest[0])<<24 | int(rest[1])<<16 | int(rest[2])<<8 | int(rest[3])
				if n != len(s)+2 || !bytes.Equal(rest[6:4+n], s) {
					t.Fatalf("picture %d, slice %d: %x is not %x", i, k, rest, s)
				}
				rest = rest[4+n:]
			}
			if len(rest) > 0 {
				t.Fatalf("picture %d: %d bytes too many", i, len(rest))
			}
		}
		if _, err := p.Next(); err != io.EOF {
			t.Fatalf("behind the last picture: %v", err)
		}
	})
}

func TestDamagedStreams(t *testing.T) {
	t.Parallel()
	good := annexB([][][]byte{{{1}}, {{2}}, {{3}}}, 3)
	for name, b := range map[string][]byte{
		"empty": nil, "zeros": make([]byte, 100), "text": []byte("this is no video"),
		"no parameter sets":    {0, 0, 1, 0x65, 0x81, 1},
		"no key picture":       append([]byte{0, 0, 1, 0x67, 1, 2, 3, 0, 0, 1, 0x68, 1}, 0, 0, 1, 0x61, 0x81, 1),
		"other parameter sets": append(bytes.Clone(good), 0, 0, 1, 0x67, 9, 9, 9, 0, 0, 1, 0x65, 0x81, 1),
		"half a picture":       append([]byte{0, 0, 1, 0x67, 1, 2, 3, 0, 0, 1, 0x68, 1}, 0, 0, 1, 0x65, 0x41, 1),
		"a unit of no bytes":   append(bytes.Clone(good), 0, 0, 1, 0, 0, 1, 0x61, 0x81, 1),
		"a kind of its own":    append(bytes.Clone(good), 0, 0, 1, 0x1f, 1),
	} {
		if x, err := ReadIndex(bytes.NewReader(b)); !errors.Is(err, errBroken) {
			t.Errorf("%s: %+v, %v", name, x, err)
		}
	}
}

func FuzzReadIndex(f *testing.F) {
	f.Add(annexB([][][]byte{{{1}, {2}}, {{2}}, {{3}}}, 2))
	f.Add([]byte{0, 0, 1, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := ReadIndex(bytes.NewReader(b))
		if err == nil && (len(x.Sizes) == 0 || len(x.Keys) == 0 || len(x.SPS) == 0) {
			t.Errorf("%x gives %+v", b, x)
		}
	})
}

func TestRepeatsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		frames, gop := rapid.Int64Range(1, 100_000).Draw(t, "frames"), rapid.Int64Range(3, 300).Draw(t, "gop")
		sum := int64(0)
		for _, n := range Repeats(frames, gop) {
			if n > gop || n < 1 || n == 1 && frames > 1 {
				t.Fatalf("a group of %d", n)
			}
			sum += n
		}
		if sum != frames {
			t.Fatalf("%d frames became %d", frames, sum)
		}
	})
}

func TestJoinIsAMovie(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		j := NewJoin(hd)
		var samples []byte
		frames := int64(0)
		for range rapid.IntRange(1, 5).Draw(t, "streams") {
			stream := annexB(drawPictures(t), 7)
			x, err := ReadIndex(bytes.NewReader(stream))
			if err != nil {
				t.Fatal(err)
			}
			take := rapid.IntRange(1, len(x.Sizes)).Draw(t, "take")
			if err := j.Add(x, int64(take)); err != nil {
				t.Fatal(err)
			}
			p := NewPictures(bytes.NewReader(stream))
			for range take {
				pic, err := p.Next()
				if err != nil {
					t.Fatal(err)
				}
				samples = append(samples, pic.Bytes...)
			}
			frames += int64(take)
		}
		head, err := j.Header()
		if err != nil {
			t.Fatal(err)
		}
		if j.Bytes() != int64(len(samples)) {
			t.Fatalf("%d bytes announced, %d there", j.Bytes(), len(samples))
		}
		file := append(head, samples...)
		m, err := ReadMovie(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		v, ok := m.Track("vide")
		if !ok || !m.IndexFirst || int64(v.Samples) != frames || v.Ticks != uint64(frames*TicksPerFrame) || v.Scale != 30*TicksPerFrame {
			t.Fatalf("%d frames became %+v", frames, m)
		}
		for _, cut := range []int{len(file) - 1, len(head) - 1, 8, 3} {
			if _, err := ReadMovie(bytes.NewReader(file[:cut]), int64(cut)); err == nil {
				t.Fatalf("a file cut to %d of %d bytes is taken", cut, len(file))
			}
		}
	})
}

func TestJoinRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	x := Index{SPS: testSPS, PPS: testPPS, Sizes: []uint32{5, 5}, Keys: []int{0}}
	other := x
	other.PPS = []byte{0x68, 1}
	j := NewJoin(Encoding{Size: lectern.Size{Width: 2, Height: 2}, Rate: 30})
	if _, err := j.Header(); err == nil {
		t.Error("a movie of nothing")
	}
	if err := j.Add(x, 3); !errors.Is(err, errBroken) {
		t.Errorf("three pictures of two: %v", err)
	}
	if err := errors.Join(j.Add(x, 2), j.Add(x, 1)); err != nil || j.Frames() != 3 {
		t.Errorf("%d frames, %v", j.Frames(), err)
	}
	if err := j.Add(other, 2); !errors.Is(err, errBroken) {
		t.Errorf("other parameter sets: %v", err)
	}
}

func FuzzReadMovie(f *testing.F) {
	j := NewJoin(hd)
	_ = j.Add(Index{SPS: testSPS, PPS: testPPS, Sizes: []uint32{4}, Keys: []int{0}}, 1)
	head, err := j.Header()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(head, 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = ReadMovie(bytes.NewReader(b), int64(len(b))) })
}
