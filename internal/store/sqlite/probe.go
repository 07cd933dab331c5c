package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"lectern"
)

// Probe reads the database in dir while another process may use it, and changes nothing. there is false if there is
// none.
func Probe(ctx context.Context, dir string) (there bool, err error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	db, err := sql.Open("sqlite", dsn(path, "ro", "query_only(1)"))
	if err == nil {
		var n int
		err = db.QueryRowContext(ctx, "SELECT count(*) FROM presentations").Scan(&n)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		return true, lectern.Fail(lectern.CodeInternal, "The database %s cannot be read. Restore it from a copy, or choose "+
			"another folder with the setting data.", path).Because(err)
	}
	return true, nil
}
