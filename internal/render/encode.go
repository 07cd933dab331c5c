package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"lectern"
	"lectern/internal/contentkey"
	"lectern/internal/encode"
	"lectern/internal/fail"
	"lectern/internal/h264"
)

// encoder encodes slides.
type encoder struct {
	*steps
	*outline
	coder
	yuv     yuvFiles
	avatars Avatars
	takes   *performer
	placed  <-chan struct{} // closed when the windows of the slides are final
}

// encode makes a slide's segment.
func (u *encoder) encode(ctx context.Context, s *slide) error {
	if err := await(ctx, s.narrated); err != nil {
		return err
	}
	if err := await(ctx, s.captured); err != nil {
		return err
	}
	if err := await(ctx, u.placed); err != nil {
		return err
	}
	for _, p := range s.parts {
		defer u.yuv.dropYUV(p.view)
	}
	if s.window != nil {
		key, make, err := u.avatar(ctx, s)
		if err != nil {
			return fail.On(ctx, err, s.number)
		}
		s.key = key // that of the thumbnail, which is made together with the segment, depends on it
		if s.segment, err = u.segment(ctx, s, key, make); err != nil {
			return err
		}
	} else {
		for _, p := range s.parts {
			key, make := u.still(ctx, s, p.view)
			s.key = key
			var err error
			if p.segment, err = u.segment(ctx, s, key, make); err != nil {
				return err
			}
		}
		s.segment = s.side(true).segment
	}
	u.track.move(taskOf("encode", s), 1)
	u.track.slideDone(s.number)
	close(s.encoded)
	return nil
}

// segment returns a segment of a slide, from the cache or by make. A damaged one is made again.
func (u *encoder) segment(ctx context.Context, s *slide, key string, make maker) (segment, error) {
	var err error
	for _, salt := range salts {
		u.track.say(lectern.StageEncoding, fmt.Sprintf("Encoding %s.", u.of(s)))
		var f file
		var g segment
		f, err = u.step(ctx, lectern.StepEncode, s.number, key+salt, ".segment", func(path string) error {
			n := u.resources.share(len(u.slides))
			return u.resources.encoders.Do(ctx, n, func() error {
				err := make(path, n)
				if err == nil {
					g, err = u.segmentOf(s, path, (*segment).seal)
				}
				return err
			})
		})
		if err != nil {
			return g, err
		}
		if g.path == "" { // the file was in the cache
			g, err = u.segmentOf(s, f.path, (*segment).open)
		}
		if err == nil {
			g.file = f
			return g, nil
		}
	}
	return segment{}, fail.On(ctx, err, s.number)
}

// segmentOf returns the segment of a slide that is in the file path. know fills in its index: it is (*segment).seal
// for a new file, and (*segment).open for one of the cache.
func (u *encoder) segmentOf(s *slide, path string, know func(*segment, int64) error) (segment, error) {
	g := segment{file: file{path: path}, loop: s.window == nil}
	want := int64(u.enc.GOP())
	if s.window != nil {
		g.Offset = (s.in + s.out) * regionBytes(s.window.At)
		want = s.slot.Body()
	}
	return g, broken(whatSlide, know(&g, want))
}

func regionBytes(at lectern.Rect) int64 { return int64(at.Width) * int64(at.Height) * 3 / 2 }

// maker writes a step's output to path with up to threads threads.
type maker func(path string, threads int) error

// still returns the key and the maker of the segment of a view of a slide without an avatar: one group of pictures.
func (u *encoder) still(ctx context.Context, s *slide, v *view) (string, maker) {
	key := stillKey(v.picture.key, u.enc.Fingerprint(), u.enc.Size, u.enc.Rate, u.version)
	return key, func(path string, threads int) error {
		background, err := u.yuv.yuvOf(s, v, nil)
		if err != nil {
			return err
		}
		if u.enc.Encoder != encode.Software {
			return u.ffmpeg(ctx, Command{Args: u.enc.Standing(background, threads, "file:"+path),
				OnFrame: u.frames(taskOf("encode", s), int64(u.enc.GOP())), What: whatSlide})
		}
		one := path + ".key"
		defer os.Remove(one)
		err = u.ffmpeg(ctx, Command{Args: u.enc.Still(background, threads, "file:"+one), What: whatSlide})
		if err != nil {
			return err
		}
		return u.stand(one, path)
	}
}

// stand writes to path a group of pictures that shows the picture in the file key. It does so without encoding.
func (u *encoder) stand(key, path string) error {
	in, err := os.Open(key)
	if err != nil {
		return err
	}
	defer in.Close()
	pics := h264.NewPictures(in)
	units, err := pics.Units()
	if err != nil {
		return broken(whatSlide, noEOF(err))
	}
	sets, err := h264.ParseSets(pics.Sets())
	if err != nil {
		return broken(whatSlide, err)
	}
	return writeFile(path, func(w *bufio.Writer) error { return h264.Still(w, sets, units, int64(u.enc.GOP())) })
}

// avatar returns the key and the maker of the segment of a slide with an avatar.
func (u *encoder) avatar(ctx context.Context, s *slide) (string, maker, error) {
	d := u.deck.Slides[s.index]
	req := lectern.ClipRequest{
		Text: s.script.Text, Lead: s.slot.Lead, Frames: int(s.slot.Frames), FrameRate: u.deck.FrameRate,
		Size:     lectern.Size{Width: s.window.At.Width, Height: s.window.At.Height},
		Backdrop: u.backdrop(s.index), Look: u.look(s.index),
	}
	seed, err := strconv.ParseUint(contentkey.Digest([]byte(u.deck.Avatar + "\x00" + d.Narration))[:16], 16, 64)
	if err != nil {
		return "", nil, err
	}
	req.Seed = seed
	var steps []staged
	for _, p := range s.parts[:len(s.parts)-1] {
		steps = append(steps, staged{p.picture.key, p.from})
	}
	if len(steps) > 0 {
		steps = append(steps, staged{From: s.parts[len(s.parts)-1].from})
	}
	key := avatarKey(s.own().picture.key, s.narration.key, stage{Avatar: u.deck.Avatar,
		Fingerprint: u.avatars.Fingerprint(u.deck.Avatar),
		Request:     req, Window: s.window, In: s.in, Out: s.out, Steps: steps}, u.enc.Fingerprint(), u.enc.Size,
		u.enc.Rate, u.version)
	return key, func(path string, threads int) error {
		if s.narration.path != "" && s.takes == nil {
			n, err := s.narration.load()
			if err != nil {
				return err
			}
			req.Narration = n
		}
		return u.present(ctx, s, req, path, threads)
	}, nil
}

// present animates and encodes a slide: if possible only the part of the picture in which the avatar moves, else whole
// pictures.
func (u *encoder) present(ctx context.Context, s *slide, req lectern.ClipRequest, path string,
	threads int) (err error) {
	first, err := u.yuv.layerOf(s, s.parts[0].view)
	if err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := out.Close(); err == nil {
			err = cerr
		}
	}()
	if s.in > 0 || s.out > 0 && len(s.parts) == 1 { // transitions need this file, however the slide is encoded
		if _, err := u.yuv.yuvOf(s, s.parts[0].view, first.yuv); err != nil {
			return err
		}
	}
	head := (s.in + s.out) * regionBytes(s.window.At)
	if patch, ok := u.enc.Patch(s.window.At); ok && s.slot.Body() > 1 {
		for {
			err := u.animated(ctx, s, req, first, out, func(reader *clipReader) error {
				return u.splice(ctx, s, reader, patch, out, head, threads)
			})
			if !errors.Is(err, errLeaks) && !errors.Is(err, h264.ErrUnsupported) {
				return err
			}
			if err := out.Truncate(0); err != nil {
				return err
			}
			if patch.Calm || !errors.Is(err, errLeaks) {
				break
			}
			patch.Calm = true
		}
	}
	if _, err := out.Seek(head, io.SeekStart); err != nil {
		return err
	}
	return u.animated(ctx, s, req, first, out, func(reader *clipReader) error {
		return u.whole(ctx, s, reader, first, out, threads)
	})
}

// animated calls do with a reader of a new clip of the slide.
func (u *encoder) animated(ctx context.Context, s *slide, req lectern.ClipRequest, first layer, out *os.File,
	do func(*clipReader) error) error {
	drawing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clip, err := u.animation(drawing, s, req)
	if err != nil {
		return err
	}
	defer clip.Close()
	reader := s.newReader(clip, u.yuv.newScene(s, first), out)
	defer reader.frames.stop(cancel)
	return do(reader)
}

// whole encodes the whole pictures of a slide, each of its parts in one stream. The avatar's frames are drawn while the
// encoder reads.
func (u *encoder) whole(ctx context.Context, s *slide, reader *clipReader, first layer, out io.Writer,
	threads int) error {
	progress := u.frames(taskOf("encode", s), s.slot.Body())
	for k, p := range s.parts {
		yuv := first.yuv
		if k > 0 {
			yuv = nil
		}
		background, err := u.yuv.yuvOf(s, p.view, yuv)
		if err != nil {
			return err
		}
		reader.limit(s, k)
		before := int(reader.composed())
		if err := reader.fed(ctx, u.ffmpeg(ctx, Command{
			Args:  u.enc.Avatar(background, s.window.At, s.frames(k), threads, "pipe:1"),
			Stdin: &pieces{next: reader.picture}, Stdout: out,
			OnFrame: func(n int) { progress(before + n) }, What: whatSlide,
		})); err != nil {
			return err
		}
	}
	return nil
}

// limit makes picture return io.EOF at the end of part k of the slide.
func (c *clipReader) limit(s *slide, k int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = max(s.parts[k].from, s.in) + s.frames(k)
}

// composed returns how many frames of the body are composed.
func (c *clipReader) composed() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.done-c.in, 0)
}

// fed finishes a part of the reader after its encoder has ended with the error encoded. It returns what went wrong
// first, or nil.
func (c *clipReader) fed(ctx context.Context, encoded error) error {
	own := c.finish(ctx, encoded == nil)
	// The clip's own failure is why the encoder had too little to read.
	if own != nil && !errors.Is(own, errUnread) {
		return own
	}
	if encoded != nil {
		return encoded
	}
	return broken(whatSlide, own)
}

// errUnread says that the encoder ended before it had read all frames.
var errUnread = errors.New("the encoder did not read all frames")

// clipReader gives an encoder the composed regions of a slide's body. It writes the regions before and after the body,
// which transitions need, to a file.
type clipReader struct {
	mu     sync.Mutex
	frames *ahead
	scene  *scene
	until  int64       // the frame at which picture returns io.EOF
	total  int64       // frames of the whole slide
	in     int64       // frames before the body
	out    int64       // frames after it
	aside  io.WriterAt // the file for transitions
	done   int64       // frames composed
	err    error
}

// picture returns the next composed region of the body, or io.EOF after the last. It is valid until the next call.
func (c *clipReader) picture() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.err != nil {
			return nil, c.err
		}
		if c.done >= c.until {
			return nil, io.EOF
		}
		var pixels []byte
		body := c.done >= c.in
		if pixels, c.err = c.next(); c.err == nil && body {
			return pixels, nil
		}
	}
}

// next composes the next frame, and writes it to the file for transitions if it belongs to one.
func (c *clipReader) next() (pixels []byte, err error) {
	err = fail.Guard(func() error {
		frame, err := c.frames.next()
		if err == io.EOF {
			return lectern.Fail(lectern.CodeAvatarFailed, "The avatar's video has %d frames where %d are needed. "+
				"Try again; if that does not help, choose another avatar.",
				c.done, c.total)
		}
		if err != nil {
			return fail.Else(err, lectern.CodeAvatarFailed, "The avatar could not be animated.")
		}
		if pixels, err = c.scene.compose(c.done, frame); err != nil {
			return err
		}
		c.frames.spare <- frame
		n := c.done
		c.done++
		switch size := int64(len(pixels)); {
		case n < c.in:
			_, err = c.aside.WriteAt(pixels, n*size)
		case n >= c.total-c.out:
			_, err = c.aside.WriteAt(pixels, (n-(c.total-c.out)+c.in)*size)
		}
		return err
	})
	return pixels, err
}

// finish returns the reader's first failure. With more, after a success of the encoder of the last part, it composes
// the frames after the body first. Afterwards picture returns an error.
func (c *clipReader) finish(ctx context.Context, more bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && more && c.done < c.until {
		c.err = errUnread
	}
	if c.err == nil && more && c.until < c.total-c.out {
		return nil // another part follows
	}
	for more && c.err == nil && c.done < c.total {
		if ctx.Err() != nil {
			c.err = context.Cause(ctx)
			break
		}
		_, c.err = c.next()
	}
	err := c.err
	if err == nil {
		c.err = io.ErrClosedPipe
	}
	return err
}
