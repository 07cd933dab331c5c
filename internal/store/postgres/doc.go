// Package postgres keeps presentations in Postgres, for several nodes at once.
//
// The queries are those of package sqlstore. Postgres differs from SQLite in four ways. A transaction locks everything
// that it writes before it reads it, names first and rows after them, each in order, so that nodes wait for each other
// but never in a circle. A commit sends a NOTIFY for each presentation that changed, with its id, its version and the
// node that changed it, and nothing else. The database's clock decides whether a run is silent. A living node holds an
// advisory lock, which Postgres releases within moments of its death (see [Node]).
package postgres
