// Package pgtest starts a Postgres for tests: a cluster in a temporary folder, with a socket in that folder, run by a
// user without privileges, and removed by Stop. It needs Debian's package postgresql.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"lectern/internal/proc"
)

const (
	stopLimit = 10 * time.Second      // for a shutdown; then the server is killed
	again     = 50 * time.Millisecond // between two tries to connect
)

// Cluster is a running Postgres. Its data is worth nothing, so it syncs nothing to the disk.
type Cluster struct {
	dir    string
	server *proc.Process
	names  atomic.Int64
	pools  atomic.Int64
}

// Start makes and starts a cluster. Stop must be called.
func Start(ctx context.Context) (*Cluster, error) {
	dir, err := os.MkdirTemp("", "lectern-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir}
	if err := c.initialise(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := c.Begin(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, nil
}

func (c *Cluster) initialise(ctx context.Context) error {
	if err := c.give(c.dir); err != nil {
		return err
	}
	cmd, err := c.command("initdb", "-D", c.data(), "-U", "lectern", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
		"--no-sync", "--no-instructions")
	if err != nil {
		return err
	}
	return proc.Run(ctx, cmd)
}

// give makes the user that runs the programs the owner of files.
func (c *Cluster) give(files ...string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("Postgres does not run as root, and its user is missing; scripts/deps test installs it: %w", err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	for _, file := range files {
		if err := os.Chown(file, uid, gid); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// command returns the command for a program of Postgres or PgBouncer, which Debian keeps out of PATH. It never runs as
// root.
func (c *Cluster) command(program string, args ...string) (proc.Command, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	path, err := proc.Find(append(found, "/usr/sbin/"+program, program)...)
	if err != nil {
		return proc.Command{}, fmt.Errorf("%s is not installed; scripts/deps test installs it: %w", program, err)
	}
	if os.Geteuid() == 0 {
		args = append([]string{"--reuid=postgres", "--regid=postgres", "--clear-groups", path}, args...)
		path = "setpriv" // becomes the program, so that signals reach it
	}
	return proc.Command{Path: path, Args: args, Dir: c.dir}, nil
}

// Begin starts the cluster again after End. It waits until the cluster answers or has ended, or until ctx ends.
func (c *Cluster) Begin(ctx context.Context) error {
	cmd, err := c.command("postgres", "-D", c.data(), "-k", c.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "max_connections=300", "-c", "autovacuum=off", "-c", "log_min_messages=fatal")
	if err != nil {
		return err
	}
	// The server outlives the test that starts it.
	if c.server, err = proc.Start(context.WithoutCancel(ctx), cmd); err != nil {
		return err
	}
	for {
		conn, err := pgx.Connect(ctx, c.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.server.Done():
			return fmt.Errorf("Postgres ended during its start: %w: %s", c.server.Wait(), c.server.Tail())
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("Postgres does not answer: %w", err), c.End())
		case <-time.After(again):
		}
	}
}

// End stops the server at once, as if its machine had gone down; its data stays for Begin.
func (c *Cluster) End() error {
	_ = syscall.Kill(c.server.Pid(), syscall.SIGQUIT) // an immediate shutdown, which leaves no shared memory behind
	select {
	case <-c.server.Done():
	case <-time.After(stopLimit):
		c.server.Stop()
	}
	return nil
}

// Stop ends the cluster and removes it.
func (c *Cluster) Stop() error { return errors.Join(c.End(), os.RemoveAll(c.dir)) }

// URL is the address of a database of the cluster.
func (c *Cluster) URL(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {c.dir}, "user": {"lectern"}}.Encode()
}

// Database makes an empty database and returns its address.
func (c *Cluster) Database(ctx context.Context) (string, error) { return c.create(ctx, "template0") }

// Copy makes a database with the tables and rows of the one at address, and returns its address. Nobody may be
// connected to the original.
func (c *Cluster) Copy(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return c.create(ctx, strings.TrimPrefix(u.Path, "/"))
}

func (c *Cluster) create(ctx context.Context, template string) (string, error) {
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("test_%d", c.names.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		return "", err
	}
	return c.URL(name), nil
}
