package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/encode"
	"lectern/internal/render"
)

// encoder finds a hardware encoder that works here, by testing them. It does so at the first call of works.
type encoder struct {
	setting string // "auto", "software", or the name of a hardware encoder
	ffmpeg  render.FFmpeg
	log     *slog.Logger
	devices []string // auto tests nothing unless one of these files exists

	mu    sync.Mutex
	tried bool
	found encode.Encoder
}

// trialTime is how long the test of an encoder may take, which encodes a second of a small picture.
const trialTime = 20 * time.Second

// newEncoder makes an encoder for the settings. It tests nothing yet.
func newEncoder(cfg config.Config, ffmpeg render.FFmpeg, log *slog.Logger) *encoder {
	return &encoder{setting: cfg.Encoder, ffmpeg: ffmpeg, log: log,
		devices: []string{"/dev/dri/renderD128", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"}}
}

// works returns a hardware encoder that works, or encode.Software.
func (e *encoder) works(ctx context.Context) encode.Encoder {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.tried {
		return e.found
	}
	var candidates []encode.Encoder
	switch {
	case e.setting == "software", e.setting == "auto" && !anyThere(e.devices):
	case e.setting == "auto":
		candidates = encode.Hardware()
	default:
		candidates = []encode.Encoder{encode.Encoder(e.setting)}
	}
	for _, c := range candidates {
		err := e.try(ctx, c)
		if ctx.Err() != nil {
			return encode.Software // the next caller tries again
		}
		if err == nil {
			e.found = c
			e.log.Info("hardware encoder works", "encoder", c.String())
			break
		}
		level := slog.LevelDebug
		if e.setting != "auto" {
			level = slog.LevelWarn
		}
		e.log.Log(ctx, level, "hardware encoder does not work", "encoder", c.String(), "reason",
			lectern.AsFailure(err).Message)
	}
	e.tried = true
	return e.found
}

func (e *encoder) try(ctx context.Context, c encode.Encoder) error {
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	trial := encode.Encoding{Size: lectern.Size{Width: 640, Height: 360}, Rate: 30, Encoder: c}
	return e.ffmpeg.Run(ctx, render.Command{Args: trial.Trial(), Stdout: io.Discard,
		What: "The encoder " + c.String() + " does not work"})
}

func anyThere(files []string) bool {
	for _, f := range files {
		if _, err := os.Stat(f); err == nil {
			return true
		}
	}
	return false
}
