package pdf

import (
	"context"
	"io"
	"runtime"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// sandbox runs PDFium for one document at a time. The library can stop a call only by the context of its whole pool of
// instances, so each sandbox has a pool of its own.
type sandbox struct {
	pool pdfium.Pool
	stop context.CancelFunc // ends the call that runs; the sandbox is of no further use
	// mem is the memory of the instance, nil if there is none. It is released when no call runs.
	mem *memory
}

const wasmPage = 64 << 10

// guestFonts is where PDFium looks for fonts.
var guestFonts = []string{"/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/X11/fonts/TTF",
	"/usr/share/X11/fonts/Type1"}

func newSandbox(life context.Context, cache wazero.CompilationCache, opt Options) (*sandbox, error) {
	b := &sandbox{}
	life, b.stop = context.WithCancel(life)
	life = experimental.WithCompilationWorkers(life, runtime.GOMAXPROCS(0))
	life = experimental.WithMemoryAllocator(life, experimental.MemoryAllocatorFunc(
		func(_, most uint64) experimental.LinearMemory {
			b.mem = reserve(most)
			return b.mem
		}))
	files := wazero.NewFSConfig()
	for i, dir := range opt.Fonts[:min(len(opt.Fonts), len(guestFonts))] {
		files = files.WithReadOnlyDirMount(dir, guestFonts[i])
	}
	var err error
	b.pool, err = webassembly.Init(webassembly.Config{
		Context: life, MaxTotal: 1, FSConfig: files, Stdout: io.Discard, Stderr: io.Discard,
		RuntimeConfig: wazero.NewRuntimeConfig().
			// PDFium's build throws exceptions.
			WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
			WithCompilationCache(cache).WithCloseOnContextDone(true).
			WithMemoryLimitPages(uint32(opt.Memory / wasmPage)),
	})
	if err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

// instance starts PDFium with empty memory.
func (b *sandbox) instance(ctx context.Context) (pdfium.Pdfium, error) {
	i, err := b.pool.GetInstanceWithContext(ctx)
	if err != nil {
		b.free()
	}
	return i, err
}

// discard ends an instance and releases its memory. No call runs.
func (b *sandbox) discard(i pdfium.Pdfium) {
	_ = i.Close() // an instance that failed cannot close its documents; it ends all the same
	b.free()
}

func (b *sandbox) free() {
	if b.mem != nil {
		b.mem.release()
		b.mem = nil
	}
}

// close ends the sandbox. No call runs.
func (b *sandbox) close() {
	b.stop()
	_ = b.pool.Close()
	b.free()
}
