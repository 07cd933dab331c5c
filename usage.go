package lectern

import "time"

// UsageWindow is the period to which Quota.Minutes applies.
const UsageWindow = 24 * time.Hour

// Usage is what an API key has used of its Quota.
type Usage struct {
	Running int           // presentations that are being rendered
	Queued  int           // presentations that wait
	Ordered time.Duration // of video, by its estimates, created within UsageWindow
	FreesAt time.Time     // when the oldest of them leaves UsageWindow, to five minutes; zero: there is none
}
