// Package keys controls the access to a server.
//
// An API key is lk_<id>_<secret>. The id names the key in lists and logs. The secret has 256 random bits; only its
// SHA-256 is stored, so a copy of the database gives no access. A plain hash is enough: 256 random bits cannot be
// guessed, so a slow hash would only cost time on every request.
//
// A [Ring] answers from memory. It reads the stored keys again when its copy is older than two seconds, and never
// answers from a copy older than four. So a key that was removed on any node, or in the database itself, is refused
// everywhere within five seconds, and while the database does not answer no key is accepted. It starts no goroutine.
//
// A browser exchanges its key for a session: the key's id and a time, signed with a secret of the server and bound to
// the stored hash. Nothing is stored for it, and it ends with its key.
package keys

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"lectern"
)

// Store keeps keys. All nodes of a cluster share one.
type Store interface {
	// InsertKey stores a key; an id that exists is CodeConflict.
	InsertKey(ctx context.Context, k lectern.Key) error
	// Keys lists all keys, the oldest first.
	Keys(ctx context.Context) ([]lectern.Key, error)
	// DeleteKey removes a key, and reports whether there was one.
	DeleteKey(ctx context.Context, id string) (bool, error)
}

// The ages of a Ring's copy.
const (
	fresh = 2 * time.Second // older: one request reads the keys again while the others continue
	stale = 4 * time.Second // older: every request waits for them
	eager = time.Second     // least time between reads because of unknown keys
)

// SessionTime is how long a session lasts.
const SessionTime = 12 * time.Hour

// The key of the environment: an administrator of the default owner.
const (
	EnvironmentID = "environment"
	Variable      = "LECTERN_API_KEY"
	MinLength     = 32 // characters of a key of the environment
)

// Options configure a Ring.
type Options struct {
	Store Store        // required
	Admin string       // the key of the environment; "": none
	Seal  []byte       // signs sessions for all nodes that share it; nil: a new one, so a restart ends sessions
	Log   *slog.Logger // nil: discarded
}

// Ring holds all keys of a server. It is safe for concurrent use.
type Ring struct {
	store  Store
	seal   []byte
	admin  *lectern.Key
	log    *slog.Logger
	seen   atomic.Pointer[snapshot]
	reader chan struct{} // holds a token while no goroutine reads the store
}

// snapshot holds the stored keys at a time.
type snapshot struct {
	at   time.Time // when the read began
	byID map[string]lectern.Key
}

// New makes a Ring. It reads nothing yet.
func New(o Options) *Ring {
	r := &Ring{store: o.Store, seal: o.Seal, log: o.Log, reader: make(chan struct{}, 1)}
	r.reader <- struct{}{}
	if r.seal == nil {
		r.seal = make([]byte, 32)
		_, _ = rand.Read(r.seal) // never fails
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if o.Admin != "" {
		r.admin = &lectern.Key{
			ID: EnvironmentID, Name: Variable, Owner: lectern.DefaultOwner, Scope: lectern.ScopeAdmin,
			Hash: hash(o.Admin),
		}
	}
	return r
}

// Needed reports whether requests need a key: whether any key exists, even an expired one.
func (r *Ring) Needed(ctx context.Context) (bool, error) {
	if r.admin != nil {
		return true, nil
	}
	s, err := r.current(ctx, false)
	if err != nil {
		return true, err
	}
	return len(s.byID) > 0, nil
}

// Verify returns the key with the given text. For a wrong, removed or expired key it fails with CodeUnauthorized. The
// time that it takes does not depend on how much of the secret is right.
func (r *Ring) Verify(ctx context.Context, text string) (lectern.Key, error) {
	if r.admin != nil && same(hash(text), r.admin.Hash) {
		return *r.admin, nil
	}
	id, secret, formed := Split(text)
	if !formed {
		return lectern.Key{}, wrong()
	}
	s, err := r.current(ctx, false)
	if err != nil {
		return lectern.Key{}, err
	}
	k, known := s.byID[id]
	if !known && time.Since(s.at) > eager { // it may be new
		if s, err = r.current(ctx, true); err != nil {
			return lectern.Key{}, err
		}
		k, known = s.byID[id]
	}
	if !same(hash(secret), k.Hash) || !known {
		return lectern.Key{}, wrong()
	}
	return k, inTime(k)
}

// Still reports whether a key that was verified before is still valid: nil, or CodeUnauthorized. It is for long
// requests.
func (r *Ring) Still(ctx context.Context, k lectern.Key) error {
	_, err := r.find(ctx, k.ID, k.Hash)
	return err
}

// find returns the key with an id and a hash; "" means any hash.
func (r *Ring) find(ctx context.Context, id, sum string) (lectern.Key, error) {
	if id == EnvironmentID && r.admin != nil {
		return *r.admin, nil
	}
	s, err := r.current(ctx, false)
	if err != nil {
		return lectern.Key{}, err
	}
	k, known := s.byID[id]
	if !known || sum != "" && !same(sum, k.Hash) {
		return lectern.Key{}, lectern.Fail(lectern.CodeUnauthorized,
			"The key was removed. Ask the operator of this server for another one.")
	}
	return k, inTime(k)
}

// StartSession returns the value of a session of a key, and its end: after SessionTime, or with the key.
func (r *Ring) StartSession(k lectern.Key) (value string, until time.Time) {
	until = time.Now().Add(SessionTime)
	if !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(until) {
		until = k.ExpiresAt
	}
	at := strconv.FormatInt(until.Unix(), 36)
	return k.ID + "." + at + "." + r.sign(k, at), until
}

// Resume returns the key of a session. A session that is forged or expired, or whose key was removed, is
// CodeUnauthorized.
func (r *Ring) Resume(ctx context.Context, value string) (lectern.Key, error) {
	over := lectern.Fail(lectern.CodeUnauthorized, "The session has expired. Sign in again.")
	parts := strings.Split(value, ".")
	if len(parts) != 3 || len(value) > 200 {
		return lectern.Key{}, over
	}
	k, err := r.find(ctx, parts[0], "")
	if err != nil {
		return lectern.Key{}, err
	}
	until, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil || !same(parts[2], r.sign(k, parts[1])) || time.Now().Unix() >= until {
		return lectern.Key{}, over
	}
	return k, nil
}

// sign binds a session to a key and a time.
func (r *Ring) sign(k lectern.Key, at string) string {
	m := hmac.New(sha256.New, r.seal)
	for _, part := range []string{"lectern session", k.ID, at, k.Hash} {
		m.Write([]byte(part))
		m.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// Add makes a key and stores it; text is the key itself, which is not stored. by is the caller: an administrator of the
// default owner makes keys for every owner, any other only for its own owner.
func (r *Ring) Add(ctx context.Context, by, wanted lectern.Key) (text string, k lectern.Key, err error) {
	if wanted.Owner == "" {
		wanted.Owner = by.Owner
	}
	if by.Owner != lectern.DefaultOwner && wanted.Owner != by.Owner {
		return "", k, lectern.Fail(lectern.CodeForbidden,
			"A key of the owner %q makes keys of that owner only, not of %q.", by.Owner, wanted.Owner)
	}
	if text, k, err = Make(wanted, time.Now()); err != nil {
		return "", k, err
	}
	if err := r.store.InsertKey(ctx, k); err != nil {
		return "", lectern.Key{}, err
	}
	r.log.Info("an API key was made", "key_id", k.ID, "key_name", k.Name, "owner", k.Owner, "scope",
		string(k.Scope), "by", by.ID)
	return text, k, r.reread(ctx)
}

// List returns the keys that by may see, the oldest first: all, or those of its owner. It leaves out the key of the
// environment.
func (r *Ring) List(ctx context.Context, by lectern.Key) ([]lectern.Key, error) {
	all, err := r.store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(k lectern.Key) bool { return !sees(by, k) }), nil
}

// Remove removes a key. This node refuses it at once, other nodes within five seconds.
func (r *Ring) Remove(ctx context.Context, by lectern.Key, id string) error {
	if id == EnvironmentID && r.admin != nil {
		return lectern.Fail(lectern.CodeConflict,
			"This key is in the variable %s. Change the variable and restart the server.", Variable)
	}
	all, err := r.store.Keys(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(k lectern.Key) bool { return k.ID == id && sees(by, k) })
	if at < 0 {
		return lectern.Fail(lectern.CodeNotFound, "There is no key %.60q.", id)
	}
	if _, err := r.store.DeleteKey(ctx, id); err != nil { // success too if another caller has just removed it
		return err
	}
	r.log.Info("an API key was removed", "key_id", id, "key_name", all[at].Name, "by", by.ID)
	return r.reread(ctx)
}

func sees(by, k lectern.Key) bool { return by.Owner == lectern.DefaultOwner || by.Owner == k.Owner }

// current returns the keys from memory or, if the copy is old, from the store. latest forces a read.
func (r *Ring) current(ctx context.Context, latest bool) (*snapshot, error) {
	s := r.seen.Load()
	if s != nil && !latest {
		switch age := time.Since(s.at); {
		case age <= fresh:
			return s, nil
		case age <= stale:
			select {
			case <-r.reader: // this request reads; the others continue with the copy
				defer func() { r.reader <- struct{}{} }()
				if newer, err := r.read(ctx); err == nil {
					return newer, nil
				}
			default:
			}
			return s, nil
		}
	}
	asked := time.Now()
	select {
	case <-r.reader:
		defer func() { r.reader <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s := r.seen.Load(); s != nil && s.at.After(asked) { // another request has read meanwhile
		return s, nil
	}
	s, err := r.read(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f := lectern.Fail(lectern.CodeOverloaded,
			"The keys cannot be read at the moment, so no request is accepted. Try again shortly.").Because(err)
		f.Retryable = true
		return nil, f
	}
	return s, nil
}

// reread reads the keys, so that a change applies here at once.
func (r *Ring) reread(ctx context.Context) error {
	_, err := r.current(ctx, true)
	return err
}

// read reads the store. The caller has the reader's token.
func (r *Ring) read(ctx context.Context) (*snapshot, error) {
	s := &snapshot{at: time.Now(), byID: map[string]lectern.Key{}}
	all, err := r.store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		s.byID[k.ID] = k
	}
	r.seen.Store(s)
	return s, nil
}

// The parts of a key's text.
const (
	prefix       = "lk"
	idLength     = 10
	idLetters    = "abcdefghijkmnpqrstuvwxyz23456789" // 32 of them, none that looks like another
	secretBytes  = 32
	secretLength = 43 // digits of base 62
)

// Make makes a key with the name, owner, scope, quota and end of wanted. text is the key as its holder sends it.
func Make(wanted lectern.Key, now time.Time) (text string, k lectern.Key, err error) {
	k = wanted
	k.Name = strings.TrimSpace(k.Name)
	if k.Owner == "" {
		k.Owner = lectern.DefaultOwner
	}
	if k.Scope == "" {
		k.Scope = lectern.ScopeWrite
	}
	k.CreatedAt = now.UTC().Truncate(time.Millisecond)
	k.ExpiresAt = k.ExpiresAt.UTC().Truncate(time.Millisecond)
	if err := valid(k); err != nil {
		return "", lectern.Key{}, err
	}
	var b [idLength + secretBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	id := make([]byte, idLength)
	for i := range id {
		id[i] = idLetters[b[i]%32]
	}
	secret := new(big.Int).SetBytes(b[idLength:]).Text(62)
	secret = strings.Repeat("0", secretLength-len(secret)) + secret
	k.ID, k.Hash = string(id), hash(secret)
	return prefix + "_" + k.ID + "_" + secret, k, nil
}

// valid refuses an invalid wanted key.
func valid(k lectern.Key) error {
	fault := func(param, format string, args ...any) error {
		f := lectern.Fail(lectern.CodeInvalidRequest, format, args...)
		f.Param = param
		return f
	}
	switch {
	case k.Name == "" || len(k.Name) > 100 || strings.ContainsFunc(k.Name, func(c rune) bool {
		return c < ' ' ||
			c == 0x7f
	}):
		return fault("name", "A key needs a name of 1 to 100 bytes without control characters, which describes its "+
			"use.")
	case !k.Scope.Valid():
		return fault("scope", "A key's scope is read, write or admin, not %.40q.", k.Scope)
	case !validOwner(k.Owner):
		return fault("owner", "An owner has 1 to 64 characters of a-z, 0-9, '-', '_' and '.', and begins with a letter or "+
			"digit; %.80q does not.", k.Owner)
	case !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(k.CreatedAt):
		return fault("expires_at", "The key would have expired already. Give a time in the future.")
	case k.Quota.Running < 0 || k.Quota.Queued < 0 || k.Quota.Minutes < 0:
		return fault("quota", "A quota of a key must be 0 (no bound) or more.")
	}
	return nil
}

func validOwner(s string) bool {
	if s == "" || len(s) > 64 || strings.ContainsAny(s[:1], "-_.") {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.')
	})
}

// Split splits a key's text into its parts. formed is false if it is not a key's text.
func Split(text string) (id, secret string, formed bool) {
	rest, found := strings.CutPrefix(text, prefix+"_")
	if !found || len(rest) != idLength+1+secretLength || rest[idLength] != '_' {
		return "", "", false
	}
	id, secret = rest[:idLength], rest[idLength+1:]
	bad := func(c rune) bool { return !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') }
	if strings.ContainsFunc(id, func(c rune) bool { return !strings.ContainsRune(idLetters, c) }) ||
		strings.ContainsFunc(secret, bad) {
		return "", "", false
	}
	return id, secret, true
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func inTime(k lectern.Key) error {
	if !k.ExpiresAt.IsZero() && !time.Now().Before(k.ExpiresAt) {
		return lectern.Fail(lectern.CodeUnauthorized,
			"The key %s expired on %s. Ask the operator of this server for another one.",
			k.ID, k.ExpiresAt.Format("2 January 2006"))
	}
	return nil
}

func wrong() error {
	return lectern.Fail(lectern.CodeUnauthorized,
		"This key does not exist on this server. \"lectern key list\" lists the keys.")
}
