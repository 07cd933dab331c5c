package postgres_test

import (
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/postgres"
)

// ahead opens a database whose clock is ahead of this machine's: queries for the time find another function first.
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

// The database's clock decides which deliveries are due and how long a claim lasts. So a node whose own clock is behind
// or ahead claims no delivery late, and none that another node has claimed.
func TestDeliveriesGoByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	const skew = time.Hour
	for name, nodes := range map[string]time.Duration{"a node that is behind": 0, "a node that is ahead": 2 * skew} {
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
			// A time of the database's clock is between before and now, each with the skew.
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
			within("the redelivery", d.NextAt, 0)
			if len(claim()) != 1 {
				t.Error("a redelivery is not due")
			}
		})
	}
}
