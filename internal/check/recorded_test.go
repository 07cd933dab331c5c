package check_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/check"
)

// lengths are the lengths of sounds, by the first digit of their hashes.
type lengths map[string]time.Duration

func (l lengths) Length(_ context.Context, sha256 string) (time.Duration, error) {
	if long, ok := l[sha256[:1]]; ok {
		return long, nil
	}
	return 0, errors.New("there is no such asset")
}

func address(digit string) string { return "asset:" + strings.Repeat(digit, 64) }

// A check finds how long recordings are, so that times after their end are faults before anything is rendered. The
// texts of a recorded deck need no voice.
func TestRecordingsAreCheckedAgainstTheirFiles(t *testing.T) {
	t.Parallel()
	c := check.New(options()).Hearing(lengths{"a": 30 * time.Second})
	d := talk()
	d.Voice.ID = "nobody" // nobody speaks
	d.Recording = &lectern.Recording{File: address("a"), Starts: []time.Duration{0, time.Second, 29 * time.Second}}
	got, warnings, err := c.Check(t.Context(), d)
	if err != nil || len(warnings) > 0 || got.Recording.Length != 30*time.Second || d.Recording.Length != 0 {
		t.Fatalf("%+v, %v, %v", got.Recording, warnings, err)
	}
	if total, _ := got.Estimate(); total != 30*time.Second {
		t.Errorf("it is estimated to last %s", total)
	}
	for param, starts := range map[string][]time.Duration{
		"recording.starts[2]": {0, time.Second, 30 * time.Second}, "recording.starts": {0},
	} {
		d.Recording.Starts = starts
		if _, _, err = c.Check(t.Context(), d); err == nil || lectern.AsFailure(err).Param != param {
			t.Errorf("%v: %v", starts, err)
		}
	}
	d.Recording = &lectern.Recording{File: address("b")} // its length is not known
	if got, _, err = c.Check(t.Context(), d); err != nil || got.Recording.Length != 0 {
		t.Errorf("%+v, %v", got.Recording, err)
	}
	d.Recording = &lectern.Recording{File: "talk.m4a"}
	if _, _, err = c.Check(t.Context(), d); err == nil || lectern.AsFailure(err).Param != "recording.file" {
		t.Errorf("a file that did not come with the deck: %v", err)
	}
	d.Recording, d.Slides[0].Sound = nil, &lectern.SoundOf{File: address("a"), Start: time.Second}
	d.Voice.ID = ""
	if got, _, err = c.Check(t.Context(), d); err != nil || got.Slides[0].Sound.Length != 30*time.Second {
		t.Errorf("%+v, %v", got.Slides[0].Sound, err)
	}
}
