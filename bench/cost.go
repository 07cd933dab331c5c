package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/config"
	"lectern/internal/job"
	"lectern/internal/proc"
)

// writers are the numbers of concurrent writers: goroutines in Lectern, tasks in Python.
var writers = []int{1, 8, 64}

// python measures the Python side. If Python is not installed, the report says so.
func (r *report) python(ctx context.Context, script, logFile string, each time.Duration) error {
	out, err := proc.Output(ctx, proc.Command{Path: "python3",
		Args: []string{script, fmt.Sprint(each.Seconds()), logFile}})
	if errors.Is(err, proc.ErrNotFound) {
		r.Python = "python3 is missing on this machine, so its columns are empty; `scripts/deps bench` installs it"
		return nil
	}
	if err != nil {
		return fmt.Errorf("the Python side: %w", err)
	}
	var got struct {
		Python string
		NS     map[string]float64
	}
	if err := json.Unmarshal(out, &got); err != nil {
		return fmt.Errorf("the Python side: %w", err)
	}
	r.Python = "Python " + got.Python
	for name, ns := range got.NS {
		r.put("python", name, cost{NS: ns, Allocs: -1})
	}
	return nil
}

// bed is a job service on a real database with the program's own settings. Its runs last until close, and reporters
// receives their reporters.
type bed struct {
	dir       string
	storage   *app.Storage
	svc       *job.Service
	reporters chan lectern.Reporter
	over      chan struct{}
	beats     atomic.Int64
}

func newBed(ctx context.Context, dir string, set ...func(*job.Options)) (*bed, error) {
	b := &bed{dir: dir, reporters: make(chan lectern.Reporter, 64), over: make(chan struct{})}
	var err error
	if b.storage, err = app.OpenStorage(ctx, config.Default(), dir, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	logFile, err := os.Create(filepath.Join(dir, "backend.log")) // closed by the end of the process
	if err != nil {
		return nil, err
	}
	o := job.Options{
		Store: b.storage.Store, Queue: b.storage.Queue, ScratchDir: filepath.Join(dir, "scratch"), Workers: 64,
		Logger: slog.New(&counter{Handler: slog.NewTextHandler(logFile, nil), message: "HEARTBEAT", n: &b.beats}),
		Run: func(ctx context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
			b.reporters <- r
			select {
			case <-b.over:
				return nil, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}
	for _, s := range set {
		s(&o)
	}
	if b.svc, err = job.New(o); err != nil {
		return nil, err
	}
	return b, b.svc.Start(ctx)
}

// begin creates n presentations, waits until they run, and returns their reporters and ids.
func (b *bed) begin(ctx context.Context, n int) ([]lectern.Reporter, []string, error) {
	var ids []string
	for range n {
		p, err := b.svc.Submit(ctx, lectern.Submission{Deck: deck(10)})
		if err != nil {
			return nil, nil, err
		}
		ids = append(ids, p.ID)
	}
	var out []lectern.Reporter
	for range n {
		select {
		case r := <-b.reporters:
			out = append(out, r)
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	return out, ids, nil
}

func (b *bed) close(ctx context.Context) error {
	close(b.over)
	return errors.Join(b.svc.Stop(ctx), b.storage.Close())
}

func deck(slides int) lectern.Deck {
	d := lectern.Deck{Title: "A talk", Theme: "dark-purple", Size: lectern.Size{Width: 1920, Height: 1080}}
	for range slides {
		d.Slides = append(d.Slides, lectern.Slide{Template: "content", Props: map[string]any{"title": "Hello"},
			Narration: "Hello."})
	}
	return d
}

// counter is a slog.Handler that counts the lines with one message.
type counter struct {
	slog.Handler
	message string
	n       *atomic.Int64
}

// Handle implements slog.Handler.
func (c *counter) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == c.message {
		c.n.Add(1)
	}
	return c.Handler.Handle(ctx, r)
}

// cost is the cost of one operation over all writers: the time of the run divided by the number of operations.
type cost struct {
	NS     float64 `json:"ns"`
	Allocs float64 `json:"allocs"` // -1: not counted
}

// timed runs op in n goroutines for about span. The allocations of the whole process during that time count.
func timed(n int, span time.Duration, op func(writer, i int) error) (cost, error) {
	var (
		wg     sync.WaitGroup
		total  atomic.Int64
		failed = make(chan error, n)
		m0, m1 runtime.MemStats
	)
	runtime.GC()
	runtime.ReadMemStats(&m0)
	start := time.Now()
	for w := range n {
		wg.Go(func() {
			i := 0
			for time.Since(start) < span {
				for range 64 {
					if err := op(w, i); err != nil {
						failed <- err
						return
					}
					i++
				}
			}
			total.Add(int64(i))
		})
	}
	wg.Wait()
	took := time.Since(start)
	runtime.ReadMemStats(&m1)
	select {
	case err := <-failed:
		return cost{}, err
	default:
	}
	ops := float64(total.Load())
	return cost{NS: float64(took.Nanoseconds()) / ops, Allocs: float64(m1.Mallocs-m0.Mallocs) / ops}, nil
}

// lectern measures the same operations in Lectern. Each writer has its own presentation, as each task has in Python.
// The flushes, with their fsyncs and log lines, run at the same time and are part of the figure.
func (r *report) lectern(ctx context.Context, dir string, each time.Duration) error {
	for _, n := range writers {
		if err := r.lecternWith(ctx, dir, n, each); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) lecternWith(ctx context.Context, dir string, n int, each time.Duration) error {
	b, err := newBed(ctx, filepath.Join(dir, "cost"+strconv.Itoa(n)))
	if err != nil {
		return err
	}
	reps, ids, err := b.begin(ctx, n)
	if err != nil {
		return err
	}
	c, err := timed(n, each, func(w, i int) error {
		reps[w].Report(lectern.Reported{Stage: lectern.StageEncoding, Progress: lectern.Progress(i / 1000),
			Message: "Encoding slide 3 of 10.", ETA: time.Minute})
		return nil
	})
	if err != nil {
		return err
	}
	r.put("lectern", fmt.Sprintf("update/%d", n), c)
	if c, err = timed(n, each, func(w, _ int) error { _, err := b.svc.Get(ctx, ids[w]); return err }); err != nil {
		return err
	}
	r.put("lectern", fmt.Sprintf("read/%d", n), c)
	if err := b.close(ctx); err != nil {
		return err
	}
	return r.beats(ctx, dir, n, each)
}

// beats makes n runs send heartbeats as fast as the writer commits them. A heartbeat costs the run itself nothing.
func (r *report) beats(ctx context.Context, dir string, n int, each time.Duration) error {
	b, err := newBed(ctx, filepath.Join(dir, "beats"+strconv.Itoa(n)),
		func(o *job.Options) { o.HeartbeatInterval = time.Microsecond })
	if err != nil {
		return err
	}
	if _, _, err := b.begin(ctx, n); err != nil {
		return err
	}
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	from, start := b.beats.Load(), time.Now()
	select {
	case <-time.After(each):
	case <-ctx.Done():
	}
	took, count := time.Since(start), float64(b.beats.Load()-from)
	runtime.ReadMemStats(&m1)
	r.put("lectern", fmt.Sprintf("heartbeat/%d", n),
		cost{NS: float64(took.Nanoseconds()) / count, Allocs: float64(m1.Mallocs-m0.Mallocs) / count})
	return b.close(ctx)
}
