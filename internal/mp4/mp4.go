package mp4

import (
	"encoding/binary"

	"lectern"
)

// movieScale is the number of ticks in a second of a whole file. It is the rate of the sound, because a frame of every
// frame rate that decks allow lasts a whole number of samples.
const movieScale = lectern.SampleRate

// track describes one track of a file.
type track struct {
	id       uint32 // counted from 1
	kind     string // its handler: "vide", "soun", "sbtl", "text"
	name     string
	scale    uint32 // ticks a second
	ticks    uint64 // how long it lasts
	lasts    uint64 // length of its played part, in ticks of the file
	disabled bool   // players do not play it by default
	group    uint16 // of alternative tracks; 0: none
	size     lectern.Size
	language string   // three letters (ISO 639-2/T)
	skip     uint64   // ticks at its beginning that are not played
	chapters uint32   // the track with its chapters; 0: none
	media    []byte   // the box of its media type
	entry    []byte   // the box of its samples' coding
	lengths  []length // of its samples, in order
	keys     []uint32 // samples that decode alone, counted from 1; nil: all
	sizes    []uint32 // of its samples, in bytes
	chunks   []chunk
	more     [][]byte // boxes about its samples
}

// length is the duration of each of a run of samples.
type length struct {
	samples uint32
	ticks   uint32
}

// chunk is a run of samples that are stored one after the other.
type chunk struct {
	at      uint64 // counted from the first sample in the file
	samples uint32
}

// box describes the track in a file whose samples begin at first.
func (t track) box(first uint64) []byte {
	parts := [][]byte{t.head()}
	if t.skip > 0 {
		parts = append(parts, box("edts", full("elst", 1, 0, u32(1), u64(t.lasts), u64(t.skip), u16(1), u16(0))))
	}
	if t.chapters > 0 {
		parts = append(parts, box("tref", box("chap", u32(t.chapters))))
	}
	mdhd := full("mdhd", 1, 0, zeros(16), u32(t.scale), u64(t.ticks), u16(packed(t.language)), u16(0))
	hdlr := full("hdlr", 0, 0, zeros(4), []byte(t.kind), zeros(12), []byte(t.name+"\x00"))
	// The samples are in this file.
	dinf := box("dinf", full("dref", 0, 0, u32(1), full("url ", 0, 1)))
	parts = append(parts, box("mdia", mdhd, hdlr, box("minf", t.media, dinf, t.samples(first))))
	return box("trak", parts...)
}

func (t track) head() []byte {
	flags, volume := byte(3), uint16(0)
	if t.disabled {
		flags = 2
	}
	if t.kind == "soun" {
		volume = 0x100
	}
	return full("tkhd", 1, flags, zeros(16), u32(t.id), zeros(4), u64(t.lasts), zeros(10), u16(t.group), u16(volume),
		zeros(2), matrix(),
		u32(uint32(t.size.Width)<<16), u32(uint32(t.size.Height)<<16))
}

// samples returns the boxes with each sample's duration, size and place.
func (t track) samples(first uint64) []byte {
	stts := u32(uint32(len(t.lengths)))
	for _, l := range t.lengths {
		stts = append(stts, u32(l.samples, l.ticks)...)
	}
	parts := [][]byte{full("stsd", 0, 0, u32(1), t.entry), full("stts", 0, 0, stts)}
	if t.keys != nil {
		parts = append(parts, full("stss", 0, 0, u32(uint32(len(t.keys))), u32(t.keys...)))
	}
	// A chunk is listed only if its number of samples differs from the chunk before.
	var stsc, co64 []byte
	runs, before := uint32(0), uint32(0)
	for i, c := range t.chunks {
		if c.samples != before {
			stsc = append(stsc, u32(uint32(i+1), c.samples, 1)...)
			runs++
		}
		before = c.samples
		co64 = append(co64, u64(first+c.at)...)
	}
	parts = append(parts, full("stsc", 0, 0, u32(runs), stsc),
		full("stsz", 0, 0, u32(0, uint32(len(t.sizes))), u32(t.sizes...)),
		full("co64", 0, 0, u32(uint32(len(t.chunks))), co64))
	return box("stbl", append(parts, t.more...)...)
}

// movieHead returns a file's bytes up to its first sample. brand is its major brand, others are its compatible brands,
// bytes is the size of all samples, and more are boxes after the tracks.
func movieHead(brand, others string, tracks []track, bytes uint64, more ...[]byte) []byte {
	head := box("ftyp", []byte(brand), u32(512), []byte(others))
	lasts, next := uint64(0), uint32(0)
	for _, t := range tracks {
		lasts, next = max(lasts, t.lasts), max(next, t.id)
	}
	mvhd := full("mvhd", 1, 0, zeros(16), u32(movieScale), u64(lasts), u32(0x10000), u16(0x100), zeros(10), matrix(),
		zeros(24),
		u32(next+1))
	index := func(first uint64) []byte {
		parts := [][]byte{mvhd}
		for _, t := range tracks {
			parts = append(parts, t.box(first))
		}
		return box("moov", append(parts, more...)...)
	}
	// The index contains the place of the first sample, which depends on the index's size. That size does not depend on
	// the value.
	head = append(head, index(uint64(len(head)+len(index(0))+mdatHead))...)
	head = append(append(head, u32(1)...), "mdat"...)
	return append(head, u64(bytes+mdatHead)...)
}

// mdatHead is the length of the header before the samples.
const mdatHead = 16

// packed returns the three letters of a language in five bits each. A language without exactly three letters becomes
// "und".
func packed(language string) uint16 {
	if len(language) != 3 {
		language = "und"
	}
	n := uint16(0)
	for _, c := range []byte(language) {
		n = n<<5 | uint16(c-'a'+1)&31
	}
	return n
}

// matrix is the identity transformation.
func matrix() []byte {
	m := make([]byte, 36)
	for i, v := range map[int]uint32{0: 0x10000, 16: 0x10000, 32: 0x40000000} {
		binary.BigEndian.PutUint32(m[i:], v)
	}
	return m
}

// box returns a box with the given content.
func box(kind string, parts ...[]byte) []byte {
	size := 8
	for _, p := range parts {
		size += len(p)
	}
	b := make([]byte, 0, size)
	b = append(b, u32(uint32(size))...)
	b = append(b, kind...)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// full returns a full box: one whose content begins with a version and flags.
func full(kind string, version, flags byte, parts ...[]byte) []byte {
	return box(kind, append([][]byte{{version, 0, 0, flags}}, parts...)...)
}

func zeros(n int) []byte { return make([]byte, n) }

func u16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

func u32(v ...uint32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, n := range v {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

func u64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
