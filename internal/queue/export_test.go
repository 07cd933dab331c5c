package queue

import "time"

// Patient sets how long the queue leaves tickets to other nodes.
func (q *Queue[Tx]) Patient(d time.Duration) { q.share.patience = d }

// Portion exports portion to the tests.
func Portion(node string, slots, running map[string]int, waiting, late, room int) int {
	return portion(node, slots, load{running, waiting, late}, room)
}

// Quiet exports quiet to the tests.
var Quiet = quiet
