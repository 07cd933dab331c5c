package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"lectern"
)

// Key is an API key.
type Key struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Owner     string        `json:"owner"`
	Scope     lectern.Scope `json:"scope"`
	Quota     lectern.Quota `json:"quota"`
	CreatedAt time.Time     `json:"created_at"`
	ExpiresAt *time.Time    `json:"expires_at"`    // nil: never
	Secret    string        `json:"key,omitempty"` // "lk_…"; only in the answer of AddKey
}

// NewKey is the request for a key. For a zero field the server uses its default.
type NewKey struct {
	Name      string         `json:"name"`
	Scope     lectern.Scope  `json:"scope,omitempty"`
	Owner     string         `json:"owner,omitempty"`
	ExpiresAt *time.Time     `json:"expires_at,omitempty"`
	Quota     *lectern.Quota `json:"quota,omitempty"`
}

// AddKey makes a key. Only this answer has the key itself, in Secret.
func (c *Client) AddKey(ctx context.Context, wanted NewKey) (Key, error) {
	body, err := json.Marshal(wanted)
	var v Key
	if err == nil {
		err = c.ask(ctx, http.MethodPost, "/v1/keys", body, &v)
	}
	return v, err
}

// Keys lists the keys that this client's key may see, the oldest first.
func (c *Client) Keys(ctx context.Context) ([]Key, error) {
	var v struct{ Keys []Key }
	err := c.ask(ctx, http.MethodGet, "/v1/keys", nil, &v)
	return v.Keys, err
}

// RemoveKey removes a key. Requests with it are refused from then on.
func (c *Client) RemoveKey(ctx context.Context, id string) error {
	return c.ask(ctx, http.MethodDelete, "/v1/keys/"+url.PathEscape(id), nil, nil)
}
