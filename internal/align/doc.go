// Package align finds the words of a text in a sound that says it. A recording then gets captions and mouth movements,
// and one recording of a whole talk is cut at its slides.
//
// The package recognises no speech. An offline voice, the reference, reads the text, and the times of its words are
// known. Both sounds become short-time spectra, and dynamic time warping finds which moment of the recording matches
// which moment of the reference. Three rules make that dependable although the two voices differ:
//
//   - Pauses first. People pause where they like. So pauses are found by their level, are shortened in both sounds, and
//     are cheap to insert or to leave out.
//   - Text may be skipped, and speech may be added. Both cost a fixed amount for each place and a small one for each
//     frame, so that the rest of the alignment stays in place.
//   - A band, and two passes. A coarse pass searches a wide band around the diagonal. A fine pass searches a narrow one
//     around the coarse path. Memory grows with the length of the sound, not with its square.
//
// docs/ALIGN.md has the accuracy and the bounds.
package align

import (
	"context"
	"time"

	"lectern"
)

// Reference reads a script with a voice whose word times are known. The result has samples, words in order, and
// phonemes where the voice reports them. A script with nothing to speak gives a narration without samples.
type Reference interface {
	Render(ctx context.Context, script lectern.Script) (lectern.Narration, error)
}

// Version changes when results change. It is part of the keys under which they are cached.
const Version = "1"

// MaxLength is the length of the longest sound that can be aligned.
const MaxLength = maxHours * time.Hour

const maxHours = 3
