package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/captions"
	"lectern/internal/h264"
)

var (
	hd      = lectern.Size{Width: 1920, Height: 1080}
	testSPS = []byte{0x67, 100, 0, 40, 0xac}
	testPPS = []byte{0x68, 0xee, 0x3c, 0x80}
)

// demuxed is a track as demux reads it. demux shares no code with ReadMovie: it finds the samples by the offsets in the
// index (ISO 14496-12).
type demuxed struct {
	kind, language string
	scale          uint32
	samples        [][]byte
	lengths        []uint32
	keys           []uint32
	skip           uint64
	enabled        bool
}

// boxesIn separates boxes by kind, in order.
func boxesIn(b []byte) map[string][][]byte {
	found := map[string][][]byte{}
	for len(b) >= 8 {
		n, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		if n == 1 {
			n, head = binary.BigEndian.Uint64(b[8:]), 16
		}
		found[string(b[4:8])] = append(found[string(b[4:8])], b[head:n])
		b = b[n:]
	}
	return found
}

// inside follows a path of boxes, each the first of its kind.
func inside(b []byte, path ...string) []byte {
	for _, kind := range path {
		list := boxesIn(b)[kind]
		if len(list) == 0 {
			return nil
		}
		b = list[0]
	}
	return b
}

// words reads a table of 32-bit values.
func words(b []byte) []uint32 {
	list := make([]uint32, len(b)/4)
	for i := range list {
		list[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	return list
}

func demux(file []byte) (list []demuxed) {
	for _, trak := range boxesIn(inside(file, "moov"))["trak"] {
		mdhd, stbl := inside(trak, "mdia", "mdhd"), inside(trak, "mdia", "minf", "stbl")
		t := demuxed{kind: string(inside(trak, "mdia", "hdlr")[8:12]), scale: words(mdhd)[5],
			enabled: inside(trak, "tkhd")[3]&1 == 1}
		if elst := inside(trak, "edts", "elst"); elst != nil {
			t.skip = binary.BigEndian.Uint64(elst[16:])
		}
		for packed, i := binary.BigEndian.Uint16(mdhd[32:]), 2; i >= 0; i-- {
			t.language += string(rune(packed>>(5*i)&31 + 'a' - 1))
		}
		stts := words(inside(stbl, "stts"))[2:]
		for i := 0; i < len(stts); i += 2 {
			for range stts[i] {
				t.lengths = append(t.lengths, stts[i+1])
			}
		}
		if stss := inside(stbl, "stss"); stss != nil {
			t.keys = words(stss)[2:]
		}
		sizes, runs, places := words(inside(stbl, "stsz"))[3:], words(inside(stbl, "stsc"))[2:],
			words(inside(stbl, "co64"))[2:]
		for c := range len(places) / 2 {
			at, n := uint64(places[2*c])<<32|uint64(places[2*c+1]), uint32(0)
			for i := 0; i < len(runs) && runs[i] <= uint32(c+1); i += 3 {
				n = runs[i+1]
			}
			for range n {
				size := uint64(sizes[len(t.samples)])
				t.samples = append(t.samples, file[at:at+size])
				at += size
			}
		}
		list = append(list, t)
	}
	return list
}

// aFilm draws a film, and its pictures and packets.
func aFilm(t *rapid.T) (f *Film, pictures, packets [][]byte) {
	f = &Film{Size: hd, Rate: 30, Title: rapid.String().Draw(t, "title"), Language: "eng",
		ShowCues: rapid.Bool().Draw(t, "show")}
	f.Rate = rapid.SampledFrom([]int{24, 25, 30, 50, 60}).Draw(t, "rate")
	for range rapid.IntRange(1, 5).Draw(t, "streams") {
		x := h264.Index{SPS: testSPS, PPS: testPPS, Sizes: rapid.SliceOfN(rapid.Uint32Range(1, 40), 1, 90).
			Draw(t, "sizes"), Keys: []int{0}}
		take := rapid.IntRange(1, len(x.Sizes)).Draw(t, "take")
		from := int64(len(f.sizes))
		if err := f.Add(x, int64(take)); err != nil {
			t.Fatal(err)
		}
		for i, n := range x.Sizes[:take] {
			pictures = append(pictures, bytes.Repeat([]byte{byte(len(pictures)), byte(i)}, int(n))[:n])
		}
		f.Chapters = append(f.Chapters, captions.Chapter{Title: rapid.String().Draw(t, "chapter"), Start: from,
			End: int64(len(f.sizes))})
	}
	rate := int64(f.Rate)
	samples := (int64(len(f.sizes))*lectern.SampleRate + rate - 1) / rate
	part, packets := partOf(t, 0, samples, 'p', func(i int) int { return i % 5 })
	var err error
	if f.Sound, err = NewSoundtrack(samples, []Part{part}); err != nil {
		t.Fatal(err)
	}
	for len(packets) < len(f.Sound.sizes) {
		packets = append(packets, part.Last)
	}
	packets = packets[:len(f.Sound.sizes)]
	now := time.Duration(0)
	for range rapid.IntRange(0, 6).Draw(t, "cues") {
		from := now + time.Duration(rapid.IntRange(0, 2e9).Draw(t, "gap"))
		now = from + time.Duration(rapid.IntRange(0, 2e9).Draw(t, "shown"))
		f.Cues = append(f.Cues, captions.Cue{Start: from, End: now,
			Lines: []string{rapid.String().Draw(t, "line"), "second line"}})
	}
	return f, pictures, packets
}

// A reader of the index finds every picture, packet, caption and title at the right place and time.
func TestFilmHasEverySampleInItsPlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, pictures, packets := aFilm(t)
		var out bytes.Buffer
		if err := f.Write(&out, bytes.NewReader(bytes.Join(pictures, nil))); err != nil {
			t.Fatal(err)
		}
		file := out.Bytes()
		m, err := ReadMovie(bytes.NewReader(file), int64(len(file)))
		if err != nil || !m.IndexFirst {
			t.Fatalf("%+v, %v", m, err)
		}
		tracks := demux(file)
		total := 0
		for _, track := range tracks {
			for _, s := range track.samples {
				total += len(s)
			}
		}
		if all := len(inside(file, "mdat")); total != all {
			t.Fatalf("the tracks have %d bytes of %d", total, all)
		}
		same := func(of demuxed, kind, language string, want [][]byte) {
			if of.kind != kind || of.language != language || len(of.samples) != len(want) ||
				len(of.lengths) != len(want) {
				t.Fatalf("%s in %s with %d samples and %d lengths for %d", of.kind, of.language, len(of.samples),
					len(of.lengths), len(want))
			}
			for i, s := range of.samples {
				if !bytes.Equal(s, want[i]) {
					t.Fatalf("sample %d of %s is %x, not %x", i, kind, s, want[i])
				}
			}
		}
		same(tracks[0], "vide", "und", pictures)
		same(tracks[1], "soun", "eng", packets)
		if !tracks[0].enabled || !tracks[1].enabled || tracks[len(tracks)-1].enabled {
			t.Fatal("the tracks of pictures and sound must be enabled, and that of chapters disabled")
		}
		if tracks[1].skip != packet || tracks[0].scale != f.timescale() || len(tracks[0].keys) != len(f.Chapters) {
			t.Fatalf("%+v", tracks[:2])
		}
		if len(f.Cues) > 0 {
			checkCaptions(t, f, tracks[2])
		}
		checkChapters(t, f, tracks[len(tracks)-1], inside(file, "moov", "udta", "chpl"))
		for _, cut := range []int{len(file) - 1, len(file) - total - 1, 8, 3} {
			if _, err := ReadMovie(bytes.NewReader(file[:cut]), int64(cut)); err == nil {
				t.Fatalf("ReadMovie accepts a file that is cut to %d of %d bytes", cut, len(file))
			}
		}
	})
}

func checkCaptions(t *rapid.T, f *Film, track demuxed) {
	var shown, want []string
	now, end := uint32(0), uint32(f.lasts()*1000/movieScale)
	for i, s := range track.samples {
		if text := string(s[2:]); text != "" {
			shown = append(shown, fmt.Sprintf("%d-%d %s", now, now+track.lengths[i], text))
		}
		now += track.lengths[i]
	}
	for _, c := range f.Cues {
		from, to := uint32(c.Start.Milliseconds()), min(uint32(c.End.Milliseconds()), end)
		if from < to {
			want = append(want, fmt.Sprintf("%d-%d %s", from, to, strings.Join(c.Lines, "\n")))
		}
	}
	if track.enabled != f.ShowCues {
		t.Fatalf("the captions are enabled: %v, not %v", track.enabled, f.ShowCues)
	}
	if strings.Join(shown, "|") != strings.Join(want, "|") || now != end || track.scale != 1000 ||
		track.kind != "sbtl" || track.language != "eng" {
		t.Fatalf("%q\nis shown instead of\n%q, until %d of %d", shown, want, now, end)
	}
}

func checkChapters(t *rapid.T, f *Film, track demuxed, list []byte) {
	if int(list[8]) != len(f.Chapters) || track.kind != "text" || len(track.samples) != len(f.Chapters) {
		t.Fatalf("%d and %d of %d chapters", list[8], len(track.samples), len(f.Chapters))
	}
	list = list[9:]
	for i, c := range f.Chapters {
		title := string(list[9 : 9+list[8]])
		if begins := binary.BigEndian.Uint64(list); begins != uint64(c.Start)*10_000_000/uint64(f.Rate) ||
			title != cutText(c.Title, 255) {
			t.Fatalf("chapter %d begins at %d with %q", i, begins, title)
		}
		list = list[9+list[8]:]
		s := track.samples[i]
		if n := binary.BigEndian.Uint16(s); string(s[2:2+n]) != c.Title ||
			int64(track.lengths[i]) != (c.End-c.Start)*ticksPerFrame {
			t.Fatalf("chapter %d is %q for %d", i, s, track.lengths[i])
		}
	}
}

func TestFilmRefusesStreamsThatDoNotFit(t *testing.T) {
	t.Parallel()
	x := h264.Index{SPS: testSPS, PPS: testPPS, Sizes: []uint32{5, 5}, Keys: []int{0}}
	other := x
	other.PPS = []byte{0x68, 1}
	f := &Film{Size: hd, Rate: 30}
	if err := f.Write(io.Discard, nil); err == nil {
		t.Error("a film without pictures was written")
	}
	if err := f.Add(x, 3); !errors.Is(err, h264.ErrDamaged) {
		t.Errorf("three pictures of two: %v", err)
	}
	if err := errors.Join(f.Add(x, 2), f.Add(x, 1)); err != nil || int64(len(f.sizes)) != 3 {
		t.Errorf("%d frames, %v", int64(len(f.sizes)), err)
	}
	if err := f.Add(other, 2); !errors.Is(err, h264.ErrDamaged) {
		t.Errorf("other parameter sets: %v", err)
	}
	part, _ := partOf(t, 0, 4800, 'p', func(int) int { return 3 })
	var err error
	if f.Sound, err = NewSoundtrack(4800, []Part{part}); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(io.Discard, strings.NewReader("four pictures?")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("14 bytes of 15: %v", err)
	}
	if err := f.Write(io.Discard, strings.NewReader("sixteen of them!")); !errors.Is(err, h264.ErrDamaged) {
		t.Errorf("16 bytes of 15: %v", err)
	}
	part.Open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("short")), nil }
	if f.Sound, err = NewSoundtrack(4800, []Part{part}); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(io.Discard, strings.NewReader("exactly fifteen")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("sound that is gone: %v", err)
	}
}

// A text that is too long is cut after the last whole character that fits.
func TestTextIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, most := rapid.String().Draw(t, "text"), rapid.IntRange(0, 20).Draw(t, "most")
		got := cutText(s, most)
		if len(got) > most || !strings.HasPrefix(s, got) || strings.ToValidUTF8(got, "?") != got {
			t.Fatalf("%q of %q", got, s)
		}
		if rest := s[len(got):]; rest != "" && len(got)+len(string([]rune(rest)[0])) <= most {
			t.Fatalf("%q is shorter than necessary: %d bytes of %q fit", got, most, s)
		}
	})
}

func FuzzReadMovie(f *testing.F) {
	part, _ := partOf(f, 0, 1600, 'p', func(int) int { return 3 })
	sound, err := NewSoundtrack(1600, []Part{part})
	film := &Film{Size: hd, Rate: 30, Sound: sound, Chapters: []captions.Chapter{{Title: "One", End: 1}}}
	var b bytes.Buffer
	err = errors.Join(err, film.Add(h264.Index{SPS: testSPS, PPS: testPPS, Sizes: []uint32{4}, Keys: []int{0}}, 1),
		film.Write(&b, strings.NewReader("four")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = ReadMovie(bytes.NewReader(b), int64(len(b))) })
}
