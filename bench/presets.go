package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lectern"
	"lectern/internal/encode"
	"lectern/internal/proc"
)

// looks holds the cost and the quality of pictures, by Lectern's presets and by x264's settings.
type looks struct {
	Date    time.Time `json:"date"`
	Machine string    `json:"machine"`
	FFmpeg  string    `json:"ffmpeg"`
	Slides  int       `json:"slides"`
	Presets []look    `json:"presets"`
	Grid    []look    `json:"grid"` // at the size of PresetStandard
}

// look is one way to render the deck. Its quality is measured against a nearly lossless encode of the same frames.
type look struct {
	Name   string         `json:"name"`
	Size   string         `json:"size"`
	Frames int            `json:"frames"`
	Wall   float64        `json:"wall_seconds"`
	CPU    float64        `json:"cpu_seconds"`
	Bytes  int64          `json:"bytes"`
	Whole  likeness       `json:"whole"`  // the whole picture
	Avatar likeness       `json:"avatar"` // the corner with the avatar, which is all that moves
	X264   map[string]any `json:"x264,omitempty"`
}

// likeness is the similarity of a picture to its original.
type likeness struct {
	SSIM float64 `json:"ssim"`
	PSNR float64 `json:"psnr_y"`         // of the luma, in dB
	VMAF float64 `json:"vmaf,omitempty"` // 0: this ffmpeg has no libvmaf
}

// studio renders one deck in many ways.
type studio struct {
	dir, binary, deck string
	vmaf              bool
}

// measureLooks renders the first two slides of a deck, about 20 seconds, with each preset, and with x264's presets and
// factors.
func measureLooks(ctx context.Context, dir, binary, deck string, say func(string)) (*looks, error) {
	s := studio{dir: dir, binary: binary, deck: filepath.Join(dir, "deck.json")}
	out := &looks{Date: time.Now().UTC().Truncate(time.Second), Machine: machine()}
	var err error
	if out.Slides, err = shorten(deck, s.deck, 2); err != nil {
		return nil, err
	}
	if err := s.tools(ctx, out); err != nil {
		return nil, err
	}
	references := map[string]string{} // by size
	for _, p := range lectern.Presets() {
		say("preset " + string(p))
		made, err := s.render(ctx, string(p), p, nil)
		if err != nil {
			return nil, err
		}
		if references[made.Size] == "" {
			if references[made.Size], err = s.reference(ctx, p); err != nil {
				return nil, err
			}
		}
		if err := s.compare(ctx, &made, references[made.Size]); err != nil {
			return nil, err
		}
		out.Presets = append(out.Presets, made)
	}
	for _, preset := range []string{"ultrafast", "superfast", "veryfast", "medium"} {
		for _, crf := range []int{18, 23, 28} {
			say(fmt.Sprintf("x264 %s at %d", preset, crf))
			made, err := s.render(ctx, fmt.Sprintf("%s-%d", preset, crf), lectern.PresetStandard,
				&x264{preset: preset, crf: crf})
			if err != nil {
				return nil, err
			}
			made.X264 = map[string]any{"preset": preset, "crf": crf}
			if err := s.compare(ctx, &made, references[made.Size]); err != nil {
				return nil, err
			}
			out.Grid = append(out.Grid, made)
		}
	}
	return out, nil
}

// shorten writes the first slides of a deck as a new deck.
func shorten(from, to string, n int) (int, error) {
	b, err := os.ReadFile(from)
	if err != nil {
		return 0, err
	}
	var deck map[string]any
	if err := json.Unmarshal(b, &deck); err != nil {
		return 0, fmt.Errorf("%s: %w", from, err)
	}
	for name, most := range map[string]int{"slides": n, "transitions": n - 1} {
		if list, ok := deck[name].([]any); ok {
			deck[name] = list[:min(most, len(list))]
		}
	}
	if b, err = json.Marshal(deck); err != nil {
		return 0, err
	}
	return n, os.WriteFile(to, b, 0o644)
}

// tools records ffmpeg's version, and whether it has libvmaf.
func (s *studio) tools(ctx context.Context, out *looks) error {
	version, err := proc.Output(ctx, proc.Command{Path: "ffmpeg", Args: []string{"-version"}})
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(version), "\n")
	out.FFmpeg = strings.Join(strings.Fields(first)[:3], " ")
	filters, err := proc.Output(ctx, proc.Command{Path: "ffmpeg", Args: []string{"-hide_banner", "-filters"}})
	s.vmaf = bytes.Contains(filters, []byte(" libvmaf "))
	return err
}

// x264 holds settings that replace those of the pipeline.
type x264 struct {
	preset string
	crf    int
}

// wrapper is a script that runs ffmpeg with other settings for x264. It changes all constant rate factors and
// quantizers by the same amount, so that those of key pictures and of the avatar's pictures keep their difference from
// the others, which package encode sets.
const wrapper = `#!/bin/sh
n=$#
before=
while [ $n -gt 0 ]; do
	a=$1
	shift
	n=$((n - 1))
	case $before in
	-preset) set -- "$@" %[1]s ;;
	-crf | -qp) set -- "$@" $((a + %[2]d > 1 ? a + %[2]d : 1)) ;;
	*) set -- "$@" "$a" ;;
	esac
	before=$a
done
exec %[3]s "$@"
`

// factor returns the constant rate factor of a preset.
func factor(p lectern.Preset) (int, error) {
	args := encode.Encoding{Size: p.Size(lectern.Size{}), Rate: 30, Quality: p.Quality()}.Args()
	return strconv.Atoi(args[1+slices.Index(args, "-crf")])
}

// render renders the deck with a preset and returns the cost. Narrations and pictures of slides are in the cache, so
// that the time is that of the later steps. own, if set, replaces the settings of x264.
func (s *studio) render(ctx context.Context, name string, p lectern.Preset, own *x264) (look, error) {
	cache := filepath.Join(s.dir, "cache-"+name)
	made := look{Name: name}
	if err := s.prepare(ctx, p, cache); err != nil {
		return made, err
	}
	var env []string
	if own != nil {
		at, err := proc.Find("ffmpeg")
		if err != nil {
			return made, err
		}
		usual, err := factor(p)
		if err != nil {
			return made, err
		}
		path := filepath.Join(s.dir, "ffmpeg-"+name)
		if err := os.WriteFile(path, fmt.Appendf(nil, wrapper, own.preset, own.crf-usual, at), 0o755); err != nil {
			return made, err
		}
		env = append(env, "LECTERN_FFMPEG="+path)
		if own.crf == nearlyLossless {
			env = append(env, "LECTERN_COMPAT=true")
		}
	}
	began, before := time.Now(), childTime()
	err := s.lectern(ctx, env, s.deck, "-o", s.file(name), "--preset", string(p), "--cache", cache)
	if err != nil {
		return made, err
	}
	made.Wall, made.CPU = time.Since(began).Seconds(), (childTime() - before).Seconds()
	info, err := os.Stat(s.file(name))
	if err != nil {
		return made, err
	}
	made.Bytes = info.Size()
	shape, err := proc.Output(ctx, proc.Command{Path: "ffprobe", Args: []string{"-v", "error", "-select_streams", "v",
		"-show_entries", "stream=width,height,nb_frames", "-of", "csv=p=0", s.file(name)}})
	if err != nil {
		return made, err
	}
	parts := strings.Split(strings.TrimSpace(string(shape)), ",")
	if len(parts) < 3 {
		return made, fmt.Errorf("ffprobe printed %q, not width, height and frames", shape)
	}
	made.Size = parts[0] + "×" + parts[1]
	made.Frames, err = strconv.Atoi(parts[2])
	return made, err
}

// prepare fills a cache with the steps that do not depend on the encoder.
func (s *studio) prepare(ctx context.Context, p lectern.Preset, cache string) error {
	full := filepath.Join(s.dir, fmt.Sprintf("full-%d", p.Lines()))
	if _, err := os.Stat(full); err != nil {
		if err := s.lectern(ctx, nil, s.deck, "-o", s.file("full"), "--preset", string(p), "--cache",
			full); err != nil {
			return err
		}
	}
	return filepath.WalkDir(full, func(path string, d os.DirEntry, err error) error {
		if err != nil || !slices.Contains([]string{".narration", ".png", ".json"}, filepath.Ext(path)) {
			return err
		}
		rel, err := filepath.Rel(full, path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(cache, rel)), 0o755); err != nil {
			return err
		}
		return os.Link(path, filepath.Join(cache, rel))
	})
}

// nearlyLossless is the constant rate factor of a reference.
const nearlyLossless = 2

// reference renders the deck with hardly any loss and with every picture encoded whole.
func (s *studio) reference(ctx context.Context, p lectern.Preset) (string, error) {
	name := fmt.Sprintf("reference-%d", p.Lines())
	_, err := s.render(ctx, name, p, &x264{preset: "veryfast", crf: nearlyLossless})
	return s.file(name), err
}

func (s *studio) file(name string) string { return filepath.Join(s.dir, name+".mp4") }

func (s *studio) lectern(ctx context.Context, env []string, args ...string) error {
	_, err := proc.Output(ctx, proc.Command{Path: s.binary, Args: append([]string{"render"}, args...), Env: env})
	return err
}

// childTime returns the processor time of all ended children and their descendants.
func childTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// compare measures the similarity of a video to its reference.
func (s *studio) compare(ctx context.Context, l *look, reference string) error {
	var err error
	if l.Whole, err = s.likeness(ctx, s.file(l.Name), reference, "null"); err != nil {
		return err
	}
	// The window of picture-in-picture with its margin.
	const corner = "crop=w=ih*528/1080:h=ih*528/1080:x=iw-ow:y=ih-oh"
	l.Avatar, err = s.likeness(ctx, s.file(l.Name), reference, corner)
	return err
}

var (
	ssimLine = regexp.MustCompile(`SSIM .*All:([0-9.]+)`)
	psnrLine = regexp.MustCompile(`PSNR y:([0-9.]+|inf)`)
	vmafLine = regexp.MustCompile(`VMAF score: ([0-9.]+)`)
)

func (s *studio) likeness(ctx context.Context, video, reference, crop string) (likeness, error) {
	n, last := 2, "[b2][r2]psnr[o2]"
	if s.vmaf {
		n, last = 3, last+";[b3][r3]libvmaf[o3]"
	}
	labels := func(letter string) (all string) {
		for i := range n {
			all += fmt.Sprintf("[%s%d]", letter, i+1)
		}
		return all
	}
	graph := fmt.Sprintf("[0:v]%[1]s,split=%[2]d%[3]s;[1:v]%[1]s,split=%[2]d%[4]s;[b1][r1]ssim[o1];%[5]s", crop, n,
		labels("b"), labels("r"), last)
	args := []string{"-hide_banner", "-nostats", "-i", video, "-i", reference, "-filter_complex", graph}
	for i := range n {
		args = append(args, "-map", fmt.Sprintf("[o%d]", i+1))
	}
	var got likeness
	find := func(line string, re *regexp.Regexp, to *float64) {
		if m := re.FindStringSubmatch(line); m != nil {
			*to, _ = strconv.ParseFloat(m[1], 64)
		}
	}
	err := proc.Run(ctx, proc.Command{Path: "ffmpeg", Args: append(args, "-f", "null", "-"),
		OnStderr: func(line string) {
			find(line, ssimLine, &got.SSIM)
			find(line, psnrLine, &got.PSNR)
			find(line, vmafLine, &got.VMAF)
		}})
	if err == nil && got.SSIM == 0 {
		err = fmt.Errorf("ffmpeg printed no similarity of %s and %s", video, reference)
	}
	return got, err
}
