package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/sqlite"
	"lectern/internal/store/storetest"
)

// writeSchema makes a data folder as an earlier build left it, with rows in it.
func writeSchema(t *testing.T, dir string, version int64, rows string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "lectern.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(rows); err != nil {
		t.Fatal(err)
	}
}

// Open brings a data folder of any version that has an outbox up to date and keeps its rows.
func TestMigrateOutbox(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for version := int64(2); version <= int64(len(files)); version++ {
		dir := t.TempDir()
		writeSchema(t, dir, version, storetest.OldOutbox)
		db := openDB(t, dir)
		storetest.Upgraded(t, sqlite.NewStore(db, enqueue(func(storetest.Ticket) error { return nil })))
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Open brings a data folder of the first release up to date. It keeps all rows, and what is new works on them.
func TestMigrateFromSchema1(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, err := os.ReadFile("testdata/schema1.sql")
	if err != nil {
		t.Fatal(err)
	}
	writeSchema(t, dir, 1, string(old))
	db := openDB(t, dir)
	defer db.Close()
	s, ctx := sqlite.NewStore(db, enqueue(func(storetest.Ticket) error { return nil })), t.Context()
	at := func(seconds int64) time.Time { return time.Unix(1764000000+seconds, 0).UTC() }

	done := lectern.Presentation{
		ID: "done", Owner: lectern.DefaultOwner, Title: "Grüße", Status: lectern.StatusCompleted, Stage: "done",
		Progress: lectern.Done, Message: "The video is ready.",
		SlidesDone: 2, SlidesTotal: 2, Version: 3, Attempt: 1, CreatedAt: at(0), StartedAt: at(1), CompletedAt: at(9),
		LastHeartbeat: at(8),
		Warnings:      []lectern.Warning{{Code: "c", Message: "m", Slide: 2}}, Metadata: map[string]string{"k": "v"},
		ExpiresAt: at(9).AddDate(0, 0, 7),
	}
	equal := func(what string, got any, err error, want any) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", what, got, err, want)
		}
	}
	got, err := s.Get(ctx, "done")
	equal("presentation", got, err, done)
	versions, err := s.Versions(ctx, "done", 0, 10)
	equal("versions", len(versions), err, 3)
	deck, err := s.Deck(ctx, "done")
	equal("deck", deck.Title, err, "Grüße")
	artifacts, err := s.Artifacts(ctx, "done")
	equal("artifacts", artifacts, err, []lectern.Artifact{{Kind: lectern.ArtifactVideo, Key: "done/1/video.mp4",
		ContentType: "video/mp4", Size: 12345, SHA256: "aa"}})
	steps, err := s.Steps(ctx, "running")
	equal("steps", len(steps), err, 1)
	leases, err := s.Silent(ctx, at(1000))
	equal("leases", leases, err, []job.Lease{{ID: "running", Attempt: 1, Heartbeat: at(102)}})
	due, err := s.Due(ctx, at(309))
	equal("due", due, err, job.Due{Scratch: []string{"leaving", "done"}, Removing: []string{"leaving"}, Next: at(604809)})
	if _, err := s.Get(ctx, "leaving"); !errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		t.Errorf("a presentation that is being removed gives %v", err)
	}

	if err := s.PutEndpoint(ctx, lectern.Endpoint{ID: "e", URL: "https://e.example.com", CreatedAt: at(200)}); err != nil {
		t.Fatal(err)
	}
	outs, err := s.Commit(ctx, []job.Write{
		job.TestWrite(t, job.WriteSpec{ID: "running", At: at(300), Events: []lectern.Event{lectern.Completed{Attempt: 1}}}),
		job.TestWrite(t, job.WriteSpec{ID: "leaving", Purge: true}),
	})
	if err != nil || outs[0].Err != nil || outs[1].Err != nil {
		t.Fatal(outs, err)
	}
	deliveries, err := s.Deliveries(ctx, lectern.DeliveryFilter{})
	equal("deliveries", len(deliveries), err, 1)
}
