package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"lectern/internal/proc"
)

// starts measures n starts of the server, one after the other.
func starts(ctx context.Context, binary string, n int) ([]time.Duration, error) {
	var took []time.Duration
	for range n {
		d, err := oneStart(ctx, binary)
		if err != nil {
			return nil, err
		}
		took = append(took, d)
	}
	return took, nil
}

// oneStart starts a server in an empty folder and waits for its first response.
func oneStart(ctx context.Context, binary string) (took time.Duration, err error) {
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
	p, err := proc.Start(ctx, proc.Command{Path: binary, Args: []string{"serve", "--addr", addr}, Dir: dir})
	if err != nil {
		return 0, fmt.Errorf("start the server: %w", err)
	}
	defer func() {
		cancel()
		_ = p.Wait() // cancel stopped it
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

// freePort returns a free loopback address.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
