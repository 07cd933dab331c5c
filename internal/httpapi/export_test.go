package httpapi

import (
	"net/http"

	"lectern"
)

// StatusOf opens the tables of statuses to tests.
func StatusOf(face string, c lectern.Code) (int, bool) {
	table := v1Status
	if face == "custom" {
		table = customStatus
	}
	s, ok := table[c]
	return s, ok
}

// RateLimits and RetryIn open the accounts of keys to tests.
var (
	RateLimits = rateLimits
	RetryIn    = retryIn
)

// Disposition opens the names of downloads to tests.
var Disposition = disposition

// RememberedSources is how many addresses a handler of New remembers for their wrong keys.
func RememberedSources(h http.Handler) int {
	a := h.(guarded).server.attempts
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.full)
}
