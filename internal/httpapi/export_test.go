package httpapi

import "lectern"

// StatusOf opens the tables of statuses to tests.
func StatusOf(face string, c lectern.Code) (int, bool) {
	table := v1Status
	if face == "custom" {
		table = customStatus
	}
	s, ok := table[c]
	return s, ok
}

// Disposition opens the names of downloads to tests.
var Disposition = disposition
