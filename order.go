package lectern

import (
	"context"
	"time"
)

// Order is the record of one external avatar render. It is written before each call that may cost money, so that a run
// that dies between the call and its answer is not the reason for a second one (J9).
type Order struct {
	Key          string     // content key of what is ordered, lower-case hex; one order a key, whoever asks
	Engine       string     // the avatar engine, such as "elai"
	ExternalID   string     // the provider's id; "" until it is known
	State        OrderState // how far it is
	Presentation string     // who ordered it
	Attempt      int
	Slide        int    // counted from 1
	Part         int    // counted from 0; a narration over the provider's limit has several
	Detail       string // the provider's last word, for people
	UpdatedAt    time.Time
}

// OrderState is how far an external render is.
type OrderState string

// The states of an order, in their order.
const (
	OrderIntended   OrderState = "intended"   // about to be created at the provider; it may be there or not
	OrderCreated    OrderState = "created"    // known to the provider under ExternalID, not paid for
	OrderSubmitting OrderState = "submitting" // about to be paid for; it may be or not
	OrderSubmitted  OrderState = "submitted"  // paid for; only to be polled from here on
	OrderReady      OrderState = "ready"      // the clip was fetched
	OrderFailed     OrderState = "failed"     // the provider gave it up; a retry may order it again
)

// Orders is what a run knows of external renders, its own and those of others.
type Orders interface {
	// Order gives the order with a key, and whether there is one.
	Order(ctx context.Context, key string) (Order, bool, error)
	// RecordOrder stores o durably, in the place of what there was under its key; Presentation, Attempt and UpdatedAt are
	// filled in. It fails with CodeStale for a run that lost its lease (J7): what it was about to do must not be done.
	// An order that is only intended does not replace one that has not failed: that is CodeConflict, and the one that is
	// there is to be used, whoever's it is.
	RecordOrder(ctx context.Context, o Order) error
}
