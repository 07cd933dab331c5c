package postgres_test

import (
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/postgres"
)

// ahead is a database whose clock is ahead of this machine's: what asks for the time there finds another function
// first.
func ahead(t *testing.T, by string) *postgres.DB {
	t.Helper()
	url := database(t)
	if _, err := openDB(t, url).SQL().ExecContext(t.Context(),
		`CREATE SCHEMA ahead; CREATE FUNCTION ahead.clock_timestamp()
		RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() + interval '`+by+`' $$`); err != nil {
		t.Fatal(err)
	}
	return openDB(t, url+"&search_path=ahead,pg_catalog,public")
}

// What is due, and how long a claim lasts, is for the database's clock to say: by it a node whose own clock is late or
// early tells nobody's deliveries too late, and takes nobody's claim.
func TestDeliveriesGoByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	const skew = time.Hour
	for name, nodes := range map[string]time.Duration{"a node that is late": 0, "a node that is early": 2 * skew} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := postgres.NewStore(ahead(t, "1 hour"), enqueue(nothing), "")
			at := time.Now().Add(nodes).UTC().Truncate(time.Microsecond)
			p := lectern.NewPresentation("one", lectern.Deck{Slides: []lectern.Slide{{}}}, at)
			p.CallbackURL = "https://example.com/"
			commit(t, store, job.WriteSpec{ID: p.ID, At: at, Create: &p})
			claim := func() []lectern.Delivery {
				got, err := store.ClaimDeliveries(t.Context(), "node", time.Minute, 10)
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			// What the database writes and what it says the time is lie between these.
			before := time.Now().Add(skew).Truncate(time.Microsecond)
			within := func(what string, got time.Time, after time.Duration) {
				t.Helper()
				if got.Before(before.Add(after)) || got.After(time.Now().Add(skew+after)) {
					t.Errorf("%s is %s, not %s after the database's time", what, got, after)
				}
			}
			got := claim()
			if len(got) != 1 {
				t.Fatalf("a new delivery is not due: %d claimed", len(got))
			}
			within("the end of the claim", got[0].NextAt, time.Minute)
			if more := claim(); len(more) > 0 {
				t.Errorf("claimed twice: %+v", more)
			}
			if err := store.FinishDelivery(t.Context(), got[0], 5*time.Minute); err != nil {
				t.Fatal(err)
			}
			d, err := store.Delivery(t.Context(), got[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			within("the next try", d.NextAt, 5*time.Minute)
			if d, err = store.Redeliver(t.Context(), d.ID); err != nil {
				t.Fatal(err)
			}
			within("a try that was asked for", d.NextAt, 0)
			if len(claim()) != 1 {
				t.Error("what was asked for anew is not due")
			}
		})
	}
}
