package app

import (
	"context"
	"log/slog"
	"sync"

	"lectern/internal/config"
	"lectern/internal/ffmpeg"
	"lectern/internal/render"
)

// FFmpeg looks for ffmpeg when it is first needed. Asking ffmpeg for its version and encoders takes longer than the
// whole start of the server. An ffmpeg that is installed later is found without a restart. It is safe for concurrent
// use.
type FFmpeg struct {
	path string // "": the one on PATH
	log  *slog.Logger
	mu   sync.Mutex // held during the search
	tool *ffmpeg.Tool
}

var _ render.FFmpeg = (*FFmpeg)(nil)

func newFFmpeg(cfg config.Config, log *slog.Logger) *FFmpeg {
	return &FFmpeg{path: cfg.Tools.FFmpeg, log: log}
}

// Find returns the program, or CodeMissingTool.
func (f *FFmpeg) Find() (*ffmpeg.Tool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tool != nil {
		return f.tool, nil
	}
	t, err := ffmpeg.Find(f.path)
	if err != nil {
		return nil, err
	}
	f.tool = t
	f.log.Debug("ffmpeg found", "path", t.Path(), "version", t.Version())
	return t, nil
}

// Run implements render.FFmpeg.
func (f *FFmpeg) Run(ctx context.Context, c render.Command) error {
	t, err := f.Find()
	if err != nil {
		return err
	}
	return t.Run(ctx, ffmpeg.Run{Args: c.Args, Stdin: c.Stdin, Stdout: c.Stdout, OnFrame: c.OnFrame, OnTime: c.OnTime,
		What: c.What})
}

// Version implements render.FFmpeg. It is "" if ffmpeg is missing.
func (f *FFmpeg) Version() string {
	t, err := f.Find()
	if err != nil {
		return ""
	}
	return t.Version()
}
