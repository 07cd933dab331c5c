package httpapi

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"lectern"
)

// retrySoon is the Retry-After of a refusal that may end at any moment, such as a full queue.
const retrySoon = 5 * time.Second

// rateLimits returns the values of the headers RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers)
// for a key with the quota q. They have a named item for each bound: "minutes" counts whole minutes of video in a day,
// "presentations" those that wait or are rendered, as lectern.Quota does. If only those that wait are bounded, the item
// is "queued".
func rateLimits(q lectern.Quota, u lectern.Usage, now time.Time) (policy, limit string) {
	var policies, limits []string
	add := func(name string, quota, left int) *string {
		policies = append(policies, fmt.Sprintf("%q;q=%d", name, quota))
		limits = append(limits, fmt.Sprintf("%q;r=%d", name, max(0, left)))
		return &limits[len(limits)-1]
	}
	switch {
	case q.Running > 0:
		add("presentations", q.Running+q.Queued, q.Running+q.Queued-u.Running-u.Queued)
	case q.Queued > 0:
		add("queued", q.Queued, q.Queued-u.Queued)
	}
	if q.Minutes > 0 {
		left := time.Duration(q.Minutes)*time.Minute - u.Ordered
		item := add("minutes", q.Minutes, int(left/time.Minute))
		policies[len(policies)-1] += fmt.Sprintf(";w=%d", seconds(lectern.UsageWindow))
		if !u.FreesAt.IsZero() {
			*item += fmt.Sprintf(";t=%d", seconds(u.FreesAt.Sub(now)))
		}
	}
	return strings.Join(policies, ", "), strings.Join(limits, ", ")
}

// retryIn returns how long to wait until a refused deck of the estimated length may fit into the quota. It is not
// called for a deck that is longer than the minutes of a day: that is refused with CodeTooLarge.
func retryIn(q lectern.Quota, u lectern.Usage, estimate time.Duration, now time.Time) time.Duration {
	if q.Minutes == 0 || u.Ordered+estimate <= time.Duration(q.Minutes)*time.Minute {
		return retrySoon // another bound is reached
	}
	return max(retrySoon, u.FreesAt.Sub(now))
}

// account writes what is left of the key's quota into h, the header of the answer to a create or a retry. refused is
// the failure of that request, or nil. account returns it; if the quota is the reason, with the time of the next try.
func (s *server) account(h http.Header, r *http.Request, d lectern.Deck, refused error) error {
	m := s.mine(r)
	q := m.bounds()
	if q == (lectern.Quota{}) || refused != nil && asFailure(refused).Code != lectern.CodeRateLimited {
		return refused
	}
	u, err := s.Jobs.Usage(r.Context(), m.key.ID)
	if err != nil { // the request itself has been decided
		if r.Context().Err() == nil {
			s.Log.LogAttrs(r.Context(), slog.LevelWarn, "an answer has no RateLimit headers, because the use of the key's "+
				"quota could not be read",
				attrs(r, asFailure(err))...)
		}
		return refused
	}
	now := time.Now()
	policy, limit := rateLimits(q, u, now)
	h.Set("RateLimit-Policy", policy)
	h.Set("RateLimit", limit)
	if refused == nil {
		return nil
	}
	estimate, _ := d.Estimate()
	return &later{asFailure(refused), retryIn(q, u, estimate, now)}
}
