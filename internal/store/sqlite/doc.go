// Package sqlite keeps presentations in one SQLite file, without cgo.
//
// SQLite takes one writer at a time. So there is one writing connection, whose transactions take the write lock when
// they begin, and next to it a pool of read-only connections; in WAL mode readers and the writer do not wait for each
// other. synchronous=FULL makes a commit survive a power cut, and a reader sees a commit only after its fsync (J4).
//
// One connection has a trap: code that asks the pool for it within a transaction waits for itself. So code that runs
// within a transaction must not use the pool. The hook that queues a ticket receives the transaction for this.
//
// This package opens the file and handles what is special to SQLite; the queries are in package sqlstore.
package sqlite
