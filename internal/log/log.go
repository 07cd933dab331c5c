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
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/DeRuina/timberjack"
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

// Open gives the logger, and what closes its file. A file that cannot be written is told here, once, and not at
// every line.
func Open(o Options) (*slog.Logger, io.Closer, error) {
	var handlers []slog.Handler
	if o.Terminal != nil {
		var terminal slog.Handler = tint.NewTextHandler(o.Terminal, &tint.Options{Level: o.Level, TimeFormat: "15:04:05", NoColor: !o.Color})
		if o.Level > slog.LevelDebug {
			terminal = brief{terminal}
		}
		handlers = append(handlers, terminal)
	}
	closer := io.Closer(io.NopCloser(nil))
	if o.File != "" {
		f, err := openFile(o)
		if err != nil {
			return nil, nil, err
		}
		handlers, closer = append(handlers, slog.NewJSONHandler(f, &slog.HandlerOptions{Level: o.Level})), f
	}
	return slog.New(slog.NewMultiHandler(handlers...)), closer, nil
}

func openFile(o Options) (io.WriteCloser, error) {
	if err := os.MkdirAll(filepath.Dir(o.File), 0o755); err != nil {
		return nil, fmt.Errorf("the folder of the log file cannot be made: %w", err)
	}
	probe, err := os.OpenFile(o.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("the log file cannot be written: %w", err)
	}
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
	return &timberjack.Logger{Filename: o.File, MaxSize: int(max(size>>20, 1)), MaxBackups: keep, Compression: "gzip"}, nil
}

// Quiet gives a logger for a library. What it calls information or a warning is debugging to us, so it is silent by
// default; only what it calls an error is heard, as a warning, under the library's name.
func Quiet(l *slog.Logger, library string) *slog.Logger {
	return slog.New(quiet{l.Handler()}).With("library", library)
}

// Std gives a standard library logger, for net/http, whose lines are debugging, except a handler's panic.
func Std(l *slog.Logger, library string) *stdlog.Logger {
	return stdlog.New(lineWriter{l.With("library", library)}, "", 0)
}

// brief keeps the mere progress of presentations from a person's eyes: heartbeats, and updates that change no status.
// The file has them all.
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
