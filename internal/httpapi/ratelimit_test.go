package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/httpapi"
	"lectern/internal/job"
)

func TestRateLimits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	used := lectern.Usage{Running: 1, Queued: 2, Ordered: 47*time.Minute + time.Second, FreesAt: now.Add(time.Hour)}
	for _, c := range []struct {
		quota         lectern.Quota
		usage         lectern.Usage
		policy, limit string
	}{
		{lectern.Quota{Minutes: 60}, used, `"minutes";q=60;w=86400`, `"minutes";r=12;t=3600`},
		{lectern.Quota{Minutes: 60}, lectern.Usage{}, `"minutes";q=60;w=86400`, `"minutes";r=60`},
		{lectern.Quota{Minutes: 40}, used, `"minutes";q=40;w=86400`, `"minutes";r=0;t=3600`},
		{lectern.Quota{Queued: 5}, used, `"queued";q=5`, `"queued";r=3`},
		{lectern.Quota{Queued: 1}, used, `"queued";q=1`, `"queued";r=0`},
		{lectern.Quota{Running: 2}, used, `"presentations";q=2`, `"presentations";r=0`},
		{lectern.Quota{Running: 2, Queued: 3, Minutes: 60}, used, `"presentations";q=5, "minutes";q=60;w=86400`,
			`"presentations";r=2, "minutes";r=12;t=3600`},
	} {
		policy, limit := httpapi.RateLimits(c.quota, c.usage, now)
		if policy != c.policy || limit != c.limit {
			t.Errorf("%+v of %+v:\n%s\n%s, want\n%s\n%s", c.usage, c.quota, policy, limit, c.policy, c.limit)
		}
	}
}

// For every usage the headers are well-formed, no rest is negative or above its bound, and Retry-After is longer than 5
// s only if the deck does not fit into the minutes now.
func TestRateLimitsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.IntRange(0, math.MaxInt32)
		now := time.Unix(1_800_000_000, 0)
		q := lectern.Quota{Running: few.Draw(t, "running"), Queued: few.Draw(t, "queued"),
			Minutes: rapid.IntRange(0, 100_000_000).Draw(t, "minutes")}
		u := lectern.Usage{
			Running: few.Draw(t, "rendered"), Queued: few.Draw(t, "waiting"),
			Ordered: time.Duration(rapid.Int64Range(0, math.MaxInt64/4).Draw(t, "ordered")),
		}
		if u.Ordered > 0 {
			u.FreesAt = now.Add(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(lectern.UsageWindow)).Draw(t, "frees")))
		}
		policy, limit := httpapi.RateLimits(q, u, now)
		if q == (lectern.Quota{}) {
			if policy != "" || limit != "" {
				t.Fatalf("without bounds: %q, %q", policy, limit)
			}
			return
		}
		policies, limits := strings.Split(policy, ", "), strings.Split(limit, ", ")
		if len(policies) != len(limits) {
			t.Fatalf("%q and %q", policy, limit)
		}
		for i := range limits {
			name, params, _ := strings.Cut(limits[i], ";")
			var bound, left int
			if _, err := fmt.Sscanf(policies[i], name+";q=%d", &bound); err != nil {
				t.Fatalf("%q: %v", policies[i], err)
			}
			if _, err := fmt.Sscanf(params, "r=%d", &left); err != nil || left < 0 || left > bound {
				t.Fatalf("%q of %q: %v", limits[i], policies[i], err)
			}
		}
		estimate := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "estimate"))
		wait := httpapi.RetryIn(q, u, estimate, now)
		fits := q.Minutes == 0 || u.Ordered+estimate <= time.Duration(q.Minutes)*time.Minute
		if wait < 5*time.Second || wait > lectern.UsageWindow || fits && wait != 5*time.Second {
			t.Fatalf("a deck of %s after %+v of %+v waits %s", estimate, u, q, wait)
		}
	})
}

// The answer to a create with a key that has bounds says what is left of them, on both interfaces. It does so whether
// the create is accepted, refused or replayed.
func TestRateLimitHeaders(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v1/presentations", "/api/custom/presentations"} {
		r := newRig(t, func(o *httpapi.Options) { o.Quota = lectern.Quota{Queued: 3} })
		r.jobs.now = time.Now()
		add := func(name string, q lectern.Quota) string {
			text, _, err := r.ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner, Scope: lectern.ScopeAdmin},
				lectern.Key{Name: name, Scope: lectern.ScopeWrite, Quota: q})
			if err != nil {
				t.Fatal(err)
			}
			return "Bearer " + text
		}
		create := func(key string, headers ...string) answer {
			return r.post(path, seedRequest, append(headers, "Authorization", key)...)
		}
		common, own := add("common", lectern.Quota{}), add("own", lectern.Quota{Running: 1, Queued: 1, Minutes: 60})
		for i, want := range []string{`"presentations";r=1, "minutes";r=59;t=`, `"presentations";r=0, "minutes";r=59;t=`,
			`"presentations";r=0, "minutes";r=59;t=`} {
			a := create(own, "Idempotency-Key", strconv.Itoa(i))
			if (a.status == 429) != (i == 2) {
				t.Fatalf("%s %d: %d %s", path, i, a.status, a.body)
			}
			if got := a.header.Get("RateLimit-Policy"); got != `"presentations";q=2, "minutes";q=60;w=86400` {
				t.Errorf("%s %d: the policy is %q", path, i, got)
			}
			if got := a.header.Get("RateLimit"); !strings.HasPrefix(got, want) {
				t.Errorf("%s %d: the limit is %q, want %q…", path, i, got, want)
			}
			if want := map[bool]string{true: "5"}[i == 2]; a.header.Get("Retry-After") != want {
				t.Errorf("%s %d: %v", path, i, a.header)
			}
		}
		if a := create(own, "Idempotency-Key", "0"); a.header.Get("Idempotent-Replayed") != "true" ||
			!strings.HasPrefix(a.header.Get("RateLimit"), `"presentations";r=0, `) {
			t.Errorf("replayed: %d %v", a.status, a.header)
		}
		if a := create(common); a.status >= 300 || a.header.Get("RateLimit-Policy") != `"queued";q=3` ||
			a.header.Get("RateLimit") != `"queued";r=2` {
			t.Errorf("with the bounds of all keys: %d %v", a.status, a.header)
		}
		if a := r.post(path, "{", "Authorization", own); a.status != 400 || a.header.Get("RateLimit") != "" {
			t.Errorf("what is refused for another reason: %d %v", a.status, a.header)
		}
		if a := r.get(path, "Authorization", own); a.status != 200 || a.header.Get("RateLimit") != "" {
			t.Errorf("a list: %d %v", a.status, a.header)
		}
	}
}

// Used minutes are free again when the oldest of them leave the window. Retry-After is the time until then.
func TestRetryAfterOfMinutes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.jobs.now = time.Now().Add(time.Hour - lectern.UsageWindow)
	text, _, err := r.ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner, Scope: lectern.ScopeAdmin},
		lectern.Key{Name: "k", Scope: lectern.ScopeWrite, Quota: lectern.Quota{Minutes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	deck := fmt.Sprintf(`{"title":"Long","slides":[{"template":"title","props":{"title":"A"},"narration":%q}]}`,
		strings.Repeat("eleven words are a few seconds of a voice, say three. ", 8))
	if a := r.post("/v1/presentations", deck, "Authorization", "Bearer "+text); a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a := r.post("/v1/presentations", deck, "Authorization", "Bearer "+text)
	var left, frees int
	if _, err := fmt.Sscanf(a.header.Get("RateLimit"), `"minutes";r=%d;t=%d`, &left, &frees); err != nil ||
		a.status != 429 || left != 0 {
		t.Fatalf("%d %v: %v", a.status, a.header, err)
	}
	if frees <= 5 || frees > 3602 || a.header.Get("Retry-After") != strconv.Itoa(frees) {
		t.Errorf("free again in %d s, Retry-After: %s", frees, a.header.Get("Retry-After"))
	}
}

// If the usage of a key cannot be read, the answer has no headers about it and is otherwise the same. The log says why.
func TestUnreadableUsageDoesNotFailTheRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.jobs.blind = errors.New("the database is away")
	text, _, err := r.ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner, Scope: lectern.ScopeAdmin},
		lectern.Key{Name: "k", Scope: lectern.ScopeWrite, Quota: lectern.Quota{Queued: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{202, 429} {
		a := r.post("/v1/presentations", seedRequest, "Authorization", "Bearer "+text)
		if a.status != want || a.header.Get("RateLimit") != "" {
			t.Errorf("%d, want %d: %v %s", a.status, want, a.header, a.body)
		}
	}
	if !strings.Contains(r.log.String(), "the database is away") {
		t.Errorf("the log says %s", r.log)
	}
}

func (j *jobs) Retry(_ context.Context, id string, who lectern.Account) (lectern.Presentation, error) {
	d, err := j.Deck(context.Background(), id)
	if err != nil {
		return lectern.Presentation{}, err
	}
	j.mu.Lock()
	err = j.judge(who, d)
	j.mu.Unlock()
	if err != nil {
		return lectern.Presentation{}, err
	}
	return j.apply(id, lectern.Retried{KeyID: who.KeyID})
}

func (j *jobs) Deck(_ context.Context, id string) (lectern.Deck, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, err := j.find(id)
	if err != nil {
		return lectern.Deck{}, err
	}
	return r.deck, nil
}

// judge applies a quota as a store does.
func (j *jobs) judge(who lectern.Account, d lectern.Deck) error {
	long, _ := d.Estimate()
	u := j.usage(who.KeyID)
	return job.Bounds{Quota: who.Quota, KeyID: who.KeyID, Estimate: long}.Judge(job.Load{Key: u})
}

// A deck that is longer than all minutes of a key is refused as not retryable, without Retry-After.
func TestADeckLongerThanAllMinutes(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.Quota = lectern.Quota{Minutes: 1} })
	text, _ := mustKey(t, r, lectern.ScopeWrite)
	deck := fmt.Sprintf(`{"title":"Long","slides":[{"template":"title","props":{"title":"A"},"narration":%q}]}`,
		strings.Repeat("These are some words more. ", 100))
	for _, path := range []string{"/v1/presentations", "/api/custom/presentations"} {
		a := r.post(path, deck, "Authorization", "Bearer "+text)
		if a.status != 413 || a.header.Get("Retry-After") != "" || !strings.Contains(a.body, "keys.minutes") ||
			strings.Contains(a.body, `"retryable":true`) {
			t.Errorf("%s: %d %v %s", path, a.status, a.header, a.body)
		}
	}
}

// A retry has the quota and the headers of a create, and counts for the key that sends it.
func TestH3RetriesHaveQuotas(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.Quota = lectern.Quota{Queued: 1} })
	makes, k := mustKey(t, r, lectern.ScopeWrite)
	again, other := mustKey(t, r, lectern.ScopeWrite)
	create := func() string {
		return r.post("/v1/presentations", seedRequest, "Authorization",
			"Bearer "+makes).json(t)["links"].(map[string]any)["self"].(string)
	}
	act := func(self, what, key string) answer { return r.post(self+"/"+what, "", "Authorization", "Bearer "+key) }
	first := create()
	if a := act(first, "cancel", makes); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	create() // takes the only place
	a := act(first, "retry", makes)
	if a.status != 429 || a.header.Get("Retry-After") != "5" || a.header.Get("RateLimit") != `"queued";r=0` ||
		!strings.Contains(a.body, "keys.queued") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	if a := act(first, "retry", again); a.status != 200 || a.header.Get("RateLimit") != `"queued";r=0` ||
		a.json(t)["status"] != "queued" {
		t.Errorf("with another key: %d %v %s", a.status, a.header, a.body)
	}
	for id, want := range map[string]int{k.ID: 1, other.ID: 1} {
		if u, err := r.jobs.Usage(t.Context(), id); err != nil || u.Queued != want {
			t.Errorf("%s has %+v, %v", id, u, err)
		}
	}
}
