// Package crashpoint names the moments between two related operations that are not atomic: a process that dies there
// must lose nothing. In the normal build [Here] does nothing. In a build with the tag "crashpoints" it kills the
// process with SIGKILL at the point that the environment variable CRASH_AT names. So tests reach every such moment,
// which random kills would miss.
package crashpoint

// Point is such a moment. Its text names what is done and what is not done yet.
type Point string

// The points of a presentation, in the order in which it reaches them.
const (
	Committing Point = "decided, not committed"            // the writer, at each transaction
	Committed  Point = "committed, not announced"          // the writer: no caller is answered, no watcher woken
	Begun      Point = "begun, not run"                    // the attempt is stored
	Written    Point = "step written, not renamed"         // the file of a step is complete, next to the cache
	Renamed    Point = "step renamed, not recorded"        // the file is in the cache
	Joining    Point = "all segments there, not joined"    // the segments are in the cache
	Joined     Point = "joined, not published"             // the video is in the cache
	Linked     Point = "artifact written, not renamed"     // the file is complete, next to the artifacts
	Published  Point = "published, not committed"          // all artifacts are stored; the presentation is processing
	Returned   Point = "run returned, end not stored"      // how the run ended is known only in memory
	Ended      Point = "end stored, ticket not done"       // the queue still has the ticket
	Marked     Point = "marked for removal, files present" // readers no longer see the presentation
	FilesGone  Point = "files removed, rows there"         // the database still has the presentation
)

// The points of an external render, after each record of its order.
const (
	OrderIntended   Point = "order intended"
	OrderCreated    Point = "order created"
	OrderSubmitting Point = "order submitting"
	OrderSubmitted  Point = "order submitted"
	OrderReady      Point = "order ready"
)

// Points lists the points of a presentation without an external avatar. It reaches the last two, Marked and FilesGone,
// only when it is removed.
func Points() []Point {
	return []Point{
		Committing, Committed, Begun, Written, Renamed, Joining, Joined, Linked, Published, Returned, Ended,
		Marked, FilesGone,
	}
}

// OrderPoints lists the points that only a presentation with an external avatar reaches.
func OrderPoints() []Point {
	return []Point{OrderIntended, OrderCreated, OrderSubmitting, OrderSubmitted, OrderReady}
}
