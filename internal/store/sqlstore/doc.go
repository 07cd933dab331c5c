// Package sqlstore is the job's store in SQL that SQLite and Postgres both speak. What a write means, which rows it
// touches and under which guards is written here once; a [Dialect] says what differs: how rows are locked where there is
// more than one writer, how others are told, and what an error means.
//
// The queries are in queries.sql and written for SQLite, whose schema sqlc reads; package rows is made of them by
// `go generate`. [Numbered] makes Postgres' placeholders of SQLite's. What keeps the two dialects one: tables have the
// same columns in both, times are microseconds, flags are 0 and 1, and lists and maps are JSON as text.
package sqlstore

//go:generate go tool -modfile=../../../tools/go.mod sqlc generate
