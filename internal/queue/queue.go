// Package queue hands queued presentations to workers. It is the only package of the program that imports River.
//
// River does what a queue must do: it stores a ticket in the transaction that makes a presentation queued, hands
// tickets out in order, retries them, and does so on SQLite and on Postgres. It has no fencing, and it rescues by age
// only. So the end of a River job is never the end of a presentation: a ticket names the attempt that it begins, and
// the presentation itself refuses a late or repeated ticket.
//
// A River client can insert in the caller's transaction or in one of its own. On a database with one writing connection
// the second way, used within a transaction, waits for ever. This package makes that impossible: it hides the client,
// and [Queue.Enqueue], the only way to insert, takes a transaction.
package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

const (
	// A ticket is tried again until the store accepts the beginning of its attempt, and River counts each rescue as a
	// try.
	maxAttempts = 10_000
	// River must never rescue a run by age: the job service has its own limit, far below this.
	longest = 30 * 24 * time.Hour
	// The shortest time between two fetches of tickets.
	fetchCooldown = 5 * time.Millisecond
	// Pause between a failed try of a ticket and the next.
	retryPause = time.Second
	// The time at which a waiting ticket is due. By default River uses the time of insertion, so after the clock is set
	// back, waiting tickets would not be taken until it is that late again. Of tickets with the same time, the one
	// with the lower number comes first.
	always = "1970-01-01 00:00:00"
	// A resumed presentation comes before those that never ran.
	priorityResumed, priorityNew = 1, 2
)

// Queue is a work queue in a database whose transactions are Tx. Make one with [OnSQLite] or [OnPostgres].
type Queue[Tx any] struct {
	driver riverdriver.Driver[Tx]
	node   string            // stored in the tickets that this process takes; "": River's choice
	insert *river.Client[Tx] // only inserts
	share  *share            // this node's share of the tickets; nil on SQLite
	log    *slog.Logger

	mu   sync.Mutex // guards work
	work *river.Client[Tx]
}

// OnSQLite makes a queue in the database of db, its single writing connection, and brings the queue's tables up to
// date. River's warnings go to log; nil discards them.
func OnSQLite(ctx context.Context, db *sql.DB, log *slog.Logger) (*Queue[*sql.Tx], error) {
	driver := riversqlite.New(db)
	return open(ctx, driver, driver, "", log)
}

// open makes a queue on driver, after migrator, which uses the same tables, has brought them up to date.
func open[Tx any](ctx context.Context, driver, migrator riverdriver.Driver[Tx], node string,
	log *slog.Logger) (*Queue[Tx], error) {
	q := &Queue[Tx]{driver: driver, node: node, log: quiet(log)}
	m, err := rivermigrate.New(migrator, &rivermigrate.Config{Logger: q.log})
	if err != nil {
		return nil, fmt.Errorf("queue: read the migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("queue: migrate the tables: %w", err)
	}
	if q.insert, err = river.NewClient(driver, &river.Config{Logger: q.log, FetchCooldown: fetchCooldown}); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return q, nil
}

// ticket is a stored entry of the queue: begin this attempt of this presentation.
type ticket struct {
	ID      string `json:"id"`
	Attempt int    `json:"attempt"`
}

// Kind implements river.JobArgs.
func (ticket) Kind() string { return "presentation" }

// Enqueue adds a ticket to the queue in tx, and returns its number. A resumed presentation comes before the others, and
// among equals the ticket with the lower number.
func (q *Queue[Tx]) Enqueue(ctx context.Context, tx Tx, id string, attempt int, resumed bool) (int64, error) {
	opts := &river.InsertOpts{MaxAttempts: maxAttempts, Priority: priorityNew}
	if resumed {
		opts.Priority = priorityResumed
	}
	row, err := q.insert.InsertTx(ctx, tx, ticket{ID: id, Attempt: attempt}, opts)
	if err != nil {
		return 0, err
	}
	return row.Job.ID, q.driver.UnwrapExecutor(tx).
		Exec(ctx, fmt.Sprintf("UPDATE river_job SET scheduled_at = '%s' WHERE "+
			"id = %d", always, row.Job.ID))
}

// Start implements the job service's port: work is called for each ticket, at most workers at a time. ctx bounds only
// the start. A queue can be started again after Stop.
func (q *Queue[Tx]) Start(ctx context.Context, workers int, alone bool,
	work func(ctx context.Context, id string, attempt int) error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.work != nil {
		return errors.New("queue: already started")
	}
	if alone {
		if err := q.rescue(ctx); err != nil {
			return fmt.Errorf("queue: return the running tickets: %w", err)
		}
	}
	bundle := river.NewWorkers()
	if err := river.AddWorkerSafely(bundle, &worker{work: work}); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	client, err := river.NewClient(q.driver, &river.Config{
		ID:                          q.node,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Workers:                     bundle,
		Logger:                      q.log,
		FetchCooldown:               fetchCooldown,
		JobTimeout:                  longest,
		RescueStuckJobsAfter:        longest + time.Hour,
		RetryPolicy:                 steadily{},
		ReindexerIndexNames:         []string{}, // the tables stay small
		CompletedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("queue: start: %w", err)
	}
	q.work = client
	return nil
}

// Stop implements the job service's port: it takes no more tickets and waits for the workers until ctx ends. It does
// not interrupt the workers; the job service does.
func (q *Queue[Tx]) Stop(ctx context.Context) error {
	q.mu.Lock()
	client := q.work
	q.mu.Unlock()
	if client == nil {
		return nil
	}
	if err := client.Stop(ctx); err != nil {
		return fmt.Errorf("queue: stop: %w", err)
	}
	q.mu.Lock()
	q.work = nil
	q.mu.Unlock()
	return nil
}

// rescue makes every running ticket available again. It is only correct if no other process can be running one.
func (q *Queue[Tx]) rescue(ctx context.Context) error {
	const batch = 500
	exec := q.driver.GetExecutor()
	horizon := time.Now().AddDate(100, 0, 0) // for tickets of any age
	for after := int64(0); ; {
		jobs, err := exec.JobGetStuck(ctx,
			&riverdriver.JobGetStuckParams{AfterID: after, Max: batch, StuckHorizon: horizon})
		if err != nil || len(jobs) == 0 {
			return err
		}
		p := &riverdriver.JobRescueManyParams{StuckHorizon: horizon}
		for _, j := range jobs {
			p.ID = append(p.ID, j.ID)
			p.Error = append(p.Error, []byte(`{"error":"the process ended"}`))
			p.FinalizedAt = append(p.FinalizedAt, nil)
			p.ScheduledAt = append(p.ScheduledAt, time.Unix(0, 0))
			p.State = append(p.State, string(rivertype.JobStateAvailable))
			after = j.ID
		}
		if _, err := exec.JobRescueMany(ctx, p); err != nil {
			return err
		}
	}
}

// worker is River's view of the job service.
type worker struct {
	river.WorkerDefaults[ticket]
	work func(ctx context.Context, id string, attempt int) error
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, j *river.Job[ticket]) error {
	return w.work(ctx, j.Args.ID, j.Args.Attempt)
}

// steadily retries after the same short pause each time.
type steadily struct{}

// NextRetry implements river.ClientRetryPolicy.
func (steadily) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(retryPause) }
