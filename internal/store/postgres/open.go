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
	lostAfter      = 15 * time.Second // a connection that leads nowhere
)

// DB is a database that several nodes share.
type DB struct {
	pool *pgxpool.Pool
	sql  *sql.DB
}

// Open connects to the database at url ("postgres://user:password@host/name") and brings the tables up to date; of nodes
// that start at once, one does it and the others wait. A database that does not answer is CodeOverloaded, an address
// that makes no sense CodeInvalidDeck; neither repeats the password.
func Open(ctx context.Context, url string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		f := lectern.Fail(lectern.CodeInvalidDeck, "The address of the database makes no sense. It looks like postgres://user:password@host:5432/name.")
		f.Param = "db"
		return nil, f
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = maxConns
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "lectern"
	cfg.AfterConnect = bound
	cfg.ConnConfig.DialFunc = dial
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, failure("open the database", err)
	}
	db := &DB{pool: pool, sql: stdlib.OpenDBFromPool(pool)}
	if err := db.migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
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
	p, err := goose.NewProvider(goose.DialectPostgres, db.sql, sub, goose.WithVerbose(false), goose.WithLogger(goose.NopLogger()), goose.WithSessionLocker(one))
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

// Pool is the same pool, for who listens.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Close ends all connections. Whatever uses the database must have been stopped.
func (db *DB) Close() error {
	err := db.sql.Close()
	db.pool.Close()
	return err
}
