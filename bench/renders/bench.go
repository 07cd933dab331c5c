package renders

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/bench/measure"
	"lectern/internal/proc"
)

//go:embed scripts
var scripts embed.FS

// Film describes a finished video.
type Film struct {
	Width, Height int
	Frames        int64
	Sound         float64 // seconds; 0: no sound
}

// Options set what is measured. All fields are required.
type Options struct {
	Tools Tools
	Shape Shape
	Runs  int
	Other int // rounds that include the ways of other programs, which are slow; the floor is in all rounds
	Kinds []Kind
	Ways  []Way
	Dir   string // working folder; keeps the files of the last round
	Probe func(ctx context.Context, path string) (Film, error)
	Say   func(format string, args ...any) // reports the progress
}

// bench is the state of one call of Run.
type bench struct {
	Options
	talks map[Kind]Talk
	rows  map[Kind][]Row
	ways  map[Kind][]Way // of each row
}

// Run measures all ways. They take turns: a round is every way with every deck once. If Lectern fails, Run returns the
// error. If another way fails, its row has the reason.
func Run(ctx context.Context, o Options) (Report, error) {
	b := bench{Options: o, talks: map[Kind]Talk{}, rows: map[Kind][]Row{}, ways: map[Kind][]Way{}}
	rep := Report{Date: time.Now().UTC().Truncate(time.Second), Machine: Machine(), Runs: o.Runs, Other: o.Other,
		Shape: o.Shape}
	var err error
	if rep.Programs, err = programs(ctx, o.Tools); err != nil {
		return rep, err
	}
	for _, k := range o.Kinds {
		if err := b.prepare(ctx, k); err != nil {
			return rep, fmt.Errorf("prepare the deck %q: %w", k, err)
		}
	}
	for round := 1; round <= o.Runs; round++ {
		for _, k := range o.Kinds {
			for i, w := range b.ways[k] {
				if round > o.Other && !isOurs(w.Name) && w.Name != floorWay {
					continue
				}
				if err := b.turn(ctx, k, i, round); err != nil {
					return rep, err
				}
			}
		}
	}
	for _, k := range o.Kinds {
		for _, r := range b.rows[k] {
			r.Median = median(r.Samples)
			rep.Rows = append(rep.Rows, r)
		}
	}
	if rep.Quality, err = b.quality(ctx); err != nil {
		return rep, err
	}
	rep.Targets = rep.targets()
	return rep, nil
}

func (b *bench) folder(k Kind) string { return filepath.Join(b.Dir, string(k)) }

// prepare makes the inputs of all ways for a deck, and fills Lectern's caches. It is not measured.
func (b *bench) prepare(ctx context.Context, k Kind) error {
	present, foreign := false, false
	for _, w := range b.Ways {
		if !w.Of(k) {
			continue
		}
		b.ways[k] = append(b.ways[k], w)
		absent := w.missing(b.Tools)
		b.rows[k] = append(b.rows[k], Row{Deck: k, Way: w.Name, Title: w.Title, Whole: w.Whole, Absent: absent})
		if absent == "" {
			present = true
			foreign = foreign || !isOurs(w.Name) || strings.HasPrefix(w.Name, "compat")
		}
	}
	if !present {
		return nil
	}
	b.Say("%s: preparing", k)
	dir := b.folder(k)
	if err := b.decks(dir, k); err != nil {
		return err
	}
	first := render(b.Tools, deckName, cacheSpliced, "spliced.mp4", Free, cacheSpliced)
	first.Args = append(first.Args, "--keep", ".")
	if err := b.free(ctx, dir, first); err != nil {
		return err
	}
	manifest, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return err
	}
	talk, err := NewTalk(manifest)
	if err != nil {
		return err
	}
	b.talks[k] = talk
	for i := range b.rows[k] {
		b.rows[k][i].Seconds = talk.Length()
	}
	if !foreign {
		return nil
	}
	if slices.ContainsFunc(b.ways[k], func(w Way) bool { return strings.HasPrefix(w.Name, "compat") }) {
		if err := b.free(ctx, dir, render(b.Tools, deckName, cacheWhole, "whole.mp4", Free, cacheWhole)); err != nil {
			return err
		}
	}
	if err := b.film(ctx, dir); err != nil {
		return fmt.Errorf("render the video for the material: %w", err)
	}
	return b.materials(ctx, dir, k)
}

// film renders the video from which the material is cut, with the ordinary path and an ffmpeg that encodes nearly
// without loss. With the usual loss, its pictures would be cheaper to encode again, and the floor would be too low.
func (b *bench) film(ctx context.Context, dir string) error {
	if _, err := proc.Find("python3"); err != nil {
		return lectern.Fail(lectern.CodeMissingTool,
			"Python, which the comparison needs, is not installed. Install it: apt-get install -y python3").Because(err)
	}
	finer := filepath.Join(dir, "finer")
	script, err := scripts.ReadFile("scripts/finer.py")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(finer, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(finer, "real"), []byte(b.Tools.FFmpeg), 0o644); err != nil {
		return err
	}
	fake := filepath.Join(finer, "ffmpeg")
	if err := os.WriteFile(fake, script, 0o755); err != nil {
		return err
	}
	s := render(b.Tools, deckName, cacheFine, film, Free, cacheFine)
	s.Env = append(slices.Clone(b.Tools.Settings), "LECTERN_COMPAT=true", "LECTERN_TOOLS_FFMPEG="+fake)
	return b.free(ctx, dir, s)
}

// isOurs reports whether a way, by its name, is Lectern itself.
func isOurs(way string) bool {
	return slices.ContainsFunc(ours(), func(o Way) bool { return o.Name == way })
}

// decks writes the deck and, for each round, one with an edited slide.
func (b *bench) decks(dir string, k Kind) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for round := 0; round <= b.Runs; round++ {
		data, err := Deck(k, b.Shape, round)
		if err != nil {
			return err
		}
		name := deckName
		if round > 0 {
			name = editedDeck(round)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// materials makes the inputs of the other ways.
func (b *bench) materials(ctx context.Context, dir string, k Kind) error {
	talk := b.talks[k]
	for _, args := range talk.materials(b.Tools.FFmpeg, film) {
		if err := proc.Run(ctx, proc.Command{Path: args[0], Args: args[1:], Dir: dir}); err != nil {
			return fmt.Errorf("cut the material: %w", err)
		}
	}
	data, err := json.MarshalIndent(talk, "", " ")
	if err != nil {
		return err
	}
	files := map[string][]byte{talkFile: data, partsFile: talk.parts()}
	for _, name := range []string{"frames.py", "moviepy_talk.py", "remotion.jsx"} {
		if files[name], err = scripts.ReadFile("scripts/" + name); err != nil {
			return err
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return b.projects(ctx, dir, k)
}

// projects makes Remotion's project for the ways that need it. If that fails, those ways are not measured.
func (b *bench) projects(ctx context.Context, dir string, k Kind) error {
	var rows []*Row
	for i, w := range b.ways[k] {
		if row := &b.rows[k][i]; isRemotion(w) && row.Absent == "" {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	err := b.project(ctx, dir, b.talks[k])
	if err == nil || ctx.Err() != nil {
		return err
	}
	for _, row := range rows {
		row.Absent = "its bundle could not be made: " + oneLine(err)
	}
	return nil
}

// project makes a Remotion project of the folder, and its bundle.
func (b *bench) project(ctx context.Context, dir string, talk Talk) error {
	public, modules := filepath.Join(dir, publicFolder), filepath.Join(dir, "node_modules")
	if err := errors.Join(os.RemoveAll(public), os.RemoveAll(modules), os.Mkdir(public, 0o755)); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(b.Tools.Remotion, "node_modules"), modules); err != nil {
		return err
	}
	for _, s := range talk.Slides {
		for _, name := range []string{s.Picture, s.Sound, s.Clip} {
			if name == "" {
				continue
			}
			if err := os.Link(filepath.Join(dir, name), filepath.Join(public, name)); err != nil {
				return err
			}
		}
	}
	return b.free(ctx, dir, bundle(b.Tools))
}

// turn measures a way once.
func (b *bench) turn(ctx context.Context, k Kind, i, round int) error {
	w, row := b.ways[k][i], &b.rows[k][i]
	if row.Absent != "" {
		return nil
	}
	s, err := b.sample(ctx, k, w, round)
	switch {
	case err == nil:
		row.Samples = append(row.Samples, s)
		b.Say("%s: round %d of %d: %s: %s, %s of CPU", k, round, b.Runs, w.Name, seconds(s.Wall), seconds(s.CPU()))
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isOurs(w.Name):
		return fmt.Errorf("%s with the deck %q: %w", w.Title, k, err)
	}
	row.Absent, row.Samples = "failed: "+oneLine(err), nil
	b.Say("%s: %s %s", k, w.Name, row.Absent)
	return nil
}

func (b *bench) sample(ctx context.Context, k Kind, w Way, round int) (Sample, error) {
	dir := b.folder(k)
	if err := forget(dir, []string{out, "part-*.mp4"}); err != nil {
		return Sample{}, err
	}
	var used measure.Usage
	for _, s := range w.Steps(b.Tools, b.talks[k], round) {
		if s.Count == Free {
			if err := b.free(ctx, dir, s); err != nil {
				return Sample{}, err
			}
			continue
		}
		if err := forget(dir, s.Forget); err != nil {
			return Sample{}, err
		}
		u, err := measure.Run(ctx, command(dir, s))
		if err != nil {
			return Sample{}, err
		}
		if s.Count == Subtracted {
			u = measure.Usage{Wall: -u.Wall, User: -u.User, System: -u.System}
		}
		used = used.Add(u)
	}
	path := filepath.Join(dir, out)
	f, err := b.Probe(ctx, path)
	if err == nil {
		err = b.talks[k].check(f, w.Name == "edited")
	}
	if err != nil {
		return Sample{}, err
	}
	fi, err := os.Stat(path)
	if err != nil {
		return Sample{}, err
	}
	if err := forget(dir, []string{"part-*.mp4"}); err != nil {
		return Sample{}, err
	}
	sample := Sample{Wall: used.Wall.Seconds(), User: used.User.Seconds(), System: used.System.Seconds(),
		Peak: used.Peak, Size: fi.Size()}
	return sample, os.Rename(path, filepath.Join(dir, w.Name+".mp4"))
}

// slack is the allowed difference of the sound's length in seconds: encoders add silence to each slide.
const slack = 0.5

// check checks that a video is the talk. Rounding may add or remove a frame at each slide. An edited talk may be longer
// or shorter.
func (t Talk) check(f Film, edited bool) error {
	switch {
	case f.Width != t.Width || f.Height != t.Height:
		return fmt.Errorf("its video has %d×%d pixels instead of %d×%d", f.Width, f.Height, t.Width, t.Height)
	case !edited && math.Abs(f.Sound-t.Length()) > slack || f.Sound == 0:
		return fmt.Errorf("the sound of its video lasts %.1f s instead of %.1f", f.Sound, t.Length())
	case !edited && max(f.Frames-t.Frames, t.Frames-f.Frames) > int64(len(t.Slides)):
		return fmt.Errorf("its video has %d frames instead of %d", f.Frames, t.Frames)
	}
	return nil
}

// grace is the time in which a stopped way can remove its files.
const grace = 5 * time.Second

func command(dir string, s Step) proc.Command {
	return proc.Command{Path: s.Program, Args: s.Args, Env: s.Env, Dir: dir, Grace: grace}
}

// free runs a step that is not measured.
func (b *bench) free(ctx context.Context, dir string, s Step) error {
	if err := forget(dir, s.Forget); err != nil {
		return err
	}
	return proc.Run(ctx, command(dir, s))
}

// forget removes files and folders of dir, by pattern.
func forget(dir string, patterns []string) error {
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join(dir, p))
		if err != nil {
			return err
		}
		for _, f := range found {
			if err := os.RemoveAll(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// oneLine returns an error as a note for a table.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if r := []rune(text); len(r) > 160 {
		text = string(r[:159]) + "…"
	}
	return text
}
