package document

import (
	"bytes"
	"context"
	"io"

	"lectern"
)

// knows fails for a PDF file that needs a password which u lacks. An earlier attempt that has opened the file proves
// that its presentation had the password.
func (s *Service) knows(ctx context.Context, src source, u lectern.Unlock) error {
	if u.Opened {
		return nil
	}
	if u.Password == "" {
		encrypted, err := mentions(io.NewSectionReader(src, 0, src.size), []byte("/Encrypt"))
		if err != nil || !encrypted {
			return err
		}
	}
	doc, _, err := s.unlocked(ctx, src, u)
	if err != nil {
		return s.forgotten(err, u)
	}
	doc.Close()
	return nil
}

// unlocked opens a PDF file: without a password if that is possible. protected: the password has opened it.
func (s *Service) unlocked(ctx context.Context, src source, u lectern.Unlock) (doc Pages, protected bool, err error) {
	doc, err = s.o.Open(ctx, src, src.size, "")
	if err == nil || u.Password == "" || !s.o.Locked(err) {
		return doc, false, err
	}
	doc, err = s.o.Open(ctx, src, src.size, u.Password)
	return doc, true, err
}

// copied writes a PDF file to path: without its password if it has one, else as it is.
func (s *Service) copied(ctx context.Context, src source, u lectern.Unlock, path string) error {
	if u.Password != "" {
		doc, protected, err := s.unlocked(ctx, src, u)
		if err != nil {
			return err
		}
		defer doc.Close()
		if protected {
			return written(path, func(w io.Writer) error { return doc.Unprotected(ctx, w) })
		}
	}
	return written(path, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(src, 0, src.size))
		return err
	})
}

// forgotten says of a file that lacks its password that the password was erased, if it was.
func (s *Service) forgotten(err error, u lectern.Unlock) error {
	if err == nil || !s.o.Locked(err) || !u.Opened && !u.Erased {
		return err
	}
	return lectern.Fail(lectern.CodeInvalidDeck, "The file needs its password again, which is not kept after the "+
		"import. Send the deck again with its password.").On("deck")
}

// mentions reports whether r has the text what, which is shorter than a block.
func mentions(r io.Reader, what []byte) (bool, error) {
	block := make([]byte, 64<<10)
	have := 0
	for {
		n, err := r.Read(block[have:])
		have += n
		if bytes.Contains(block[:have], what) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if keep := len(what) - 1; have > keep {
			copy(block, block[have-keep:have])
			have = keep
		}
	}
}
