package renders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lectern"
	"lectern/internal/encode"
)

// Tools holds the paths of the programs that the ways need. An empty path means that a program is missing.
type Tools struct {
	Self     string   // the lectern that is measured
	Settings []string // its settings, as variables of the environment
	FFmpeg   string
	Python   string // a Python with NumPy and Pillow
	MoviePy  string // a Python with MoviePy
	Node     string
	Remotion string // the folder in which Remotion is installed
	Chromium string // for Remotion
	Shell    bool   // Chromium is the headless shell
}

// Count is how a step counts in the cost of its way.
type Count int

// The cost of a step is added, subtracted or ignored.
const (
	Added      Count = 1
	Subtracted Count = -1
	Free       Count = 0
)

// Step is one command of a way, in the folder of the talk.
type Step struct {
	Program string
	Args    []string
	Env     []string
	Count   Count
	Forget  []string // files and folders, by pattern, that are removed before the step
}

// Way is one way to make a video.
type Way struct {
	Name  string
	Title string
	Kinds []Kind
	// Whole means that the way makes the whole video. A way that makes only a part, such as the encoding, is compared
	// only with ways that make the same part.
	Whole bool
	// Needs returns what is missing for the way, with the command that installs it; "": nothing is missing.
	Needs func(Tools) string
	// Steps returns the commands. The last one writes out.mp4. round counts from 1.
	Steps func(t Tools, talk Talk, round int) []Step
}

// floorWay is the name of the floor.
const floorWay = "floor"

// out is the video that every way writes.
const out = "out.mp4"

// Ways lists all ways in the order in which they run.
func Ways() []Way {
	return append(ours(),
		Way{Name: floorWay, Title: "floor: finished raw pictures, same encoder", Kinds: []Kind{Slides, Avatar},
			Steps: floor},
		Way{Name: "plain", Title: "ffmpeg, slide by slide, then joined", Kinds: []Kind{Slides, Avatar}, Whole: true,
			Steps: plain},
		Way{Name: "xfade", Title: "ffmpeg, one graph with xfade", Kinds: []Kind{Transitions}, Whole: true,
			Steps: xfade},
		Way{Name: "frames", Title: "Python, frame by frame (NumPy, Pillow)", Kinds: []Kind{Slides, Avatar}, Whole: true,
			Steps: frames,
			Needs: func(t Tools) string {
				return unless(t.Python, "no Python with NumPy and Pillow (apt-get install python3-numpy python3-pil)")
			}},
		Way{Name: "moviepy", Title: "MoviePy", Kinds: []Kind{Slides, Avatar}, Whole: true, Steps: moviepy,
			Needs: func(t Tools) string { return unless(t.MoviePy, "not installed (pip install moviepy)") }},
		Way{Name: "remotion", Title: "Remotion", Kinds: []Kind{Avatar}, Whole: true, Steps: remotion(),
			Needs: remotionNeeds},
		Way{Name: "remotion-all", Title: "Remotion, on all processors", Kinds: []Kind{Avatar}, Whole: true,
			Steps: remotion("--concurrency=100%"), Needs: remotionNeeds},
	)
}

func unless(path, why string) string {
	if path == "" {
		return why
	}
	return ""
}

// Named returns the ways with the given names, in the order of Ways; no names mean all. An unknown name is an error
// that lists the known names.
func Named(names []string) ([]Way, error) {
	all := Ways()
	var known []string
	for _, w := range all {
		known = append(known, w.Name)
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("there is no way %q; the ways are %s", n, strings.Join(known, ", "))
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(w Way) bool { return !slices.Contains(names, w.Name) }), nil
}

// Of reports whether the way is measured with a kind of deck.
func (w Way) Of(k Kind) bool { return slices.Contains(w.Kinds, k) }

// missing returns what the way lacks; "": nothing.
func (w Way) missing(t Tools) string {
	if w.Needs == nil {
		return ""
	}
	return w.Needs(t)
}

// quiet begins each call of ffmpeg.
var quiet = []string{"-v", "error", "-y"}

func ffmpegArgs(parts ...[]string) []string {
	return append(slices.Clone(quiet), slices.Concat(parts...)...)
}

// encoding returns Lectern's encoding of whole pictures.
func (t Talk) encoding() encode.Encoding {
	return encode.Encoding{Size: lectern.Size{Width: t.Width, Height: t.Height}, Rate: t.Rate, Plain: true}
}

// floor encodes the finished pictures of Lectern's ordinary path, one slide at a time, so that only one slide's raw
// pictures are on the disk.
func floor(t Tools, talk Talk, _ int) []Step {
	var steps []Step
	const raw = "pictures.yuv"
	size := fmt.Sprintf("%dx%d", talk.Width, talk.Height)
	for i, s := range talk.Slides {
		end := talk.Frames // a slide lasts until the next begins
		if i+1 < len(talk.Slides) {
			end = talk.Slides[i+1].Start
		}
		n := strconv.FormatInt(end-s.Start, 10)
		var from []string
		if s.Start > 0 { // half a frame early: a moment between two frames means the later one
			from = []string{"-ss", strconv.FormatFloat((float64(s.Start)-0.5)/float64(talk.Rate), 'f', 6, 64)}
		}
		steps = append(steps,
			Step{Program: t.FFmpeg, Count: Free, Forget: []string{raw}, Args: ffmpegArgs(from,
				[]string{"-i", film, "-an", "-sn", "-frames:v", n, "-f", "rawvideo", "-pix_fmt", "yuv420p", raw})},
			Step{Program: t.FFmpeg, Count: Added, Args: ffmpegArgs(
				[]string{"-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", size, "-framerate",
					talk.rate(), "-i", raw},
				talk.encoding().Args(), []string{"-frames:v", n, "-r", talk.rate(), number("part", i, "mp4")})})
	}
	return append(steps, Step{Program: t.FFmpeg, Count: Free, Forget: []string{raw}, Args: ffmpegArgs(
		[]string{"-f", "concat", "-i", partsFile, "-i", talk.Sound, "-c:v", "copy", "-c:a", "aac", out})})
}

// usual are common arguments for H.264, at the quality of Lectern.
var usual = []string{"-c:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p", "-c:a", "aac"}

// rounded returns the filters that overlay the presenter in input clip on the picture in input slide, through a round
// mask. They are those that guides to ffmpeg recommend.
func (t Talk) rounded(slide, clip int, to string) string {
	return fmt.Sprintf(
		"[%d:v]format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='if(lte(hypot(X-W/2,Y-H/2),W/2),255,0)'[a%d];[%d:v][a%d]overlay=%d:%d%s",
		clip, clip, slide, clip, t.Window.X, t.Window.Y, to)
}

// plain encodes each slide from a looped picture, and joins the slides without encoding them again.
func plain(t Tools, talk Talk, _ int) []Step {
	var steps []Step
	for i, s := range talk.Slides {
		args := []string{"-loop", "1", "-framerate", talk.rate(), "-i", s.Picture, "-i", s.Sound}
		if talk.Window != nil {
			args = append(args, "-i", s.Clip, "-filter_complex", talk.rounded(0, 2, "[v]"), "-map", "[v]",
				"-map", "1:a")
		}
		steps = append(steps, Step{Program: t.FFmpeg, Count: Added,
			Args: ffmpegArgs(args, usual, []string{"-t", talk.at(s.Frames), number("part", i, "mp4")})})
	}
	return append(steps, Step{Program: t.FFmpeg, Count: Added,
		Args: ffmpegArgs([]string{"-f", "concat", "-i", partsFile, "-c", "copy", out})})
}

// xfade makes the whole talk in one filter graph, with fades between slides.
func xfade(t Tools, talk Talk, _ int) []Step {
	var args []string
	var graph strings.Builder
	last := len(talk.Slides) - 1
	for i, s := range talk.Slides {
		args = append(args, "-loop", "1", "-framerate", talk.rate(), "-t", talk.at(s.Frames), "-i", s.Picture)
		if talk.Window != nil {
			args = append(args, "-i", s.Clip)
			graph.WriteString(talk.rounded(2*i, 2*i+1, fmt.Sprintf(",settb=1/%d,format=yuv420p[s%d];", talk.Rate, i)))
		} else {
			fmt.Fprintf(&graph, "[%d:v]settb=1/%d,format=yuv420p[s%d];", i, talk.Rate, i)
		}
	}
	inputs := len(talk.Slides)
	if talk.Window != nil {
		inputs *= 2
	}
	before := "s0"
	for i := 1; i <= last; i++ {
		to := fmt.Sprintf("x%d", i)
		fmt.Fprintf(&graph, "[%s][s%d]xfade=transition=fade:duration=%s:offset=%s[%s];", before, i, talk.at(talk.Fade),
			talk.at(talk.Slides[i].Start), to)
		before = to
	}
	args = append(args, "-i", talk.Sound, "-filter_complex", strings.TrimSuffix(graph.String(), ";"), "-map",
		"["+before+"]", "-map", fmt.Sprintf("%d:a", inputs))
	return []Step{{Program: t.FFmpeg, Count: Added,
		Args: ffmpegArgs(args, usual, []string{"-t", talk.at(talk.Frames), out})}}
}

func frames(t Tools, _ Talk, _ int) []Step {
	return []Step{{Program: t.Python, Count: Added, Args: []string{"frames.py", talkFile, t.FFmpeg, out}}}
}

func moviepy(t Tools, _ Talk, _ int) []Step {
	return []Step{{Program: t.MoviePy, Count: Added, Args: []string{"moviepy_talk.py", talkFile, out}}}
}

// remotion returns the step that renders Remotion's bundle with Remotion's defaults and more flags. The bundle is made
// once beforehand. By default Remotion uses half of the processors.
func remotion(more ...string) func(Tools, Talk, int) []Step {
	return func(t Tools, _ Talk, _ int) []Step {
		mode := "chrome-for-testing"
		if t.Shell {
			mode = "headless-shell"
		}
		args := []string{remotionCLI, "render", bundleFolder, "talk", out, "--browser-executable=" + t.Chromium,
			"--chrome-mode=" + mode, "--codec=h264", "--crf=18", "--log=error"}
		return []Step{{Program: t.Node, Count: Added, Args: append(args, more...)}}
	}
}

func remotionNeeds(t Tools) string {
	needs := []string{unless(t.Remotion, "not installed (go run ./bench renders --install)"),
		unless(t.Node, "no Node.js (scripts/deps test)"), unless(t.Chromium, "no Chromium (scripts/deps)")}
	return strings.Join(slices.DeleteFunc(needs, func(s string) bool { return s == "" }), "; ")
}

// isRemotion reports whether a way needs Remotion's project.
func isRemotion(w Way) bool { return strings.HasPrefix(w.Name, "remotion") }

// NeedsRemotion reports whether Remotion takes part in one of the ways.
func NeedsRemotion(ways []Way) bool { return slices.ContainsFunc(ways, isRemotion) }

// bundle returns the step that makes Remotion's bundle of a project.
func bundle(t Tools) Step {
	return Step{Program: t.Node, Count: Free, Forget: []string{bundleFolder},
		Args: []string{remotionCLI, "bundle", "remotion.jsx",
			"--public-dir=" + publicFolder, "--out-dir=" + bundleFolder, "--log=error"}}
}

// RemotionPackages lists the packages that npm installs for the ways with Remotion, whose own packages all have one
// version. Lectern does not ship them, and Remotion's license requires a fee of larger companies, so they are installed
// on request only.
func RemotionPackages() []string {
	const version = "4.0.529"
	return []string{"remotion@" + version, "@remotion/cli@" + version, "@remotion/bundler@" + version,
		"@remotion/renderer@" + version, "react@19", "react-dom@19"}
}
