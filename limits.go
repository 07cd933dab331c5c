package lectern

// Limits bounds what a deck may ask for. Every input has a limit.
type Limits struct {
	Slides         int   // of a deck
	NarrationBytes int   // of one slide, UTF-8
	PropsBytes     int   // of one slide, as JSON
	BodyBytes      int64 // of a request
	MinSide        int   // of a video, in pixels
	MaxSide        int
	MaxHoldSeconds int // of a slide without narration
}

// DefaultLimits are the limits where the settings name none.
func DefaultLimits() Limits {
	return Limits{
		Slides: 500, NarrationBytes: 200_000, PropsBytes: 1 << 20, BodyBytes: 32 << 20,
		MinSide: 240, MaxSide: 3840, MaxHoldSeconds: 600,
	}
}
