package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"lectern"
)

// looks is how often a pooler is asked whether it shares connections, in case that others use it at the same time.
const looks = 5

// unshared refuses a database behind a pooler that gives each transaction another connection: locks, notifications and
// prepared statements would be lost. param is the setting with the address.
func unshared(ctx context.Context, cfg *pgx.ConnConfig, param string) error {
	cfg = cfg.Copy()
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	first, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return failure("open the database", err)
	}
	defer func() { _ = first.Close(context.WithoutCancel(ctx)) }()
	var at uint32
	const who = "SELECT pg_backend_pid()"
	if err := first.QueryRow(ctx, who).Scan(&at); err != nil {
		return failure("say which connection it is", err)
	}
	if at == first.PgConn().PID() {
		return nil // a pooler has numbers of its own
	}
	second, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return failure("open the database", err)
	}
	defer func() { _ = second.Close(context.WithoutCancel(ctx)) }()
	for range looks {
		var other, again uint32
		if err := second.QueryRow(ctx, who).Scan(&other); err != nil {
			return failure("say which connection it is", err)
		}
		if err := first.QueryRow(ctx, who).Scan(&again); err != nil {
			return failure("say which connection it is", err)
		}
		if other == at || again != at {
			return refuse(param)
		}
	}
	return nil // the pooler is in session mode
}

func refuse(param string) error {
	f := lectern.Fail(lectern.CodeInvalidDeck, "The address in %s leads through a pooler such as PgBouncer in transaction mode, where locks and "+
		"notifications are lost. Set db_session to the address of the database itself; db may then lead through the pooler.", param)
	f.Param = param
	return f
}

// same refuses two addresses that lead to different databases.
func (db *DB) same(ctx context.Context) error {
	if !db.beside {
		return nil
	}
	const which = "SELECT current_database() || ' since ' || extract(epoch FROM pg_postmaster_start_time())::text"
	var one, other string
	err := db.pool.QueryRow(ctx, which).Scan(&one)
	if err == nil {
		err = db.session.QueryRow(ctx, which).Scan(&other)
	}
	if err == nil && one != other {
		f := lectern.Fail(lectern.CodeInvalidDeck, "The addresses in db and db_session lead to different databases. They must lead to the same one.")
		f.Param = "db_session"
		return f
	}
	return failure("say which one it is", err)
}
