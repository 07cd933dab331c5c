package pdf

import (
	"errors"
	"io"
)

// source is the file of a document, as one instance of PDFium reads it.
type source struct {
	at   io.ReaderAt // nil after the end: the library keeps the source of an instance that failed
	size int64
	pos  int64
	err  error // the first that at returned

	// PDFium reads a few hundred bytes at a time. block is what was read last, from start on.
	block []byte
	start int64
}

const blockSize = 64 << 10

var errEnded = errors.New("the document is closed")

// Seek implements io.Seeker, only from the start of the file.
func (s *source) Seek(offset int64, _ int) (int64, error) {
	s.pos = offset
	return offset, nil
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	switch {
	case s.at == nil:
		return 0, errEnded
	case s.pos < 0 || s.pos >= s.size:
		return 0, io.EOF
	}
	if s.pos < s.start || s.pos >= s.start+int64(len(s.block)) {
		if s.block == nil {
			s.block = make([]byte, 0, blockSize)
		}
		s.start = s.pos - s.pos%blockSize
		n, err := s.at.ReadAt(s.block[:min(blockSize, s.size-s.start)], s.start)
		s.block = s.block[:n]
		if s.pos >= s.start+int64(n) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // the file is shorter than its size
			}
			s.err = err
			return 0, err
		}
	}
	n := copy(p, s.block[s.pos-s.start:])
	s.pos += int64(n)
	return n, nil
}
