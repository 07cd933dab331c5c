package builtin

import (
	"math"

	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// pose is the whole state of a figure in one frame. The zero pose is not neutral: see neutral.
type pose struct {
	mouth  speech.Mouth
	smile  float64    // 0 none, 1 a clear smile
	lids   [2]float64 // 1 open, 0 closed; the viewer's left eye first
	gaze   paint.Point
	brows  [2]float64 // 0 at rest, 1 raised
	frown  float64    // brows drawn together
	turn   float64    // radians, to the viewer's right
	nod    float64    // radians, downward
	tilt   float64    // radians, clockwise as seen
	shift  paint.Point
	breath float64 // 0 breathed out, 1 in
}

// neutral is the pose in which every clip begins and ends.
func neutral() pose { return pose{lids: [2]float64{1, 1}, smile: restSmile} }

// restSmile keeps a face at rest friendly.
const restSmile = 0.50

const (
	pivotY = 228.0 // y of the head's pivot, in design units; y points down
	chinY  = 196.0
)

// depth returns how far a place on the head is in front of the picture plane, in design units.
func depth(x, y float64) float64 {
	e := 1 - x*x/(168*168) - (y+4)*(y+4)/(235*235)
	z := 0.0
	if e > 0 {
		z = 118 * e / (0.35 + 0.65*e) // like an ellipsoid, but without its steep rim
	}
	nx, ny := x/24, (y-58)/46
	return z + 26*math.Exp(-(nx*nx+ny*ny))
}

// jawWeight returns the part of the jaw's motion that a place on the head follows, 0 to 1.
func jawWeight(x, y, mouthY float64) float64 {
	return speech.Smooth((y-mouthY+45)/(chinY-mouthY+50)) * (1 - speech.Smooth((math.Abs(x)-80)/80))
}

const jawDrop = 15.0 // how far the chin drops at Jaw = 1, in design units

// headField warps the head. It maps the place x, y of the frame to a place on the sprite. follow is the part of the
// head's motion that a place follows: 1 for the face, less for hair on the shoulders.
func (p *pose) headField(mouthY float64, follow func(y float64) float64, flat bool) paint.Field {
	sin, cos := math.Sincos(-p.tilt)
	jaw := p.mouth[speech.Jaw] * jawDrop
	sy := p.shift.Y - p.breath*breathLift*0.55
	turn, nod := math.Sin(p.turn), math.Sin(p.nod)
	return func(x, y float64) (float64, float64) {
		rx, ry := x-p.shift.X, y-pivotY-sy
		qx, qy := rx*cos-ry*sin, rx*sin+ry*cos+pivotY
		if flat { // hair behind the head moves against the turn
			qx, qy = qx+turn*26, qy+nod*20
		} else {
			z := depth(qx, qy)
			qx, qy = qx-turn*z, qy-nod*z
			qy -= jaw * jawWeight(qx, qy, mouthY)
		}
		w := follow(y)
		return x + (qx-x)*w, y + (qy-y)*w
	}
}

const breathLift = 5.0 // how far the shoulders rise at breath = 1, in design units

// torsoField warps neck, shoulders and chest: the upper end of the neck moves with the head, and the rest breathes.
func (p *pose) torsoField() paint.Field {
	head := p.headField(1000, func(y float64) float64 { return 1 - speech.Smooth((y-170)/130) }, false)
	return func(x, y float64) (float64, float64) {
		sx, sy := x, y
		if y < 302 {
			sx, sy = head(x, y)
		}
		in := speech.Smooth((y - 215) / 130)
		out := 1 - 0.75*speech.Smooth((y-420)/420)
		side := 0.55 + 0.45*speech.Smooth(math.Abs(x)/260)
		sy += p.breath * breathLift * in * out * side
		sx -= x * 0.006 * p.breath * in * out
		return sx, sy
	}
}
