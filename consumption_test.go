package lectern_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
)

// The usage of a presentation is the sum of all its attempts, including those that failed or were taken over. A report
// that comes twice counts once. A change of the usage is not a visible change (J5), and a stale run cannot add to it
// (J7).
func TestUsageAddsUpOverAttempts(t *testing.T) {
	t.Parallel()
	p := lectern.NewPresentation("p", lectern.Deck{Slides: make([]lectern.Slide, 1)}, epoch)
	apply := func(e lectern.Event) lectern.Change {
		t.Helper()
		next, change, err := p.Apply(e, epoch)
		if err != nil {
			t.Fatal(err)
		}
		p = next
		return change
	}
	used := func(characters int64, cpu time.Duration) lectern.Event {
		return lectern.Reported{Attempt: p.Attempt, Usage: &lectern.Consumption{CPU: cpu,
			Providers: []lectern.ProviderUse{{Provider: "anna", Characters: characters, Cost: 2 * characters, Currency: "EUR"}}}}
	}
	apply(lectern.Began{Worker: "w"})
	version := p.Version
	if c := apply(used(100, time.Second)); c != lectern.Silent || p.Version != version {
		t.Errorf("a report of usage is a change of kind %d and leads to version %d", c, p.Version)
	}
	apply(used(150, 2*time.Second))
	if c := apply(used(150, 2*time.Second)); c != lectern.Unchanged {
		t.Errorf("the same report again is a change of kind %d", c)
	}
	apply(lectern.Released{Attempt: 1})
	apply(lectern.Began{Worker: "v"})
	if _, _, err := p.Apply(lectern.Reported{Attempt: 1, Usage: &lectern.Consumption{CPU: time.Hour}}, epoch); err == nil {
		t.Error("J7: a stale run adds to the usage")
	}
	apply(used(10, time.Second))
	apply(lectern.Broke{Attempt: 2})
	apply(lectern.Retried{})
	apply(lectern.Began{Worker: "w"})
	apply(used(5, time.Second))
	apply(lectern.Reported{Attempt: 3, Usage: &lectern.Consumption{Video: time.Minute, CPU: time.Second}})
	apply(lectern.Completed{Attempt: 3})
	want := lectern.Consumption{Video: time.Minute, CPU: 4 * time.Second,
		Providers: []lectern.ProviderUse{{Provider: "anna", Characters: 165, Cost: 330, Currency: "EUR"}}}
	if !reflect.DeepEqual(p.Usage, want) {
		t.Errorf("the usage is %+v, not %+v", p.Usage, want)
	}
}

// A Consumption survives encoding and decoding, and without a currency there is no field price.
func TestUsageSurvivesJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		span := func(name string) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, name))
		}
		c := lectern.Consumption{Video: span("video"), CPU: span("cpu")}
		for _, name := range []string{"anna", "ben"} {
			c = c.Plus(lectern.Consumption{Providers: []lectern.ProviderUse{{Provider: name, Avatar: span(name),
				Characters: rapid.Int64Range(0, 1<<40).Draw(t, "characters"),
				Currency:   rapid.SampledFrom([]string{"", "EUR"}).Draw(t, "currency")}}})
			if u := &c.Providers[len(c.Providers)-1]; u.Currency != "" {
				u.Cost = rapid.Int64Range(0, 1<<40).Draw(t, "cost")
			}
		}
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var got lectern.Consumption
		if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, c) {
			t.Fatalf("%s is %+v, not %+v (%v)", b, got, c, err)
		}
	})
	b, err := json.Marshal(lectern.Consumption{CPU: 1500 * time.Millisecond,
		Providers: []lectern.ProviderUse{{Provider: "flite", Characters: 7}}})
	if want := `{"video_minutes":0,"cpu_seconds":1.5,"providers":[{"provider":"flite","characters":7}]}`; err != nil ||
		string(b) != want {
		t.Errorf("%s (%v)", b, err)
	}
}
