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

// Document is an open PDF file. It is safe for concurrent use, but its calls run one after the other. Between calls it
// keeps its worker until another document needs it.
type Document struct {
	engine   *Engine
	at       io.ReaderAt
	size     int64
	password string

	turn   chan struct{} // is full while a call runs; guards the fields below
	closed bool
	slot   *slot         // nil: it has no worker
	inst   pdfium.Pdfium // nil: the worker has not opened the document
	doc    references.FPDF_DOCUMENT
	source *source

	pages []Size
	title string
}

// Open opens a PDF file of size bytes. at must stay readable until the document is closed. password is that of the
// user or of the owner; a file that only restricts printing and the like opens without one.
//
// Open and all calls wait for a worker. If ctx ends, they return ctx's cause. The errors of a file that is not a PDF,
// is damaged or is too large are a *[lectern.Failure]; that of a password wraps [ErrPassword].
func (e *Engine) Open(ctx context.Context, at io.ReaderAt, size int64, password string) (*Document, error) {
	if err := e.precheck(at, size); err != nil {
		return nil, err
	}
	d := &Document{engine: e, at: at, size: size, password: password, turn: make(chan struct{}, 1)}
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

// Count is the number of pages.
func (d *Document) Count() int { return len(d.pages) }

// Pages returns the sizes of all pages. The caller does not change them.
func (d *Document) Pages() []Size { return d.pages }

// Title is the document's title as its properties name it; "": none.
func (d *Document) Title() string { return d.title }

// Unprotected writes the document without its password. What is written may be as large as a file that can be opened.
func (d *Document) Unprotected(ctx context.Context, w io.Writer) error {
	out := &limited{to: w, left: d.engine.opt.Bytes}
	err := d.do(ctx, 0, func() error {
		_, err := d.inst.FPDF_SaveAsCopy(&requests.FPDF_SaveAsCopy{Document: d.doc, FileWriter: out,
			Flags: requests.SaveFlagRemoveSecurity})
		return err
	})
	if out.err != nil {
		return out.err
	}
	return err
}

// limited writes at most left bytes, and keeps the first error.
type limited struct {
	to   io.Writer
	left int64
	err  error
}

func (l *limited) Write(b []byte) (int, error) {
	if l.err == nil && int64(len(b)) > l.left {
		l.err = fault(lectern.CodeTooLarge, "The PDF is too large without its password. Save it without one.")
	}
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.to.Write(b)
	l.left, l.err = l.left-int64(n), err
	return n, err
}

// Close ends the document. It waits for a call that runs, and may be called again.
func (d *Document) Close() {
	d.turn <- struct{}{}
	d.closed = true
	d.release()
	<-d.turn
	d.engine.mu.Lock()
	delete(d.engine.open, d)
	d.engine.mu.Unlock()
}

// release gives the worker back.
func (d *Document) release() {
	if d.slot != nil {
		d.discard()
		d.engine.slots <- d.slot
		d.slot = nil
	}
}

// yield takes the worker from a document that has one and no call; else it returns nil.
func (d *Document) yield() *slot {
	select {
	case d.turn <- struct{}{}:
	default:
		return nil
	}
	defer func() { <-d.turn }()
	if d.slot == nil {
		return nil
	}
	d.discard()
	free := d.slot
	d.slot = nil
	return free
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
	e := d.engine
	defer func() {
		<-d.turn
		// A waiting call looks at the documents only once, and so may have found this one busy.
		if e.waiting.Load() > 0 {
			if free := d.yield(); free != nil {
				e.slots <- free
			}
		}
	}()
	if d.closed {
		return errEnded
	}
	if err := d.ready(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, e.opt.Time, tooSlow(page, e.opt.Time))
	defer cancel()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	box, ended, err := d.slot.box, make(chan error, 1), error(nil)
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

// ready gives the document a worker with a sandbox.
func (d *Document) ready(ctx context.Context) error {
	if d.slot == nil {
		s, err := d.engine.acquire(ctx)
		d.slot = s
		return err
	}
	s, err := d.engine.started(ctx)
	if err != nil {
		return err
	}
	return d.engine.refill(s, d.slot)
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
