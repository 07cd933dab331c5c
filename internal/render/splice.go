package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lectern"
	"lectern/internal/encode"
	"lectern/internal/fail"
	"lectern/internal/h264"
	"lectern/internal/picture"
)

// errLeaks says that a patch would decode to other pictures once it is spliced (see [h264.Leaks]).
var errLeaks = errors.New("the avatar's pictures read beyond their border")

// splice animates a slide and encodes only the part of the picture in which the avatar moves: see [h264.Splicer]. It
// writes the stream to out at head, after the regions of transitions. errLeaks and h264.ErrUnsupported say that this
// patch cannot be spliced.
func (u *encoder) splice(ctx context.Context, s *slide, reader *clipReader, patch encode.Patch, out *os.File,
	head int64, threads int) error {
	if _, err := out.Seek(head, io.SeekStart); err != nil {
		return err
	}
	for k := range s.parts {
		if err := u.splicePart(ctx, s, k, reader, patch, out, threads); err != nil {
			return err
		}
	}
	return nil
}

// splicePart writes part k of a slide.
func (u *encoder) splicePart(ctx context.Context, s *slide, k int, reader *clipReader, patch encode.Patch,
	out *os.File, threads int) error {
	reader.limit(s, k)
	dir, err := os.MkdirTemp(u.job.Scratch, fmt.Sprintf("splice-%d-", s.number))
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	keys, small := filepath.Join(dir, "keys.h264"), filepath.Join(dir, "patch.h264")
	groups := u.enc.Groups(s.frames(k))
	feed := &feeder{reader: reader, patch: patch, groups: groups}
	thumb, keep := u.thumbOf(s, k, dir)
	if err := u.encodeParts(ctx, s, feed, patch, u.enc.Spliced(patch, groups, threads, "file:"+keys, "pipe:1", thumb),
		small); err != nil {
		return err
	}
	if err := keep(ctx); err != nil {
		return err
	}
	splicer, err := u.splicer(keys, small, patch)
	if err != nil {
		return err
	}
	return between(keys, small, func(keys, small *h264.Pictures) error {
		return buffered(out, func(w *bufio.Writer) error { return splicer.Splice(w, keys, small, groups) })
	})
}

// encodeParts encodes the parts that a slide is spliced from, with the arguments from [encode.Encoding.Spliced]. It
// writes the patch to small and checks it for leaks meanwhile; a leak ends the encoder, and encodeParts returns
// errLeaks.
func (u *encoder) encodeParts(ctx context.Context, s *slide, feed *feeder, patch encode.Patch, args []string,
	small string) error {
	out, err := os.Create(small)
	if err != nil {
		return err
	}
	defer out.Close()
	proof := u.prove(patch)
	whole, before := float64(s.slot.Body())/float64(u.enc.Rate), float64(feed.reader.composed())/float64(u.enc.Rate)
	err = fail.Guard(func() error {
		return u.ffmpeg(ctx, Command{Args: args, Stdin: &pieces{next: feed.next}, Stdout: io.MultiWriter(out, proof),
			OnTime: func(t time.Duration) { u.track.move(taskOf("encode", s), (before+t.Seconds())/whole) }, What: whatSlide})
	})
	found, stopped := proof.end(err)
	if err := feed.reader.fed(ctx, err); err != nil && !stopped {
		return err
	}
	return found
}

// prover checks the pictures of a patch that are written to it for leaks.
type prover struct {
	*io.PipeWriter
	found chan error
}

func (u *encoder) prove(patch encode.Patch) *prover {
	r, w := io.Pipe()
	p := &prover{w, make(chan error, 1)}
	across, down := u.enc.Macroblocks()
	go func() {
		err := fail.Guard(func() error {
			leaks, err := h264.Leaks(h264.NewPictures(r), patch.Place(), across, down)
			if leaks {
				err = errLeaks
			}
			return err
		})
		if err != nil && !errors.Is(err, errLeaks) {
			err = broken(whatSlide, err)
		}
		p.found <- err
		_ = r.CloseWithError(err) // makes the writer fail with it
	}()
	return p
}

// end returns what the prover has found, after the encoder has ended with the error encoded. stopped reports whether
// the prover had ended before.
func (p *prover) end(encoded error) (found error, stopped bool) {
	select {
	case found = <-p.found:
		return found, true
	default:
	}
	_ = p.CloseWithError(encoded)
	return <-p.found, false
}

// feeder gives the encoders the composed frames of a slide's body, as [encode.Encoding.Spliced] takes them.
type feeder struct {
	reader *clipReader
	patch  encode.Patch
	canvas *picture.Canvas // of the view that is shown; nil: no picture was read yet
	groups []int64
	group  int
	done   int64 // pictures of the group
	tile   int   // the next tile of a whole picture; 0: none is left
}

func (f *feeder) next() ([]byte, error) {
	if f.tile > 0 {
		return f.nextTile(), nil
	}
	if f.group == len(f.groups) {
		return nil, io.EOF
	}
	region, err := f.reader.picture()
	if err != nil {
		return nil, noEOF(err)
	}
	if f.canvas == nil {
		f.canvas = picture.NewCanvas(f.reader.scene.layer.yuv, f.patch.At, f.patch.Window)
	}
	first := f.done == 0
	if f.done++; f.done == f.groups[f.group] {
		f.group, f.done = f.group+1, 0
	}
	if first {
		f.canvas.PutWhole(region)
		return f.nextTile(), nil
	}
	f.canvas.PutPart(region)
	return f.canvas.Part, nil
}

func (f *feeder) nextTile() []byte {
	t := f.canvas.Tile(f.tile)
	f.tile = (f.tile + 1) % f.canvas.Tiles()
	return t
}

func (u *encoder) splicer(keys, small string, patch encode.Patch) (p *h264.Splicer, err error) {
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
			return fmt.Errorf("%w: %d slices in a picture, where the level has %d", h264.ErrUnsupported, p.Slices(),
				most)
		}
		return nil
	})
	return p, err
}

// between calls do with the pictures of two streams.
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

// animation begins the clip of a slide.
func (u *encoder) animation(ctx context.Context, s *slide, req lectern.ClipRequest) (lectern.Clip, error) {
	clip, err := func() (lectern.Clip, error) {
		if s.takes != nil {
			return u.takes.shown(ctx, s, req)
		}
		return u.avatars.Animate(ctx, u.deck.Avatar, req)
	}()
	return clip, fail.Else(err, lectern.CodeAvatarFailed, "The avatar could not be animated.")
}

// newReader returns a reader that composes the frames of a clip with a slide. The caller must stop its frames.
func (s *slide) newReader(clip lectern.Clip, behind *scene, out io.WriterAt) *clipReader {
	return &clipReader{frames: drawAhead(clip, s.window.At, s.slot.Frames), scene: behind,
		total: s.slot.Frames, in: s.in, out: s.out, until: s.slot.Frames - s.out, aside: out}
}
