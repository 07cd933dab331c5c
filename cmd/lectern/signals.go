package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// interrupted is why a command's context ended: the first Ctrl-C, SIGTERM or SIGHUP, or SIGPIPE where the reader of its
// output went away.
type interrupted struct{ signal os.Signal }

func (i *interrupted) Error() string { return "interrupted by " + i.signal.String() }

// untilSignal returns a context that ends with the first Ctrl-C, SIGTERM or SIGHUP, so that work can end in order. A
// second signal ends the process at once, except SIGHUP, which a closing terminal sends twice. Under nohup, SIGHUP
// stays ignored. The context also ends when the reader of the output goes away.
func untilSignal(parent context.Context, io streams) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	broken := make(chan os.Signal, 1) // never read: Notify alone keeps SIGPIPE from ending the process
	signal.Notify(broken, syscall.SIGPIPE)
	go func() {
		lost := io.lost
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-lost:
				lost = nil
				cancel(&interrupted{syscall.SIGPIPE})
			case s := <-signals:
				if n > 0 && s != syscall.SIGHUP {
					os.Exit(exitInterrupted)
				}
				if io.live && n == 0 {
					fmt.Fprintln(io.err, "\nStopping. Press Ctrl-C again to end at once.")
				}
				cancel(&interrupted{s})
			}
		}
	}()
	return ctx, func() {
		signal.Stop(broken)
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
