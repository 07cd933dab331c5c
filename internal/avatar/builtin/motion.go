package builtin

import (
	"math"
	"sort"

	"lectern"
	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// performance is a figure's motion through one clip. All of it is planned when it is made, and pose is pure.
type performance struct {
	track    *speech.Track
	lead     float64 // seconds before the narration
	length   float64 // seconds of the clip
	idle     float64
	look     paint.Point
	phase    [10]float64
	pace     [10]float64 // hertz
	flow     []float64   // how far the slow motions have advanced at each frame, in seconds
	perFrame float64
	blinks   []blink
	gazes    []fixation
	accents  []accent
	asks     []float64 // when questions end
	inhales  []float64 // when phrases begin after a pause
	breathes float64   // hertz
}

type blink struct{ at, length float64 }

type fixation struct {
	at float64
	to paint.Point
}

// accent is the motion on a stressed word: a nod and raised brows. The nod is lowest at the time at, just before the
// word's loudest moment.
type accent struct{ at, nod, brow float64 }

const degree = math.Pi / 180

// dice is a random generator (splitmix64). It does not depend on a Go version, so a seed always gives the same motion.
type dice uint64

func (d *dice) roll() float64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// between returns a number from a to b.
func (d *dice) between(a, b float64) float64 { return a + (b-a)*d.roll() }

func perform(ch *character, r *lectern.ClipRequest) *performance {
	d := dice(r.Seed*0x2545f4914f6cdd1d + 0x5851f42d4c957f2d)
	p := &performance{
		track: speech.NewTrack(r.Narration), lead: float64(r.Lead) / lectern.SampleRate,
		length: float64(r.Frames) / float64(r.FrameRate), perFrame: 1 / float64(r.FrameRate),
		idle: ch.idle, look: paint.P(r.Look.X, r.Look.Y), breathes: d.between(0.22, 0.27),
	}
	for i := range p.phase {
		p.phase[i] = d.roll() * 2 * math.Pi
	}
	for i, f := range [10]float64{0.11, 0.27, 0.13, 0.31, 0.10, 0.23, 0.12, 0.29, 0.14, 0.19} {
		p.pace[i] = f * d.between(0.9, 1.15)
	}
	p.plan(r, &d)
	p.blinks = p.planBlinks(&d)
	p.gazes = p.planGaze(&d)
	p.flow = p.planFlow(r.Frames)
	return p
}

// talk is 1 during speech and 0 in silence. It eases between the two at the ends of phrases and bridges short gaps.
func (p *performance) talk(t float64) float64 {
	t -= p.lead
	near := 0.0
	all := p.track.Phrases()
	first := sort.Search(len(all), func(i int) bool { return all[i].End+0.3 > t })
	for _, ph := range all[first:] {
		if ph.Start-0.3 > t {
			break
		}
		near = math.Max(near, speech.Smooth((t-ph.Start+0.25)/0.25)*(1-speech.Smooth((t-ph.End)/0.22)))
	}
	return near
}

// planFlow runs the slow motions during speech and almost stops them in silence, where only breath moves. In a clip
// without speech they run at a third of their pace.
func (p *performance) planFlow(frames int) []float64 {
	silent := len(p.track.Phrases()) == 0
	flow := make([]float64, frames+1)
	for i := 1; i <= frames; i++ {
		k := 0.33
		if !silent {
			k = 0.05 + 0.95*p.talk((float64(i)-0.5)*p.perFrame)
		}
		flow[i] = flow[i-1] + k*p.perFrame
	}
	return flow
}

// presence is 0 at both ends of a clip and 1 between. It scales all motion, so that every clip begins and ends in the
// neutral pose.
func (p *performance) presence(t float64) float64 {
	up, down := math.Min(0.9, p.length*0.4), math.Min(1.1, p.length*0.45)
	if up <= 0 || down <= 0 {
		return 0
	}
	return speech.Smooth(t/up) * speech.Smooth((p.length-t)/down)
}

// pose returns the pose of the figure in frame i.
func (p *performance) pose(i int) pose {
	t := (float64(i) + 0.5) * p.perFrame
	here := p.presence(t - 0.5*p.perFrame)
	if i == len(p.flow)-2 { // the last frame is the neutral one, whatever the frame rate
		here = 0
	}
	out := neutral()
	out.mouth = p.track.At(t - p.lead)
	f := p.flow[min(i, len(p.flow)-1)]
	wave := func(k int) float64 {
		return math.Sin(2*math.Pi*p.pace[k]*f+p.phase[k])*0.65 + math.Sin(2*math.Pi*p.pace[k+1]*f+p.phase[k+1])*0.35
	}
	live := here * p.idle
	out.turn = live * 1.9 * degree * wave(0)
	out.tilt = live * 0.9 * degree * wave(2)
	out.nod = live * 0.8 * degree * wave(4)
	out.shift = paint.P(live*2.6*wave(6), live*1.4*wave(8))
	out.smile += here * 0.05 * wave(3)
	out.breath = here * p.breath(t)
	p.accentuate(t, here, &out)
	p.ask(t, here, &out)
	p.watch(t, here, &out)
	return out
}

// breath is 0 to about 1: slow waves, and a deeper breath before a phrase.
func (p *performance) breath(t float64) float64 {
	b := 0.30 - 0.30*math.Cos(2*math.Pi*p.breathes*t)
	for _, at := range p.inhales {
		b += 0.45 * speech.Smooth((t-at+0.55)/0.55) * (1 - speech.Smooth((t-at)/1.5))
	}
	return b
}

func (p *performance) accentuate(t, here float64, out *pose) {
	for _, a := range p.accents {
		x := t - a.at
		if x < -0.5 || x > 1 {
			continue
		}
		// A little up first, down on the word, back slower.
		up := speech.Smooth((x+0.42)/0.18) * (1 - speech.Smooth((x+0.24)/0.20))
		down := speech.Smooth((x+0.18)/0.18) * (1 - speech.Smooth(x/0.36))
		out.nod += here * a.nod * (down - 0.28*up)
		lift := speech.Smooth((x+0.22)/0.16) * (1 - speech.Smooth((x-0.14)/0.42))
		for i := range out.brows {
			out.brows[i] = math.Max(out.brows[i], here*a.brow*lift)
		}
	}
}

func (p *performance) ask(t, here float64, out *pose) {
	for k, at := range p.asks {
		x := t - at
		if x < -1.2 || x > 1.5 {
			continue
		}
		side := 1.0
		if math.Sin(p.phase[k%len(p.phase)]) < 0 {
			side = -1
		}
		out.tilt += here * side * 2.8 * degree * speech.Smooth((x+0.75)/0.6) * (1 - speech.Smooth((x-0.12)/0.8))
		lift := here * 0.75 * speech.Smooth((x+0.6)/0.35) * (1 - speech.Smooth((x-0.1)/0.6))
		out.brows[0], out.brows[1] = math.Max(out.brows[0], lift), math.Max(out.brows[1], lift*0.9)
	}
}

// watch moves gaze and lids.
func (p *performance) watch(t, here float64, out *pose) {
	const move = 0.042
	k := sort.Search(len(p.gazes), func(i int) bool { return p.gazes[i].at > t })
	if k > 0 {
		to, from := p.gazes[k-1], paint.Point{}
		if k > 1 {
			from = p.gazes[k-2].to
		}
		out.gaze = from.Mix(to.to, speech.Smooth((t-to.at)/move))
	}
	out.gaze.X, out.gaze.Y = out.gaze.X*here, out.gaze.Y*here
	// The eyes keep their target while the head moves.
	out.gaze.X -= out.turn * 2.2
	out.gaze.Y -= (out.nod) * 2.2
	lid := 1 - 0.10*out.gaze.Y + 0.05*(out.brows[0]+out.brows[1])/2
	for _, b := range p.blinks {
		x := (t - b.at) / b.length
		if x <= 0 || x >= 1 {
			continue
		}
		shut := speech.Smooth(x/0.40) * (1 - speech.Smooth((x-0.50)/0.50))
		lid *= max(1-shut, 0) // rounding may make 1-shut negative
	}
	out.lids = [2]float64{lid, lid}
	if lid > 1 {
		out.lids = [2]float64{1 + (lid-1)*here, 1 + (lid-1)*here}
	}
}

// planBlinks places 12 to 20 blinks a minute at uneven intervals: at the end of a phrase if one is near, and none at
// the ends of the clip.
func (p *performance) planBlinks(d *dice) []blink {
	var out []blink
	const margin = 0.35
	last := -2.0
	for t := d.between(0.9, 2.4); t < p.length-margin; {
		at := t
		for _, ph := range p.track.Phrases() {
			end := p.lead + ph.End + d.between(0.02, 0.16)
			if math.Abs(end-t) < 1.1 && end-last > 1.3 {
				at = end
				break
			}
		}
		b := blink{at, d.between(0.125, 0.160)}
		if at > margin && at+b.length < p.length-margin && at-last > 1.0 {
			out, last = append(out, b), at
			if d.roll() < 0.07 && at+0.5 < p.length-margin {
				last = at + d.between(0.24, 0.32)
				out = append(out, blink{last, 0.125})
			}
		}
		x := d.roll()
		t = math.Max(t, at) + 2.1 + 3.4*x*x + 0.9*d.roll()
	}
	return out
}

// planGaze places fixations: mostly the viewer, with tiny shifts; now and then the slide.
func (p *performance) planGaze(d *dice) []fixation {
	var out []fixation
	for t := d.between(0.7, 1.8); t < p.length-0.8; {
		to, hold := paint.P(d.between(-0.07, 0.07), d.between(-0.05, 0.06)), d.between(0.8, 3.0)
		away := d.roll()
		switch {
		case away < 0.16 && (p.look.X != 0 || p.look.Y != 0):
			k := d.between(0.55, 0.85)
			to, hold = paint.P(p.look.X*k, p.look.Y*k*0.7+0.05), d.between(0.5, 1.1)
		case away < 0.22:
			to, hold = paint.P(d.between(-0.35, 0.35), d.between(0.1, 0.35)), d.between(0.5, 0.8)
		}
		out = append(out, fixation{t, to})
		t += hold
	}
	return append(out, fixation{math.Max(p.length-0.6, 0), paint.Point{}})
}
