package render

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"

	"lectern"
	"lectern/internal/capture"
	"lectern/internal/crashpoint"
	"lectern/internal/encode"
	"lectern/internal/fail"
	"lectern/internal/timeline"
	"lectern/internal/usage"
)

// run is one run of one presentation. Each of its parts has only the ports that it uses, and what all parts share.
type run struct {
	*steps
	*outline
	resources *Resources
	divider   *divider
	speaker   *speaker
	performer *performer
	importer  *importer
	capturer  *capturer
	segmenter *segmenter
	encoder   *encoder
	blender   *blender
	mixer     *mixer
	joiner    *joiner
	publisher *publisher
}

// Run renders a deck, publishes its artifacts and returns them. The error is the first failure, with the later ones as
// its causes, or the reason why ctx ended. When Run returns, nothing of the run is still running. The caller removes
// the files in j.Scratch.
func (p *Pipeline) Run(ctx context.Context, j lectern.Job, r lectern.Reporter) (artifacts []lectern.Artifact,
	err error) {
	cache, release := p.Cache()
	defer release()
	used := &meter{Meter: usage.NewMeter(p.Prices), ledger: p.Ledger, report: r}
	ctx = usage.With(ctx, used.Meter)
	end := p.Ledger.Begin(used.Meter)
	defer func() { // a run that fails reports its usage too, because that costs the same
		end()
		used.send()
	}()
	track := newTracker(r, p.Now)
	defer track.close()
	err = fail.Guard(func() error {
		track.plan("prepare", 0.2)
		track.say(lectern.StagePreparing, "Checking the deck.")
		deck, warnings, err := p.Check(ctx, j.Deck)
		if err != nil {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			return err
		}
		loaded, err := p.Capture.Load(ctx, deck, filepath.Join(j.Scratch, "pictures"))
		if err != nil {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			return err
		}
		shared := &steps{job: j, report: r, cache: cache, track: track, meter: used, now: p.Now}
		shared.warn(warnings)
		u := p.newRun(ctx, deck, shared, loaded, encode.Software)
		if hardware := p.hardware(ctx, u); hardware != encode.Software {
			artifacts, err = p.newRun(ctx, deck, shared, loaded, hardware).do(ctx)
			if err == nil || !refused(ctx, err) {
				return err
			}
			shared.warn([]lectern.Warning{{Code: "hardware_encoder", Message: fmt.Sprintf(
				"The encoder in hardware (%s) failed, so libx264 encoded the video: %s", hardware,
				lectern.AsFailure(err).Message)}})
		}
		artifacts, err = u.do(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return artifacts, nil
}

// hardware returns the encoder to try first: one in hardware, if one works here and every picture with an avatar has to
// go through an encoder whole, else encode.Software.
func (p *Pipeline) hardware(ctx context.Context, u *run) encode.Encoder {
	if !u.unspliced() || p.Encoder == nil {
		return encode.Software
	}
	return p.Encoder(ctx)
}

// refused reports whether a run failed because its pictures could not be encoded.
func refused(ctx context.Context, err error) bool {
	f, ok := errors.AsType[*lectern.Failure](err)
	return ok && ctx.Err() == nil && (f.Code == lectern.CodeEncodeFailed || f.Code == lectern.CodeTimeout)
}

// newRun makes a run of a deck with its loaded pictures and an encoder.
func (p *Pipeline) newRun(ctx context.Context, d lectern.Deck, shared *steps, pictures *capture.Pictures,
	hardware encode.Encoder) *run {
	o := outline{deck: d, rules: timeline.DefaultRules(timeline.Rate(d.FrameRate)), version: p.FFmpeg.Version(),
		enc: encode.Encoding{Size: d.Size, Rate: d.FrameRate, Quality: d.Quality, Plain: p.Plain,
			Encoder: hardware},
		performed: performs(ctx, p.Avatars, d.Avatar)}
	o.theme, _ = p.Library.Theme(d.Theme)
	all := withSlides(o, shared.track)
	ffmpeg := coder{p.FFmpeg, p.Resources}
	yuv := yuvFiles{all, shared.job.Scratch, p.Resources}
	takes := &performer{shared, all, ffmpeg, p.Avatars, p.Align}
	imports := &importer{shared, all, p.Documents, map[string]file{}, map[string][]int{}}
	parts := &divider{steps: shared, outline: all, coder: ffmpeg, files: p.Files, references: p.References,
		ready: make(chan struct{})}
	return &run{steps: shared, outline: all, resources: p.Resources, performer: takes, importer: imports,
		divider: parts,
		speaker: &speaker{shared, all, ffmpeg, p.Voices, p.References, p.Files, p.Align, parts},
		capturer: &capturer{steps: shared, outline: all, slides: p.Capture, resources: p.Resources,
			pictures: pictures, importer: imports},
		segmenter: &segmenter{shared, all, p.Browser, p.Segmenter},
		encoder:   &encoder{shared, all, ffmpeg, yuv, p.Avatars, takes},
		blender:   &blender{shared, all, ffmpeg, yuv},
		mixer:     &mixer{shared, all, ffmpeg},
		joiner:    &joiner{shared, all},
		publisher: &publisher{shared, all, ffmpeg, p.Artifacts},
	}
}

// do runs all steps, each as soon as those that it needs have ended.
func (u *run) do(ctx context.Context) ([]lectern.Artifact, error) {
	if err := u.importer.load(ctx); err != nil {
		return nil, err
	}
	u.track.move("prepare", 1)
	u.track.say(lectern.StagePreparing, fmt.Sprintf("Preparing %s.", count(len(u.slides), "slide")))
	takes, err := u.performer.order(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, s := range u.slides {
			u.encoder.yuv.drawn(s.own()) // frees the drawn picture of a slide that no encoder took
		}
	}()
	g := newGroup(ctx)
	n := len(u.slides)
	// Before the workers start, because they report single slides.
	u.track.say(lectern.StageNarrating, fmt.Sprintf("Speaking %s.", count(n, "slide")))
	g.do(u.divider.divide)
	workers(g, u.resources.slots.Voices, n, u.each(u.narrate))
	workers(g, u.resources.slots.Tabs, n, u.each(u.capturer.capture))
	// An avatar's service renders several takes at once, while the other steps go on.
	workers(g, u.resources.slots.Avatars, len(takes), func(ctx context.Context, i int) error { return takes[i](ctx) })
	g.do(u.segmenter.segment)
	jobs := u.encodes()
	workers(g, u.resources.slots.Encoders, len(jobs), func(ctx context.Context, i int) error { return jobs[i](ctx) })
	var (
		plan      timeline.Plan
		audio     sounded
		thumbnail file
	)
	g.do(func(ctx context.Context) error {
		var err error
		if plan, err = u.joiner.timeline(ctx); err != nil {
			return err
		}
		audio, err = u.mixer.sound(ctx, plan)
		return err
	})
	g.do(func(ctx context.Context) (err error) {
		thumbnail, err = u.publisher.thumbnail(ctx)
		return err
	})
	if err := g.wait(ctx); err != nil {
		return nil, err
	}
	crashpoint.Here(crashpoint.Joining)
	g = newGroup(ctx)
	var artifacts []lectern.Artifact
	g.do(func(ctx context.Context) error {
		words, err := u.joiner.write(plan)
		if err != nil {
			return err
		}
		video, err := u.joiner.mux(ctx, plan, audio, words)
		if err != nil {
			return err
		}
		crashpoint.Here(crashpoint.Joined)
		artifacts, err = u.publisher.publish(ctx, plan, video, audio.file, thumbnail, words)
		crashpoint.Here(crashpoint.Published)
		return err
	})
	err = g.wait(ctx)
	return artifacts, err
}

// workers calls do for 0 to n-1 in order, up to most of them at once. So a presentation never has more than most
// requests waiting for a shared resource, however many slides it has.
func workers(g *group, most, n int, do func(ctx context.Context, i int) error) {
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

// each turns what is done for a slide into what [workers] calls with its index.
func (u *run) each(do func(context.Context, *slide) error) func(ctx context.Context, i int) error {
	return func(ctx context.Context, i int) error {
		return fail.GuardOn(i+1, func() error { return do(ctx, u.slides[i]) })
	}
}

// narrate speaks a slide, unless it has no narration, and determines how long it lasts.
func (u *run) narrate(ctx context.Context, s *slide) error {
	d := &u.deck.Slides[s.index]
	doing := "Speaking "
	if u.plays(s.index) {
		doing = "Reading the recording of "
	}
	u.track.say(lectern.StageNarrating, doing+u.of(s)+".")
	need := timeline.Need{Hold: timeline.Samples(u.deck.HoldOf(s.index))}
	if d.Narration != "" || u.plays(s.index) {
		var n narration
		var err error
		switch {
		case u.deck.Recording != nil:
			n, err = u.speaker.passage(ctx, s)
			if need.Joined = true; s.script.Silent() && len(u.deck.Recording.Starts) == 0 {
				need.Least = need.Hold
			}
		case d.Sound != nil:
			n, err = u.speaker.recorded(ctx, s)
			need.Least = timeline.Samples(d.Hold)
		case s.takes != nil:
			n, err = u.performer.narration(ctx, s)
		default:
			n, err = u.speaker.spoken(ctx, s)
		}
		if err != nil {
			return err
		}
		s.narration, need.Narration = n, n.samples
	}
	s.slot = u.rules.Fit(need, s.in, s.out)
	clicks, err := u.clicks(s)
	if err != nil {
		return fail.On(ctx, err, s.number)
	}
	s.arrange(clicks)
	u.planSlide(u.track, s, float64(s.slot.Frames)/float64(u.deck.FrameRate))
	u.track.move(taskOf("narrate", s), 1)
	close(s.narrated)
	return nil
}

// encodes lists the work of encoding segments and transitions. Each comes after what it needs, and a transition as
// early as possible.
func (u *run) encodes() []func(context.Context) error {
	var list []func(context.Context) error
	for i, s := range u.slides {
		list = append(list, func(ctx context.Context) error {
			return fail.GuardOn(s.number, func() error { return u.encoder.encode(ctx, s) })
		})
		if s.in > 0 {
			before := u.slides[i-1]
			list = append(list, func(ctx context.Context) error {
				return fail.GuardOn(s.number, func() error { return u.blender.transition(ctx, before, s) })
			})
		}
	}
	return list
}

// await waits until a channel is closed, or returns the cause of ctx's end.
func await(ctx context.Context, ch <-chan struct{}) error {
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
