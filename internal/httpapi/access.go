package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"lectern"
)

// Keys verifies and manages API keys. *keys.Ring implements it.
type Keys interface {
	Ring
	Sessions
	KeyBook
}

// Ring verifies keys.
type Ring interface {
	// Needed reports whether there is a key, so that every request needs one.
	Needed(ctx context.Context) (bool, error)
	// Verify returns the key with this text, or fails with CodeUnauthorized.
	Verify(ctx context.Context, text string) (lectern.Key, error)
	// Still fails with CodeUnauthorized if a key that was verified before has been removed or has expired since.
	Still(ctx context.Context, k lectern.Key) error
}

// Sessions exchange a key for a value that a browser keeps as a cookie.
type Sessions interface {
	StartSession(k lectern.Key) (value string, until time.Time)
	Resume(ctx context.Context, value string) (lectern.Key, error)
}

// KeyBook adds, lists and removes keys. by is the key that sent the request.
type KeyBook interface {
	Add(ctx context.Context, by, wanted lectern.Key) (text string, k lectern.Key, err error)
	List(ctx context.Context, by lectern.Key) ([]lectern.Key, error)
	Remove(ctx context.Context, by lectern.Key, id string) error
}

// rule says who may use a route, and what its body may be.
type rule struct {
	scope  lectern.Scope
	open   bool // needs no key
	any    bool // needs no key, and is answered for every host, origin and proxy
	upload bool // its body is a file, which is streamed to disk
	files  bool // its body may be a form with files, or a ZIP file
}

// ruleOf returns the rule of a route. A request without a route gets 404, and needs the scope read for that.
func (s *server) ruleOf(pattern string) rule {
	if u, ok := s.rules[pattern]; ok {
		return u
	}
	return rule{scope: lectern.ScopeRead}
}

// on registers a route with its rule.
func (s *server) on(mux *http.ServeMux, pattern string, u rule, h http.HandlerFunc) {
	s.rules[pattern] = u
	mux.HandleFunc(pattern, h)
}

// sessionCookie is the name of the cookie of a session.
const sessionCookie = "lectern_session"

// bearer is the key of the Authorization header. given: there is such a header.
func bearer(r *http.Request) (text string, given bool) {
	list := r.Header.Values("Authorization")
	if len(list) == 0 {
		return "", false
	}
	kind, text, _ := strings.Cut(strings.TrimSpace(list[0]), " ")
	if len(list) > 1 || !strings.EqualFold(kind, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(text), true
}

// identify sets the key of the request. The text of the key is neither kept nor logged.
func (s *server) identify(r *http.Request, v *visit, keyed bool) error {
	if !keyed {
		v.key = lectern.Key{Owner: lectern.DefaultOwner, Scope: lectern.ScopeAdmin}
		if s.Beyond && !s.Keyless {
			return lectern.Fail(lectern.CodeUnauthorized, "Other machines can reach this server, and it has no key. Add one "+
				"on its own machine with \"lectern key add\", or allow everybody with the setting http.keyless.")
		}
		return nil
	}
	text, given := bearer(r)
	var err error
	where := "Authorization"
	switch cookie, none := r.Cookie(sessionCookie); {
	case given && text == "":
		err = blame("Authorization", lectern.CodeUnauthorized, "The Authorization header contains no key that this server "+
			"can read. Send one header \"Authorization: Bearer lk_…\".")
	case given:
		v.key, err = s.Keys.Verify(r.Context(), text)
	case none == nil && cookie.Value != "":
		v.cookie, where = true, "Cookie"
		v.key, err = s.Keys.Resume(r.Context(), cookie.Value)
	default:
		return blame("Authorization", lectern.CodeUnauthorized, "This server needs a key. Send it as \"Authorization: "+
			"Bearer lk_…\"; on the web page, sign in with it.")
	}
	return s.paced(v, where, err)
}

// paced returns err. If err is a wrong key and too many of these came from the same address, it returns CodeRateLimited
// instead. param names where the key was sent.
func (s *server) paced(v *visit, param string, err error) error {
	if err == nil || asFailure(err).Code != lectern.CodeUnauthorized {
		return err
	}
	if wait := s.attempts.fail(v.from, time.Now()); wait > 0 {
		return inAWhile(wait, "Too many wrong keys came from your address. A right key is still accepted; try another one "+
			"in %d s.",
			seconds(wait))
	}
	f := *asFailure(err)
	f.Param = param
	return &f
}

// seconds is a wait in whole seconds, at least one.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// may refuses a key whose scope is too narrow.
func may(v *visit, need lectern.Scope) error {
	if v.key.Scope.Includes(need) {
		return nil
	}
	return lectern.Fail(lectern.CodeForbidden, "This request needs a key with the scope %q; yours has "+
		"%q.", need, v.key.Scope)
}

// keyed reports whether requests need a key.
func (s *server) keyed(ctx context.Context) (bool, error) {
	if s.Keys == nil {
		return false, nil
	}
	return s.Keys.Needed(ctx)
}

// expired reports whether a long request may not go on: its key is gone, or the server, which had no keys, has one now.
// It is true also if the database does not answer.
func (s *server) expired(ctx context.Context) bool {
	if s.Keys == nil {
		return false
	}
	v := visitOf(ctx)
	if v.key.ID == "" {
		needed, err := s.Keys.Needed(ctx)
		return needed || err != nil
	}
	return s.Keys.Still(ctx, v.key) != nil
}

// watchEvery is how often a long request checks whether it may still go on.
const watchEvery = 2 * time.Second

// challenge sets the header WWW-Authenticate of a refusal that is about the key.
func challenge(h http.Header, r *http.Request, f *lectern.Failure) {
	const realm = `Bearer realm="lectern"`
	_, given := bearer(r)
	switch {
	case f.Code == lectern.CodeForbidden:
		h.Set("WWW-Authenticate", realm+`, error="insufficient_scope"`)
	case f.Code == lectern.CodeUnauthorized && given:
		h.Set("WWW-Authenticate", realm+`, error="invalid_token"`)
	case f.Code == lectern.CodeUnauthorized:
		h.Set("WWW-Authenticate", realm)
	}
}

// preflight answers a browser that asks whether a page may send a request.
func preflight(h http.Header, r *http.Request) {
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "+
		"Last-Event-ID, Range, Traceparent, Tracestate, X-Request-Id")
	h.Set("Access-Control-Max-Age", "600")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		h.Set("Access-Control-Allow-Private-Network", "true")
	}
}

const exposed = "Content-Disposition, ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, " +
	"Retry-After, WWW-Authenticate, X-Request-Id"

// admit refuses hosts, proxies, origins and keys that may not use this server, and answers preflights. It reports
// whether the request goes on.
func (s *server) admit(w *writer, r *http.Request, v *visit, u rule) bool {
	s.locate(v, r)
	if u.any {
		return true
	}
	keyed, err := s.keyed(r.Context())
	if err == nil {
		err = s.reached(r, v, keyed)
	}
	if err != nil {
		s.refuse(w, r, err)
		return false
	}
	origin, h := r.Header.Get("Origin"), w.Header()
	h.Add("Vary", "Origin")
	fine := origin != "" && s.trusted(origin, v)
	if fine {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", exposed)
	}
	if r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != "" {
		if fine {
			preflight(h, r)
		}
		w.WriteHeader(http.StatusNoContent)
		return false
	}
	if err = s.sentBy(r, origin, fine); err == nil && !u.open {
		if err = s.identify(r, v, keyed); err == nil {
			if err = s.sameSite(r, v, origin); err == nil {
				err = may(v, u.scope)
			}
		}
	}
	if err != nil {
		s.refuse(w, r, err)
	}
	return err == nil
}

// reached refuses a host that this server does not answer for. A server without keys also refuses proxies that are not
// trusted: a proxy would open a server that is meant for this machine to everybody who can reach the proxy.
func (s *server) reached(r *http.Request, v *visit, keyed bool) error {
	if !s.hostAllowed(v.host, keyed) {
		return blame("Host", codeHost, "This server does not answer for the host %.100q. Its operator can allow it with "+
			"the setting http.hosts.", hostname(v.host))
	}
	if header := relayed(r.Header); header != "" && !keyed && !s.proxy(peer(r)) {
		return blame(header, codeProxy, "The request came through a proxy (it has the header %s), and this server has no "+
			"key. Make a key with \"lectern key add\", or name the proxy in the setting http.trusted_proxies.", header)
	}
	return nil
}

func safe(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

// sentBy refuses changes that a page of another site requests. Such a page can send JSON as text/plain without a
// preflight, and this server accepts that: so it checks the origin, not the Content-Type.
func (s *server) sentBy(r *http.Request, origin string, fine bool) error {
	switch {
	case safe(r), origin != "" && fine:
		return nil
	case origin != "":
		return blame("Origin", codeOrigin, "Pages of %.200s may not use this server. Its operator can allow them with the "+
			"setting http.origins.", origin)
	case r.Header.Get("Sec-Fetch-Site") == "cross-site":
		return blame("Sec-Fetch-Site", codeOrigin, "Pages of other sites may not use this server. Its operator can allow "+
			"them with the setting http.origins.")
	}
	return nil
}

// sameSite refuses changes with a session unless a page of this server requests them, because the browser adds the
// cookie by itself to every request.
func (s *server) sameSite(r *http.Request, v *visit, origin string) error {
	if !v.cookie || safe(r) || origin != "" && s.own(origin, v) ||
		origin == "" && r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return nil
	}
	return blame("Origin", codeOrigin, "A session is good for this server's own page only. Programs and other pages "+
		"send a key as \"Authorization: Bearer lk_…\".")
}
