package footage

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"

	"lectern"
	"lectern/internal/picture"
)

// Film is one file of a service, and how many frames of it are shown.
type Film struct {
	Path   string
	Frames int64
}

// Unreadable reports that a film could not be decoded, or that its Decoder wrote fewer pictures than [Film] requires.
type Unreadable struct {
	Film int   // its index in the list given to Play
	Err  error // the error of the Decoder, or how many pictures are missing
}

// Error implements error.
func (u *Unreadable) Error() string {
	return fmt.Sprintf("film %d of the avatar cannot be read: %v", u.Film+1, u.Err)
}

// Unwrap returns Err.
func (u *Unreadable) Unwrap() error { return u.Err }

// dissolve is the number of frames in which the last picture of the film before is still mixed in. The presenter is in
// a slightly different place in each film, and would jump without it.
const dissolve = 6

// Play returns a clip of r.Size with r.Frames frames that shows films one after the other, keyed, in front of
// r.Backdrop. During r.Lead it shows the first picture, and after all films the last one. If a film cannot be read,
// Next returns an [Unreadable]. The caller must close the clip.
func Play(ctx context.Context, d Decoder, r lectern.ClipRequest, films []Film) *Clip {
	lead := (r.Lead*int64(r.FrameRate) + lectern.SampleRate/2) / lectern.SampleRate
	c := &Clip{decoder: d, req: r, draw: picture.NewKeyer(r.Size, r.Backdrop).Key, films: films, hold: lead,
		rgb: make([]byte, 3*r.Size.Width*r.Size.Height)}
	if len(films) > 1 {
		whole := image.Rect(0, 0, r.Size.Width, r.Size.Height)
		c.seen, c.old = image.NewRGBA(whole), image.NewRGBA(whole)
	}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	return c
}

// PlayWhole is [Play] without keying, for films whose own background is to be shown.
func PlayWhole(ctx context.Context, d Decoder, r lectern.ClipRequest, films []Film) *Clip {
	c := Play(ctx, d, r, films)
	c.draw = opaque
	return c
}

// opaque draws a picture of three bytes a pixel as it is.
func opaque(rgb []byte, dst *image.RGBA) {
	for i, o := 0, 0; i < len(rgb); i, o = i+3, o+4 {
		dst.Pix[o], dst.Pix[o+1], dst.Pix[o+2], dst.Pix[o+3] = rgb[i], rgb[i+1], rgb[i+2], 255
	}
}

// Clip shows films. It is not safe for concurrent use.
type Clip struct {
	decoder Decoder
	ctx     context.Context
	cancel  context.CancelCauseFunc
	req     lectern.ClipRequest
	draw    func(rgb []byte, dst *image.RGBA)
	films   []Film
	next    int   // the film that is opened next
	hold    int64 // frames for which the current picture stays
	shown   int

	rgb  []byte
	have bool
	seen *image.RGBA // what was shown last
	old  *image.RGBA // the last picture of the film before, during the dissolve
	mix  int         // frames of the dissolve that are left
	in   *bufio.Reader
	left int64 // frames of the open film
	done chan error
	pipe *io.PipeReader
}

var _ lectern.Clip = (*Clip)(nil)

var errClosed = errors.New("the clip is closed")

// Next implements lectern.Clip.
func (c *Clip) Next(dst *image.RGBA) error {
	if err := context.Cause(c.ctx); err != nil {
		return err
	}
	if c.shown == c.req.Frames {
		return io.EOF
	}
	if !c.have || c.hold <= 0 {
		if err := c.turn(); err != nil {
			return err
		}
	}
	c.hold--
	c.draw(c.rgb, dst)
	if c.mix > 0 {
		blend(dst, c.old, c.mix, dissolve+1)
		c.mix--
	}
	if c.next < len(c.films) { // another film follows, into which this picture may dissolve
		copy(c.seen.Pix, dst.Pix)
	}
	c.shown++
	return nil
}

// blend mixes share/whole of old into dst. Both are premultiplied, and of one size.
func blend(dst, old *image.RGBA, share, whole int) {
	for i, p := range dst.Pix {
		dst.Pix[i] = uint8((int(p)*(whole-share) + int(old.Pix[i])*share + whole/2) / whole)
	}
}

// turn reads the next picture, and opens the next film if necessary. After the last film, the last picture stays.
func (c *Clip) turn() error {
	for c.left == 0 {
		if c.in != nil {
			if err := c.end(); err != nil {
				return err
			}
		}
		if c.next == len(c.films) {
			return nil
		}
		if c.have {
			copy(c.old.Pix, c.seen.Pix)
			c.mix = dissolve
		}
		c.begin(c.films[c.next])
		c.next++
	}
	if _, err := io.ReadFull(c.in, c.rgb); err != nil {
		why := c.end()
		if c.ctx.Err() != nil {
			return context.Cause(c.ctx)
		}
		if why == nil {
			why = fmt.Errorf("%d pictures are missing at its end: %w", c.left, io.ErrUnexpectedEOF)
		}
		return &Unreadable{Film: c.next - 1, Err: why}
	}
	c.left--
	if !c.have { // the first picture stays for the lead and for its own frame
		c.have = true
		c.hold++
	}
	return nil
}

// begin starts to decode a film.
func (c *Clip) begin(f Film) {
	var w *io.PipeWriter
	c.pipe, w = io.Pipe()
	c.in, c.left, c.done = bufio.NewReaderSize(c.pipe, 256<<10), f.Frames, make(chan error, 1)
	done := c.done
	go func() {
		err := c.decoder.Decode(c.ctx, whatVideo, framesOf(f.Path, c.req.Size, c.req.FrameRate, f.Frames), w)
		_ = w.CloseWithError(err)
		done <- err
	}()
}

// end waits for the decoder of the open film and returns its error.
func (c *Clip) end() error {
	err := <-c.done
	c.in, c.done = nil, nil
	return err
}

// Close implements lectern.Clip.
func (c *Clip) Close() error {
	c.cancel(errClosed)
	if c.done != nil {
		_ = c.pipe.Close()
		_ = c.end()
	}
	return nil
}
