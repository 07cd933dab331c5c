package compose

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"lectern"
	"lectern/internal/h264"
)

// Join describes the video without sound, as the pieces that follow each other. Its bytes are an MP4 file whose index comes
// first, so that it can be piped into ffmpeg, and whose times are exact: a bare H.264 stream has none.
type Join struct {
	Encoding Encoding
	sps, pps []byte
	sizes    []uint32
	keys     []uint32 // counted from 1
	bytes    int64
}

// NewJoin begins a video.
func NewJoin(e Encoding) *Join { return &Join{Encoding: e} }

// Add appends the first frames pictures of a stream. It refuses a stream that is shorter, and one whose parameter sets differ
// from those before it: ffmpeg would join both without a word and players would show rubbish.
func (j *Join) Add(x h264.Index, frames int64) error {
	if frames <= 0 || frames > int64(len(x.Sizes)) {
		return fmt.Errorf("%w: it has %d pictures where %d are needed", h264.ErrDamaged, len(x.Sizes), frames)
	}
	switch {
	case j.sps == nil:
		j.sps, j.pps = x.SPS, x.PPS
	case !bytes.Equal(j.sps, x.SPS) || !bytes.Equal(j.pps, x.PPS):
		return fmt.Errorf("%w: its parameter sets differ from those before it", h264.ErrDamaged)
	}
	for _, k := range x.Keys {
		if int64(k) < frames {
			j.keys = append(j.keys, uint32(len(j.sizes)+k+1))
		}
	}
	j.sizes = append(j.sizes, x.Sizes[:frames]...)
	for _, n := range x.Sizes[:frames] {
		j.bytes += int64(n)
	}
	return nil
}

// Frames is the number of pictures so far.
func (j *Join) Frames() int64 { return int64(len(j.sizes)) }

// Bytes is the size of all samples so far, which follow the header.
func (j *Join) Bytes() int64 { return j.bytes }

// Header gives the file's bytes up to the first sample.
func (j *Join) Header() ([]byte, error) {
	if len(j.sps) < 4 || len(j.sizes) == 0 {
		return nil, fmt.Errorf("%w: there is nothing to join", h264.ErrDamaged)
	}
	head := box("ftyp", []byte("isom"), u32(512), []byte("isomavc1"))
	// The place of the first sample stands in the index, which has a size of its own: its length does not depend on the value.
	head = append(head, j.moov(uint64(len(head)+len(j.moov(0))+mdatHead))...)
	return append(head, mdat(uint64(j.bytes))...), nil
}

func (j *Join) moov(firstSample uint64) []byte {
	e := j.Encoding
	ticks, scale := uint64(len(j.sizes))*TicksPerFrame, uint32(e.Timescale())
	w, h := uint16(e.Size.Width), uint16(e.Size.Height)
	hdlr := full("hdlr", 0, 0, zeros(4), []byte("vide"), zeros(12), []byte("video\x00"))
	avcC := box("avcC", []byte{1, j.sps[1], j.sps[2], j.sps[3], 0xff, 0xe1}, u16(uint16(len(j.sps))), j.sps,
		[]byte{1}, u16(uint16(len(j.pps))), j.pps, []byte{0xfd, 0xf8, 0xf8, 0})
	avc1 := box("avc1", zeros(6), u16(1), zeros(16), u16(w), u16(h), u32(0x480000), u32(0x480000), zeros(4),
		u16(1), zeros(32), u16(24), u16(0xffff), avcC)
	n := uint32(len(j.sizes))
	stbl := box("stbl",
		full("stsd", 0, 0, u32(1), avc1),
		full("stts", 0, 0, u32(1), u32(n), u32(TicksPerFrame)),
		full("stss", 0, 0, u32(uint32(len(j.keys))), u32(j.keys...)),
		full("stsc", 0, 0, u32(1), u32(1), u32(n), u32(1)),
		full("stsz", 0, 0, u32(0), u32(n), u32(j.sizes...)),
		full("co64", 0, 0, u32(1), u64(firstSample)))
	minf := box("minf", full("vmhd", 0, 1, zeros(8)), dinf(), stbl)
	return box("moov", mvhd(scale, ticks), box("trak", tkhd(ticks, 0, e.Size), box("mdia", mdhd(scale, ticks), hdlr, minf)))
}

// mdatHead is the length of the head of the samples.
const mdatHead = 16

// mdat is the head of that many bytes of samples.
func mdat(bytes uint64) []byte {
	b := append(u32(1), "mdat"...)
	return append(b, u64(bytes+mdatHead)...)
}

// mvhd says how long a movie of one track is, in ticks of which there are scale a second.
func mvhd(scale uint32, ticks uint64) []byte {
	return full("mvhd", 1, 0, zeros(16), u32(scale), u64(ticks), u32(0x10000), u16(0x100), zeros(10), matrix(), zeros(24), u32(2))
}

// tkhd says how long its track is, in ticks of the movie, how loud (0x100 for sound), and how large.
func tkhd(ticks uint64, volume uint16, size lectern.Size) []byte {
	return full("tkhd", 1, 7, zeros(16), u32(1), zeros(4), u64(ticks), zeros(12), u16(volume), zeros(2), matrix(),
		u32(uint32(size.Width)<<16), u32(uint32(size.Height)<<16))
}

// mdhd says how long its track is in ticks of its own, and that its language is not known.
func mdhd(scale uint32, ticks uint64) []byte {
	return full("mdhd", 1, 0, zeros(16), u32(scale), u64(ticks), u16(0x55c4), u16(0))
}

// dinf says that the samples are in this file.
func dinf() []byte { return box("dinf", full("dref", 0, 0, u32(1), full("url ", 0, 1))) }

// matrix leaves a picture as it is.
func matrix() []byte {
	m := make([]byte, 36)
	for i, v := range map[int]uint32{0: 0x10000, 16: 0x10000, 32: 0x40000000} {
		binary.BigEndian.PutUint32(m[i:], v)
	}
	return m
}

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

// Movie is what an MP4 file says about itself.
type Movie struct {
	IndexFirst bool // the index comes before the samples, so that it plays while it loads
	Tracks     []Track
}

// Track is one track of a movie.
type Track struct {
	Kind    string // "vide", "soun", "sbtl", "text"
	Scale   uint32 // ticks a second
	Ticks   uint64 // how long it lasts
	Samples uint32 // pictures, or packets of sound
}

// Track gives the first track of a kind.
func (m Movie) Track(kind string) (Track, bool) {
	for _, t := range m.Tracks {
		if t.Kind == kind {
			return t, true
		}
	}
	return Track{}, false
}

var errNoMovie = fmt.Errorf("the file is no complete MP4")

// maxIndex bounds the index of a movie that ReadMovie takes.
const maxIndex = 256 << 20

// ReadMovie reads the index of an MP4 file of size bytes. A file that was cut short gives an error.
func ReadMovie(r io.ReaderAt, size int64) (Movie, error) {
	var m Movie
	var index, data bool
	for at := int64(0); at < size; {
		kind, head, length, err := boxAt(r, at, size)
		if err != nil {
			return Movie{}, err
		}
		switch kind {
		case "mdat":
			data = true
		case "moov":
			index = true
			m.IndexFirst = !data
			if length > maxIndex {
				return Movie{}, fmt.Errorf("%w: an index of %d bytes", errNoMovie, length)
			}
			b := make([]byte, length-head)
			if _, err := r.ReadAt(b, at+head); err != nil {
				return Movie{}, fmt.Errorf("%w: %w", errNoMovie, err)
			}
			if err := m.read(b, nil); err != nil {
				return Movie{}, err
			}
		}
		at += length
	}
	if !index || !data {
		return Movie{}, fmt.Errorf("%w: it lacks its index or its samples", errNoMovie)
	}
	return m, nil
}

func boxAt(r io.ReaderAt, at, size int64) (kind string, head, length int64, err error) {
	var b [16]byte
	if n, err := r.ReadAt(b[:], at); n < 8 {
		return "", 0, 0, fmt.Errorf("%w: %w", errNoMovie, err)
	}
	head, length = 8, int64(binary.BigEndian.Uint32(b[:]))
	switch length {
	case 0:
		length = size - at
	case 1:
		head, length = 16, int64(binary.BigEndian.Uint64(b[8:]))
	}
	if length < head || length > size-at {
		return "", 0, 0, fmt.Errorf("%w: a part of %d bytes at %d of %d", errNoMovie, length, at, size)
	}
	return string(b[4:8]), head, length, nil
}

// read walks the boxes in b; t is the track they belong to, if any.
func (m *Movie) read(b []byte, t *Track) error {
	for len(b) >= 8 {
		n := int(binary.BigEndian.Uint32(b))
		if n < 8 || n > len(b) {
			return fmt.Errorf("%w: its index is damaged", errNoMovie)
		}
		kind, body := string(b[4:8]), b[8:n]
		b = b[n:]
		var err error
		switch kind {
		case "trak":
			m.Tracks = append(m.Tracks, Track{})
			err = m.read(body, &m.Tracks[len(m.Tracks)-1])
		case "mdia", "minf", "stbl":
			err = m.read(body, t)
		default:
			err = t.take(kind, body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take notes what one box says about the track.
func (t *Track) take(kind string, body []byte) error {
	if t == nil {
		return nil
	}
	short := fmt.Errorf("%w: its %s is too short", errNoMovie, kind)
	switch kind {
	case "mdhd":
		if len(body) < 20 || body[0] == 1 && len(body) < 32 {
			return short
		}
		if body[0] == 1 {
			t.Scale, t.Ticks = binary.BigEndian.Uint32(body[20:]), binary.BigEndian.Uint64(body[24:])
		} else {
			t.Scale, t.Ticks = binary.BigEndian.Uint32(body[12:]), uint64(binary.BigEndian.Uint32(body[16:]))
		}
	case "hdlr":
		if len(body) < 12 {
			return short
		}
		if t.Kind == "" {
			t.Kind = string(body[8:12])
		}
	case "stsz":
		if len(body) < 12 {
			return short
		}
		t.Samples = binary.BigEndian.Uint32(body[8:])
	}
	return nil
}
