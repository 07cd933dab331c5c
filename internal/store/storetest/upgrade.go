package storetest

import (
	"slices"
	"testing"
	"time"

	"lectern"
)

// OldOutbox are rows in the second of SQLite's schemas and the first of Postgres', without numbers of claims and
// revisions of endpoints: an Idempotency-Key, an endpoint, and four deliveries. Of these, one is done, one is claimed,
// and two wait, one of them to the endpoint.
const OldOutbox = `
INSERT INTO idempotency_keys (key, fingerprint, presentation_id, reserved_at, expires_at) VALUES ('old', 'f', NULL, 1732000000000000, 4102444800000000);
INSERT INTO endpoints (id, url, types, secrets, disabled, created_at) VALUES
    ('wh_old', 'https://hooks.example.com/old', '["presentation.completed"]', '["whsec_old"]', 0, 1732000000000000);
INSERT INTO deliveries (id, presentation_id, endpoint, url, type, presentation, state, attempts, next_at, created_at, done_at, status_code, problem) VALUES
    ('msg_done', 'p', '', 'https://callback.example.com/', 'presentation.queued', '{"ID":"p","Status":"queued","Version":1}', 'delivered', 1, 1732000000000000, 1732000000000000, 1732000001000000, 200, ''),
    ('msg_claimed', 'p', '', 'https://callback.example.com/', 'presentation.processing', '{"ID":"p","Status":"processing","Version":2}', 'pending', 3, 1732000030000000, 1732000002000000, 0, 503, 'It answered 503.'),
    ('msg_behind', 'p', '', 'https://callback.example.com/', 'presentation.completed', '{"ID":"p","Status":"completed","Version":3}', 'pending', 0, 1732000003000000, 1732000003000000, 0, 0, ''),
    ('msg_hook', 'p', 'wh_old', 'https://hooks.example.com/old', 'presentation.completed', '{"ID":"p","Status":"completed","Version":3}', 'pending', 0, 1732000003000000, 1732000003000000, 0, 0, '');
`

// Upgraded checks that a store treats OldOutbox like its own rows: nothing is lost, and each is delivered in its turn.
func Upgraded(t *testing.T, s Store) {
	t.Helper()
	claim := func() []lectern.Delivery {
		t.Helper()
		got, err := s.ClaimDeliveries(t.Context(), "node", time.Hour, 10)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	names := func(list []lectern.Delivery) []string {
		var out []string
		for _, d := range list {
			out = append(out, d.ID)
		}
		slices.Sort(out)
		return out
	}
	all, err := s.Deliveries(t.Context(), lectern.DeliveryFilter{})
	same(t, "all", err, nil)
	same(t, "all", names(all), []string{"msg_behind", "msg_claimed", "msg_done", "msg_hook"})
	got := claim()
	same(t, "whose turn it is", names(got), []string{"msg_behind", "msg_claimed", "msg_hook"})
	for _, d := range got {
		if d.Claim != 1 || d.ID == "msg_claimed" && (d.Attempts != 3 || d.StatusCode != 503) || d.ID == "msg_hook" &&
			!slices.Equal(d.Secrets, []string{"whsec_old"}) {
			t.Errorf("claimed %+v", d)
		}
		if d.ID == "msg_behind" {
			continue // its claim is freed below
		}
		d.State, d.DoneAt = lectern.DeliveryDelivered, time.Now().UTC().Truncate(time.Microsecond)
		same(t, "recorded", s.FinishDelivery(t.Context(), d, 0), nil)
	}
	endpoints, err := s.Endpoints(t.Context())
	if err != nil || len(endpoints) != 1 || endpoints[0].Revision != 1 {
		t.Fatal(endpoints, err)
	}
	endpoints[0].Disabled = true
	same(t, "disabled", s.PutEndpoint(t.Context(), endpoints[0]), nil)
	same(t, "claimed still", len(claim()), 0)
	same(t, "freed", s.FreeClaims(t.Context(), ""), nil)
	same(t, "freed", names(claim()), []string{"msg_behind"})
	upgradedOwners(t, s)
}
