package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"lectern/bench/renders"
)

// report is everything that was measured.
type report struct {
	Date    time.Time                  `json:"date"`
	Machine string                     `json:"machine"`
	Python  string                     `json:"python"`
	Cost    map[string]map[string]cost `json:"cost"`    // side, then operation/writers
	Durable map[string]float64         `json:"durable"` // updates a second, side/writers
	Share   *share                     `json:"reporting"`
	Load    *load                      `json:"load,omitempty"`
	Crowd   *crowd                     `json:"crowd,omitempty"`
	Hour    *hour                      `json:"hour,omitempty"`
	Looks   *looks                     `json:"looks,omitempty"`
	Watch   *watched                   `json:"watch,omitempty"`

	// Renders is the section about making videos, whose figures are in another file; "": not measured.
	Renders string `json:"-"`
}

func (r *report) put(side, name string, c cost) {
	if r.Cost == nil {
		r.Cost = map[string]map[string]cost{}
	}
	if r.Cost[side] == nil {
		r.Cost[side] = map[string]cost{}
	}
	r.Cost[side][name] = c
}

// machine describes the machine and the versions.
func machine() string { return renders.Machine() + ", " + runtime.Version() + modules() }

// modules returns the versions on which the figures depend.
func modules() string {
	var out strings.Builder
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "modernc.org/sqlite", "github.com/riverqueue/river":
			fmt.Fprintf(&out, ", %s %s", m.Path, m.Version)
		}
	}
	return out.String()
}

const intro = `# Benchmarks

Written by ` + "`make bench`" + ` (` + "`go run ./bench`" +
	`); do not edit. [benchmarks.json](benchmarks.json) has the same figures.

- **When**: %s, the time of the last measured part
- **Where**: %s; %s
- **How to read it**: both sides ran one after the other in one run. The machine had other work too, so a ratio is
  more reliable than a figure. No figure fails a test.

## The cost of a report (J15)

Time divided by the operations of all writers together, each with its own presentation. *Python* is an
` + "`asyncio.Lock`" +
	` around a dict, with the log line for each change of the service that Lectern succeeds; *without its log
line* is the same without that line. Lectern is the real job service on SQLite with the program's own settings,
including its writer.

| operation | writers | Lectern | allocations | Python | Python without its log line | Python : Lectern |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
`

func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, intro, r.Date.Format(time.RFC3339), r.Machine, r.Python)
	for _, op := range []string{"update", "read", "heartbeat"} {
		for _, n := range writers {
			key := fmt.Sprintf("%s/%d", op, n)
			ours, theirs := r.Cost["lectern"][key], r.Cost["python"][key]
			bare := "–"
			if c, ok := r.Cost["python"][fmt.Sprintf("%s without log/%d", op, n)]; ok {
				bare = nanos(c.NS)
			}
			fmt.Fprintf(&b, "| %s | %d | %s | %.1f | %s | %s | %s |\n", op, n, nanos(ours.NS), ours.Allocs,
				nanos(theirs.NS), bare, ratio(theirs.NS, ours.NS))
		}
	}
	b.WriteString(`
An update is the cost of a report for a run. The report is then in memory; the writer merges it with others and makes it
durable within 150 ms. A read in Lectern is a query that returns a value of committed data; in Python it is the live
object of a dict, which is cheaper and allows races. A heartbeat costs a run nothing. Its figure is the cost for the
writer: a transaction, which several heartbeats share, and a log line.

## Durable updates a second

Each writer waits until its update is on disk (` + "`journal_mode=WAL, synchronous=FULL`" +
		` on all sides). Lectern's update
has a version, an event, a step and a log line; *a row* is only one UPDATE in its own transaction; *plain River* is a job
for each update, whose worker makes that UPDATE.

| writers | Lectern | a row | plain River | Lectern : a row | Lectern : River |
| ---: | ---: | ---: | ---: | ---: | ---: |
`)
	for _, n := range writers {
		l, row, rv := r.Durable[fmt.Sprintf("lectern/%d", n)], r.Durable[fmt.Sprintf("row/%d", n)],
			r.Durable[fmt.Sprintf("river/%d", n)]
		fmt.Fprintf(&b, "| %d | %.0f | %.0f | %.0f | %s | %s |\n", n, l, row, rv, ratio(l, row), ratio(l, rv))
	}
	r.Share.markdown(&b, r.Cost["lectern"]["update/1"].NS)
	if r.Load != nil {
		r.Load.markdown(&b)
	}
	if r.Crowd != nil {
		r.Crowd.markdown(&b)
	}
	if r.Hour != nil {
		r.Hour.markdown(&b)
	}
	if r.Watch != nil {
		r.Watch.markdown(&b)
	}
	if r.Looks != nil {
		r.Looks.markdown(&b)
	}
	if r.Renders != "" {
		b.WriteString("\n" + r.Renders)
	}
	return b.String()
}

// Files of `go run ./bench renders` in the folder of the documentation.
const (
	renderFigures = "render-benchmarks.json"
	renderChart   = "media/render-benchmarks.svg"
)

// renderSection returns the section about making videos from the figures of `go run ./bench renders`, or "" without
// them.
func renderSection(docs string) (string, error) {
	data, err := os.ReadFile(filepath.Join(docs, renderFigures))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var found renders.Report
	if err := json.Unmarshal(data, &found); err != nil {
		return "", fmt.Errorf("read %s: %w", renderFigures, err)
	}
	return found.Markdown(renderChart) + "\n[" + renderFigures + "](" + renderFigures +
		") has the figures of every round. `go run ./bench renders` measures it on your machine.\n", nil
}

func (l *load) markdown(b *strings.Builder) {
	fmt.Fprintf(b, `
## Under load

The real HTTP interface on SQLite, with its clients in the same process: %d creates a second for %.0f s, %d open event
streams on %d running presentations that change every %v, and %d streams that nobody reads.

| what | aim | p50 | p99 | most |
| --- | --- | ---: | ---: | ---: |
| a create, from the moment it was due | p99 under 50 ms | %.1f ms | %.1f ms | %.1f ms |
| from a run's report to a watcher's line (150 ms of it may be the flush) | under 1 s | %.1f ms | %.1f ms | %.1f ms |
| a status read with %d presentations in the table | – | %.2f ms | %.2f ms | %.2f ms |
| the same with %d | as before | %.2f ms | %.2f ms | %.2f ms |

%d were created and %d refused. Watchers saw %d changes; %d times a version did not rise, %d times one was missed, and
%d streams were dropped.
`, l.Rate, l.Seconds, l.Watchers, hot, changeGap, stuck,
		l.Create.P50, l.Create.P99, l.Create.Max, l.Change.P50, l.Change.P99, l.Change.Max,
		hot, l.ReadEmpty.P50, l.ReadEmpty.P99, l.ReadEmpty.Max, hot+l.Created, l.ReadFull.P50, l.ReadFull.P99,
		l.ReadFull.Max, l.Created, l.Refused, l.Seen, l.Repeats, l.Gaps, l.Dropped)
}

func (l *looks) markdown(b *strings.Builder) {
	fmt.Fprintf(b, `
## Presets and x264's settings

Written by `+"`go run ./bench presets`"+`; when: %s; where: %s; %s. The first %d slides of `+"`examples/demo.json`"+
		`, with an
avatar in the corner. It is spliced, except with x264's ultrafast, which has no CABAC: then pictures are encoded whole.
Narrations and pictures of slides are in the cache, so the time is that of animation, encoding, sound and joining, with
the start of the program and the browser. The similarity is measured against a nearly lossless encode (CRF %d) of the same
size, for the whole picture and for the corner with the avatar, the only moving part: 1 means equal for SSIM, more is
better for PSNR (luma).

| preset | size | time | CPU | file | SSIM | PSNR | avatar's SSIM | avatar's PSNR |%s
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |%s
`, l.Date.Format(time.RFC3339), l.Machine, l.FFmpeg, l.Slides, nearlyLossless, l.ifVMAF(" VMAF |"), l.ifVMAF(" ---: |"))
	row := func(k look, name, size string) {
		fmt.Fprintf(b, "| %s | %s | %.1f s | %.1f s | %.2f MB | %.4f | %.1f dB | %.4f | %.1f dB |%s\n", name, size,
			k.Wall, k.CPU, float64(k.Bytes)/1e6,
			k.Whole.SSIM, k.Whole.PSNR, k.Avatar.SSIM, k.Avatar.PSNR, l.ifVMAF(fmt.Sprintf(" %.1f |", k.Whole.VMAF)))
	}
	for _, k := range l.Presets {
		row(k, k.Name, k.Size)
	}
	fmt.Fprintf(b,
		"\nThe same at the size of `standard` with other presets and constant rate factors of x264. The quantizers of "+
			"spliced pictures change by the same amount:\n\n| x264's preset | CRF | time | CPU | file | SSIM | PSNR | "+
			"avatar's SSIM | avatar's PSNR |%s\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |%s\n",
		l.ifVMAF(" VMAF |"), l.ifVMAF(" ---: |"))
	for _, k := range l.Grid {
		row(k, fmt.Sprint(k.X264["preset"]), fmt.Sprint(k.X264["crf"]))
	}
}

// ifVMAF returns text if VMAF was measured.
func (l *looks) ifVMAF(text string) string {
	if len(l.Presets) == 0 || l.Presets[0].Whole.VMAF == 0 {
		return ""
	}
	return text
}

func nanos(ns float64) string {
	switch {
	case ns == 0:
		return "–"
	case ns < 1000:
		return fmt.Sprintf("%.0f ns", ns)
	}
	return fmt.Sprintf("%.1f µs", ns/1000)
}

func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2g", a/b)
}
