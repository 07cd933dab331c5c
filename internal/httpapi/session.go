package httpapi

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"lectern"
)

// session says whether the web page is signed in. The page requests it before it shows anything.
type session struct {
	Needed   bool   `json:"key_needed"` // the server has keys, so every request needs one
	SignedIn bool   `json:"signed_in"`
	Name     string `json:"name,omitempty"` // of the key
	Owner    string `json:"owner,omitempty"`
	Scope    string `json:"scope,omitempty"`
}

// sessions registers the routes by which the web page exchanges a key for a cookie. After that the scripts of the page
// no longer have the key, and the cookie also authorises pictures, videos and event streams, which cannot send headers.
func (s *server) sessions(mux *http.ServeMux) {
	handler := func(h func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			if err := h(w, r); err != nil {
				s.refuse(w, r, err)
			}
		}
	}
	s.on(mux, "GET /ui/session", rule{open: true}, handler(s.seeSession))
	s.on(mux, "POST /ui/session", rule{open: true}, handler(s.signIn))
	s.on(mux, "DELETE /ui/session", rule{open: true}, handler(s.signOut))
}

func (s *server) seeSession(w http.ResponseWriter, r *http.Request) error {
	keyed, err := s.keyed(r.Context())
	if err != nil {
		return err
	}
	a := session{Needed: keyed}
	if cookie, none := r.Cookie(sessionCookie); keyed && none == nil {
		if k, err := s.Keys.Resume(r.Context(), cookie.Value); err == nil {
			a.SignedIn, a.Name, a.Owner, a.Scope = true, k.Name, k.Owner, string(k.Scope)
		}
	}
	writeJSON(w, r, http.StatusOK, a)
	return nil
}

const maxSignIn = 4 << 10

func (s *server) signIn(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r.Context())
	// Otherwise another site could sign its visitor in with a key of the site's own, and see what the visitor creates.
	if origin := r.Header.Get("Origin"); origin != "" && !s.own(origin, v) {
		return blame("Origin", codeOrigin, "Sign in on this server's own page.")
	}
	var body struct{ Key string }
	b, err := io.ReadAll(io.LimitReader(r.Body, maxSignIn))
	if err != nil {
		return arrival(err)
	}
	if json.Unmarshal(b, &body) != nil || body.Key == "" {
		return lectern.Fail(lectern.CodeInvalidJSON, `The body must be {"key":"lk_…"}.`)
	}
	if keyed, err := s.keyed(r.Context()); err != nil {
		return err
	} else if !keyed {
		return lectern.Fail(lectern.CodeConflict, "This server has no keys, so there is nothing to sign in to.")
	}
	k, err := s.Keys.Verify(r.Context(), body.Key)
	if err := s.paced(v, "key", err); err != nil {
		return err
	}
	value, until := s.Keys.StartSession(k)
	s.setCookie(w, v, value, until)
	v.key = k // for the log
	writeJSON(w, r, http.StatusOK, session{Needed: true, SignedIn: true, Name: k.Name, Owner: k.Owner,
		Scope: string(k.Scope)})
	return nil
}

// signOut deletes the cookie. It needs no valid session, so that it works after the session has expired, too.
func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	s.setCookie(w, visitOf(r.Context()), "", time.Unix(1, 0))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) setCookie(w http.ResponseWriter, v *visit, value string, until time.Time) {
	c := &http.Cookie{
		Name: sessionCookie, Value: value, Path: cmp.Or(s.path, "/"), Expires: until, HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
		Secure:   v.https || s.base != nil && s.base.Scheme == "https" && s.own(s.base.Scheme+"://"+s.base.Host, v),
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
