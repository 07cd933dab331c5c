package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lectern"
	"lectern/internal/align"
	"lectern/internal/contentkey"
	"lectern/internal/encode"
	"lectern/internal/fail"
	"lectern/internal/timeline"
)

// divider divides the recording of a whole deck among its slides.
type divider struct {
	*steps
	*outline
	coder
	files      Files
	references Voices

	ready chan struct{}
	edges []int64 // slide i plays the samples from edges[i] to edges[i+1]; read once ready is closed

	mu  sync.Mutex
	pcm string // the path of the decoded recording; "": it is not decoded yet
}

// divided is the output of the step: where the slides meet in the recording.
type divided struct {
	Samples int64   `json:"samples"` // of the whole recording
	First   int64   `json:"first"`   // where the first slide begins
	Cuts    []joint `json:"cuts"`    // one less than there are slides
}

// joint is where two slides meet.
type joint struct {
	At         int64   `json:"at"`
	Confidence float64 `json:"confidence"` // 1: a person gave the time
}

var errCuts = errors.New("the list of cuts is damaged")

// sha is the hash of the recording.
func (u *divider) sha() string {
	sha, _, _ := lectern.AssetAddress(u.deck.Recording.File)
	return sha
}

// divide finds the part of the recording for each slide.
func (u *divider) divide(ctx context.Context) error {
	r := u.deck.Recording
	if r == nil {
		return nil
	}
	var ref *reference
	var keys []string
	if len(r.Starts) == 0 && len(u.slides) > 1 {
		u.track.say(lectern.StageNarrating, "Finding the slides in the recording.")
		var err error
		if ref, keys, err = u.referenceFor(ctx, u.references, u.slides...); err != nil {
			return u.undivided(ctx, err)
		}
	}
	key := contentkey.Of(lectern.StepDivide, u.sha(), r.Starts, keys, len(u.slides), align.Version, u.version)
	f, err := u.step(ctx, lectern.StepDivide, 0, key, ".cuts", func(path string) error {
		found, err := u.find(ctx, ref)
		if err != nil {
			return err
		}
		b, err := json.Marshal(found)
		if err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o666)
	})
	if err != nil {
		return err
	}
	var found divided
	b, err := os.ReadFile(f.path)
	if err == nil {
		err = json.Unmarshal(b, &found)
	}
	if err == nil && (len(found.Cuts) != len(u.slides)-1 || found.Samples <= 0) {
		err = errCuts
	}
	if err != nil {
		err = errors.Join(err, u.cache.Drop(f.key+".cuts"))
		return fail.On(ctx, fail.Else(err, lectern.CodeInternal, "The cuts in the cache cannot be read."+checkDisk), 0)
	}
	u.doubt(found)
	u.edges = found.edges(timeline.Rate(u.deck.FrameRate).Sample(1))
	u.track.move("divide", 1)
	close(u.ready)
	return nil
}

// undivided returns the failure of a recording that cannot be compared with what the slides say.
func (u *divider) undivided(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	f := lectern.Fail(lectern.CodeMissingTool, "The recording cannot be divided among the slides, because no offline "+
		"voice of this machine can read their texts. `lectern doctor` says how to install espeak-ng. Or give the times at "+
		"which the slides begin (\"starts\").").Because(err)
	return f.On("recording")
}

// find finds the cuts, by the times that the deck gives, or by comparing the recording with the reference.
func (u *divider) find(ctx context.Context, ref *reference) (divided, error) {
	path, err := u.sound(ctx)
	if err != nil {
		return divided{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return divided{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return divided{}, err
	}
	out := divided{Samples: info.Size() / 2}
	for i, at := range u.deck.Recording.Starts {
		sample := timeline.Samples(at)
		if sample >= out.Samples {
			return out, lectern.Fail(lectern.CodeInvalidDeck, "Slide %d begins at %s, after the end of the recording, which "+
				"lasts %s.", i+1, lectern.Clock(at), lectern.Clock(length(out.Samples))).
				On(fmt.Sprintf("recording.starts[%d]", i))
		}
		if i == 0 {
			out.First = sample
			continue
		}
		out.Cuts = append(out.Cuts, joint{sample, 1})
	}
	if ref == nil {
		return out, nil
	}
	rec, err := align.Listen(ctx, f)
	if err != nil {
		return out, err
	}
	u.track.move("divide", 0.5)
	scripts := make([]lectern.Script, len(u.slides))
	for i, s := range u.slides {
		scripts[i] = s.script
	}
	cuts, err := align.Split(ctx, ref, rec, scripts)
	for _, c := range cuts {
		out.Cuts = append(out.Cuts, joint{c.At, c.Confidence})
	}
	return out, err
}

// sound decodes the recording, once, and returns the path of its samples.
func (u *divider) sound(ctx context.Context) (string, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.pcm != "" {
		return u.pcm, nil
	}
	local, pcm := filepath.Join(u.job.Scratch, "recording"), filepath.Join(u.job.Scratch, "recording.pcm")
	if err := fetch(ctx, u.files, u.sha(), local); err != nil {
		return "", err
	}
	defer os.Remove(local)
	out, err := os.Create(pcm)
	if err != nil {
		return "", err
	}
	// A second more than what can be aligned, so that a longer recording is noticed.
	err = u.ffmpeg(ctx, Command{Args: encode.PCM(local, 0, align.MaxLength+time.Second), Stdout: out, What: whatRecording,
		OnTime: u.decoded})
	info, statErr := out.Stat()
	if err = errors.Join(err, statErr, out.Close()); err != nil {
		return "", err
	}
	switch long := length(info.Size() / 2); {
	case info.Size() < 2:
		return "", lectern.Fail(lectern.CodeInvalidDeck, "The recording is empty. Record it again.").On("recording.file")
	case long > align.MaxLength:
		return "", lectern.Fail(lectern.CodeTooLarge, "The recording is longer than %g hours. Divide it, and the deck.",
			align.MaxLength.Hours()).On("recording.file")
	}
	u.pcm = pcm
	return pcm, nil
}

// decoded shows the progress of the decoding.
func (u *divider) decoded(done time.Duration) {
	if whole := u.deck.Recording.Length; whole > 0 {
		u.track.move("divide", min(done.Seconds()/whole.Seconds(), 1)*0.4)
	}
}

// doubt warns of cuts that may be wrong.
func (u *divider) doubt(d divided) {
	var list []lectern.Warning
	for i, c := range d.Cuts {
		if c.Confidence < align.Doubtful {
			list = append(list, lectern.Warning{Code: "recording_cut", Slide: i + 2, Param: "recording", Message: fmt.Sprintf(
				"It is not certain that this slide begins at %s in the recording. Listen there. If it is wrong, give the times at "+
					"which the slides begin (\"starts\").", lectern.Clock(length(c.At)))})
		}
	}
	u.warn(list)
}

// edges returns where each slide begins in the recording, and where the last one ends. Every slide but the last plays a
// whole number of frames, so that the parts follow one another in the video as in the recording, to the sample.
func (d divided) edges(frame int64) []int64 {
	out := []int64{d.First}
	for _, c := range d.Cuts {
		at := d.First + (max(c.At-d.First, 0)+frame/2)/frame*frame
		if at > d.Samples {
			at -= frame
		}
		out = append(out, max(at, out[len(out)-1]))
	}
	return append(out, max(d.Samples, out[len(out)-1]))
}

// length is the time that samples last.
func length(samples int64) time.Duration {
	return time.Duration(samples) * time.Second / lectern.SampleRate
}

// plays reports whether slide i plays a recording: its own, or a part of that of the whole deck.
func (u *outline) plays(i int) bool { return u.deck.Recording != nil || u.deck.Slides[i].Sound != nil }

// planDivide plans the work on the recording of the whole deck.
func (u *outline) planDivide(track *tracker) {
	if u.deck.Recording == nil {
		return
	}
	seconds := 0.0
	for _, long := range u.guess {
		seconds += long.Seconds()
	}
	weight := 0.2 + 0.003*seconds
	if len(u.deck.Recording.Starts) == 0 {
		weight += 0.03 * seconds
	}
	track.plan("divide", weight)
}

var _ align.Reference = (*reference)(nil)
