package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lectern"
	"lectern/internal/proc"
)

// benchCmd measures the start.
type benchCmd struct {
	Starts int `help:"How many starts." default:"9"`
}

// startTarget is what the start has to stay under.
const startTarget = 300 * time.Millisecond

// Run implements the command.
func (c *benchCmd) Run(ctx context.Context, io streams) error {
	if c.Starts < 1 || c.Starts > 1000 {
		return &usageError{fmt.Errorf("--starts must be from 1 to 1000")}
	}
	var took []time.Duration
	for range c.Starts {
		d, err := oneStart(ctx)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	slices.Sort(took)
	median := took[len(took)/2]
	ms := func(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond)) }
	fmt.Fprintf(io.out, "serve to first answer: median %s, best %s, worst %s, of %d starts (target: under %s)\n",
		io.bold(ms(median)), ms(took[0]), ms(took[len(took)-1]), c.Starts, ms(startTarget))
	if median >= startTarget {
		return shown(lectern.Fail(lectern.CodeTimeout, "The start takes longer than its target."))
	}
	return nil
}

// oneStart starts a server in an empty folder and waits for its first answer.
func oneStart(ctx context.Context) (took time.Duration, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "lectern-bench-")
	if err != nil {
		return 0, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	addr, err := freePort()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	began := time.Now()
	p, err := proc.Start(ctx, proc.Command{Path: self, Args: []string{"serve", "--addr", addr}, Dir: dir})
	if err != nil {
		return 0, fmt.Errorf("start the server: %w", err)
	}
	defer func() {
		cancel()
		_ = p.Wait() // it was asked to end
	}()
	every := time.NewTicker(2 * time.Millisecond)
	defer every.Stop()
	for {
		if res, err := http.Get("http://" + addr + "/healthz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(began), nil
			}
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("the server in %s did not answer", filepath.Base(dir))
		case <-every.C:
		}
	}
}

// freePort gives a loopback address that nobody listens on.
func freePort() (string, error) {
	l, err := listen("127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
