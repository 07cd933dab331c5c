package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/log"
	"lectern/internal/tcptimeout"
)

// lostAfter is how long a client may leave sent data unacknowledged before its connection is closed. Otherwise the
// server would notice a lost client only when its buffers are full, and an event stream may never fill them.
const lostAfter = time.Minute

// Listen listens at an address. It fails with CodeInUse if another program uses it, else with a *config.Error.
func Listen(addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{Control: tcptimeout.After(lostAfter)}).Listen(context.Background(), "tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, lectern.Fail(lectern.CodeInUse, "The address %s is in use by another program. Stop that one, or choose "+
			"another address with --addr or LECTERN_ADDR.", addr)
	case errors.Is(err, os.ErrPermission):
		return nil, &config.Error{Key: "addr", Cause: fmt.Errorf("this user may not listen on %s", addr),
			Allowed: "a port from 1024 up"}
	}
	return nil, &config.Error{Key: "addr", Cause: err, Allowed: "an address of this machine"}
}

// Server serves HTTP at a listener, and at admin.addr if that is set.
type Server struct {
	app *App
	all []*http.Server
	at  []net.Listener
	cut context.CancelFunc // ends open requests
}

// NewServer makes a server on l; Serve starts it. It fails if Guard refuses the address. The server stops when ctx
// ends. The caller must call Close, which closes l too.
func (a *App) NewServer(ctx context.Context, l net.Listener) (*Server, error) {
	if err := a.Guard(ctx, "addr", l.Addr()); err != nil {
		return nil, err
	}
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	shape := func(handler http.Handler) *http.Server {
		return &http.Server{
			Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
			ErrorLog: log.Std(a.opt.Log, "http"), BaseContext: func(net.Listener) context.Context { return requests },
		}
	}
	main, err := a.Handler(ctx.Done(), l.Addr())
	if err != nil {
		cut()
		return nil, err
	}
	s := &Server{app: a, all: []*http.Server{shape(main)}, at: []net.Listener{l}, cut: cut}
	admin, at, err := a.openAdmin(ctx, ctx.Done(), shape)
	if err != nil {
		cut()
		return nil, err
	}
	if admin != nil {
		s.all, s.at = append(s.all, admin), append(s.at, at)
	}
	return s, nil
}

// Close closes listeners and connections at once, without waiting for open requests.
func (s *Server) Close() {
	s.cut()
	for i := range s.all {
		_ = s.all[i].Close()
		_ = s.at[i].Close() // a server that never served does not know it
	}
}

// Serve starts the App and its webhooks, and serves requests until ctx ends. Then it stops the App and lets open
// requests finish, for at most the setting stop.grace.
func (s *Server) Serve(ctx context.Context) error {
	cfg, logger := s.app.Config, s.app.opt.Log
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
	err := s.app.Start(ctx)
	if err == nil {
		err = s.app.Deliver(ctx)
	}
	if err != nil {
		s.Close()
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
	// From the signal on, /readyz answers 503 and streams end by themselves. First, running presentations return to the
	// queue, while requests are still answered. Then the listeners close, and open requests may finish.
	stopped := s.app.Stop(grace)
	for _, one := range s.all {
		if err := one.Shutdown(grace); err != nil {
			s.cut()
			stopped = errors.Join(stopped, one.Close())
		}
	}
	logger.Info("stopped")
	return errors.Join(stopped, ended())
}

// quietEnd drops http.ErrServerClosed, which a server returns after an orderly stop.
func quietEnd(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
