package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"lectern"
)

const (
	// batch is the number of deliveries that are claimed at once, maxWaiting the number that may wait here for a place.
	batch      = 100
	maxWaiting = 1000
	// claimsInARow bounds how often the outbox is read before results are handled.
	claimsInARow = 20
	// margin is how much of a claim must be left after the longest try: the time to record the outcome.
	margin = 5 * time.Second
	// slow is the time of a response after which its server counts as in trouble.
	slow = 5 * time.Second
	// memory is how long a server in trouble is remembered.
	memory = time.Hour
)

// claimed is a delivery with the end of its claim by this process's clock, which is a little before the end by the
// store's clock.
type claimed struct {
	lectern.Delivery
	ends time.Time
}

// line holds the deliveries that wait for one server.
type line struct {
	waiting  []claimed
	parked   []claimed // deliveries that it cannot take now, see park
	inFlight int
	trouble  time.Time // when the last try ended, if its response was late or missing; zero: not in trouble
}

// sent is the result of a try.
type sent struct {
	line    *line
	ill     bool      // it used one of the places for servers in trouble
	trouble bool      // the server answered late or not at all
	again   bool      // a later message may be due now
	next    time.Time // of its next try; zero: none
}

// loop is the state of the goroutine that decides what is sent next. Only that goroutine uses it, so it has no lock.
type loop struct {
	*Service
	lines   map[string]*line
	order   []string // servers with waiting deliveries, in turn
	waiting int
	busy    int // tries in flight
	ill     int // tries in flight to servers in trouble
	done    chan sent
	due     []time.Time // times at which known deliveries are due again
	parked  int
	back    sync.WaitGroup // of the goroutines that return parked deliveries
}

func newLoop(s *Service) *loop {
	return &loop{Service: s, lines: map[string]*line{}, done: make(chan sent, s.opt.InFlight)}
}

// run claims and sends until quit is closed.
func (l *loop) run(ctx context.Context) {
	defer close(l.ended)
	l.inherit(ctx)
	look := time.NewTimer(0)
	defer look.Stop()
	claim := true // an earlier process may have left deliveries
	for {
		if claim {
			claim = l.claim(ctx)
		}
		l.dispatch(ctx)
		if claim {
			look.Reset(0) // there is more; first let tries end
		} else {
			look.Reset(l.pause())
		}
		select {
		case <-l.quit:
			l.finish()
			return
		case <-l.wake:
			claim = true
		case <-look.C:
			claim = true
		case r := <-l.done:
			claim = l.end(r) || claim
		}
	}
}

// inherit frees the claims of a dead process on a store without other nodes.
func (l *loop) inherit(ctx context.Context) {
	if !l.alone {
		return
	}
	if err := l.opt.Store.FreeClaims(ctx, ""); err != nil && ctx.Err() == nil {
		l.log.Warn("webhook deliveries of an earlier process cannot be freed; its claims expire later",
			"reason", err.Error())
	}
}

// pause returns the time until the next read of the outbox.
func (l *loop) pause() time.Duration {
	wait, now := l.opt.Poll, time.Now()
	kept := l.due[:0]
	for _, t := range l.due {
		if !t.After(now) {
			continue
		}
		kept = append(kept, t)
		wait = min(wait, t.Sub(now))
	}
	l.due = kept
	return wait
}

// claim claims due deliveries, and reports whether there may be more.
func (l *loop) claim(ctx context.Context) bool {
	for name, at := range l.lines {
		l.forgetEnded(at)
		if len(at.waiting) == 0 && at.inFlight == 0 && (at.trouble.IsZero() || time.Since(at.trouble) > memory) {
			l.parked -= len(at.parked)
			delete(l.lines, name)
		}
	}
	for range claimsInARow {
		room := min(batch, maxWaiting-l.waiting)
		if room <= 0 {
			return false // the end of a try claims again
		}
		asked := time.Now()
		got, err := l.opt.Store.ClaimDeliveries(ctx, l.opt.Node, Lease, room)
		if err != nil {
			if ctx.Err() == nil {
				l.log.Warn("webhook deliveries cannot be claimed", "reason", err.Error())
			}
			return false
		}
		for _, d := range got {
			l.queue(claimed{d, asked.Add(Lease)})
		}
		if len(got) < room {
			return false
		}
	}
	return true
}

// queue appends d to the line of its server. If the server is in trouble and has no free place, d is parked, so that it
// delays no other message.
func (l *loop) queue(d claimed) {
	name := server(d.URL)
	at := l.lines[name]
	if at == nil {
		at = &line{}
		l.lines[name] = at
	}
	if !at.trouble.IsZero() && len(at.waiting)+at.inFlight > 0 {
		l.park(at, d)
		return
	}
	l.line(at, d)
}

// line appends d to the waiting messages of its server.
func (l *loop) line(at *line, d claimed) {
	if len(at.waiting) == 0 {
		l.order = append(l.order, server(d.URL))
	}
	at.waiting = append(at.waiting, d)
	l.waiting++
}

// server returns the scheme and host of an address: addresses on one server fail together.
func server(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// dispatch sends deliveries while there are places, one of each line in turn.
func (l *loop) dispatch(ctx context.Context) {
	for passed := 0; passed < len(l.order) && l.busy < l.opt.InFlight; {
		name := l.order[0]
		l.order = l.order[1:]
		at := l.lines[name]
		l.forgetLate(at)
		if len(at.waiting) > 0 && l.place(at) {
			d := at.waiting[0]
			at.waiting = at.waiting[1:]
			l.waiting--
			l.send(ctx, at, d)
			passed = 0
		} else {
			passed++
		}
		switch {
		case len(at.waiting) > 0:
			l.order = append(l.order, name)
		case at.inFlight == 0 && at.trouble.IsZero():
			l.parked -= len(at.parked)
			delete(l.lines, name)
		}
	}
}

// forgetLate parks deliveries that have waited so long that their claim could end before a try does.
func (l *loop) forgetLate(at *line) {
	for len(at.waiting) > 0 && at.waiting[0].late() {
		l.park(at, at.waiting[0])
		at.waiting = at.waiting[1:]
		l.waiting--
	}
}

// place reports whether at may have one more try. A server that answers may use a quarter of the places. All servers in
// trouble may use half of the places together, and one each.
func (l *loop) place(at *line) bool {
	if at.trouble.IsZero() {
		return at.inFlight < max(1, l.opt.InFlight/4)
	}
	return at.inFlight == 0 && l.ill < max(1, l.opt.InFlight/2)
}

func (l *loop) send(ctx context.Context, at *line, d claimed) {
	at.inFlight++
	l.busy++
	ill := !at.trouble.IsZero()
	if ill {
		l.ill++
	}
	go func() {
		r := l.deliver(ctx, d.Delivery)
		r.line, r.ill = at, ill
		l.done <- r
	}()
}

// end frees the place, and reports whether the outbox is worth a read.
func (l *loop) end(r sent) bool {
	at := r.line
	at.inFlight--
	l.busy--
	if r.ill {
		l.ill--
	}
	if r.trouble {
		at.trouble = time.Now()
	} else {
		at.trouble = time.Time{}
	}
	l.unpark(at)
	if !r.next.IsZero() && len(l.due) < maxWaiting {
		l.due = append(l.due, r.next)
	}
	return r.again || l.waiting == 0
}

// finish waits for the tries in flight and returns the other deliveries to the outbox.
func (l *loop) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), margin)
	defer cancel()
	for _, at := range l.lines {
		for _, d := range slices.Concat(at.waiting, at.parked) {
			l.giveBack(ctx, d.Delivery)
		}
	}
	l.back.Wait()
	for ; l.busy > 0; l.busy-- {
		<-l.done
	}
	if c, ok := l.opt.Transport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// giveBack ends a claim, so that another process need not wait until it expires.
func (s *Service) giveBack(ctx context.Context, d lectern.Delivery) {
	if err := s.opt.Store.FinishDelivery(ctx, d, 0); err != nil && !isStale(err) {
		s.log.Warn("a webhook delivery cannot be returned; its claim expires later", "delivery", d.ID, "reason",
			err.Error())
	}
}

// isStale reports whether a claim has already ended or an endpoint has changed.
func isStale(err error) bool { return errors.Is(err, &lectern.Failure{Code: lectern.CodeStale}) }

// deliver tries d once and records the outcome. If that fails, the claim expires and the message is sent again, as "at
// least once" allows.
func (s *Service) deliver(ctx context.Context, d lectern.Delivery) sent {
	m, err := s.message(ctx, d)
	var a answer
	if err != nil {
		a = answer{problem: "The message could not be made: " + err.Error()}
	} else {
		a = s.post(ctx, m)
	}
	// The time for the records begins only now, because a try may last longer than margin.
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), margin)
	defer cancel()
	if ctx.Err() != nil && a.problem != "" { // ended by Stop: not the receiver's fault
		s.giveBack(record, d)
		return sent{}
	}
	after, again := settle(d, a, stamp(), roll())
	err = s.opt.Store.FinishDelivery(record, after, again)
	if isStale(err) { // another node has the message, or it is not pending
		s.log.Info("the outcome of a webhook delivery is not recorded: its claim has ended", "delivery", d.ID,
			"claim", d.Claim, "status", a.status)
		return sent{trouble: a.status == 0 && !a.final}
	}
	s.say(ctx, after, a)
	if err != nil {
		s.log.Warn("the outcome of a webhook delivery cannot be recorded; the message will be sent again", "delivery",
			d.ID, "reason", err.Error())
		return sent{trouble: a.status == 0}
	}
	if a.gone && d.Endpoint != "" {
		s.disable(record, d)
	}
	r := sent{trouble: a.status == 0 && !a.final || a.took > slow, again: after.State != lectern.DeliveryPending ||
		d.Attempts == 0}
	if after.State == lectern.DeliveryPending {
		r.next = after.NextAt
	}
	return r
}

// say logs the outcome of a try.
func (s *Service) say(ctx context.Context, d lectern.Delivery, a answer) {
	attrs := []slog.Attr{
		slog.String("delivery", d.ID), slog.String("type", d.Type), slog.String("job_id", d.Presentation.ID),
		slog.String("to", server(d.URL)),
		slog.Int("attempt", d.Attempts), slog.Int("status", a.status), slog.Duration("took", a.took),
	}
	if d.Endpoint != "" {
		attrs = append(attrs, slog.String("endpoint", d.Endpoint))
	}
	level, words := slog.LevelInfo, "webhook delivered"
	switch d.State {
	case lectern.DeliveryGivenUp:
		level, words = slog.LevelWarn, "webhook given up"
	case lectern.DeliveryPending:
		level, words = slog.LevelWarn, "webhook not delivered yet"
		attrs = append(attrs, slog.Time("next", d.NextAt))
	}
	if d.Problem != "" {
		attrs = append(attrs, slog.String("reason", d.Problem))
	}
	s.log.LogAttrs(ctx, level, words, attrs...)
}

// stamp returns the current time with the precision of the store.
func stamp() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
