package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"lectern"
	"lectern/internal/app"
)

// recordingFlags give a deck one recording of the whole talk.
type recordingFlags struct {
	Recording string `help:"One recorded sound of the whole talk, in place of voices. The slides are found in it by their narrations or notes." placeholder:"FILE"`
	Starts    string `help:"When each slide begins in the recording: 0,12.5,1:05 or a file with a time in each line." placeholder:"TIMES"`
}

// maxTimesFile is how many bytes of a file of times are read.
const maxTimesFile = 1 << 20

// check finds flags that do not fit together.
func (f recordingFlags) check() error {
	if f.Recording == "" && f.Starts != "" {
		return &usageError{errors.New("--starts has the times of slides in a recording, so it needs --recording FILE")}
	}
	return nil
}

// over adds the recording to settings, which override a deck's own and are JSON; nil: there are none. The file of the
// recording becomes an asset.
func (f recordingFlags) over(ctx context.Context, settings []byte, t *app.Tools, keep keeper) ([]byte, error) {
	if f.Recording == "" {
		return settings, nil
	}
	fields := map[string]any{}
	if len(settings) > 0 {
		if err := json.Unmarshal(settings, &fields); err != nil {
			return nil, err
		}
	}
	address, err := f.asset(ctx, t, keep)
	if err != nil {
		return nil, err
	}
	recording := map[string]any{"file": address}
	if f.Starts != "" {
		if recording["starts"], err = f.times(); err != nil {
			return nil, err
		}
	}
	fields["recording"] = recording
	return json.Marshal(fields)
}

// asset makes an asset of the recording, and returns its address.
func (f recordingFlags) asset(ctx context.Context, t *app.Tools, keep keeper) (string, error) {
	refused := func(err error) error {
		return lectern.Fail(lectern.CodeAssetRefused, "The recording %s cannot be used: %s", f.Recording,
			lectern.AsFailure(err).Message).Because(err)
	}
	file, err := os.Open(f.Recording)
	if err != nil {
		return "", lectern.Fail(lectern.CodeAssetRefused, "The recording %s cannot be read: %v.", f.Recording, bare(err)).
			Because(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = lectern.Fail(lectern.CodeAssetRefused, "it is not a file.")
	}
	if err == nil {
		err = t.JudgeFile(file, info.Size(), lectern.AssetSound)
	}
	if err != nil {
		return "", refused(err)
	}
	sum, err := keep(ctx, filepath.Base(f.Recording), file, info.Size())
	return lectern.Asset{SHA256: sum}.Address(), err
}

// times returns the times of the slides in seconds.
func (f recordingFlags) times() ([]float64, error) {
	text := f.Starts
	if info, err := os.Stat(f.Starts); err == nil && info.Mode().IsRegular() {
		if info.Size() > maxTimesFile {
			return nil, lectern.Fail(lectern.CodeTooLarge, "The file of times %s is larger than %s.", f.Starts,
				megabytes(maxTimesFile))
		}
		b, err := os.ReadFile(f.Starts)
		if err != nil {
			return nil, lectern.Fail(lectern.CodeInvalidDeck, "The times in %s cannot be read: %v.", f.Starts, bare(err)).
				Because(err)
		}
		text = string(b) + "\n"
	}
	list, err := lectern.ParseTimes(text)
	if err != nil {
		return nil, lectern.Fail(lectern.CodeInvalidDeck, "The times of the slides (--starts) cannot be read. %s",
			lectern.AsFailure(err).Message)
	}
	seconds := make([]float64, len(list))
	for i, at := range list {
		seconds[i] = at.Seconds()
	}
	return seconds, nil
}
