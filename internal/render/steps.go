package render

import (
	"context"
	"errors"
	"lectern/internal/fail"
	"lectern/internal/usage"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lectern"
)

// steps is what all parts of a run share: the cache for their outputs, the records of finished steps, the progress, and
// the warnings.
type steps struct {
	job     lectern.Job
	report  lectern.Reporter
	cache   Cache
	track   *tracker
	meter   *meter
	written written
	now     func() time.Time

	mu       sync.Mutex
	warnings []lectern.Warning
}

// meter counts what a run uses.
type meter struct {
	*usage.Meter
	ledger *usage.Ledger
	report lectern.Reporter
}

// update reports what was used until now.
func (m *meter) update() {
	m.ledger.Update()
	m.send()
}

// send reports the usage that is known.
func (m *meter) send() {
	used := m.Read()
	m.report.Report(lectern.Reported{Usage: &used})
}

// file is the output of a step.
type file struct {
	key  string
	path string
}

// step returns the output of a step from the cache, or makes it there, and records the step. ending is the end of the
// file's name, such as ".png".
func (u *steps) step(ctx context.Context, kind lectern.StepKind, slide int, key, ending string,
	make func(path string) error) (file, error) {
	started := u.now()
	path, reused := u.cache.Get(key + ending)
	if !reused {
		var err error
		made := false
		path, err = u.cache.Make(ctx, key+ending, func(path string) error {
			made = true
			return fail.Guard(func() error { return make(path) })
		})
		if err != nil {
			return file{}, fail.On(ctx, err, slide)
		}
		reused = !made
	}
	return file{key, path}, u.done(ctx, kind, slide, key, reused, started)
}

func (u *steps) done(ctx context.Context, kind lectern.StepKind, slide int, key string, reused bool,
	started time.Time) error {
	u.meter.update() // the usage is stored with the step, so that it is not lost if the process dies
	err := u.report.StepDone(ctx, lectern.Step{Kind: kind, Slide: slide, Key: key, Attempt: u.job.Attempt,
		Reused:  reused,
		Started: started, Took: u.now().Sub(started)})
	if err != nil {
		return fail.On(ctx, err, slide)
	}
	return nil
}

// broken returns err as the failure of an ffmpeg that reported success but wrote a damaged file. what begins the
// sentence, as Command.What does. It returns nil for nil.
func broken(what string, err error) error {
	return unwell(err,
		what+": ffmpeg's output is damaged. Try again; if that does not help, check the disk and install ffmpeg again.")
}

// unwell returns err as a failure to encode with the sentence, unless it is a failure already. A failure to encode is
// retryable, since its cause may pass.
func unwell(err error, sentence string) error {
	err = fail.Else(err, lectern.CodeEncodeFailed, sentence)
	if f, ok := errors.AsType[*lectern.Failure](err); ok && f.Code == lectern.CodeEncodeFailed {
		f.Retryable = true
	}
	return err
}

// checkDisk ends the message about a file that was written and cannot be read.
const checkDisk = " Try again; if that does not help, check the disk."

// The beginnings of the sentences for failures of ffmpeg.
const (
	whatSlide     = "ffmpeg could not encode the slide"
	whatBlend     = "ffmpeg could not blend two slides"
	whatSound     = "ffmpeg could not encode the sound"
	whatThumbnail = "ffmpeg could not make the thumbnail"
	whatTake      = "ffmpeg could not read the avatar's video"
)

// warn reports warnings, each of them once, and keeps them for the manifest.
func (u *steps) warn(list []lectern.Warning) {
	if len(list) == 0 {
		return
	}
	u.mu.Lock()
	var fresh []lectern.Warning
	for _, w := range list {
		if !slices.Contains(u.warnings, w) { // otherwise it was reported already
			u.warnings, fresh = append(u.warnings, w), append(fresh, w)
		}
	}
	u.mu.Unlock()
	u.track.warn(fresh)
}

// drop takes a segment that turned out to be damaged out of the cache, so that the next attempt makes it again.
func (u *steps) drop(s segment) error { return u.cache.Drop(s.key + filepath.Ext(s.path)) }

// frames reports how many frames of a task's total are done.
func (u *steps) frames(task string, total int64) func(int) {
	return func(n int) { u.track.move(task, float64(n)/float64(max(total, 1))) }
}

// coder is ffmpeg with the slots for encoders.
type coder struct {
	tool      FFmpeg
	resources *Resources
}

func (c coder) ffmpeg(ctx context.Context, command Command) error {
	return fail.Else(c.tool.Run(ctx, command), lectern.CodeEncodeFailed, "ffmpeg failed.")
}
