package render

import (
	"runtime"
	"sync/atomic"

	"lectern/internal/slots"
)

// Slots says how much may be done at once. Zero fields get defaults that fit the machine.
type Slots struct {
	Encoders int // cores that encoders may use together, in a process; default: all
	Tabs     int // pages in the browser, in a process; default 2
	// Voices and Avatars are of one presentation: slides that are narrated, and external renders that are awaited. How
	// much an engine does at once for all presentations is the engine's own bound. Default: half the cores, at least 2,
	// and 4.
	Voices  int
	Avatars int
}

// Resources are shared by all presentations of a process. Whoever waits longest is served first.
type Resources struct {
	slots    Slots
	encoders *slots.Slots
	tabs     *slots.Slots
	drawn    atomic.Int64 // slides that are kept in memory for encoders
}

// NewResources makes the slots.
func NewResources(s Slots) *Resources {
	if s.Encoders <= 0 {
		s.Encoders = runtime.NumCPU()
	}
	if s.Tabs <= 0 {
		s.Tabs = 2
	}
	if s.Voices <= 0 {
		s.Voices = max(runtime.NumCPU()/2, 2)
	}
	if s.Avatars <= 0 {
		s.Avatars = 4
	}
	return &Resources{slots: s, encoders: slots.New("encoders", s.Encoders), tabs: slots.New("tabs", s.Tabs)}
}

// Uses returns what is in use of each resource.
func (r *Resources) Uses() []slots.Use { return []slots.Use{r.encoders.Use(), r.tabs.Use()} }

// Tabs are the pages of the browser, for whoever draws slides.
func (r *Resources) Tabs() *slots.Slots { return r.tabs }

// share is how many encoder slots one encode of a presentation with n of them takes, and so how many threads it uses:
// all of them for a single one, one where there are enough to keep the machine busy.
func (r *Resources) share(n int) int {
	return max(1, r.slots.Encoders/max(1, min(n, r.slots.Encoders)))
}
