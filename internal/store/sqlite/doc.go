// Package sqlite keeps presentations in one SQLite file, without cgo.
//
// SQLite takes one writer at a time. So there is one writing connection, whose transactions take the write lock when
// they begin, and a pool of connections that can only read beside it; in WAL mode readers and the writer do not wait
// for each other. synchronous=FULL makes a commit survive a power cut, and a reader sees a commit only after its fsync
// (J4).
//
// One connection has a trap: whoever asks the pool for it inside a transaction waits for himself. Transactions never
// leave this package, but for the hook that puts a ticket into the work queue, and that is handed the transaction and
// has nothing else to write with.
//
// This package opens the file and says what SQLite does in its own way; the queries are in package sqlstore.
package sqlite
