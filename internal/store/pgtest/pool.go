package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lectern/internal/proc"
)

// The modes of a pool: how long a client keeps a server.
const (
	ModeSession     = "session"
	ModeTransaction = "transaction"
	ModeStatement   = "statement"
)

// Pool is a PgBouncer in front of a cluster. Its socket is in a folder of its own, in the cluster's folder.
type Pool struct {
	dir    string
	server *proc.Process
}

// poolPort is part of the socket's name; nothing listens on the network.
const poolPort = 6432

// Pool starts a PgBouncer for all databases of the cluster, in a mode, with further settings such as
// "default_pool_size = 1". Stop must be called before the cluster's.
func (c *Cluster) Pool(ctx context.Context, mode string, settings ...string) (*Pool, error) {
	p := &Pool{dir: filepath.Join(c.dir, fmt.Sprint("pool-", c.pools.Add(1)))}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return nil, err
	}
	ini := append([]string{
		"[databases]", "* = host=" + c.dir + " user=lectern",
		"[pgbouncer]", "pool_mode = " + mode, "auth_type = any", "listen_addr =", "unix_socket_dir = " + p.dir,
		"listen_port = " + strconv.Itoa(poolPort), "max_client_conn = 1000", "default_pool_size = 10",
		"server_idle_timeout = 2",
	}, settings...)
	file := filepath.Join(p.dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(strings.Join(ini, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	if err := c.give(p.dir, file); err != nil {
		return nil, err
	}
	cmd, err := c.command("pgbouncer", "--quiet", file)
	if err != nil {
		return nil, err
	}
	if p.server, err = proc.Start(context.WithoutCancel(ctx), cmd); err != nil {
		return nil, err
	}
	return p, p.await(ctx, p.URL(c.URL("postgres")))
}

// await waits until the pool answers or has ended, or until ctx ends.
func (p *Pool) await(ctx context.Context, url string) error {
	for {
		conn, err := pgconn.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-p.server.Done():
			return fmt.Errorf("PgBouncer ended during its start: %w: %s", p.server.Wait(), p.server.Tail())
		case <-ctx.Done():
			p.server.Stop()
			return errors.Join(errors.New("PgBouncer does not answer"), err)
		case <-time.After(again):
		}
	}
}

// URL returns the pool's address for a database whose address in the cluster is given.
func (p *Pool) URL(direct string) string {
	u, err := url.Parse(direct)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("host", p.dir)
	q.Set("port", strconv.Itoa(poolPort))
	u.RawQuery = q.Encode()
	return u.String()
}

// Stop ends the pool, and with it all connections through it.
func (p *Pool) Stop() { p.server.Stop() }
