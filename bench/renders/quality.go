package renders

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lectern/internal/proc"
)

// Likeness is the similarity of two videos.
type Likeness struct {
	PSNR float64 `json:"psnr_db"` // of luma, over all frames; 100 if they are the same
	SSIM float64 `json:"ssim"`
	VMAF float64 `json:"vmaf,omitempty"` // 0: this ffmpeg has no libvmaf
}

// Quality compares the pictures of Lectern's two paths, on the deck with an avatar.
type Quality struct {
	// Paths compares one path with the other.
	Paths Likeness `json:"spliced_to_ordinary"`
	// Spliced and Ordinary compare each path with a reference: the ordinary path with a constant rate factor of 1.
	Spliced  Likeness `json:"spliced_to_reference"`
	Ordinary Likeness `json:"ordinary_to_reference"`
}

// quality compares the videos of the last round. It returns nil if one of the paths was not measured.
func (b *bench) quality(ctx context.Context) (*Quality, error) {
	has := func(way string) bool {
		return slices.ContainsFunc(b.rows[Avatar], func(r Row) bool { return r.Way == way && len(r.Samples) > 0 })
	}
	if !has("lectern") || !has("compat") {
		return nil, nil
	}
	b.Say("comparing pictures")
	dir := b.folder(Avatar)
	var q Quality
	var err error
	if q.Paths, err = b.alike(ctx, dir, "lectern.mp4", "compat.mp4"); err != nil {
		return nil, err
	}
	if q.Spliced, err = b.alike(ctx, dir, "lectern.mp4", film); err != nil {
		return nil, err
	}
	if q.Ordinary, err = b.alike(ctx, dir, "compat.mp4", film); err != nil {
		return nil, err
	}
	return &q, nil
}

// comparison returns the arguments that compare two videos, picture by picture.
func comparison(one, other string, vmaf bool) []string {
	graph := "[0:v]settb=AVTB,setpts=N,split=%[1]d[a0][a1]%[2]s;[1:v]settb=AVTB,setpts=N,split=%[1]d[b0][b1]%[3]s;[a0][b0]psnr;[a1][b1]ssim"
	if vmaf {
		graph = fmt.Sprintf(graph, 3, "[a2]", "[b2]") + ";[a2][b2]libvmaf"
	} else {
		graph = fmt.Sprintf(graph, 2, "", "")
	}
	return []string{"-hide_banner", "-nostats", "-i", one, "-i", other, "-lavfi", graph, "-f", "null", "-"}
}

func (b *bench) alike(ctx context.Context, dir, one, other string) (Likeness, error) {
	filters, err := proc.Output(ctx, proc.Command{Path: b.Tools.FFmpeg, Args: []string{"-hide_banner", "-filters"}})
	if err != nil {
		return Likeness{}, err
	}
	var lines []string
	err = proc.Run(ctx, proc.Command{Path: b.Tools.FFmpeg, Dir: dir,
		Args:     comparison(one, other, strings.Contains(string(filters), " libvmaf ")),
		OnStderr: func(line string) { lines = append(lines, line) }})
	if err != nil {
		return Likeness{}, fmt.Errorf("compare pictures: %w", err)
	}
	l, ok := parseLikeness(strings.Join(lines, "\n"))
	if !ok {
		return Likeness{}, fmt.Errorf("ffmpeg printed no similarity of %s and %s", one, other)
	}
	return l, nil
}

var (
	psnrSaid = regexp.MustCompile(`PSNR y:(inf|[\d.]+)`)
	ssimSaid = regexp.MustCompile(`SSIM .*All:([\d.]+)`)
	vmafSaid = regexp.MustCompile(`VMAF score: ([\d.]+)`)
)

// same replaces the infinite PSNR of equal pictures.
const same = 100

// parseLikeness reads the summary of ffmpeg's filters.
func parseLikeness(text string) (l Likeness, ok bool) {
	p, s := psnrSaid.FindStringSubmatch(text), ssimSaid.FindStringSubmatch(text)
	if p == nil || s == nil {
		return l, false
	}
	l.PSNR = same
	var err error
	if p[1] != "inf" {
		l.PSNR, err = strconv.ParseFloat(p[1], 64)
	}
	if err == nil {
		l.SSIM, err = strconv.ParseFloat(s[1], 64)
	}
	if v := vmafSaid.FindStringSubmatch(text); v != nil && err == nil {
		l.VMAF, err = strconv.ParseFloat(v[1], 64)
	}
	return l, err == nil
}
