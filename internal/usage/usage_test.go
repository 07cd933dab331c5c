package usage_test

import (
	"context"
	"math"
	"reflect"
	"testing"
	"time"

	"lectern"
	"lectern/internal/usage"
)

// A meter counts by provider, with the cost at the operator's prices. A provider without a price has no currency.
func TestAMeterCountsByProvider(t *testing.T) {
	t.Parallel()
	m := usage.NewMeter(map[string]usage.Price{"azure": {Micros: 16_000_000, Currency: "USD"},
		"elai": {Micros: 2_500_000, Currency: "EUR"}})
	ctx := usage.With(t.Context(), m)
	usage.From(ctx).Characters("flite", 100)
	usage.From(ctx).Characters("azure", 1000)
	usage.From(ctx).Characters("azure", 500)
	usage.From(ctx).Clip("elai", 90*time.Second)
	usage.From(ctx).CPU(time.Second)
	usage.From(ctx).Video(time.Minute)
	want := lectern.Consumption{Video: time.Minute, CPU: time.Second, Providers: []lectern.ProviderUse{
		{Provider: "azure", Characters: 1500, Cost: 24_000, Currency: "USD"},
		{Provider: "elai", Avatar: 90 * time.Second, Cost: 3_750_000, Currency: "EUR"},
		{Provider: "flite", Characters: 100},
	}}
	if got := m.Read(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	usage.From(context.Background()).Characters("flite", 1) // a nil meter counts nothing
}

// Shared time is divided equally among the active runs. Nothing is lost or counted twice.
func TestALedgerDividesTimeAmongActiveRuns(t *testing.T) {
	t.Parallel()
	browser := time.Duration(0)
	l := usage.NewLedger(func() time.Duration { return browser })
	a, b := usage.NewMeter(nil), usage.NewMeter(nil)
	browser += 1000 * time.Hour // no run is active
	endA := l.Begin(a)
	browser += 100 * time.Hour
	endB := l.Begin(b)
	browser += 10 * time.Hour
	endA()
	browser += time.Hour
	endB()
	browser += 1000 * time.Hour
	// The process's own time is divided too: seconds.
	for got, want := range map[time.Duration]float64{a.Read().CPU: 105, b.Read().CPU: 6} {
		if math.Abs(got.Hours()-want) > 0.1 {
			t.Errorf("%s instead of %v h", got, want)
		}
	}
	var none *usage.Ledger
	none.Begin(a)()
	none.Update()
}

// The time of the process itself is counted while it runs something.
func TestALedgerCountsTheProcessItself(t *testing.T) {
	t.Parallel()
	l, m := usage.NewLedger(), usage.NewMeter(nil)
	end := l.Begin(m)
	x := 0.0
	for m.Read().CPU < 20*time.Millisecond && t.Context().Err() == nil {
		for i := range 1_000_000 {
			x += math.Sqrt(float64(i))
		}
		l.Begin(usage.NewMeter(nil))()
	}
	end()
	if x == 0 || m.Read().CPU < 20*time.Millisecond {
		t.Errorf("%s", m.Read().CPU)
	}
}
