package queue

import (
	"context"
	"log/slog"
	"strings"
)

// quiet returns a logger for River. It logs only warnings and worse, with the component "queue". River's errors are
// about its own maintenance, which it retries; no presentation is lost. On a slow disk they occur and users notice
// nothing, so they are logged as warnings, without the word "error", and with the reason under "failure" as in the rest
// of the log.
func quiet(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(warnings{log.Handler()}).With("component", "queue")
}

var trouble = strings.NewReplacer("Error", "Trouble", "error", "trouble")

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

func (w warnings) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, slog.LevelWarn, trouble.Replace(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(renamed(a))
		return true
	})
	return w.Handler.Handle(ctx, out)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	named := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		named[i] = renamed(a)
	}
	return warnings{w.Handler.WithAttrs(named)}
}

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

func renamed(a slog.Attr) slog.Attr {
	if a.Key == "err" || a.Key == "error" {
		a.Key = "failure"
	}
	return a
}
