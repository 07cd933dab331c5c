package lectern

import "time"

// Endpoint is an address to which webhooks about all presentations of its owner are sent.
type Endpoint struct {
	ID        string
	Owner     string // its webhooks are about this owner's presentations; "" when it is stored: DefaultOwner
	URL       string
	Types     []string // the types it gets, such as "presentation.completed"; empty: all
	Secrets   []string // "whsec_…", the newest first; one that was rotated out ends in ";until=" and a time of RFC 3339
	Disabled  bool     // gets no webhooks, because it answered 410 or is a [CallbackEndpoint]
	CreatedAt time.Time
	Revision  int64 // how often it was stored; 0: never
}

// CallbackEndpoint is the reserved id of the endpoint that keeps the secrets for every CallbackURL of DefaultOwner. It
// has no URL and is disabled, so nothing is delivered to it. Each further owner has one, see [CallbackEndpointOf].
const CallbackEndpoint = "callback"

// CallbackEndpointOf is the id under which the callback secrets of an owner are stored: "callback" for DefaultOwner,
// "callback/NAME" for an owner NAME.
func CallbackEndpointOf(owner string) string {
	if owner == "" || owner == DefaultOwner {
		return CallbackEndpoint
	}
	return CallbackEndpoint + "/" + owner
}

// KeepsCallbacks reports whether e only keeps callback secrets and has no address.
func (e Endpoint) KeepsCallbacks() bool { return e.ID == CallbackEndpointOf(e.Owner) }

// Delivery is one message to one address: a milestone of a presentation. It is stored with the milestone, in the same
// transaction, and delivered at least once. For each presentation and address, the first tries are in the order of
// versions. A message that failed is tried again later, and later messages do not wait for it.
type Delivery struct {
	ID           string // of the message: "msg_…"; the same on every try
	Owner        string // of the presentation, or of the endpoint
	Endpoint     string // the endpoint's id; "": it goes to the presentation's CallbackURL
	URL          string
	Secrets      []string // the endpoint's current ones; empty for a CallbackURL
	Revision     int64    // of the endpoint when Secrets were read; 0: the endpoint was deleted, or there is none
	Type         string   // see WebhookType
	Presentation Presentation
	State        DeliveryState
	Attempts     int       // tries so far
	NextAt       time.Time // of the next try, by the store's clock
	Claim        int64     // how often it was claimed; it identifies the claim of the process that is trying it
	CreatedAt    time.Time // when the milestone was stored
	DoneAt       time.Time // when it was delivered or given up; zero: not yet
	StatusCode   int       // of the last response; 0: there was none
	Problem      string    // of the last try, for people; "": it succeeded
}

// DeliveryState is how far a delivery is.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryGivenUp   DeliveryState = "given_up" // tried for a day, answered 410, or its endpoint is gone
)

// DeliveryFilter selects deliveries; zero fields select all.
type DeliveryFilter struct {
	Owner        string
	Presentation string
	Endpoint     string // an endpoint's id; CallbackEndpoint: those to a presentation's own CallbackURL
	State        DeliveryState
	Limit        int // 0: 100
}

// WebhookType is the type of the message about a presentation that has reached status s: "presentation.completed".
func WebhookType(s Status) string { return "presentation." + string(s) }
