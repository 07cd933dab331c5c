package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"lectern"
)

// Probe connects to the database at url and returns its version. It changes nothing, not even the tables' version.
// Failures are those of Open.
func Probe(ctx context.Context, url string) (version string, err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		f := lectern.Fail(lectern.CodeInvalidDeck, "The address of the database is not valid. Write it as "+
			"postgres://user:password@host:5432/name.")
		f.Param = "db"
		return "", f
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	// A pool in front of the database may not support prepared statements.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return "", failure("be opened", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := conn.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return "", failure("report its version", err)
	}
	return version, nil
}

// Examine checks whether Open, or OpenThrough where session is set, could use the addresses, and changes nothing. Its
// failures are those of Open.
func Examine(ctx context.Context, url, session string) error {
	cfg, err := parse(url, settingDB)
	if err != nil {
		return err
	}
	if session == "" {
		return examine(ctx, cfg.ConnConfig, cfg.ConnConfig, settingDB)
	}
	direct, err := parse(session, settingSession)
	if err != nil {
		return err
	}
	return examine(ctx, cfg.ConnConfig, direct.ConnConfig, settingSession)
}
