package compose

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/h264"
)

var (
	testSPS = []byte{0x67, 100, 0, 40, 0xac}
	testPPS = []byte{0x68, 0xee, 0x3c, 0x80}
)

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
			x := h264.Index{SPS: testSPS, PPS: testPPS, Sizes: rapid.SliceOfN(rapid.Uint32Range(1, 500), 1, 30).Draw(t, "sizes"), Keys: []int{0}}
			take := rapid.IntRange(1, len(x.Sizes)).Draw(t, "take")
			if err := j.Add(x, int64(take)); err != nil {
				t.Fatal(err)
			}
			for _, n := range x.Sizes[:take] {
				samples = append(samples, make([]byte, n)...)
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
	x := h264.Index{SPS: testSPS, PPS: testPPS, Sizes: []uint32{5, 5}, Keys: []int{0}}
	other := x
	other.PPS = []byte{0x68, 1}
	j := NewJoin(Encoding{Size: lectern.Size{Width: 2, Height: 2}, Rate: 30})
	if _, err := j.Header(); err == nil {
		t.Error("a movie of nothing")
	}
	if err := j.Add(x, 3); !errors.Is(err, h264.ErrDamaged) {
		t.Errorf("three pictures of two: %v", err)
	}
	if err := errors.Join(j.Add(x, 2), j.Add(x, 1)); err != nil || j.Frames() != 3 {
		t.Errorf("%d frames, %v", j.Frames(), err)
	}
	if err := j.Add(other, 2); !errors.Is(err, h264.ErrDamaged) {
		t.Errorf("other parameter sets: %v", err)
	}
}

func FuzzReadMovie(f *testing.F) {
	j := NewJoin(hd)
	_ = j.Add(h264.Index{SPS: testSPS, PPS: testPPS, Sizes: []uint32{4}, Keys: []int{0}}, 1)
	head, err := j.Header()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(head, 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = ReadMovie(bytes.NewReader(b), int64(len(b))) })
}
