package lectern

import "time"

// DefaultOwner owns what is made without a key, and rows of databases that had no owners.
const DefaultOwner = "default"

// Scope is what an API key may do. Each scope includes the ones before it.
type Scope string

// The scopes.
const (
	ScopeRead  Scope = "read"  // GET, checks, dry runs, previews that cost nothing
	ScopeWrite Scope = "write" // create, cancel, retry, delete
	ScopeAdmin Scope = "admin" // keys, webhooks, secrets
)

// Valid reports whether s is one of the scopes.
func (s Scope) Valid() bool { return s.rank() > 0 }

// Includes reports whether a key with scope s may do what needs o.
func (s Scope) Includes(o Scope) bool { return o.Valid() && s.rank() >= o.rank() }

func (s Scope) rank() int {
	switch s {
	case ScopeRead:
		return 1
	case ScopeWrite:
		return 2
	case ScopeAdmin:
		return 3
	}
	return 0
}

// Quota bounds what one key may have at once and in a day. A field that is zero sets no bound.
type Quota struct {
	Running int `json:"running,omitempty"` // presentations that are being rendered
	Queued  int `json:"queued,omitempty"`  // presentations that wait
	Minutes int `json:"minutes,omitempty"` // of estimated video, created within the last 24 hours
}

// Account is the API key for which something is made, and its bounds. The zero value means that there is no key and no
// bound.
type Account struct {
	KeyID string
	Quota Quota
}

// Key is an API key as it is stored. The secret itself is not stored; only the key's holder knows it.
type Key struct {
	ID        string // the part of the key that names it, lower-case letters and digits
	Name      string // what it is for; free text
	Owner     string // the key gives access to this owner's presentations, assets and webhook endpoints
	Scope     Scope
	Quota     Quota
	Hash      string // SHA-256 of the secret, lower-case hex
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}
