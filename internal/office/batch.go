package office

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"lectern"
	"lectern/internal/proc"
	"lectern/internal/usage"
)

// errTime is the cause of the end of a process that takes too long, errNobody of one whose callers have all gone.
var (
	errTime   = errors.New("the time is over")
	errNobody = errors.New("nobody waits for the conversion")
)

// run converts the files of a batch. After a crash or a timeout, the files without an outcome are converted again, each
// by a process of its own: only one of them is to blame.
func (c *Converter) run(batch []*conversion) {
	err := c.attempt(batch)
	left := unfinished(batch)
	if len(batch) == 1 || len(left) == 1 && errors.Is(err, errTime) {
		finish(left, err)
		return
	}
	for _, v := range left {
		if v.ctx.Err() != nil || c.ctx.Err() != nil {
			v.finish(errNobody)
			continue
		}
		v.finish(c.attempt([]*conversion{v}))
	}
}

func unfinished(batch []*conversion) []*conversion {
	var left []*conversion
	for _, v := range batch {
		if !v.over {
			left = append(left, v)
		}
	}
	return left
}

func finish(batch []*conversion, err error) {
	for _, v := range batch {
		v.finish(err)
	}
}

// attempt converts a batch with one process, and finishes the files whose outcome does not depend on the others. Its
// error is the outcome of the other ones.
func (c *Converter) attempt(batch []*conversion) error {
	ctx, stop := context.WithCancelCause(c.ctx)
	defer stop(nil)
	defer whenAllLeave(batch, func() { stop(errNobody) })()

	p, err := c.find(ctx)
	if err != nil {
		return c.outcome(ctx, err)
	}
	w, err := c.newWork()
	if err != nil {
		return full(err)
	}
	defer w.remove()
	batch = c.stage(w, batch)
	if len(batch) == 0 {
		return nil
	}
	limit := c.o.Timeout
	for _, v := range batch {
		limit += time.Duration(v.slides) * PerSlide
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTime)
	defer cancel()
	said, err := c.convertAll(ctx, *p, w, batch, limit)
	for _, v := range unfinished(batch) {
		switch {
		case v.target.whole(w.result(v)):
			v.finish(full(w.deliver(v)))
		case err == nil:
			v.finish(refused(said))
		}
	}
	if err != nil {
		c.o.Log.Warn("LibreOffice failed", "files", len(batch), "error", err, "said", said)
	}
	return c.outcome(ctx, err)
}

// stage copies the files and returns those that the process converts. Two files with the same content would have one
// output, so the second one is left for a process of its own.
func (c *Converter) stage(w *work, batch []*conversion) []*conversion {
	var staged []*conversion
	for _, v := range batch {
		if v.over {
			continue
		}
		switch fresh, err := w.stage(v); {
		case err != nil:
			v.finish(full(err))
		case fresh:
			staged = append(staged, v)
		}
	}
	return staged
}

// exitRestart is LibreOffice's wish to be started again, after it has set up a new profile.
const exitRestart = 81

// convertAll runs LibreOffice until it has converted the batch, and returns what it said. An output is delivered as
// soon as LibreOffice begins the next one.
func (c *Converter) convertAll(ctx context.Context, p program, w *work, batch []*conversion, limit time.Duration) (
	said string, err error) {
	args := []string{"--infilter=" + batch[0].kind.filter, "--convert-to", batch[0].target.extension, "--outdir", w.out()}
	for _, v := range batch {
		args = append(args, filepath.Join(w.in(), v.name+v.kind.extension))
	}
	meter := usage.NewMeter(nil)
	defer func() { divide(meter, batch) }()
	able := c.Examine(ctx)
	for range 3 {
		w.removeSocket() // of the start before
		command := c.command(p, w, args, limit, able)
		lines := &lineWriter{each: func(line string) { deliverBefore(w, batch, line) }}
		command.Stdout, command.MaxStdout = lines, 1<<20
		var process *proc.Process
		if process, err = proc.Start(usage.With(ctx, meter), command); err != nil {
			return "", err
		}
		err = process.Wait()
		said = process.Tail()
		if e, ok := errors.AsType[*proc.ExitError](err); !ok || e.ExitCode != exitRestart {
			return said, err
		}
	}
	return said, err
}

// divide adds the processor time of a process to the files that it converted, in equal parts.
func divide(m *usage.Meter, batch []*conversion) {
	for _, v := range batch {
		usage.From(v.ctx).CPU(m.Read().CPU / time.Duration(len(batch)))
	}
}

// deliverBefore delivers the outputs that are whole when LibreOffice prints that it writes another one: convert IN ->
// OUT using filter : NAME.
func deliverBefore(w *work, batch []*conversion, line string) {
	if !strings.HasPrefix(line, "convert ") {
		return
	}
	for _, v := range batch {
		if strings.HasPrefix(line, "convert "+filepath.Join(w.in(), v.name)) {
			return
		}
		if !v.over && v.target.whole(w.result(v)) {
			v.finish(full(w.deliver(v)))
		}
	}
}

// refused is the failure of a file without an output, when LibreOffice has ended by itself.
func refused(said string) error {
	f := invalid("LibreOffice cannot open the deck: the file is damaged or protected by a password. Open it in the " +
		"program that it comes from, save it again without a password, or export it as a PDF.")
	if !strings.Contains(said, "could not be loaded") {
		f = invalid("LibreOffice drew no page of the deck. If all its slides are hidden, unhide those that the video " +
			"shows; otherwise save the deck again, or export it as a PDF.")
	}
	f.Detail = said
	return f
}

// outcome makes a failure of how LibreOffice ended.
func (c *Converter) outcome(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*lectern.Failure](err)
	if ok {
		return f
	}
	exit, _ := errors.AsType[*proc.ExitError](err)
	switch {
	case errors.Is(err, errTime), exit != nil && exit.Signal == syscall.SIGXCPU:
		f = lectern.Fail(lectern.CodeTimeout, "LibreOffice did not finish the deck in time. Try again when the machine is "+
			"less busy, raise office.timeout, or export the deck as a PDF.").Because(err)
	case errors.Is(err, errNobody), ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, syscall.ENOSPC):
		return full(err)
	case exit != nil && exit.ExitCode == exitContain:
		return missing("LibreOffice was not started, because this machine does not let Lectern contain it: its kernel or " +
			"its container refuses the filter of system calls. Allow seccomp, or export the deck as a PDF.").Because(err)
	case exit != nil && exit.Signal == syscall.SIGXFSZ:
		return lectern.Fail(lectern.CodeTooLarge, "The deck's PDF is larger than %d MB. Make its pictures smaller, or split "+
			"the deck.", c.o.Output>>20).Because(err)
	default:
		f = lectern.Fail(lectern.CodeCaptureFailed, "LibreOffice crashed while it drew the deck. Try again; if it crashes "+
			"again, the deck may need more memory than office.memory allows (%d MB), or export it as a PDF.",
			c.o.Memory>>20).Because(err)
	}
	f.Retryable = true
	if exit != nil {
		f.Detail = exit.Error() + "\n" + exit.Tail
	}
	return f
}

// full makes a retryable failure of a full disk. Other errors are unchanged.
func full(err error) error {
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	f := lectern.Fail(lectern.CodeDiskFull, "The disk is full, so LibreOffice cannot convert the deck. Free some space "+
		"in %s.", os.TempDir()).Because(err)
	f.Retryable = true
	return f
}

// whenAllLeave calls do when the contexts of all conversions have ended, unless unwatch is called before.
func whenAllLeave(batch []*conversion, do func()) (unwatch func()) {
	left := make(chan struct{}, len(batch))
	var stops []func() bool
	for _, v := range batch {
		stops = append(stops, context.AfterFunc(v.ctx, func() {
			left <- struct{}{}
			if len(left) == cap(left) {
				do()
			}
		}))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// maxLine is the longest line that a lineWriter reports, in bytes. Longer ones are cut.
const maxLine = 4 << 10

// lineWriter calls each for every line that is written to it.
type lineWriter struct {
	each func(line string)
	rest []byte
}

func (l *lineWriter) Write(b []byte) (int, error) {
	for chunk := range bytes.Lines(b) {
		if room := maxLine - len(l.rest); room > 0 {
			l.rest = append(l.rest, chunk[:min(room, len(chunk))]...)
		}
		if bytes.HasSuffix(chunk, []byte("\n")) {
			l.each(string(bytes.TrimSpace(l.rest)))
			l.rest = l.rest[:0]
		}
	}
	return len(b), nil
}
