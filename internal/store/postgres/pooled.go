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

// AddressError reports an address that leads to a database, but cannot be used.
type AddressError struct {
	Setting string // the setting that has the address
	Fault   string // what is wrong with it
	Allowed string // what the setting may have instead
}

// Error implements error.
func (e *AddressError) Error() string { return e.Fault }

// pooled returns the error for an address that leads to a pool which keeps no sessions.
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
	// looks is how often a connection is checked, and closeLooks where a pool is in between: a busy pool may assign the
	// same server by chance. A pool is in between if pg_backend_pid() is not the PID that was reported when connecting.
	looks, closeLooks = 2, 20
)

// examine finds out whether the connections of direct, an address in setting, are sessions of their own, and whether
// they lead to the database of cfg.
func examine(ctx context.Context, cfg, direct *pgx.ConnConfig, setting string) error {
	short, cancel := context.WithTimeout(ctx, examination)
	defer cancel()
	explain := func(err error) error {
		if _, ok := errors.AsType[*AddressError](err); ok {
			return err
		}
		if short.Err() != nil && ctx.Err() == nil {
			err = lectern.Fail(lectern.CodeOverloaded, "The database does not answer within %s. Try again in a moment.",
				examination).Because(err)
		}
		return failure("show whether it keeps sessions", err)
	}
	err := explain(keepsSessions(short, direct, setting))
	if f, ok := errors.AsType[*lectern.Failure](err); ok && setting != settingDB {
		f.Param = setting
	}
	if err == nil && cfg != direct {
		err = explain(sameDatabase(short, cfg, direct))
	}
	return err
}

// keepsSessions checks two connections: each must keep its server while the other is within a transaction, and never
// have that of the other. A pool in transaction mode assigns to the second connection the server that the first has
// just used, or afterwards assigns another server to the first.
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
		case isState(err, "08P01"): // from PgBouncer in statement mode, which allows no transactions
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

// sameDatabase checks that both addresses lead to one database: a lock that a session of direct holds is not free for a
// connection of cfg.
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

// withIdleLimit returns pool for database/sql. Every transaction sets its own idle limit, since an external pool
// passes a session, with its settings ([bound]), to another client.
func withIdleLimit(pool *pgxpool.Pool) *sql.DB {
	db := sql.OpenDB(idleLimitConnector{stdlib.GetPoolConnector(pool)})
	db.SetMaxIdleConns(0) // pool keeps them
	return db
}

type idleLimitConnector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c idleLimitConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return idleLimitConn{conn.(*stdlib.Conn)}, nil
}

type idleLimitConn struct{ *stdlib.Conn }

// idleLimit makes the server end the transaction of a process that has stalled, which unlocks its rows.
const idleLimit = "SET LOCAL idle_in_transaction_session_timeout = '5s'"

// BeginTx implements driver.ConnBeginTx.
func (c idleLimitConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
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

// begin runs f in a transaction that the server ends when it is idle for too long.
func (db *DB) begin(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, idleLimit); err != nil {
			return err
		}
		return f(tx)
	})
}
