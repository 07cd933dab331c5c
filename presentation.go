package lectern

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Status is the state of a presentation (J2).
type Status string

// The states. The last three are terminal: only an explicit retry of a failed or canceled presentation changes them.
const (
	StatusQueued     Status = "queued"
	StatusProcessing Status = "processing"
	StatusCompleted  Status = "completed"
	StatusFailed     Status = "failed"
	StatusCanceled   Status = "canceled"
)

// Terminal reports whether s is completed, failed or canceled.
func (s Status) Terminal() bool {
	return s == StatusCompleted || s == StatusFailed || s == StatusCanceled
}

// Valid reports whether s is one of the states.
func (s Status) Valid() bool {
	return s == StatusQueued || s == StatusProcessing || s.Terminal()
}

// Progress is how much of a presentation is done, in hundredths of a percent: 0 to 10000.
type Progress int32

const (
	// Done is the progress of a completed presentation, and of no other (J3).
	Done Progress = 100_00
	// AlmostDone is the most that a run can report: the last step belongs to the completion itself.
	AlmostDone Progress = 99_90
)

// ProgressOf turns a share from 0 to 1 into a Progress, at most AlmostDone. It never fails: NaN counts as 0.
func ProgressOf(share float64) Progress {
	if math.IsNaN(share) || share <= 0 {
		return 0
	}
	return min(Progress(math.Min(share, 1)*float64(Done)), AlmostDone)
}

// Percent is p as a number from 0 to 100.
func (p Progress) Percent() float64 { return float64(p) / 100 }

// String is p as people read it: "42.5%".
func (p Progress) String() string { return strconv.FormatFloat(p.Percent(), 'f', -1, 64) + "%" }

// MarshalJSON writes p as a number from 0 to 100.
func (p Progress) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, p.Percent(), 'f', -1, 64), nil
}

// UnmarshalJSON reads a number from 0 to 100.
func (p *Progress) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil || !(v >= 0 && v <= 100) { // NaN fails both comparisons and is refused
		return fmt.Errorf("progress %q is not a number from 0 to 100", b)
	}
	*p = Progress(math.Round(v * 100))
	return nil
}

// Presentation is the state of one job. It is a value: changing it changes nothing anywhere else.
type Presentation struct {
	ID          string
	Owner       string // only requests of this owner see it
	KeyID       string // of the API key that created it; "": none
	Title       string
	Language    string // of the deck, as a BCP 47 tag; "": the deck does not say
	Status      Status
	Stage       string // what is being done now, one of the Stage constants
	Progress    Progress
	Message     string // Stage and figures as a sentence
	SlidesDone  int
	SlidesTotal int
	Version     int64 // counts every visible change, from 1 (J5). The heartbeat and the ETA are not versioned
	// place in the queue: 1 is next; 0: it does not wait, or its place was not computed. Like StartAt it is computed for a
	// response, and is neither stored nor versioned
	QueuePosition   int
	StartAt         time.Time // when work on a waiting presentation is expected to begin; zero: unknown
	Attempt         int       // the run that may write; 0 before the first (J7)
	Worker          string
	CancelRequested bool
	CreatedAt       time.Time
	StartedAt       time.Time     // zero: not yet
	CompletedAt     time.Time     // the time of the terminal state; zero: not yet
	LastHeartbeat   time.Time     // zero: not yet
	ETA             time.Duration // time left as last estimated by the run; 0: unknown
	Error           *Failure
	Warnings        []Warning
	Metadata        map[string]string
	Files           []Artifact // its artifacts; nil: not completed, or the row was written without them
	ExpiresAt       time.Time  // when it is deleted with all its files; zero: it has not ended
	// Usage is what all its attempts have used; UsedBefore, what those before the current one have. Like the heartbeat,
	// both are not versioned. After the end of a presentation they stay the same until a retry.
	Usage, UsedBefore Consumption
	CallbackURL       string // a webhook for every milestone is sent to it; "": none
	TraceParent       string // of the request that created it, a traceparent of W3C Trace Context; "": unknown
}

// The stages of a run, in the order in which they begin; they overlap.
const (
	StageQueued     = "queued"
	StagePreparing  = "preparing"
	StageNarrating  = "narrating"
	StageCapturing  = "capturing"
	StageAnimating  = "animating" // external avatars are being rendered
	StageEncoding   = "encoding"
	StageJoining    = "joining"
	StagePublishing = "publishing"
	StageCanceling  = "canceling"
	StageDone       = "done"
)

// Duration is the length of the video; 0: there is no video, or its length is not known.
func (p Presentation) Duration() time.Duration {
	for _, f := range p.Files {
		if f.Kind == ArtifactVideo {
			return f.Duration
		}
	}
	return 0
}

// NewPresentation is a queued presentation, at version 1.
func NewPresentation(id string, d Deck, now time.Time) Presentation {
	return Presentation{
		ID: id, Owner: DefaultOwner, Title: d.Title, Language: d.Language, Status: StatusQueued, Stage: StageQueued,
		Message:     "Waiting to start.",
		SlidesTotal: len(d.Slides), Version: 1, CreatedAt: now, Metadata: d.Metadata,
	}
}

// Event is something that happens to a presentation.
type Event interface{ isEvent() }

type (
	// Began says that a worker starts a run: a new attempt.
	Began struct{ Worker string }
	// Reported carries the progress of a run. Fields that are zero change nothing. Merge joins several reports into one.
	Reported struct {
		Attempt    int
		Stage      string
		Progress   Progress
		Message    string
		SlidesDone int
		ETA        time.Duration
		Warnings   []Warning
		Usage      *Consumption // of this attempt until now; nil: nothing new. Nobody may change the value afterwards
	}
	// Beat says that a run is alive (J8).
	Beat struct{ Attempt int }
	// Completed says that a run has stored its artifacts.
	Completed struct {
		Attempt int
		Files   []Artifact
	}
	// Broke says that a run failed.
	Broke struct {
		Attempt int
		Failure Failure
	}
	// CancelAsked says that a user wants the presentation to end.
	CancelAsked struct{}
	// Stopped says that a run has ended because of a cancel request, or did not end and is no longer waited for.
	Stopped struct{ Attempt int }
	// Released says that a run ended without a result: its lease was lost or its process stopped.
	Released struct{ Attempt int }
	// Retried says that a user wants a failed or canceled presentation to run again. From then on the presentation counts
	// for the quota of the API key KeyID; "": for the same key as before.
	Retried struct{ KeyID string }
)

func (Began) isEvent()       {}
func (Reported) isEvent()    {}
func (Beat) isEvent()        {}
func (Completed) isEvent()   {}
func (Broke) isEvent()       {}
func (CancelAsked) isEvent() {}
func (Stopped) isEvent()     {}
func (Released) isEvent()    {}
func (Retried) isEvent()     {}

// Change says what an event did to a presentation.
type Change int

// The changes. Only Visible ones have a new version.
const (
	Unchanged Change = iota
	Silent           // only the heartbeat, the ETA or the usage changed
	Visible          // observers see something new
)

// Apply returns the presentation after e, and what changed. It is the whole state machine (J2, J3, J6, J7). An event
// that is not allowed in the current state changes nothing and fails: with CodeStale if it comes from a run whose
// attempt is over, else with CodeConflict.
//
// now may be earlier than in the call before, because clocks are set back and nodes have different clocks. The stored
// times never run backwards: a run does not end before it began, and each heartbeat is later than the one before, by at
// least [Tick]. So every heartbeat is seen as a change.
func (p Presentation) Apply(e Event, now time.Time) (Presentation, Change, error) {
	switch e := e.(type) {
	case Began:
		return p.begin(e, now)
	case CancelAsked:
		return p.askCancel(now)
	case Retried:
		return p.retry(e)
	case Reported:
		return p.whileRunning(e.Attempt, func() (Presentation, Change, error) { return p.report(e) })
	case Beat:
		return p.whileRunning(e.Attempt, func() (Presentation, Change, error) {
			p.beat(now)
			return p, Silent, nil
		})
	case Completed:
		return p.whileRunning(e.Attempt, func() (Presentation, Change, error) {
			if p.CancelRequested {
				return p.end(StatusCanceled, now)
			}
			p.Files = e.Files
			return p.end(StatusCompleted, now)
		})
	case Broke:
		return p.whileRunning(e.Attempt, func() (Presentation, Change, error) {
			if p.CancelRequested {
				return p.end(StatusCanceled, now)
			}
			f := e.Failure
			p.Error = &f
			return p.end(StatusFailed, now)
		})
	case Stopped:
		return p.whileRunning(e.Attempt, func() (Presentation, Change, error) { return p.end(StatusCanceled, now) })
	case Released:
		return p.whileRunning(e.Attempt, func() (Presentation, Change, error) {
			if p.CancelRequested {
				return p.end(StatusCanceled, now)
			}
			p.Status, p.Stage, p.Message, p.Worker, p.ETA = StatusQueued, StageQueued, "Interrupted; waiting to go on.", "", 0
			p.Version++
			return p, Visible, nil
		})
	}
	return p, Unchanged, Fail(CodeInternal, "The event %T is not known.", e)
}

func (p Presentation) begin(e Began, now time.Time) (Presentation, Change, error) {
	if p.Status != StatusQueued {
		return p, Unchanged, Fail(CodeConflict, "The presentation is %s, so it cannot start.", p.Status)
	}
	p.Status, p.Stage, p.Message = StatusProcessing, StagePreparing, "Preparing."
	p.Attempt++
	p.Worker = e.Worker
	p.UsedBefore = p.Usage
	if p.StartedAt.IsZero() {
		p.StartedAt = later(now, p.CreatedAt)
	}
	p.beat(now)
	p.Version++
	return p, Visible, nil
}

// Tick is the shortest time between two heartbeats, and the precision in which times are stored.
const Tick = time.Microsecond

// beat sets the heartbeat to now, or to one Tick after the heartbeat before, whichever is later.
func (p *Presentation) beat(now time.Time) { p.LastHeartbeat = later(now, p.LastHeartbeat.Add(Tick)) }

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (p Presentation) askCancel(now time.Time) (Presentation, Change, error) {
	switch {
	case p.Status.Terminal():
		return p, Unchanged, Fail(CodeConflict, "The presentation is already %s.", p.Status)
	case p.Status == StatusQueued:
		return p.end(StatusCanceled, now)
	case p.CancelRequested:
		return p, Unchanged, nil
	}
	p.CancelRequested, p.Stage, p.Message = true, StageCanceling, "Canceling."
	p.Version++
	return p, Visible, nil
}

func (p Presentation) retry(e Retried) (Presentation, Change, error) {
	if p.Status != StatusFailed && p.Status != StatusCanceled {
		return p, Unchanged, Fail(CodeConflict, "The presentation is %s; only a failed or canceled one can be retried.",
			p.Status)
	}
	p.Status, p.Stage, p.Message = StatusQueued, StageQueued, "Waiting to start again."
	p.CancelRequested, p.Error, p.CompletedAt, p.Worker, p.ETA = false, nil, time.Time{}, "", 0
	p.ExpiresAt = time.Time{}
	p.KeyID = cmp.Or(e.KeyID, p.KeyID)
	p.Version++
	return p, Visible, nil
}

// whileRunning calls then only for the current attempt of a running presentation; otherwise it fails with CodeStale.
func (p Presentation) whileRunning(attempt int, then func() (Presentation, Change, error)) (Presentation, Change,
	error) {
	if attempt != p.Attempt || p.Status != StatusProcessing {
		return p, Unchanged, Fail(CodeStale, "Attempt %d is over: the presentation is %s in attempt %d.", attempt, p.Status,
			p.Attempt)
	}
	return then()
}

func (p Presentation) report(e Reported) (Presentation, Change, error) {
	visible := false
	if pr := min(e.Progress, AlmostDone); pr > p.Progress {
		p.Progress, visible = pr, true
	}
	if done := min(e.SlidesDone, p.SlidesTotal); done > p.SlidesDone {
		p.SlidesDone, visible = done, true
	}
	if !p.CancelRequested {
		if e.Stage != "" && e.Stage != p.Stage {
			p.Stage, visible = e.Stage, true
		}
		if e.Message != "" && e.Message != p.Message {
			p.Message, visible = e.Message, true
		}
	}
	if added := newWarnings(p.Warnings, e.Warnings); len(added) > 0 {
		p.Warnings, visible = append(p.Warnings[:len(p.Warnings):len(p.Warnings)], added...), true
	}
	silent := e.ETA > 0 && e.ETA != p.ETA
	if silent {
		p.ETA = e.ETA
	}
	if e.Usage != nil {
		if used := p.Usage.Max(p.UsedBefore.Plus(*e.Usage)); !used.equal(p.Usage) {
			p.Usage, silent = used, true
		}
	}
	switch {
	case visible:
		p.Version++
		return p, Visible, nil
	case silent:
		return p, Silent, nil
	}
	return p, Unchanged, nil
}

// end makes p terminal. The reported progress stays, except that a completion sets it to Done.
func (p Presentation) end(s Status, now time.Time) (Presentation, Change, error) {
	p.Status, p.CompletedAt, p.ETA, p.Worker = s, later(later(now, p.CreatedAt), p.StartedAt), 0, ""
	switch s {
	case StatusCompleted:
		p.Stage, p.Message, p.Progress, p.SlidesDone = StageDone, "The video is ready.", Done, p.SlidesTotal
	case StatusCanceled:
		p.Stage, p.Message = StageDone, "Canceled."
	case StatusFailed:
		p.Stage, p.Message = StageDone, p.Error.Error()
	}
	p.Version++
	return p, Visible, nil
}

// Merge joins r with a later report of the same attempt, so that applying the result equals applying both: it takes the
// maximum of progress, slides and usage, the latest stage, message and ETA, and all warnings.
func (r Reported) Merge(later Reported) Reported {
	r.Progress = max(r.Progress, later.Progress)
	r.SlidesDone = max(r.SlidesDone, later.SlidesDone)
	if later.Stage != "" {
		r.Stage = later.Stage
	}
	if later.Message != "" {
		r.Message = later.Message
	}
	if later.ETA > 0 {
		r.ETA = later.ETA
	}
	if added := newWarnings(r.Warnings, later.Warnings); len(added) > 0 {
		r.Warnings = append(r.Warnings[:len(r.Warnings):len(r.Warnings)], added...)
	}
	switch {
	case later.Usage == nil:
	case r.Usage == nil:
		r.Usage = later.Usage
	default:
		most := r.Usage.Max(*later.Usage)
		r.Usage = &most
	}
	return r
}

// newWarnings returns the warnings of more that are not in have, each once.
func newWarnings(have, more []Warning) []Warning {
	var added []Warning
next:
	for _, w := range more {
		for _, list := range [2][]Warning{have, added} {
			for _, h := range list {
				if h == w {
					continue next
				}
			}
		}
		added = append(added, w)
	}
	return added
}
