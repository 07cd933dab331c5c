package job_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/queue"
	"lectern/internal/store/sqlite"
	"lectern/internal/store/sqlitetest"
	"lectern/internal/store/sqlstore"
)

// A world is a service with its store, queue and data folder.
type world struct {
	t     testing.TB
	dir   string
	db    *sqlite.DB
	store *sqlite.Store
	queue testQueue
	svc   *job.Service
	logs  *logBuffer
	files *removals
}

type testQueue interface {
	job.Queue
	sqlstore.Enqueuer
}

type runFunc = func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error)

// open makes a world without starting its service. Its queue is River, or the immediate one.
func open(t testing.TB, dir string, river bool, run runFunc, set ...func(*job.Options)) *world {
	t.Helper()
	w := &world{t: t, dir: dir, logs: &logBuffer{}, files: &removals{}}
	ctx := context.Background()
	if err := sqlitetest.Prepare(dir); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	w.db = db
	// No test here cuts the power, and on a busy disk an fsync takes half a second.
	if _, err := db.Writer().Exec("PRAGMA synchronous=OFF"); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(w.logs, nil))
	if river {
		if w.queue, err = queue.OnSQLite(ctx, db.Writer(), logger); err != nil {
			t.Fatal(err)
		}
	} else {
		w.queue = newImmediate()
	}
	w.store = sqlite.NewStore(db, w.queue)
	o := job.Options{
		Store: w.store, Queue: w.queue, Files: w.files, Run: run, ScratchDir: filepath.Join(dir, "scratch"),
		Node: "test", Logger: logger, Workers: 8,
	}
	for _, s := range set {
		s(&o)
	}
	if w.svc, err = job.New(o); err != nil {
		t.Fatal(err)
	}
	return w
}

// begin makes a world on a fresh folder, starts it, and ends it with the test.
func begin(t testing.TB, run runFunc, set ...func(*job.Options)) *world {
	t.Helper()
	w := open(t, t.TempDir(), false, run, set...)
	w.start()
	t.Cleanup(w.close)
	return w
}

// patience is how long a test waits before it fails. It is long, so that a busy machine does not fail a test.
const patience = 10 * time.Minute

func (w *world) start() {
	w.t.Helper()
	if err := w.svc.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) close() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.svc.Stop(ctx); err != nil {
		w.t.Errorf("stop: %v", err)
	}
	if err := w.db.Close(); err != nil {
		w.t.Errorf("close: %v", err)
	}
}

func (w *world) create(slides int) lectern.Presentation {
	w.t.Helper()
	p, err := w.svc.Submit(context.Background(), lectern.Submission{Deck: testDeck(slides)})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) get(id string) lectern.Presentation {
	w.t.Helper()
	p, err := w.svc.Get(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// until watches id until a version satisfies ok, and returns that version.
func (w *world) until(id string, ok func(lectern.Presentation) bool) lectern.Presentation {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for p, err := range w.svc.Watch(ctx, id, 0) {
		if err != nil {
			w.t.Fatal(err)
		}
		if ok(p) {
			return p
		}
	}
	w.t.Fatalf("the presentation %s never met the condition: it is %+v", id, w.get(id))
	return lectern.Presentation{}
}

func (w *world) ended(id string) lectern.Presentation {
	w.t.Helper()
	return w.until(id, func(p lectern.Presentation) bool { return p.Status.Terminal() })
}

func is(s lectern.Status) func(lectern.Presentation) bool {
	return func(p lectern.Presentation) bool { return p.Status == s }
}

func testDeck(slides int) lectern.Deck {
	d := lectern.Deck{Title: "A talk", Theme: "dark-purple", Size: lectern.Size{Width: 1920, Height: 1080},
		Metadata: map[string]string{"for": "the test"}}
	for range slides {
		d.Slides = append(d.Slides, lectern.Slide{Template: "content", Props: map[string]any{"title": "Hello"},
			Narration: "Hello."})
	}
	return d
}

// immediate is a queue without a database: it hands a ticket out at once. A ticket whose transaction fails is handed
// out as well; the presentation refuses it.
type immediate struct {
	numbers atomic.Int64
	tickets chan ticket
	quit    chan struct{}
	wg      sync.WaitGroup
}

type ticket struct {
	id      string
	attempt int
}

func newImmediate() *immediate {
	return &immediate{tickets: make(chan ticket, 100_000), quit: make(chan struct{})}
}

func (q *immediate) Enqueue(_ context.Context, _ *sql.Tx, id string, attempt int, _ bool) (int64, error) {
	q.tickets <- ticket{id, attempt}
	return q.numbers.Add(1), nil
}

func (q *immediate) Start(_ context.Context, workers int, _ bool, work func(context.Context, string, int) error) error {
	for range workers {
		q.wg.Go(func() {
			for {
				select {
				case <-q.quit:
					return
				case t := <-q.tickets:
					if work(context.Background(), t.id, t.attempt) != nil {
						select {
						case <-q.quit:
							return
						case <-time.After(50 * time.Millisecond):
							q.tickets <- t
						}
					}
				}
			}
		})
	}
	return nil
}

func (q *immediate) Stop(context.Context) error {
	select {
	case <-q.quit:
	default:
		close(q.quit)
	}
	q.wg.Wait()
	return nil
}

// removals counts the calls of RemoveArtifacts by presentation.
type removals struct {
	mu   sync.Mutex
	ids  map[string]int
	fail error
}

func (r *removals) RemoveArtifacts(_ context.Context, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	if r.ids == nil {
		r.ids = map[string]int{}
	}
	r.ids[id]++
	return nil
}

func (r *removals) count(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[id]
}

func (r *removals) failWith(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

// logBuffer is a log file in memory.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*logBuffer)(nil)

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// spend lets real time pass, as a run or a user takes it. It is a part of the load; no test waits for an outcome with
// it.
func spend(d time.Duration) { <-time.After(d) }

func succeed(_ context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
	for i := range j.Deck.Slides {
		r.Report(lectern.Reported{Stage: lectern.StageEncoding,
			Progress: lectern.ProgressOf(float64(i) / float64(len(j.Deck.Slides))), SlidesDone: i})
	}
	return []lectern.Artifact{{Kind: lectern.ArtifactVideo, Key: j.ID + "/1/video.mp4", ContentType: "video/mp4", Size: 3,
		SHA256: "00"}}, nil
}
