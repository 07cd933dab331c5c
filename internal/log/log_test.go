package log

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a logger on a buffer and a file, and a function that closes the file and reads both.
func open(t *testing.T, o Options) (*slog.Logger, func() (terminal, file string)) {
	t.Helper()
	var buf bytes.Buffer
	o.Terminal, o.File = &buf, filepath.Join(t.TempDir(), "logs", "backend.log")
	l, closer, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return l, func() (string, string) {
		if err := closer.Close(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(o.File)
		if err != nil {
			t.Fatal(err)
		}
		return buf.String(), string(data)
	}
}

// Two processes never write one file. The second uses a name of its own and logs that, the third another one. When the
// first has ended, its name is free again. Other users cannot read the files.
func TestM9EachProcessWritesItsOwnFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "logs", "backend.log")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("{}\n"), 0o644); err != nil { // a file of an earlier version
		t.Fatal(err)
	}
	var files []*File
	for i, want := range []string{"backend.log", "backend-2.log", "backend-3.log"} {
		l, f, err := Open(Options{File: path})
		if err != nil {
			t.Fatal(err)
		}
		l.Info("HEARTBEAT", "of", i)
		if filepath.Base(f.Path()) != want {
			t.Errorf("writer %d writes %s", i+1, f.Path())
		}
		files = append(files, f)
		info, err := os.Stat(f.Path())
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", want, info.Mode(), err)
		}
		text, err := os.ReadFile(f.Path())
		if err != nil || strings.Contains(string(text), "another process writes") != (i > 0) ||
			strings.Count(string(text), "HEARTBEAT") != 1 {
			t.Errorf("%s: %v %s", want, err, text)
		}
	}
	if err := files[0].Close(); err != nil {
		t.Fatal(err)
	}
	_, f, err := Open(Options{File: path})
	if err != nil || f.Path() != path {
		t.Errorf("after the first: %v, %v", f.Path(), err)
	}
	for _, f := range append(files[1:], f) {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The two lines that operators grep for are one line each, however many lines the message has.
func TestTheGreppableLinesAreOneLineEach(t *testing.T) {
	t.Parallel()
	l, read := open(t, Options{Level: slog.LevelDebug})
	l.Info("JOB_STATUS_UPDATE", "job_id", "a1", "old_status", "queued", "new_status", "processing", "progress", 12.5,
		"message", "two\nlines\r\nof it")
	l.Info("HEARTBEAT", "job_id", "a1", "progress", 12.5)
	terminal, file := read()
	for where, text := range map[string]string{"terminal": terminal, "file": file} {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "JOB_STATUS_UPDATE") || !strings.Contains(lines[1], "HEARTBEAT") {
			t.Errorf("%s has %d lines:\n%s", where, len(lines), text)
		}
		for _, want := range []string{"a1", "queued", "processing", "12.5"} {
			if !strings.Contains(lines[0], want) {
				t.Errorf("%s: the update does not show %q: %s", where, want, lines[0])
			}
		}
	}
	for line := range strings.Lines(file) {
		var v struct {
			Time     time.Time
			Level    string
			Msg      string
			Job      string `json:"job_id"`
			Progress float64
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil || v.Job != "a1" || v.Progress != 12.5 || v.Time.IsZero() {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestLibraryInfoIsNotLoggedByDefault(t *testing.T) {
	t.Parallel()
	l, read := open(t, Options{})
	Std(l, "http").Printf("http: TLS handshake error from %s", "10.0.0.1")
	if terminal, file := read(); terminal+file != "" {
		t.Errorf("information of a library is logged: %s", terminal+file)
	}
}

func TestLibraryErrorsAreLoggedAsWarnings(t *testing.T) {
	t.Parallel()
	l, read := open(t, Options{})
	Std(l, "http").Print("http: panic serving 127.0.0.1: boom")
	_, file := read()
	if n := strings.Count(file, `"level":"WARN"`); n != 1 || !strings.Contains(file, `"library":"http"`) ||
		!strings.Contains(file, "boom") {
		t.Errorf("got\n%s", file)
	}
}

// The terminal shows changes of status and no other progress; the file has every line.
func TestTheTerminalOmitsProgress(t *testing.T) {
	t.Parallel()
	l, read := open(t, Options{})
	l = l.With("node", "n1")
	l.Info("JOB_STATUS_UPDATE", "old_status", "queued", "new_status", "processing")
	l.Info("JOB_STATUS_UPDATE", "old_status", "processing", "new_status", "processing")
	l.Info("HEARTBEAT", "progress", 1)
	l.Info("JOB_STATUS_UPDATE", "old_status", "processing", "new_status", "completed")
	terminal, file := read()
	if n := strings.Count(terminal, "\n"); n != 2 || !strings.Contains(terminal, "completed") {
		t.Errorf("the terminal has %d lines:\n%s", n, terminal)
	}
	if n := strings.Count(file, "\n"); n != 4 {
		t.Errorf("the file has %d lines:\n%s", n, file)
	}
}

func TestLibraryInfoIsLoggedAtDebug(t *testing.T) {
	t.Parallel()
	l, read := open(t, Options{Level: slog.LevelDebug})
	Std(l, "http").Print("http: a client went away")
	if terminal, file := read(); !strings.Contains(terminal, "went away") ||
		!strings.Contains(file, `"level":"DEBUG"`) {
		t.Errorf("got %s%s", terminal, file)
	}
}

func TestColourIsAnOption(t *testing.T) {
	t.Parallel()
	for _, color := range []bool{true, false} {
		l, read := open(t, Options{Color: color})
		l.Warn("hello")
		terminal, file := read()
		if got := strings.Contains(terminal, "\x1b["); got != color {
			t.Errorf("colour %v: %q", color, terminal)
		}
		if strings.Contains(file, "\x1b") {
			t.Errorf("the file has colours: %q", file)
		}
	}
}

func TestTheFileIsRotated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, closer, err := Open(Options{File: filepath.Join(dir, "backend.log"), MaxSize: 1 << 20, Keep: 2})
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 64<<10)
	for range 17 {
		l.Info(line)
	}
	if err := closer.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) < 2 {
		t.Errorf("17 lines of 64 KiB in files of 1 MiB leave %v, %v", names, err)
	}
	if fi, err := os.Stat(filepath.Join(dir, "backend.log")); err != nil || fi.Size() > 1<<20 {
		t.Errorf("the current file: %v, %v", fi, err)
	}
}

func TestOpenFailsIfTheFileCannotBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Open(Options{File: filepath.Join(file, "backend.log")})
	if err == nil || !strings.Contains(err.Error(), "log file") {
		t.Errorf("got %v", err)
	}
}
