package postgres_test

import (
	"database/sql"
	"os"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"

	"lectern/internal/soak"
	"lectern/internal/store/postgres"
	"lectern/internal/store/storetest"
)

// writeSchema makes the tables of an earlier build, with rows in them.
func writeSchema(t *testing.T, url string, version int64, rows string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

// Open brings a database of any earlier version up to date and keeps its rows.
func TestMigrateOutbox(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int64, len(files))
	for i := range all {
		all[i] = int64(i) + 1
	}
	for _, version := range soak.Pick(all, 1, int64(len(files))) {
		url := emptyDatabase(t)
		writeSchema(t, url, version, storetest.OldOutbox)
		storetest.Upgraded(t, postgres.NewStore(openDB(t, url), enqueue(nothing), ""))
	}
}
