package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
)

// Many probes at once cost one trial. A success is remembered for a while, a failure for a second. The log has each
// change once, with the detail that probes do not get.
func TestH5ReadinessIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tried atomic.Int32
		var broken atomic.Bool
		var log bytes.Buffer
		r := newReadiness(slog.New(slog.NewTextHandler(&log, nil)),
			&trial{name: "disk", keep: 5 * time.Second, do: func(context.Context) error {
				tried.Add(1)
				time.Sleep(100 * time.Millisecond)
				if broken.Load() {
					return lectern.Fail(lectern.CodeDiskFull, "The disk is full.").Because(errors.New("secret path"))
				}
				return nil
			}, late: "late"})
		defer r.close()
		storm := func(want int, tries int32) { // 100 probes at once
			t.Helper()
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if got := r.missing(t.Context()); len(got) != want || want == 1 && (got[0].Message != "The disk is full." ||
						got[0].Detail != "") {
						t.Errorf("missing %v", got)
					}
				})
			}
			wg.Wait()
			synctest.Wait()
			if n := tried.Load(); n != tries {
				t.Errorf("%d trials, want %d", n, tries)
			}
		}
		storm(0, 1)
		broken.Store(true)
		time.Sleep(4 * time.Second)
		storm(0, 1)
		time.Sleep(2 * time.Second)
		storm(1, 2)
		storm(1, 2)
		time.Sleep(readyPause)
		storm(1, 3)
		broken.Store(false)
		time.Sleep(readyPause)
		storm(0, 4)
		if s := log.String(); strings.Count(s, "not ready") != 1 || strings.Count(s, "ready again") != 1 ||
			!strings.Contains(s, "secret path") {
			t.Errorf("the log says %s", s)
		}
	})
}

// Readiness answers within the bound although a trial hangs, and reports that trial and the others.
func TestH5ReadinessAnswersInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := &trial{name: "database", keep: time.Second,
			do: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, late: "It hangs."}
		fails := &trial{name: "voices", keep: time.Second, do: func(context.Context) error { return errors.New("x") }}
		r := newReadiness(slog.New(slog.DiscardHandler), hangs, fails)
		defer r.close()
		for range 3 {
			began := time.Now()
			got := r.missing(t.Context())
			if took := time.Since(began); took != ReadyBound {
				t.Errorf("it took %v", took)
			}
			if len(got) != 2 || got[0].Message != "It hangs." || !got[0].Retryable || got[1].Code != lectern.CodeInternal {
				t.Errorf("missing %v", got)
			}
		}
		time.Sleep(trialPatient)
		synctest.Wait()
		hangs.mu.Lock()
		given := hangs.running == nil && hangs.err != nil
		hangs.mu.Unlock()
		if !given {
			t.Error("a trial that hangs is never canceled")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := r.missing(ctx); len(got) != 2 {
			t.Errorf("for a canceled request: %v", got)
		}
	})
}
