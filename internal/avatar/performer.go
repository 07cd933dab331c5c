package avatar

import (
	"context"

	"lectern"
)

// Performer is an engine whose avatars speak themselves: it takes text and returns a video with sound, for money, after
// minutes. Its Animate always fails. The suite avatartest.RunPerformer checks what else it guarantees.
type Performer interface {
	Engine
	// Parts divides the text that an avatar shall say, at the ends of sentences, into parts that are short enough for
	// the provider. Joined, the parts hold every word in order.
	Parts(ctx context.Context, code, text string) ([]string, error)
	// Perform renders one part and stores the complete, checked video at path. A video that was ordered under r.Key
	// before is fetched and not ordered again, unless that order failed in another attempt. Failures name the slide.
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

// Parts divides the text that the avatar that code names shall say; see [Performer].
func (c *Catalogue) Parts(ctx context.Context, code, text string) ([]string, error) {
	p, full, err := c.performer(ctx, code)
	if err != nil {
		return nil, err
	}
	return p.Parts(ctx, full, text)
}

// Perform renders a part with the avatar that code names; see [Performer]. It sets r.Avatar.
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
