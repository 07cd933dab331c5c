package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lectern"
)

// wireAsset is an asset as the server writes it.
type wireAsset struct {
	SHA256          string            `json:"sha256"`
	Kind            lectern.AssetKind `json:"kind"`
	MediaType       string            `json:"media_type"`
	Bytes           int64             `json:"bytes"`
	Name            string            `json:"name"`
	Width           int               `json:"width"`
	Height          int               `json:"height"`
	DurationSeconds float64           `json:"duration_seconds"`
	CreatedAt       time.Time         `json:"created_at"`
	UsedAt          time.Time         `json:"used_at"`
}

// asset returns w without an owner, who is that of the key.
func (w wireAsset) asset() lectern.Asset {
	return lectern.Asset{
		SHA256: w.SHA256, Kind: w.Kind, MediaType: w.MediaType, Size: w.Bytes, Name: w.Name, Width: w.Width, Height: w.Height,
		Duration: time.Duration(w.DurationSeconds * float64(time.Second)).Round(time.Millisecond), CreatedAt: w.CreatedAt,
		UsedAt: w.UsedAt,
	}
}

// AddAsset uploads a file of size bytes. The same content is the same asset; created is false if it existed already.
// AddAsset may send the request again, and then reads the file from its beginning.
func (c *Client) AddAsset(ctx context.Context, name string, file io.ReadSeeker, size int64) (a lectern.Asset,
	created bool, err error) {
	path := "/v1/assets"
	if name != "" {
		path += "?" + url.Values{"name": {name}}.Encode()
	}
	var v wireAsset
	_, err = c.repeat(ctx, again, func() (http.Header, error) {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		res, err := c.send(ctx, http.MethodPost, path, struct{ io.Reader }{file}, size,
			http.Header{"Content-Type": {"application/octet-stream"}})
		if err != nil {
			return nil, err
		}
		v, created = wireAsset{}, res.StatusCode == http.StatusCreated
		return res.Header, read(ctx, res, &v)
	})
	return v.asset(), created, err
}

// Asset returns the description of an asset; an unknown one is CodeNotFound.
func (c *Client) Asset(ctx context.Context, sha256 string) (lectern.Asset, error) {
	var v wireAsset
	err := c.ask(ctx, http.MethodGet, "/v1/assets/"+url.PathEscape(sha256), nil, &v)
	return v.asset(), err
}

// Assets returns a page of assets, newest first, and the cursor of the next page; "" on the last. q.Owner is not sent:
// a server lists the assets of the key's owner.
func (c *Client) Assets(ctx context.Context, q lectern.AssetQuery) (page []lectern.Asset, next string, err error) {
	v := url.Values{}
	if q.Kind != "" {
		v.Set("kind", string(q.Kind))
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	var got struct {
		Assets []wireAsset `json:"assets"`
		Next   string      `json:"next_cursor"`
	}
	if err := c.ask(ctx, http.MethodGet, "/v1/assets?"+v.Encode(), nil, &got); err != nil {
		return nil, "", err
	}
	for _, w := range got.Assets {
		page = append(page, w.asset())
	}
	return page, got.Next, nil
}

// DeleteAsset removes an asset. For one that a presentation names it returns CodeConflict.
func (c *Client) DeleteAsset(ctx context.Context, sha256 string) error {
	return c.ask(ctx, http.MethodDelete, "/v1/assets/"+url.PathEscape(sha256), nil, nil)
}
