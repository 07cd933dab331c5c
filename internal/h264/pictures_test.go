package h264

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

var (
	testSPS = []byte{0x67, 100, 0, 40, 0xac}
	testPPS = []byte{0x68, 0xee, 0x3c, 0x80}
)

// annexB writes pictures of the given slices in the byte stream format.
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

func TestPicturesContainAllTheirSlices(t *testing.T) {
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
			t.Fatalf("after the last picture: %v", err)
		}
	})
}

func TestDamagedStreamsAreRefused(t *testing.T) {
	t.Parallel()
	good := annexB([][][]byte{{{1}}, {{2}}, {{3}}}, 3)
	for name, b := range map[string][]byte{
		"empty": nil, "zeros": make([]byte, 100), "text": []byte("this is no video"),
		"no parameter sets":    {0, 0, 1, 0x65, 0x81, 1},
		"no key picture":       append([]byte{0, 0, 1, 0x67, 1, 2, 3, 0, 0, 1, 0x68, 1}, 0, 0, 1, 0x61, 0x81, 1),
		"other parameter sets": append(bytes.Clone(good), 0, 0, 1, 0x67, 9, 9, 9, 0, 0, 1, 0x65, 0x81, 1),
		"half a picture":       append([]byte{0, 0, 1, 0x67, 1, 2, 3, 0, 0, 1, 0x68, 1}, 0, 0, 1, 0x65, 0x41, 1),
		"a unit of no bytes":   append(bytes.Clone(good), 0, 0, 1, 0, 0, 1, 0x61, 0x81, 1),
		"an unknown kind":      append(bytes.Clone(good), 0, 0, 1, 0x1f, 1),
	} {
		if x, err := ReadIndex(bytes.NewReader(b)); !errors.Is(err, ErrDamaged) {
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

// Single returns the parameter sets and the slices of one key picture, and nothing else. It fails for a picture that is
// not a key picture or that the stream does not have.
func TestSingleReturnsOneKeyPicture(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all, gop := drawPictures(t), rapid.IntRange(1, 10).Draw(t, "gop")
		n := rapid.IntRange(0, len(all)).Draw(t, "picture")
		got, err := NewPictures(bytes.NewReader(annexB(all, gop))).Single(n)
		switch {
		case n == len(all):
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("after the end: %v", err)
			}
			return
		case n%gop != 0:
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("picture %d of groups of %d: %v", n, gop, err)
			}
			return
		case err != nil:
			t.Fatal(err)
		}
		p := NewPictures(bytes.NewReader(got))
		slices, err := p.Units()
		if err != nil || len(slices) != len(all[n]) {
			t.Fatalf("%d slices of %d: %v", len(slices), len(all[n]), err)
		}
		if sps, pps := p.Sets(); !bytes.Equal(sps, testSPS) || !bytes.Equal(pps, testPPS) {
			t.Fatal("it has other parameter sets")
		}
		if _, err := p.Units(); err != io.EOF {
			t.Fatalf("something follows it: %v", err)
		}
	})
}

// findStart finds the first start prefix, wherever it is.
func TestFindStart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 1, 2, 255}), 0, 40).Draw(t, "bytes")
		if got, want := findStart(b), bytes.Index(b, startPrefix); got != want {
			t.Fatalf("%x: %d instead of %d", b, got, want)
		}
	})
}
