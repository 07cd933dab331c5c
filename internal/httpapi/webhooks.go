package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"lectern"
)

// Webhooks manages webhooks and reads the record of their deliveries. *webhook.Service implements it.
type Webhooks interface {
	Registry
	Keeper
	Outgoing
}

// Registry stores the webhooks: addresses that get messages about all presentations of their owner. The owner "" means
// all owners; for Register, lectern.DefaultOwner.
type Registry interface {
	// Register returns the webhook with its secret in Secrets[0].
	Register(ctx context.Context, owner, url string, types []string) (lectern.Endpoint, error)
	Webhooks(ctx context.Context, owner string) ([]lectern.Endpoint, error)
	Remove(ctx context.Context, owner, id string) error
}

// Keeper manages one webhook.
type Keeper interface {
	// Rotate returns the webhook with its new secret in Secrets[0].
	Rotate(ctx context.Context, owner, id string) (lectern.Endpoint, error)
	// Test sends a message at once and returns the result.
	Test(ctx context.Context, owner, id string) (lectern.Delivery, error)
	// Allowed refuses an address that messages may not be sent to.
	Allowed(url string) error
}

// Outgoing lists deliveries and sends them again.
type Outgoing interface {
	Deliveries(ctx context.Context, f lectern.DeliveryFilter) ([]lectern.Delivery, error)
	Redeliver(ctx context.Context, owner, id string) (lectern.Delivery, error)
}

// Encoder returns a function that encodes presentations as /v1 shows them, for the data of webhooks. Links begin with
// baseURL; if that is empty, they are paths. The same value gives the same bytes.
func Encoder(baseURL string) func(p lectern.Presentation) ([]byte, error) {
	s := newServer(Options{BaseURL: baseURL})
	return func(p lectern.Presentation) ([]byte, error) { return json.Marshal(s.v1Presentation(p)) }
}

// Webhook is an address that gets messages about presentations.
type Webhook struct {
	ID        string   `json:"id" example:"wh_5f0b7c0a9d3e4c62a8f1d2b3c4e5f607" doc:"Identifies it in paths."`
	URL       string   `json:"url" example:"https://example.com/lectern" doc:"Where messages are sent."`
	Types     []string `json:"types" doc:"The types of messages that it wants; empty: all."`
	Disabled  bool     `json:"disabled" doc:"It answered 410 and gets no more messages. Rotating its secret enables it again."`
	CreatedAt Time     `json:"created_at" format:"date-time" doc:"When it was registered."`
}

// WebhookSecret is a webhook with its secret, which is shown this once.
type WebhookSecret struct {
	Webhook
	Secret string `json:"secret" doc:"Verifies the signatures. It is not shown again." example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"`
}

// WebhookList lists webhooks, the oldest first.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks" doc:"The oldest first."`
}

// Delivery is one message to one address.
type Delivery struct {
	ID           string  `json:"id" doc:"The message's id, which is also its header webhook-id and the same on every try."`
	Type         string  `json:"type" example:"presentation.completed" doc:"The message's type: webhook.test, or presentation. followed by the status that was reached."`
	Webhook      *string `json:"webhook" doc:"The webhook's id; null: the presentation's own callback_url."`
	URL          string  `json:"url" doc:"The address that it is sent to."`
	Presentation *string `json:"presentation" doc:"The presentation's id; null for a test."`
	Version      int64   `json:"version" doc:"The version of the presentation in the message."`
	State        string  `json:"state" enum:"pending,delivered,given_up" doc:"pending: it waits for its next try. delivered: the receiver took it. given_up: it is not tried again."`
	Attempts     int     `json:"attempts" doc:"How often it has been tried."`
	StatusCode   *int    `json:"status_code" doc:"HTTP status of the last answer; null: there was none."`
	Problem      string  `json:"problem,omitempty" doc:"What went wrong with the last try."`
	CreatedAt    Time    `json:"created_at" format:"date-time" doc:"When the milestone was stored."`
	NextAt       *Time   `json:"next_at" format:"date-time" doc:"When it is tried next; null: never again."`
	DoneAt       *Time   `json:"done_at" format:"date-time" doc:"When it was delivered or given up."`
	TookMS       *int64  `json:"took_ms,omitempty" doc:"How long the receiver took, in milliseconds; only for a test."`
}

// DeliveryList lists deliveries, the newest first.
type DeliveryList struct {
	Deliveries []Delivery `json:"deliveries" doc:"The newest first."`
}

func v1Webhook(e lectern.Endpoint) Webhook {
	return Webhook{e.ID, e.URL, nonNil(e.Types), e.Disabled, Time{e.CreatedAt}}
}

func v1WebhookSecret(e lectern.Endpoint) WebhookSecret {
	v := WebhookSecret{Webhook: v1Webhook(e)}
	if len(e.Secrets) > 0 {
		v.Secret = e.Secrets[0]
	}
	return v
}

func v1Delivery(d lectern.Delivery) Delivery {
	v := Delivery{
		ID: d.ID, Type: d.Type, URL: d.URL, Version: d.Presentation.Version, State: string(d.State), Attempts: d.Attempts,
		Problem:   d.Problem,
		CreatedAt: Time{d.CreatedAt}, DoneAt: known(d.DoneAt), Webhook: named(d.Endpoint),
		Presentation: named(d.Presentation.ID),
	}
	if d.State == lectern.DeliveryPending {
		v.NextAt = known(d.NextAt)
	}
	if d.StatusCode != 0 {
		v.StatusCode = &d.StatusCode
	}
	return v
}

func named(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

type webhookInput struct {
	ID string `path:"id" doc:"The webhook's id. For rotate also callback, which names the secret for callback addresses."`
}

// NewWebhook is the request to register a webhook.
type NewWebhook struct {
	URL   string   `json:"url" maxLength:"4096" doc:"https or http. Private networks are refused, unless the server allows them." example:"https://example.com/lectern"`
	Types []string `json:"types,omitempty" nullable:"false" maxItems:"20" doc:"Only messages of these types: presentation.queued, .processing, .completed, .failed, .canceled. Default: all." example:"presentation.completed"`
}

type registerInput struct{ Body NewWebhook }

type deliveriesInput struct {
	Presentation string `query:"presentation" maxLength:"100" doc:"Only those about this presentation."`
	Endpoint     string `query:"endpoint" maxLength:"100" doc:"Only those to this webhook; callback: those to a presentation's own callback_url."`
	State        string `query:"state" enum:"pending,delivered,given_up" doc:"Only those in this state."`
	Limit        int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"The most to return."`
}

type deliveryInput struct {
	ID string `path:"id" doc:"The delivery's id, which is the message's." example:"msg_2b1f0c9d8e7a4b3c9f0e1d2c3b4a5968"`
}

const webhooksTag = "Webhooks"

func (f *v1Operations) webhooks() {
	hooks := f.s.Webhooks
	handle(f, op{
		id: "create-webhook", refuses: []lectern.Code{lectern.CodeInvalidJSON, lectern.CodeCallbackRefused, codeRequest},
		method: http.MethodPost, path: "/v1/webhooks", tag: webhooksTag, scope: lectern.ScopeAdmin,
		summary: "Register a webhook",
		about: "The address gets a message when a presentation is queued, begins to be processed or ends: at least once, " +
			"signed as Standard Webhooks defines. A message that failed is sent again and can arrive after later ones: order " +
			"by data.version. Only this answer contains the secret.",
		status: http.StatusCreated, body: WebhookSecret{},
	}, func(w http.ResponseWriter, r *http.Request, in *registerInput) error {
		e, err := hooks.Register(r.Context(), f.s.mine(r).owner(), in.Body.URL, in.Body.Types)
		if err == nil {
			w.Header().Set("Cache-Control", "no-store")
			writeJSON(w, r, http.StatusCreated, v1WebhookSecret(e))
		}
		return err
	})
	handle(f, op{
		id: "list-webhooks", method: http.MethodGet, path: "/v1/webhooks", tag: webhooksTag, scope: lectern.ScopeAdmin,
		summary: "List webhooks", about: "The oldest first, without their secrets.", body: WebhookList{},
	}, func(w http.ResponseWriter, r *http.Request, _ *struct{}) error {
		list, err := hooks.Webhooks(r.Context(), f.s.mine(r).owner())
		if err != nil {
			return err
		}
		out := WebhookList{Webhooks: make([]Webhook, 0, len(list))}
		for _, e := range list {
			out.Webhooks = append(out.Webhooks, v1Webhook(e))
		}
		writeJSON(w, r, http.StatusOK, out)
		return nil
	})
	handle(f, op{
		id: "delete-webhook", refuses: []lectern.Code{lectern.CodeNotFound}, method: http.MethodDelete,
		path: "/v1/webhooks/{id}", tag: webhooksTag, scope: lectern.ScopeAdmin, summary: "Remove a webhook",
		about: "Messages that wait for it are given up.", status: http.StatusNoContent,
	}, func(w http.ResponseWriter, r *http.Request, in *webhookInput) error {
		if err := hooks.Remove(r.Context(), f.s.mine(r).owner(), in.ID); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	handle(f, op{
		id: "rotate-webhook", refuses: []lectern.Code{lectern.CodeNotFound}, method: http.MethodPost,
		path: "/v1/webhooks/{id}/rotate", tag: webhooksTag, scope: lectern.ScopeAdmin, summary: "Give a webhook a new secret",
		about: "For 24 hours messages are signed with the old secret too. The id callback stands for all callback " +
			"addresses: their secret is rotated, unless the server's settings contain it.",
		body: WebhookSecret{},
	}, func(w http.ResponseWriter, r *http.Request, in *webhookInput) error {
		e, err := hooks.Rotate(r.Context(), f.s.mine(r).owner(), in.ID)
		if err == nil {
			w.Header().Set("Cache-Control", "no-store")
			writeJSON(w, r, http.StatusOK, v1WebhookSecret(e))
		}
		return err
	})
	handle(f, op{
		id: "test-webhook", refuses: []lectern.Code{lectern.CodeNotFound}, method: http.MethodPost,
		path: "/v1/webhooks/{id}/test", tag: webhooksTag, scope: lectern.ScopeAdmin, summary: "Send a test message",
		about: "Sends a webhook.test message at once. state in the answer is its result: delivered or " +
			"given_up.", body: Delivery{},
	}, func(w http.ResponseWriter, r *http.Request, in *webhookInput) error {
		d, err := hooks.Test(r.Context(), f.s.mine(r).owner(), in.ID)
		if err != nil {
			return err
		}
		v, took := v1Delivery(d), d.DoneAt.Sub(d.CreatedAt).Milliseconds()
		v.TookMS = &took
		writeJSON(w, r, http.StatusOK, v)
		return nil
	})
	f.deliveries(hooks)
}

func (f *v1Operations) deliveries(hooks Webhooks) {
	handle(f, op{
		id: "list-deliveries", refuses: []lectern.Code{codeRequest}, method: http.MethodGet, path: "/v1/webhooks/deliveries",
		tag: webhooksTag, scope: lectern.ScopeAdmin, summary: "List deliveries",
		about: "Messages that were sent, wait or were given up, the newest first.", body: DeliveryList{},
	}, func(w http.ResponseWriter, r *http.Request, in *deliveriesInput) error {
		list, err := hooks.Deliveries(r.Context(), lectern.DeliveryFilter{
			Owner: f.s.mine(r).owner(), Presentation: in.Presentation, Endpoint: in.Endpoint,
			State: lectern.DeliveryState(in.State), Limit: in.Limit,
		})
		if err != nil {
			return err
		}
		out := DeliveryList{Deliveries: make([]Delivery, 0, len(list))}
		for _, d := range list {
			out.Deliveries = append(out.Deliveries, v1Delivery(d))
		}
		writeJSON(w, r, http.StatusOK, out)
		return nil
	})
	handle(f, op{
		id: "redeliver", refuses: []lectern.Code{lectern.CodeNotFound}, method: http.MethodPost,
		path: "/v1/webhooks/deliveries/{id}/redeliver", tag: webhooksTag, scope: lectern.ScopeAdmin,
		summary: "Send a message again",
		about:   "With the same id and body; its tries are counted from the start.", body: Delivery{},
	}, func(w http.ResponseWriter, r *http.Request, in *deliveryInput) error {
		d, err := hooks.Redeliver(r.Context(), f.s.mine(r).owner(), in.ID)
		if err == nil {
			writeJSON(w, r, http.StatusOK, v1Delivery(d))
		}
		return err
	})
}
