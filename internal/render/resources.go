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
	// Voices and Avatars are for one presentation. An engine itself bounds what it does for all presentations.
	Voices  int // slides that are narrated at once; default: half the cores, at least 2
	Avatars int // external renders that are awaited at once; default 4
}

// Resources are shared by all presentations of a process. The request that has waited longest is served first.
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

// Tabs returns the slots for pages of the browser.
func (r *Resources) Tabs() *slots.Slots { return r.tabs }

// share returns how many encoder slots one encode takes in a presentation with n encodes, and so how many threads it
// uses: all slots for a single encode, one slot where there are enough encodes to keep the machine busy.
func (r *Resources) share(n int) int {
	return max(1, r.slots.Encoders/max(1, min(n, r.slots.Encoders)))
}
