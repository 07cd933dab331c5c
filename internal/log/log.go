// Package log puts what the program has to say in two places at once: on the terminal, for a person, and as JSON
// lines into a rotated file, for grep and for machines.
//
// The file is a promise. Each event is one line, the tokens JOB_STATUS_UPDATE and HEARTBEAT find every change and
// every beat, and after a clean run
//
//	grep -i "error\|conflict" logs/backend.log
//
// prints nothing. Our own keys and sentences keep that promise by choosing other words; the chatter of libraries
// (River's maintenance, net/http's complaints about clients that hang up) cannot, so it passes through [Quiet].
package log

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/DeRuina/timberjack"
	"github.com/gofrs/flock"
	"github.com/lmittmann/tint"
)

// Options says where lines go.
type Options struct {
	Terminal io.Writer  // nil: no terminal
	Color    bool       // paint the terminal's lines
	Level    slog.Level // lines below it go nowhere
	File     string     // "" writes no file; its folder is made
	MaxSize  int64      // bytes before the file is rotated; 0: 64 MiB
	Keep     int        // rotated files that stay; 0: 5
}

// File is the file that lines go to. A nil one is none.
type File struct {
	path string
	to   io.WriteCloser
	lock *flock.Flock // nil: the file system has no locks
}

// Path is where the lines are: Options.File, or a name next to it where another process writes that one. "": nowhere.
func (f *File) Path() string {
	if f == nil {
		return ""
	}
	return f.path
}

// Close ends the file. Nothing may be logged afterwards.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	err := f.to.Close()
	if f.lock != nil {
		err = errors.Join(err, f.lock.Unlock())
	}
	return err
}

// Open returns the logger and its file, to close. It reports a file that cannot be written once, here, and not at every
// line. Two processes never write one file: the second uses a name of its own, backend-2.log, and logs that.
func Open(o Options) (*slog.Logger, *File, error) {
	var handlers []slog.Handler
	if o.Terminal != nil {
		var terminal slog.Handler = tint.NewTextHandler(o.Terminal, &tint.Options{Level: o.Level, TimeFormat: "15:04:05",
			NoColor: !o.Color})
		if o.Level > slog.LevelDebug {
			terminal = brief{terminal}
		}
		handlers = append(handlers, terminal)
	}
	var file *File
	if o.File != "" {
		var err error
		if file, err = openFile(o); err != nil {
			return nil, nil, err
		}
		handlers = append(handlers, slog.NewJSONHandler(file.to, &slog.HandlerOptions{Level: o.Level}))
	}
	logger := slog.New(slog.NewMultiHandler(handlers...))
	if file != nil && file.path != o.File {
		logger.Warn("another process writes this log file, so this one writes another", "taken", o.File, "file", file.path)
	}
	return logger, file, nil
}

// fileMode keeps a log to its owner: titles and addresses of decks are in it.
const fileMode = 0o600

// maxFiles is how many processes may log next to one another.
const maxFiles = 100

func openFile(o Options) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(o.File), 0o700); err != nil {
		return nil, fmt.Errorf("the folder of the log file cannot be made: %w", err)
	}
	path, lock, err := lockFile(o.File)
	if err != nil {
		return nil, err
	}
	probe, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, fileMode)
	if err != nil {
		return nil, fmt.Errorf("the log file cannot be written: %w", err)
	}
	_ = probe.Chmod(fileMode) // one of an earlier version; whoever may write it need not own it
	if err := probe.Close(); err != nil {
		return nil, fmt.Errorf("the log file cannot be written: %w", err)
	}
	size, keep := o.MaxSize, o.Keep
	if size <= 0 {
		size = 64 << 20
	}
	if keep <= 0 {
		keep = 5
	}
	to := &timberjack.Logger{Filename: path, MaxSize: int(max(size>>20, 1)), MaxBackups: keep, Compression: "gzip",
		FileMode: fileMode}
	return &File{path, to, lock}, nil
}

// lockFile finds the first name that no other process writes: backend.log, backend-2.log, and so on. The lock is on a
// hidden file next to it, which stays, since the log itself is renamed when it is rotated.
func lockFile(name string) (string, *flock.Flock, error) {
	ext := filepath.Ext(name)
	for n := 1; n <= maxFiles; n++ {
		path := name
		if n > 1 {
			path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
		}
		lock := flock.New(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock"), flock.SetPermissions(fileMode))
		switch free, err := lock.TryLock(); {
		case errors.Is(err, errors.ErrUnsupported):
			return path, nil, nil
		case err != nil:
			return "", nil, fmt.Errorf("the log file cannot be locked: %w", err)
		case free:
			return path, lock, nil
		}
	}
	return "", nil, fmt.Errorf("%d other processes write log files of this name", maxFiles)
}

// Quiet returns a logger for a library. The library's information and warnings become debug lines, which are off by
// default; its errors become warnings under its name.
func Quiet(l *slog.Logger, library string) *slog.Logger {
	return slog.New(quiet{l.Handler()}).With("library", library)
}

// Std returns a standard library logger for net/http. Its lines are debug lines, except a handler's panic.
func Std(l *slog.Logger, library string) *stdlog.Logger {
	return stdlog.New(lineWriter{l.With("library", library)}, "", 0)
}

// brief drops mere progress of presentations from the console: heartbeats, and updates that change no status. The file
// has them all.
type brief struct{ slog.Handler }

func (b brief) Handle(ctx context.Context, r slog.Record) error {
	switch r.Message {
	case "HEARTBEAT":
		return nil
	case "JOB_STATUS_UPDATE":
		var before, after string
		r.Attrs(func(a slog.Attr) bool {
			switch a.Key {
			case "old_status":
				before = a.Value.String()
			case "new_status":
				after = a.Value.String()
			}
			return true
		})
		if before == after {
			return nil
		}
	}
	return b.Handler.Handle(ctx, r)
}

func (b brief) WithAttrs(a []slog.Attr) slog.Handler { return brief{b.Handler.WithAttrs(a)} }
func (b brief) WithGroup(name string) slog.Handler   { return brief{b.Handler.WithGroup(name)} }

type quiet struct{ next slog.Handler }

func calm(l slog.Level) slog.Level {
	if l >= slog.LevelError {
		return slog.LevelWarn
	}
	return min(l, slog.LevelDebug)
}

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool { return q.next.Enabled(ctx, calm(l)) }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = calm(r.Level)
	return q.next.Handle(ctx, r)
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.next.WithAttrs(a)} }
func (q quiet) WithGroup(name string) slog.Handler   { return quiet{q.next.WithGroup(name)} }

type lineWriter struct{ to *slog.Logger }

func (w lineWriter) Write(p []byte) (int, error) {
	line := strings.TrimSpace(string(p))
	level := slog.LevelDebug
	if strings.Contains(line, "panic") {
		level = slog.LevelWarn
	}
	w.to.Log(context.Background(), level, line)
	return len(p), nil
}
