package httpapi

import (
	"net/http"
	"time"

	"lectern"
)

const keysTag = "Keys"

// Key is an API key without its secret.
type Key struct {
	ID        string   `json:"id" doc:"The part of the key that names it." example:"h5qk2m9xwa"`
	Name      string   `json:"name" doc:"What it is for." example:"CI of the courses"`
	Owner     string   `json:"owner" doc:"The owner whose presentations and webhooks it can see." example:"default"`
	Scope     string   `json:"scope" enum:"read,write,admin" doc:"What it may do. read: all GET requests, checks, dry runs, previews without cost. write: also create, cancel, retry, delete. admin: also keys and webhooks."`
	Quota     KeyQuota `json:"quota" doc:"Its own bounds; in place of a 0, the server's setting applies: keys.running, keys.queued or keys.minutes."`
	CreatedAt Time     `json:"created_at" format:"date-time" doc:"When it was created."`
	ExpiresAt *Time    `json:"expires_at" format:"date-time" doc:"When it expires; null: never."`
}

// KeyQuota bounds what one key may use at once and in a day.
type KeyQuota struct {
	Running int `json:"running" minimum:"0" doc:"Presentations that are rendered at once; 0: no bound of its own."`
	Queued  int `json:"queued" minimum:"0" doc:"Presentations that wait; 0: no bound of its own."`
	Minutes int `json:"minutes" minimum:"0" doc:"Minutes of video, as they are estimated, in 24 hours; 0: no bound of its own."`
}

// NewKey is the request for a new key.
type NewKey struct {
	Name      string        `json:"name" minLength:"1" maxLength:"100" doc:"What it is for." example:"CI of the courses"`
	Scope     string        `json:"scope,omitempty" enum:"read,write,admin" default:"write" doc:"What it may do. read: all GET requests, checks, dry runs, previews without cost. write: also create, cancel, retry, delete. admin: also keys and webhooks."`
	Owner     string        `json:"owner,omitempty" maxLength:"64" doc:"Its owner; default: the owner of the key that sends the request. Only an admin key of the owner default may name another." example:"school-a"`
	ExpiresAt *time.Time    `json:"expires_at,omitempty" format:"date-time" doc:"When it expires; absent: never." example:"2027-01-31T00:00:00Z"`
	Quota     *NewKeyBounds `json:"quota,omitempty" doc:"Its own bounds; what is absent is bounded by the server's settings."`
}

// NewKeyBounds are the bounds of a new key.
type NewKeyBounds struct {
	Running int `json:"running,omitempty" minimum:"0" doc:"Presentations that are rendered at once; 0: no bound of its own."`
	Queued  int `json:"queued,omitempty" minimum:"0" doc:"Presentations that wait; 0: no bound of its own."`
	Minutes int `json:"minutes,omitempty" minimum:"0" doc:"Minutes of video, as they are estimated, in 24 hours; 0: no bound of its own."`
}

// KeySecret is a key with its secret, which is shown this once.
type KeySecret struct {
	Key
	Secret string `json:"key" doc:"The key itself, for the header Authorization: Bearer. It is not shown again." example:"lk_h5qk2m9xwa_1mOC7dPU0ttFpTjhgAxBJrRm2d1EhFmMD1wfqLZrWb4"`
}

// KeyList lists keys, the oldest first.
type KeyList struct {
	Keys []Key `json:"keys" doc:"The oldest first."`
}

func v1Key(k lectern.Key) Key {
	return Key{k.ID, k.Name, k.Owner, string(k.Scope), KeyQuota(k.Quota), Time{k.CreatedAt}, known(k.ExpiresAt)}
}

type newKeyInput struct{ Body NewKey }

type keyInput struct {
	ID string `path:"id" doc:"The key's id." example:"h5qk2m9xwa"`
}

func (f *v1Operations) keys() {
	book := f.s.Keys
	handle(f, op{
		id: "create-key", refuses: []lectern.Code{lectern.CodeInvalidJSON, codeRequest}, method: http.MethodPost,
		path: "/v1/keys", tag: keysTag, scope: lectern.ScopeAdmin,
		summary: "Make an API key",
		about: "Only this answer contains the key. As soon as there is one key, every request needs one. An admin key of " +
			"the owner default creates keys for all owners, another admin key for its own owner only.",
		status: http.StatusCreated, body: KeySecret{},
	}, func(w http.ResponseWriter, r *http.Request, in *newKeyInput) error {
		wanted := lectern.Key{Name: in.Body.Name, Scope: lectern.Scope(in.Body.Scope), Owner: in.Body.Owner}
		if in.Body.ExpiresAt != nil {
			wanted.ExpiresAt = *in.Body.ExpiresAt
		}
		if q := in.Body.Quota; q != nil {
			wanted.Quota = lectern.Quota(*q)
		}
		text, k, err := book.Add(r.Context(), visitOf(r.Context()).key, wanted)
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, r, http.StatusCreated, KeySecret{v1Key(k), text})
		return nil
	})
	handle(f, op{
		id: "list-keys", method: http.MethodGet, path: "/v1/keys", tag: keysTag, scope: lectern.ScopeAdmin,
		summary: "List API keys",
		about: "A key of the owner default lists the keys of all owners, another key those of its own owner. Secrets are " +
			"not shown. The key of the environment variable LECTERN_API_KEY is not listed.", body: KeyList{},
	}, func(w http.ResponseWriter, r *http.Request, _ *struct{}) error {
		all, err := book.List(r.Context(), visitOf(r.Context()).key)
		if err != nil {
			return err
		}
		out := KeyList{Keys: make([]Key, 0, len(all))}
		for _, k := range all {
			out.Keys = append(out.Keys, v1Key(k))
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, r, http.StatusOK, out)
		return nil
	})
	handle(f, op{
		id: "delete-key", refuses: []lectern.Code{lectern.CodeNotFound, lectern.CodeConflict}, method: http.MethodDelete,
		path: "/v1/keys/{id}", tag: keysTag, scope: lectern.ScopeAdmin,
		summary: "Remove an API key", about: "This node refuses the key at once, all others within five seconds. Its " +
			"sessions and event streams end. Its presentations stay.",
		status: http.StatusNoContent,
	}, func(w http.ResponseWriter, r *http.Request, in *keyInput) error {
		if err := book.Remove(r.Context(), visitOf(r.Context()).key, in.ID); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}
