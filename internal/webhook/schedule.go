package webhook

import (
	"fmt"
	"math/rand/v2"
	"time"

	"lectern"
)

// Schedule returns the waits after each failed try, ± 10 %. If the try after the last wait fails too, the message is
// given up: after about 24 hours and len(Schedule)+1 tries.
func Schedule() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour,
	}
}

// longestWait bounds the wait that a receiver may ask for with Retry-After.
const longestWait = 8 * time.Hour

// answer is the outcome of a try.
type answer struct {
	status     int           // 0: no response
	problem    string        // "": a 2xx
	retryAfter time.Duration // 0: not stated
	final      bool          // no further try can help
	gone       bool          // 410: the receiver wants no more messages
	took       time.Duration
}

// settle returns d after a try: delivered, given up, or pending with the wait until its next try. NextAt is that time
// by this process's clock. It is pure; jitter is from 0 to 1.
func settle(d lectern.Delivery, a answer, now time.Time, jitter float64) (after lectern.Delivery, again time.Duration) {
	d.Attempts++
	d.StatusCode, d.Problem = a.status, a.problem
	waits := Schedule()
	switch {
	case a.problem == "":
		d.State, d.DoneAt = lectern.DeliveryDelivered, now
	case a.final || a.gone || d.Attempts > len(waits):
		d.State, d.DoneAt = lectern.DeliveryGivenUp, now
		if !a.final && !a.gone {
			d.Problem += fmt.Sprintf(" It was given up after %d tries.", d.Attempts)
		}
	default:
		wait := waits[d.Attempts-1]
		wait += time.Duration((jitter - 0.5) / 5 * float64(wait))
		again = max(wait, min(a.retryAfter, longestWait)).Truncate(time.Microsecond) // with the precision of the store
		d.NextAt = now.Add(again)
	}
	return d, again
}

// roll returns a number from 0 to 1.
func roll() float64 { return rand.Float64() }
