package builtin

import (
	"context"
	"fmt"
	"image"
	"io"
	"io/fs"
	"sync/atomic"

	"lectern"
)

// clip draws one slide's frames in order.
type clip struct {
	ctx    context.Context
	size   lectern.Size
	frames int

	next     int
	backdrop *backdrop
	easel    *easel
	show     *performance
	closed   atomic.Bool // Close may come from another goroutine
}

var _ lectern.Clip = (*clip)(nil)

// Next implements lectern.Clip. After Close it returns fs.ErrClosed, and after the end of its context the context's
// error.
func (c *clip) Next(dst *image.RGBA) error {
	switch {
	case c.closed.Load():
		return fmt.Errorf("the avatar's clip: %w", fs.ErrClosed)
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case c.next >= c.frames:
		return io.EOF
	}
	if b := dst.Bounds(); b.Dx() != c.size.Width || b.Dy() != c.size.Height {
		return lectern.Fail(lectern.CodeInternal,
			"The avatar's frame has %d×%d pixels where %d×%d were asked for.", b.Dx(),
			b.Dy(), c.size.Width, c.size.Height)
	}
	p := c.show.pose(c.next)
	c.easel.draw(dst, c.backdrop, &p)
	c.next++
	return nil
}

// Close implements lectern.Clip.
func (c *clip) Close() error {
	c.closed.Store(true)
	return nil
}
