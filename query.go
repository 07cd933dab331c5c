package lectern

import "time"

// Query says which presentations to list, newest first: those that match all fields. The zero value asks for the first
// page of all presentations.
type Query struct {
	Owner         string            // "": of all owners
	Statuses      []Status          // in one of these states; empty: in any
	Metadata      map[string]string // with each of these entries in their metadata
	CreatedAfter  time.Time         // zero: from the beginning
	CreatedBefore time.Time         // zero: until now
	Limit         int               // entries of a page; 0: the list's default
	Cursor        string            // of the next page, as the page before returned it; "": the first page
}
