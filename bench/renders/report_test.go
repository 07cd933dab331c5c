package renders

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
)

// found returns a report as a run makes it.
func found() Report {
	row := func(k Kind, way string, whole bool, wall, user float64, size int64) Row {
		s := Sample{Wall: wall, User: user, System: 1, Peak: 300e6, Size: size}
		return Row{Deck: k, Way: way, Title: "<" + way + "> & more", Whole: whole, Seconds: 60,
			Samples: []Sample{s}, Median: s}
	}
	r := Report{
		Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Machine: "a machine",
		Programs: []string{"ffmpeg 5", "lectern 1"}, Runs: 1,
		Shape: Shape{Slides: 5, Seconds: 60, Size: lectern.Size{Width: 1920, Height: 1080}, Rate: 30},
		Rows: []Row{
			row(Slides, "lectern", true, 4, 3, 2e6), row(Slides, "again", false, 1, 0.2, 2e6),
			row(Slides, "encode", false, 0.5, 0.2, 2e6), row(Slides, "plain", true, 30, 50, 3e6),
			row(Avatar, "lectern", true, 10, 13, 9e6), row(Avatar, "encode", false, 5, 2, 9e6),
			row(Avatar, "compat", true, 20, 38, 8e6), row(Avatar, "compat-encode", false, 15, 20, 8e6),
			row(Avatar, "floor", false, 14, 19, 8e6), row(Avatar, "plain", true, 130, 230, 7e6),
			{Deck: Avatar, Way: "moviepy", Title: "MoviePy", Whole: true, Absent: "not | installed"},
		},
		Quality: &Quality{Paths: Likeness{PSNR: 50, SSIM: 0.99}, Spliced: Likeness{PSNR: 49, SSIM: 0.99},
			Ordinary: Likeness{PSNR: 49.75, SSIM: 0.99}},
	}
	r.SetStart(NewStart([]time.Duration{120 * time.Millisecond, 80 * time.Millisecond, 100 * time.Millisecond}))
	return r
}

func TestTargetsOfAReport(t *testing.T) {
	t.Parallel()
	var got []string
	for _, x := range found().Targets {
		met := "missed"
		if x.Met {
			met = "met"
		}
		got = append(got, x.Name+": "+x.Aim+": "+x.Found+": "+met)
	}
	want := []string{
		"slides: encode stage, times faster than plain ffmpeg: ≥ 40.0×: 60.0×: met",
		"slides: all, cold, times faster than it plays: ≥ 12.0×: 15.0×: met",
		"slides: again, times faster than it plays: ≥ 50.0×: 60.0×: met",
		"avatar: ordinary path's encode stage to the floor, time: ≤ 1.25×: 1.07×: met",
		"avatar: ordinary path's encode stage to the floor, CPU: ≤ 1.25×: 1.05×: met",
		"avatar: encode stage to the floor, CPU: ≤ 0.25×: 0.15×: met",
		"avatar: file to the ordinary path's: ≤ 1.50×: 1.12×: met",
		"avatar: all, times faster than plain ffmpeg: ≥ 12.0×: 13.0×: met",
		"avatar: luma PSNR below that of the ordinary path, both to the reference: ≤ 0.5 dB: 0.75 dB: missed",
		"serve to its first answer: < 300 ms: 100 ms: met",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// A target compares within rounds: a slow round is slow for both rows, and a round of only one row does not count.
func TestTargetsCompareWithinRounds(t *testing.T) {
	t.Parallel()
	of := func(way string, walls ...float64) Row {
		r := Row{Deck: Avatar, Way: way, Whole: true, Seconds: 60}
		for _, w := range walls {
			r.Samples = append(r.Samples, Sample{Wall: w, User: w})
		}
		r.Median = median(r.Samples)
		return r
	}
	r := Report{Rows: []Row{of("remotion", 420, 200, 840), of("lectern", 10, 5, 20, 21, 22)}}
	if got := r.targets(); len(got) != 1 || got[0].Value != 42 || !got[0].Met {
		t.Errorf("%+v", got)
	}
	r.Rows[0] = of("remotion")
	if got := r.targets(); len(got) != 0 {
		t.Errorf("targets without a measured row: %+v", got)
	}
}

func TestMedianIsThatOfEachFigure(t *testing.T) {
	t.Parallel()
	got := median([]Sample{{Wall: 3, User: 1, Size: 10}, {Wall: 1, User: 9, Size: 20}, {Wall: 2, User: 2, Size: 40},
		{Wall: 9, User: 3, Size: 30}})
	if want := (Sample{Wall: 2.5, User: 2.5, Size: 25}); got != want {
		t.Errorf("%+v, not %+v", got, want)
	}
	if median(nil) != (Sample{}) || NewStart(nil) != nil {
		t.Error("the median of no samples is not empty")
	}
}

func TestTextHasARowForEachWay(t *testing.T) {
	t.Parallel()
	text := found().Text()
	for _, want := range []string{
		"A presenter in the corner (60.0 s of video)\n",
		"  <plain> & more          130 s   231 s   300 MB  7.0 MB  13.0×               16.5×\n",
		"  <floor> & more          14.0 s  20.0 s  300 MB  8.0 MB  2.80×               6.67×\n",
		"  MoviePy                 not | installed\n",
		"  spliced and ordinary        50.00 dB     0.9900  –\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
}

func TestMarkdownIsASectionOfThePage(t *testing.T) {
	t.Parallel()
	page := found().Markdown("chart.svg")
	for _, want := range []string{"## Rendering\n", "](chart.svg)", "- **Rounds**: 1\n",
		`| MoviePy | not \| installed |  |  |  |  |  |`, "a machine", "ffmpeg 5; lectern 1", "### Targets"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(found().Markdown(""), "![") {
		t.Error("the page has a picture without an address")
	}
}

// The chart is well-formed, has a bar for each whole video, and colours for dark pages.
func TestChartIsWellFormed(t *testing.T) {
	t.Parallel()
	chart := found().Chart()
	bars := 0
	for d := xml.NewDecoder(bytes.NewReader(chart)); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "rect" {
			for _, a := range e.Attr {
				if a.Name.Local == "class" && a.Value == "track" {
					bars++
				}
			}
		}
	}
	if bars != 2+3+3 {
		t.Errorf("%d bars", bars)
	}
	for _, want := range []string{"prefers-color-scheme:dark", "&lt;plain&gt; &amp; more", "13.0×"} {
		if !bytes.Contains(chart, []byte(want)) {
			t.Errorf("the chart lacks %q", want)
		}
	}
	if (Report{}).Chart() != nil {
		t.Error("an empty report has a chart")
	}
}

// A written report can be read again, for the documentation.
func TestReportSurvivesJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(found())
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(data, &back); err != nil || back.Markdown("x") != found().Markdown("x") {
		t.Errorf("%v\n%s", err, back.Markdown("x"))
	}
}

// Lectern accepts every deck without a warning. A deck has about the requested length, and an edit changes one slide.
func TestLecternAcceptsTheDecks(t *testing.T) {
	t.Parallel()
	shape := Shape{Slides: 5, Seconds: 60, Size: lectern.Size{Width: 1920, Height: 1080}, Rate: 30}
	for _, k := range Kinds() {
		data, err := Deck(k, shape, 0)
		if err != nil {
			t.Fatal(err)
		}
		q, err := all.Parsers().Parse(t.Context(), deck.Source{Bytes: data}, nil, lectern.DefaultLimits())
		if err == nil {
			err = q.Judge(lectern.Join(q.Deck.Validate(lectern.DefaultLimits())))
		}
		if err != nil || len(q.Warnings) > 0 {
			t.Fatalf("%s: %v, %v", k, q.Warnings, err)
		}
		talk := q.Deck
		n := map[Kind]int{Fifty: fiftySlides}[k]
		if n == 0 {
			n = shape.Slides
		}
		if len(talk.Slides) != n || talk.Size != shape.Size || talk.FrameRate != shape.Rate ||
			(talk.Avatar == "") != (k == Slides) {
			t.Errorf("%s: %d slides, %+v, avatar %q", k, len(talk.Slides), talk.Size, talk.Avatar)
		}
		if (len(talk.Transitions) > 0) != (k == Transitions) {
			t.Errorf("%s: %d transitions", k, len(talk.Transitions))
		}
		edited, err := Deck(k, shape, 1)
		if err != nil {
			t.Fatal(err)
		}
		other, err := all.Parsers().Parse(t.Context(), deck.Source{Bytes: edited}, nil, lectern.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{}
		changed := 0
		for i, s := range talk.Slides {
			said[s.Narration] = true
			if words := len(strings.Fields(s.Narration)); words < 30 || words > 36 {
				t.Errorf("%s: slide %d has %d words", k, i+1, words)
			}
			if other.Deck.Slides[i].Narration != s.Narration {
				changed++
			}
		}
		if len(said) != n || changed != 1 {
			t.Errorf("%s: %d of %d narrations differ, an edit changes %d", k, len(said), n, changed)
		}
	}
}
