package e2e

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
)

// keepsAll is a retention longer than the age of testdata/upgrade, so that clean-up removes none of its presentations.
const keepsAll = "LECTERN_RETENTION=876000h"

// J1, J8: the rows of an earlier version are read after an upgrade, and all presentations end well (testdata/upgrade).
func TestUpgradeOfSQLite(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join("testdata", "upgrade", "sqlite.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	packed, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	db, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "lectern.db"), db, 0o644); err != nil { // as that version did
		t.Fatal(err)
	}
	upgraded(serve(t, plain, keepsAll, "LECTERN_DATA="+data))
}

// The same on Postgres.
func TestUpgradeOfPostgres(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	rows, err := os.ReadFile(filepath.Join("testdata", "upgrade", "postgres.sql"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), c.url)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.PgConn().Exec(t.Context(), string(rows)).ReadAll()
	_ = conn.Close(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	upgraded(c.node("all", keepsAll))
}

// upgraded checks the four presentations of testdata/upgrade on a server of the current version.
func upgraded(s *server) {
	t := s.t
	t.Helper()
	var list struct {
		Presentations []struct{ ID, Title, Status string }
	}
	if err := json.Unmarshal(s.must("GET", "/v1/presentations", "").body, &list); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, p := range list.Presentations {
		ids[p.Title] = p.ID
	}
	if len(ids) != 4 {
		t.Fatalf("the list has %+v", list.Presentations)
	}
	if p, err := s.get("/v1/presentations/" + ids["Failed"]); err != nil || p.Status != "failed" || p.Attempt != 1 {
		t.Fatalf("before its retry the failed one is %+v %v", p, err)
	}
	if a := s.must("POST", "/v1/presentations/"+ids["Failed"]+"/retry", ""); a.status >= 300 {
		t.Fatalf("retry: %d %s", a.status, a.body)
	}
	for title, want := range map[string]struct{ attempt, slides int }{
		"Completed": {1, 0}, "Failed": {2, 1}, "Interrupted": {2, 3}, "Queued": {1, 3},
	} {
		if p := s.awaitEnd(ids[title]); p.Status != "completed" || p.Attempt != want.attempt || p.Progress != 100 {
			t.Fatalf("%s: %+v", title, p)
		}
		if want.slides == 0 {
			continue // its files are not in testdata
		}
		m := inspect(t, s.download("/v1/presentations/"+ids[title]+"/video", "video.mp4"))
		if len(m.chapters) != want.slides {
			t.Errorf("%s: the video has the chapters %q", title, m.chapters)
		}
	}
}
