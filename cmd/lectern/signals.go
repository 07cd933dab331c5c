package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// interrupted is why a command's context ended: the first Ctrl-C or SIGTERM.
type interrupted struct{ signal os.Signal }

func (i *interrupted) Error() string { return "interrupted by " + i.signal.String() }

// untilSignal gives a context that ends with the first Ctrl-C or SIGTERM, so that work can end in order. A second
// one ends the process at once.
func untilSignal(parent context.Context, io streams) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	heard := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(heard, os.Interrupt, syscall.SIGTERM)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case s := <-heard:
				if n > 0 {
					os.Exit(exitInterrupted)
				}
				if io.live {
					fmt.Fprintln(io.err, "\nEnding in order; once more to end at once.")
				}
				cancel(&interrupted{s})
			}
		}
	}()
	return ctx, func() {
		signal.Stop(heard)
		close(done)
		cancel(nil)
	}
}
