package slots_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"lectern/internal/slots"
)

// Waiters are served in turn, and small requests do not overtake a large one.
func TestSlotsAreFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := slots.New("encoders", 2)
		release := make(chan struct{})
		var order []string
		var mu sync.Mutex
		var all sync.WaitGroup
		hold := func(name string, n int) {
			all.Go(func() {
				_ = s.Do(context.Background(), n, func() error {
					mu.Lock()
					order = append(order, name)
					mu.Unlock()
					<-release
					return nil
				})
			})
			synctest.Wait()
		}
		hold("first", 2)
		hold("large", 2)
		hold("small 1", 1)
		hold("small 2", 1)
		if u := s.Use(); u != (slots.Use{Name: "encoders", Capacity: 2, InUse: 2, Waiting: 4}) {
			t.Errorf("%+v", u)
		}
		close(release)
		all.Wait()
		if order[0] != "first" || order[1] != "large" {
			t.Errorf("the order was %v", order)
		}
		if u := s.Use(); u.InUse != 0 || u.Waiting != 0 {
			t.Errorf("after the end %+v", u)
		}
	})
}

// If the context of a waiter ends, Do returns its cause and does not call its function.
func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := slots.New("tabs", 1)
	gone := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := s.Do(t.Context(), 1, func() error {
		cancel(gone)
		return s.Do(ctx, 1, func() error { t.Error("the function was called"); return nil })
	})
	if !errors.Is(err, gone) {
		t.Error(err)
	}
}
