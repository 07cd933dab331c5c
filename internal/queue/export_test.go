package queue

import "time"

// Patient makes the queue leave tickets to other nodes for so long.
func (q *Queue[Tx]) Patient(d time.Duration) { q.share.patience = d }

// Portion is for the tests.
func Portion(node string, slots, running map[string]int, waiting, late, room int) int {
	return portion(node, slots, load{running, waiting, late}, room)
}

// Quiet is for the tests.
var Quiet = quiet
