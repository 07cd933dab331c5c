// Package tts gives a presentation its voice: it turns the text of one slide into a [lectern.Narration], audio with the
// time of every word and, where the engine knows it, of every phoneme.
//
// An engine (a folder next to this file) only has to speak one sentence: samples at its own rate, with the places of
// the words and phonemes in them. What makes narration pleasant and exact is the same for all engines and is in this
// package:
//
//   - [Prepare] turns a [lectern.Script] (addresses, emoji, control characters, pauses) into what can be said, sentence
//     by sentence, and keeps the words as they were written, for captions;
//   - [Compose] trims the engine's own silence, resamples to 48 kHz, joins sentences with natural pauses, brings every
//     engine to the same loudness and moves all times along;
//   - [Catalogue] knows all voices of a machine, recognises the language of a text and chooses.
//
// There is no placeholder narration: what cannot be spoken is a [lectern.Failure].
package tts

import (
	"context"

	"lectern"
)

// Engine speaks. Engines are safe for concurrent use; the conformance suite in ttstest checks what else they
// guarantee.
type Engine interface {
	// Name is the engine's stable name, lower case, as decks write it.
	Name() string
	// Voices lists what the engine can speak with on this machine, best first for each language. A missing program or
	// library is a failure with lectern.CodeMissingTool.
	Voices(ctx context.Context) ([]lectern.Voice, error)
	// Speak turns a script into audio. v is one of Voices, v.Speed works from 0.5 to 2. For a script with nothing to
	// speak, such as emoji alone, it returns a narration without samples and no error: the caller holds the slide.
	Speak(ctx context.Context, script lectern.Script, v lectern.Voice) (lectern.Narration, error)
	// Fingerprint changes whenever the same text may sound different: the engine, its version, its settings. It may
	// ask the program or library once; later calls return the kept answer.
	Fingerprint() string
}

// Doubter is an engine that knows which of its voices are hard to understand.
type Doubter interface {
	// Doubt returns a sentence about v's limitation, or "".
	Doubt(v lectern.Voice) string
}

// Settings is the version of everything in this package that shapes the sound or the times; engines put it into their
// fingerprints.
const Settings = "4"
