// Package sqlstore is the job's store in SQL that SQLite and Postgres both speak. It defines once what a write means,
// which rows it changes and under which guards. A [Dialect] has the differences: how rows are locked where there is
// more than one writer, how other processes are notified, and what an error means.
//
// The queries are in queries.sql, for SQLite, whose schema sqlc reads; `go generate` makes package rows from them.
// [Numbered] turns SQLite's placeholders into Postgres'. Postgres has all columns of SQLite's tables, times are
// microseconds, flags are 0 and 1, and lists and maps are JSON as text.
package sqlstore

//go:generate go tool -modfile=../../../tools/go.mod sqlc generate
