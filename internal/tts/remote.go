package tts

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"lectern"
	"lectern/internal/listing"
	"lectern/internal/retry"
	"lectern/internal/slots"
	"lectern/internal/usage"
)

// The decorators of engines. An engine on this machine is [Limited]. An engine that is reached over a network is also
// [Retrying], around its limit, so that an attempt holds a slot and the wait for the next attempt holds none. [Cached]
// is around both.

// wrapper is an engine that adds something to another.
type wrapper interface{ Unwrap() Engine }

// find returns e if it is a T, or else the first T among the engines that e decorates.
func find[T any](e Engine) (T, bool) {
	for {
		if t, ok := e.(T); ok {
			return t, true
		}
		w, ok := e.(wrapper)
		if !ok {
			var none T
			return none, false
		}
		e = w.Unwrap()
	}
}

// Metered counts the characters that an engine gets, for the [usage.Meter] of the context. A call that was refused is
// not counted. A call whose connection broke is counted, because a service may charge for it. Metered must be the
// innermost decorator, next to the engine.
func Metered(e Engine) Engine { return &metered{e} }

type metered struct{ Engine }

func (m *metered) Unwrap() Engine { return m.Engine }

// Speak implements Engine.
func (m *metered) Speak(ctx context.Context, script lectern.Script, v lectern.Voice) (lectern.Narration, error) {
	n, err := m.Engine.Speak(ctx, script, v)
	if err == nil || retry.Broken(err) {
		usage.From(ctx).Characters(m.Name(), utf8.RuneCountInString(script.Text))
	}
	return n, err
}

// Limited lets an engine speak at most as many narrations at once as there are slots.
func Limited(e Engine, s *slots.Slots) Engine { return &limited{e, s} }

type limited struct {
	Engine
	slots *slots.Slots
}

func (l *limited) Unwrap() Engine { return l.Engine }

// Speak implements Engine.
func (l *limited) Speak(ctx context.Context, script lectern.Script, v lectern.Voice) (n lectern.Narration, err error) {
	err = l.slots.Do(ctx, 1, func() (err error) {
		n, err = l.Engine.Speak(ctx, script, v)
		return err
	})
	return n, ended(ctx, err)
}

// ended returns err, or, if the end of ctx caused it and it is not a failure yet, the failure for that.
func ended(ctx context.Context, err error) error {
	if _, said := errors.AsType[*lectern.Failure](err); err == nil || said || ctx.Err() == nil {
		return err
	}
	return Canceled(ctx.Err())
}

// Retrying repeats calls whose error is marked with [retry.Again]. When it gives up, the failure is
// lectern.CodeVoiceFailed, names the engine and can be retried.
func Retrying(e Engine, p retry.Policy) Engine {
	p.Service = "voice engine " + e.Name()
	return &retrying{e, p}
}

type retrying struct {
	Engine
	policy retry.Policy
}

func (r *retrying) Unwrap() Engine { return r.Engine }

// Voices implements Engine.
func (r *retrying) Voices(ctx context.Context) (voices []lectern.Voice, err error) {
	err = r.do(ctx, func(ctx context.Context) (err error) {
		voices, err = r.Engine.Voices(ctx)
		return err
	})
	return voices, err
}

// Speak implements Engine.
func (r *retrying) Speak(ctx context.Context, script lectern.Script, v lectern.Voice) (n lectern.Narration, err error) {
	err = r.do(ctx, func(ctx context.Context) (err error) {
		n, err = r.Engine.Speak(ctx, script, v)
		return err
	})
	return n, err
}

func (r *retrying) do(ctx context.Context, once func(context.Context) error) error {
	return ended(ctx, r.policy.Call(ctx, lectern.CodeVoiceFailed, once))
}

// Cached keeps the list of an engine's voices, so that the engine is not asked at every request; see [listing.List].
// The caller must call Close.
func Cached(e Engine, o CacheOptions) *Cache {
	return &Cache{e, listing.New(listing.Options[[]lectern.Voice]{Fetch: e.Voices, Fresh: o.Fresh, Limit: o.Limit})}
}

// CacheOptions bound what [Cached] keeps. Zero fields have the defaults of [listing.Options].
type CacheOptions struct {
	Fresh time.Duration // how long a list is returned without asking
	Limit time.Duration // the longest that a caller waits for the first list
}

// Cache is an engine whose list of voices is kept.
type Cache struct {
	Engine
	list *listing.List[[]lectern.Voice]
}

// Unwrap returns the decorated engine.
func (c *Cache) Unwrap() Engine { return c.Engine }

// Voices implements Engine. While the service is down it returns the last list.
func (c *Cache) Voices(ctx context.Context) ([]lectern.Voice, error) {
	voices, err := c.list.Get(ctx)
	return slices.Clone(voices), err
}

// Warm starts to list the voices and does not wait.
func (c *Cache) Warm(ctx context.Context) { c.list.Warm(ctx) }

// Close ends a listing in progress. It does not close the engine.
func (c *Cache) Close() error { return c.list.Close() }
