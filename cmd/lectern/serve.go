package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/alecthomas/kong"

	"lectern/internal/app"
	"lectern/internal/config"
	"lectern/internal/log"
)

// serveCmd serves until a signal stops it.
type serveCmd struct {
	AddrFile string       `help:"Write the server's URL to this file as soon as it listens, for scripts that let it take a free port." placeholder:"FILE"`
	Settings kong.Plugins `embed:""` // a flag for every setting
}

// Help is what --help says beyond the flags.
func (serveCmd) Help() string {
	return `The first Ctrl-C or SIGTERM stops in order: no new requests, running presentations go back to the queue and go on
from their finished steps at the next start. A second one ends the process at once; nothing is lost then either.`
}

// Run implements the command.
func (c *serveCmd) Run(ctx context.Context, io streams, s *settings) (err error) {
	cfg, err := s.load(io, givenFlags(c.Settings))
	if err != nil {
		return err
	}
	listener, err := app.Listen(cfg.Addr)
	if err != nil {
		return err
	}
	defer listener.Close() // the server closes it too
	logger, logFile, err := log.Open(log.Options{
		Terminal: io.err, Color: io.color, Level: cfg.Log.Level,
		File: cfg.Log.File, MaxSize: cfg.Log.MaxSize, Keep: cfg.Log.Keep,
	})
	if err != nil {
		return &config.Error{Key: "log.file", Cause: err, Allowed: "a path that can be written, or nothing"}
	}
	defer func() { err = errors.Join(err, logFile.Close()) }()
	if err := writable(cfg); err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Options{Config: cfg, Folders: app.FoldersIn(cfg), Version: programVersion(), Log: logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	server, err := a.NewServer(ctx, listener)
	if err != nil {
		return err
	}
	defer server.Close()
	if cfg.Role != config.RoleWorker {
		defer noteAddress(cfg, listener.Addr(), logger)()
	}
	c.welcome(io, cfg, logFile.Path(), listener.Addr())
	if c.AddrFile != "" {
		if err := writeAddr(c.AddrFile, listener.Addr()); err != nil {
			return err
		}
	}
	return server.Serve(ctx)
}

// welcome shows where the server is, and what is missing for it to render.
func (c *serveCmd) welcome(io streams, cfg config.Config, logPath string, at net.Addr) {
	fmt.Fprintf(io.out, "Lectern %s is at %s\n", programVersion(), io.bold(browserURL(at)))
	where := "data in " + cfg.DataDir
	if logPath != "" {
		where += ", log in " + logPath
	}
	fmt.Fprintln(io.out, io.dim(where))
	missing := app.Absent(cfg)
	if len(missing) == 0 {
		return
	}
	var packages []string
	for _, f := range missing {
		fmt.Fprintf(io.out, "%s %s\n", io.yellow("missing:"), f.Problem)
		packages = append(packages, f.Packages...)
	}
	fmt.Fprintf(io.out, "Presentations are refused until this is installed:\n  %s\n", installCommand(packages))
}

// browserURL returns the URL of an address that a person can open in a browser.
func browserURL(at net.Addr) string {
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return at.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// writeAddr writes the URL of the server to a file. A script that waits for the file never reads half of it.
func writeAddr(name string, at net.Addr) error {
	url := browserURL(at)
	if err := os.WriteFile(name+".part", []byte(url+"\n"), 0o644); err != nil {
		return fmt.Errorf("write the address file: %w", err)
	}
	return os.Rename(name+".part", name)
}
