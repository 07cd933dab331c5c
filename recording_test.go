package lectern_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
)

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	ms := func(list ...int) (out []time.Duration) {
		for _, n := range list {
			out = append(out, time.Duration(n)*time.Millisecond)
		}
		return out
	}
	for text, want := range map[string][]time.Duration{
		"0:00 Opening\n1:05 The plan\n2:00,5\n": ms(0, 65_000, 120_500),
		"# cuts\n\n65\n120.5 end":               ms(65_000, 120_500),
		"\ufeff0\r\n0:59\r\n1:00:00.0004":       ms(0, 59_000, 3_600_000),
		"0,12.5, 1:05":                          ms(0, 12_500, 65_000),
		"0 12.5":                                ms(0, 12_500),
		"7":                                     ms(7000),
	} {
		if got, err := lectern.ParseTimes(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "\n# none\n", "1:60", "2:5", "x", "-5", "1:2:3:4", "1.", ".5", "9999999999",
		"1.5:00", "٣", "999999999:00:00"} {
		if got, err := lectern.ParseTimes(text); err == nil || lectern.AsFailure(err).Code != lectern.CodeInvalidDeck {
			t.Errorf("%q is read as %v, %v", text, got, err)
		}
	}
}

func TestWrittenTimesAreReadExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.SliceOfN(rapid.Int64Range(0, 3600*1000-1), 2, 20).Draw(t, "times")
		var b strings.Builder
		for _, m := range ms {
			fmt.Fprintf(&b, "%d:%02d.%03d chapter\n", m/60000, m/1000%60, m%1000)
		}
		got, err := lectern.ParseTimes(b.String())
		if err != nil || len(got) != len(ms) {
			t.Fatal(got, err)
		}
		for i, m := range ms {
			if got[i] != time.Duration(m)*time.Millisecond {
				t.Fatalf("%d ms is read as %s", m, got[i])
			}
		}
	})
}

func FuzzParseTimes(f *testing.F) {
	for _, s := range []string{"0:00\n1:05 a\n2:00,5", "# x\n65\n120.5", "1:2:3", "\ufeff0", "9:99", "1.\n", "0,1,2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := lectern.ParseTimes(text)
		if err != nil && got != nil || err == nil && len(got) == 0 {
			t.Fatal(got, err)
		}
		for _, at := range got {
			if at < 0 || at%time.Millisecond != 0 {
				t.Fatal(at)
			}
		}
	})
}

// recorded is a deck of three slides with a recording, whose length a check has found.
func recorded() lectern.Deck {
	return lectern.Deck{
		Recording: &lectern.Recording{File: "talk.m4a", Length: time.Minute},
		Slides:    []lectern.Slide{{Narration: "Hello there."}, {}, {Narration: "Hello there. And good bye."}},
	}
}

func TestFaultsOfARecordingNameTheirField(t *testing.T) {
	t.Parallel()
	sec := func(list ...float64) (out []time.Duration) {
		for _, n := range list {
			out = append(out, time.Duration(n*float64(time.Second)))
		}
		return out
	}
	for name, c := range map[string]struct {
		change func(d *lectern.Deck)
		want   string
	}{
		"none":              {func(*lectern.Deck) {}, ""},
		"times":             {func(d *lectern.Deck) { d.Recording.Starts = sec(0, 12.5, 59.9) }, ""},
		"an asset":          {func(d *lectern.Deck) { d.Recording.File = "asset:" + strings.Repeat("a", 64) }, ""},
		"no file":           {func(d *lectern.Deck) { d.Recording.File = " " }, "recording.file"},
		"outside":           {func(d *lectern.Deck) { d.Recording.File = "../talk.m4a" }, "recording.file"},
		"no address":        {func(d *lectern.Deck) { d.Recording.File = "asset:1" }, "recording.file"},
		"too few times":     {func(d *lectern.Deck) { d.Recording.Starts = sec(0, 1) }, "recording.starts"},
		"too many times":    {func(d *lectern.Deck) { d.Recording.Starts = sec(0, 1, 2, 3) }, "recording.starts"},
		"not ascending":     {func(d *lectern.Deck) { d.Recording.Starts = sec(0, 9, 9) }, "recording.starts[2]"},
		"before the start":  {func(d *lectern.Deck) { d.Recording.Starts = sec(-1, 9, 10) }, "recording.starts[0]"},
		"beyond the end":    {func(d *lectern.Deck) { d.Recording.Starts = sec(0, 9, 60) }, "recording.starts[2]"},
		"nothing to find":   {func(d *lectern.Deck) { d.Slides[0].Narration, d.Slides[2].Narration = "", "…" }, "recording"},
		"longer than a day": {func(d *lectern.Deck) { d.Recording.Length = 25 * time.Hour }, "recording.file"},
		"a sound of a slide": {func(d *lectern.Deck) { d.Slides[1].Sound = &lectern.SoundOf{File: "a.mp3"} },
			"slides[1].sound"},
	} {
		d := recorded()
		c.change(&d)
		var got []string
		for _, f := range d.Validate(lectern.Limits{}) {
			if f.Param != "slides" { // the whole is too long
				got = append(got, f.Param)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: faults of %q, want %q", name, got, c.want)
		}
	}
}

func TestRecordingsAreEstimatedByTheirFiles(t *testing.T) {
	t.Parallel()
	d := recorded()
	total, slides := d.Estimate()
	if total < 59*time.Second || total > 61*time.Second || slides[2] < slides[0] {
		t.Errorf("without times: %s, %v", total, slides)
	}
	d.Recording.Starts = []time.Duration{time.Second, 11 * time.Second, 41 * time.Second}
	if total, slides = d.Estimate(); total != 59*time.Second || slides[1] != 30*time.Second {
		t.Errorf("with times: %s, %v", total, slides)
	}
	d.Recording.Length = 0
	if total, _ = d.Estimate(); total <= 40*time.Second || total > 45*time.Second {
		t.Errorf("with times and without a length: %s", total)
	}
	one := lectern.Deck{Slides: []lectern.Slide{{Sound: &lectern.SoundOf{File: "a.mp3", Start: 2 * time.Second,
		Length: 12 * time.Second}}}}
	if total, _ = one.Estimate(); total != 10*time.Second+800*time.Millisecond {
		t.Errorf("a sound of ten seconds: %s", total)
	}
	one.Slides[0].Sound.End = 4 * time.Second
	if total, _ = one.Estimate(); total != 2*time.Second+800*time.Millisecond {
		t.Errorf("two seconds of a sound: %s", total)
	}
}

func TestTheFileOfARecordingBecomesAnAsset(t *testing.T) {
	t.Parallel()
	d := recorded()
	uses := d.FileUses()
	want := lectern.FileUse{Path: "talk.m4a", Param: "recording.file", Kind: lectern.AssetSound}
	if len(uses) != 1 || uses[0] != want {
		t.Fatalf("%+v", uses)
	}
	sum := strings.Repeat("a", 64)
	e := d.WithFiles(uses, map[string]string{"talk.m4a": sum})
	if d.Recording.File != "talk.m4a" || e.Recording.File != "asset:"+sum || len(e.FileUses()) != 0 {
		t.Errorf("%+v, %+v", d.Recording, e.Recording)
	}
	if a := e.AssetUses(); len(a) != 1 || a[0].SHA256 != sum || a[0].Want != lectern.AssetSound || a[0].Slide != 0 {
		t.Errorf("%+v", a)
	}
}

func TestClockWritesTimesForPeople(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0:00", -time.Second: "0:00", 12500 * time.Millisecond: "0:12.5", 65 * time.Second: "1:05",
		2*time.Hour + 3*time.Second: "2:00:03", 59990 * time.Millisecond: "1:00",
	} {
		if got := lectern.Clock(d); got != want {
			t.Errorf("%s is %q", d, got)
		}
	}
}
