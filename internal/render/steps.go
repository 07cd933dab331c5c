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

// steps is what all parts of a run share: the cache that their outputs are kept in, the records of what is done, the
// progress, and the warnings.
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
	m.tell()
}

// tell reports what is known to be used.
func (m *meter) tell() {
	used := m.Read()
	m.report.Report(lectern.Reported{Usage: &used})
}

// file is the output of a step.
type file struct {
	key  string
	path string
}

// step gives the output of a step from the cache, or makes it there, and records the step. ending is the file's.
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
	u.meter.update() // stored with the step: what a run has used is not lost with it
	err := u.report.StepDone(ctx, lectern.Step{Kind: kind, Slide: slide, Key: key, Attempt: u.job.Attempt,
		Reused:  reused,
		Started: started, Took: u.now().Sub(started)})
	if err != nil {
		return fail.On(ctx, err, slide)
	}
	return nil
}

// broken makes err the failure of an ffmpeg that ended well and left something else than it should have; what says
// what it could not do, as in Command.What.
func broken(what string, err error) error {
	return unwell(err,
		what+": what it left is not whole. Try again; if that does not help, check the disk and install ffmpeg again.")
}

// unwell makes err a failure to encode that may be a machine's bad moment.
func unwell(err error, sentence string) error {
	err = fail.Else(err, lectern.CodeEncodeFailed, sentence)
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

// warn keeps warnings for the manifest and tells of them.
func (u *steps) warn(list []lectern.Warning) {
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

// drop takes a segment that turned out to be damaged out of the cache, so that the next attempt makes it again.
func (u *steps) drop(s segment) error { return u.cache.Drop(s.key + filepath.Ext(s.path)) }

// frames reports how many frames of a task's total are done.
func (u *steps) frames(task string, total int64) func(int) {
	return func(n int) { u.track.move(task, float64(n)/float64(max(total, 1))) }
}

// coder is ffmpeg, and the slots that it works in.
type coder struct {
	tool      FFmpeg
	resources *Resources
}

func (c coder) ffmpeg(ctx context.Context, command Command) error {
	return fail.Else(c.tool.Run(ctx, command), lectern.CodeEncodeFailed, "ffmpeg failed.")
}
