package align

import (
	"fmt"
	"strings"

	"lectern"
)

// maxTimes bounds the lines of a list of times.
const maxTimes = 10_000

// ParseTimes reads a list of the times at which slides begin, one to a line, as people write chapters: a time, and
// after it any text. It returns the cuts between the slides, one less than slides, in samples at lectern.SampleRate.
//
// A time is h:mm:ss, m:ss or seconds; seconds may have decimals after a point or a comma. Empty lines and lines that
// begin with # do not count. The first time may be that of the first slide, if it is 0. Times must rise, and be less
// than length, the samples of the recording. The error is a failure for the first fault, with its line; its causes are
// the other faults.
func ParseTimes(text string, slides int, length int64) ([]int64, error) {
	var faults []lectern.Failure
	fault := func(line int, format string, args ...any) {
		f := lectern.Fail(lectern.CodeInvalidDeck, format, args...)
		f.Line, f.Column = line, 1
		faults = append(faults, *f)
	}
	var out []int64
	line, last, zero := 0, 0, false
	for l := range strings.Lines(text) {
		line++
		word := firstWord(l)
		if word == "" || word[0] == '#' {
			continue
		}
		if last = line; len(out) >= maxTimes {
			fault(line, "The list has more than %d times.", maxTimes)
			break
		}
		at, ok := parseTime(word)
		switch {
		case !ok:
			fault(line, "%q is not a time. Write minutes and seconds, such as 2:05, or seconds, such as 125.5.", shown(word))
		case at == 0 && len(out) == 0 && !zero:
			zero = true
		case at == 0 || len(out) > 0 && at <= out[len(out)-1]:
			fault(line, "The time %s is not after the one before it.", shown(word))
		case at >= length:
			fault(line, "The time %s is after the end of the recording, which lasts %s.", shown(word), clock(length))
		default:
			out = append(out, at)
		}
	}
	if n := slides - 1; len(faults) == 0 && len(out) != n {
		fault(max(last, 1), "The list has %d times after 0:00, but %d slides need %d: the beginning of each slide but the "+
			"first.", len(out), slides, n)
	}
	if len(faults) > 0 {
		first := faults[0]
		first.Causes = faults[1:]
		return nil, &first
	}
	return out, nil
}

// firstWord is what a line has before the first white space.
func firstWord(line string) string {
	fields := strings.Fields(strings.TrimPrefix(line, "\ufeff"))
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

// shown is a word as a failure shows it.
func shown(word string) string {
	const most = 20
	if r := []rune(word); len(r) > most {
		return string(r[:most]) + "…"
	}
	return word
}

// clock writes a time as m:ss.
func clock(samples int64) string {
	s := samples / lectern.SampleRate
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// parseTime reads h:mm:ss, m:ss or seconds, in samples. Only the first field may be 60 or more.
func parseTime(s string) (int64, bool) {
	fields := strings.Split(s, ":")
	if len(fields) > 3 {
		return 0, false
	}
	seconds, decimals := fields[len(fields)-1], ""
	if i := strings.IndexAny(seconds, ".,"); i >= 0 {
		seconds, decimals = seconds[:i], seconds[i+1:]
		if _, ok := number(decimals); !ok {
			return 0, false
		}
	}
	fields[len(fields)-1] = seconds
	sum := int64(0)
	for i, f := range fields {
		n, ok := number(f)
		if !ok || i > 0 && (n >= 60 || len(f) != 2) {
			return 0, false
		}
		sum = sum*60 + n
	}
	rest, scale := int64(0), int64(1) // rest/scale is the part after the point
	for _, d := range decimals {
		rest, scale = rest*10+int64(d-'0'), scale*10
	}
	return sum*lectern.SampleRate + rest*lectern.SampleRate/scale, true
}

// number reads one to nine digits.
func number(s string) (int64, bool) {
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
