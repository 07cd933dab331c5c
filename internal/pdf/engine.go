package pdf

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"

	"lectern"
	"lectern/internal/private"
)

// Options are the settings of an engine. A field that is zero has its default.
type Options struct {
	// CacheDir has the compiled PDFium, about 25 MB. It is made if it is missing. Other users must not be able to write
	// to it, because its files are machine code. Empty: every engine compiles PDFium when it starts.
	CacheDir string
	Workers  int           // open documents at the same time; default 2
	Pages    int           // of a document; default 1000
	Bytes    int64         // of a file; default 512 MiB, at most 2 GiB - 1
	Pixels   int           // of a picture; default 40 million
	Memory   int64         // of a worker, in bytes; default 512 MiB, at least 32 MiB, at most 2 GiB
	Time     time.Duration // of one call, such as the drawing of a page; default 60 s
	// Fonts are the folders with the fonts of text whose font is not in the file. nil: the system's folders. Fonts that
	// are not found are replaced by others, and Chinese, Japanese and Korean text by nothing.
	Fonts []string
}

const (
	maxBytes  = 1<<31 - 1 // PDFium's offsets have 32 bits
	maxMemory = 2 << 30
)

func (o Options) withDefaults() Options {
	def := func(v *int64, def, most int64) {
		if *v <= 0 {
			*v = def
		}
		*v = min(*v, most)
	}
	def(&o.Bytes, 512<<20, maxBytes)
	def(&o.Memory, 512<<20, maxMemory)
	o.Memory = max(o.Memory, 32<<20)
	for v, n := range map[*int]int{&o.Workers: 2, &o.Pages: 1000, &o.Pixels: lectern.DefaultLimits().PicturePixels} {
		if *v <= 0 {
			*v = n
		}
	}
	if o.Time <= 0 {
		o.Time = time.Minute
	}
	if o.Fonts == nil && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		o.Fonts = []string{"/usr/share/fonts", "/usr/local/share/fonts"}
	}
	return o
}

// Engine opens documents. It is safe for concurrent use.
type Engine struct {
	opt   Options
	slots chan *slot // the free ones of Options.Workers

	life context.Context // ends when the engine closes
	end  context.CancelCauseFunc

	mu     sync.Mutex
	start  *start // nil: PDFium is not started
	open   map[*Document]bool
	closed bool
}

// start is a start of PDFium. Its other fields are set when done is closed.
type start struct {
	done  chan struct{}
	cache wazero.CompilationCache
	first *sandbox // the one with which PDFium was compiled, until a slot takes it
	err   error
}

// slot is the right to have a worker. Its sandbox stays for the next document.
type slot struct{ box *sandbox } // nil: it has none yet, or the last one was stopped

var errClosed = errors.New("the PDF engine is closed")

// New makes an engine. It starts PDFium when the first document is opened, or with [Engine.Start]. Close it after use.
func New(opt Options) *Engine {
	opt = opt.withDefaults()
	e := &Engine{opt: opt, slots: make(chan *slot, opt.Workers), open: map[*Document]bool{}}
	e.life, e.end = context.WithCancelCause(context.Background())
	for range opt.Workers {
		e.slots <- &slot{}
	}
	return e
}

// Start starts PDFium, so that the first document does not wait for it. If ctx ends first, Start returns ctx's cause,
// and PDFium goes on starting.
func (e *Engine) Start(ctx context.Context) error {
	_, err := e.started(ctx)
	return err
}

func (e *Engine) started(ctx context.Context) (*start, error) {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil, errClosed
	}
	s := e.start
	if s == nil {
		s = &start{done: make(chan struct{})}
		e.start = s
		go func() {
			s.cache, s.first, s.err = e.boot()
			if s.err != nil { // the next caller tries again
				e.mu.Lock()
				e.start = nil
				e.mu.Unlock()
			}
			close(s.done)
		}()
	}
	e.mu.Unlock()
	select {
	case <-s.done:
		return s, s.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// boot compiles PDFium, or loads it from the cache. If the cache is damaged it is emptied; if it cannot be used, PDFium
// starts without one.
func (e *Engine) boot() (wazero.CompilationCache, *sandbox, error) {
	if e.opt.CacheDir != "" {
		// The library's key of a compiled module leaves out some settings of the compiler, such as
		// WithCloseOnContextDone. So the folder belongs to this package's settings alone.
		dir := filepath.Join(e.opt.CacheDir, "pdfium-1")
		for range 2 {
			if private.Folder(dir) != nil {
				break
			}
			cache, err := wazero.NewCompilationCacheWithDir(dir)
			if err != nil {
				break
			}
			box, err := newSandbox(e.life, cache, e.opt)
			if err == nil || e.life.Err() != nil {
				return cache, box, err
			}
			_ = cache.Close(e.life)
			_ = os.RemoveAll(dir)
		}
	}
	cache := wazero.NewCompilationCache()
	box, err := newSandbox(e.life, cache, e.opt)
	return cache, box, err
}

// acquire waits for a free slot, and gives it a sandbox. The caller returns it with release.
func (e *Engine) acquire(ctx context.Context) (*slot, error) {
	s, err := e.started(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case free := <-e.slots:
		if err := e.refill(s, free); err != nil {
			e.release(free)
			return nil, err
		}
		return free, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-e.life.Done():
		return nil, errClosed
	}
}

// refill gives a slot a sandbox if it has none.
func (e *Engine) refill(s *start, free *slot) (err error) {
	if free.box != nil {
		return nil
	}
	e.mu.Lock()
	free.box, s.first = s.first, nil
	e.mu.Unlock()
	if free.box == nil {
		free.box, err = newSandbox(e.life, s.cache, e.opt)
	}
	return err
}

func (e *Engine) release(s *slot) { e.slots <- s }

// Close closes all documents and stops PDFium. Calls that run end with an error. Close waits for them.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	s := e.start
	docs := make([]*Document, 0, len(e.open))
	for d := range e.open {
		docs = append(docs, d)
	}
	e.mu.Unlock()
	e.end(errClosed)
	for _, d := range docs {
		d.Close()
	}
	for range e.opt.Workers { // a document that is about to open returns its slot
		if free := <-e.slots; free.box != nil {
			free.box.close()
		}
	}
	if s == nil {
		return nil
	}
	<-s.done
	if s.first != nil {
		s.first.close()
	}
	if s.cache == nil {
		return nil
	}
	return s.cache.Close(context.Background())
}
