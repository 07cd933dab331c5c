package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"mime/multipart"
	"net/http"
	"net/url"

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

	language  string
	slides    string
	password  string
	variables map[string]string
	files     map[string]string
}

// WithKey sets the Idempotency-Key, for a program that may be restarted midway: the same request with the same key
// returns the presentation of the first request. By default every call of Create and Upload has a new key.
func WithKey(key string) CreateOption { return func(o *creation) { o.key = key } }

// WithSettings adds to a [Client.Upload] a JSON object whose fields override the deck's.
func WithSettings(settings []byte) CreateOption { return func(o *creation) { o.settings = settings } }

// WithName adds to a [Client.Upload] the name of the deck's file, such as talk.yaml. Its extension says what the deck
// is written in.
func WithName(name string) CreateOption { return func(o *creation) { o.name = name } }

// WithCallback adds to a [Client.Upload] an address that receives every milestone. A deck for [Client.Create] contains
// its own callback address.
func WithCallback(address string) CreateOption { return func(o *creation) { o.callback = address } }

// WithLanguage names the language to render, of those that the deck has. By default it is the deck's own.
func WithLanguage(tag string) CreateOption { return func(o *creation) { o.language = tag } }

// WithSlides selects slides by their numbers in the video, such as "3-7,12". By default, and for "", these are all.
func WithSlides(list string) CreateOption { return func(o *creation) { o.slides = list } }

// WithVariables sets values of the deck's variables, which override the deck's own.
func WithVariables(values map[string]string) CreateOption {
	return func(o *creation) { o.variables = values }
}

// WithFiles adds to a [Client.Upload] the assets for files that the deck names: their hashes, by path.
func WithFiles(assets map[string]string) CreateOption { return func(o *creation) { o.files = assets } }

// WithPassword adds to a [Client.Upload] the password of the deck's file; "": it needs none.
func WithPassword(password string) CreateOption { return func(o *creation) { o.password = password } }

// WithReplayed sets *replayed to whether an earlier request with the same key had already made the presentation.
func WithReplayed(replayed *bool) CreateOption { return func(o *creation) { o.replayed = replayed } }

// Create makes a presentation of a deck in JSON. A request without an answer is sent again with its key, so there is
// one presentation however often the network breaks (J13). If the server is busy or a quota is full for now, Create
// waits as long as the server asks, within the client's patience; see [WithPatience].
func (c *Client) Create(ctx context.Context, deck []byte, options ...CreateOption) (lectern.Presentation, error) {
	o := newCreation(options)
	body, kind, err := o.body(deck)
	if err != nil {
		return lectern.Presentation{}, err
	}
	return c.create(ctx, o, body, kind)
}

// body returns a request's body for a deck in JSON: the deck, or a form if there are values of variables.
func (o creation) body(deck []byte) (body []byte, kind string, err error) {
	if len(o.variables) == 0 {
		return deck, "application/json", nil
	}
	o.name = cmp.Or(o.name, "deck.json")
	return o.form(deck)
}

// Upload makes a presentation of a deck as a file, as Create does.
func (c *Client) Upload(ctx context.Context, deck []byte, options ...CreateOption) (lectern.Presentation, error) {
	o := newCreation(options)
	body, kind, err := o.form(deck)
	if err != nil {
		return lectern.Presentation{}, err
	}
	return c.create(ctx, o, body, kind)
}

// form returns a form with the deck as a file, and with the options.
func (o creation) form(deck []byte) (body []byte, kind string, err error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	file, err := form.CreateFormFile("deck", cmp.Or(o.name, "deck"))
	if err == nil {
		_, err = file.Write(deck)
	}
	if err == nil && len(o.settings) > 0 {
		err = form.WriteField("settings", string(o.settings))
	}
	if err == nil && o.password != "" {
		err = form.WriteField("password", o.password)
	}
	if err == nil && o.callback != "" {
		err = form.WriteField("callback_url", o.callback)
	}
	if err == nil && len(o.variables) > 0 {
		var values []byte
		if values, err = json.Marshal(o.variables); err == nil {
			err = form.WriteField("variables", string(values))
		}
	}
	if err == nil && len(o.files) > 0 {
		addresses := map[string]string{}
		for path, sha256 := range o.files {
			addresses[path] = lectern.Asset{SHA256: sha256}.Address()
		}
		var list []byte
		if list, err = json.Marshal(addresses); err == nil {
			err = form.WriteField("files", string(list))
		}
	}
	err = errors.Join(err, form.Close())
	return b.Bytes(), form.FormDataContentType(), err
}

// path returns the path of a create with a query, which gets the language and the slides to render.
func (o creation) path(query url.Values) string {
	if o.language != "" {
		query.Set("language", o.language)
	}
	if o.slides != "" {
		query.Set("slides", o.slides)
	}
	if len(query) == 0 {
		return "/v1/presentations"
	}
	return "/v1/presentations?" + query.Encode()
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
		v = wire{} // the last try may have read an incomplete answer
		return c.once(ctx, http.MethodPost, o.path(url.Values{}), body, header, &v)
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

// All returns every presentation that a query selects, newest first, in pages of q.Limit. An error ends it.
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
