// Package crashpoint names the moments at which a process may die that matter: between two things that belong together and
// cannot be done at once. In the program [Here] is nothing. In a build with the tag "crashpoints" it ends the process, as
// SIGKILL does, at the point that the variable CRASH_AT names, so that the tests can die at every one of them: random
// kills miss them.
package crashpoint

// Point is such a moment: what is done, and what is not yet.
type Point string

// The points of a presentation that becomes a video, in the order in which it comes to them.
const (
	Committing Point = "decided, not committed"          // the writer, at each transaction
	Committed  Point = "committed, not told"             // the writer: nobody has been answered or woken
	Begun      Point = "begun, not run"                  // the attempt is stored
	Written    Point = "step written, not renamed"       // the file of a step is whole, beside the cache
	Renamed    Point = "step renamed, not recorded"      // the file is in the cache
	Joining    Point = "all segments there, not joined"  //
	Joined     Point = "joined, not published"           // the video is in the cache
	Linked     Point = "artifact written, not renamed"   //
	Published  Point = "published, not committed"        // all artifacts are there; the presentation is processing
	Returned   Point = "run returned, end not stored"    //
	Ended      Point = "end stored, ticket not done"     // the queue still has the ticket
	Marked     Point = "marked for removal, files there" // the presentation is gone for readers
	FilesGone  Point = "files removed, rows there"       //
)

// The points of an external render, after each record of its order.
const (
	OrderIntended   Point = "order intended"
	OrderCreated    Point = "order created"
	OrderSubmitting Point = "order submitting"
	OrderSubmitted  Point = "order submitted"
	OrderReady      Point = "order ready"
)

// Points lists those that every presentation comes to; a removed one comes to the last two.
func Points() []Point {
	return []Point{
		Committing, Committed, Begun, Written, Renamed, Joining, Joined, Linked, Published, Returned, Ended, Marked, FilesGone,
	}
}

// OrderPoints lists those that a presentation with an external avatar comes to besides.
func OrderPoints() []Point {
	return []Point{OrderIntended, OrderCreated, OrderSubmitting, OrderSubmitted, OrderReady}
}
