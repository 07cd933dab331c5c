package client_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"lectern"
)

// The client reads what the server writes about assets, and sends a file again from its beginning.
func TestAssets(t *testing.T) {
	t.Parallel()
	const sum = "b2b07e721ad7637bb2dc030ebd1328846c9e509ff38855e6d64937a895042b40"
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	want := lectern.Asset{SHA256: sum, Kind: lectern.AssetPicture, MediaType: "image/png", Size: 79, Name: "fjord.png",
		Width: 30, Height: 20,
		CreatedAt: at, UsedAt: at}
	tries := 0
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.RequestURI() {
		case "POST /v1/assets?name=fjord.png":
			if b, err := io.ReadAll(r.Body); err != nil || string(b) != "picture" || r.ContentLength != 7 {
				t.Errorf("%v %q, %d bytes", err, b, r.ContentLength)
			}
			if tries++; tries == 1 {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write(golden(t, "v1_asset"))
		case "GET /v1/assets/" + sum:
			_, _ = w.Write(golden(t, "v1_asset"))
		case "GET /v1/assets?cursor=c&kind=picture&limit=3":
			_, _ = w.Write(golden(t, "v1_assets"))
		case "DELETE /v1/assets/" + sum:
			w.WriteHeader(http.StatusNoContent)
		default:
			t.Errorf("%s %s was not expected", r.Method, r.URL)
		}
	})
	a, created, err := c.AddAsset(t.Context(), "fjord.png", strings.NewReader("picture"), 7)
	if err != nil || !created || a != want || tries != 2 {
		t.Errorf("%v %v %+v after %d tries", err, created, a, tries)
	}
	if a, err := c.Asset(t.Context(), sum); err != nil || a != want {
		t.Errorf("%v %+v", err, a)
	}
	page, next, err := c.Assets(t.Context(), lectern.AssetQuery{Kind: lectern.AssetPicture, Limit: 3, Cursor: "c"})
	if err != nil || next != "" || len(page) != 1 || page[0] != want {
		t.Errorf("%v %q %+v", err, next, page)
	}
	if err := c.DeleteAsset(t.Context(), sum); err != nil {
		t.Error(err)
	}
}
