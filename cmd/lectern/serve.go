package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/log"
	"lectern/internal/tcptimeout"
)

// serveCmd serves until it is told to stop.
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
	listener, err := listen(cfg.Addr)
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
	h, err := openHouse(ctx, cfg, foldersIn(cfg), logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	if err := h.guarded(ctx, "addr", listener.Addr()); err != nil {
		return err
	}
	servers, err := openServers(ctx, h, listener, logger)
	if err != nil {
		return err
	}
	defer servers.close()
	if cfg.Role != config.RoleWorker {
		defer noteAddress(cfg, listener.Addr(), logger)()
	}
	c.welcome(io, cfg, logFile.Path(), listener.Addr(), h)
	if c.AddrFile != "" {
		if err := writeAddr(c.AddrFile, listener.Addr()); err != nil {
			return err
		}
	}
	return servers.answer(ctx, cfg, h, logger)
}

// lostAfter is how long a client may acknowledge nothing of what it was sent. A stream's comments are too few to fill the buffers
// at which the server would notice by itself.
const lostAfter = time.Minute

// listen takes the address, or says who may have it.
func listen(addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{Control: tcptimeout.After(lostAfter)}).Listen(context.Background(), "tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, lectern.Fail(lectern.CodeInUse, "The address %s is in use by another program. Stop that one, or choose another address with --addr or LECTERN_ADDR.", addr)
	case errors.Is(err, os.ErrPermission):
		return nil, &config.Error{Key: "addr", Cause: fmt.Errorf("this user may not listen on %s", addr), Allowed: "a port from 1024 up"}
	}
	return nil, &config.Error{Key: "addr", Cause: err, Allowed: "an address of this machine"}
}

// welcome says where the server is, and what is missing before it can render.
func (c *serveCmd) welcome(io streams, cfg config.Config, logPath string, at net.Addr, h *house) {
	fmt.Fprintf(io.out, "Lectern %s is at %s\n", programVersion(), io.bold(browserURL(at)))
	where := "data in " + cfg.DataDir
	if logPath != "" {
		where += ", log in " + logPath
	}
	fmt.Fprintln(io.out, io.dim(where))
	missing := h.kit.absent()
	if len(missing) == 0 {
		return
	}
	var packages []string
	for _, f := range missing {
		fmt.Fprintf(io.out, "%s %s\n", io.yellow("missing:"), f.Problem)
		packages = append(packages, f.Packages...)
	}
	fmt.Fprintf(io.out, "Presentations wait for that. To install it:\n  %s\n", installCommand(packages))
}

// browserURL is an address that a person can open.
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

// writeAddr writes the URL whole: who waits for the file never reads half of it.
func writeAddr(name string, at net.Addr) error {
	url := browserURL(at)
	if err := os.WriteFile(name+".part", []byte(url+"\n"), 0o644); err != nil {
		return fmt.Errorf("write the address file: %w", err)
	}
	return os.Rename(name+".part", name)
}

// servers are what answers: at addr, and at admin.addr where there is one.
type servers struct {
	all []*http.Server
	at  []net.Listener
	cut context.CancelFunc // ends open requests
}

// openServers makes the servers on their listeners. They answer once answer is called.
func openServers(ctx context.Context, h *house, l net.Listener, logger *slog.Logger) (*servers, error) {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	shape := func(handler http.Handler) *http.Server {
		return &http.Server{
			Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
			ErrorLog: log.Std(logger, "http"), BaseContext: func(net.Listener) context.Context { return requests },
		}
	}
	main, err := h.handler(ctx.Done(), l.Addr())
	if err != nil {
		cut()
		return nil, err
	}
	s := &servers{all: []*http.Server{shape(main)}, at: []net.Listener{l}, cut: cut}
	admin, at, err := h.openAdmin(ctx, ctx.Done(), shape)
	if err != nil {
		cut()
		return nil, err
	}
	if admin != nil {
		s.all, s.at = append(s.all, admin), append(s.at, at)
	}
	return s, nil
}

// close ends what is open without waiting.
func (s *servers) close() {
	s.cut()
	for i := range s.all {
		_ = s.all[i].Close()
		_ = s.at[i].Close() // a server that never served does not know it
	}
}

// answer serves until ctx ends, then lets open requests finish; streams are told and closed.
func (s *servers) answer(ctx context.Context, cfg config.Config, h *house, logger *slog.Logger) error {
	served := make(chan error, len(s.all))
	for i := range s.all {
		go func() { served <- s.all[i].Serve(s.at[i]) }()
	}
	ended := func() (err error) {
		for range s.all {
			err = errors.Join(err, quietEnd(<-served))
		}
		return err
	}
	err := h.start(ctx)
	if err == nil {
		err = h.tell(ctx)
	}
	if err != nil {
		s.close()
		return errors.Join(err, ended())
	}
	for i, name := range []string{"serving", "serving operators"}[:len(s.at)] {
		logger.Info(name, "addr", s.at[i].Addr().String(), "data", cfg.DataDir)
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	logger.Info("stopping", "reason", strings.TrimSpace(context.Cause(ctx).Error()))
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), cfg.StopGrace)
	defer stop()
	// From the signal on, /readyz answers 503 and streams end by themselves. Running presentations go back to the queue
	// while requests are still answered; then no more are taken, and those that are open may finish.
	stopped := h.stop(grace)
	for _, one := range s.all {
		if err := one.Shutdown(grace); err != nil {
			s.cut()
			stopped = errors.Join(stopped, one.Close())
		}
	}
	logger.Info("stopped")
	return errors.Join(stopped, ended())
}

// quietEnd drops what a server that was asked to stop ends with.
func quietEnd(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
