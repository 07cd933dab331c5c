package mp4

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

// adtsOf adds headers to packets, as ffmpeg does for 48 kHz and one channel.
func adtsOf(packets ...[]byte) []byte {
	var b []byte
	for _, p := range packets {
		n := len(p) + adtsHead
		b = append(append(b, 0xff, 0xf1, 0x4c, 0x40|byte(n>>11), byte(n>>3), byte(n<<5)|0x1f, 0xfc), p...)
	}
	return b
}

// partOf returns a part of the given length that begins at a packet. Each packet holds its own number and the part's
// name.
func partOf(t interface{ Fatal(...any) }, at, samples int64, name byte, size func(i int) int) (Part, [][]byte) {
	var list [][]byte
	packets := samples/packet + 1 // each overlaps the next
	for i := range int(packets) {
		list = append(list, append(bytes.Repeat([]byte{byte(i)}, size(i)), name))
	}
	stream := adtsOf(list...)
	x, err := ReadADTS(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	return Part{At: at, Packets: packets, ADTS: x,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(stream)), nil }}, list
}

func writeSound(w io.Writer, total int64, parts []Part) error {
	s, err := NewSoundtrack(total, parts)
	if err != nil {
		return err
	}
	return s.Write(w)
}

// The track has the packets of each part at the part's place, the last packet of a part in all gaps, and the length of
// the whole sound.
func TestTrackHasEachPacketInItsPlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var parts []Part
		var want []byte
		at, whole := int64(0), rapid.Int64Range(2, 300).Draw(t, "packets")
		for at < whole && (len(parts) == 0 || rapid.Bool().Draw(t, "more")) {
			gap, n := rapid.Int64Range(0, min(20, whole-at-1)).Draw(t, "gap"), rapid.Int64Range(1, 40).
				Draw(t, "samples")
			part, list := partOf(t, at+gap, n*packet, byte('a'+len(parts)), func(i int) int { return i % 7 })
			parts = append(parts, part)
			for range gap {
				want = append(want, parts[max(len(parts)-2, 0)].Last...)
			}
			for i, p := range list {
				if at+gap+int64(i) < whole {
					want = append(want, p...)
				}
			}
			at += gap + n + 1
		}
		for ; at < whole; at++ {
			want = append(want, parts[len(parts)-1].Last...)
		}
		total := (whole-2)*packet + rapid.Int64Range(1, packet).Draw(t, "rest")
		var file bytes.Buffer
		if err := writeSound(&file, total, parts); err != nil {
			t.Fatal(err)
		}
		m, err := ReadMovie(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		s, _ := m.Track("soun")
		if !m.IndexFirst || int64(s.Samples) != whole || s.Ticks != uint64(total+packet) ||
			s.Scale != lectern.SampleRate {
			t.Fatalf("%d packets of %d samples became %+v", whole, total, m)
		}
		if !bytes.HasSuffix(file.Bytes(), want) ||
			!bytes.Equal(file.Bytes()[file.Len()-len(want)-mdatHead+4:][:4], []byte("mdat")) {
			t.Fatal("the file does not have the packets of the parts")
		}
	})
}

func TestDamagedADTSIsRefused(t *testing.T) {
	t.Parallel()
	good := adtsOf([]byte("one"), []byte("another"))
	other := append([]byte(nil), good...)
	other[adtsHead+3+2] ^= 0x04 // the second packet's rate
	for name, b := range map[string][]byte{
		"nothing":         {},
		"text":            []byte("this is not sound"),
		"a cut header":    good[:len(good)-10],
		"a cut packet":    good[:len(good)-1],
		"a byte after it": append(append([]byte(nil), good...), 0),
		"two kinds":       other,
		"an empty packet": adtsOf(nil),
	} {
		if _, err := ReadADTS(bytes.NewReader(b)); !errors.Is(err, ErrSound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	x, err := ReadADTS(bytes.NewReader(good))
	if err != nil || len(x.Sizes) != 2 || string(x.Last) != "another" ||
		!bytes.Equal(x.Config, []byte{0x11, 0x88, 0x56, 0xe5, 0}) {
		t.Errorf("%+v, %v", x, err)
	}
}

func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	ten := func(int) int { return 10 }
	a, _ := partOf(t, 0, 4*packet, 'a', ten)
	b, _ := partOf(t, 4, 4*packet, 'b', ten)
	short, late, other, gone := a, a, b, a
	short.Packets, late.At, other.At, other.Config = 6, 100, 9, []byte{1}
	gone.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(nil)), nil }
	for name, parts := range map[string][]Part{
		"none": nil, "overlap": {a, b}, "too few packets": {short}, "after the end": {late}, "two kinds": {a, other},
		"gone": {gone},
	} {
		if err := writeSound(io.Discard, 20*packet, parts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := writeSound(io.Discard, 0, []Part{a}); err == nil {
		t.Error("a sound of 0 samples was written")
	}
}

func FuzzReadADTS(f *testing.F) {
	f.Add(adtsOf([]byte("one"), []byte("two")))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := ReadADTS(bytes.NewReader(b))
		sum := len(x.Sizes) * adtsHead
		for _, n := range x.Sizes {
			sum += int(n)
		}
		if err == nil && sum != len(b) {
			t.Errorf("%d bytes of %d are packets", sum, len(b))
		}
	})
}
