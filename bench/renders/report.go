package renders

import (
	"fmt"
	"slices"
	"time"
)

// Sample is the cost of making a video once, in seconds and bytes.
type Sample struct {
	Wall   float64 `json:"wall_seconds"`
	User   float64 `json:"user_seconds"`
	System float64 `json:"system_seconds"`
	Peak   int64   `json:"peak_bytes"` // the resident sets of all processes together, at their highest
	Size   int64   `json:"file_bytes"`
}

// CPU is the processor time of all processes.
func (s Sample) CPU() float64 { return s.User + s.System }

// Row holds the measurements of one [Way] to make the video of one deck.
type Row struct {
	Deck    Kind     `json:"deck"`
	Way     string   `json:"way"`
	Title   string   `json:"title"`
	Whole   bool     `json:"whole_video"`             // makes the whole video, not only a part
	Seconds float64  `json:"video_seconds,omitempty"` // length of the deck's video
	Absent  string   `json:"absent,omitempty"`        // why it was not measured
	Median  Sample   `json:"median"`                  // of each figure separately
	Samples []Sample `json:"rounds,omitempty"`
}

// Start is the time from the start of `lectern serve` to its first response, in seconds.
type Start struct {
	Starts int     `json:"starts"`
	Median float64 `json:"median_seconds"`
	Best   float64 `json:"best_seconds"`
	Worst  float64 `json:"worst_seconds"`
}

// Report holds the results.
type Report struct {
	Date     time.Time `json:"date"`
	Machine  string    `json:"machine,omitempty"`
	Programs []string  `json:"programs,omitempty"`
	Runs     int       `json:"rounds"`
	Other    int       `json:"rounds_of_others"` // those that include the ways of other programs
	Shape    Shape     `json:"decks"`
	Rows     []Row     `json:"rows"`
	Start    *Start    `json:"start,omitempty"`
	Quality  *Quality  `json:"quality,omitempty"`
	Targets  []Target  `json:"targets,omitempty"`
}

// Target is a figure with its target value.
type Target struct {
	Name  string  `json:"name"`
	Aim   string  `json:"aim"`
	Found string  `json:"found"`
	Value float64 `json:"value"`
	Met   bool    `json:"met"`
}

// median returns the median of each figure.
func median(samples []Sample) Sample {
	if len(samples) == 0 {
		return Sample{}
	}
	return Sample{
		Wall:   middle(samples, func(s Sample) float64 { return s.Wall }),
		User:   middle(samples, func(s Sample) float64 { return s.User }),
		System: middle(samples, func(s Sample) float64 { return s.System }),
		Peak:   middle(samples, func(s Sample) int64 { return s.Peak }),
		Size:   middle(samples, func(s Sample) int64 { return s.Size }),
	}
}

// middle returns the median, or the mean of the two middle values.
func middle[T any, N int64 | float64](samples []T, of func(T) N) N {
	var all []N
	for _, s := range samples {
		all = append(all, of(s))
	}
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// NewStart summarises starts.
func NewStart(took []time.Duration) *Start {
	if len(took) == 0 {
		return nil
	}
	return &Start{Starts: len(took), Median: middle(took, func(d time.Duration) float64 { return d.Seconds() }),
		Best: slices.Min(took).Seconds(), Worst: slices.Max(took).Seconds()}
}

// row returns the row of a way with a deck, if it was measured.
func (r Report) row(k Kind, way string) (Row, bool) {
	for _, row := range r.Rows {
		if row.Deck == k && row.Way == way && len(row.Samples) > 0 {
			return row, true
		}
	}
	return Row{}, false
}

// figure returns the value of one round that a target compares.
type figure func(Row, Sample) float64

func wall(_ Row, s Sample) float64   { return s.Wall }
func cpu(_ Row, s Sample) float64    { return s.CPU() }
func size(_ Row, s Sample) float64   { return float64(s.Size) }
func length(r Row, _ Sample) float64 { return r.Seconds }

// place identifies a row.
type place struct {
	deck Kind
	way  string
}

// aim is a target for the median ratio of two rows.
type aim struct {
	name        string
	over, under place
	top, bottom figure
	least, most float64 // one of them is 0
	percent     bool
}

func aims() []aim {
	at := func(k Kind, way string) place { return place{k, way} }
	return []aim{
		{name: "slides: encode stage, times faster than plain ffmpeg", over: at(Slides, "plain"), under: at(Slides, "encode"),
			top: wall, bottom: wall, least: 40},
		{name: "slides: all, cold, times faster than it plays", over: at(Slides, "lectern"), under: at(Slides, "lectern"),
			top: length, bottom: wall, least: 12},
		{name: "slides: again, times faster than it plays", over: at(Slides, "again"), under: at(Slides, "again"),
			top: length, bottom: wall, least: 50},
		{name: "avatar: ordinary path's encode stage to the floor, time", over: at(Avatar, "compat-encode"),
			under: at(Avatar, "floor"), top: wall, bottom: wall, most: 1.25},
		{name: "avatar: ordinary path's encode stage to the floor, CPU", over: at(Avatar, "compat-encode"),
			under: at(Avatar, "floor"), top: cpu, bottom: cpu, most: 1.25},
		{name: "avatar: encode stage to the floor, CPU", over: at(Avatar, "encode"), under: at(Avatar, "floor"), top: cpu,
			bottom: cpu, most: 0.25},
		{name: "avatar: file to the ordinary path's", over: at(Avatar, "lectern"), under: at(Avatar, "compat"), top: size,
			bottom: size, most: 1.5},
		{name: "avatar: all, times faster than plain ffmpeg", over: at(Avatar, "plain"), under: at(Avatar, "lectern"),
			top: wall, bottom: wall, least: 12},
		{name: "avatar: all, times faster than Remotion", over: at(Avatar, "remotion"), under: at(Avatar, "lectern"),
			top: wall, bottom: wall, least: 40},
		{name: "avatar: all, times faster than Remotion on all processors", over: at(Avatar, "remotion-all"),
			under: at(Avatar, "lectern"), top: wall, bottom: wall, least: 40},
		{name: "transitions: time to that without", over: at(Transitions, "lectern"), under: at(Avatar, "lectern"), top: wall,
			bottom: wall, most: 1.2},
		{name: "one slide of fifty edited: CPU to that of the first render", over: at(Fifty, "edited"),
			under: at(Fifty, "lectern"), top: cpu, bottom: cpu, most: 0.06, percent: true},
		{name: "fifty slides again: CPU to that of the first render", over: at(Fifty, "again"), under: at(Fifty, "lectern"),
			top: cpu, bottom: cpu, most: 0.01, percent: true},
	}
}

// startAim is the largest time of a start in seconds, qualityAim the largest loss of quality in dB.
const (
	startAim   = 0.3
	qualityAim = 0.5
)

// SetStart adds the times of the starts.
func (r *Report) SetStart(s *Start) {
	r.Start = s
	r.Targets = r.targets()
}

// targets lists the targets whose rows were measured.
func (r Report) targets() []Target {
	var all []Target
	for _, a := range aims() {
		over, ok1 := r.row(a.over.deck, a.over.way)
		under, ok2 := r.row(a.under.deck, a.under.way)
		if ratios := a.ratios(over, under); ok1 && ok2 && len(ratios) > 0 {
			all = append(all, a.target(middle(ratios, func(v float64) float64 { return v })))
		}
	}
	if q := r.Quality; q != nil {
		worse := q.Ordinary.PSNR - q.Spliced.PSNR
		all = append(all, Target{Name: "avatar: luma PSNR below that of the ordinary path, both to the reference",
			Aim:   fmt.Sprintf("≤ %g dB", qualityAim),
			Found: fmt.Sprintf("%.2f dB", worse), Value: worse, Met: worse <= qualityAim})
	}
	if s := r.Start; s != nil {
		all = append(all, Target{Name: "serve to its first answer", Aim: fmt.Sprintf("< %.0f ms", startAim*1000),
			Found: fmt.Sprintf("%.0f ms", s.Median*1000), Value: s.Median, Met: s.Median < startAim})
	}
	return all
}

// ratios compares two rows in the rounds of both, because within a round the machine is equally busy for both.
func (a aim) ratios(over, under Row) []float64 {
	var all []float64
	for i := range min(len(over.Samples), len(under.Samples)) {
		if below := a.bottom(under, under.Samples[i]); below > 0 {
			all = append(all, a.top(over, over.Samples[i])/below)
		}
	}
	return all
}

func (a aim) target(value float64) Target {
	t := Target{Name: a.name, Value: value}
	write := func(v float64) string { return factor(v) }
	if a.percent {
		write = func(v float64) string { return fmt.Sprintf("%.2g %%", v*100) }
	}
	t.Found = write(value)
	if a.least > 0 {
		t.Aim, t.Met = "≥ "+write(a.least), value >= a.least
	} else {
		t.Aim, t.Met = "≤ "+write(a.most), value <= a.most
	}
	return t
}

// factor writes a ratio with its significant digits.
func factor(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f×", v)
	case v >= 10:
		return fmt.Sprintf("%.1f×", v)
	}
	return fmt.Sprintf("%.2f×", v)
}

// seconds writes a time.
func seconds(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f s", v)
	case v >= 10:
		return fmt.Sprintf("%.1f s", v)
	}
	return fmt.Sprintf("%.2f s", v)
}

// megabytes writes a size.
func megabytes(n int64) string {
	switch v := float64(n) / 1e6; {
	case n <= 0:
		return "–"
	case v >= 100:
		return fmt.Sprintf("%.0f MB", v)
	default:
		return fmt.Sprintf("%.1f MB", v)
	}
}

// kinds lists the decks of the report, in order.
func (r Report) kinds() []Kind {
	var out []Kind
	for _, row := range r.Rows {
		if !slices.Contains(out, row.Deck) {
			out = append(out, row.Deck)
		}
	}
	return out
}

// heading names the columns of cells.
func heading() []string {
	return []string{"way", "time", "CPU", "memory", "file", "time, to Lectern's", "CPU, to Lectern's"}
}

// cells writes a row, or the reason why it was not measured.
func (r Report) cells(row Row) []string {
	if row.Absent != "" {
		return []string{row.Title, row.Absent}
	}
	m := row.Median
	cells := []string{row.Title, seconds(m.Wall), seconds(m.CPU()), megabytes(m.Peak), megabytes(m.Size), "–", "–"}
	if base, ok := r.row(row.Deck, r.base(row)); ok && base.Median.Wall > 0 && base.Median.CPU() > 0 {
		cells[5], cells[6] = factor(m.Wall/base.Median.Wall), factor(m.CPU()/base.Median.CPU())
	}
	return cells
}

// base returns the way with which a way is compared: the encode stage for ways that only encode, and Lectern for all
// others.
func (r Report) base(row Row) string {
	switch row.Way {
	case "encode", "compat-encode", "floor":
		return "encode"
	}
	return "lectern"
}
