package render

import (
	"context"
	"time"

	"lectern"
	"lectern/internal/capture"
	"lectern/internal/encode"
	"lectern/internal/timeline"
	"lectern/internal/usage"
)

// Options are what a pipeline works with. A port is required unless its comment says what nil means.
type Options struct {
	FFmpeg    FFmpeg
	Capture   *capture.Capturer
	Browser   Browser
	Library   Library
	Voices    Voices
	Avatars   Avatars
	Artifacts Artifacts
	Documents Documents // nil: slides that show pages of files fail
	Files     Files     // nil: slides with recorded sounds fail
	// Check settles a stored deck once more before it is rendered, since themes, voices and limits may have changed.
	Check func(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error)
	// Cache begins a run's use of the cache; what the run touches stays until release is called, once.
	Cache     func() (c Cache, release func())
	Resources *Resources // shared by all pipelines of the process; nil: one of its own with the defaults
	// References are the offline voices with which recordings are compared, to find what they say when; nil: there are
	// none.
	References Voices
	// Align estimates the times of the words of a text in its sound, where no reference can be compared with it; nil:
	// narrations of avatars that speak themselves have no words.
	Align func(text string, samples []int16) []lectern.Span
	// Plain makes every picture be encoded whole: as a reference for comparisons, and for players that cannot play spliced
	// streams.
	Plain bool
	// Encoder returns the encoder in hardware that works on this machine, for presentations whose pictures with an avatar
	// have to be encoded whole; nil: there is none.
	Encoder func(ctx context.Context) encode.Encoder
	// Segmenter finds the words of scripts without spaces, for captions; nil: their lines end between any two characters,
	// with a warning.
	Segmenter Segmenter
	Now       func() time.Time // nil: time.Now
	// Ledger divides processor time that is used for several presentations; nil: this time is not counted.
	Ledger *usage.Ledger
	Prices map[string]usage.Price // by provider of voices or avatars; without a price, a provider's use has no cost
}

// Pipeline renders presentations. It is safe for concurrent use.
type Pipeline struct {
	Options
}

// New makes a pipeline. It panics if a required port is missing, which is a fault of the program.
func New(o Options) *Pipeline {
	if o.FFmpeg == nil || o.Capture == nil || o.Browser == nil || o.Library == nil || o.Voices == nil ||
		o.Avatars == nil ||
		o.Artifacts == nil || o.Check == nil || o.Cache == nil {
		panic("render.New: a port is missing")
	}
	if o.Resources == nil {
		o.Resources = NewResources(Slots{})
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Pipeline{Options: o}
}

// performs reports whether the avatar that code names speaks itself.
func performs(ctx context.Context, all Avatars, code string) bool {
	return code != "" && all.Performs(ctx, code)
}

// overlap returns how many frames slide i shares with slide i+1. A transition of fewer than two frames is a cut.
func overlap(d lectern.Deck, i int) int64 {
	if i < 0 || i >= len(d.Transitions) || i+1 >= len(d.Slides) || d.Transitions[i].IsCut() {
		return 0
	}
	n := timeline.Rate(d.FrameRate).Nearest(d.Transitions[i].Duration)
	if n < 2 {
		return 0
	}
	return n
}
