package lectern

import "time"

// UsageWindow is the period to which Quota.Minutes applies.
const UsageWindow = 24 * time.Hour

// Usage is what an API key has used of its Quota.
type Usage struct {
	Running int           // presentations that are being rendered
	Queued  int           // presentations that wait
	Ordered time.Duration // estimated length of all video that was ordered within UsageWindow
	// when the oldest of these orders leaves UsageWindow, rounded up to five minutes; zero: there are none
	FreesAt time.Time
}
