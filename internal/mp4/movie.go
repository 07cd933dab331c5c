package mp4

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Movie is the index of an MP4 file.
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

// Track returns the first track of a kind.
func (m Movie) Track(kind string) (Track, bool) {
	for _, t := range m.Tracks {
		if t.Kind == kind {
			return t, true
		}
	}
	return Track{}, false
}

var errNoMovie = fmt.Errorf("the file is not a complete MP4")

// maxIndex bounds the index that ReadMovie reads.
const maxIndex = 256 << 20

// ReadMovie reads the index of an MP4 file of size bytes. A truncated file is an error.
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
				return Movie{}, fmt.Errorf("%w: its index has %d bytes, more than %d", errNoMovie, length, maxIndex)
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

// boxAt reads the header of the box at byte at of a file of size bytes. head is the length of the header, and length
// that of the whole box.
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
		return "", 0, 0, fmt.Errorf("%w: a box of %d bytes at byte %d of %d", errNoMovie, length, at, size)
	}
	return string(b[4:8]), head, length, nil
}

// read reads the boxes in b and the boxes inside them. t is the track to which they belong, or nil.
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

// take stores what one box states about the track. With a nil t it does nothing.
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
