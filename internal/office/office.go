package office

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"lectern"
)

// Defaults and bounds.
const (
	DefaultTimeout = 2 * time.Minute
	DefaultMemory  = 4 << 30
	DefaultOutput  = 1 << 30
	// PerSlide is the time that each slide adds to the timeout.
	PerSlide = 2 * time.Second
	// MaxBatch is how many files one process converts, at most.
	MaxBatch = 8
)

// Options are the settings of a Converter. Only Child is required.
type Options struct {
	Program string   // LibreOffice's program, a name or a path; empty: looked up, see Find
	Child   []string // the command that runs ChildMain, without the argument that the Converter adds
	Scratch string   // the folder for temporary files; empty: the system's
	Slots   int      // processes at once; 0: 1
	Timeout time.Duration
	// of the time that a file may take, without PerSlide; 0: DefaultTimeout
	Memory uint64 // address space of a process in bytes; 0: DefaultMemory
	Output uint64 // size of every file that a process writes in bytes; 0: DefaultOutput
	Log    *slog.Logger
}

// Converter converts office files. It starts LibreOffice when a file waits and no process is free, so a Converter that
// is not used costs nothing. It is safe for concurrent use.
type Converter struct {
	o      Options
	layers layers
	ctx    context.Context
	cancel context.CancelFunc // ends all processes
	living sync.WaitGroup     // batches

	mu      sync.Mutex
	waiting []*conversion
	running int // batches

	finding sync.Mutex // held during the search
	found   *program

	probing sync.Mutex // held during the examination
	probed  *Containment
}

// New makes a Converter. It starts no process and writes nothing.
func New(o Options) *Converter {
	o.Slots = max(1, o.Slots)
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.Memory = cmp.Or(o.Memory, DefaultMemory)
	o.Output = cmp.Or(o.Output, DefaultOutput)
	o.Scratch = cmp.Or(o.Scratch, os.TempDir())
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Converter{o: o, layers: all}
	c.ctx, c.cancel = context.WithCancel(context.Background()) // ends with Close
	return c
}

var errClosed = errors.New("the office converter is closed")

// Close ends all processes and waits for them. Conversions fail afterwards. It may be called twice.
func (c *Converter) Close() error {
	c.cancel()
	c.living.Wait()
	return nil
}

// ToPDF converts the office file in to the PDF file out, which is written whole or not at all. slides is the number of
// slides, as far as it is known: it adds to the time that the conversion may take. The extension of in says what kind
// of file it is; without one, its content does.
//
// If all processes are busy, ToPDF waits. All files of the same kind that wait are then converted by one process. When
// ctx ends, ToPDF returns its cause at once; a process that then works for nobody ends.
//
// A file that LibreOffice cannot load is CodeInvalidDeck. A timeout (CodeTimeout) or a crash (CodeCaptureFailed) is
// retryable. The number of pages is not compared with slides: that is up to the caller.
func (c *Converter) ToPDF(ctx context.Context, in, out string, slides int) error {
	return c.convert(ctx, in, out, slides, toPDF)
}

// ToPPTX converts a binary PowerPoint file (.ppt) to PPTX, as ToPDF does.
func (c *Converter) ToPPTX(ctx context.Context, in, out string) error {
	return c.convert(ctx, in, out, 0, toPPTX)
}

// conversion is one file that waits or is converted.
type conversion struct {
	ctx     context.Context
	in, out string
	slides  int
	kind    kind
	target  target

	name string     // of the input in the scratch folder, without its extension
	done chan error // gets the outcome, once
	over bool       // the outcome is known; only its batch uses it
}

func (v *conversion) finish(err error) {
	if !v.over {
		v.over = true
		v.done <- err
	}
}

func (c *Converter) convert(ctx context.Context, in, out string, slides int, t target) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	k, err := kindOf(in)
	if err != nil {
		return err
	}
	v := &conversion{ctx: ctx, in: in, out: out, slides: max(0, slides), kind: k, target: t, done: make(chan error, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, v)
	c.begin()
	c.mu.Unlock()
	select {
	case err = <-v.done:
		if err == nil || c.ctx.Err() == nil {
			return err
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ctx.Done():
	}
	return lectern.Fail(lectern.CodeCanceled, "The conversion of the deck was stopped, because Lectern stops.").
		Because(errClosed)
}

// begin starts a batch if files wait and a slot is free. c.mu is held.
func (c *Converter) begin() {
	if c.running >= c.o.Slots || c.ctx.Err() != nil {
		return
	}
	batch := c.take()
	if len(batch) == 0 {
		return
	}
	c.running++
	c.living.Go(func() {
		c.run(batch)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.running--
		c.begin()
	})
}

// take removes the next batch from the files that wait: the first one, and those that the same process can convert.
// c.mu is held.
func (c *Converter) take() []*conversion {
	var batch, rest []*conversion
	for _, v := range c.waiting {
		switch {
		case v.ctx.Err() != nil: // its caller has gone
		case len(batch) == 0, len(batch) < MaxBatch && v.kind.filter == batch[0].kind.filter && v.target == batch[0].target:
			batch = append(batch, v)
		default:
			rest = append(rest, v)
		}
	}
	c.waiting = rest
	return batch
}
