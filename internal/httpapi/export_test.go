package httpapi

import (
	"net/http"

	"lectern"
)

// HasStatus reports whether a code is in the table of statuses.
func HasStatus(c lectern.Code) bool { return statuses[c] != 0 }

// StatusOf gives tests access to the statuses.
var StatusOf = statusOf

// RateLimits and RetryIn give tests access to the headers about quotas.
var (
	RateLimits = rateLimits
	RetryIn    = retryIn
)

// Disposition gives tests access to the names of downloads.
var Disposition = disposition

// RememberedSources is how many addresses a handler of New remembers for their wrong keys.
func RememberedSources(h http.Handler) int {
	a := h.(guarded).server.attempts
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.full)
}
