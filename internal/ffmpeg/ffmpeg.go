// Package ffmpeg is a small interface to ffmpeg and ffprobe.
//
// ffmpeg reports errors as free text on standard error, exits with 1 for nearly every error, waits for ever on a
// stalled input, and prints its progress for terminals. This package turns that into the needs of a pipeline: a count
// of encoded frames, a watchdog that stops a run without progress, and failures with a code, a message and the end of
// ffmpeg's output. Callers choose the arguments.
package ffmpeg

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lectern"
	"lectern/internal/proc"
)

// Install is the command that installs ffmpeg on Debian and Ubuntu.
const Install = "apt-get install -y ffmpeg"

// The oldest ffmpeg with every option and filter in use.
const (
	minMajor = 4
	minMinor = 4
)

// findTimeout bounds the time in which ffmpeg prints its version. One that hangs counts as missing.
const findTimeout = 20 * time.Second

// The encoders that every video needs.
var needed = [...]string{"libx264", "aac"}

// Tool is an installed ffmpeg with its ffprobe. It is safe for concurrent use.
type Tool struct {
	path, probe, version string
	probing              time.Duration // limit of a probe; 0: probeLimit
}

// Find looks for ffmpeg at path or, if path is empty, at $LECTERN_FFMPEG or in PATH, and for ffprobe next to it or in
// PATH. It requires version 4.4 or later and the encoders libx264 and aac. Its failures have CodeMissingTool and name
// the command that installs ffmpeg.
func Find(path string) (*Tool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), findTimeout)
	defer cancel()
	if path == "" {
		path = os.Getenv("LECTERN_FFMPEG")
	}
	named := path != ""
	if !named {
		path = "ffmpeg"
	}
	found, err := proc.Find(path)
	if err != nil && named {
		return nil,
			missing("There is no ffmpeg at %s. Correct tools.ffmpeg (LECTERN_FFMPEG), or leave it empty and install "+
				"ffmpeg: %s", path, Install).Because(err)
	}
	if err != nil {
		return nil, missing("ffmpeg is not installed. Install it: %s", Install).Because(err)
	}
	probe, err := proc.Find(filepath.Join(filepath.Dir(found), "ffprobe"), "ffprobe")
	if err != nil {
		return nil, missing("ffprobe, which comes with ffmpeg, is not installed. Install it: %s", Install).Because(err)
	}
	t := &Tool{path: found, probe: probe}
	return t, t.check(ctx)
}

func missing(format string, args ...any) *lectern.Failure {
	return lectern.Fail(lectern.CodeMissingTool, format, args...)
}

// Version returns the version as ffmpeg prints it, such as "5.1.9-0+deb12u1".
func (t *Tool) Version() string { return t.version }

// Path returns the path of ffmpeg.
func (t *Tool) Path() string { return t.path }

// check reads version and encoders in one run, because most of the time of a run is spent on loading libraries. ffmpeg
// prints the list to standard output, and the banner, which begins with the version, to standard error.
func (t *Tool) check(ctx context.Context) error {
	version := ""
	list, err := proc.Output(ctx, proc.Command{Path: t.path, Args: []string{"-encoders"}, MaxStdout: 4 << 20,
		OnStderr: func(line string) {
			if v, ok := parseVersion(line); ok && version == "" {
				version = v
			}
		}})
	switch {
	case err != nil && version == "":
		return missing("%s cannot be run. Install ffmpeg again: %s", t.path, Install).Because(err)
	case version == "":
		return missing("%s does not print a version as ffmpeg does. Install ffmpeg: %s", t.path, Install)
	case tooOld(version):
		return missing("ffmpeg %s is too old: version %d.%d or newer is needed. Install a newer one: %s", version,
			minMajor, minMinor, Install)
	case err != nil:
		return missing("%s cannot list its encoders. Install ffmpeg again: %s", t.path, Install).Because(err)
	}
	t.version = version
	have := encoders(list)
	var lacking []string
	for _, n := range needed {
		if !have[n] {
			lacking = append(lacking, n)
		}
	}
	if len(lacking) > 0 {
		return missing("%s was built without the encoder %s. Install a full ffmpeg: %s", t.path,
			strings.Join(lacking, " and "), Install)
	}
	return nil
}

// parseVersion reads the first line of ffmpeg's banner.
func parseVersion(line string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "ffmpeg version ")
	if !ok {
		return "", false
	}
	f := strings.Fields(rest)
	if len(f) == 0 {
		return "", false
	}
	return f[0], true
}

var numbered = regexp.MustCompile(`^n?(\d{1,4})\.(\d{1,4})`)

// tooOld reports whether v is a numbered release before the oldest accepted one. Versions that are not numbers are
// builds from source ("N-109542-g…", "git-…") and count as new.
func tooOld(v string) bool {
	m := numbered.FindStringSubmatch(v)
	if m == nil {
		return false
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	return major < minMajor || major == minMajor && minor < minMinor
}

// encoders reads the table that ffmpeg -encoders prints below its line of dashes.
func encoders(out []byte) map[string]bool {
	have := map[string]bool{}
	_, table, _ := bytes.Cut(out, []byte("------"))
	s := bufio.NewScanner(bytes.NewReader(table))
	for s.Scan() {
		if f := strings.Fields(s.Text()); len(f) >= 2 {
			have[f[1]] = true
		}
	}
	return have
}

// failed turns the end of a child into a failure with a message for the user. what names the work, as in "ffmpeg could
// not make the video".
func failed(what string, err error) error {
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f
	}
	if errors.Is(err, proc.ErrNotFound) {
		return missing("ffmpeg is not installed any more. Install it: %s", Install).Because(err)
	}
	exit, ok := errors.AsType[*proc.ExitError](err)
	if !ok {
		return lectern.Fail(lectern.CodeEncodeFailed, "%s.", what).Because(err)
	}
	f := lectern.Fail(lectern.CodeEncodeFailed, "%s%s.", what, reason(exit.Tail))
	switch {
	case noSpace(exit.Tail):
		f = lectern.Fail(lectern.CodeDiskFull,
			"The disk is full, so %s. Free some space, or move the data folder to a larger disk.", lowerFirst(what))
		f.Retryable = true
	case slices.Contains(crashes, exit.Signal):
		f = lectern.Fail(lectern.CodeEncodeFailed,
			"%s: it crashed (signal %d, %s). Try again; if it crashes again, install another version of ffmpeg.", what,
			int(exit.Signal), exit.Signal)
		f.Retryable = true
	case exit.Signal != 0:
		f = lectern.Fail(lectern.CodeEncodeFailed,
			"%s: it was killed from outside (signal %d, %s). The machine may be short of memory.", what,
			int(exit.Signal), exit.Signal)
		f.Retryable = true
	}
	f.Detail, f.Err = exit.Tail, err
	return f
}

// crashes lists the signals of a program's own crash.
var crashes = []syscall.Signal{syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE,
	syscall.SIGSYS, syscall.SIGTRAP}

func noSpace(tail string) bool {
	return strings.Contains(tail, "No space left on device") || strings.Contains(tail, "Disk quota exceeded")
}

var prefixed = regexp.MustCompile(`^(\[[^\]]*\] )+`)

// reason returns the first useful line of an error's tail, because ffmpeg prints the cause before its consequences. It
// is shortened to fit in a sentence.
func reason(tail string) string {
	for line := range strings.Lines(tail) {
		line = strings.TrimRight(strings.TrimSpace(prefixed.ReplaceAllString(line, "")), ".")
		if line == "" {
			continue
		}
		if r := []rune(line); len(r) > 160 {
			line = string(r[:159]) + "…"
		}
		return ": " + line
	}
	return ""
}

// lowerFirst writes a sentence with a small first letter, so that it can be part of another sentence.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func seconds(d time.Duration) string {
	return fmt.Sprintf("%g s", d.Round(time.Millisecond).Seconds())
}
