package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"lectern"
	"lectern/internal/store/sqlite"
)

// durable measures updates whose writer waits until they are fsynced, all with the same settings of the database:
// Lectern's (a recorded step, with its version, its event and its log line), a row UPDATE in its own transaction, and a
// River job for each update whose worker does that UPDATE.
func (r *report) durable(ctx context.Context, dir string, each time.Duration) error {
	r.Durable = map[string]float64{}
	for _, n := range writers {
		if err := r.durableLectern(ctx, filepath.Join(dir, fmt.Sprint("durable", n)), n, each); err != nil {
			return err
		}
		if err := r.durableRows(ctx, filepath.Join(dir, fmt.Sprint("rows", n)), n, each); err != nil {
			return err
		}
		if err := r.durableRiver(ctx, filepath.Join(dir, fmt.Sprint("river", n)), n, each); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) durableLectern(ctx context.Context, dir string, n int, each time.Duration) error {
	b, err := newBed(ctx, dir)
	if err != nil {
		return err
	}
	reps, _, err := b.begin(ctx, n)
	if err != nil {
		return err
	}
	c, err := timed(n, each, func(w, i int) error {
		reps[w].Report(lectern.Reported{Progress: lectern.Progress(min(i, 9000)), Message: fmt.Sprint("Step ", i)})
		return reps[w].StepDone(ctx, lectern.Step{Kind: lectern.StepEncode, Slide: 1, Key: fmt.Sprint(i)})
	})
	if err != nil {
		return err
	}
	r.Durable[fmt.Sprintf("lectern/%d", n)] = 1e9 / c.NS
	return b.close(ctx)
}

const naive = "UPDATE state SET progress = ?, message = ? WHERE id = ?"

// table creates the table for the naive updates, with n rows, in a database with Lectern's settings.
func table(ctx context.Context, dir string, n int) (*sqlite.DB, *sql.DB, error) {
	db, err := sqlite.Open(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	w := db.Writer()
	const create = "CREATE TABLE state (id INTEGER PRIMARY KEY, progress INTEGER, message TEXT)"
	if _, err := w.ExecContext(ctx, create); err != nil {
		return nil, nil, err
	}
	for id := range n {
		if _, err := w.ExecContext(ctx, "INSERT INTO state VALUES (?, 0, '')", id); err != nil {
			return nil, nil, err
		}
	}
	return db, w, nil
}

func (r *report) durableRows(ctx context.Context, dir string, n int, each time.Duration) error {
	db, w, err := table(ctx, dir, n)
	if err != nil {
		return err
	}
	c, err := timed(n, each, func(id, i int) error {
		_, err := w.ExecContext(ctx, naive, i, fmt.Sprint("Step ", i), id)
		return err
	})
	if err != nil {
		return err
	}
	r.Durable[fmt.Sprintf("row/%d", n)] = 1e9 / c.NS
	return db.Close()
}

// change is one update as a River job.
type change struct {
	ID int `json:"id"`
	N  int `json:"n"`
}

// Kind implements river.JobArgs.
func (change) Kind() string { return "change" }

type changer struct {
	river.WorkerDefaults[change]
	db   *sql.DB
	done atomic.Int64
}

// Work implements river.Worker.
func (c *changer) Work(ctx context.Context, j *river.Job[change]) error {
	_, err := c.db.ExecContext(ctx, naive, j.Args.N, fmt.Sprint("Step ", j.Args.N), j.Args.ID)
	c.done.Add(1)
	return err
}

// durableRiver counts the updates that workers have done, not the jobs inserted.
func (r *report) durableRiver(ctx context.Context, dir string, n int, each time.Duration) error {
	db, w, err := table(ctx, dir, n)
	if err != nil {
		return err
	}
	driver := riversqlite.New(w)
	quiet := slog.New(slog.DiscardHandler)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	work, bundle := &changer{db: w}, river.NewWorkers()
	river.AddWorker(bundle, work)
	client, err := river.NewClient(driver, &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 64}}, Workers: bundle, Logger: quiet,
		FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 10 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	start := time.Now()
	if _, err := timed(n, each, func(id, i int) error {
		if time.Since(start) > each {
			return nil // a batch of 64 takes long here
		}
		_, err := client.Insert(ctx, change{ID: id, N: i}, nil)
		return err
	}); err != nil {
		return err
	}
	r.Durable[fmt.Sprintf("river/%d", n)] = float64(work.done.Load()) / time.Since(start).Seconds()
	if err := client.StopAndCancel(ctx); err != nil {
		return err
	}
	return db.Close()
}
