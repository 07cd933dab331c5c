package render

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"lectern"
	"lectern/internal/crashpoint"
	"lectern/internal/encode"
	"lectern/internal/picture"
	"lectern/internal/timeline"
)

// run is one run of one presentation.
type run struct {
	*Pipeline
	job        lectern.Job
	deck       lectern.Deck // settled
	report     lectern.Reporter
	cache      Cache
	track      *tracker
	enc        encode.Encoding
	rules      timeline.Rules
	theme      lectern.Theme
	slides     []*slide
	guess      []time.Duration // how long each slide may last before its narration is there
	version    string          // ffmpeg's
	performed  bool            // by an avatar that speaks itself
	background pageBackground
	// pictures are those that pages load, fetched and judged.
	pictures *gallery

	mu       sync.Mutex
	warnings []lectern.Warning
}

// slide is what a run knows about one slide. Fields behind a channel may be read once it is closed.
type slide struct {
	index  int // counted from 0
	number int // counted from 1
	title  string
	script lectern.Script
	breaks []int           // where words begin in the script's text; read once the run's first group is done
	window *picture.Window // nil: no avatar
	in     int64
	out    int64

	takes *takes // nil: spoken by a voice, or silent

	narrated  chan struct{}
	narration narration
	slot      timeline.Slot

	captured chan struct{}
	picture  capturedSlide

	key     string // of what it shows, once it is encoded or about to be
	encoded chan struct{}
	segment segment
	blend   segment // the transition that brings the slide

	yuv yuvFile
}

// Run renders a deck and publishes what it leaves. It gives the artifacts, or the first failure with the later ones as its
// causes; when ctx ends, the cause of that. It leaves nothing running. Files in j.Scratch are the caller's to remove.
func (p *Pipeline) Run(ctx context.Context, j lectern.Job, r lectern.Reporter) (artifacts []lectern.Artifact, err error) {
	cache, release := p.Cache()
	defer release()
	track := newTracker(r, p.Now)
	defer track.close()
	err = guard(func() error {
		track.plan("prepare", 0.2)
		track.say(lectern.StagePreparing, "Checking the deck.")
		deck, warnings, err := p.Check(ctx, j.Deck)
		if err != nil {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			return err
		}
		loaded, err := p.prefetch(ctx, deck, filepath.Join(j.Scratch, "pictures"))
		if err != nil {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			return err
		}
		u := p.newRun(ctx, j, deck, r, cache, track, encode.Software)
		u.pictures = loaded
		u.warn(warnings)
		if hardware := u.hardware(ctx); hardware != encode.Software {
			artifacts, err = p.newRun(ctx, j, deck, r, cache, track, hardware).after(u).do(ctx)
			if err == nil || !refused(ctx, err) {
				return err
			}
			u.warn([]lectern.Warning{{Code: "hardware_encoder", Message: fmt.Sprintf(
				"The encoder in hardware (%s) failed, so that libx264 encoded the video: %s", hardware, lectern.AsFailure(err).Message)}})
		}
		artifacts, err = u.do(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return artifacts, nil
}

// hardware gives the encoder in hardware with which to try first: where all pictures with an avatar have to go through an encoder
// whole, and one works here.
func (u *run) hardware(ctx context.Context) encode.Encoder {
	if !u.unspliced() || u.Encoder == nil {
		return encode.Software
	}
	return u.Encoder(ctx)
}

// refused reports whether a run failed since its pictures could not be encoded.
func refused(ctx context.Context, err error) bool {
	f, ok := errors.AsType[*lectern.Failure](err)
	return ok && ctx.Err() == nil && (f.Code == lectern.CodeEncodeFailed || f.Code == lectern.CodeTimeout)
}

func (p *Pipeline) newRun(ctx context.Context, j lectern.Job, d lectern.Deck, r lectern.Reporter, cache Cache, track *tracker, encoder encode.Encoder) *run {
	rate := timeline.Rate(d.FrameRate)
	u := &run{Pipeline: p, job: j, deck: d, report: r, cache: cache, track: track,
		enc:   encode.Encoding{Size: d.Size, Rate: d.FrameRate, Quality: d.Quality, Plain: p.Plain, Encoder: encoder},
		rules: timeline.DefaultRules(rate), version: p.FFmpeg.Version()}
	_, u.guess = d.Estimate()
	u.theme, _ = p.Library.Theme(d.Theme)
	u.performed = performs(ctx, p.Avatars, d.Avatar)
	for i := range d.Slides {
		s := &slide{index: i, number: i + 1, title: title(d.Slides[i], i), script: d.Slides[i].Script(), in: overlap(d, i-1), out: overlap(d, i),
			narrated: make(chan struct{}), captured: make(chan struct{}), encoded: make(chan struct{})}
		s.window = u.windowOf(i)
		s.yuv.uses = 1
		for _, n := range [2]int64{s.in, s.out} {
			if n > 0 {
				s.yuv.uses++
			}
		}
		u.slides = append(u.slides, s)
		u.planSlide(s, u.guess[i].Seconds())
	}
	track.plan("mux", 0.3+0.02*float64(len(u.slides)))
	track.plan("publish", 0.3+0.02*float64(len(u.slides)))
	u.planAudio()
	return u
}

// after returns u with the pictures that another run of the same presentation has loaded, and the warnings it has reported.
func (u *run) after(o *run) *run {
	u.pictures = o.pictures
	u.warnings = append(u.warnings, o.warnings...)
	return u
}

// unspliced reports whether all pictures with an avatar have to go through an encoder whole: then one in hardware is worth its while.
func (u *run) unspliced() bool {
	any := false
	for _, s := range u.slides {
		if s.window == nil {
			continue
		}
		if _, spliced := u.enc.Patch(s.window.At); spliced {
			return false
		}
		any = true
	}
	return any
}

// do runs the graph.
func (u *run) do(ctx context.Context) ([]lectern.Artifact, error) {
	u.track.move("prepare", 1)
	u.track.say(lectern.StagePreparing, fmt.Sprintf("Preparing %s.", count(len(u.slides), "slide")))
	takes, err := u.order(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, s := range u.slides {
			u.drawn(s) // where no encoder had a use for it
		}
	}()
	g := newGroup(ctx)
	n := len(u.slides)
	u.track.say(lectern.StageNarrating, fmt.Sprintf("Speaking %s.", count(n, "slide"))) // before the others can say more
	u.workers(g, u.Resources.slots.Voices, n, u.each(u.narrate))
	u.workers(g, u.Resources.slots.Tabs, n, u.each(u.capture))
	// External renders are ordered for all slides at once, and awaited while everything else goes on.
	u.workers(g, u.Resources.slots.Avatars, len(takes), func(ctx context.Context, i int) error { return takes[i](ctx) })
	g.do(u.segment)
	jobs := u.encodes()
	u.workers(g, u.Resources.slots.Encoders, len(jobs), func(ctx context.Context, i int) error { return jobs[i](ctx) })
	var (
		plan      timeline.Plan
		audio     sounded
		thumbnail file
	)
	g.do(func(ctx context.Context) error {
		var err error
		if plan, err = u.timeline(ctx); err != nil {
			return err
		}
		audio, err = u.sound(ctx, plan)
		return err
	})
	g.do(func(ctx context.Context) (err error) {
		thumbnail, err = u.thumbnail(ctx)
		return err
	})
	if err := g.wait(ctx); err != nil {
		return nil, err
	}
	crashpoint.Here(crashpoint.Joining)
	g = newGroup(ctx)
	var artifacts []lectern.Artifact
	g.do(func(ctx context.Context) error {
		words, err := u.write(plan)
		if err != nil {
			return err
		}
		video, err := u.mux(ctx, plan, audio, words)
		if err != nil {
			return err
		}
		crashpoint.Here(crashpoint.Joined)
		artifacts, err = u.publish(ctx, plan, video, audio.file, thumbnail, words)
		crashpoint.Here(crashpoint.Published)
		return err
	})
	err = g.wait(ctx)
	return artifacts, err
}

// workers does n things in order with up to most of them at once. A presentation so never has more than most requests
// waiting for a shared resource, however many slides it has.
func (u *run) workers(g *group, most, n int, do func(ctx context.Context, i int) error) {
	var next atomic.Int64
	for range min(most, n) {
		g.do(func(ctx context.Context) error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if err := do(ctx, i); err != nil {
					return err
				}
			}
		})
	}
}

// each makes work for [run.workers] of what is done for each slide.
func (u *run) each(do func(context.Context, *slide) error) func(ctx context.Context, i int) error {
	return func(ctx context.Context, i int) error {
		return guardOn(i+1, func() error { return do(ctx, u.slides[i]) })
	}
}

// encodes lists segments and transitions so that each comes after those it needs, and a transition as early as it can.
func (u *run) encodes() []func(context.Context) error {
	var list []func(context.Context) error
	for i, s := range u.slides {
		list = append(list, func(ctx context.Context) error { return guardOn(s.number, func() error { return u.encode(ctx, s) }) })
		if s.in > 0 {
			before := u.slides[i-1]
			list = append(list, func(ctx context.Context) error {
				return guardOn(s.number, func() error { return u.transition(ctx, before, s) })
			})
		}
	}
	return list
}

// await waits for a channel to close.
func await(ctx context.Context, ch <-chan struct{}) error {
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// file is the output of a step.
type file struct {
	key  string
	path string
}

// step gives the output of a step from the cache, or makes it there, and records the step. ending is the file's.
func (u *run) step(ctx context.Context, kind lectern.StepKind, slide int, key, ending string, make func(path string) error) (file, error) {
	started := u.Now()
	path, reused := u.cache.Get(key + ending)
	if !reused {
		var err error
		made := false
		path, err = u.cache.Make(ctx, key+ending, func(path string) error {
			made = true
			return guard(func() error { return make(path) })
		})
		if err != nil {
			return file{}, u.failed(ctx, err, slide)
		}
		reused = !made
	}
	return file{key, path}, u.done(ctx, kind, slide, key, reused, started)
}

func (u *run) done(ctx context.Context, kind lectern.StepKind, slide int, key string, reused bool, started time.Time) error {
	err := u.report.StepDone(ctx, lectern.Step{Kind: kind, Slide: slide, Key: key, Attempt: u.job.Attempt, Reused: reused,
		Started: started, Took: u.Now().Sub(started)})
	if err != nil {
		return u.failed(ctx, err, slide)
	}
	return nil
}

// failed gives err its place. What only says that the run was stopped becomes the reason for that.
func (p *Pipeline) failed(ctx context.Context, err error, slide int) error {
	if ctx.Err() != nil && (isCancel(err) || errors.Is(err, context.Cause(ctx))) {
		return context.Cause(ctx)
	}
	if !isFailure(err) && errors.Is(err, syscall.ENOSPC) {
		f := lectern.Fail(lectern.CodeDiskFull, "The disk is full. Free some space, or move the data folder to a larger disk.").Because(err)
		f.Retryable = true
		return f.At(slide)
	}
	return lectern.AsFailure(err).At(slide)
}

// orElse makes err a failure of the given code, unless it is a failure already or only says that the run was stopped.
func orElse(err error, code lectern.Code, sentence string) error {
	if err == nil || isFailure(err) || errors.Is(err, context.Canceled) || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return lectern.Fail(code, "%s", sentence).Because(err)
}

// broken makes err the failure of an ffmpeg that ended well and left something else than it should have; what says what it
// could not do, as in Command.What.
func broken(what string, err error) error {
	return unwell(err, what+": what it left is not whole. Try again; if that does not help, check the disk and install ffmpeg again.")
}

// unwell makes err a failure to encode that may be a machine's bad moment.
func unwell(err error, sentence string) error {
	err = orElse(err, lectern.CodeEncodeFailed, sentence)
	if f, ok := errors.AsType[*lectern.Failure](err); ok && f.Code == lectern.CodeEncodeFailed {
		f.Retryable = true
	}
	return err
}

// What a failure of ffmpeg begins with.
const (
	whatSlide     = "ffmpeg could not encode the slide"
	whatBlend     = "ffmpeg could not blend two slides"
	whatSound     = "ffmpeg could not encode the sound"
	whatThumbnail = "ffmpeg could not make the thumbnail"
	whatTake      = "ffmpeg could not read the avatar's video"
)

func isFailure(err error) bool {
	_, ok := errors.AsType[*lectern.Failure](err)
	return ok
}

// warn keeps warnings for the manifest and tells of them.
func (u *run) warn(list []lectern.Warning) {
	if len(list) == 0 {
		return
	}
	u.mu.Lock()
	var fresh []lectern.Warning
	for _, w := range list {
		if !slices.Contains(u.warnings, w) { // the check has said it
			u.warnings, fresh = append(u.warnings, w), append(fresh, w)
		}
	}
	u.mu.Unlock()
	u.track.warn(fresh)
}

// Weights of the progress, in seconds on a small machine.
const (
	weighVoice = 0.03  // for each second spoken
	weighPage  = 0.6   // for each slide
	weighFrame = 0.012 // for each frame with an avatar
	weighStill = 0.7   // for each slide without one
	weighMix   = 0.06  // for each frame of a transition
	weighTake  = 2.0   // for each second that an avatar speaks itself
	weighSound = 0.015 // for each second of the video
)

func (u *run) planSlide(s *slide, seconds float64) {
	u.track.plan(u.task("narrate", s), 0.1+weighVoice*seconds)
	u.track.plan(u.task("capture", s), weighPage)
	weight := weighStill
	if s.window != nil {
		weight = weighFrame * seconds * float64(u.deck.FrameRate) * float64(u.deck.Size.Width*u.deck.Size.Height) / (1920 * 1080)
	}
	u.track.plan(u.task("encode", s), 0.2+weight)
	if s.in > 0 {
		u.track.plan(u.task("transition", s), 0.2+weighMix*float64(s.in))
	}
}

func (u *run) planAudio() {
	seconds := 0.0
	for i := range u.slides {
		seconds += u.guess[i].Seconds()
	}
	u.track.plan("audio", 0.1+weighSound*seconds)
}

func (u *run) task(kind string, s *slide) string { return fmt.Sprintf("%s %d", kind, s.number) }

// title is a slide's name for people: its own title, or its number.
func title(s lectern.Slide, i int) string {
	for _, prop := range []string{"title", "heading", "headline", "quote", "question", "subtitle"} {
		text, ok := s.Props[prop].(string)
		if text = strings.Join(strings.Fields(text), " "); ok && text != "" {
			if r := []rune(text); len(r) > 100 {
				text = string(r[:99]) + "…"
			}
			return text
		}
	}
	return fmt.Sprintf("Slide %d", i+1)
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// of names a slide among all of them, for sentences.
func (u *run) of(s *slide) string { return fmt.Sprintf("slide %d of %d", s.number, len(u.slides)) }
