package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pooler starts a PgBouncer in transaction mode before the cluster, and gives the address there of the database at direct.
// It needs Debian's package pgbouncer. stop ends it.
func (c *Cluster) Pooler(ctx context.Context, direct string) (address string, stop func(), err error) {
	dir, err := os.MkdirTemp(c.dir, "pooler-")
	if err != nil {
		return "", nil, err
	}
	if err := c.give(dir); err != nil {
		return "", nil, err
	}
	settings := fmt.Sprintf(`[databases]
* = host=%s user=lectern
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = %s
auth_type = any
pool_mode = transaction
default_pool_size = 4
`, c.dir, dir)
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		return "", nil, err
	}
	cmd, err := c.command("pgbouncer", file)
	if err != nil {
		return "", nil, err
	}
	server, err := c.launch(ctx, cmd)
	if err != nil {
		return "", nil, err
	}
	u, err := url.Parse(direct)
	if err != nil {
		return "", nil, err
	}
	address = "postgres:///" + strings.TrimPrefix(u.Path, "/") + "?" + url.Values{"host": {dir}, "port": {"6432"}, "user": {"lectern"}}.Encode()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return address, server.Stop, conn.Close(ctx)
		}
		select {
		case <-server.Done():
			return "", nil, fmt.Errorf("PgBouncer ended as it started: %w: %s", server.Wait(), server.Tail())
		case <-ctx.Done():
			server.Stop()
			return "", nil, errors.Join(errors.New("PgBouncer does not answer"), err)
		case <-time.After(again):
		}
	}
}
