package render

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"
	"unicode/utf8"

	"lectern"
	"lectern/internal/avatar/footage"
	"lectern/internal/contentkey"
	"lectern/internal/fail"
	"lectern/internal/timeline"
)

// takes are the parts of a slide's narration that its avatar speaks itself.
type takes struct {
	texts  []string
	parts  []file
	mu     sync.Mutex
	shares []float64     // of each part that is done, 0 to 1
	left   int           // parts that are not made yet
	done   chan struct{} // closed when all are made
}

// performer makes the takes of avatars that speak themselves.
type performer struct {
	*steps
	*outline
	coder
	avatars Avatars
	align   func(text string, samples []int16) []lectern.Span // nil: narrations have no words
}

// order divides the narrations into takes and returns the work of making them, slide after slide.
func (u *performer) order(ctx context.Context) ([]func(context.Context) error, error) {
	if !u.performed {
		return nil, nil
	}
	var jobs []func(context.Context) error
	for _, s := range u.slides {
		text := s.script.Text
		if s.script.Silent() || u.plays(s.index) {
			continue
		}
		parts, err := u.avatars.Parts(ctx, u.deck.Avatar, text)
		if err == nil && len(parts) == 0 {
			err = lectern.Fail(lectern.CodeAvatarFailed, "The avatar finds nothing to say in the narration. "+
				"Write words that it can speak.")
		}
		if err != nil {
			return nil, fail.On(ctx, fail.Else(err, lectern.CodeAvatarFailed,
				"The narration could not be divided for the avatar."), s.number)
		}
		s.takes = &takes{texts: parts, parts: make([]file, len(parts)), shares: make([]float64, len(parts)),
			left: len(parts), done: make(chan struct{})}
		u.track.plan(taskOf("animate", s), 4+weighTake*u.guess[s.index].Seconds())
		for k := range parts {
			jobs = append(jobs, func(ctx context.Context) error {
				return fail.GuardOn(s.number, func() error { return u.take(ctx, s, k) })
			})
		}
	}
	return jobs, nil
}

// take makes part k of a slide, unless it is in the cache.
func (u *performer) take(ctx context.Context, s *slide, k int) error {
	t := s.takes
	voice := u.deck.Slides[s.index].Voice
	if c := u.deck.VoiceOf(s.index); c.Engine+c.ID+c.Language != "" || c.Gender != "" {
		voice = c
	}
	key := takeKey(u.deck.Avatar, u.avatars.Fingerprint(u.deck.Avatar), t.texts[k], voice, u.behind(s))
	u.track.say(lectern.StageAnimating, fmt.Sprintf("Waiting for the avatar of %s.", u.of(s)))
	f, err := u.step(ctx, lectern.StepAnimate, s.number, key, takeEnding, func(path string) error {
		err := u.avatars.Perform(watched(ctx, u.track, u.of(s)), u.deck.Avatar, lectern.TakeRequest{
			Text: t.texts[k], Voice: voice, Key: key, Presentation: u.job.ID, Attempt: u.job.Attempt, Slide: s.number, Part: k,
			Orders: u.job.Orders, Background: u.behind(s), Progress: func(share float64) { u.taken(s, k, share) },
		}, path)
		return fail.Else(err, lectern.CodeAvatarFailed, "The avatar could not be rendered.")
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

// behind returns the colour of the background in takes of an avatar that is shown with it; "" for one that is cut out.
func (u *performer) behind(s *slide) string {
	if u.deck.KeysAvatar() {
		return ""
	}
	return cmp.Or(u.backdrop(s.index).Top, u.theme.Backdrop.Top, plainBackground)
}

// plainBackground is the background for themes that have none.
const plainBackground = "#ffffff"

// taken sets how much of part k is done, and shows the progress of the slide's takes. Each counts by the length of its
// text.
func (u *performer) taken(s *slide, k int, share float64) {
	t := s.takes
	t.mu.Lock()
	t.shares[k] = max(t.shares[k], share)
	sum, whole := 0.0, 0.0
	for i, text := range t.texts {
		n := float64(utf8.RuneCountInString(text))
		sum, whole = sum+n*t.shares[i], whole+n
	}
	t.mu.Unlock()
	u.track.move(taskOf("animate", s), sum/max(whole, 1))
}

// narration returns a slide's narration, made from the sound of its takes. Each take lasts a whole number of frames, so
// that lips and sound stay together however many parts there are.
func (u *performer) narration(ctx context.Context, s *slide) (narration, error) {
	if err := await(ctx, s.takes.done); err != nil {
		return narration{}, err
	}
	var keys []string
	for _, p := range s.takes.parts {
		keys = append(keys, p.key)
	}
	c := u.deck.VoiceOf(s.index)
	engine, _, err := u.avatars.Resolve(ctx, u.deck.Avatar)
	if err != nil {
		return narration{}, fail.On(ctx, err, s.number)
	}
	voice := lectern.Voice{Engine: engine, ID: c.ID, Name: u.deck.Avatar, Language: c.Language, Gender: c.Gender}
	key := contentkey.Of(lectern.StepNarrate, "heard", keys, u.deck.FrameRate, u.version)
	return u.steps.narration(ctx, s.number, key, voice, func(path string) error { return u.decodeTakes(ctx, s, path) })
}

// decodeTakes decodes the sound of a slide's takes, finds the words in it, and writes the narration.
func (u *performer) decodeTakes(ctx context.Context, s *slide, path string) error {
	rate := timeline.Rate(u.deck.FrameRate)
	var all []int16
	var a alignment
	frames := int64(0)
	for k, p := range s.takes.parts {
		part, err := footage.Sound(ctx, decoder{u.coder}, p.path)
		if err != nil {
			return u.spoiled(ctx, p, err)
		}
		if u.align != nil {
			for _, w := range u.align(s.takes.texts[k], part) {
				a.Words = append(a.Words, lectern.Span{Text: w.Text, Start: w.Start + int64(len(all)),
					End: w.End + int64(len(all))})
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

// shown returns the clip of a slide whose takes are made, in time with the narration: cut out of the background, or
// shown with it.
func (u *performer) shown(ctx context.Context, s *slide, req lectern.ClipRequest) (lectern.Clip, error) {
	n := s.narration // a copy: open sets fields of it, and others read it meanwhile
	a, err := n.open()
	if err != nil {
		return nil, err
	}
	if len(a.Takes) != len(s.takes.parts) {
		return nil, lectern.Fail(lectern.CodeInternal, "A narration in the cache was made from other takes.")
	}
	var films []footage.Film
	for i, p := range s.takes.parts {
		films = append(films, footage.Film{Path: p.path, Frames: a.Takes[i]})
	}
	play := footage.Play
	if !u.deck.KeysAvatar() {
		play = footage.PlayWhole
	}
	return &takeClip{play(ctx, decoder{u.coder}, req, films), u, ctx, s.takes.parts}, nil
}

// takeClip is a clip of takes. It removes a take that cannot be read from the cache.
type takeClip struct {
	*footage.Clip
	u     *performer
	ctx   context.Context
	parts []file
}

// Next implements lectern.Clip.
func (c *takeClip) Next(dst *image.RGBA) error {
	err := c.Clip.Next(dst)
	if x, ok := errors.AsType[*footage.Unreadable](err); ok {
		return c.u.spoiled(c.ctx, c.parts[x.Film], broken(whatTake, x.Err))
	}
	return err
}

// decoder decodes films with ffmpeg.
type decoder struct{ coder }

// Decode implements footage.Decoder.
func (d decoder) Decode(ctx context.Context, what string, args []string, out io.Writer) error {
	return fail.Guard(func() error {
		return d.ffmpeg(ctx, Command{Args: args, Stdout: out, What: what})
	})
}

// spoiled returns the failure of a take that was good when it was made and cannot be read now. It removes the take
// from the cache, so that the next attempt fetches it from the service again, where it is already paid for.
func (u *performer) spoiled(ctx context.Context, take file, err error) error {
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

// takeEnding ends the name of a take's file in the cache. It distinguishes takes from finished videos.
const takeEnding = ".take.mp4"
