package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"lectern"
)

// AddressError is an address that leads to a database, but not to one that can be worked with.
type AddressError struct {
	Setting string // that holds the address
	Fault   string // what is wrong with it
	Allowed string // what may stand there
}

// Error implements error.
func (e *AddressError) Error() string { return e.Fault }

// pooled is the fault of an address that leads to a pool which keeps no sessions.
func pooled(setting string) error {
	e := &AddressError{Setting: setting, Allowed: "the address of the database itself"}
	e.Fault = "it leads to a pool that gives out connections by the transaction, such as PgBouncer in transaction mode, " +
		"and locks and notifications need sessions of their own"
	if setting == settingDB {
		e.Allowed += ", or that of the pool with the database's own address in " + settingSession
	}
	return e
}

const (
	// examination is how long a database may take to show whether it keeps sessions.
	examination = 10 * time.Second
	// How many checks a connection gets. One whose server is always the one that it reported at the start gets looks;
	// one with a pool in between gets closeLooks, since a busy pool may return the same server by chance.
	looks, closeLooks = 2, 20
)

// examine finds out whether the connections of direct, an address in setting, are sessions of their own, and whether
// they lead to the database of cfg.
func examine(ctx context.Context, cfg, direct *pgx.ConnConfig, setting string) error {
	short, cancel := context.WithTimeout(ctx, examination)
	defer cancel()
	said := func(err error) error {
		if _, ok := errors.AsType[*AddressError](err); ok {
			return err
		}
		if short.Err() != nil && ctx.Err() == nil {
			err = lectern.Fail(lectern.CodeOverloaded, "The database does not answer within %s. Try again in a moment.",
				examination).Because(err)
		}
		return failure("show whether it keeps sessions", err)
	}
	err := said(keepsSessions(short, direct, setting))
	if f, ok := errors.AsType[*lectern.Failure](err); ok && setting != settingDB {
		f.Param = setting
	}
	if err == nil && cfg != direct {
		err = said(sameDatabase(short, cfg, direct))
	}
	return err
}

// keepsSessions checks two connections: each must keep its server while the other is within a transaction, and never
// have that of the other. A pool per transaction assigns to the second connection the server that the first has just
// used, or another one to the first afterwards.
func keepsSessions(ctx context.Context, cfg *pgx.ConnConfig, setting string) error {
	one, err := pgconn.ConnectConfig(ctx, &cfg.Config)
	if err != nil {
		return err
	}
	defer hangUp(ctx, one)
	other, err := pgconn.ConnectConfig(ctx, &cfg.Config)
	if err != nil {
		return err
	}
	defer hangUp(ctx, other)
	const which = "SELECT pg_backend_pid()"
	first, err := ask(ctx, one, which)
	if err != nil {
		return err
	}
	n := looks
	if first != fmt.Sprint(one.PID()) {
		n = closeLooks
	}
	for range n {
		theirs, err := ask(ctx, other, "BEGIN; "+which)
		switch {
		case isState(err, "08P01"): // what PgBouncer says in statement mode, where there are no transactions
			return pooled(setting)
		case err != nil:
			return err
		case theirs == first:
			return pooled(setting)
		}
		switch again, err := ask(ctx, one, which); {
		case err != nil:
			return err
		case again != first:
			return pooled(setting)
		}
		if _, err := ask(ctx, other, "ROLLBACK"); err != nil {
			return err
		}
	}
	return nil
}

// sameDatabase takes a lock of a session, which must be seen from the other side of the pool.
func sameDatabase(ctx context.Context, cfg, direct *pgx.ConnConfig) error {
	session, err := pgconn.ConnectConfig(ctx, &direct.Config)
	if err != nil {
		return err
	}
	defer hangUp(ctx, session)
	key := rand.Int64()
	if _, err := ask(ctx, session, fmt.Sprintf("SELECT pg_advisory_lock(%d)", key)); err != nil {
		return err
	}
	conn, err := pgconn.ConnectConfig(ctx, &cfg.Config)
	if err != nil {
		return err
	}
	defer hangUp(ctx, conn)
	free, err := ask(ctx, conn, fmt.Sprintf("SELECT pg_try_advisory_xact_lock(%d)", key))
	if err == nil && free == "t" {
		return &AddressError{settingSession, "it leads to another database than " + settingDB,
			"another address of the database in " + settingDB}
	}
	return err
}

// ask runs statements by the simple protocol, which every pool supports, and returns the last value.
func ask(ctx context.Context, conn *pgconn.PgConn, statements string) (string, error) {
	results, err := conn.Exec(ctx, statements).ReadAll()
	if err != nil {
		return "", err
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0]), nil
	}
	return "", nil
}

func hangUp(ctx context.Context, conn *pgconn.PgConn) {
	_ = conn.Close(context.WithoutCancel(ctx))
}

// byTransaction makes a pool use nothing that outlasts a transaction on a connection: no prepared statements.
func byTransaction(cfg *pgxpool.Config) {
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.ConnConfig.StatementCacheCapacity, cfg.ConnConfig.DescriptionCacheCapacity = 0, 0
}

// shortly returns pool for database/sql. Every transaction sets its own idle limit, since a session's setting ([bound])
// soon belongs to another client.
func shortly(pool *pgxpool.Pool) *sql.DB {
	db := sql.OpenDB(shortConnector{stdlib.GetPoolConnector(pool)})
	db.SetMaxIdleConns(0) // pool keeps them
	return db
}

type shortConnector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c shortConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return shortConn{conn.(*stdlib.Conn)}, nil
}

type shortConn struct{ *stdlib.Conn }

// idleLimit ends the transaction of a process that stands still, and lets go of its rows.
const idleLimit = "SET LOCAL idle_in_transaction_session_timeout = '5s'"

// BeginTx implements driver.ConnBeginTx.
func (c shortConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	if _, err := c.Conn.Conn().Exec(ctx, idleLimit); err != nil {
		_ = tx.Rollback()
		return nil, err
	}
	return tx, nil
}

// begin runs f in a transaction that may not stand still.
func (db *DB) begin(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, idleLimit); err != nil {
			return err
		}
		return f(tx)
	})
}
