package main

import (
	"context"
	"os"
	"path/filepath"

	"lectern/client"
	"lectern/internal/proc"
)

// serving is a real server in its own folder.
type serving struct {
	*client.Client
	base   string
	server *proc.Process
}

// startServer starts a server. The caller must stop it.
func startServer(ctx context.Context, binary, dir string) (*serving, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	addrFile := filepath.Join(dir, "addr")
	server, err := proc.Start(ctx, proc.Command{Path: binary, Dir: dir, Args: []string{
		"serve", "--addr", "127.0.0.1:0", "--addr-file", addrFile, "--data", filepath.Join(dir, "data"), "--log-file",
		filepath.Join(dir, "log"),
	}})
	if err != nil {
		return nil, err
	}
	s := &serving{server: server}
	if s.base, err = written(ctx, server, addrFile); err == nil {
		s.Client, err = client.New(s.base)
	}
	if err != nil {
		server.Stop()
		return nil, err
	}
	return s, nil
}

func (s *serving) stop() { s.server.Stop() }
