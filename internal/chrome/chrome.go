// Package chrome takes pictures of pages with one headless Chromium that stays warm.
//
// A browser is the largest and least predictable process that Lectern runs. It is started once, through internal/proc,
// so that no crash leaves a process, and controlled over a pipe, so that no port is open. If it dies, it is started
// again, and its current pictures are taken again. Each start removes the profiles that a crash left.
//
// A page gets nothing from outside. Its HTML is served under an address that does not exist. Only requests for the
// pictures that come with the page are answered. All others are refused, by interception, by the page's own content
// security policy, and by a browser that has no DNS and only a proxy that does not exist. Its origin is opaque, so it
// shares no storage, cookies or workers with the previous page in the same tab.
//
// A picture is taken when the page is finished, not after a delay: fonts loaded, pictures decoded, animations at their
// end, and the page's own signal received, if it has one. A page announces a signal by the attribute data-lectern on
// its html element, and sends it by setting window.__lectern.ready to true, or to a promise. In
// window.__lectern.overflow it may list the elements whose text does not fit: their ids, or {element, hidden, total,
// unit}; and the formulas and diagrams that it could not draw, with {source, why}.
package chrome

import (
	"context"
	"errors"
	"math"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"lectern"
	"lectern/internal/proc"
)

// Defaults of Options, and bounds.
const (
	DefaultTabs         = 2
	DefaultTimeout      = 45 * time.Second
	DefaultReadyTimeout = 15 * time.Second
	DefaultStartTimeout = 60 * time.Second
	DefaultMemory       = 2 << 30
	DefaultPage         = 10 * time.Second

	MaxHTML = 32 << 20 // bytes of Page.HTML
	MaxSide = 8192     // of a page and of its picture, in pixels
)

// Options configure a browser. The zero value is usable.
type Options struct {
	Path string // of Chromium; empty: the one that Find finds
	Dir  string // parent of the running browser's profile; empty: the system's folder for temporary files
	Tabs int    // pictures taken at the same time; 0: DefaultTabs

	Memory int64         // bytes that the browser's processes may use together; 0: DefaultMemory
	Page   time.Duration // processor time that one picture may take; 0: DefaultPage

	Timeout      time.Duration // for one picture, after it has a tab; 0: DefaultTimeout, or 4 × Page if that is longer
	ReadyTimeout time.Duration // for a page with data-lectern to say that it is ready; 0: DefaultReadyTimeout
	StartTimeout time.Duration // for Chromium to answer after its start; 0: DefaultStartTimeout

	Sandbox Sandbox
	// Exposed, if set, is called when the browser first starts without its sandbox because that cannot start on this
	// machine. Its arguments are the reason and Chromium's message.
	Exposed func(reason, said string)
	// Args are further flags for Chromium.
	Args []string
}

// Browser is one Chromium, started when it is first needed. It is safe for concurrent use.
type Browser struct {
	o     Options
	life  context.Context // ends with Close
	end   context.CancelCauseFunc
	crowd crowd
	tabs  chan *tab // the free tabs; nil: a tab that is not open yet. Callers are served in order.

	asking   sync.Mutex // held while the version is read
	mu       sync.Mutex
	running  *instance
	starting chan struct{} // closed when a start has ended; nil: none under way
	startErr error         // of the last start
	version  string
	closed   bool
	proof    proof
	spent    atomic.Int64  // processor time of browsers that have ended, in nanoseconds
	losses   atomic.Int64  // browsers that died and tabs that crashed during a picture
	exposed  string        // why the browser starts without its sandbox; "": it has one
	idle     *time.Timer   // ends an idle browser; nil: it keeps running
	patience time.Duration // how long the browser is idle before the timer ends it
	maxUses  int           // the constant maxUses, or what a test sets
	wg       sync.WaitGroup

	loaded func(*tab)     // for tests: called after a page is loaded, before settle
	ended  func(did bool) // for tests: called after idle fired; did: the browser was ended
}

// ErrClosed reports that the browser was closed.
var ErrClosed = errors.New("the browser is closed")

// New returns a browser that is not started.
func New(o Options) *Browser {
	if o.Tabs <= 0 {
		o.Tabs = DefaultTabs
	}
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.Page <= 0 {
		o.Page = DefaultPage
	}
	if o.Timeout <= 0 {
		o.Timeout = max(DefaultTimeout, 4*o.Page)
	}
	if o.ReadyTimeout <= 0 {
		o.ReadyTimeout = DefaultReadyTimeout
	}
	if o.StartTimeout <= 0 {
		o.StartTimeout = DefaultStartTimeout
	}
	b := &Browser{o: o, crowd: newCrowd(o.Tabs), tabs: make(chan *tab, o.Tabs),
		exposed: expose(o.Sandbox, os.Geteuid() == 0), maxUses: maxUses}
	b.life, b.end = context.WithCancelCause(context.Background())
	for range o.Tabs {
		b.tabs <- nil
	}
	return b
}

// Warm starts the browser, unless it runs, and one tab, so that the first picture is as fast as later ones. It returns
// when both have started; call it in a goroutine to start the browser in the background.
func (b *Browser) Warm(ctx context.Context) error {
	t, err := b.take(ctx)
	if err != nil {
		return err
	}
	in, err := b.instance(ctx)
	if err == nil {
		t, err = b.fit(ctx, t, in)
	}
	b.free(t)
	return b.explain(ctx, err)
}

// Version returns the browser's version, such as "130.0.6723.58", or "130.0.6723.58 (headless shell)" for the program
// without windows: that of the last start or, before a start, what the program prints without being started as a
// browser. A program that prints no version is started. Failures are those of Capture.
func (b *Browser) Version(ctx context.Context) (string, error) {
	b.asking.Lock() // concurrent callers get the same answer
	defer b.asking.Unlock()
	if v := b.known(); v != "" {
		return v, nil
	}
	path, err := Find(b.o.Path)
	if err != nil {
		return "", err
	}
	out, err := proc.Output(ctx, proc.Command{Path: path, Args: []string{"--version"}, MaxStdout: 1 << 20})
	if v := numbers.FindString(string(out)); err == nil && v != "" {
		v = marked(v, path)
		b.mu.Lock()
		b.version = v
		b.mu.Unlock()
		return v, nil
	}
	if err := b.Warm(ctx); err != nil {
		return "", err
	}
	return b.known(), nil
}

// numbers matches the version in Chromium's output: "Chromium 130.0.6723.58 built on Debian".
var numbers = regexp.MustCompile(`\d+(\.\d+){3}`)

func (b *Browser) known() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.version
}

// Pid is the process id, and the id of the process group, of the running browser. 0 means that it does not run.
func (b *Browser) Pid() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == nil || b.running.isLost() {
		return 0
	}
	return b.running.p.Pid()
}

// Rest makes the browser end after it has been idle for the given time. The next picture starts it again. With 0, the
// default, it keeps running.
func (b *Browser) Rest(after time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.idle != nil {
		b.idle.Stop()
		b.idle = nil
	}
	if after > 0 && !b.closed {
		b.patience = after
		b.idle = time.AfterFunc(after, b.doze)
	}
}

// free frees a tab's place.
func (b *Browser) free(t *tab) {
	b.tabs <- t
	b.wait()
}

// wait starts the timer of an idle browser.
func (b *Browser) wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.idle != nil && !b.closed {
		b.idle.Reset(b.patience)
	}
}

// doze ends the browser if no tab is in use. A caller that needs a tab meanwhile waits for a place.
func (b *Browser) doze() {
	b.mu.Lock()
	starting, in := b.starting != nil, b.running
	if b.closed {
		b.mu.Unlock()
		return
	}
	b.wg.Add(1)
	b.mu.Unlock()
	defer b.wg.Done()
	if starting { // a caller that gave up has left a start under way
		b.wait()
		return
	}
	var held []*tab
	for len(held) < cap(b.tabs) {
		select {
		case t := <-b.tabs:
			held = append(held, t)
			continue
		default:
		}
		break // a tab is in use, and its user calls wait later
	}
	end := len(held) == cap(b.tabs) && in != nil
	if end {
		b.mu.Lock()
		if b.running == in {
			b.running = nil
		}
		b.mu.Unlock()
		_ = in.close()
		clear(held)
	}
	for _, t := range held {
		b.tabs <- t
	}
	if b.ended != nil {
		b.ended(end)
	}
}

// Close ends the browser with all its processes and removes its profile. Captures under way fail with an error that
// wraps ErrClosed. It may be called more than once.
func (b *Browser) Close() error {
	b.mu.Lock()
	b.closed = true
	in := b.running
	if b.idle != nil {
		b.idle.Stop()
	}
	b.mu.Unlock()
	b.end(ErrClosed)
	b.wg.Wait()
	if in == nil {
		return nil
	}
	return in.close()
}

// Capture takes the picture of a page, of exactly round(Width×Scale) by round(Height×Scale) pixels (a Scale of 0 is 1).
// It answers requests for p.Assets with assets. If p has a Background, the picture leaves it out, and areas that the
// page does not cover are transparent. The same page gives the same bytes. Capture waits for a free tab until ctx ends.
//
// Failures are *lectern.Failure: CodeMissingTool; CodeTooLarge for a page beyond the bounds; CodeCaptureFailed for a
// page that is not ready in time, costs more than Options.Page or Options.Memory, tries to leave its address, or
// crashed its tab or the browser twice, and for a browser that does not start; CodeAssetRefused for a picture that the
// browser cannot read. The end of ctx returns its cause.
func (b *Browser) Capture(ctx context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error) {
	j, err := newShot(p, assets)
	if err != nil {
		return lectern.Capture{}, err
	}
	t, err := b.take(ctx)
	if err != nil {
		return lectern.Capture{}, b.explain(ctx, err)
	}
	var c lectern.Capture
	for attempt := range 2 {
		var leave func()
		// A page that lost the browser may be the cause, or only have shared the browser with it. A try alone shows
		// which.
		if leave, err = b.crowd.join(ctx, attempt > 0); err != nil {
			break
		}
		c, t, err = b.try(ctx, t, j)
		leave()
		if errors.Is(err, errLost) || errors.Is(err, errCrashed) {
			b.losses.Add(1)
		}
		if err == nil || ctx.Err() != nil || attempt > 0 || !errors.Is(err, errLost) && !errors.Is(err, errCrashed) {
			break
		}
	}
	b.giveBack(t)
	if err != nil {
		return lectern.Capture{}, b.explain(ctx, err)
	}
	return c, nil
}

// try takes the picture in t, or in a new tab if t no longer works. It returns the tab if it can be used again, or nil.
func (b *Browser) try(ctx context.Context, t *tab, j *shot) (lectern.Capture, *tab, error) {
	in, err := b.instance(ctx)
	if err != nil {
		return lectern.Capture{}, t, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, b.o.Timeout, errTooSlow)
	defer cancel()
	if t, err = b.fit(ctx, t, in); err != nil {
		return lectern.Capture{}, nil, err
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	charged := in.meter.enter(end)
	c, err := t.capture(ctx, j, b.o.ReadyTimeout, b.loaded)
	in.meter.leave(charged)
	if err != nil {
		t.abandon()
		if in.meter.bloated.Load() { // this page is the cause only if it was alone
			err = errors.Join(errBloated, errLost)
			if in.meter.wasSole(charged) {
				err = errBloated
			}
		}
		return lectern.Capture{}, nil, err
	}
	return c, t, nil
}

// take waits for a free tab.
func (b *Browser) take(ctx context.Context) (*tab, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	select {
	case t := <-b.tabs:
		if b.life.Err() != nil {
			b.tabs <- t
			return nil, ErrClosed
		}
		return t, nil
	case <-b.life.Done():
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// giveBack clears the tab after the caller got its picture, and frees its place.
func (b *Browser) giveBack(t *tab) {
	b.mu.Lock()
	closed := b.closed
	if t != nil && !closed {
		b.wg.Add(1)
	}
	b.mu.Unlock()
	if t == nil || closed {
		b.free(nil)
		return
	}
	go func() {
		defer b.wg.Done()
		ctx, cancel := context.WithTimeout(b.life, 5*time.Second)
		defer cancel()
		if t.uses >= b.maxUses || t.clear(ctx) != nil {
			t.abandon()
			t = nil
		}
		b.free(t)
	}()
}

// fit returns t if it belongs to the running browser and works, or else a new tab.
func (b *Browser) fit(ctx context.Context, t *tab, in *instance) (*tab, error) {
	if t != nil && t.in == in && t.alive() {
		return t, nil
	}
	if t != nil {
		t.abandon()
	}
	return in.newTab(ctx)
}

var errTooSlow = errors.New("the picture was not finished in time")

// explain turns an error into a Failure.
func (b *Browser) explain(ctx context.Context, err error) error {
	var f *lectern.Failure
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case b.life.Err() != nil:
		return lectern.Fail(lectern.CodeCaptureFailed, "The browser was shut down before the slide's picture was "+
			"finished.").Because(ErrClosed)
	case errors.As(err, &f):
		return f
	case errors.Is(err, errTooSlow):
		return lectern.Fail(lectern.CodeCaptureFailed,
			"The slide's page was not finished within %g s, so no picture could be taken of it.",
			b.o.Timeout.Seconds()).Because(err)
	case errors.Is(err, errHeavy):
		return b.tooHeavy(err)
	case errors.Is(err, errBloated):
		return b.tooBloated(err)
	case errors.Is(err, errCrashed):
		f = lectern.Fail(lectern.CodeCaptureFailed,
			"The slide's page crashed the browser's tab twice, so no picture could be taken of it.").Because(err)
	case errors.Is(err, errLost):
		f = lectern.Fail(lectern.CodeCaptureFailed, "The browser ended twice while it took the slide's picture.").
			Because(err)
	default:
		f = lectern.Fail(lectern.CodeCaptureFailed, "The browser could not take the slide's picture.").Because(err)
	}
	f.Retryable = true
	return f
}

// shot holds the inputs of one picture.
type shot struct {
	html          string
	width, height int  // CSS pixels
	outW, outH    int  // pixels of the picture
	glass         bool // areas that the page does not cover are transparent instead of white
	assets        map[string]lectern.Picture
}

func newShot(p lectern.Page, assets []lectern.Picture) (*shot, error) {
	if p.Scale == 0 {
		p.Scale = 1
	}
	if len(p.HTML) > MaxHTML {
		return nil, lectern.Fail(lectern.CodeTooLarge, "The slide's page has %d MB; at most %d MB are allowed.",
			len(p.HTML)>>20, MaxHTML>>20)
	}
	j := &shot{html: p.HTML, width: p.Width, height: p.Height, glass: p.Background != nil,
		assets: map[string]lectern.Picture{}}
	w, h := math.Round(float64(p.Width)*p.Scale), math.Round(float64(p.Height)*p.Scale)
	if !(p.Width > 0 && p.Height > 0 && p.Width <= MaxSide && p.Height <= MaxSide && w >= 1 && h >= 1 && w <= MaxSide &&
		h <= MaxSide) {
		return nil, lectern.Fail(lectern.CodeTooLarge,
			"A page of %d × %d pixels at scale %g cannot be a picture: each side must have 1 to %d pixels, "+
				"before and after scaling.", p.Width, p.Height, p.Scale, MaxSide)
	}
	j.outW, j.outH = int(w), int(h)
	wanted := map[string]bool{}
	for _, u := range p.Assets {
		wanted[normal(u)] = true
	}
	for _, a := range assets {
		if u := normal(a.URL); wanted[u] {
			j.assets[u] = a
		}
	}
	return j, nil
}

// factor is the number of picture pixels in a CSS pixel: the smallest that gives both sides, and a little more, because
// the browser truncates fractions.
func (j *shot) factor() float64 {
	return max(float64(j.outW)/float64(j.width), float64(j.outH)/float64(j.height)) * (1 + 1e-6)
}

// CPU returns the processor time that the browser has used since New, all its processes and restarts together. On
// systems other than Linux it does not include the running browser.
func (b *Browser) CPU() time.Duration {
	b.mu.Lock()
	in := b.running
	b.mu.Unlock()
	sum := time.Duration(b.spent.Load())
	if in != nil {
		sum += in.cpu()
	}
	return sum
}
