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

// cluster is the Postgres of this package's tests. The first test that needs it starts it.
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

// database is a database that several services of one test share.
type database interface {
	// join returns the store and the peers of a service with that name; without peers they are nil.
	join(name string, q sqlstore.Enqueuer) (job.Store, job.Peers)
	// exec changes rows directly, without the service. id replaces the ? of the query.
	exec(ctx context.Context, query, id string) error
	// close closes the database. The services must have stopped.
	close() error
}

// databases are the databases that a history is checked on.
var databases = []struct {
	name string
	open func(t *testing.T) database
}{
	{"sqlite", openSQLite},
	{"postgres", openPostgres},
}

// file is one SQLite file that two services of one process share. It has no peers: each service looks for silent runs
// itself.
type file struct{ db *sqlite.DB }

func openSQLite(t *testing.T) database {
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

// nodes are services that share one Postgres. Each has its own connections, and they notify each other of commits.
type nodes struct {
	t       *testing.T
	url     string
	dbs     []*postgres.DB
	members []*postgres.Node
}

func openPostgres(t *testing.T) database {
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

// neighbours are the peers of a node. Burying one returns no tickets, and removes no scratch folder: there are none.
type neighbours struct{ *postgres.Node }

func (n neighbours) Bury(ctx context.Context, node string) error {
	return n.Node.Bury(ctx, node, func(context.Context) error { return nil })
}
