package lectern

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Recording is one recorded sound of a whole talk, in place of voices. Each slide gets the part of it that belongs to
// the slide.
type Recording struct {
	// File is a sound: "asset:<sha256>", or in a source the path of a file next to the deck.
	File string `json:"file"`
	// Starts are the times of the recording at which the slides begin, one for each slide. What is before the first one is
	// left out. Empty: they are found by comparing the recording with the narrations, which are what it says.
	Starts []time.Duration `json:"starts,omitempty"`
	// Length is the length of the file. A check sets it, if the header of the file says it.
	Length time.Duration `json:"length,omitempty"`
}

// paramRecording is the field that names the file of the recording.
const paramRecording = "recording.file"

// recording adds the faults of the recording of the whole deck.
func (v *validator) recording() {
	r := v.deck.Recording
	if r == nil {
		return
	}
	v.file(paramRecording, "file", 0, r.File)
	worded := false
	for i, s := range v.deck.Slides[:min(len(v.deck.Slides), v.lim.Slides)] {
		worded = worded || !s.Script().Silent()
		if s.Sound != nil {
			v.fault(fmt.Sprintf("slides[%d].sound", i), i+1, "The slide has a sound of its own, but the deck has one recording "+
				"for all slides. Remove one of them; for an office file, --narration notes does it (\"narration\": \"notes\" in "+
				"the settings).")
		}
	}
	if r.Length > v.lim.Duration {
		v.add(CodeTooLarge, paramRecording, 0, "The recording lasts %s; the limit is %s (limits.duration). Divide it.",
			Clock(r.Length), v.lim.Duration)
	}
	n := len(v.deck.Slides)
	switch {
	case len(r.Starts) == 0 && !worded && n > 1:
		v.fault("recording", 0, "The recording cannot be divided, because no slide has a narration to compare it with. Give "+
			"the times at which the slides begin in \"starts\".")
	case len(r.Starts) > 0 && len(r.Starts) != n && n > 0:
		v.fault("recording.starts", 0, "\"starts\" has %s for %s. It needs one for each slide: when the slide begins in the "+
			"recording.", count(len(r.Starts), "time"), count(n, "slide"))
	}
	v.starts(r)
}

// starts adds a fault for each time that is out of order or outside the recording.
func (v *validator) starts(r *Recording) {
	last := time.Duration(-1)
	for i, at := range r.Starts[:min(len(r.Starts), v.lim.Slides)] {
		param := "recording.starts[" + strconv.Itoa(i) + "]"
		switch {
		case at < 0:
			v.fault(param, 0, "Slide %d begins before the recording does. The first possible time is 0.", i+1)
		case at <= last:
			v.fault(param, 0, "Slide %d begins at %s, which is not after the beginning of slide %d (%s).", i+1, Clock(at), i,
				Clock(last))
		case r.Length > 0 && at >= r.Length:
			v.fault(param, 0, "Slide %d begins at %s, after the end of the recording, which lasts %s.", i+1, Clock(at),
				Clock(r.Length))
		}
		last = max(last, at)
	}
}

// heard estimates how long each slide plays its part of the recording of the whole deck. It returns nil if there is no
// recording, or if nothing is known about its length.
func (d Deck) heard() []time.Duration {
	r := d.Recording
	if r == nil || len(d.Slides) == 0 {
		return nil
	}
	out := make([]time.Duration, len(d.Slides))
	if len(r.Starts) == len(d.Slides) {
		for i := range out[:len(out)-1] {
			out[i] = max(r.Starts[i+1]-r.Starts[i], 0)
		}
		last := len(out) - 1
		if out[last] = r.Length - r.Starts[last]; out[last] <= 0 {
			out[last] = saying(d.Slides[last].Script(), 1)
		}
		return out
	}
	if r.Length <= 0 {
		return nil
	}
	whole := time.Duration(0)
	for i := range out {
		out[i] = saying(d.Slides[i].Script(), 1)
		whole += out[i]
	}
	for i := range out {
		if whole > 0 {
			out[i] = time.Duration(float64(r.Length) * float64(out[i]) / float64(whole))
		}
	}
	return out
}

// played is how long the sound is played, if a check has found out how long its file is; else 0.
func (s SoundOf) played() time.Duration {
	switch end := s.End; {
	case end > 0 && (s.Length == 0 || end < s.Length):
		return max(end-s.Start, 0)
	default:
		return max(s.Length-s.Start, 0)
	}
}

// ParseTimes reads a list of times: one to a line and after it any text, as people write chapters, or in one line,
// divided by commas or blanks. A time is h:mm:ss, m:ss or seconds; seconds may have decimals after a point or, with one
// time to a line, after a comma. Empty lines and lines that begin with # do not count. The error is a failure.
func ParseTimes(text string) ([]time.Duration, error) {
	var words []string
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if strings.Contains(text, "\n") {
		for line := range strings.Lines(text) {
			if fields := strings.Fields(line); len(fields) > 0 && fields[0][0] != '#' {
				words = append(words, fields[0])
			}
		}
	} else {
		words = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	}
	if len(words) == 0 {
		return nil, Fail(CodeInvalidDeck, "There is no time in the list.")
	}
	list := make([]time.Duration, 0, len(words))
	for _, w := range words {
		at, ok := ParseTime(w)
		if !ok {
			return nil, Fail(CodeInvalidDeck, "%q is not a time. Write minutes and seconds, such as 2:05, or seconds, such "+
				"as 125.5.", Shorten(w))
		}
		list = append(list, at)
	}
	return list, nil
}

// ParseTime reads h:mm:ss, m:ss or seconds, to the millisecond. Only the first field may be 60 or more. Decimals follow
// a point or a comma.
func ParseTime(s string) (time.Duration, bool) {
	fields := strings.Split(s, ":")
	if len(fields) > 3 {
		return 0, false
	}
	seconds, decimals := fields[len(fields)-1], ""
	if i := strings.IndexAny(seconds, ".,"); i >= 0 {
		seconds, decimals = seconds[:i], seconds[i+1:]
		if _, ok := digits(decimals); !ok {
			return 0, false
		}
	}
	fields[len(fields)-1] = seconds
	sum := int64(0)
	for i, f := range fields {
		n, ok := digits(f)
		if !ok || i > 0 && (n >= 60 || len(f) != 2) {
			return 0, false
		}
		sum = sum*60 + n
	}
	rest, scale := int64(0), int64(time.Second) // of a second, in nanoseconds
	for _, d := range decimals {
		scale /= 10
		rest += int64(d-'0') * scale
	}
	if sum > maxTime {
		return 0, false
	}
	return (time.Duration(sum)*time.Second + time.Duration(rest)).Round(time.Millisecond), true
}

// maxTime is the largest time in a list, in seconds: beyond every limit.
const maxTime = 1_000_000_000

// digits reads one to nine digits.
func digits(s string) (int64, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := int64(0)
	for _, d := range []byte(s) {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	return n, true
}

// Clock writes a time as m:ss or h:mm:ss, with tenths of a second unless they are 0.
func Clock(t time.Duration) string {
	t = max(t.Round(time.Second/10), 0)
	h, m, s, tenths := int64(t/time.Hour), int64(t/time.Minute)%60, int64(t/time.Second)%60, int64(t/(time.Second/10))%10
	out := fmt.Sprintf("%d:%02d", m, s)
	if h > 0 {
		out = fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	if tenths > 0 {
		out += fmt.Sprintf(".%d", tenths)
	}
	return out
}

// copied returns a recording that shares nothing with r.
func (r *Recording) copied() *Recording {
	c := copied(r)
	if c != nil {
		c.Starts = slices.Clone(c.Starts)
	}
	return c
}
