package render

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"
	"unicode/utf8"

	"lectern"
	"lectern/internal/compose"
	"lectern/internal/timeline"
)

// takes are the parts of a slide that its avatar says itself.
type takes struct {
	texts  []string
	parts  []file
	mu     sync.Mutex
	shares []float64
	left   int           // parts that are not there yet
	done   chan struct{} // closed when all are there
}

// performers are the avatars, where the one that code names speaks itself.
func (p *Pipeline) performers(ctx context.Context, code string) (Performers, bool) {
	f, ok := p.Avatars.(Performers)
	return f, ok && code != "" && f.Performs(ctx, code)
}

// order divides what is said into takes and lists the work of having them made, slide after slide.
func (u *run) order(ctx context.Context) ([]func(context.Context) error, error) {
	if u.stars == nil {
		return nil, nil
	}
	var jobs []func(context.Context) error
	for _, s := range u.slides {
		text := s.script.Text
		if s.script.Silent() {
			continue
		}
		parts, err := u.stars.Parts(ctx, u.deck.Avatar, text)
		if err == nil && len(parts) == 0 {
			err = lectern.Fail(lectern.CodeAvatarFailed, "The avatar has nothing to say.")
		}
		if err != nil {
			return nil, u.failed(ctx, orElse(err, lectern.CodeAvatarFailed, "The avatar could not be asked."), s.number)
		}
		s.takes = &takes{texts: parts, parts: make([]file, len(parts)), shares: make([]float64, len(parts)), left: len(parts), done: make(chan struct{})}
		u.track.plan(u.task("animate", s), 4+weighTake*u.guess[s.index].Seconds())
		for k := range parts {
			jobs = append(jobs, func(ctx context.Context) error { return guardOn(s.number, func() error { return u.take(ctx, s, k) }) })
		}
	}
	return jobs, nil
}

// take has one part made, unless it lies in the cache.
func (u *run) take(ctx context.Context, s *slide, k int) error {
	t := s.takes
	voice := u.deck.Slides[s.index].Voice
	if c := choice(u.deck, s.index); c.Engine+c.ID+c.Language != "" || c.Gender != "" {
		voice = c
	}
	key := takeKey(u.deck.Avatar, u.Avatars.Fingerprint(u.deck.Avatar), t.texts[k], voice)
	u.track.say(lectern.StageAnimating, fmt.Sprintf("Waiting for the avatar of %s.", u.of(s)))
	f, err := u.step(ctx, lectern.StepAnimate, s.number, key, takeEnding, func(path string) error {
		return with(ctx, u.Resources.avatars, 1, func() error {
			err := u.stars.Perform(ctx, u.deck.Avatar, lectern.TakeRequest{
				Text: t.texts[k], Voice: voice, Key: key, Presentation: u.job.ID, Attempt: u.job.Attempt, Slide: s.number, Part: k,
				Orders: u.job.Orders, Progress: func(share float64) { u.taken(s, k, share) },
			}, path)
			return orElse(err, lectern.CodeAvatarFailed, "The avatar could not be rendered.")
		})
	})
	if err != nil {
		return err
	}
	u.taken(s, k, 1)
	t.mu.Lock()
	t.parts[k] = f
	t.left--
	last := t.left == 0
	t.mu.Unlock()
	if last {
		close(t.done)
	}
	return nil
}

// taken shows how far a slide's takes are: each counts for as much as it says.
func (u *run) taken(s *slide, k int, share float64) {
	t := s.takes
	t.mu.Lock()
	t.shares[k] = max(t.shares[k], share)
	sum, whole := 0.0, 0.0
	for i, text := range t.texts {
		n := float64(utf8.RuneCountInString(text))
		sum, whole = sum+n*t.shares[i], whole+n
	}
	t.mu.Unlock()
	u.track.move(u.task("animate", s), sum/max(whole, 1))
}

// heard makes a slide's narration of the sound of its takes. Each lasts a whole number of frames, so that lips and sound stay
// together however many parts there are.
func (u *run) heard(ctx context.Context, s *slide) (narration, error) {
	if err := await(ctx, s.takes.done); err != nil {
		return narration{}, err
	}
	var keys []string
	for _, p := range s.takes.parts {
		keys = append(keys, p.key)
	}
	c := choice(u.deck, s.index)
	engine, _, err := u.Avatars.Resolve(ctx, u.deck.Avatar)
	if err != nil {
		return narration{}, u.failed(ctx, err, s.number)
	}
	voice := lectern.Voice{Engine: engine, ID: c.ID, Name: u.deck.Avatar, Language: c.Language, Gender: c.Gender}
	key := contentKey(lectern.StepNarrate, "heard", keys, u.deck.FrameRate, u.version)
	for _, salt := range salts {
		f, err := u.step(ctx, lectern.StepNarrate, s.number, key+salt, ".narration", func(path string) error { return u.listen(ctx, s, path) })
		if err != nil {
			return narration{}, err
		}
		n := narration{file: f, voice: voice}
		if _, err = n.open(); err == nil {
			return n, nil
		}
		if salt == salts[len(salts)-1] {
			return narration{}, u.failed(ctx, orElse(err, lectern.CodeInternal, "A narration in the cache cannot be read."), s.number)
		}
	}
	panic("unreachable")
}

// listen decodes the sound of a slide's takes, finds the words in it, and writes the narration.
func (u *run) listen(ctx context.Context, s *slide, path string) error {
	rate := timeline.Rate(u.deck.FrameRate)
	var all []int16
	var a alignment
	frames := int64(0)
	for k, p := range s.takes.parts {
		var pcm bytes.Buffer
		if err := u.ffmpeg(ctx, Command{Args: compose.TakeSound(p.path), Stdout: &pcm, What: whatTakeSound}); err != nil {
			return u.spoiled(ctx, p, err)
		}
		part := make([]int16, pcm.Len()/2)
		if _, err := binary.Decode(pcm.Bytes(), binary.LittleEndian, part); err != nil {
			return err
		}
		if len(part) == 0 {
			return u.spoiled(ctx, p, lectern.Fail(lectern.CodeAvatarFailed, "The avatar's video has no sound."))
		}
		if u.Align != nil {
			for _, w := range u.Align(s.takes.texts[k], part) {
				a.Words = append(a.Words, lectern.Span{Text: w.Text, Start: w.Start + int64(len(all)), End: w.End + int64(len(all))})
			}
		}
		n := rate.Frames(int64(len(part)))
		frames += n
		a.Takes = append(a.Takes, n)
		all = append(all, part...)
		all = append(all, make([]int16, rate.Sample(frames)-int64(len(all)))...)
	}
	return writeNarration(path, all, a)
}

// shown is the clip of a slide whose takes are there: keyed, in its window, in time with the narration.
func (u *run) shown(ctx context.Context, s *slide, req lectern.ClipRequest) (lectern.Clip, error) {
	n := s.narration // others read it meanwhile
	a, err := n.open()
	if err != nil {
		return nil, err
	}
	if len(a.Takes) != len(s.takes.parts) {
		return nil, lectern.Fail(lectern.CodeInternal, "A narration in the cache is of other takes.")
	}
	var reels []reel
	for i, p := range s.takes.parts {
		reels = append(reels, reel{p, a.Takes[i]})
	}
	return u.screen(ctx, req, reels), nil
}

// spoiled is the failure of a take that was good when it came and cannot be read now. It goes from the cache, so that the
// next attempt has it from the service again, where it is paid for already.
func (u *run) spoiled(ctx context.Context, take file, err error) error {
	if ctx.Err() != nil {
		return err
	}
	if e := u.cache.Drop(take.key + takeEnding); e != nil {
		return errors.Join(err, e)
	}
	f := *lectern.AsFailure(err)
	f.Message += " The avatar's video was removed from the cache: try again, and it is fetched again."
	f.Retryable = true
	return &f
}

// takeEnding is that of a take's file in the cache, by which it is told from finished videos.
const takeEnding = ".take.mp4"

// screen shows reels as a clip.
func (u *run) screen(ctx context.Context, req lectern.ClipRequest, reels []reel) lectern.Clip {
	lead := (req.Lead*int64(req.FrameRate) + lectern.SampleRate/2) / lectern.SampleRate
	c := &takeClip{u: u, req: req, keyer: compose.NewKeyer(req.Size, req.Backdrop), parts: reels, hold: lead,
		rgb: make([]byte, 3*req.Size.Width*req.Size.Height)}
	if len(reels) > 1 {
		whole := image.Rect(0, 0, req.Size.Width, req.Size.Height)
		c.seen, c.old = image.NewRGBA(whole), image.NewRGBA(whole)
	}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	return c
}

// reel is one take and how many frames of it are shown.
type reel struct {
	take   file
	frames int64
}

// dissolve is how many frames of a take still show the end of the one before it: the presenter of another take stands a
// little elsewhere, and would jump there.
const dissolve = 6

// takeClip shows takes one after the other: the first picture during the lead, the last one during the tail.
type takeClip struct {
	u      *run
	ctx    context.Context
	cancel context.CancelCauseFunc
	req    lectern.ClipRequest
	keyer  *compose.Keyer
	parts  []reel
	hold   int64 // frames for which the present picture stays
	shown  int

	rgb  []byte
	have bool
	seen *image.RGBA // what was shown last
	old  *image.RGBA // the end of the take before, while it dissolves
	mix  int         // frames for which it still does
	take file        // the open one
	in   *bufio.Reader
	left int64 // frames of the open take
	done chan error
	pipe *io.PipeReader
}

var errClosed = fmt.Errorf("the clip is closed")

// Next implements lectern.Clip.
func (c *takeClip) Next(dst *image.RGBA) error {
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
	c.keyer.Key(c.rgb, dst)
	if c.mix > 0 {
		blend(dst, c.old, c.mix, dissolve+1)
		c.mix--
	}
	if len(c.parts) > 0 { // another take follows, into which this picture may dissolve
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

// turn reads the next picture; behind the last one that stays.
func (c *takeClip) turn() error {
	for c.left == 0 {
		if c.in != nil {
			if err := c.end(); err != nil {
				return err
			}
		}
		if len(c.parts) == 0 {
			return nil
		}
		if c.have {
			copy(c.old.Pix, c.seen.Pix)
			c.mix = dissolve
		}
		c.begin(c.parts[0])
		c.parts = c.parts[1:]
	}
	if _, err := io.ReadFull(c.in, c.rgb); err != nil {
		why := c.end()
		if why == nil {
			why = broken(whatTakeVideo, fmt.Errorf("it ended %d pictures early: %w", c.left, noEOF(err)))
		}
		return c.u.spoiled(c.ctx, c.take, why)
	}
	c.left--
	if !c.have { // the first picture stands through the lead and for its own time
		c.have = true
		c.hold++
	}
	return nil
}

func (c *takeClip) begin(r reel) {
	var w *io.PipeWriter
	c.pipe, w = io.Pipe()
	c.take, c.in, c.left, c.done = r.take, bufio.NewReaderSize(c.pipe, 256<<10), r.frames, make(chan error, 1)
	done := c.done
	go func() {
		err := guard(func() error {
			return c.u.ffmpeg(c.ctx, Command{Args: compose.TakeFrames(r.take.path, c.req.Size, c.req.FrameRate, r.frames), Stdout: w,
				What: whatTakeVideo})
		})
		_ = w.CloseWithError(err)
		done <- err
	}()
}

// end waits for the open take's decoder.
func (c *takeClip) end() error {
	err := <-c.done
	c.in, c.done = nil, nil
	return err
}

// Close implements lectern.Clip.
func (c *takeClip) Close() error {
	c.cancel(errClosed)
	if c.done != nil {
		_ = c.pipe.Close()
		_ = c.end()
	}
	return nil
}
