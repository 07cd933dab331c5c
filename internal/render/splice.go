package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"time"

	"lectern"
	"lectern/internal/compose"
	"lectern/internal/h264"
)

// errLeaks says that a patch, spliced, would not decode to what it decodes to by itself.
var errLeaks = errors.New("the avatar's pictures read beyond their border")

// splice animates a slide and encodes only where its avatar is: see [h264.Splicer]. It writes the segment to out, behind
// the regions of transitions. errLeaks and h264.ErrUnsupported say that this slide has to be encoded whole.
func (u *run) splice(ctx context.Context, s *slide, reader *clipReader, plate *compose.Planes, patch compose.Patch, out *os.File, head int64, threads int) error {
	dir, err := os.MkdirTemp(u.job.Scratch, fmt.Sprintf("splice-%d-", s.number))
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	keys, small := filepath.Join(dir, "keys.h264"), filepath.Join(dir, "patch.h264")
	groups := u.enc.Groups(s.slot.Body())
	if err := u.encodeParts(ctx, s, reader, compose.NewCanvas(patch, plate), patch, groups, keys, small, threads); err != nil {
		return err
	}
	splicer, err := u.splicer(keys, small, patch)
	if err != nil {
		return err
	}
	if err := proved(splicer, small); err != nil {
		return err
	}
	if _, err := out.Seek(head, io.SeekStart); err != nil {
		return err
	}
	return between(keys, small, func(keys, small *h264.Pictures) error {
		return buffered(out, func(w *bufio.Writer) error { return splicer.Splice(w, keys, small, groups) })
	})
}

// encodeParts feeds the encoders of the pictures that begin groups, whole, and of the patch of all others.
func (u *run) encodeParts(ctx context.Context, s *slide, reader *clipReader, canvas *compose.Canvas, patch compose.Patch, groups []int64, keys, small string, threads int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	in, out := io.Pipe()
	whole := float64(s.slot.Body()) / float64(u.enc.Rate)
	done := make(chan error, 1)
	go func() {
		err := guard(func() error {
			return u.ffmpeg(ctx, Command{Args: u.enc.Spliced(patch, groups, threads, "file:"+keys, "file:"+small), Stdin: in,
				OnTime: func(t time.Duration) { u.track.move(u.task("encode", s), t.Seconds()/whole) }, What: whatSlide})
		})
		if err != nil {
			cancel(err)
		}
		_ = in.CloseWithError(errUnread) // who feeds it must not be left waiting
		done <- err
	}()
	err := guard(func() error { return feed(reader, canvas, groups, out) })
	_ = out.CloseWithError(err)
	runErr := <-done
	// The clip's own failure is why the encoder had too little to read; an encoder's is why the feeder could not go on.
	if own := reader.finish(ctx, err == nil && runErr == nil); own != nil && !errors.Is(own, errUnread) {
		return own
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return errors.Join(err, runErr)
}

// feed gives the encoders the composed frames of a slide's body, as [compose.Encoding.Spliced] takes them.
func feed(reader *clipReader, canvas *compose.Canvas, groups []int64, to io.Writer) error {
	for _, n := range groups {
		for i := range n {
			region, err := reader.picture()
			if err != nil {
				return noEOF(err)
			}
			if i > 0 {
				canvas.PutPart(region)
				if _, err := to.Write(canvas.Part); err != nil {
					return err
				}
				continue
			}
			canvas.PutWhole(region)
			for k := range canvas.Tiles() {
				if _, err := to.Write(canvas.Tile(k)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (u *run) splicer(keys, small string, patch compose.Patch) (p *h264.Splicer, err error) {
	err = between(keys, small, func(keys, small *h264.Pictures) error {
		var sets [2]h264.Sets
		for i, pics := range [2]*h264.Pictures{keys, small} {
			if _, err := pics.Units(); err != nil {
				return noEOF(err)
			}
			if sets[i], err = h264.ParseSets(pics.Sets()); err != nil {
				return err
			}
		}
		if p, err = h264.NewSplicer(sets[0], sets[1], patch.Place()); err != nil {
			return err
		}
		if most := sets[0].MaxSlices(u.enc.Rate); most > 0 && p.Slices() > most {
			return fmt.Errorf("%w: %d slices in a picture, where the level has %d", h264.ErrUnsupported, p.Slices(), most)
		}
		return nil
	})
	return p, err
}

// proved reads where every picture of the patch is predicted from.
func proved(splicer *h264.Splicer, small string) error {
	in, err := os.Open(small)
	if err != nil {
		return err
	}
	defer in.Close()
	leaks, err := splicer.Leaks(h264.NewPictures(in))
	if err != nil {
		return broken(whatSlide, err)
	}
	if leaks {
		return errLeaks
	}
	return nil
}

// between opens the pictures of two streams.
func between(keys, small string, do func(keys, small *h264.Pictures) error) error {
	a, err := os.Open(keys)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := os.Open(small)
	if err != nil {
		return err
	}
	defer b.Close()
	return broken(whatSlide, do(h264.NewPictures(a), h264.NewPictures(b)))
}

// animation begins a slide's clip.
func (u *run) animation(ctx context.Context, s *slide, req lectern.ClipRequest) (lectern.Clip, error) {
	clip, err := func() (lectern.Clip, error) {
		if s.takes != nil {
			return u.shown(ctx, s, req)
		}
		return u.Avatars.Animate(ctx, u.deck.Avatar, req)
	}()
	return clip, orElse(err, lectern.CodeAvatarFailed, "The avatar could not be animated.")
}

// newReader composes the frames of a clip over a slide. Its frames have to be stopped.
func (s *slide) newReader(clip lectern.Clip, img *image.RGBA, out io.WriterAt) *clipReader {
	return &clipReader{frames: drawAhead(clip, s.window.At, s.slot.Frames), region: s.window.NewRegion(img),
		total: s.slot.Frames, in: s.in, out: s.out, aside: out}
}
