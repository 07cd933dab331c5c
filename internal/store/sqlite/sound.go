package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"lectern"
)

// checkedWhole is the size up to which a database is read completely when it is opened, which takes some hundredths of
// a second. Of a larger one, only the first and the last row of each table are read. This finds a file that is not a
// database, and one that is truncated, but not every overwritten page.
const checkedWhole = 16 << 20

// damaged is the failure for a database that SQLite cannot read.
func damaged() *lectern.Failure {
	return lectern.Fail(lectern.CodeDamaged, "The database %s is damaged and cannot be used. Stop all servers, then "+
		"restore a copy of the data folder, "+
		"or move %[1]s and the files whose names begin with it elsewhere to start with an empty database.", fileName)
}

// sound checks the database at path for damage before anything is written to it; the file may not exist yet.
func (db *DB) sound(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return failure("read its file "+path, err)
	}
	if info.Size() <= checkedWhole {
		return db.checkWhole(ctx)
	}
	names, err := db.tables(ctx)
	for _, name := range names {
		for _, order := range []string{"ASC", "DESC"} {
			if err == nil {
				_, err = db.write.ExecContext(ctx, fmt.Sprintf(`SELECT * FROM %q ORDER BY rowid %s LIMIT 1`, name, order))
			}
		}
	}
	return failure("be read", err)
}

func (db *DB) checkWhole(ctx context.Context) error {
	var result string
	if err := db.write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result); err != nil {
		return failure("be read", err)
	}
	if result != "ok" {
		return damaged().Because(errors.New(result))
	}
	return nil
}

// tables lists the tables that have rows of their own.
func (db *DB) tables(ctx context.Context) ([]string, error) {
	rows, err := db.write.QueryContext(ctx,
		`SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, ddl string
		if err := rows.Scan(&name, &ddl); err != nil {
			return nil, err
		}
		if ddl = strings.ToUpper(ddl); !strings.Contains(ddl, "WITHOUT ROWID") && !strings.HasPrefix(ddl, "CREATE VIRTUAL") {
			names = append(names, name)
		}
	}
	return names, rows.Err()
}
