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
	// in order, not overlapping; Text is an IPA symbol. A gap is silence. Empty if the engine does not report them
	Phonemes []Span
}

// Reading is a script with the voices that read it.
type Reading struct {
	Script Script
	Voice  Voice  // reads the text outside of Parts
	Parts  []Part // ranges in a writing system that Voice cannot read, in order, not overlapping
}

// Part is a range of a script's text with a voice of its own.
type Part struct {
	Start int   `json:"start"` // in bytes
	End   int   `json:"end"`   // after the last byte
	Voice Voice `json:"voice"` // the zero value: no voice can read this part, so it is shown and not spoken
}

// Span is a word or phoneme of a narration with its time, in samples at SampleRate. End is after the last sample.
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
	Narration Narration // Samples may be empty: the avatar is silent for all of the clip
	Text      string    // what is said; engines may use it for gestures and emphasis
	Lead      int64     // samples of silence before the narration begins
	Frames    int       // how many frames the clip has, lead and tail included
	FrameRate int       // frames a second
	Size      Size      // of a frame, in pixels
	Backdrop  Backdrop  // the background of the avatar
	Look      Point     // direction from the avatar to the slide's content, a unit vector; zero: straight ahead
	Seed      uint64    // the same request with the same seed makes the same frames
}

// Backdrop is the background of an avatar: a vertical gradient, or nothing.
type Backdrop struct {
	Top    string `json:"top"` // "#rrggbb"; both empty: transparent
	Bottom string `json:"bottom"`
}

// TakeRequest asks an avatar engine that speaks itself for a take: a file with picture and sound of one part of a
// slide's narration. A take costs money, so the engine records each stage in Orders before it begins (J9).
type TakeRequest struct {
	Avatar       string      // "name" or "name.variant", without the engine's prefix
	Text         string      // what is said
	Voice        VoiceChoice // zero: the avatar's own voice, or one for the text's language
	Key          string      // content key of the take, lower-case hex: the order's key
	Presentation string      // the id of the presentation that needs the take
	Attempt      int
	Slide        int // counted from 1
	Part         int // counted from 0
	Orders       Orders
	Background   string              // "#rrggbb", around the avatar; empty: pure green, which is keyed out later
	Progress     func(share float64) // is called with the finished share of the take, 0 to 1; nil: not called
}

// Clip is an avatar's video for one slide's narration, frame by frame, in order.
type Clip interface {
	// Next draws the next frame into dst, which must have the requested size; alpha is premultiplied. After the last
	// frame it returns io.EOF.
	Next(dst *image.RGBA) error
	// Close releases what the clip holds. It may be called at any time, and twice.
	Close() error
}
