package render

import (
	"io"
	"lectern/internal/fail"
	"sync"
)

// pieces is a reader for ffmpeg of the pieces that next returns. WriteTo passes them on without copying. A panic in
// next is an error. After shut, next is not called any more.
type pieces struct {
	mu   sync.Mutex
	next func() ([]byte, error) // io.EOF after the last piece; a piece is valid until the next call
	rest []byte                 // of a piece, not yet read
	err  error
}

// piecesOf returns pieces that r is read in.
func piecesOf(r io.Reader) *pieces {
	buf := make([]byte, 64<<10)
	return &pieces{next: func() ([]byte, error) {
		n, err := r.Read(buf)
		if n > 0 && err == io.EOF {
			err = nil // the next Read returns io.EOF again
		}
		return buf[:n], err
	}}
}

// fill makes rest not empty, or returns an error.
func (p *pieces) fill() error {
	for len(p.rest) == 0 && p.err == nil {
		p.err = fail.Guard(func() (err error) {
			p.rest, err = p.next()
			return err
		})
	}
	if len(p.rest) > 0 {
		return nil
	}
	return p.err
}

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fill(); err != nil {
		return 0, err
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// WriteTo implements io.WriterTo.
func (p *pieces) WriteTo(w io.Writer) (all int64, err error) {
	for {
		piece, err := p.take()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		n, err := w.Write(piece)
		all += int64(n)
		if err != nil {
			return all, err
		}
	}
}

func (p *pieces) take() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fill(); err != nil {
		return nil, err
	}
	piece := p.rest
	p.rest = nil
	return piece, nil
}

// shut ends p and closes source, from which next reads.
func (p *pieces) shut(source io.Closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest, p.err = nil, io.ErrClosedPipe
	source.Close()
}
