package lectern

import "time"

// Query says which presentations to list, newest first: those that meet every field. The zero value asks for the first
// page of everything.
type Query struct {
	Owner         string            // whose; "": everybody's
	Statuses      []Status          // in one of these states; none: in any
	Metadata      map[string]string // with each of these entries in its metadata
	CreatedAfter  time.Time         // zero: since ever
	CreatedBefore time.Time         // zero: until now
	Limit         int               // 0: as many as the list gives by itself
	Cursor        string            // of the next page, as the page before gave it; "": the first page
}
