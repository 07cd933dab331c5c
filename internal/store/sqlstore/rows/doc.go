// Package rows holds the queries of the store as typed functions. Everything but this comment is written by sqlc from
// queries.sql in the parent folder and the migrations of package sqlite: run `go generate` in the parent folder after a
// change.
package rows
