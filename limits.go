package lectern

import "time"

// Limits bounds what a deck may ask for. [Limits.WithDefaults] replaces fields that are zero.
type Limits struct {
	Slides         int   // of a deck
	NarrationBytes int   // of one slide, UTF-8
	PropsBytes     int   // of one slide, as JSON
	BodyBytes      int64 // of a request
	MinSide        int   // of a video, in pixels
	MaxSide        int
	MaxHoldSeconds int           // of a slide without narration
	PicturePixels  int           // of one picture, width times height as its header states them
	SlidePixels    int           // of all pictures of one slide together
	PictureBytes   int64         // of all pictures that a deck loads: from the web and from assets
	SVGElements    int           // of one SVG picture, with all references expanded; costly elements count for many
	JSONTokens     int           // of a deck with its settings: names, values and brackets
	Duration       time.Duration // of a whole video, by [Deck.Estimate]
}

// DefaultLimits are the limits of a server whose settings name none.
func DefaultLimits() Limits {
	return Limits{
		Slides: 500, NarrationBytes: 200_000, PropsBytes: 1 << 20, BodyBytes: 32 << 20,
		MinSide: 240, MaxSide: 3840, MaxHoldSeconds: 600,
		PicturePixels: 40_000_000, SlidePixels: 80_000_000, SVGElements: 100_000, PictureBytes: 1 << 30,
		JSONTokens: 1_000_000, Duration: 2 * time.Hour,
	}
}
