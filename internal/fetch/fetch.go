// Package fetch fetches the pictures that slides show from the web.
//
// The author of a deck chooses its addresses, and this machine can often reach servers that the author cannot:
// databases, admin pages, the cloud's metadata service. So an address is checked twice, by the policy of package
// egress: [Fetcher.Allowed] refuses an address by its text, without the network, and the dialer checks each address
// from DNS, for the first request and for every redirect. Proxies of the environment are not used.
//
// The response must be a picture by its bytes, not its headers, of bounded size in bytes and in pixels: package
// picturefile checks it.
//
// A failure says little on purpose. Otherwise the author of a deck could scan ports and names from this machine and
// learn from the messages which of them answer. So only the configured ports are used, and every failure of the network
// has the same message. The reason goes to Options.Log.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"lectern"
	"lectern/internal/egress"
	"lectern/internal/picturefile"
)

// Defaults of Options.
const (
	DefaultMaxBytes     = 20 << 20
	DefaultTimeout      = 10 * time.Second
	DefaultMaxRedirects = 5
)

// MaxURL is the longest address, in bytes. Data addresses may be longer.
const MaxURL = egress.MaxURL

// Options configure a fetcher. The zero value is for decks of untrusted users.
type Options struct {
	MaxBytes     int64          // of one picture; 0: DefaultMaxBytes
	Limits       lectern.Limits // of pictures; zero fields: the defaults
	Ports        []uint16       // allowed ports; nil: all
	Log          *slog.Logger   // gets the reasons that messages omit; nil: none
	Timeout      time.Duration  // for one picture with all redirects; 0: DefaultTimeout
	MaxRedirects int            // 0: DefaultMaxRedirects; less than 0: none
	// AllowPrivate lists private networks that are allowed: servers of an intranet or a test.
	AllowPrivate []netip.Prefix
	UserAgent    string // "": "Lectern"
}

// Fetcher fetches pictures. It is safe for concurrent use.
type Fetcher struct {
	o      Options
	policy egress.Policy
	client *http.Client
}

// New makes a fetcher. It does nothing until the first Fetch.
func New(o Options) *Fetcher {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	o.Limits = o.Limits.WithDefaults()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxRedirects == 0 {
		o.MaxRedirects = DefaultMaxRedirects
	}
	if o.UserAgent == "" {
		o.UserAgent = "Lectern"
	}
	f := &Fetcher{o: o, policy: egress.Policy{Private: o.AllowPrivate, Ports: o.Ports}}
	f.client = &http.Client{
		Transport: &http.Transport{
			Proxy: nil, DialContext: f.policy.Dialer(o.Timeout).DialContext, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: o.Timeout, ResponseHeaderTimeout: o.Timeout,
			MaxIdleConns: 16, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: f.redirect,
	}
	return f
}

// Close closes idle connections.
func (f *Fetcher) Close() { f.client.CloseIdleConnections() }

// Allowed refuses an address whose text shows that it is forbidden (CodeAssetRefused). Fetch may still refuse an
// allowed one after DNS.
func (f *Fetcher) Allowed(address string) error {
	if _, r := f.policy.Judge(address); r != nil {
		return failure(r, address)
	}
	return nil
}

func failure(r *egress.Refused, address string) *lectern.Failure {
	return lectern.Fail(lectern.CodeAssetRefused, "The picture %s cannot be used: %s.", short(address), r.Why)
}

// Fetch fetches one picture. A forbidden address, or a response that is not an accepted picture, is CodeAssetRefused. A
// server that does not answer, a status other than 200, too many redirects and a response that is too large are
// CodeAssetFailed. If ctx ends, Fetch returns its cause. It does not decode the pixels.
func (f *Fetcher) Fetch(ctx context.Context, address string) (lectern.Picture, error) {
	if cause := context.Cause(ctx); cause != nil {
		return lectern.Picture{}, cause
	}
	u, err := f.policy.Judge(address)
	if err != nil {
		return lectern.Picture{}, failure(err, address)
	}
	body, kind, ferr := f.get(ctx, u)
	if cause := context.Cause(ctx); ferr != nil && cause != nil {
		return lectern.Picture{}, cause
	}
	if ferr != nil {
		return lectern.Picture{}, f.explain(ctx, address, ferr)
	}
	p, ferr := picturefile.Inspect(body, kind, picturefile.Limits{Pixels: f.o.Limits.PicturePixels,
		Elements: f.o.Limits.SVGElements})
	if ferr != nil {
		return lectern.Picture{}, f.explain(ctx, address, ferr)
	}
	return lectern.Picture{URL: address, ContentType: p.Type, Body: p.Body, Pixels: p.Pixels}, nil
}

// unusable is a fault of the response, as the end of the sentence "The picture … could not be loaded: …".
type unusable struct {
	why   string
	retry bool
}

func (e *unusable) Error() string { return e.why }

func unusablef(retry bool, format string, args ...any) error {
	return &unusable{fmt.Sprintf(format, args...), retry}
}

// get returns the body of a response and its declared media type.
func (f *Fetcher) get(ctx context.Context, u *url.URL) (body []byte, kind string, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.o.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("User-Agent", f.o.UserAgent)
	req.Header.Set("Accept", "image/avif,image/webp,image/png,image/jpeg,image/gif;q=0.9,image/svg+xml;q=0.9,*/*;q=0.1")
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, "", unusablef(resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests,
			"its server answered %d (%s)", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	tooLarge := unusablef(false, "it is larger than %d MiB", f.o.MaxBytes>>20)
	if resp.ContentLength > f.o.MaxBytes {
		return nil, "", tooLarge
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, f.o.MaxBytes+1))
	if err != nil {
		return nil, "", err
	}
	if int64(len(body)) > f.o.MaxBytes {
		return nil, "", tooLarge
	}
	return body, resp.Header.Get("Content-Type"), nil
}

// explain turns an error into a Failure. Errors of the network are logged and not part of it.
func (f *Fetcher) explain(ctx context.Context, address string, err error) *lectern.Failure {
	if r, ok := errors.AsType[*egress.Refused](err); ok {
		return failure(r, address)
	}
	if bad, ok := errors.AsType[*picturefile.Unfit](err); ok {
		return lectern.Fail(lectern.CodeAssetRefused, "The picture %s cannot be used: %s.", short(address), bad.Why)
	}
	if e, ok := errors.AsType[*unusable](err); ok {
		fail := lectern.Fail(lectern.CodeAssetFailed, "The picture %s could not be loaded: %s.", short(address), e.why)
		fail.Retryable = e.retry
		return fail
	}
	f.o.Log.InfoContext(ctx, "a picture could not be loaded", "url", short(address), "reason", err.Error())
	fail := lectern.Fail(lectern.CodeAssetFailed,
		"The picture %s could not be loaded: its server cannot be reached, or "+
			"did not answer within %g s.",
		short(address), f.o.Timeout.Seconds())
	fail.Retryable = true
	return fail
}

// redirect checks the next address like the first one.
func (f *Fetcher) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > f.o.MaxRedirects {
		return unusablef(false, "it was redirected more than %d times", max(f.o.MaxRedirects, 0))
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme == "http" {
		return &egress.Refused{Why: "it redirects from https to http"}
	}
	req.Header.Del("Referer")
	if _, r := f.policy.Judge(req.URL.String()); r != nil {
		return &egress.Refused{Why: "it redirects to an address that is not allowed: " + r.Why}
	}
	return nil
}

// short returns an address for a sentence, without its query, which may hold a secret.
func short(address string) string {
	s, _, cut := strings.Cut(address, "?")
	if u, err := url.Parse(s); err == nil && u.User != nil {
		u.User = nil
		s = u.String()
	}
	if cut {
		s += "?…"
	}
	if r := []rune(s); len(r) > 120 {
		s = string(r[:119]) + "…"
	}
	return s
}
