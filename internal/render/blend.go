package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"lectern"
	"lectern/internal/encode"
	"lectern/internal/fail"
	"lectern/internal/picture"
)

// blender encodes transitions.
type blender struct {
	*steps
	*outline
	coder
	yuv yuvFiles
}

// side returns what one side of a transition shows: the last frames of the leaving slide, or the first frames of the
// coming one.
func (u *blender) side(s *slide, leaving bool) (encode.Side, error) {
	background, err := u.yuv.yuvOf(s, s.side(leaving), nil)
	if err != nil || s.window == nil {
		return encode.Side{Background: background}, err
	}
	size := regionBytes(s.window.At)
	from, to := int64(0), s.in*size
	if leaving {
		from, to = to, to+s.out*size
	}
	return encode.Side{Background: background, At: s.window.At,
		Region: fmt.Sprintf("subfile,,start,%d,end,%d,,:file:%s", from, to, s.segment.path)}, nil
}

// transition encodes the transition from a to b, once both are encoded.
func (u *blender) transition(ctx context.Context, a, b *slide) error {
	for _, s := range [2]*slide{a, b} {
		if err := await(ctx, s.encoded); err != nil {
			return err
		}
	}
	defer u.yuv.dropYUV(a.side(true))
	defer u.yuv.dropYUV(b.side(false))
	kind, frames := u.deck.Transitions[a.index].Type, b.in
	key := transitionKey(kind, frames, a.sideKey(true), b.sideKey(false), u.enc.Fingerprint(), u.enc.Size, u.enc.Rate,
		u.version)
	task := taskOf("transition", b)
	var err error
	for _, salt := range salts {
		u.track.say(lectern.StageEncoding, fmt.Sprintf("Blending slides %d and %d.", a.number, b.number))
		var f file
		f, err = u.step(ctx, lectern.StepTransition, b.number, key+salt, ".h264", func(path string) error {
			n := u.resources.share(len(u.slides))
			return u.resources.encoders.Do(ctx, n, func() error {
				if err := u.blend(ctx, a, b, kind, frames, path, n, u.frames(task, frames)); err != nil {
					return err
				}
				return broken(whatBlend, (&segment{file: file{path: path}}).seal(frames))
			})
		})
		if err != nil {
			return err
		}
		b.blend = segment{file: f}
		if err = broken(whatBlend, b.blend.open(frames)); err == nil {
			break
		}
	}
	if err != nil {
		return fail.On(ctx, err, b.number)
	}
	u.track.move(task, 1)
	return nil
}

func (u *blender) blend(ctx context.Context, a, b *slide, kind string, frames int64, path string, threads int,
	onFrame func(int)) error {
	if encode.IsFade(kind) {
		return u.fade(ctx, a, b, frames, path, threads, onFrame)
	}
	leaving, err := u.side(a, true)
	if err != nil {
		return err
	}
	coming, err := u.side(b, false)
	if err != nil {
		return err
	}
	return u.ffmpeg(ctx, Command{Args: u.enc.Transition(kind, leaving, coming, frames, threads, "file:"+path),
		OnFrame: onFrame, What: whatBlend})
}

// fade mixes the pictures of two slides without ffmpeg, which would convert each of them to another format and back:
// that takes longer than to encode it.
func (u *blender) fade(ctx context.Context, a, b *slide, frames int64, path string, threads int,
	onFrame func(int)) error {
	f := &fader{frames: frames, mixed: make([]byte, u.enc.PictureBytes())}
	in := &pieces{next: f.next}
	defer in.shut(f)
	for i, s := range [2]*slide{a, b} {
		if err := f.sides[i].open(u, s, i == 0); err != nil {
			return err
		}
	}
	return u.ffmpeg(ctx, Command{Args: u.enc.Faded(frames, threads, "file:"+path), Stdin: in, OnFrame: onFrame,
		What: whatBlend})
}

// fader gives an encoder the pictures of a fade.
type fader struct {
	sides  [2]fadeSide
	frames int64
	done   int64
	mixed  []byte
}

// fadeSide is one side of a fade: the slide as a raw picture, onto which the regions of its avatar are copied one after
// the other.
type fadeSide struct {
	picture []byte
	lay     func(region []byte) // copies a region into picture
	region  []byte
	file    *os.File // nil: there is no avatar
}

func (d *fadeSide) open(u *blender, s *slide, leaving bool) error {
	background, err := u.yuv.yuvOf(s, s.side(leaving), nil)
	if err != nil {
		return err
	}
	if d.picture, err = os.ReadFile(background); err != nil || s.window == nil {
		return err
	}
	at := s.window.At
	d.region = make([]byte, regionBytes(at))
	d.lay = func(region []byte) { picture.Put(u.enc.Size, at, d.picture, region) }
	if d.file, err = os.Open(s.segment.path); err != nil {
		return err
	}
	if leaving {
		_, err = d.file.Seek(s.in*regionBytes(at), io.SeekStart)
	}
	return err
}

// next copies the next region into the picture.
func (d *fadeSide) next() error {
	if d.file == nil {
		return nil
	}
	if _, err := io.ReadFull(d.file, d.region); err != nil {
		return fmt.Errorf("read the regions of a transition: %w", noEOF(err))
	}
	d.lay(d.region)
	return nil
}

// next returns the next picture, mixed from both sides, or io.EOF after the last. It is valid until the next call.
func (f *fader) next() ([]byte, error) {
	if f.done == f.frames {
		return nil, io.EOF
	}
	for i := range f.sides {
		if err := f.sides[i].next(); err != nil {
			return nil, err
		}
	}
	picture.Mix(f.mixed, f.sides[0].picture, f.sides[1].picture, float64(f.done)/float64(f.frames))
	f.done++
	return f.mixed, nil
}

// Close implements io.Closer.
func (f *fader) Close() error {
	var err error
	for _, side := range f.sides {
		if side.file != nil {
			err = errors.Join(err, side.file.Close())
		}
	}
	return err
}
