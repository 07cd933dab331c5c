package align

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

const hour = 3600 * int64(lectern.SampleRate)

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]int64{
		"0:00 Opening\n1:05 The plan\n2:00,5\n": {65 * 48000, 120*48000 + 24000},
		"# cuts\n\n65\n120.5 end":               {65 * 48000, 120*48000 + 24000},
		"\ufeff0\r\n0:59\r\n0:59:59.999999999":  {59 * 48000, hour - 1},
		"0.00002\n0.00003":                      {0, 1},
	} {
		if got, err := ParseTimes(text, 3, hour); err != nil && want[0] > 0 || err == nil && !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestFaultsOfTimesNameTheirLine(t *testing.T) {
	t.Parallel()
	for text, lines := range map[string][]int{
		"":                      {1},
		"1:00\n":                {1},
		"1:00\n2:00\n3:00\n":    {3},
		"1:00\n\n0:59":          {3},
		"1:00\n1:00":            {2},
		"1:00\n0:00":            {2},
		"1:60\n2:5\nx":          {1, 2, 3},
		"1:00\n1:00:00":         {2},
		"-5\n1:2:3:4\n1.\n.5":   {1, 2, 3, 4},
		"9999999999\n1.5:00\n٣": {1, 2, 3},
	} {
		_, err := ParseTimes(text, 3, hour)
		var f *lectern.Failure
		if !errors.As(err, &f) || f.Code != lectern.CodeInvalidDeck {
			t.Errorf("%q: %v", text, err)
			continue
		}
		got := []int{f.Line}
		for _, c := range f.Causes {
			got = append(got, c.Line)
		}
		if !slices.Equal(got, lines) {
			t.Errorf("%q: faults in lines %v, not %v: %v", text, got, lines, err)
		}
	}
}

func TestWrittenTimesAreReadExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.SliceOfNDistinct(rapid.Int64Range(1, 3600*1000-1), 1, 20, rapid.ID).Draw(t, "times")
		slices.Sort(ms)
		var b strings.Builder
		for _, m := range ms {
			fmt.Fprintf(&b, "%d:%02d.%03d\n", m/60000, m/1000%60, m%1000)
		}
		got, err := ParseTimes(b.String(), len(ms)+1, hour)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range ms {
			if got[i] != m*lectern.SampleRate/1000 {
				t.Fatalf("%d ms is read as sample %d", m, got[i])
			}
		}
	})
}

func FuzzParseTimes(f *testing.F) {
	for _, s := range []string{"0:00\n1:05 a\n2:00,5", "# x\n65\n120.5", "1:2:3", "\ufeff0", "9:99", "1.\n"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, text string, slides int) {
		got, err := ParseTimes(text, slides, hour)
		if err != nil {
			if f := new(lectern.Failure); !errors.As(err, &f) || f.Line < 1 || got != nil {
				t.Fatalf("%v, %v", got, err)
			}
			return
		}
		if len(got) != slides-1 || !slices.IsSorted(got) || len(got) > 0 && (got[0] < 0 || got[len(got)-1] >= hour) {
			t.Fatalf("%v", got)
		}
	})
}
