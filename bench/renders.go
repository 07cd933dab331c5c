package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lectern"
	"lectern/internal/chrome"
	"lectern/internal/config"
	"lectern/internal/ffmpeg"
	"lectern/internal/proc"
	"lectern/internal/versus"
)

// benchCmd measures renders beside the ways that people use otherwise, and the start of the server.
type benchCmd struct {
	Runs     int      `help:"How many rounds; medians are shown." default:"5"`
	Other    int      `name:"other-runs" help:"In how many of them the ways of others take part, which are slow; without it, in all." placeholder:"N"`
	Slides   int      `help:"Slides of a deck." default:"5"`
	Seconds  float64  `help:"About how long a deck's video is." default:"60"`
	Size     string   `help:"Size of the video, in pixels." default:"1920x1080" placeholder:"WxH"`
	Decks    []string `help:"Only these decks: slides, avatar, transitions, fifty." placeholder:"A,B"`
	Ways     []string `help:"Only these ways: start, lectern, again, edited, encode, compat, compat-encode, floor, plain, xfade, frames, moviepy, remotion, remotion-all." placeholder:"A,B"`
	Starts   int      `help:"How many starts of the server." default:"9"`
	JSON     string   `name:"json" help:"Write the figures to this file." placeholder:"FILE"`
	Chart    string   `help:"Draw a chart into this file, as SVG." placeholder:"FILE"`
	Keep     string   `help:"Work in this folder, and leave the videos of the last round there." placeholder:"DIR"`
	Remotion string   `help:"The folder in which Remotion is installed; without it, one in your cache folder." placeholder:"DIR"`
	Install  bool     `help:"Install Remotion there first, with npm. Mind its license; nothing of it comes with Lectern."`
}

// Help is what --help says beyond the flags.
func (benchCmd) Help() string {
	return `The same decks are rendered by Lectern and, in turn, by ffmpeg alone, by Python and by other programs where they are
installed, and what is measured are whole process trees: time, CPU, memory, size. Nothing fails for being slow.

  lectern bench --runs 3 --json figures.json --chart figures.svg
  lectern bench --ways start`
}

// startWay names the start of the server among the ways.
const startWay = "start"

// benchPlan is what the flags ask for.
type benchPlan struct {
	shape versus.Shape
	kinds []versus.Kind
	ways  []versus.Way // none: only the start
	start bool
}

// Run implements the command.
func (c *benchCmd) Run(ctx context.Context, io streams, s *settings) error {
	plan, err := c.plan()
	if err != nil {
		return &usageError{err}
	}
	rep := versus.Report{Runs: c.Runs, Shape: plan.shape}
	if len(plan.ways) > 0 {
		if rep, err = c.renders(ctx, io, s, plan); err != nil {
			return err
		}
	}
	if plan.start {
		fmt.Fprintln(io.err, "starting the server", c.Starts, "times")
		took, err := starts(ctx, c.Starts)
		if err != nil {
			return err
		}
		rep.SetStart(versus.NewStart(took))
	}
	fmt.Fprint(io.out, strings.TrimPrefix(rep.Text(), "\n"))
	return c.write(rep)
}

// others is in how many rounds the ways of others take part.
func (c *benchCmd) others() int {
	if c.Other == 0 {
		return c.Runs
	}
	return c.Other
}

// plan reads the flags. What it does not like is the user's fault.
func (c *benchCmd) plan() (p benchPlan, err error) {
	for _, b := range []struct {
		flag        string
		value       float64
		least, most float64
	}{
		{"runs", float64(c.Runs), 1, 100}, {"other-runs", float64(c.others()), 1, float64(c.Runs)}, {"slides", float64(c.Slides), 1, 100}, {"seconds", c.Seconds, 1, 3600}, {"starts", float64(c.Starts), 1, 1000},
	} {
		if !(b.value >= b.least && b.value <= b.most) {
			return p, fmt.Errorf("--%s must be from %g to %g", b.flag, b.least, b.most)
		}
	}
	if c.Seconds < float64(c.Slides) {
		return p, fmt.Errorf("--seconds must be at least --slides: a slide lasts a second or more")
	}
	size, err := videoSize(c.Size)
	if err != nil {
		return p, err
	}
	p.shape = versus.Shape{Slides: c.Slides, Seconds: c.Seconds, Size: size, Rate: 30}
	p.kinds = versus.Kinds()
	for _, d := range c.Decks {
		if !slices.Contains(p.kinds, versus.Kind(d)) {
			return p, fmt.Errorf("--decks: there is no deck %q; the decks are slides, avatar, transitions and fifty", d)
		}
	}
	if len(c.Decks) > 0 {
		p.kinds = slices.DeleteFunc(p.kinds, func(k versus.Kind) bool { return !slices.Contains(c.Decks, string(k)) })
	}
	p.start = len(c.Ways) == 0 || slices.Contains(c.Ways, startWay)
	names := slices.DeleteFunc(slices.Clone(c.Ways), func(n string) bool { return n == startWay })
	if len(names) > 0 || len(c.Ways) == 0 {
		if p.ways, err = versus.Named(names); err != nil {
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
	if !ok || err1 != nil || err2 != nil || min(width, height) < 160 || max(width, height) > 3840 || width%2+height%2 != 0 {
		return lectern.Size{}, fmt.Errorf("--size must be two even numbers from 160 to 3840, such as 1920x1080")
	}
	return lectern.Size{Width: width, Height: height}, nil
}

// renders measures all that makes videos.
func (c *benchCmd) renders(ctx context.Context, io streams, s *settings, plan benchPlan) (rep versus.Report, err error) {
	cfg, err := s.load(io, nil)
	if err != nil {
		return rep, err
	}
	tool, err := ffmpeg.Find(cfg.Tools.FFmpeg)
	if err != nil {
		return rep, err
	}
	t, err := c.tools(ctx, io, s, cfg, plan)
	if err != nil {
		return rep, err
	}
	t.FFmpeg = tool.Path()
	dir := c.Keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "lectern-bench-"); err != nil {
			return rep, fmt.Errorf("make a folder for the work: %w", bare(err))
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return rep, fmt.Errorf("find the folder %s: %w", c.Keep, err)
	}
	return versus.Run(ctx, versus.Options{
		Tools: t, Shape: plan.shape, Runs: c.Runs, Other: c.others(), Kinds: plan.kinds, Ways: plan.ways, Dir: dir,
		Probe: func(ctx context.Context, path string) (versus.Film, error) {
			info, err := tool.Probe(ctx, path)
			v, _ := info.First("video")
			sound, _ := info.First("audio")
			return versus.Film{Width: v.Width, Height: v.Height, Frames: v.Packets, Sound: sound.Duration.Seconds()}, err
		},
		Say: func(format string, args ...any) { fmt.Fprintf(io.err, format+"\n", args...) },
	})
}

// tools finds what the chosen ways need besides ffmpeg, and installs what was asked for.
func (c *benchCmd) tools(ctx context.Context, io streams, s *settings, cfg config.Config, plan benchPlan) (t versus.Tools, err error) {
	if t.Chromium, err = chrome.Find(cfg.Tools.Chromium); err != nil {
		return t, err
	}
	t.Shell = chrome.HeadlessShell(t.Chromium)
	if t.Self, err = os.Executable(); err != nil {
		return t, fmt.Errorf("find this program: %w", err)
	}
	if t.Settings, err = passedOn(s); err != nil {
		return t, err
	}
	chosen := func(name string) bool {
		return slices.ContainsFunc(plan.ways, func(w versus.Way) bool { return w.Name == name })
	}
	if chosen("frames") {
		t.Python = versus.Importing(ctx, "numpy", "PIL")
	}
	if chosen("moviepy") {
		t.MoviePy = versus.Importing(ctx, "moviepy")
	}
	if !versus.NeedsRemotion(plan.ways) {
		return t, ctx.Err()
	}
	t.Node, _ = proc.Find("node") // its row says that it is missing
	dir := c.Remotion
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return t, ctx.Err() // without a home there is nothing installed
		}
		dir = filepath.Join(cache, "lectern-bench", "remotion")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return t, err
	}
	if c.Install {
		fmt.Fprintln(io.err, "installing Remotion into", dir)
		if err := versus.Install(ctx, dir, s.environ); err != nil {
			return t, err
		}
	}
	if fi, err := os.Stat(filepath.Join(dir, "node_modules", "@remotion", "cli")); err == nil && fi.IsDir() {
		t.Remotion = dir
	}
	return t, ctx.Err()
}

// passedOn are the settings that a measured Lectern has too: which programs it uses and how many at once.
func passedOn(s *settings) ([]string, error) {
	env := slices.DeleteFunc(slices.Clone(s.environ), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return !strings.HasPrefix(name, "LECTERN_TOOLS_") && !slices.Contains([]string{"LECTERN_FFMPEG", "LECTERN_CHROME", "LECTERN_ENCODERS", "LECTERN_TABS", "LECTERN_VOICES"}, name)
	})
	if s.file == "" {
		return env, nil
	}
	file, err := filepath.Abs(s.file)
	return append(env, config.EnvPrefix+"CONFIG="+file), err
}

// write leaves the files that were asked for.
func (c *benchCmd) write(rep versus.Report) error {
	if c.JSON != "" {
		data, err := json.MarshalIndent(rep, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.JSON, append(data, '\n'), 0o644); err != nil {
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	if c.Chart == "" {
		return nil
	}
	chart := rep.Chart()
	if chart == nil {
		return fmt.Errorf("draw the chart: there is nothing to compare; choose more ways")
	}
	if err := os.WriteFile(c.Chart, chart, 0o644); err != nil {
		return fmt.Errorf("write the chart: %w", err)
	}
	return nil
}
