package pdf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/klippa-app/go-pdfium"
	pdfium_errors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"lectern"
)

// Size is the size of a page as it is shown: of its crop box, after its rotation. It is in points, 1/72 inch.
type Size struct{ Width, Height float64 }

// Document is an open PDF file. It holds one of the engine's workers until it is closed, so a caller that holds one
// document must not wait for a second. It is safe for concurrent use, but its calls run one after the other.
type Document struct {
	engine   *Engine
	at       io.ReaderAt
	size     int64
	password string

	turn   chan struct{} // is full while a call runs; guards the fields below
	slot   *slot         // nil after Close
	inst   pdfium.Pdfium // nil until the next call
	doc    references.FPDF_DOCUMENT
	source *source

	pages []Size
	title string
}

// Open opens a PDF file of size bytes. at must stay readable until the document is closed. password is that of the
// user or of the owner; a file that only restricts printing and the like opens without one.
//
// Open waits for a free worker. If ctx ends, it returns ctx's cause. The errors of a file that is not a PDF, is damaged
// or is too large are a *[lectern.Failure]; that of a password wraps [ErrPassword].
func (e *Engine) Open(ctx context.Context, at io.ReaderAt, size int64, password string) (*Document, error) {
	if err := e.precheck(at, size); err != nil {
		return nil, err
	}
	s, err := e.acquire(ctx)
	if err != nil {
		return nil, err
	}
	d := &Document{engine: e, at: at, size: size, password: password, turn: make(chan struct{}, 1), slot: s}
	e.mu.Lock()
	e.open[d] = true
	e.mu.Unlock()
	if err := d.do(ctx, 0, d.read); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// precheck refuses what PDFium need not see.
func (e *Engine) precheck(at io.ReaderAt, size int64) error {
	if size > e.opt.Bytes {
		return fault(lectern.CodeTooLarge, "The PDF has %d MiB; the limit is %d MiB.", size>>20, e.opt.Bytes>>20)
	}
	head := make([]byte, min(1024, max(size, 0))) // as far as PDFium looks too
	if n, err := at.ReadAt(head, 0); n < len(head) {
		return fmt.Errorf("read the PDF: %w", err)
	}
	if !bytes.Contains(head, []byte("%PDF-")) {
		return fault(lectern.CodeInvalidDeck, "The file is not a PDF: it does not begin as one.")
	}
	return nil
}

// read gets what the document says about itself.
func (d *Document) read() error {
	n, err := d.inst.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.doc})
	if err != nil {
		return err
	}
	switch {
	case n.PageCount == 0:
		return fault(lectern.CodeInvalidDeck, "The PDF has no pages.")
	case n.PageCount > d.engine.opt.Pages:
		return fault(lectern.CodeTooLarge, "The PDF has %d pages; the limit is %d. Split it.", n.PageCount,
			d.engine.opt.Pages)
	}
	pages := make([]Size, n.PageCount)
	for i := range pages {
		s, err := d.inst.FPDF_GetPageSizeByIndexF(&requests.FPDF_GetPageSizeByIndexF{Document: d.doc, Index: i})
		if err != nil {
			return damagedPage(i+1, err)
		}
		pages[i] = Size{float64(s.Size.Width), float64(s.Size.Height)}
		if !usable(pages[i].Width) || !usable(pages[i].Height) {
			return damagedPage(i+1, fmt.Errorf("its size is %v", pages[i]))
		}
	}
	d.pages = pages
	if t, err := d.inst.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: d.doc, Tag: "Title"}); err == nil {
		d.title = line(t.Value)
	}
	return nil
}

// usable reports whether a side of a page can be drawn. The format's own limit is 14400 points, which PDFium and others
// do not enforce.
func usable(side float64) bool { return side > 0.01 && side < 1e6 && !math.IsNaN(side) }

// Pages returns the sizes of all pages. The caller does not change them.
func (d *Document) Pages() []Size { return d.pages }

// Title is the document's title as its properties name it; "": none.
func (d *Document) Title() string { return d.title }

// Close ends the document and frees its worker. It waits for a call that runs, and may be called again.
func (d *Document) Close() {
	d.turn <- struct{}{}
	defer func() { <-d.turn }()
	if d.slot == nil {
		return
	}
	d.discard()
	e := d.engine
	e.mu.Lock()
	delete(e.open, d)
	e.mu.Unlock()
	e.release(d.slot)
	d.slot = nil
}

// discard ends the instance. The next call gets a new one.
func (d *Document) discard() {
	if d.inst != nil {
		d.slot.box.discard(d.inst)
		d.inst = nil
	}
	if d.source != nil {
		d.source.at = nil
	}
}

// do calls f, which uses d.inst and d.doc, within ctx and the limit of time. page is the one that f is about; 0: none.
// After an error the instance is discarded.
func (d *Document) do(ctx context.Context, page int, f func() error) error {
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-d.turn }()
	if d.slot == nil {
		return errEnded
	}
	e := d.engine
	s, err := e.started(ctx)
	if err != nil {
		return err
	}
	if err := e.refill(s, d.slot); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.opt.Time, tooSlow(page, e.opt.Time))
	defer cancel()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	box, ended := d.slot.box, make(chan error, 1)
	go func() { ended <- d.run(ctx, f) }()
	stopped := false
	select {
	case err = <-ended:
	case <-ctx.Done():
		stopped = true
		box.stop()
		<-ended
		err = context.Cause(ctx)
	}
	used := int64(0)
	if box.mem != nil {
		used = int64(box.mem.size)
	}
	switch {
	case err == nil && used < e.opt.Memory/4: // the memory of an instance never shrinks
		return nil
	case err == nil || !stopped && harmless(err):
		d.discard()
	default: // code of the instance stopped somewhere; running more of it could take for ever
		box.stop()
		d.discard()
		box.close()
		d.slot.box = nil
	}
	if err == nil {
		return nil
	}
	return d.explain(err, page, used > e.opt.Memory/4*3)
}

// harmless reports whether an instance works after an error.
func harmless(err error) bool {
	if _, ours := errors.AsType[*lectern.Failure](err); ours {
		return true
	}
	return slices.ContainsFunc([]error{pdfium_errors.ErrPassword, pdfium_errors.ErrSecurity, pdfium_errors.ErrFormat,
		pdfium_errors.ErrFile, pdfium_errors.ErrPage}, func(e error) bool { return errors.Is(err, e) })
}

// run opens the document if it has no instance, and calls f.
func (d *Document) run(ctx context.Context, f func() error) error {
	if d.inst == nil {
		inst, err := d.slot.box.instance(ctx)
		if err != nil {
			return starting{err}
		}
		d.inst, d.source = inst, &source{at: d.at, size: d.size}
		req := requests.OpenDocument{FileReader: d.source, FileReaderSize: d.size}
		if d.password != "" {
			req.Password = &d.password
		}
		doc, err := inst.OpenDocument(&req)
		if err != nil {
			return opening{err}
		}
		d.doc = doc.Document
	}
	return f()
}

// opening is an error of opening a document, starting one of making an instance for it.
type (
	opening  struct{ error }
	starting struct{ error }
)

func (o opening) Unwrap() error  { return o.error }
func (s starting) Unwrap() error { return s.error }

// explain makes an error for people of err. full: the worker's memory was nearly used up.
func (d *Document) explain(err error, page int, full bool) error {
	_, open := errors.AsType[opening](err)
	_, start := errors.AsType[starting](err)
	f, ours := errors.AsType[*lectern.Failure](err)
	switch {
	case d.engine.life.Err() != nil:
		return errClosed
	case ours:
		return f
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case start:
		return fmt.Errorf("start PDFium: %w", err)
	case d.source != nil && d.source.err != nil:
		return fmt.Errorf("read the PDF: %w", d.source.err)
	case full:
		return tooMuchMemory(page, d.engine.opt.Memory).Because(err)
	case errors.Is(err, pdfium_errors.ErrPassword):
		return passwordFault(d.password != "")
	case errors.Is(err, pdfium_errors.ErrSecurity):
		return fault(lectern.CodeInvalidDeck, "The PDF is protected by a certificate or a rights service, which Lectern "+
			"cannot open. Ask its author for an unprotected copy.")
	case open:
		return damaged(err)
	}
	return damagedPage(page, err)
}
