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
	"lectern/internal/lost"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Defaults of a pool, where the address does not say otherwise (pool_max_conns=…).
const (
	connectTimeout = 10 * time.Second
	maxConns       = 6
	sessionConns   = 3                // at once, and only at the start: migrations, their lock, and who listens
	lostAfter      = 15 * time.Second // a connection that leads nowhere
)

// DB is a database that several nodes share.
type DB struct {
	pool    *pgxpool.Pool
	sql     *sql.DB
	session *pgxpool.Pool // for what needs a session of its own; the same as pool where beside is false
	beside  bool          // pool leads through a pooler, which shares connections between transactions
}

// Open connects to the database at url ("postgres://user:password@host/name") and brings the tables up to date; of nodes
// that start at once, one does it and the others wait. A database that does not answer is CodeOverloaded, an address
// that makes no sense CodeInvalidDeck; neither repeats the password.
func Open(ctx context.Context, url string) (*DB, error) { return OpenBeside(ctx, url, "") }

// OpenBeside is Open where url may lead through a pooler such as PgBouncer in transaction mode, and session to the same
// database directly, for notifications, locks and migrations. An empty session means that url serves for all.
func OpenBeside(ctx context.Context, url, session string) (*DB, error) {
	cfg, err := configure(url, "db")
	if err != nil {
		return nil, err
	}
	if session == "" {
		if err := unshared(ctx, cfg.ConnConfig, "db"); err != nil {
			return nil, err
		}
		cfg.AfterConnect = bound
		pool, err := pgxpool.NewWithConfig(ctx, cfg)
		if err != nil {
			return nil, failure("open the database", err)
		}
		return ready(ctx, &DB{pool: pool, sql: stdlib.OpenDBFromPool(pool), session: pool})
	}
	direct, err := configure(session, "db_session")
	if err != nil {
		return nil, err
	}
	if err := unshared(ctx, direct.ConnConfig, "db_session"); err != nil {
		return nil, err
	}
	direct.AfterConnect, direct.MaxConns, direct.MaxConnIdleTime = bound, sessionConns, time.Minute
	// A prepared statement stays on the connection to the server that it was made on, which the next transaction may not get.
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	db := &DB{beside: true}
	if db.session, err = pgxpool.NewWithConfig(ctx, direct); err != nil {
		return nil, failure("open the database", err)
	}
	if db.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		db.session.Close()
		return nil, failure("open the database", err)
	}
	db.sql = stdlib.OpenDBFromPool(db.pool)
	return ready(ctx, db)
}

// ready brings the tables up to date, or closes db.
func ready(ctx context.Context, db *DB) (*DB, error) {
	err := db.same(ctx)
	if err == nil {
		err = db.migrate(ctx)
	}
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// configure reads an address; param is the setting that it is from.
func configure(url, param string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		f := lectern.Fail(lectern.CodeInvalidDeck, "The address of the database makes no sense. It looks like postgres://user:password@host:5432/name.")
		f.Param = param
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

// dial connects so that a server which vanishes without a word is noticed.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3}}
	if network != "unix" {
		d.Control = lost.After(lostAfter)
	}
	return d.DialContext(ctx, network, addr)
}

// bound has the server let go of what a process holds that stands still or whose network is gone: the rows of a
// transaction, which would keep the others from taking over, and the lock of a node, which would keep it from coming back.
// By itself the server waits for two hours.
func bound(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET idle_in_transaction_session_timeout = '5s'; SET tcp_user_timeout = '15s';
		SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`)
	return err
}

func (db *DB) migrate(ctx context.Context) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return failure("read the migrations", err)
	}
	one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return failure("read the migrations", err)
	}
	direct := stdlib.OpenDBFromPool(db.session)
	defer direct.Close() // the pool stays
	p, err := goose.NewProvider(goose.DialectPostgres, direct, sub, goose.WithVerbose(false), goose.WithLogger(goose.NopLogger()), goose.WithSessionLocker(one))
	if err != nil {
		return failure("read the migrations", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return failure("bring the tables up to date", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err == nil && have > want {
		return lectern.Fail(lectern.CodeInUse, "The database was written by a newer Lectern (tables %d, this one knows %d). Use that one, or another database.", have, want)
	}
	return failure("read the version of the tables", err)
}

// SQL is the pool, for the work queue, whose tables are in the same database.
func (db *DB) SQL() *sql.DB { return db.sql }

// Pool has connections with a session of their own, for who listens or holds a lock.
func (db *DB) Pool() *pgxpool.Pool { return db.session }

// Close ends all connections. Whatever uses the database must have been stopped.
func (db *DB) Close() error {
	err := db.sql.Close()
	db.pool.Close()
	db.session.Close()
	return err
}
