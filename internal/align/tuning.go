package align

// The constants are fitted with the sentences of testdata/fit.txt, never with those of the table in docs/ALIGN.md, and
// with other pairs of voices. Distances and costs are in units of the mean distance of two random frames of speech.
const (
	quietest     = 0.08 // share of the frames that are pauses, at least
	loudest      = 0.95 // share of the frames that are not the loudest
	depth        = 45.0 // dB: speech stands out of the noise by at most this
	speechLeast  = 2.5  // dB above the noise, mean of the bands, from which a frame is speech
	speechShare  = 0.16 // … or this share of the level of loud speech
	speechSpread = 4.0  // … or this many deviations above the mean of pauses
	click        = 4    // frames of sound that do not end a pause
	shortest     = 15   // frames of a pause; the closure of a plosive is shorter
	kept         = 8    // frames that remain of a long pause

	levelWeight  = 0.7  // of the level, among the coefficients of a spectrum
	changeWeight = 0.6  // of the changes of coefficients
	cepstrumFall = 0.25 // how fast the weight of high coefficients falls

	repeat    = float32(0.05) // a frame matches a second one
	cross     = float32(1.3)  // a pause matches speech
	gapFrame  = float32(0.9)  // a frame of speech is left out
	gapPause  = float32(0.1)  // a frame of a pause is left out
	gapEdge   = float32(1.5)  // leaving out begins or ends at a pause
	gapInside = float32(12)   // … or inside of speech
	wall      = float32(40)   // two slides meet where there is no pause

	best     = 0.45 // the distance of two frames that surely match
	worst    = 1.0  // … and of two that do not
	hopeless = 0.2  // the mean quality of a path between two sounds that do not belong together
	near     = 300  // steps of a path to each side of a cut that decide its confidence
)

// The bounds of the search.
const (
	coarseFrames = 4       // frames in one of the coarse pass
	coarseCells  = 1 << 28 // of the coarse band; with more, its frames become longer
	freeCells    = 1 << 24 // the coarse band is at least as wide as these allow
	bandShare    = 12      // percent of the reference to each side of the diagonal
	radius       = 40      // frames of the fine band to each side of the coarse path
	keptCells    = 1 << 25 // cells whose directions are kept at once
)
