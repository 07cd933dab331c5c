package elaitest

import (
	"context"
	"sync"
	"time"

	"lectern"
)

// Orders is a store of orders in memory that follows the rules of the job service. Runs may use it one after the other.
type Orders struct {
	// Die is called before and after each record. If it returns an error, the process of the run is dead: this call and
	// all later calls of the run fail with that error. nil: no run dies.
	Die func(o lectern.Order, recorded bool) error
	Now func() time.Time // nil: time.Now

	mu   sync.Mutex
	list map[string]lectern.Order
	past []lectern.OrderState
}

// Run returns the orders for one attempt of a presentation.
func (o *Orders) Run(presentation string, attempt int) lectern.Orders {
	return &view{o: o, presentation: presentation, attempt: attempt}
}

// Past returns the recorded states, in order.
func (o *Orders) Past() []lectern.OrderState {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]lectern.OrderState(nil), o.past...)
}

type view struct {
	o            *Orders
	presentation string
	attempt      int
	dead         error
}

// Order implements lectern.Orders.
func (v *view) Order(ctx context.Context, key string) (lectern.Order, bool, error) {
	v.o.mu.Lock()
	defer v.o.mu.Unlock()
	if v.dead != nil {
		return lectern.Order{}, false, v.dead
	}
	x, ok := v.o.list[key]
	return x, ok, ctx.Err()
}

// RecordOrder implements lectern.Orders.
func (v *view) RecordOrder(ctx context.Context, x lectern.Order) error {
	v.o.mu.Lock()
	defer v.o.mu.Unlock()
	if v.dead == nil {
		v.dead = v.die(x, false)
	}
	if v.dead != nil {
		return v.dead
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if old, ok := v.o.list[x.Key]; ok && x.State == lectern.OrderIntended && old.State != lectern.OrderFailed {
		return lectern.Fail(lectern.CodeConflict, "The render was ordered already.")
	}
	x.Presentation, x.Attempt, x.UpdatedAt = v.presentation, v.attempt, time.Now()
	if v.o.Now != nil {
		x.UpdatedAt = v.o.Now()
	}
	if v.o.list == nil {
		v.o.list = map[string]lectern.Order{}
	}
	v.o.list[x.Key] = x
	v.o.past = append(v.o.past, x.State)
	v.dead = v.die(x, true)
	return v.dead
}

func (v *view) die(x lectern.Order, recorded bool) error {
	if v.o.Die == nil {
		return nil
	}
	return v.o.Die(x, recorded)
}
