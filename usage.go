package lectern

import "time"

// UsageWindow is the time in which Quota.Minutes may be ordered.
const UsageWindow = 24 * time.Hour

// Usage is what an API key has taken of its Quota.
type Usage struct {
	Running int           // presentations that are being rendered
	Queued  int           // presentations that wait
	Ordered time.Duration // of video, as it was estimated, within UsageWindow
	FreesAt time.Time     // when the oldest order leaves the window, to five minutes; zero: there is none
}
