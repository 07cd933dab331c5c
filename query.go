package lectern

// Query says which presentations to list, newest first. The zero value asks for the first page of everything.
type Query struct {
	Owner  string // whose; "": everybody's
	Status Status // "": any
	Limit  int    // 0: as many as the list gives by itself
	Cursor string // of the next page, as the page before gave it; "": the first page
}
