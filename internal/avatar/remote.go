package avatar

import (
	"context"
	"image"

	"lectern"
	"lectern/internal/retry"
	"lectern/internal/slots"
)

// The decorators of engines that call a service over a network. They return a [Performer] if the engine is a Performer.
// [Retrying] goes around [Limited], so that a wait for the next attempt holds no slot.

// Limited lets an engine render at most as many clips and takes at once as there are slots. A slot is held from the
// order until the clip is there, because services limit the renders in progress.
func Limited(e Engine, s *slots.Slots) Engine {
	l := limited{e, s}
	if p, ok := e.(Performer); ok {
		return &limitedPerformer{l, p}
	}
	return &l
}

type limited struct {
	Engine
	slots *slots.Slots
}

// Animate implements Engine.
func (l *limited) Animate(ctx context.Context, r lectern.ClipRequest) (clip lectern.Clip, err error) {
	err = l.slots.Do(ctx, 1, func() (err error) {
		clip, err = l.Engine.Animate(ctx, r)
		return err
	})
	return clip, err
}

type limitedPerformer struct {
	limited
	performer Performer
}

// Parts implements Performer.
func (l *limitedPerformer) Parts(ctx context.Context, code, text string) ([]string, error) {
	return l.performer.Parts(ctx, code, text)
}

// Perform implements Performer.
func (l *limitedPerformer) Perform(ctx context.Context, r lectern.TakeRequest, path string) error {
	return l.slots.Do(ctx, 1, func() error { return l.performer.Perform(ctx, r, path) })
}

// Retrying repeats calls whose error is marked with [retry.Again]. To repeat Perform is safe: a video that was ordered
// under the key is fetched and not ordered again. When it gives up, the failure is lectern.CodeAvatarFailed, names the
// engine and can be retried.
func Retrying(e Engine, p retry.Policy) Engine {
	p.Service = "avatar engine " + e.Name()
	r := retrying{e, p}
	if performer, ok := e.(Performer); ok {
		return &retryingPerformer{r, performer}
	}
	return &r
}

type retrying struct {
	Engine
	policy retry.Policy
}

// Avatars implements Engine.
func (r *retrying) Avatars(ctx context.Context) (list []lectern.Avatar, err error) {
	err = r.do(ctx, func(ctx context.Context) (err error) {
		list, err = r.Engine.Avatars(ctx)
		return err
	})
	return list, err
}

// Animate implements Engine.
func (r *retrying) Animate(ctx context.Context, q lectern.ClipRequest) (clip lectern.Clip, err error) {
	// The clip ends with the context that it is made with, so this must be the caller's context.
	err = r.do(ctx, func(context.Context) (err error) {
		clip, err = r.Engine.Animate(ctx, q)
		return err
	})
	return clip, err
}

// Portrait implements Engine.
func (r *retrying) Portrait(ctx context.Context, code string, s lectern.Size) (picture image.Image, err error) {
	err = r.do(ctx, func(ctx context.Context) (err error) {
		picture, err = r.Engine.Portrait(ctx, code, s)
		return err
	})
	return picture, err
}

func (r *retrying) do(ctx context.Context, once func(context.Context) error) error {
	return r.policy.Call(ctx, lectern.CodeAvatarFailed, once)
}

type retryingPerformer struct {
	retrying
	performer Performer
}

// Parts implements Performer.
func (r *retryingPerformer) Parts(ctx context.Context, code, text string) (parts []string, err error) {
	err = r.do(ctx, func(ctx context.Context) (err error) {
		parts, err = r.performer.Parts(ctx, code, text)
		return err
	})
	return parts, err
}

// Perform implements Performer.
func (r *retryingPerformer) Perform(ctx context.Context, q lectern.TakeRequest, path string) error {
	return r.do(ctx, func(ctx context.Context) error { return r.performer.Perform(ctx, q, path) })
}
