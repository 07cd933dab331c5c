// Package speech computes the shape of a mouth at any moment of a narration.
//
// It works as lip-sync animation does:
//
//   - Sounds (from IPA, otherwise from letters or from loudness, see [Sounds]) become the 15 mouth shapes of the Oculus
//     set.
//   - Each shape has a target and a weight for each part of the mouth. The targets of neighbouring sounds are blended
//     by weight (dominance functions, after Cohen and Massaro, "Modeling coarticulation in synthetic visual speech",
//     1993).
//   - What viewers notice is enforced: lips that meet, teeth on the lip, stillness in silence.
//
// [Track.At] is pure: the same track gives the same mouth at the same time.
package speech

// Viseme is one of the 15 mouth shapes of the Oculus set.
type Viseme uint8

// The visemes, in the order of the set.
const (
	Sil Viseme = iota
	PP
	FF
	TH
	DD
	KK
	CH
	SS
	NN
	RR
	AA
	E
	IH
	OH
	OU
	Count = int(OU) + 1
)

var names = [Count]string{"sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou"}

// String is the name of v in the set.
func (v Viseme) String() string {
	if int(v) < Count {
		return names[v]
	}
	return "sil"
}

// Vowel reports whether v is a vowel's shape.
func (v Viseme) Vowel() bool { return v >= AA }

// The parts of a mouth. All run from 0 to 1, except Wide, which runs from -1 (narrow) to 1 (spread). 0 is the mouth at
// rest.
const (
	Open   = iota // distance of the lips in the middle
	Wide          // place of the corners
	Round         // lips pushed forward into a ring
	Upper         // upper lip raised off the teeth
	Lower         // lower lip drawn down off the teeth
	Tuck          // lower lip under the upper teeth
	Press         // lips pressed together
	Teeth         // how close the two rows of teeth are, as in s
	Tongue        // tip of the tongue raised
	Out           // tongue between the teeth
	Jaw           // lower jaw down
	Parts
)

// Mouth is a mouth's shape: a value for each part.
type Mouth [Parts]float64

// Mix returns the mouth t of the way from m to n.
func (m Mouth) Mix(n Mouth, t float64) Mouth {
	for i := range m {
		m[i] += (n[i] - m[i]) * t
	}
	return m
}

// shape is the target of one viseme and its weights.
type shape struct {
	target Mouth
	say    Mouth   // the weight of each part
	rise   float64 // seconds in which the weight rises before the sound
	fall   float64 // seconds in which it falls after the sound
}

// Target returns the mouth of a viseme that lasts.
func Target(v Viseme) Mouth { return shapes()[v].target }

// parts writes a Mouth in the order of the constants.
func parts(open, wide, round, upper, lower, tuck, press, teeth, tongue, out, jaw float64) Mouth {
	return Mouth{open, wide, round, upper, lower, tuck, press, teeth, tongue, out, jaw}
}

// shapes is the table of targets and weights. PP, FF, CH, TH have high weights for the lips; kk, nn, DD leave the lips
// to their neighbours and shape tongue and jaw; vowels have high weights for opening, width and rounding.
func shapes() *[Count]shape { return &table }

var table = [Count]shape{
	//                open  wide  round upper lower tuck press teeth tong  out  jaw
	Sil: {parts(0.00, 0.00, 0.00, 0.00, 0.00, 0.0, 0.0, 0.0, 0.0, 0.0, 0.00),
		parts(.5, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5), 0.100, 0.120},
	PP: {parts(0.00, -0.02, 0.00, 0.00, 0.00, 0.0, 0.8, 0.0, 0.0, 0.0, 0.10),
		parts(2.4, .5, .4, 2, 2, 2, 5, .5, .3, 2, 2.2), 0.068, 0.090},
	FF: {parts(0.16, 0.06, 0.00, 0.45, 0.00, 1.0, 0.0, 0.0, 0.0, 0.0, 0.08),
		parts(2.4, .8, .8, 2, 2, 5, 2, .5, .3, 2, 1.8), 0.072, 0.092},
	TH: {parts(0.30, 0.10, 0.00, 0.30, 0.30, 0.0, 0.0, 0.25, 0.6, 1.0, 0.22), parts(3, .8, .8, 2, 2, 1, 1, 1, 3, 6, 1),
		0.075, 0.095},
	DD: {parts(0.26, 0.10, 0.00, 0.25, 0.25, 0.0, 0.0, 0.55, 0.9, 0.0, 0.18),
		parts(.8, .4, .3, .7, .7, .6, .6, 1.2, 3, 1, .8), 0.070, 0.090},
	KK: {parts(0.32, 0.05, 0.00, 0.18, 0.22, 0.0, 0.0, 0.15, 0.2, 0.0, 0.30),
		parts(.6, .3, .2, .5, .5, .6, .6, .8, 1, 1, .7), 0.070, 0.090},
	CH: {parts(0.30, -0.42, 0.75, 0.45, 0.40, 0.0, 0.0, 0.85, 0.2, 0.0, 0.14),
		parts(3.5, 3.5, 3.5, 2.5, 2.5, 1, 1, 3, 1, 1, 1), 0.085, 0.105},
	SS: {parts(0.22, 0.34, 0.00, 0.42, 0.40, 0.0, 0.0, 1.0, 0.3, 0.0, 0.08),
		parts(1.6, 1.2, 1, 1.5, 1.5, .8, .8, 3, 1, 1, 1.2), 0.075, 0.095},
	NN: {parts(0.24, 0.08, 0.00, 0.18, 0.22, 0.0, 0.0, 0.35, 1.0, 0.0, 0.18),
		parts(.6, .3, .3, .6, .6, .6, .6, 1, 3, 1, .7), 0.070, 0.090},
	RR: {parts(0.30, -0.26, 0.42, 0.20, 0.25, 0.0, 0.0, 0.20, 0.5, 0.0, 0.22),
		parts(1.4, 1.4, 1.6, 1, 1, .8, .8, .8, 1.6, 1, .9), 0.080, 0.100},
	AA: {parts(1.00, 0.10, 0.00, 0.22, 0.45, 0.0, 0.0, 0.0, 0.0, 0.0, 1.00),
		parts(2.2, 1.3, 1.3, 1.2, 1.2, 1, 1, 1.2, 1, 1, 2), 0.085, 0.120},
	E: {parts(0.62, 0.42, 0.00, 0.35, 0.45, 0.0, 0.0, 0.10, 0.1, 0.0, 0.55),
		parts(2, 1.6, 1.4, 1.2, 1.2, 1, 1, 1, 1, 1, 1.8), 0.080, 0.115},
	IH: {parts(0.42, 0.56, 0.00, 0.38, 0.42, 0.0, 0.0, 0.30, 0.3, 0.0, 0.30),
		parts(1.8, 1.7, 1.5, 1.2, 1.2, 1, 1, 1, 1, 1, 1.6), 0.080, 0.110},
	OH: {parts(0.72, -0.42, 0.62, 0.05, 0.12, 0.0, 0.0, 0.0, 0.0, 0.0, 0.70),
		parts(2.1, 2, 2.1, 1.2, 1.2, 1, 1, 1, 1, 1, 1.9), 0.085, 0.120},
	OU: {parts(0.34, -0.78, 1.00, 0.00, 0.00, 0.0, 0.0, 0.0, 0.0, 0.0, 0.28),
		parts(2.2, 2.4, 2.6, 1.3, 1.3, 1, 1, 1, 1, 1, 1.6), 0.090, 0.125},
}
