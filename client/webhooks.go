package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lectern"
)

// Webhook is an address that receives the milestones of its owner's presentations.
type Webhook struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Types     []string  `json:"types"` // empty: all
	Disabled  bool      `json:"disabled"`
	CreatedAt time.Time `json:"created_at"`
	Secret    string    `json:"secret,omitempty"` // "whsec_…"; only in the answers of AddWebhook and RotateWebhook
}

// Delivery is one message to one address.
type Delivery struct {
	ID           string     `json:"id"`
	Type         string     `json:"type"`
	Webhook      string     `json:"webhook"` // "": the presentation's own callback address
	URL          string     `json:"url"`
	Presentation string     `json:"presentation"`
	Version      int64      `json:"version"`
	State        string     `json:"state"` // pending, delivered or given_up
	Attempts     int        `json:"attempts"`
	StatusCode   int        `json:"status_code"` // of the last answer; 0: there was none
	Problem      string     `json:"problem,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	NextAt       *time.Time `json:"next_at"`
	DoneAt       *time.Time `json:"done_at"`
	TookMS       int64      `json:"took_ms,omitempty"` // of a test
}

// Webhooks lists the webhooks, the oldest first.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	var v struct{ Webhooks []Webhook }
	err := c.ask(ctx, http.MethodGet, "/v1/webhooks", nil, &v)
	return v.Webhooks, err
}

// AddWebhook registers an address for messages of the given types, or of all types if there are none. Only this answer
// has the secret.
func (c *Client) AddWebhook(ctx context.Context, address string, types []string) (Webhook, error) {
	body, err := json.Marshal(struct {
		URL   string   `json:"url"`
		Types []string `json:"types,omitempty"`
	}{address, types})
	var v Webhook
	if err == nil {
		err = c.ask(ctx, http.MethodPost, "/v1/webhooks", body, &v)
	}
	return v, err
}

// RemoveWebhook removes a webhook and gives up its pending messages.
func (c *Client) RemoveWebhook(ctx context.Context, id string) error {
	return c.ask(ctx, http.MethodDelete, "/v1/webhooks/"+url.PathEscape(id), nil, nil)
}

// RotateWebhook replaces the secret of a webhook; for a day, messages are signed with the old one too. The id
// "callback" means the secret for callback addresses.
func (c *Client) RotateWebhook(ctx context.Context, id string) (Webhook, error) {
	var v Webhook
	err := c.ask(ctx, http.MethodPost, "/v1/webhooks/"+url.PathEscape(id)+"/rotate", []byte{}, &v)
	return v, err
}

// TestWebhook sends a message at once and returns its outcome.
func (c *Client) TestWebhook(ctx context.Context, id string) (Delivery, error) {
	var v Delivery
	err := c.ask(ctx, http.MethodPost, "/v1/webhooks/"+url.PathEscape(id)+"/test", []byte{}, &v)
	return v, err
}

// Deliveries lists messages, the newest first. Empty fields of the filter select all.
func (c *Client) Deliveries(ctx context.Context, f lectern.DeliveryFilter) ([]Delivery, error) {
	q := url.Values{}
	for name, value := range map[string]string{"presentation": f.Presentation, "endpoint": f.Endpoint,
		"state": string(f.State)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	var v struct{ Deliveries []Delivery }
	err := c.ask(ctx, http.MethodGet, "/v1/webhooks/deliveries?"+q.Encode(), nil, &v)
	return v.Deliveries, err
}

// Redeliver sends a message again.
func (c *Client) Redeliver(ctx context.Context, id string) (Delivery, error) {
	var v Delivery
	err := c.ask(ctx, http.MethodPost, "/v1/webhooks/deliveries/"+url.PathEscape(id)+"/redeliver", []byte{}, &v)
	return v, err
}
