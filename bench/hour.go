package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/bench/renders"
	"lectern/internal/proc"
	"lectern/internal/render"
)

// hour compares the cost of a long talk with that of a short one.
type hour struct {
	Long  single `json:"long"`
	Short single `json:"short"`
}

// single is one render.
type single struct {
	Slides  int     `json:"slides"`
	Video   float64 `json:"videoSeconds"`
	Took    float64 `json:"tookSeconds"`
	Memory  int64   `json:"memoryBytes"` // peak of Lectern's own process
	Drift   float64 `json:"driftSeconds"`
	Lengths float64 `json:"lengthsSeconds"` // length of the sound minus length of the pictures
}

// anHour renders a talk of an hour in 120 slides, and one of a minute in five.
func anHour(ctx context.Context, binary, dir string) (*hour, error) {
	var h hour
	for _, c := range []struct {
		to      *single
		slides  int
		seconds float64
	}{{&h.Short, 5, 60}, {&h.Long, 120, 3600}} {
		s, err := alone(ctx, binary, filepath.Join(dir, strconv.Itoa(c.slides)), c.slides, c.seconds)
		if err != nil {
			return nil, err
		}
		*c.to = s
	}
	return &h, nil
}

func alone(ctx context.Context, program, dir string, slides int, seconds float64) (single, error) {
	s := single{Slides: slides}
	program, err := filepath.Abs(program)
	if err != nil {
		return s, err
	}
	deck, err := renders.Deck(renders.Avatar,
		renders.Shape{Slides: slides, Seconds: seconds, Size: lectern.Size{Width: 1920, Height: 1080}, Rate: 30}, 0)
	if err != nil {
		return s, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return s, err
	}
	if err := os.WriteFile(filepath.Join(dir, "deck.json"), deck, 0o644); err != nil {
		return s, err
	}
	began := time.Now()
	p, err := proc.Start(ctx, proc.Command{Path: program, Dir: dir,
		Args: []string{"render", "deck.json", "-o", "talk.mp4", "--cache", "cache", "--keep", "kept"}})
	if err != nil {
		return s, err
	}
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		s.Memory = max(s.Memory, most(p.Pid()))
		select {
		case <-tick.C:
			continue
		case <-p.Done():
			tick.Stop()
		}
		break
	}
	s.Took = time.Since(began).Seconds()
	if err := p.Wait(); err != nil {
		return s, fmt.Errorf("render %d slides: %w", slides, err)
	}
	return s, s.inspect(ctx, dir)
}

// most returns the peak memory of a process so far, in bytes, or 0 if the kernel does not report it.
func most(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10
		}
	}
	return 0
}

// inspect compares the sound with the pictures: both lengths, and how much later the last slide's narration is audible
// than the first's, each measured from the start in the manifest. Both narrations begin with the same word in the same
// voice.
func (s *single) inspect(ctx context.Context, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "kept", "manifest.json"))
	if err != nil {
		return err
	}
	var m render.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	s.Video = float64(m.Frames) / float64(m.FrameRate)
	out, err := proc.Output(ctx, proc.Command{Path: "ffprobe", Dir: dir,
		Args: []string{"-v", "error", "-show_entries", "stream=codec_type,duration", "-of", "csv=p=0", "talk.mp4"}})
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(out)) {
		kind, length, _ := strings.Cut(strings.TrimSpace(line), ",")
		seconds, _ := strconv.ParseFloat(length, 64)
		switch kind {
		case "audio":
			s.Lengths += seconds
		case "video":
			s.Lengths -= seconds
		}
	}
	var at [2]float64
	for i, n := range [2]int{0, len(m.Slides) - 1} {
		begin := float64(*m.Slides[n].Speech) / lectern.SampleRate
		first, err := onset(ctx, filepath.Join(dir, "talk.mp4"), begin-0.2)
		if err != nil {
			return err
		}
		at[i] = first - begin
	}
	s.Drift = at[1] - at[0]
	return nil
}

// onset returns the time of the first sound in the second after from, in seconds.
func onset(ctx context.Context, file string, from float64) (float64, error) {
	var pcm bytes.Buffer
	err := proc.Run(ctx, proc.Command{Path: "ffmpeg", Stdout: &pcm,
		Args: []string{"-nostdin", "-v", "error", "-i", file, "-vn",
			"-af", fmt.Sprintf("atrim=start=%f:duration=1", from), "-f", "s16le", "-ac", "1", "-ar",
			"48000", "pipe:1"}})
	if err != nil {
		return 0, err
	}
	samples := make([]int16, pcm.Len()/2)
	if _, err := binary.Decode(pcm.Bytes(), binary.LittleEndian, samples); err != nil {
		return 0, err
	}
	const audible = 700
	for i, v := range samples {
		if math.Abs(float64(v)) > audible {
			return from + float64(i)/48000, nil
		}
	}
	return 0, fmt.Errorf("there is no sound in the second after %.3f s", from)
}

func (h *hour) markdown(b *strings.Builder) {
	perMinute := func(s single) float64 { return 60 * s.Took / s.Video }
	fmt.Fprintf(b, `
## An hour in %d slides

The talk with a presenter in the corner, %.0f min, compared with one of %.0f s; both with empty caches and all steps.

| what | aim | an hour | a minute |
| --- | --- | ---: | ---: |
| time for a minute of video | no worse than for the short one | %.1f s | %.1f s |
| peak memory of Lectern's own process | under 300 MB | %.0f MB | %.0f MB |
| drift of the sound from the first to the last slide | under a frame (33 ms) | %.1f ms | %.1f ms |
| length of the sound minus length of the pictures | – | %.1f ms | %.1f ms |
`, h.Long.Slides, h.Long.Video/60, h.Short.Video, perMinute(h.Long), perMinute(h.Short), float64(h.Long.Memory)/1e6,
		float64(h.Short.Memory)/1e6, 1000*h.Long.Drift, 1000*h.Short.Drift, 1000*h.Long.Lengths, 1000*h.Short.Lengths)
}
