package ffmpeg

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"lectern"
	"lectern/internal/proc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var found = sync.OnceValues(func() (*Tool, error) { return Find("") })

func tool(t *testing.T) *Tool {
	t.Helper()
	tl, err := found()
	if err != nil {
		t.Fatal(err)
	}
	return tl
}

// fake writes a script that replaces ffmpeg.
func fake(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func want(t *testing.T, err error, code lectern.Code, words ...string) *lectern.Failure {
	t.Helper()
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok || f.Code != code {
		t.Fatalf("got %v (%T), want code %s", err, err, code)
	}
	for _, w := range words {
		if !strings.Contains(f.Message, w) {
			t.Errorf("the message %q does not contain %q", f.Message, w)
		}
	}
	return f
}

func TestFindStatesWhatIsMissing(t *testing.T) {
	t.Parallel()
	const encodersOK = "------\\n V....D libx264 x\\n A....D aac y\\n"
	for name, c := range map[string]struct {
		path  string
		words []string
	}{
		"nothing there": {"/no/such/ffmpeg", []string{"/no/such/ffmpeg", Install}},
		"not an ffmpeg": {fake(t, "echo hello"), []string{"does not print a version as ffmpeg does", Install}},
		"cannot run":    {fake(t, "exit 1"), []string{"cannot be run", Install}},
		"too old": {fake(t, `echo "ffmpeg version 4.3.9-0+deb11u1 Copyright" >&2`),
			[]string{"4.3.9", "4.4", Install}},
		"no list": {fake(t, `echo "ffmpeg version 6.1" >&2; exit 1`), []string{"cannot list its encoders", Install}},
		"without encoders": {fake(t, `echo "ffmpeg version 6.1" >&2; printf -- '------\n A....D aac y\n'`),
			[]string{"libx264", Install}},
	} {
		_, err := Find(c.path)
		if f := want(t, err, lectern.CodeMissingTool, c.words...); strings.Contains(f.Message, "aac") {
			t.Errorf("%s: %s", name, f.Message)
		}
	}
	tl, err := Find(fake(t, `echo "ffmpeg version N-109542-gdeadbeef" >&2; printf -- '`+encodersOK+`'`))
	if err != nil || tl.Version() != "N-109542-gdeadbeef" {
		t.Errorf("a build from source: %v", err)
	}
	if v := tool(t).Version(); v == "" || tooOld(v) {
		t.Errorf("version %q", v)
	}
}

func TestReleasesBeforeTheMinimumAreTooOld(t *testing.T) {
	t.Parallel()
	for v, old := range map[string]bool{
		"4.4": false, "4.4.1": false, "4.3": true, "3.4.11-0ubuntu0.1": true, "5.1.9-0+deb12u1": false, "n6.0": false,
		"n4.2.7": true,
		"7.1":    false, "10.0": false, "git-2020-01-01": false, "": false, "x": false,
	} {
		if tooOld(v) != old {
			t.Errorf("tooOld(%q) is %v", v, !old)
		}
	}
}

func TestRunReportsFramesAndProbeCountsThem(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "a b's %d.mp4")
	var frames []int
	var written time.Duration
	err := tool(t).Run(t.Context(), Run{
		Args: []string{"-f", "lavfi", "-i", "testsrc=s=320x180:r=30:d=4", "-f", "lavfi", "-i", "sine=r=48000:d=4",
			"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", out},
		OnFrame: func(n int) { frames = append(frames, n) },
		OnTime:  func(d time.Duration) { written = d },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range frames {
		if i > 0 && n <= frames[i-1] {
			t.Errorf("frames do not rise: %v", frames)
		}
	}
	if len(frames) == 0 || frames[len(frames)-1] != 120 || written < 3900*time.Millisecond {
		t.Errorf("frames %v, time %v", frames, written)
	}
	info, err := tool(t).Probe(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := info.First("video")
	if v.Codec != "h264" || v.PixelFormat != "yuv420p" || v.Width != 320 || v.Height != 180 ||
		v.FrameRate != (Rational{30, 1}) ||
		v.BaseRate != v.FrameRate || v.Frames != 120 || v.Packets != 120 || v.Duration != 4*time.Second {
		t.Errorf("video %+v", v)
	}
	a, _ := info.First("audio")
	if a.Codec != "aac" || a.SampleRate != 48000 || a.Channels != 2 ||
		(a.Duration-4*time.Second).Abs() > 30*time.Millisecond {
		t.Errorf("audio %+v", a)
	}
	if st, err := os.Stat(out); err != nil || info.Size != st.Size() || !strings.Contains(info.Format, "mp4") ||
		(info.Duration-4*time.Second).Abs() > 50*time.Millisecond {
		t.Errorf("%+v", info)
	}
	if _, ok := info.First("subtitle"); ok {
		t.Error("the video has subtitles")
	}
}

func TestRunReadsStdinAndWritesStdout(t *testing.T) {
	t.Parallel()
	raw := make([]byte, 64*36*3*25)
	for i := range raw {
		raw[i] = byte(i / 7)
	}
	var out strings.Builder
	frames := 0
	err := tool(t).Run(t.Context(), Run{
		Args: []string{"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x36", "-r", "25", "-i", "pipe:0", "-f",
			"rawvideo", "-pix_fmt", "rgb24", "pipe:1"},
		Stdin: strings.NewReader(string(raw)), Stdout: &out, OnFrame: func(n int) { frames = n },
	})
	if err != nil || out.String() != string(raw) || frames != 25 {
		t.Errorf("%d bytes of %d, %d frames, %v", out.Len(), len(raw), frames, err)
	}
}

func TestFailuresStateTheReason(t *testing.T) {
	t.Parallel()
	f := want(t, tool(t).Run(t.Context(),
		Run{Args: []string{"-i", "/no/such/file.png", "-f", "null", "-"}, What: "Slide 3 could not be encoded"}),
		lectern.CodeEncodeFailed, "Slide 3 could not be encoded: ", "No such file")
	if f.Detail == "" || f.Retryable {
		t.Errorf("%+v", f)
	}
	want(t, tool(t).Run(t.Context(), Run{Args: []string{"-f", "lavfi", "-i", "testsrc=d=1", "-c:v", "no_such_encoder",
		"-f", "null", "-"}}), lectern.CodeEncodeFailed, "no_such_encoder")
	f = want(t, tool(t).Run(t.Context(),
		Run{Args: []string{"-f", "lavfi", "-i", "testsrc=d=1", "-f", "rawvideo", "/dev/full"}}), lectern.CodeDiskFull,
		"disk is full")
	if !f.Retryable || !strings.Contains(f.Detail, "No space left") {
		t.Errorf("%+v", f)
	}
	killed := &Tool{path: fake(t, "kill -9 $$")}
	f = want(t, killed.Run(t.Context(), Run{}), lectern.CodeEncodeFailed, "signal 9", "memory")
	if e, ok := errors.AsType[*proc.ExitError](f); !ok || e.Signal != syscall.SIGKILL || !f.Retryable {
		t.Errorf("%+v", f)
	}
	broken := &Tool{path: fake(t, "kill -SEGV $$")}
	if f = want(t, broken.Run(t.Context(), Run{}), lectern.CodeEncodeFailed, "crashed", "signal 11"); !f.Retryable ||
		strings.Contains(f.Message, "memory") {
		t.Errorf("%+v", f)
	}
	want(t, (&Tool{path: "/no/such/ffmpeg"}).Run(t.Context(), Run{}), lectern.CodeMissingTool, Install)

	junk := filepath.Join(t.TempDir(), "junk.mp4")
	if err := os.WriteFile(junk, []byte(strings.Repeat("junk", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := tool(t).Probe(t.Context(), junk)
	want(t, err, lectern.CodeEncodeFailed, "could not be read")
	_, err = tool(t).Probe(t.Context(), "/no/such.mp4")
	want(t, err, lectern.CodeEncodeFailed, "No such file")
}

// A run that exits with 0 still fails if its output is missing or was truncated afterwards.
func TestIncompleteOutputIsAFailure(t *testing.T) {
	t.Parallel()
	const begin = "for out; do :; done; out=${out#file:}; "
	for name, c := range map[string]struct {
		script string
		words  string // of the detail; "": success
	}{
		"nothing at all":      {"exit 0", "without reporting its end"},
		"half a report":       {begin + `echo 0123456789 >"$out"; echo total_size=11 >&3`, "without reporting its end"},
		"a file that is gone": {"printf 'total_size=11\nprogress=end\n' >&3", "no such file"},
		"a file cut by one": {begin + `printf 0123456789 >"$out"; printf 'total_size=11\nprogress=end\n' >&3`,
			"has 10 bytes, but ffmpeg wrote 11"},
		"a whole file": {begin +
			`echo 0123456789 >"$out"; printf 'total_size=5\nprogress=continue\ntotal_size=11\nprogress=end\n' >&3`, ""},
		"a size that is not known": {begin + `echo 0 >"$out"; printf 'total_size=N/A\nprogress=end\n' >&3`, ""},
	} {
		out := filepath.Join(t.TempDir(), "out")
		err := (&Tool{path: fake(t, c.script)}).
			Run(t.Context(), Run{Args: []string{"file:" + out}, What: "Slide 3 could not be encoded"})
		if c.words == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if f := want(t, err, lectern.CodeEncodeFailed, "Slide 3 could not be encoded", "incomplete",
			Install); !f.Retryable || !strings.Contains(errors.Unwrap(f).Error(), c.words) {
			t.Errorf("%s: %v", name, errors.Unwrap(f))
		}
	}
	short := &Tool{path: fake(t, `printf 0123456789; printf 'total_size=11\nprogress=end\n' >&3`)}
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString("what was there before"); err != nil {
		t.Fatal(err)
	}
	var pipe strings.Builder
	for _, to := range []io.Writer{file, &pipe} {
		if f := want(t, short.Run(t.Context(), Run{Stdout: to}), lectern.CodeEncodeFailed,
			"incomplete"); !strings.Contains(errors.Unwrap(f).Error(), "has 10 bytes, but ffmpeg wrote 11") {
			t.Errorf("%T: %v", to, errors.Unwrap(f))
		}
	}
}

// An ffprobe that hangs is stopped. The failure is retryable, because a hang says nothing about the file.
func TestHangingProbeIsStopped(t *testing.T) {
	t.Parallel()
	hung := &Tool{probe: fake(t, "trap '' TERM; exec sleep 86400"), probing: 100 * time.Millisecond}
	_, err := hung.Probe(t.Context(), "/no/such.mp4")
	if f := want(t, err, lectern.CodeTimeout, "ffprobe had not ended"); !f.Retryable {
		t.Error("not retryable")
	}
}

func TestRunReturnsTheFailureOfStdin(t *testing.T) {
	t.Parallel()
	cause := lectern.Fail(lectern.CodeAvatarFailed, "The avatar broke.")
	r, w := io.Pipe()
	w.CloseWithError(cause)
	err := tool(t).Run(t.Context(), Run{Args: []string{"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x36", "-i",
		"pipe:0", "-f", "null", "-"}, Stdin: r})
	want(t, err, lectern.CodeAvatarFailed, "The avatar broke.")
}

func TestJ10CancelReturnsTheCause(t *testing.T) {
	t.Parallel()
	why := errors.New("the user's wish")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	err := tool(t).Run(ctx, Run{
		Args:    []string{"-re", "-f", "lavfi", "-i", "testsrc=r=30", "-f", "null", "-"}, // endless
		OnFrame: func(int) { cancel(why) },
	})
	if err != why {
		t.Errorf("got %v", err)
	}
	if err := tool(t).Run(ctx, Run{}); err != why {
		t.Errorf("got %v", err)
	}
	if _, err := tool(t).Probe(ctx, "x"); err != why {
		t.Errorf("got %v", err)
	}
}

func TestStalledRunIsStopped(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe() // never gets data
	defer w.Close()
	err := tool(t).Run(t.Context(), Run{
		Args:  []string{"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x36", "-i", "pipe:0", "-f", "null", "-"},
		Stdin: r, Stall: 400 * time.Millisecond,
	})
	if f := want(t, err, lectern.CodeTimeout, "no progress for 0.4 s"); !f.Retryable {
		t.Error("not retryable")
	}
}

func TestWatchdogBarksOnlyAfterSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var barked time.Time
		w := watch(10*time.Second, func() { barked = time.Now() })
		for range 7 {
			time.Sleep(9 * time.Second) // fake time
			w.kick()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := barked.Sub(start); got != 73*time.Second {
			t.Errorf("barked after %v", got)
		}
		w.stop()
		quiet := watch(time.Second, func() { t.Error("barked after it was stopped") })
		quiet.stop()
		time.Sleep(time.Minute)
	})
}

func TestReportsAreReadWhateverEachReadReturns(t *testing.T) {
	t.Parallel()
	text := "frame=3\nfps=0.0\nout_time_us=N/A\nprogress=continue\nframe=3\nframe=2\nframe= " +
		"17\nout_time_us=500000\ntotal_size=9\nframe=x\nprogress=end\n"
	for size := 1; size < 30; size++ {
		var frames []int
		var times []time.Duration
		j := Run{OnFrame: func(n int) { frames = append(frames, n) },
			OnTime: func(d time.Duration) { times = append(times, d) }}
		w := watch(time.Hour, func() {})
		j.follow(&pieces{strings.NewReader(text), size}, w)
		w.stop()
		if len(frames) != 2 || frames[0] != 3 || frames[1] != 17 || len(times) != 1 ||
			times[0] != 500*time.Millisecond {
			t.Errorf("pieces of %d: %v %v", size, frames, times)
		}
	}
}

// pieces returns at most size bytes of r with each read.
type pieces struct {
	r    io.Reader
	size int
}

func (p *pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.size)]) }

func FuzzParseProbe(f *testing.F) {
	f.Add(
		[]byte(`{"streams":[{"codec_type":"video","avg_frame_rate":"30000/1001","nb_frames":"12","duration":"1.5"}],"format":{"duration":"1e3"}}`))
	f.Add([]byte(`{"format":{"duration":"NaN","size":"-1"},"streams":[{"avg_frame_rate":"0/0"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := parseProbe(b)
		if err != nil {
			return
		}
		for _, s := range info.Streams {
			if r := s.FrameRate; r.Float() < 0 || r.Den < 0 {
				t.Error(r)
			}
		}
	})
}

func FuzzFollow(f *testing.F) {
	f.Add("frame=1\nframe=2\n")
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		w := watch(time.Hour, func() {})
		defer w.stop()
		Run{OnFrame: func(n int) {
			if n <= last {
				t.Error(n, last)
			}
			last = n
		}}.follow(strings.NewReader(s), w)
	})
}

// Decks accept exactly the transitions of this ffmpeg's xfade.
func TestTransitionTypesAreThoseOfXfade(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := proc.Run(t.Context(), proc.Command{Path: tool(t).Path(),
		Args: []string{"-hide_banner", "-h", "filter=xfade"}, Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	have := []string{lectern.TransitionNone}
	for line := range strings.Lines(out.String()) {
		f := strings.Fields(line) // the line of a value: name, number, flags, "… transition"
		if len(f) < 4 || f[0] == "custom" || !strings.HasSuffix(line, " transition\n") {
			continue
		}
		if _, err := strconv.Atoi(f[1]); err == nil {
			have = append(have, f[0])
		}
	}
	want := lectern.TransitionTypes()
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("xfade has   %v\ndecks accept %v", have, want)
	}
}
