package webhooktest

import (
	"testing"
	"time"

	"lectern"
)

// order checks that a first try waits for the end of the earlier first tries, with any outcome, and that a delivery
// that waits for another try delays no other.
func order(t *testing.T, b *suite) {
	b.whole(callback)
	queued := b.one("at first", "presentation.queued")
	equal(t, "while it is tried", kinds(b.claim(10)), []string{})
	b.finish(queued, 0) // returned without a try
	queued = b.one("given back", "presentation.queued")

	queued.Attempts, queued.StatusCode, queued.Problem = 1, 500, "no"
	b.finish(queued, time.Hour)
	processing := b.one("after a failed try", "presentation.processing")
	equal(t, "while the second is tried", kinds(b.claim(10)), []string{})
	processing.Attempts, processing.Problem = 1, "It did not answer within 15 s."
	b.finish(processing, 0)

	both := b.claim(10)
	equal(t, "another try, and the last milestone", kinds(both), []string{"presentation.completed",
		"presentation.processing"})
	if len(both) != 2 {
		t.FailNow()
	}
	b.delivered(both[0])
	equal(t, "the last milestone is delivered, though none before it was",
		len(b.list(lectern.DeliveryFilter{State: lectern.DeliveryDelivered})), 1)
	late := both[1]
	late.State, late.DoneAt = lectern.DeliveryGivenUp, b.at
	b.finish(late, 0)
	equal(t, "what waits for an hour", kinds(b.claim(10)), []string{})
	if _, err := b.Store.Redeliver(t.Context(), queued.ID); err != nil { // instead of waiting for it
		t.Fatal(err)
	}
	b.delivered(b.one("the first milestone is sent again", "presentation.queued"))
	equal(t, "left", kinds(b.claim(10)), []string{})

	// All outcomes: a milestone that was given up or delivered releases the next one, as a failed one does.
	b.whole(callback)
	for i, kind := range []string{"presentation.queued", "presentation.processing", "presentation.completed"} {
		d := b.one("in turn", kind)
		if i == 0 {
			d.State, d.Attempts, d.DoneAt = lectern.DeliveryGivenUp, 1, b.at
			b.finish(d, 0)
		} else {
			b.delivered(d)
		}
	}

	// A redelivered milestone has a first try again, and the next ones wait for it.
	p := b.create(callback)
	d := b.one("the first of another", "presentation.queued")
	b.delivered(d)
	if _, err := b.Store.Redeliver(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	b.apply(p.ID, lectern.Began{Worker: "w"})
	b.delivered(b.one("the delivery that is sent again", "presentation.queued"))
	b.delivered(b.one("the milestone after it", "presentation.processing"))
}

// one claims all due deliveries, which must be one of the given kind.
func (b *suite) one(when, kind string) lectern.Delivery {
	b.t.Helper()
	got := b.claim(10)
	if len(got) != 1 || got[0].Type != kind {
		b.t.Fatalf("%s: claimed %v, want %s alone", when, kinds(got), kind)
	}
	return got[0]
}
