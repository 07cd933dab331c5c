// Package rows holds the queries of the store as typed functions. Everything but this comment is written by sqlc from
// queries.sql and the migrations beside it: run `go generate` in the folder above after a change.
package rows
