package avatar

import (
	"context"

	"lectern"
)

// Performer is an engine whose avatars speak themselves: it takes text and gives a video with sound, for money, after
// minutes. Its Animate refuses. The suite avatartest.RunPerformer says what else it holds.
type Performer interface {
	Engine
	// Parts divides what an avatar is to say, at sentences, into parts that the provider takes. Joined, they hold every
	// word in order.
	Parts(ctx context.Context, code, text string) ([]string, error)
	// Perform has one part said and shown and leaves it at path, whole and checked. What was ordered under r.Key before is
	// fetched, never ordered again, unless it failed in another attempt. Its failures name the slide.
	Perform(ctx context.Context, r lectern.TakeRequest, path string) error
}

// Performs reports whether the avatar that code names speaks itself.
func (c *Catalogue) Performs(ctx context.Context, code string) bool {
	engine, _, err := c.Resolve(ctx, code)
	if err != nil {
		return false
	}
	_, ok := c.byName[engine].(Performer)
	return ok
}

// Parts divides what the avatar that code names is to say.
func (c *Catalogue) Parts(ctx context.Context, code, text string) ([]string, error) {
	p, full, err := c.performer(ctx, code)
	if err != nil {
		return nil, err
	}
	return p.Parts(ctx, full, text)
}

// Perform has the avatar that code names say and show a part. r.Avatar is filled in.
func (c *Catalogue) Perform(ctx context.Context, code string, r lectern.TakeRequest, path string) error {
	p, full, err := c.performer(ctx, code)
	if err != nil {
		return err
	}
	r.Avatar = full
	return p.Perform(ctx, r, path)
}

func (c *Catalogue) performer(ctx context.Context, code string) (Performer, string, error) {
	engine, full, err := c.Resolve(ctx, code)
	if err != nil {
		return nil, "", err
	}
	p, ok := c.byName[engine].(Performer)
	if !ok {
		return nil, "", lectern.Fail(lectern.CodeAvatarFailed, "The avatar %s does not speak itself.", code)
	}
	return p, full, nil
}
