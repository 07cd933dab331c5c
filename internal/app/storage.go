package app

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/job"
	"lectern/internal/private"
	"lectern/internal/queue"
	"lectern/internal/seal"
	"lectern/internal/store/postgres"
	"lectern/internal/store/sqlite"
	"lectern/internal/store/sqlstore"
)

// Storage is where presentations and their queue are stored: SQLite in the data folder for one process only, or
// Postgres for several.
type Storage struct {
	Store job.Store
	Queue job.Queue

	outbox *sqlstore.Store // the same store, for webhooks, keys and assets
	node   string          // names this process in scratch and presentations; "" with SQLite, which has one process
	member *postgres.Node
	bury   func(ctx context.Context, node string) error // returns the tickets of a dead node to the queue
	closer func() error
}

// OpenStorage opens Postgres at the address in the setting db, or SQLite in the folder dir. If the setting leads to a
// database that cannot be used, the error is a *config.Error.
func OpenStorage(ctx context.Context, cfg config.Config, dir string, log *slog.Logger) (*Storage, error) {
	if cfg.DB == "" {
		return openSQLite(ctx, dir, log)
	}
	return openPostgres(ctx, cfg, log)
}

func openSQLite(ctx context.Context, dir string, log *slog.Logger) (*Storage, error) {
	db, err := sqlite.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	tickets, err := queue.OnSQLite(ctx, db.Writer(), log)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	store := sqlite.NewStore(db, tickets)
	return &Storage{Store: store, outbox: store.Store, Queue: tickets, closer: db.Close}, nil
}

func openPostgres(ctx context.Context, cfg config.Config, log *slog.Logger) (*Storage, error) {
	node, err := nodeName()
	if err != nil {
		return nil, err
	}
	db, err := openDB(ctx, cfg)
	if err != nil {
		return nil, err
	}
	workers := cfg.Workers
	if cfg.Role == config.RoleAPI {
		workers = 0
	}
	member, err := db.Join(ctx, node, cfg.Lease, workers)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	r := &Storage{node: node, member: member, closer: db.Close}
	tickets, err := queue.OnPostgres(ctx, db.SQL(), db.Sessions(), queue.Node{ID: node, Slots: member.Slots}, log)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	store := postgres.NewStore(db, tickets, node)
	r.Store, r.outbox, r.bury = store, store, tickets.Rescue
	r.Queue = leaving{tickets, member}
	if err := logCapacity(ctx, member, log); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// openDB opens the database at the addresses in the settings db and db_session. An address that cannot be used is a
// *config.Error.
func openDB(ctx context.Context, cfg config.Config) (*postgres.DB, error) {
	db, err := postgres.OpenThrough(ctx, cfg.DB, cfg.DBSession)
	if f, ok := errors.AsType[*lectern.Failure](err); ok && f.Code == lectern.CodeOverloaded {
		said, _ := strings.CutSuffix(f.Message, " Try again in a moment.")
		away := lectern.Fail(CodeNoDatabase, "%s Check that it runs and accepts connections from this machine; LECTERN_DB "+
			"or the setting db has its address.", said)
		away.Detail = f.Detail
		return db, away.Because(err)
	}
	return db, addressFault(err)
}

// CodeNoDatabase is the code of a start that cannot reach its database.
const CodeNoDatabase lectern.Code = "database_unreachable"

func addressFault(err error) error {
	if e, ok := errors.AsType[*postgres.AddressError](err); ok {
		return &config.Error{Key: e.Setting, Cause: e, Allowed: e.Allowed}
	}
	return err
}

// logCapacity logs how many connections the nodes use and how many the database allows.
func logCapacity(ctx context.Context, node *postgres.Node, log *slog.Logger) error {
	c, err := node.Capacity(ctx)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "database connections", "per_node", c.PerNode, "nodes", c.Nodes, "available", c.Available)
	if w := c.Warning(); w != "" {
		log.WarnContext(ctx, w)
	}
	return nil
}

// leaving is a queue that, before it stops, announces to the other nodes that this one takes no more tickets.
type leaving struct {
	job.Queue
	node *postgres.Node
}

// restLimit bounds the write that announces the stop of a node. If it fails, other nodes still take its waiting
// tickets, a second later.
const restLimit = time.Second

// Stop implements job.Queue.
func (q leaving) Stop(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, restLimit)
	defer cancel()
	_ = q.node.Rest(short)
	return q.Queue.Stop(ctx)
}

// secretKeyFile is the file in the data folder with the key of the secrets in the database, if the settings have none.
const secretKeyFile = "secret.key"

// sealSecrets encrypts the secrets in the database with key. If key is empty, it uses the key in the file secretKeyFile
// in dir, which it creates if it is missing. A key other than the one that encrypted existing secrets is a
// *config.Error. It returns the key of the sessions of the web page, which it derives from the same key.
func sealSecrets(ctx context.Context, key, dir string, store *sqlstore.Store) (sessions []byte, err error) {
	fault := func(err error) error {
		return &config.Error{Key: "secret_key_file", Cause: err, Allowed: fmt.Sprintf(
			"the key that was used before, in the variable %s, in the file that secret_key_file names, or in %s",
			config.SecretKeyVariable, filepath.Join(dir, secretKeyFile))}
	}
	if key == "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder: %w", err)
		}
		name := filepath.Join(dir, secretKeyFile)
		if key, err = seal.KeyIn(name); err == nil {
			err = private.Close(name) // other users may be able to read a copy from a backup
		}
		if err != nil {
			return nil, fault(err)
		}
	}
	sealer, err := seal.New(key)
	if err != nil {
		return nil, fault(err)
	}
	err = store.SealWith(ctx, sealer)
	if errors.Is(err, seal.ErrWrongKey) {
		return nil, fault(err)
	}
	if err != nil {
		return nil, err
	}
	return hkdf.Key(sha256.New, []byte(key), nil, "lectern sessions", sha256.Size)
}

// OpenKeys opens the database only for its API keys, without a queue and without becoming a node. Postgres allows that
// while nodes run; SQLite only if no server holds the data folder (else CodeInUse). The caller calls closer.
func OpenKeys(ctx context.Context, cfg config.Config) (keys *sqlstore.Store, closer func() error, err error) {
	if cfg.DB == "" {
		db, err := sqlite.Open(ctx, cfg.Path())
		if err != nil {
			return nil, nil, err
		}
		return sqlite.NewStore(db, nil).Store, db.Close, nil
	}
	db, err := openDB(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return postgres.NewStore(db, nil, ""), db.Close, nil
}

// nodeName is a unique name of this process, which begins with the name of its machine.
func nodeName() (string, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	var b [5]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make a name for this process: %w", err)
	}
	return fmt.Sprintf("%.40s-%s", host, hex.EncodeToString(b[:])), nil
}

// peers are the other processes on the same database; nil with SQLite. Each has a folder of its name below scratch.
// claims frees the webhooks that a dead process was about to deliver.
func (s *Storage) peers(scratch string, claims func(ctx context.Context, node string) error) job.Peers {
	if s.member == nil {
		return nil
	}
	return peers{s.member, s.bury, claims, scratch}
}

type peers struct {
	*postgres.Node
	tickets, claims func(ctx context.Context, node string) error
	scratch         string
}

var _ job.Peers = peers{}

// Bury implements job.Peers. The node's row is deleted last, so that after a crash in between another node continues.
func (p peers) Bury(ctx context.Context, node string) error {
	return p.Node.Bury(ctx, node, func(ctx context.Context) error {
		if err := errors.Join(p.tickets(ctx, node), p.claims(ctx, node)); err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Join(p.scratch, filepath.Base(node))); err != nil {
			return fmt.Errorf("remove the scratch files of a dead node: %w", err)
		}
		return nil
	})
}

// Close closes the connections. The job service must be stopped before.
func (s *Storage) Close() error {
	var err error
	if s.member != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = s.member.Leave(ctx)
	}
	return errors.Join(err, s.closer())
}
