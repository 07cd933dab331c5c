// Package log writes each log line to two places: to the terminal, for people, and as JSON to a rotated file, for grep
// and for programs.
//
// Operators rely on the form of the file. Each event is one line. The words JOB_STATUS_UPDATE and HEARTBEAT find every
// change of a presentation and every heartbeat. After a run without failures,
//
//	grep -i "error\|conflict" logs/backend.log
//
// prints nothing. Lectern's own keys and sentences use other words. Those of libraries do not: the lines of net/http
// about clients that disconnect pass through [Std], and package queue rewords River's about its maintenance.
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

// Options configure a logger.
type Options struct {
	Terminal io.Writer  // nil: no terminal
	Color    bool       // colour the lines of the terminal
	Level    slog.Level // lines below it are dropped
	File     string     // "": no file; its folder is made if it is missing
	MaxSize  int64      // bytes before the file is rotated, rounded down to whole MiB, at least one; 0: 64 MiB
	Keep     int        // rotated files that are kept; 0: 5
}

// File is an open log file. A nil File stands for no file.
type File struct {
	path string
	to   io.WriteCloser
	lock *flock.Flock // nil: the file system has no locks
}

// Path returns the path of the file: Options.File, or another name next to it if another process writes that one. For a
// nil File it is "".
func (f *File) Path() string {
	if f == nil {
		return ""
	}
	return f.path
}

// Close closes the file. Nothing may be logged afterwards.
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

// Open returns the logger and its file, which the caller closes. It fails if the file cannot be written, so that this
// is not reported at every line. Two processes never write one file: the second uses a name of its own, backend-2.log,
// and logs that.
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

// fileMode lets only its owner read a log, because it contains titles and addresses of decks.
const fileMode = 0o600

// maxFiles is how many processes may write log files of one name in a folder.
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
	_ = probe.Chmod(fileMode) // for a file of an earlier version; fails if another user owns the file
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
	return "", nil, fmt.Errorf("%d other processes write log files of this name; choose another name (log.file)", maxFiles)
}

// Std returns a standard library logger for net/http. Its lines are debug lines, except a handler's panic.
func Std(l *slog.Logger, library string) *stdlog.Logger {
	return stdlog.New(lineWriter{l.With("library", library)}, "", 0)
}

// brief drops the progress of presentations from the terminal: heartbeats, and updates that change no status. The file
// has all of these.
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
