package postgres

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"lectern"
	"lectern/internal/tcptimeout"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// Defaults, where the address does not say otherwise (connect_timeout=…, pool_max_conns=…).
	connectTimeout = 10 * time.Second
	maxConns       = 6

	lostAfter = 15 * time.Second // time without an answer after which a connection is given up

	// The pool for sessions, where an external pool is used for the rest. It needs connections only while the tables are
	// brought up to date; sessionIdle later they are closed.
	sessionConns = 3
	sessionIdle  = time.Minute
)

// DB is a database that several nodes share.
type DB struct {
	pool *pgxpool.Pool // for work within a transaction
	// for what lasts longer than a transaction: locks, notifications, migrations; the same as pool if there is one address
	sessions *pgxpool.Pool
	sql      *sql.DB // pool, for database/sql
}

// Open connects to the database at url ("postgres://user:password@host/name") and brings the tables up to date. Of
// nodes that start at the same time, one does this and the others wait. A database that does not answer is
// CodeOverloaded, an invalid address CodeInvalidDeck, and an address of a pool that keeps no sessions an
// [AddressError]. No error contains the password.
func Open(ctx context.Context, url string) (*DB, error) { return OpenThrough(ctx, url, "") }

// OpenThrough is Open for a url that may go through a pool that assigns connections per transaction, such as PgBouncer
// in transaction mode. session is the address of the same database without that pool, used for what lasts longer than a
// transaction; empty means url.
func OpenThrough(ctx context.Context, url, session string) (*DB, error) {
	cfg, err := parse(url, settingDB)
	if err != nil {
		return nil, err
	}
	direct, setting := cfg, settingDB
	if session != "" {
		if direct, err = parse(session, settingSession); err != nil {
			return nil, err
		}
		setting = settingSession
		direct.MaxConns, direct.MaxConnIdleTime = sessionConns, sessionIdle
		byTransaction(cfg)
	}
	direct.AfterConnect = bound
	if err := examine(ctx, cfg.ConnConfig, direct.ConnConfig, setting); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, failure("be opened", err)
	}
	db := &DB{pool: pool, sessions: pool}
	if session == "" {
		db.sql = stdlib.OpenDBFromPool(pool)
	} else {
		if db.sessions, err = pgxpool.NewWithConfig(ctx, direct); err != nil {
			pool.Close()
			return nil, failure("be opened", err)
		}
		db.sql = withIdleLimit(pool)
	}
	if err := db.migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// The settings that hold addresses.
const (
	settingDB      = "db"
	settingSession = "db_session"
)

// parse reads the address that a setting has.
func parse(url, setting string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		f := lectern.Fail(lectern.CodeInvalidDeck, "The address of the database is not valid. Write it as "+
			"postgres://user:password@host:5432/name.")
		f.Param = setting
		return nil, f
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = maxConns
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "lectern"
	cfg.ConnConfig.DialFunc = dial
	return cfg, nil
}

// dial connects with settings of TCP that notice a server which has vanished without closing the connection.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second,
		Count: 3}}
	if network != "unix" {
		d.Control = tcptimeout.After(lostAfter)
	}
	return d.DialContext(ctx, network, addr)
}

// bound limits how long the server keeps what a stalled or unreachable process holds: locked rows, which would keep
// others from taking over, and the lock of a node, which would keep that node from coming back. By default, the server
// never ends an idle transaction, and notices only after hours that a process is unreachable.
func bound(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET idle_in_transaction_session_timeout = '5s'; SET tcp_user_timeout = '15s';
		SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`)
	return err
}

func (db *DB) migrate(ctx context.Context) error {
	sessions := stdlib.OpenDBFromPool(db.sessions)
	defer sessions.Close()
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return failure("read the migrations", err)
	}
	one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return failure("read the migrations", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, sessions, sub, goose.WithVerbose(false),
		goose.WithLogger(goose.NopLogger()), goose.WithSessionLocker(one))
	if err != nil {
		return failure("read the migrations", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return failure("bring the tables up to date", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err == nil && have > want {
		return lectern.Fail(lectern.CodeInUse, "The database was written by a newer Lectern (tables %d, this one knows %d). "+
			"Use that one, or another database.", have, want)
	}
	return failure("read the version of the tables", err)
}

// SQL returns the pool for the work queue, whose tables are in the same database.
func (db *DB) SQL() *sql.DB { return db.sql }

// Sessions returns a pool whose connections keep their session, for listeners and holders of locks.
func (db *DB) Sessions() *pgxpool.Pool { return db.sessions }

// apart reports whether sessions have an address of their own.
func (db *DB) apart() bool { return db.sessions != db.pool }

// Close ends all connections. Whatever uses the database must have been stopped.
func (db *DB) Close() error {
	err := db.sql.Close()
	db.pool.Close()
	if db.apart() {
		db.sessions.Close()
	}
	return err
}
