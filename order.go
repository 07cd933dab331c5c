package lectern

import (
	"context"
	"time"
)

// Order is the record of one avatar render of an external service. It is written before each call that may cost money.
// So after a crash between the call and its response, the next run does not pay a second time (J9).
type Order struct {
	Key          string     // content key of what is ordered, lower-case hex; all presentations share one order of a key
	Engine       string     // the avatar engine, such as "elai"
	ExternalID   string     // the provider's id; "" until it is known
	State        OrderState // how far it is
	Presentation string     // who ordered it
	Attempt      int
	Slide        int    // counted from 1
	Part         int    // counted from 0; a narration over the provider's limit has several
	Detail       string // the last message of the provider, for people
	UpdatedAt    time.Time
}

// OrderState is how far an external render is.
type OrderState string

// The states of an order, in the sequence in which it passes through them.
const (
	OrderIntended   OrderState = "intended"   // the call that creates it is about to be sent; it may have been received
	OrderCreated    OrderState = "created"    // known to the provider under ExternalID, not paid for
	OrderSubmitting OrderState = "submitting" // the call that pays for it is about to be sent; it may have been received
	OrderSubmitted  OrderState = "submitted"  // paid for; only polls follow
	OrderReady      OrderState = "ready"      // the clip was fetched
	OrderFailed     OrderState = "failed"     // the provider could not make it; a retry may order it again
)

// Orders gives a run access to all recorded orders, its own and those of other presentations.
type Orders interface {
	// Order returns the order with a key, and whether there is one.
	Order(ctx context.Context, key string) (Order, bool, error)
	// RecordOrder stores o durably and replaces the order with the same key. It sets Presentation, Attempt and UpdatedAt.
	// It fails with CodeStale for a run that lost its lease (J7): the run must not do what it was about to do.
	// It fails with CodeConflict if o is OrderIntended and the stored order has not failed: the run must use the stored
	// order, whichever presentation it belongs to.
	RecordOrder(ctx context.Context, o Order) error
}
