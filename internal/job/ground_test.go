package job_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lectern/internal/job"
	"lectern/internal/store/pgtest"
	"lectern/internal/store/postgres"
	"lectern/internal/store/sqlite"
	"lectern/internal/store/sqlitetest"
	"lectern/internal/store/sqlstore"
)

// Every test stops what it started: nothing of the service, the queue or the store is left at the end.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashChild(dir)
		return
	}
	code := m.Run()
	if err := errors.Join(stopCluster(), goleak.Find()); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// cluster is the Postgres of this package's tests, started by the first that wants it.
var cluster struct {
	sync.Mutex
	c *pgtest.Cluster
}

func stopCluster() error {
	cluster.Lock()
	defer cluster.Unlock()
	if cluster.c == nil {
		return nil
	}
	return cluster.c.Stop()
}

func newPostgres(t *testing.T) string {
	t.Helper()
	cluster.Lock()
	defer cluster.Unlock()
	if cluster.c == nil {
		c, err := pgtest.Start(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		cluster.c = c
	}
	url, err := cluster.c.Database(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// ground is a database that several services work on, as each kind of database lets them.
type ground interface {
	// join returns what a service of that name is made of.
	join(name string, q sqlstore.Enqueuer) (job.Store, job.Peers)
	// exec changes what is stored past the one door. Its only argument is ?.
	exec(ctx context.Context, query, id string) error
	// close ends it. The services have stopped.
	close() error
}

// grounds are the databases that a history is checked on.
var grounds = []struct {
	name string
	lay  func(t *testing.T) ground
}{
	{"sqlite", laySQLite},
	{"postgres", layPostgres},
}

// file is one SQLite file under two services in one process. It has no peers: runs that fall silent are found by the
// store's own clock.
type file struct{ db *sqlite.DB }

func laySQLite(t *testing.T) ground {
	t.Helper()
	dir := t.TempDir()
	if err := sqlitetest.Prepare(dir); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Writer().Exec("PRAGMA synchronous=OFF"); err != nil {
		t.Fatal(err)
	}
	return file{db}
}

func (f file) join(_ string, q sqlstore.Enqueuer) (job.Store, job.Peers) {
	return sqlite.NewStore(f.db, q), nil
}

func (f file) exec(ctx context.Context, query, id string) error {
	_, err := f.db.Writer().ExecContext(ctx, query, id)
	return err
}

func (f file) close() error { return f.db.Close() }

// nodes are services that share one Postgres, each with connections of its own, that notify each other of their
// commits.
type nodes struct {
	t       *testing.T
	url     string
	dbs     []*postgres.DB
	members []*postgres.Node
}

func layPostgres(t *testing.T) ground {
	t.Helper()
	return &nodes{t: t, url: newPostgres(t)}
}

func (n *nodes) join(name string, q sqlstore.Enqueuer) (job.Store, job.Peers) {
	n.t.Helper()
	db, err := postgres.Open(context.Background(), n.url)
	if err != nil {
		n.t.Fatal(err)
	}
	n.dbs = append(n.dbs, db)
	member, err := db.Join(context.Background(), name, time.Minute, 2)
	if err != nil {
		n.t.Fatal(err)
	}
	n.members = append(n.members, member)
	return postgres.NewStore(db, q, name), neighbours{member}
}

func (n *nodes) exec(ctx context.Context, query, id string) error {
	_, err := n.dbs[0].SQL().ExecContext(ctx, strings.Replace(query, "?", "$1", 1), id)
	return err
}

func (n *nodes) close() error {
	var errs []error
	for i, m := range n.members {
		errs = append(errs, m.Leave(context.Background()), n.dbs[i].Close())
	}
	return errors.Join(errs...)
}

// neighbours have no tickets and no scratch to bring back.
type neighbours struct{ *postgres.Node }

func (n neighbours) Bury(ctx context.Context, node string) error {
	return n.Node.Bury(ctx, node, func(context.Context) error { return nil })
}
