package avatartest

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	"lectern"
)

// The clip by which the suite judges the lips says "mamapapaba" twice, with about a second of silence before, between
// and after.
const (
	rate      = 30 // frames a second
	leadTime  = 1.0
	soundTime = 0.14 // seconds of each sound
	pauseTime = 1.2
	tailTime  = 1.0
)

// span is a stretch of time, in seconds from the beginning of the clip.
type span struct{ from, to float64 }

// speaking returns the request for that clip. Its audio is a hum during the sounds and silence elsewhere; its phonemes
// are exact.
func speaking(code string) lectern.ClipRequest {
	r, _, _, _ := script(code)
	return r
}

// script returns the request for the clip, and when its bilabials, its open vowels and its pause are.
func script(code string) (r lectern.ClipRequest, bilabials, open, quiet []span) {
	n := lectern.Narration{}
	at := 0.0
	say := func(text string, seconds float64) {
		a, b := int64(at*lectern.SampleRate), int64((at+seconds)*lectern.SampleRate)
		for i := a; i < b; i++ {
			v := 0.0
			if text != "" {
				v = 9000 * math.Sin(float64(i)*2*math.Pi*140/lectern.SampleRate)
			}
			n.Samples = append(n.Samples, int16(v))
		}
		if text != "" {
			n.Phonemes = append(n.Phonemes, lectern.Span{Text: text, Start: a, End: b})
		}
		at += seconds
	}
	for round := range 2 {
		start := int64(at * lectern.SampleRate)
		for i, p := range []string{"m", "a", "m", "ɑː", "p", "a", "p", "aː", "b", "a"} {
			s := span{leadTime + at, leadTime + at + soundTime}
			if i%2 == 0 {
				bilabials = append(bilabials, s)
			} else {
				open = append(open, s)
			}
			say(p, soundTime)
		}
		n.Words = append(n.Words, lectern.Span{Text: "mamapapaba", Start: start, End: int64(at * lectern.SampleRate)})
		if round == 0 {
			quiet = append(quiet, span{leadTime + at, leadTime + at + pauseTime})
			say("", pauseTime)
		}
	}
	r = lectern.ClipRequest{
		Avatar: code, Narration: n, Text: "Mamapapaba. Mamapapaba.", Lead: leadTime * lectern.SampleRate,
		Frames: int(math.Ceil((leadTime + at + tailTime) * rate)), FrameRate: rate,
		Size: lectern.Size{Width: 240, Height: 240}, Backdrop: lectern.Backdrop{Top: "#303050", Bottom: "#202038"}, Seed: 5,
	}
	return r, bilabials, open, quiet
}

// lips checks the mouth of one look of each avatar, because clothes do not change the mouth.
func lips(t *testing.T, e Engine) {
	for _, code := range codes(t, e) {
		if strings.Contains(code, ".") {
			continue
		}
		r, bilabials, open, quiet := script(code)
		all := frames(t, e, r)
		mouth, err := findMouth(all, open, quiet)
		if err != nil {
			t.Errorf("%s: %v", code, err)
			continue
		}
		still(t, code, all, mouth, open, quiet)
		closes(t, code, all, mouth, bilabials, open, quiet)
	}
}

// still checks that the mouth moves in speech and hardly in silence.
func still(t *testing.T, code string, all []*image.RGBA, mouth image.Rectangle, open, quiet []span) {
	var talk, rest []float64
	for i := 1; i < len(all); i++ {
		at := float64(i) / rate
		d := difference(all[i], all[i-1], mouth)
		switch {
		case within(at, quiet, -0.2): // lips need up to 140 ms to come to rest, and move before the next sound
			rest = append(rest, d)
		case at > open[0].from && at < open[len(open)-1].to && !within(at, quiet, 0.1):
			talk = append(talk, d)
		}
	}
	a, b := mean(rest), mean(talk)
	t.Logf("%s: the mouth at %v moves by %.3f in silence and %.3f in speech", code, mouth, a, b)
	if b < 1 || a > b/5 {
		t.Errorf("%s: the mouth moves by %.3f grey levels a frame in silence and %.3f in speech", code, a, b)
	}
}

// closes checks that the lips are closed on bilabials, compared with open vowels.
func closes(t *testing.T, code string, all []*image.RGBA, mouth image.Rectangle, bilabials, open, quiet []span) {
	closed := all[int((quiet[0].from+quiet[0].to)/2*rate)]
	// openness returns how much a frame differs from the closed mouth. The head may have moved by up to three pixels.
	openness := func(m *image.RGBA) float64 {
		best := math.Inf(1)
		for dy := -3; dy <= 3; dy++ {
			for dx := -3; dx <= 3; dx++ {
				best = math.Min(best, difference(closed, m, mouth.Add(image.Pt(dx, dy)), image.Pt(dx, dy)))
			}
		}
		return best
	}
	extreme := func(spans []span, pick func(a, b float64) float64) []float64 {
		var out []float64
		for _, s := range spans {
			v := openness(all[int(s.from*rate)])
			for i := int(s.from*rate - 2); i <= int(s.to*rate); i++ { // the mouth may be up to two frames ahead of the sound
				v = pick(v, openness(all[i]))
			}
			out = append(out, v)
		}
		slices.Sort(out)
		return out
	}
	shut, wide := extreme(bilabials, math.Min), extreme(open, math.Max)
	t.Logf("%s: openness %.2f at worst on bilabials, %.2f at least on open vowels", code, shut[len(shut)-1], wide[0])
	if shut[len(shut)-1] > 0.35*wide[0] {
		t.Errorf("%s: the lips stay open on bilabials: the openness is %.2f there and %.2f on vowels", code, shut, wide)
	}
}

// findMouth returns the rectangle that changes much in speech and little in silence. It returns an error if that is not
// in the middle half of the frame's width.
func findMouth(all []*image.RGBA, open, quiet []span) (image.Rectangle, error) {
	b := all[0].Bounds()
	talk, rest := variance(all, func(at float64) bool { return at > open[0].from && at < open[len(open)/2-1].to }),
		variance(all, func(at float64) bool { return within(at, quiet, -0.2) })
	w, h := b.Dx()*72/480, b.Dy()*52/480
	best, at := 0.0, image.Point{}
	for y := 0; y+h < b.Dy(); y += 2 {
		for x := 0; x+w < b.Dx(); x += 2 {
			sum := 0.0
			for dy := 0; dy < h; dy += 2 {
				for dx := 0; dx < w; dx += 2 {
					i := (y+dy)*b.Dx() + x + dx
					sum += talk[i] - rest[i]
				}
			}
			if sum > best {
				best, at = sum, image.Pt(x, y)
			}
		}
	}
	r := image.Rectangle{at, at.Add(image.Pt(w, h))}
	if at.X < b.Dx()/4 || r.Max.X > b.Dx()*3/4 {
		return r, fmt.Errorf("what moves most in speech is at %v, not in the middle half of the width, where a mouth "+
			"is", r)
	}
	return r, nil
}

// variance returns the variance of each pixel's grey over the frames for whose time in is true.
func variance(all []*image.RGBA, in func(at float64) bool) []float64 {
	b := all[0].Bounds()
	sum, sq, n := make([]float64, b.Dx()*b.Dy()), make([]float64, b.Dx()*b.Dy()), 0.0
	for k, m := range all {
		if !in(float64(k) / rate) {
			continue
		}
		n++
		for i := range sum {
			v := grey(m.Pix[4*i:])
			sum[i], sq[i] = sum[i]+v, sq[i]+v*v
		}
	}
	for i := range sq {
		sq[i] = sq[i]/n - sum[i]/n*sum[i]/n
	}
	return sq
}

// within reports whether at is in one of spans, each made longer by more seconds at both ends.
func within(at float64, spans []span, more float64) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return at > s.from-more && at < s.to+more })
}

func grey(p []byte) float64 {
	return 0.2126*float64(p[0]) + 0.7152*float64(p[1]) + 0.0722*float64(p[2])
}

// difference is the mean absolute difference of grey between b and a over the rectangle r of b. If off is given, the
// pixel at p of b is compared with the pixel at p-off of a.
func difference(a, b *image.RGBA, r image.Rectangle, off ...image.Point) float64 {
	o := image.Point{}
	if len(off) > 0 {
		o = off[0]
	}
	r = r.Intersect(b.Bounds()).Intersect(a.Bounds().Add(o))
	sum := 0.0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			sum += math.Abs(grey(b.Pix[b.PixOffset(x, y):]) - grey(a.Pix[a.PixOffset(x-o.X, y-o.Y):]))
		}
	}
	return sum / float64(max(r.Dx()*r.Dy(), 1))
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(max(len(v), 1))
}
