package timeline

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
)

var rates = []Rate{24, 25, 30, 50, 60, 23, 29, 7, 48, 120}

func drawPlan(t *rapid.T) (Plan, []Need) {
	r := rapid.SampledFrom(rates).Draw(t, "rate")
	rules := Rules{Rate: r, Lead: rapid.Int64Range(0, 50_000).Draw(t, "lead"),
		Tail: rapid.Int64Range(0, 50_000).Draw(t, "tail")}
	n := rapid.IntRange(1, 40).Draw(t, "slides")
	trans := make([]int64, n+1)
	for i := 1; i < n; i++ {
		trans[i] = rapid.Int64Range(0, 90).Draw(t, "transition")
	}
	needs, slots := make([]Need, n), make([]Slot, n)
	for i := range needs {
		needs[i].Hold = rapid.Int64Range(0, 48_000*30).Draw(t, "hold")
		if rapid.Bool().Draw(t, "spoken") {
			needs[i].Narration = rapid.Int64Range(1, 48_000*600).Draw(t, "narration")
		}
		slots[i] = rules.Fit(needs[i], trans[i], trans[i+1])
	}
	p, err := Build(r, slots)
	if err != nil {
		t.Fatal(err)
	}
	return p, needs
}

func TestEveryFrameBelongsToOnePiece(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawPlan(t)
		at := int64(0)
		for _, piece := range p.Pieces() {
			if piece.Start != at || piece.Frames < MinBody && !piece.Transition || piece.Frames <= 0 {
				t.Fatalf("piece %+v does not begin at frame %d", piece, at)
			}
			at += piece.Frames
		}
		if at != p.Frames {
			t.Fatalf("the pieces have %d frames, the plan %d", at, p.Frames)
		}
		sum := int64(0)
		for _, s := range p.Slides {
			sum += s.Frames - s.Out
		}
		if sum != p.Frames {
			t.Fatalf("the slides have %d frames when overlaps count once, the plan %d", sum, p.Frames)
		}
	})
}

func TestNarrationsOverlapNeitherTransitionsNorEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, needs := drawPlan(t)
		quiet := int64(0) // the first sample at which the next narration may begin
		for i, s := range p.Slides {
			if s.Spoken != needs[i].Narration {
				t.Fatalf("slide %d speaks %d samples of %d", i+1, s.Spoken, needs[i].Narration)
			}
			if s.Spoken == 0 {
				continue
			}
			if s.Speech < quiet {
				t.Fatalf("slide %d speaks at %d, before %d", i+1, s.Speech, quiet)
			}
			if s.Speech < p.Rate.Sample(s.BodyStart()) {
				t.Fatalf("slide %d speaks in the transition before it", i+1)
			}
			quiet = s.Speech + s.Spoken
			if quiet > p.Rate.Sample(s.End()-s.Out) {
				t.Fatalf("slide %d still speaks in the transition after it", i+1)
			}
		}
		if quiet > p.Samples {
			t.Fatalf("speech ends at %d, the video at %d", quiet, p.Samples)
		}
	})
}

// The parts of one recording follow one another to the sample, whatever the transitions are: the middle of a transition
// is where they meet. The video is as long as the recording.
func TestJoinedNarrationsFollowOneAnother(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom([]Rate{24, 25, 30, 50, 60}).Draw(t, "rate")
		n := rapid.IntRange(1, 20).Draw(t, "slides")
		slots, in, whole := make([]Slot, n), int64(0), int64(0)
		for i := range slots {
			out := int64(0)
			if i < n-1 {
				out = rapid.Int64Range(0, 30).Draw(t, "transition")
			}
			frames := rapid.Int64Range(40, 900).Draw(t, "frames")
			slots[i] = DefaultRules(r).Fit(Need{Narration: r.Sample(frames), Joined: true}, in, out)
			in, whole = out, whole+frames
		}
		p, err := Build(r, slots)
		if err != nil {
			t.Fatal(err)
		}
		at := int64(0)
		for i, s := range p.Slides {
			if s.Speech != at {
				t.Fatalf("the part of slide %d begins at %d, not at %d", i+1, s.Speech, at)
			}
			at += s.Spoken
		}
		if p.Frames != whole {
			t.Fatalf("the video has %d frames, the recording %d", p.Frames, whole)
		}
	})
}

func TestFramesBeginLessThanASampleFromTheirExactTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(rates).Draw(t, "rate")
		f := rapid.Int64Range(0, MaxFrames).Draw(t, "frame")
		exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(f), big.NewInt(lectern.SampleRate)),
			big.NewInt(int64(r)))
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(r.Sample(f)))
		if off.Sign() < 0 || off.Cmp(big.NewRat(1, 1)) >= 0 {
			t.Fatalf("frame %d at %d begins with sample %d, %s from where it should", f, r, r.Sample(f), off)
		}
		if lectern.SampleRate%int64(r) == 0 && off.Sign() != 0 {
			t.Fatalf("frame %d at %d is %s samples off", f, r, off)
		}
	})
}

func TestFramesHoldSamplesWhereverTheyBegin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(rates).Draw(t, "rate")
		start := rapid.Int64Range(0, 10_000_000).Draw(t, "start")
		n := rapid.Int64Range(1, 1<<32).Draw(t, "samples")
		f := r.Frames(n)
		if r.Sample(start+f)-r.Sample(start) < n {
			t.Fatalf("%d frames from %d hold fewer than %d samples", f, start, n)
		}
		if f > 1 && (f-1)*lectern.SampleRate >= n*int64(r) {
			t.Fatalf("%d frames are one more than %d samples need", f, n)
		}
	})
}

func TestFitMakesRoomForNarrationAndTransitions(t *testing.T) {
	t.Parallel()
	rules := DefaultRules(30)
	for _, c := range []struct {
		name    string
		need    Need
		in, out int64
		want    Slot
	}{
		{"lead, narration and tail", Need{Narration: 48_000}, 0, 0, Slot{Frames: 54, Lead: 14_400, Spoken: 48_000}},
		{"rounded up to a frame", Need{Narration: 48_001}, 0, 0, Slot{Frames: 55, Lead: 14_400, Spoken: 48_001}},
		{"transitions cover lead and tail", Need{Narration: 48_000}, 15, 30,
			Slot{Frames: 75, In: 15, Out: 30, Lead: 24_000, Spoken: 48_000}},
		{"hold", Need{Hold: 144_000}, 15, 0, Slot{Frames: 90, In: 15}},
		{"hold shorter than its transitions", Need{Hold: 4_800}, 15, 15, Slot{Frames: 32, In: 15, Out: 15}},
		{"nothing at all", Need{}, 0, 0, Slot{Frames: 2}},
	} {
		if got := rules.Fit(c.need, c.in, c.out); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestBuildRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, slots := range map[string][]Slot{
		"no slides":              nil,
		"an in without an out":   {{Frames: 10}, {Frames: 10, In: 3}},
		"an out without an in":   {{Frames: 10, Out: 3}, {Frames: 10}},
		"an out at the end":      {{Frames: 10, Out: 3}},
		"an in at the beginning": {{Frames: 10, In: 3}},
		"no body":                {{Frames: 4, Out: 3}, {Frames: 10, In: 3}},
		"far too long":           {{Frames: MaxFrames}, {Frames: 2}},
	} {
		if _, err := Build(30, slots); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Build(0, []Slot{{Frames: 2}}); err == nil {
		t.Error("no rate: no error")
	}
}

func TestDurationsAreCountedInSamplesAndFrames(t *testing.T) {
	t.Parallel()
	if got := Samples(1500 * time.Millisecond); got != 72_000 {
		t.Errorf("1.5 s are %d samples, want 72000", got)
	}
	if got := Samples(290 * 365 * 24 * time.Hour / 2); got != 290*365*24*3600/2*48_000 {
		t.Errorf("145 years are %d samples", got)
	}
	if Samples(-time.Second) != 0 || Rate(30).Nearest(-time.Second) != 0 {
		t.Error("a negative duration is not 0 samples and 0 frames")
	}
	if got := Rate(30).Nearest(500 * time.Millisecond); got != 15 {
		t.Errorf("half a second is %d frames of 30 a second, want 15", got)
	}
	if got := Rate(24).Nearest(520 * time.Millisecond); got != 12 {
		t.Errorf("0.52 s is %d frames of 24 a second, want 12", got)
	}
}
