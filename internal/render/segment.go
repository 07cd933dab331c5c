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

// segment is a stream of pictures: the encoded body of a slide, or a transition. The file of a slide with an avatar
// begins with the raw regions that its transitions need, first those of its beginning, then those of its end. Then
// comes the stream, and after it the seal, which describes the stream: with the seal, the stream need not be read.
// All of this is one file, so that it is complete or missing.
type segment struct {
	file
	sealed
	// loop says that the stream is one group of pictures, to be repeated for as long as needed.
	loop bool
}

// sealed is the seal after a segment's stream. The file has it as JSON, followed by the length of the JSON as eight
// bytes, the highest first.
type sealed struct {
	Index  h264.Index
	Offset int64 // of the stream in the file
	Bytes  int64 // of the stream
}

// maxSeal is how many bytes the JSON may have: enough for a slide of more than a day.
const maxSeal = 64 << 20

var errSegment = errors.New("the file of a segment is damaged")

// seal reads the stream, which begins at Offset and ends with the file, checks how many pictures it has, and appends
// the seal to the file.
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

// open reads the seal of a segment. It checks that the file is as long as when it was sealed, and how many pictures the
// stream has.
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

// picture returns picture n, counted from 0, as a stream of its own. The picture must not need any other.
func (s segment) picture(n int) ([]byte, error) {
	r, err := s.stream()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return h264.NewPictures(r).Single(n)
}
