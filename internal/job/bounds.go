package job

import (
	"context"
	"time"

	"lectern"
)

// Limits bound what the store accepts. A zero field sets no bound.
type Limits struct {
	Queued int   // presentations that wait (limits.queued)
	Stored int64 // bytes of all decks (limits.stored)
}

// Bounds are the limits of a creation or a retry. A store checks them in the transaction that queues the presentation.
type Bounds struct {
	Limits
	Quota    lectern.Quota
	KeyID    string        // the API key that Quota belongs to; "": no quota
	Estimate time.Duration // of the video
	At       time.Time
}

// Load is what the store holds without the presentation that is to be queued, except where a field says otherwise.
type Load struct {
	Queued int
	Stored int64 // bytes of all decks, including the new one
	Key    lectern.Usage
}

// Bounds returns the bounds of w, which is a creation or a retry. For a retry, the store fills in the Estimate.
func (w Write) Bounds() Bounds {
	s := w.spec
	b := Bounds{Limits: s.Limits, Quota: s.Quota, Estimate: s.Estimate, At: s.At}
	if s.Create != nil {
		b.KeyID = s.Create.KeyID
	}
	for _, e := range s.Events {
		if r, ok := e.(lectern.Retried); ok {
			b.KeyID = r.KeyID
		}
	}
	return b
}

// Since returns the time after which a creation or a retry still counts at b.At.
func (b Bounds) Since() time.Time { return b.At.Add(-lectern.UsageWindow) }

// Judge refuses a presentation that would exceed a bound: CodeRateLimited, or CodeTooLarge where waiting cannot help.
// It is pure.
//
// A key may have Quota.Running plus Quota.Queued presentations that have not ended: each queued one runs later. Where
// only Running is set, it bounds the queued and the running together.
func (b Bounds) Judge(l Load) error {
	q := b.Quota
	switch {
	case b.KeyID != "" && q.Minutes > 0 && b.Estimate > time.Duration(q.Minutes)*time.Minute:
		return lectern.Fail(lectern.CodeTooLarge, "This deck is about %s long, and this API key may order %d minutes of "+
			"video in a day (keys.minutes), so it never fits. "+
			"Split the deck, or use a key with more.", b.Estimate.Round(time.Second), q.Minutes)
	case b.Limits.Queued > 0 && l.Queued >= b.Limits.Queued:
		return limited("%d presentations wait already, which is the most (limits.queued). Try again when some have been "+
			"rendered.", l.Queued)
	case b.Stored > 0 && l.Stored > b.Stored:
		f := limited("The decks that are stored would take %d bytes; %d are allowed (limits.stored). Delete presentations "+
			"that are not needed, or wait until old ones are removed.", l.Stored, b.Stored)
		return f
	case b.KeyID == "":
	case q.Running > 0 && l.Key.Running+l.Key.Queued >= q.Running+q.Queued:
		return limited("This API key has %d presentations that wait or are rendered; %d may be rendered and %d may wait "+
			"(keys.running, keys.queued). Try again when one has ended.", l.Key.Running+l.Key.Queued, q.Running, q.Queued)
	case q.Running == 0 && q.Queued > 0 && l.Key.Queued >= q.Queued:
		return limited("This API key has %d presentations that wait, which is the most (keys.queued). Try again when one "+
			"has begun.", l.Key.Queued)
	case q.Minutes > 0 && l.Key.Ordered+b.Estimate > time.Duration(q.Minutes)*time.Minute:
		return limited("This API key has ordered %s of video in the last 24 hours, and this deck is about %s long; %d "+
			"minutes are allowed in a day (keys.minutes). Try again later.",
			l.Key.Ordered.Round(time.Second), b.Estimate.Round(time.Second), q.Minutes)
	}
	return nil
}

func limited(format string, args ...any) *lectern.Failure {
	f := lectern.Fail(lectern.CodeRateLimited, format, args...)
	f.Retryable = true
	return f
}

// Usage returns what an API key has used of its quota.
func (s *Service) Usage(ctx context.Context, keyID string) (lectern.Usage, error) {
	return s.opt.Store.Usage(ctx, keyID, s.now().Add(-lectern.UsageWindow))
}
