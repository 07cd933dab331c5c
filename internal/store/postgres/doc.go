// Package postgres keeps presentations in Postgres, for several nodes at once.
//
// The queries are those of package sqlstore. What is Postgres' own: a transaction locks what it is about before it looks
// at it, names first and rows after them, each in order, so that nodes wait for one another and never in a circle; a
// commit carries a NOTIFY with the id and the version of what changed and the node that changed it, and nothing else;
// whether a run is silent is decided by the database's clock; and a living node holds an advisory lock, which Postgres
// lets go within moments of its death (see [Node]).
package postgres
