package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"lectern"
	"lectern/internal/compose"
	"lectern/internal/config"
	"lectern/internal/render"
)

// hardware finds out which encoder in hardware works here, by trying, when that is first asked.
type hardware struct {
	setting string // "auto", "software", or the one to use
	ffmpeg  render.FFmpeg
	log     *slog.Logger
	devices []string // without one of these files auto tries nothing

	mu    sync.Mutex
	tried bool
	found compose.Encoder
}

// trialTime is how long an encoder may take for a second of a small picture.
const trialTime = 20 * time.Second

// newHardware tries nothing yet.
func newHardware(cfg config.Config, ffmpeg render.FFmpeg, log *slog.Logger) *hardware {
	return &hardware{setting: cfg.Encoder, ffmpeg: ffmpeg, log: log,
		devices: []string{"/dev/dri/renderD128", "/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"}}
}

// encoder gives the encoder that works, or compose.Software.
func (h *hardware) encoder(ctx context.Context) compose.Encoder {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tried {
		return h.found
	}
	var candidates []compose.Encoder
	switch {
	case h.setting == "software", h.setting == "auto" && !anyThere(h.devices):
	case h.setting == "auto":
		candidates = compose.Hardware()
	default:
		candidates = []compose.Encoder{compose.Encoder(h.setting)}
	}
	for _, c := range candidates {
		err := h.try(ctx, c)
		if ctx.Err() != nil {
			return compose.Software // who asks next tries again
		}
		if err == nil {
			h.found = c
			h.log.Info("an encoder in hardware works", "encoder", c.String())
			break
		}
		level := slog.LevelDebug
		if h.setting != "auto" {
			level = slog.LevelWarn
		}
		h.log.Log(ctx, level, "no encoder in hardware", "encoder", c.String(), "reason", lectern.AsFailure(err).Message)
	}
	h.tried = true
	return h.found
}

func (h *hardware) try(ctx context.Context, c compose.Encoder) error {
	ctx, cancel := context.WithTimeout(ctx, trialTime)
	defer cancel()
	e := compose.Encoding{Size: lectern.Size{Width: 640, Height: 360}, Rate: 30, Encoder: c}
	return h.ffmpeg.Run(ctx, render.Command{Args: e.Trial(), Stdout: io.Discard, What: "The encoder " + c.String() + " does not work"})
}

func anyThere(files []string) bool {
	for _, f := range files {
		if _, err := os.Stat(f); err == nil {
			return true
		}
	}
	return false
}
