// Package sqlitetest prepares data folders for tests of what is stored in SQLite.
//
// A new database goes through all migrations, which takes longer than most tests of it. Prepare copies one that was
// made once.
package sqlitetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"lectern/internal/store/sqlite"
)

const fileName = "lectern.db"

// Prepare puts an empty database with all tables into dir, which exists. sqlite.Open then has nothing to migrate. An
// existing database is left as it is.
func Prepare(dir string) error {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b, err := empty()
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "lectern-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	db, err := sqlite.Open(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // moves all of it from the log into the file
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, fileName))
})
