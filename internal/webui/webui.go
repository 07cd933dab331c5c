// Package webui is the web page at the server's root, on which users start, watch and play presentations.
//
// The page uses /v1, /ui/session and /readyz, and no other part of the program. Its files are embedded, it loads
// nothing from other servers, and its Content-Security-Policy enforces that. There is no build step: browsers run the
// script as it is written.
package webui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed static
var static embed.FS

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; " +
	"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// Handler serves the page at / and its files below /ui/; other paths get 404.
func Handler() http.Handler {
	pages := map[string]page{}
	files, err := fs.ReadDir(static, "static")
	if err != nil {
		panic(err) // the files are part of the binary
	}
	for _, f := range files {
		b, err := static.ReadFile("static/" + f.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(b)
		p := page{body: b, contentType: mime.TypeByExtension(path.Ext(f.Name())),
			etag: `"` + hex.EncodeToString(sum[:12]) + `"`}
		if p.contentType == "" {
			p.contentType = "application/octet-stream"
		}
		pages["/ui/"+f.Name()] = p
	}
	pages["/"] = pages["/ui/index.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", p.contentType)
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", p.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.body))
	})
}

type page struct {
	body        []byte
	contentType string
	etag        string
}
