package webhook

import (
	"context"
	"slices"
	"time"
)

// maxParked bounds the parked deliveries of one server. Further ones are not remembered, and their claims expire.
const maxParked = 100

// late reports whether the claim of c could end before a try that begins now.
func (c claimed) late() bool { return c.ends.Before(time.Now().Add(Timeout + margin)) }

// park remembers d, which at cannot take now. A parked message has no place in the queue, so that servers in trouble do
// not fill it. It is remembered so that a server that recovers need not wait for the end of an unused claim.
func (l *loop) park(at *line, d claimed) {
	if len(at.parked) < maxParked && l.parked < maxWaiting {
		at.parked = append(at.parked, d)
		l.parked++
	}
}

// forgetEnded drops parked deliveries whose claim has ended. They are due again in the outbox.
func (l *loop) forgetEnded(at *line) {
	n, now := len(at.parked), time.Now()
	at.parked = slices.DeleteFunc(at.parked, func(d claimed) bool { return !d.ends.After(now) })
	l.parked -= n - len(at.parked)
}

// unpark queues the parked messages of at when it can take them: all of them, or one at a time if the server is in
// trouble. A message that is too late for a try under its claim returns to the outbox, to be claimed again.
func (l *loop) unpark(at *line) {
	l.forgetEnded(at)
	n := len(at.parked)
	if !at.trouble.IsZero() {
		if len(at.waiting)+at.inFlight > 0 {
			return
		}
		n = min(n, 1)
	}
	var back []claimed
	for _, d := range at.parked[:n] {
		if d.late() {
			back = append(back, d)
		} else {
			l.line(at, d)
		}
	}
	at.parked = append([]claimed(nil), at.parked[n:]...)
	l.parked -= n
	if len(back) == 0 {
		return
	}
	l.back.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), margin)
		defer cancel()
		for _, d := range back {
			l.giveBack(ctx, d.Delivery)
		}
		l.Wake()
	})
}
