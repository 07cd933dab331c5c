package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"
	"mime/multipart"
	"net/http"

	"github.com/google/uuid"

	"lectern"
)

// CreateOption changes how a presentation is created.
type CreateOption func(*creation)

type creation struct {
	key      string
	name     string
	settings []byte
	callback string
	replayed *bool
}

// WithKey sets the Idempotency-Key, for a program that may be restarted midway: the same request with the same key
// returns the presentation of the first request. By default every call of Create and Upload has a new key.
func WithKey(key string) CreateOption { return func(o *creation) { o.key = key } }

// WithSettings adds to an [Client.Upload] a JSON object whose fields override the deck's.
func WithSettings(settings []byte) CreateOption { return func(o *creation) { o.settings = settings } }

// WithName adds to an [Client.Upload] the name of the deck's file, whose ending says what the deck is written in: talk.yaml.
func WithName(name string) CreateOption { return func(o *creation) { o.name = name } }

// WithCallback adds to an [Client.Upload] an address that receives every milestone. A deck for [Client.Create] names
// its own.
func WithCallback(address string) CreateOption { return func(o *creation) { o.callback = address } }

// WithReplayed sets *replayed to whether an earlier request with the same key had already made the presentation.
func WithReplayed(replayed *bool) CreateOption { return func(o *creation) { o.replayed = replayed } }

// Create makes a presentation of a deck in JSON. A request without an answer is sent again with its key, so there is
// one presentation however often the network breaks (J13). If the server is busy or a quota is full for now, Create
// waits as long as the server asks, within the client's patience; see [WithPatience].
func (c *Client) Create(ctx context.Context, deck []byte, options ...CreateOption) (lectern.Presentation, error) {
	return c.create(ctx, newCreation(options), deck, "application/json")
}

// Upload makes a presentation of a deck as a file, as Create does.
func (c *Client) Upload(ctx context.Context, deck []byte, options ...CreateOption) (lectern.Presentation, error) {
	o := newCreation(options)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("deck", cmp.Or(o.name, "deck"))
	if err == nil {
		_, err = file.Write(deck)
	}
	if err == nil && len(o.settings) > 0 {
		err = form.WriteField("settings", string(o.settings))
	}
	if err == nil && o.callback != "" {
		err = form.WriteField("callback_url", o.callback)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return lectern.Presentation{}, err
	}
	return c.create(ctx, o, body.Bytes(), form.FormDataContentType())
}

func newCreation(options []CreateOption) creation {
	o := creation{key: uuid.NewString()}
	for _, set := range options {
		set(&o)
	}
	return o
}

func (c *Client) create(ctx context.Context, o creation, body []byte, kind string) (lectern.Presentation, error) {
	header := http.Header{"Content-Type": {kind}, "Idempotency-Key": {o.key}}
	var v wire
	answer, err := c.repeat(ctx, again, func() (http.Header, error) {
		v = wire{} // half an answer may have been read
		return c.once(ctx, http.MethodPost, "/v1/presentations", body, header, &v)
	})
	if err != nil {
		return lectern.Presentation{}, err
	}
	if o.replayed != nil {
		*o.replayed = answer.Get("Idempotent-Replayed") == "true"
	}
	return v.presentation(), nil
}

// Wait returns a presentation once it has ended, however it ended.
func (c *Client) Wait(ctx context.Context, id string) (lectern.Presentation, error) {
	p, err := c.Get(ctx, id)
	if err != nil || p.Status.Terminal() {
		return p, err
	}
	for next, err := range c.Watch(ctx, id, p.Version) {
		if err != nil {
			return p, err
		}
		p = next
	}
	return p, ctx.Err()
}

// All returns every presentation that a query selects, newest first, in pages of q.Limit. An error is its last pair.
func (c *Client) All(ctx context.Context, q lectern.Query) iter.Seq2[lectern.Presentation, error] {
	return func(yield func(lectern.Presentation, error) bool) {
		for {
			page, next, err := c.List(ctx, q)
			if err != nil {
				yield(lectern.Presentation{}, err)
				return
			}
			for _, p := range page {
				if !yield(p, nil) {
					return
				}
			}
			if q.Cursor = next; next == "" {
				return
			}
		}
	}
}
