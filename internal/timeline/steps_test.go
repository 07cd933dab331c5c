package timeline

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

// A click is in the frame of its sample, and pictures between clicks have no frames or at least two.
func TestClicksKeepTheRulesOfFrames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Rate(rapid.SampledFrom(lectern.FrameRates()).Draw(t, "rate"))
		s := Slot{In: rapid.Int64Range(0, 20).Draw(t, "in"), Out: rapid.Int64Range(0, 20).Draw(t, "out")}
		s.Frames = s.In + s.Out + rapid.Int64Range(MinBody, 300).Draw(t, "body")
		at := rapid.SliceOfN(rapid.Int64Range(0, r.Sample(s.Frames)+1), 0, 20).Draw(t, "samples")
		slices.Sort(at)
		got := r.Clicks(s, at)
		if len(got) != len(at) {
			t.Fatalf("%d frames for %d clicks", len(got), len(at))
		}
		first, last := s.In+MinBody, s.Frames-s.Out-MinBody
		for i, f := range got {
			switch {
			case first > last:
				if f != s.In {
					t.Fatalf("click %d of a short body is at frame %d", i, f)
				}
				continue
			case f < first || f > last:
				t.Fatalf("click %d is at frame %d, outside %d to %d", i, f, first, last)
			case i > 0 && got[i-1] != f && f-got[i-1] < MinBody:
				t.Fatalf("%d frames between the clicks at %v", f-got[i-1], got)
			}
			alone := min(max(at[i]*int64(r)/lectern.SampleRate, first), last)
			if f != alone && !(i+1 < len(got) && f == got[i+1]) {
				t.Fatalf("click %d at sample %d is at frame %d, not %d: %v", i, at[i], f, alone, got)
			}
		}
	})
}

func TestClicksOfExamples(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		slot Slot
		at   []int64
		want []int64
	}{
		"in the frame of its sample":          {Slot{Frames: 90}, []int64{1600, 48_000, 49_599}, []int64{2, 30, 30}},
		"not before the transition has ended": {Slot{Frames: 90, In: 15}, []int64{0, 48_000}, []int64{17, 30}},
		"not in the transition after it":      {Slot{Frames: 90, Out: 15}, []int64{48_000, 140_000}, []int64{30, 73}},
		"together if they are too close":      {Slot{Frames: 90}, []int64{48_000, 49_600, 80_000}, []int64{31, 31, 50}},
		"a body for one picture":              {Slot{Frames: 18, In: 15}, []int64{0, 9000}, []int64{15, 15}},
	} {
		if got := Rate(30).Clicks(c.slot, c.at); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
