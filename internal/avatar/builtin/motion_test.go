package builtin

import (
	"errors"
	"image"
	"io"
	"math"
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// talk is a narration of phrases with pauses between them.
func talk(phrases int, ask bool) (lectern.Narration, string) {
	var n lectern.Narration
	text := ""
	at := int64(0)
	for p := range phrases {
		for w := range 6 {
			start := at
			for _, s := range []string{"m", "a", "l", "ɛ", "t"} {
				n.Phonemes = append(n.Phonemes, lectern.Span{Text: s, Start: at, End: at + 3600})
				for i := range 3600 {
					n.Samples = append(n.Samples, int16(float64(3000+1400*((w*5+p)%4))*math.Sin(float64(i)/8)))
				}
				at += 3600
			}
			word := []string{"marvellous", "a", "lemon", "table", "to", "melt"}[w]
			n.Words = append(n.Words, lectern.Span{Text: word, Start: start, End: at})
			text += word + " "
		}
		if ask {
			text += "? "
		}
		at += 38400
		n.Samples = append(n.Samples, make([]int16, 38400)...)
	}
	return n, text
}

func request(n lectern.Narration, text string, seed uint64, rate int) *lectern.ClipRequest {
	frames := int((int64(len(n.Samples))+48000)*int64(rate)/lectern.SampleRate) + 1
	return &lectern.ClipRequest{Narration: n, Text: text, Lead: 24000, Frames: frames, FrameRate: rate, Seed: seed,
		Look: lectern.Point{X: -0.8, Y: -0.3}}
}

func TestPoseStaysInBoundsAndFlows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, text := talk(rapid.IntRange(0, 4).Draw(t, "phrases"), rapid.Bool().Draw(t, "ask"))
		rate := rapid.SampledFrom([]int{24, 25, 30, 50, 60}).Draw(t, "rate")
		r := request(n, text, rapid.Uint64().Draw(t, "seed"), rate)
		p := perform(gia(), r)
		var prev pose
		for i := range r.Frames {
			q := p.pose(i)
			if math.Abs(q.nod) > 6*degree || math.Abs(q.tilt) > 5*degree || math.Abs(q.turn) > 4*degree ||
				math.Abs(q.shift.X) > 5 || math.Abs(q.shift.Y) > 4 {
				t.Fatalf("frame %d: the head is at %+v", i, q)
			}
			if q.lids[0] < 0 || q.lids[0] > 1.2 || math.Abs(q.gaze.X) > 1.1 || math.Abs(q.gaze.Y) > 1.1 ||
				q.breath < 0 || q.breath > 1.2 || q.smile < 0 || q.smile > 1 {
				t.Fatalf("frame %d: the face is at %+v", i, q)
			}
			if i > 0 {
				k := 30 / float64(rate)
				if d := math.Abs(q.nod - prev.nod); d > 1.6*degree*k+1e-9 {
					t.Fatalf("frame %d: the head nods by %.2f° within a frame at %d a second", i, d/degree, rate)
				}
				if d := math.Abs(q.tilt-prev.tilt) + math.Abs(q.turn-prev.turn); d > 0.6*degree*k+1e-9 {
					t.Fatalf("frame %d: the head turns by %.2f° within a frame at %d a second", i, d/degree, rate)
				}
				if d := math.Abs(q.breath - prev.breath); d > 0.12*k {
					t.Fatalf("frame %d: the shoulders jump by %.2f", i, d)
				}
			}
			prev = q
		}
	})
}

func TestClipsBeginAndEndNeutral(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{24, 30, 60} {
		n, text := talk(2, true)
		r := request(n, text, 3, rate)
		p := perform(mikhailo(), r)
		want := neutral()
		for _, i := range []int{0, r.Frames - 1} {
			got := p.pose(i)
			if d := math.Abs(got.nod) + math.Abs(got.turn) + math.Abs(got.tilt); d > 0.01*degree {
				t.Errorf("frame %d of %d: the head is off by %.3f°", i, r.Frames, d/degree)
			}
			if got.mouth != want.mouth || math.Abs(got.breath) > 0.01 || math.Abs(got.lids[0]-1) > 0.01 ||
				math.Hypot(got.gaze.X, got.gaze.Y) > 0.01 {
				t.Errorf("frame %d of %d is %+v", i, r.Frames, got)
			}
		}
	}
}

func TestBlinksAreFrequentAndUneven(t *testing.T) {
	t.Parallel()
	n, text := talk(60, false)
	total, minutes := 0, 0.0
	for seed := range uint64(12) {
		r := request(n, text, seed, 30)
		p := perform(gia(), r)
		total += len(p.blinks)
		minutes += p.length / 60
		last, intervals := -1.0, map[int]bool{}
		for _, b := range p.blinks {
			if b.length < 0.12 || b.length > 0.16 {
				t.Fatalf("a blink lasts %.0f ms, not 120 to 160", b.length*1000)
			}
			if b.at < last {
				t.Fatalf("blinks overlap at %.2f s", b.at)
			}
			intervals[int((b.at-last)*5)] = true
			last = b.at + b.length
		}
		if len(intervals) < 8 {
			t.Errorf("the blinks are too regular; their intervals in fifths of a second are %v", intervals)
		}
	}
	if per := float64(total) / minutes; per < 12 || per > 20 {
		t.Errorf("%.1f blinks a minute; 12 to 20 are natural", per)
	}
}

func TestBlinksPreferEndsOfPhrases(t *testing.T) {
	t.Parallel()
	n, text := talk(60, false)
	near, far := 0, 0
	for seed := range uint64(6) {
		p := perform(gia(), request(n, text, seed, 30))
		for _, b := range p.blinks {
			at := b.at - p.lead
			hit := false
			for _, ph := range p.track.Phrases() {
				hit = hit || at > ph.End-0.05 && at < ph.End+0.25
			}
			if hit {
				near++
			} else {
				far++
			}
		}
	}
	// These windows are a tenth of the time.
	if near < (near+far)/4 {
		t.Errorf("%d of %d blinks are at ends of phrases", near, near+far)
	}
}

func TestTheHeadRestsInSilence(t *testing.T) {
	t.Parallel()
	n, text := talk(6, false)
	p := perform(gia(), request(n, text, 11, 30))
	speed := func(i int) float64 {
		a, b := p.pose(i), p.pose(i+1)
		return (math.Abs(a.nod-b.nod)+math.Abs(a.turn-b.turn)+math.Abs(a.tilt-b.tilt))*120 +
			math.Abs(a.shift.X-b.shift.X) +
			math.Abs(a.shift.Y-b.shift.Y)
	}
	ph := p.track.Phrases()
	var quiet, loud, nq, nl float64
	for k := 1; k+1 < len(ph); k++ {
		for at := p.lead + ph[k].End + 0.3; at < p.lead+ph[k+1].Start-0.3; at += 1.0 / 30 {
			quiet, nq = quiet+speed(int(at*30)), nq+1
		}
		for at := p.lead + ph[k].Start + 0.1; at < p.lead+ph[k].End-0.1; at += 1.0 / 30 {
			loud, nl = loud+speed(int(at*30)), nl+1
		}
	}
	if quiet/nq > 0.2*loud/nl {
		t.Errorf("the head moves by %.3f units a frame in silence and %.3f in speech", quiet/nq, loud/nl)
	}
}

func TestStressedWordsNodAndQuestionsTilt(t *testing.T) {
	t.Parallel()
	n, text := talk(4, true)
	p := perform(gia(), request(n, text, 5, 30))
	if len(p.asks) != 4 {
		t.Errorf("%d questions found, not 4", len(p.asks))
	}
	if len(p.accents) < 4 || len(p.accents) > 12 {
		t.Errorf("%d of 24 words have a nod, want 4 to 12", len(p.accents))
	}
	for i, a := range p.accents {
		if a.nod < 2*degree || a.nod > 4*degree {
			t.Errorf("nod %d is %.1f°", i, a.nod/degree)
		}
		if i > 0 && a.at-p.accents[i-1].at < 1 {
			t.Errorf("nods %d and %d are %.2f s apart", i-1, i, a.at-p.accents[i-1].at)
		}
	}
	end := int(p.asks[1] * 30)
	if d := p.pose(end).tilt - p.pose(end-36).tilt; math.Abs(d) < 1.2*degree {
		t.Errorf("a question tilts the head by %.2f°", d/degree)
	}
}

func TestPunctuationFindsTheMarkAfterEachWord(t *testing.T) {
	t.Parallel()
	words := []lectern.Span{{Text: "Really"}, {Text: "yes"}, {Text: "go!"}, {Text: "missing"}, {Text: "why"}}
	got := punctuation("Really? Yes — yes, go! why ?", words)
	for i, want := range []rune{'?', 0, '!', 0, '?'} {
		if got[i] != want {
			t.Errorf("the mark after %q is %q, not %q", words[i].Text, got[i], want)
		}
	}
}

// Quantising changes a state by at most half a step. A step moves a lip by about a quarter of a pixel.
func TestAStepMovesALipByAQuarterOfAPixel(t *testing.T) {
	t.Parallel()
	for _, px := range []int{240, 480, 960, 1080} {
		f := framing(lectern.Size{Width: px, Height: px})
		scale := f.Scale * finer(f.Scale)
		a := shapeLips(&gia().mouth, speech.Mouth{speech.Open: 0.5}, 0)
		b := shapeLips(&gia().mouth, speech.Mouth{speech.Open: 0.5 + 1/fine(scale)}, 0)
		if d := math.Abs(a.low-b.low) * f.Scale; d > 0.27 {
			t.Errorf("at %d px a step moves the lip by %.2f px", px, d)
		}
	}
}

func TestFramingShowsTheHeadInEveryWindow(t *testing.T) {
	t.Parallel()
	v := framing(lectern.Size{Width: 480, Height: 480})
	if head := 400 * v.Scale / 480; math.Abs(head-1/2.4) > 0.01 {
		t.Errorf("in the circle the head takes %.2f of the frame, not 1:2.4", head)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := lectern.Size{Width: rapid.IntRange(16, 2000).Draw(t, "w"), Height: rapid.IntRange(16, 2000).Draw(t, "h")}
		v := framing(s)
		if bottom := v.Y0 + float64(s.Height)/v.Scale; bottom > floorY+1 {
			t.Fatalf("%v sees down to %v, below the figure", s, bottom)
		}
		if top := (-245 - v.Y0) * v.Scale; top < 0 {
			t.Fatalf("%v cuts the hair by %.0f px", s, -top)
		}
		if left := (-150 - v.X0) * v.Scale; left < 0 && float64(s.Height)/float64(s.Width) < 4 {
			t.Fatalf("%v cuts the face by %.0f px", s, -left)
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache(10_000)
	for i := range 200 {
		c.get(i, func() sized { return &backdrop{make([]byte, 900)} })
	}
	if n := c.bytes(); n > 12_000 {
		t.Errorf("the cache holds %d bytes, limit 10000", n)
	}
	drawn := false
	c.get(199, func() sized { drawn = true; return &backdrop{} })
	if drawn {
		t.Error("the newest entry was dropped")
	}
}

func TestFieldsMoveLessThanTheirReach(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := neutral()
		p.nod, p.turn, p.tilt = rapid.Float64Range(-6, 6).Draw(t, "nod")*degree, rapid.Float64Range(-4, 4).
			Draw(t, "turn")*degree, rapid.Float64Range(-4.5, 4.5).Draw(t, "tilt")*degree
		p.mouth[speech.Jaw], p.breath = rapid.Float64Range(0, 1.15).Draw(t, "jaw"), rapid.Float64Range(0, 1.1).
			Draw(t, "breath")
		p.shift = paint.P(rapid.Float64Range(-3, 3).Draw(t, "x"), rapid.Float64Range(-2, 2).Draw(t, "y"))
		f := p.headField(120, rigid, false)
		for y := -250.0; y < 240; y += 20 {
			for x := -200.0; x < 200; x += 20 {
				if sx, sy := f(x, y); math.Abs(sx-x) > reach || math.Abs(sy-y) > reach {
					t.Fatalf("the head at %v,%v comes from %v,%v", x, y, sx, sy)
				}
			}
		}
	})
}

// BenchmarkFrame measures one frame of a talking figure whose layers are drawn. Sprites are drawn when they first
// occur.
func BenchmarkFrame(b *testing.B) {
	for name, s := range map[string]lectern.Size{"480x480": {Width: 480, Height: 480},
		"576x984": {Width: 576, Height: 984}, "960x1080": {Width: 960, Height: 1080}} {
		b.Run(name, func(b *testing.B) {
			n, text := talk(8, false)
			r := request(n, text, 1, 30)
			r.Avatar, r.Size, r.Backdrop = "gia", s, lectern.Backdrop{Top: "#2b2170", Bottom: "#16103f"}
			e := New()
			dst := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
			c, err := e.Animate(b.Context(), *r)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				err := c.Next(dst)
				if errors.Is(err, io.EOF) {
					c, err = e.Animate(b.Context(), *r)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
