package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lectern"
	"lectern/bench/renders"
	"lectern/internal/chrome"
	"lectern/internal/config"
	"lectern/internal/ffmpeg"
	"lectern/internal/proc"
)

// rendersUsage is what `go run ./bench renders -h` prints before its flags.
const rendersUsage = `Usage: go run ./bench renders [flags]

Lectern renders decks, and in turn ffmpeg alone, Python and other programs, where they are installed, render the same
decks. The figures are those of whole process trees: time, CPU, memory, and the size of the file. No run fails because
something is slow.

  go run ./bench renders --runs 3 --json figures.json --chart figures.svg
  go run ./bench renders --ways start

`

// comparison measures renders next to other ways to make the same videos, and the start of the server.
type comparison struct {
	binary, config      string
	runs, other, slides int
	seconds             float64
	size                string
	decks, ways         string // separated by commas
	starts              int
	json, chart, keep   string
	remotion            string
	install             bool
	out, err            io.Writer
}

// measureRenders runs `renders` with its command line.
func measureRenders(ctx context.Context, args []string, out, errs io.Writer) error {
	c := comparison{out: out, err: errs}
	f := flag.NewFlagSet("renders", flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() {
		fmt.Fprint(errs, rendersUsage)
		f.PrintDefaults()
	}
	f.StringVar(&c.binary, "lectern", "bin/lectern", "the program that is measured")
	f.StringVar(&c.config, "config", os.Getenv(config.EnvPrefix+"CONFIG"),
		"the program's settings file; without it, lectern.yaml in this folder, if there is one")
	f.IntVar(&c.runs, "runs", 5, "rounds; medians are shown")
	f.IntVar(&c.other, "other-runs", 0, "rounds that include the ways of other programs, which are slow; 0: all")
	f.IntVar(&c.slides, "slides", 5, "slides of a deck")
	f.Float64Var(&c.seconds, "seconds", 60, "about how many seconds the video of a deck lasts")
	f.StringVar(&c.size, "size", "1920x1080", "size of the video, in pixels")
	f.StringVar(&c.decks, "decks", "", "only these decks, separated by commas: slides, avatar, transitions, fifty")
	f.StringVar(&c.ways, "ways", "", "only these ways, separated by commas: start, lectern, again, edited, encode, "+
		"compat, compat-encode, floor, plain, xfade, frames, moviepy, remotion, remotion-all")
	f.IntVar(&c.starts, "starts", 9, "starts of the server that are measured")
	f.StringVar(&c.json, "json", "", "write the figures to this file")
	f.StringVar(&c.chart, "chart", "", "draw a chart into this file, as SVG")
	f.StringVar(&c.keep, "keep", "", "work in this folder, and leave the videos of the last round there")
	f.StringVar(&c.remotion, "remotion", "",
		"the folder in which Remotion is installed; without it, one in your cache folder")
	f.BoolVar(&c.install, "install", false,
		"install Remotion there first, with npm; it has its own license and is not part of Lectern")
	if err := f.Parse(args); err != nil {
		return &usageError{err, true}
	}
	if f.NArg() > 0 {
		return &usageError{fmt.Errorf("renders takes only flags, and %q is not a flag", f.Arg(0)), false}
	}
	return c.run(ctx)
}

// list splits a flag's value at commas.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// startWay names the start of the server among the ways.
const startWay = "start"

// plan is what the flags select.
type plan struct {
	shape renders.Shape
	kinds []renders.Kind
	ways  []renders.Way // none: only the start
	start bool
}

func (c *comparison) run(ctx context.Context) (err error) {
	plan, err := c.plan()
	if err != nil {
		return &usageError{err, false}
	}
	if c.binary, err = filepath.Abs(c.binary); err != nil {
		return err
	}
	rep := renders.Report{Runs: c.runs, Shape: plan.shape}
	if len(plan.ways) > 0 {
		if rep, err = c.renders(ctx, plan); err != nil {
			return err
		}
	}
	if plan.start {
		fmt.Fprintln(c.err, "starting the server", c.starts, "times")
		took, err := starts(ctx, c.binary, c.starts)
		if err != nil {
			return err
		}
		rep.SetStart(renders.NewStart(took))
	}
	fmt.Fprint(c.out, strings.TrimPrefix(rep.Text(), "\n"))
	return c.write(rep)
}

// others is the number of rounds in which the other ways take part.
func (c *comparison) others() int {
	if c.other == 0 {
		return c.runs
	}
	return c.other
}

// plan reads the flags. Its errors are usage errors.
func (c *comparison) plan() (p plan, err error) {
	for _, b := range []struct {
		flag        string
		value       float64
		least, most float64
	}{
		{"runs", float64(c.runs), 1, 100}, {"other-runs", float64(c.others()), 1, float64(c.runs)},
		{"slides", float64(c.slides), 1, 100}, {"seconds", c.seconds, 1, 3600}, {"starts", float64(c.starts), 1, 1000},
	} {
		if !(b.value >= b.least && b.value <= b.most) {
			return p, fmt.Errorf("--%s must be from %g to %g", b.flag, b.least, b.most)
		}
	}
	if c.seconds < float64(c.slides) {
		return p, fmt.Errorf("--seconds must be at least --slides: a slide lasts a second or more")
	}
	size, err := videoSize(c.size)
	if err != nil {
		return p, err
	}
	p.shape = renders.Shape{Slides: c.slides, Seconds: c.seconds, Size: size, Rate: 30}
	p.kinds = renders.Kinds()
	decks, ways := list(c.decks), list(c.ways)
	for _, d := range decks {
		if !slices.Contains(p.kinds, renders.Kind(d)) {
			return p, fmt.Errorf("--decks: there is no deck %q; the decks are slides, avatar, transitions and fifty", d)
		}
	}
	if len(decks) > 0 {
		p.kinds = slices.DeleteFunc(p.kinds, func(k renders.Kind) bool { return !slices.Contains(decks, string(k)) })
	}
	p.start = len(ways) == 0 || slices.Contains(ways, startWay)
	names := slices.DeleteFunc(slices.Clone(ways), func(n string) bool { return n == startWay })
	if len(names) > 0 || len(ways) == 0 {
		if p.ways, err = renders.Named(names); err != nil {
			return p, fmt.Errorf("--ways: %w, %s", err, startWay)
		}
	}
	return p, nil
}

// videoSize reads WxH.
func videoSize(text string) (lectern.Size, error) {
	w, h, ok := strings.Cut(strings.ToLower(text), "x")
	width, err1 := strconv.Atoi(w)
	height, err2 := strconv.Atoi(h)
	if !ok || err1 != nil || err2 != nil || min(width, height) < 160 || max(width, height) > 3840 ||
		width%2+height%2 != 0 {
		return lectern.Size{}, fmt.Errorf("--size must be two even numbers from 160 to 3840, such as 1920x1080")
	}
	return lectern.Size{Width: width, Height: height}, nil
}

// renders measures all ways that make videos.
func (c *comparison) renders(ctx context.Context, plan plan) (rep renders.Report, err error) {
	cfg, said, err := config.Load(config.Source{Environ: os.Environ(), File: c.config})
	if err != nil {
		return rep, err
	}
	for _, w := range said {
		fmt.Fprintln(c.err, w)
	}
	tool, err := ffmpeg.Find(cfg.Tools.FFmpeg)
	if err != nil {
		return rep, err
	}
	t, err := c.tools(ctx, cfg, plan)
	if err != nil {
		return rep, err
	}
	t.FFmpeg = tool.Path()
	dir := c.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "lectern-bench-"); err != nil {
			return rep, fmt.Errorf("make a folder for the work: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return rep, fmt.Errorf("find the folder %s: %w", c.keep, err)
	}
	return renders.Run(ctx, renders.Options{
		Tools: t, Shape: plan.shape, Runs: c.runs, Other: c.others(), Kinds: plan.kinds, Ways: plan.ways, Dir: dir,
		Probe: func(ctx context.Context, path string) (renders.Film, error) {
			info, err := tool.Probe(ctx, path)
			v, _ := info.First("video")
			sound, _ := info.First("audio")
			return renders.Film{Width: v.Width, Height: v.Height, Frames: v.Packets,
				Sound: sound.Duration.Seconds()}, err
		},
		Say: func(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) },
	})
}

// tools finds the programs that the chosen ways need besides ffmpeg, and installs Remotion if requested.
func (c *comparison) tools(ctx context.Context, cfg config.Config, plan plan) (t renders.Tools, err error) {
	if t.Chromium, err = chrome.Find(cfg.Tools.Chromium); err != nil {
		return t, err
	}
	t.Shell = chrome.HeadlessShell(t.Chromium)
	t.Self = c.binary
	if t.Settings, err = c.passedOn(os.Environ()); err != nil {
		return t, err
	}
	chosen := func(name string) bool {
		return slices.ContainsFunc(plan.ways, func(w renders.Way) bool { return w.Name == name })
	}
	if chosen("frames") {
		t.Python = renders.Importing(ctx, "numpy", "PIL")
	}
	if chosen("moviepy") {
		t.MoviePy = renders.Importing(ctx, "moviepy")
	}
	if !renders.NeedsRemotion(plan.ways) {
		return t, ctx.Err()
	}
	t.Node, _ = proc.Find("node") // its row reports that it is missing
	dir := c.remotion
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return t, ctx.Err() // without a home folder, Remotion cannot be installed there
		}
		dir = filepath.Join(cache, "lectern-bench", "remotion")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return t, err
	}
	if c.install {
		fmt.Fprintln(c.err, "installing Remotion into", dir)
		if err := renders.Install(ctx, dir, os.Environ()); err != nil {
			return t, err
		}
	}
	if fi, err := os.Stat(filepath.Join(dir, "node_modules", "@remotion", "cli")); err == nil && fi.IsDir() {
		t.Remotion = dir
	}
	return t, ctx.Err()
}

// passedOn returns the settings that a measured Lectern keeps: which programs it uses and how many at once.
func (c *comparison) passedOn(environ []string) ([]string, error) {
	kept := []string{"LECTERN_FFMPEG", "LECTERN_CHROME", "LECTERN_ENCODERS", "LECTERN_TABS", "LECTERN_VOICES"}
	env := slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return !strings.HasPrefix(name, "LECTERN_TOOLS_") && !slices.Contains(kept, name)
	})
	if c.config == "" {
		return env, nil
	}
	file, err := filepath.Abs(c.config)
	return append(env, config.EnvPrefix+"CONFIG="+file), err
}

// write writes the requested files.
func (c *comparison) write(rep renders.Report) error {
	if c.json != "" {
		data, err := json.MarshalIndent(rep, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.json, append(data, '\n'), 0o644); err != nil {
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	if c.chart == "" {
		return nil
	}
	chart := rep.Chart()
	if chart == nil {
		return fmt.Errorf("draw the chart: there is nothing to compare; choose more ways")
	}
	if err := os.WriteFile(c.chart, chart, 0o644); err != nil {
		return fmt.Errorf("write the chart: %w", err)
	}
	return nil
}
