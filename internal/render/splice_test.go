package render

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lectern"
	"lectern/internal/ffmpeg"
	"lectern/internal/h264"
	"lectern/internal/soak"
)

// noted records the calls of ffmpeg. With spoil it makes patches leak: their pictures scroll, and the encoder predicts
// what comes in on one side from beyond the other.
type noted struct {
	FFmpeg
	spoil bool
	mu    sync.Mutex
	all   []string
}

func (n *noted) Run(ctx context.Context, c Command) error {
	line := strings.Join(c.Args, " ")
	n.mu.Lock()
	n.all = append(n.all, line)
	n.mu.Unlock()
	if n.spoil && strings.Contains(line, "slice-max-mbs") {
		c.Args = slices.Clone(c.Args)
		graph := 1 + slices.Index(c.Args, "-filter_complex")
		c.Args[graph] = strings.Replace(c.Args[graph], "[part]", ",scroll=horizontal=0.01:vertical=0.013[part]", 1)
	}
	return n.FFmpeg.Run(ctx, c)
}

func (n *noted) asked(pattern string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(n.all), func(s string) bool { return !fits(s, pattern) }))
}

// corner is a talk with an avatar that takes a small part of the picture.
func corner() lectern.Deck {
	d := talk()
	d.Size, d.Quality = lectern.Size{Width: 960, Height: 540}, lectern.QualityHigh
	return d
}

// A spliced video looks like one that is encoded whole: it has as many frames, a PSNR of at least 42 dB against the
// other one, and is at most one and a half times as large. A patch that leaks is tried once more with a calmer border;
// then the slide is encoded whole.
func TestSplicedLooksLikeWhole(t *testing.T) {
	t.Parallel()
	type made struct {
		path   string
		frames []string // checksums of the decoded pictures
		size   int      // of the video stream, in bytes
	}
	render := func(t *testing.T, plain, spoil bool) (made, *noted) {
		g := newRig(t)
		n := &noted{FFmpeg: g.Pipeline.FFmpeg, spoil: spoil}
		g.Pipeline.FFmpeg, g.Pipeline.Plain = n, plain
		list, _, err := g.run(t.Context(), t, corner(), 1)
		if err != nil {
			t.Fatal(err)
		}
		path := g.path(t, list, lectern.ArtifactVideo)
		return made{path, frameSums(t, path), len(videoStream(t, g, path))}, n
	}
	whole, asked := render(t, true, false)
	if asked.asked("slice-max-mbs") > 0 {
		t.Error("a plain pipeline splices")
	}
	spliced, asked := render(t, false, false)
	if n := asked.asked("overlay="); n != 0 {
		t.Errorf("of three slides with an avatar %d were encoded whole", n)
	}
	if len(spliced.frames) != len(whole.frames) {
		t.Fatalf("the spliced video has %d pictures, the whole one %d", len(spliced.frames), len(whole.frames))
	}
	if psnr := 10 * math.Log10(255*255/squaredError(t, spliced.path, whole.path)); psnr < 42 {
		t.Errorf("the PSNR of the spliced video against the whole one is %.1f dB", psnr)
	}
	if share := float64(spliced.size) / float64(whole.size); share > 1.5 {
		t.Errorf("spliced is %.2f times as large", share)
	}
	leaking, asked := render(t, false, true)
	if !slices.Equal(leaking.frames, whole.frames) || asked.asked("slice-max-mbs") != 6 {
		t.Errorf("leaking patches were not tried twice and then encoded whole: %d tries for three slides",
			asked.asked("slice-max-mbs"))
	}
}

// videoStream returns the H.264 stream of a file, as in annex B.
func videoStream(t *testing.T, g *rig, path string) []byte {
	t.Helper()
	var stream bytes.Buffer
	if err := g.ffmpeg.Run(t.Context(), Command{Args: []string{"-i", path, "-an", "-sn", "-c", "copy", "-bsf:v",
		"h264_mp4toannexb", "-f", "h264", "pipe:1"}, Stdout: &stream}); err != nil {
		t.Fatal(err)
	}
	return stream.Bytes()
}

// squaredError returns the mean squared error of the pictures of video a against those of b, over all samples in 4:2:0.
func squaredError(t *testing.T, a, b string) float64 {
	t.Helper()
	found, err := findFFmpeg()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "psnr")
	const graph = "[0:v]format=yuv420p[a];[1:v]format=yuv420p[b];[a][b]psnr=stats_file="
	if err := found.Run(t.Context(), ffmpeg.Run{Args: []string{"-xerror", "-i", a, "-i", b, "-an", "-sn",
		"-filter_complex", graph + file, "-f", "null", "-"}}); err != nil {
		t.Fatal(err)
	}
	stats, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`mse_avg:(\S+)`).FindAllSubmatch(stats, -1)
	if len(all) == 0 {
		t.Fatalf("ffmpeg compared no pictures: %.200s", stats)
	}
	sum := 0.0
	for _, m := range all {
		mse, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += mse
	}
	return sum / float64(len(all))
}

// At every preset's size the avatar is spliced. The stream has the lowest level that allows pictures of this size at
// this rate, but at least 4, and no more slices than the level allows.
func TestEveryPresetIsSplicedWithinItsLevel(t *testing.T) {
	t.Parallel()
	type size struct {
		preset      lectern.Preset
		rate, level int
	}
	small, large := size{lectern.PresetDraft, 30, 40}, size{lectern.Preset4K, 30, 51}
	all := []size{small, {lectern.PresetStandard, 30, 40}, large, {lectern.Preset4K, 60, 52}}
	for _, c := range soak.Pick(all, small, large) {
		g, d := newRig(t), corner()
		n := &noted{FFmpeg: g.Pipeline.FFmpeg}
		g.Pipeline.FFmpeg, g.avatars.calm = n, true
		d.Size, d.FrameRate = c.preset.Size(lectern.Size{}), c.rate
		d.Slides, d.Transitions, d.Slides[0].Narration = d.Slides[:1], nil, "Hello."
		list, _, err := g.run(t.Context(), t, d, 1)
		if err != nil {
			t.Fatal(err)
		}
		if n.asked("slice-max-mbs") != 1 || n.asked("overlay=") != 0 {
			t.Errorf("%s at %d: the slide is encoded whole", c.preset, c.rate)
		}
		pics := h264.NewPictures(bytes.NewReader(videoStream(t, g, g.path(t, list, lectern.ArtifactVideo))))
		for i := range 2 { // the second picture is spliced
			units, err := pics.Units()
			if err != nil {
				t.Fatal(err)
			}
			sets, err := h264.ParseSets(pics.Sets())
			if err != nil || sets.Level != c.level || (sets.Size != d.Size) {
				t.Fatalf("%s at %d: %v, level %d of %v", c.preset, c.rate, err, sets.Level, sets.Size)
			}
			if most := sets.MaxSlices(c.rate); len(units) > most || i == 1 && len(units) < 10 {
				t.Errorf("%s at %d: %d slices in picture %d, where the level has %d", c.preset, c.rate, len(units), i, most)
			}
		}
	}
}
