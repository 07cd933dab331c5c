package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"lectern"
	"lectern/internal/proc"
)

// DefaultStall is how long ffmpeg may run without progress.
const DefaultStall = 60 * time.Second

// Run is one call of ffmpeg. Only Args is required.
type Run struct {
	// Args follow the arguments of every run: no banner, no questions, overwrite outputs, only errors on standard
	// error, progress on a separate pipe. Standard input and output are free for data.
	Args []string
	Dir  string // working directory; empty: the current one

	Stdin  io.Reader // see proc.Command.Stdin
	Stdout io.Writer // see proc.Command.Stdout

	// OnFrame gets the number of video frames written so far, a few times a second, from one goroutine. The number only
	// rises, and the last call has the total. It is never called after Run has returned.
	OnFrame func(frames int)
	// OnTime gets the length of the output written so far, in the same way as OnFrame. Of several outputs it is the
	// longest. It is meant for several outputs and for outputs without pictures.
	OnTime func(written time.Duration)

	// Stall stops an ffmpeg that neither encodes nor reads from Stdin nor writes to Stdout for this time; 0:
	// DefaultStall. Reads and writes of an *os.File are not noticed.
	Stall time.Duration
	// Grace is the time from TERM to KILL when the run is stopped; 0: proc.DefaultGrace.
	Grace time.Duration
	// Memory bounds ffmpeg's address space, in bytes; 0: no bound.
	Memory uint64
	// What begins the message of a failure; empty: "ffmpeg could not make the video".
	What string
}

var errStalled = errors.New("no progress")

// Run runs ffmpeg to its end. It returns ctx's cause if ctx stopped it, and otherwise nil or a *lectern.Failure:
// CodeEncodeFailed, CodeDiskFull, CodeTimeout after Stall, CodeMissingTool, or the Failure of Stdin or Stdout.
//
// An exit code of 0 is not enough: ffmpeg must also report its end, and an output that is Stdout or a "file:" address
// must have as many bytes as ffmpeg reports. Of several outputs ffmpeg reports the first.
func (t *Tool) Run(ctx context.Context, j Run) error {
	if j.Stall <= 0 {
		j.Stall = DefaultStall
	}
	if j.What == "" {
		j.What = "ffmpeg could not make the video"
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	ours, theirs, err := os.Pipe()
	if err != nil {
		return lectern.Fail(lectern.CodeInternal, "%s: the pipe for its progress could not be created.", j.What).
			Because(err)
	}
	defer ours.Close()

	runCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := watch(j.Stall, func() { cancel(errStalled) })
	defer w.stop()

	c := proc.Command{
		Path: t.path, Env: keepMemory, Dir: j.Dir, Files: []*os.File{theirs}, Grace: j.Grace, Memory: j.Memory,
		Args: append([]string{"-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-nostats", "-stats_period",
			"0.2", "-progress", "pipe:3"}, j.Args...),
	}
	out := j.output()
	c.Stdin, c.Stdout = w.input(j.Stdin), w.output(out.to)
	p, err := proc.Start(runCtx, c)
	theirs.Close()
	if err != nil {
		return j.explain(ctx, runCtx, err)
	}
	reports := make(chan report, 1)
	go func() { reports <- j.follow(ours, w) }()
	err = p.Wait()
	// The whole group has ended, so the pipe has too, unless a process left the group and holds it.
	_ = ours.SetReadDeadline(time.Now().Add(reportsLate))
	last := <-reports
	if err == nil {
		return out.check(j.What, last)
	}
	return j.explain(ctx, runCtx, err)
}

// keepMemory makes glibc (see mallopt(3)) keep the memory of pictures for the next ones. By default it returns about
// half of it to the system at once, and getting it back, page by page, costs 2 % of a render.
var keepMemory = []string{"MALLOC_TRIM_THRESHOLD_=536870912", "MALLOC_MMAP_THRESHOLD_=33554432"}

func (j Run) explain(ctx, runCtx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		return context.Cause(ctx)
	case errors.Is(err, errStalled) && errors.Is(context.Cause(runCtx), errStalled):
		f := lectern.Fail(lectern.CodeTimeout, "%s: it made no progress for %s and was stopped.", j.What,
			seconds(j.Stall)).Because(err)
		f.Retryable = true
		return f
	}
	return failed(j.What, err)
}

// reportsLate bounds the time in which the last reports are read after the end of ffmpeg.
const reportsLate = 10 * time.Second

// follow reads ffmpeg's reports, which are blocks of key=value lines, and returns the last one.
func (j Run) follow(r io.Reader, w *watchdog) report {
	var seen report
	var rest []byte
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		rest = append(rest, buf[:n]...)
		for {
			line, after, ok := bytes.Cut(rest, []byte("\n"))
			if !ok {
				break
			}
			rest = after
			before := seen
			if !seen.take(string(line)) {
				continue
			}
			w.kick()
			if j.OnFrame != nil && seen.frames > before.frames {
				j.OnFrame(int(seen.frames))
			}
			if j.OnTime != nil && seen.micros > before.micros {
				j.OnTime(time.Duration(seen.micros) * time.Microsecond)
			}
		}
		if len(rest) > 64<<10 { // not a line of a report
			rest = nil
		}
		if err != nil {
			return seen
		}
	}
}

// report is ffmpeg's progress. Each number only rises.
type report struct {
	frames, micros, size int64
	end                  bool // ffmpeg has reported its end
}

// take reads one line and reports whether it shows progress.
func (r *report) take(line string) bool {
	k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
	var field *int64
	switch k {
	case "frame":
		field = &r.frames
	case "out_time_us":
		field = &r.micros
	case "total_size":
		field = &r.size
	case "progress":
		r.end = r.end || strings.TrimSpace(v) == "end"
		return false
	default:
		return false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if err != nil || n <= *field {
		return false
	}
	*field = n
	return true
}

// watchdog calls bark once when it has not been kicked for a while.
type watchdog struct {
	last  atomic.Int64 // nanoseconds since start
	start time.Time
	quit  chan struct{}
	gone  chan struct{}
}

func watch(patience time.Duration, bark func()) *watchdog {
	w := &watchdog{start: time.Now(), quit: make(chan struct{}), gone: make(chan struct{})}
	go func() {
		defer close(w.gone)
		timer := time.NewTimer(patience)
		defer timer.Stop()
		for {
			select {
			case <-w.quit:
				return
			case <-timer.C:
			}
			left := patience - (time.Since(w.start) - time.Duration(w.last.Load()))
			if left <= 0 {
				bark()
				return
			}
			timer.Reset(left)
		}
	}()
	return w
}

func (w *watchdog) kick() { w.last.Store(int64(time.Since(w.start))) }

func (w *watchdog) stop() {
	close(w.quit)
	<-w.gone
}

// input returns a reader of r whose reads count as progress. It returns files unchanged.
func (w *watchdog) input(r io.Reader) io.Reader {
	switch r.(type) {
	case nil, *os.File:
		return r
	}
	if own, ok := r.(io.WriterTo); ok {
		return &watchedWriterTo{watchedReader{r, w}, own}
	}
	return &watchedReader{r, w}
}

// output returns a writer to to whose writes count as progress. It returns files unchanged.
func (w *watchdog) output(to io.Writer) io.Writer {
	switch to.(type) {
	case nil, *os.File:
		return to
	}
	return &watchedWriter{to, w}
}

type watchedReader struct {
	r io.Reader
	w *watchdog
}

func (r *watchedReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.w.kick()
	return n, err
}

// CloseWithError releases the writer of a pipe that the child no longer reads.
func (r *watchedReader) CloseWithError(err error) error {
	if c, ok := r.r.(interface{ CloseWithError(error) error }); ok {
		return c.CloseWithError(err)
	}
	return nil
}

// watchedWriterTo is a watchedReader over an io.WriterTo.
type watchedWriterTo struct {
	watchedReader
	own io.WriterTo
}

// WriteTo implements io.WriterTo.
func (r *watchedWriterTo) WriteTo(to io.Writer) (int64, error) {
	return r.own.WriteTo(&watchedWriter{to, r.w})
}

type watchedWriter struct {
	to io.Writer
	w  *watchdog
}

func (o *watchedWriter) Write(b []byte) (int, error) {
	n, err := o.to.Write(b)
	o.w.kick()
	return n, err
}
