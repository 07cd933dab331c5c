package lectern

import (
	"image"
	"time"
)

// Narration is the audio of one slide with its alignment.
type Narration struct {
	Voice   Voice
	Samples []int16 // mono, at SampleRate
	Words   []Span  // in order, not overlapping; Text is the word as written in the narration
	// in order, not overlapping; Text is an IPA symbol. A gap is silence. Empty where the engine gives none
	Phonemes []Span
}

// Reading is a script with the voices that read it.
type Reading struct {
	Script Script
	Voice  Voice  // reads all that is in no part
	Parts  []Part // stretches in a script (alphabet) that Voice cannot read, in order, not overlapping
}

// Part is a stretch of a script's text with a voice of its own.
type Part struct {
	Start int   `json:"start"`
	End   int   `json:"end"`
	Voice Voice `json:"voice"` // the zero value: no voice can read it, so that it is shown and not spoken
}

// Span is a stretch of a narration, in samples at SampleRate; End is behind the last one.
type Span struct {
	Text  string `json:"text"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`
}

// Duration is the length of the audio.
func (n Narration) Duration() time.Duration {
	return time.Duration(len(n.Samples)) * time.Second / SampleRate
}

// ClipRequest asks an avatar engine for the clip of one slide.
type ClipRequest struct {
	Avatar    string    // "name" or "name.variant", without the engine's prefix
	Narration Narration // Samples may be empty: the avatar waits and breathes
	Text      string    // what is said, for engines that speak themselves and for emphasis
	Lead      int64     // samples of silence before the narration begins
	Frames    int       // how many frames the clip has, lead and tail included
	FrameRate int       // frames a second
	Size      Size      // of a frame, in pixels
	Backdrop  Backdrop  // what stands behind the avatar
	Look      Point     // direction from the avatar to the slide's content, a unit vector; zero: straight ahead
	Seed      uint64    // the same request with the same seed gives the same frames
}

// Backdrop is what an avatar stands in front of: a vertical gradient, or nothing.
type Backdrop struct {
	Top    string `json:"top"` // "#rrggbb"; both empty: transparent
	Bottom string `json:"bottom"`
}

// TakeRequest asks an avatar engine that speaks itself for a take: a file with picture and sound of one part of a
// slide's narration. Taking it costs money, so each stage of it is recorded in Orders before it is gone through (J9).
type TakeRequest struct {
	Avatar       string      // "name" or "name.variant", without the engine's prefix
	Text         string      // what is said
	Voice        VoiceChoice // zero: the avatar's own voice, or one for the text's language
	Key          string      // content key of the take, lower-case hex: the order's key
	Presentation string      // who asks
	Attempt      int
	Slide        int // counted from 1
	Part         int // counted from 0
	Orders       Orders
	Background   string              // "#rrggbb", seen around the avatar; empty: pure green, which is keyed
	Progress     func(share float64) // of the take, 0 to 1; nil: nobody listens
}

// Clip is an avatar's video for one slide's narration, frame by frame, in order.
type Clip interface {
	// Next draws the next frame into dst, which has the size that was asked for; alpha is premultiplied. After the
	// last frame it gives io.EOF.
	Next(dst *image.RGBA) error
	// Close releases what the clip holds. It may be called at any time, and twice.
	Close() error
}
