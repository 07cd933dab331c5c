package job

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"lectern"
)

// Options configure a service. Store, Queue, ScratchDir and, unless Idle, Run are required. A zero value elsewhere
// means the default.
type Options struct {
	Store Store
	Queue Queue
	Files Files // nil: there are no artifacts to remove

	// Run makes the video. Its context ends with a cause: [ErrCanceled], [ErrStopping], [ErrLeaseLost] or [ErrTooLong].
	// When Run returns, nothing that it started may still run.
	Run func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error)

	// MakeRoom is called when a run has failed because the disk is full, before this failure is stored. It may delete
	// what can be made again. Several goroutines may call it at once. nil: there is nothing to delete.
	MakeRoom func()

	Observer Observer // nil: no observer

	Now func() time.Time // the clock whose times are stored, which may be set at any moment; nil: time.Now

	ScratchDir string       // made if missing; everything in it belongs to the service
	Node       string       // names this process in presentations; default: the host's name
	Logger     *slog.Logger // default: none
	Workers    int          // presentations at once; default 2
	Idle       bool         // this process takes no work and needs no Run; other processes render
	Peers      Peers        // the other processes on the same store; nil: whatever is processing at Start is an orphan

	Limits Limits // what the store may hold; zero: no bound

	HeartbeatInterval time.Duration // default 5 s
	LeaseTimeout      time.Duration // time without a heartbeat after which a run is taken for dead; default 30 s
	FlushInterval     time.Duration // between two writes of progress; default 150 ms
	CancelGrace       time.Duration // from the request to cancel to the state canceled, at most; default 900 ms
	CleanupDelay      time.Duration // from the end to the removal of scratch; default 5 min; negative: at once
	Retention         time.Duration // from the end to the removal of everything; default 7 days
	SweepInterval     time.Duration // between two searches for what no signal announced; default 1 min
	MaxRun            time.Duration // after which a run is given up; default 24 h
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Store == nil, o.Queue == nil, o.Run == nil && !o.Idle:
		return o, lectern.Fail(lectern.CodeInternal, "The job service needs a store, a queue and a run.")
	case o.ScratchDir == "":
		return o, lectern.Fail(lectern.CodeInternal, "The job service needs a folder for scratch files.")
	}
	dir, err := filepath.Abs(o.ScratchDir)
	if err != nil {
		return o, lectern.Fail(lectern.CodeInternal, "The folder for scratch files, %q, cannot be found.",
			o.ScratchDir).Because(err)
	}
	o.ScratchDir = dir
	if o.Files == nil {
		o.Files = noFiles{}
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MakeRoom == nil {
		o.MakeRoom = func() {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Node == "" {
		o.Node, _ = os.Hostname()
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	for _, d := range []struct {
		is  *time.Duration
		def time.Duration
	}{
		{&o.HeartbeatInterval, 5 * time.Second},
		{&o.LeaseTimeout, 30 * time.Second},
		{&o.FlushInterval, 150 * time.Millisecond},
		{&o.CancelGrace, 900 * time.Millisecond},
		{&o.CleanupDelay, 5 * time.Minute},
		{&o.Retention, 7 * 24 * time.Hour},
		{&o.SweepInterval, time.Minute},
		{&o.MaxRun, 24 * time.Hour},
	} {
		if *d.is == 0 {
			*d.is = d.def
		}
	}
	o.CleanupDelay = max(o.CleanupDelay, 0)
	if o.LeaseTimeout < 2*o.HeartbeatInterval {
		return o, lectern.Fail(lectern.CodeInternal, "The lease timeout, %v, must be at least twice the heartbeat interval, "+
			"%v.", o.LeaseTimeout, o.HeartbeatInterval)
	}
	return o, nil
}

type noFiles struct{}

func (noFiles) RemoveArtifacts(context.Context, string) error { return nil }

// nobody is the Observer that does nothing.
type nobody struct{}

func (nobody) Committed(_, _ int, _ time.Duration) {}
func (nobody) Changed(_, _ lectern.Presentation)   {}
func (nobody) StepDone(string, lectern.Step)       {}
func (nobody) TakenOver(string)                    {}
