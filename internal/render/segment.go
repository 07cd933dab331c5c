package render

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"lectern/internal/h264"
)

// segment is a stream of pictures: the encoded body of a slide, or a transition. In a slide's file there precede it,
// where the slide has an avatar, the raw regions that its transitions need, first those of the beginning, then those
// of the end. Behind it lies what there is to know about it, so that who needs no more does not have to read it
// through. All of that is in one file, so that all of it is there or none.
type segment struct {
	file
	sealed
	// loop says that the stream is one group of pictures that stands for as many as are needed.
	loop bool
}

// sealed is what lies behind a segment's stream: as JSON, followed by its length as eight bytes, the highest first.
type sealed struct {
	Index  h264.Index
	Offset int64 // where the stream begins in the file
	Bytes  int64 // that it has
}

// maxSeal is how long the JSON may be: that of a slide of more than a day.
const maxSeal = 64 << 20

var errSegment = errors.New("the file of a segment is damaged")

// seal reads the stream through, which begins at Offset and ends with the file, makes sure that it has exactly the
// pictures it should have, and writes its index behind it.
func (s *segment) seal(pictures int64) error {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	s.Bytes = max(end-s.Offset, 0)
	if s.Index, err = h264.ReadIndex(io.NewSectionReader(f, s.Offset, s.Bytes)); err != nil {
		return err
	}
	if err := s.check(pictures); err != nil {
		return err
	}
	b, err := json.Marshal(s.sealed)
	if err != nil {
		return err
	}
	_, err = f.Write(binary.BigEndian.AppendUint64(b, uint64(len(b))))
	return err
}

// open reads the index of a segment that was sealed, and makes sure that the file is as long as it was, and has the
// pictures it should have.
func (s *segment) open(pictures int64) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var size [8]byte
	end := info.Size() - int64(len(size))
	if _, err := f.ReadAt(size[:], end); err != nil {
		return fmt.Errorf("%w: %w", errSegment, err)
	}
	length := binary.BigEndian.Uint64(size[:])
	if length > maxSeal || int64(length) > end {
		return errSegment
	}
	b := make([]byte, length)
	if _, err := f.ReadAt(b, end-int64(length)); err != nil {
		return err
	}
	offset := s.Offset
	if err := json.Unmarshal(b, &s.sealed); err != nil {
		return fmt.Errorf("%w: %w", errSegment, err)
	}
	if s.Offset != offset || s.Offset+s.Bytes+int64(length) != end || len(s.Index.Keys) == 0 {
		return errSegment
	}
	return s.check(pictures)
}

func (s *segment) check(pictures int64) error {
	if n := int64(len(s.Index.Sizes)); n != pictures {
		return fmt.Errorf("it has %d pictures instead of %d", n, pictures)
	}
	return nil
}

// stream opens a segment's pictures.
func (s segment) stream() (io.ReadCloser, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, s.Offset, s.Bytes), f}, nil
}

// picture gives one picture that stands by itself, counted from 0, as a stream of its own.
func (s segment) picture(n int) ([]byte, error) {
	r, err := s.stream()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return h264.NewPictures(r).Single(n)
}
