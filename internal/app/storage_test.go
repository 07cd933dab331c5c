package app

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/store/pgtest"
	"lectern/internal/store/sqlstore"
)

// Keys can be made while no server runs. While a process holds the data folder, opening it fails with CodeInUse.
func TestKeysWithoutAServer(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	keys, closer, err := OpenKeys(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	k := lectern.Key{ID: "abc", Scope: lectern.ScopeAdmin, Hash: "aa", CreatedAt: time.Unix(1764000000, 0).UTC()}
	if err := keys.InsertKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenKeys(t.Context(), cfg); !errors.Is(err, &lectern.Failure{Code: lectern.CodeInUse}) {
		t.Errorf("a second process: %v", err)
	}
	if err := closer(); err != nil {
		t.Fatal(err)
	}
	if keys, closer, err = OpenKeys(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	defer closer()
	list, err := keys.Keys(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != "abc" || list[0].Owner != lectern.DefaultOwner {
		t.Errorf("the keys are %+v, %v", list, err)
	}
}

// The secrets of webhooks are encrypted in the database, including those that were stored without encryption, with a
// key that only its owner can read. Another key is a *config.Error. Other users cannot read the folders and files.
func TestH4SecretsAreSealed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	old := lectern.Endpoint{ID: "old", URL: "https://a.example.com", Secrets: []string{"whsec_old"},
		CreatedAt: time.Unix(1764000000, 0).UTC()}
	session := func(key string, do func(*sqlstore.Store)) error {
		t.Helper()
		r, err := OpenStorage(t.Context(), config.Config{}, dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}()
		if key != "clear" {
			if _, err := sealSecrets(t.Context(), key, dir, r.outbox); err != nil {
				return err
			}
		}
		do(r.outbox)
		return nil
	}
	put := func(e lectern.Endpoint) func(*sqlstore.Store) {
		return func(s *sqlstore.Store) {
			if err := s.PutEndpoint(t.Context(), e); err != nil {
				t.Error(err)
			}
		}
	}
	if err := session("clear", put(old)); err != nil {
		t.Fatal(err)
	}
	fresh := old
	fresh.ID, fresh.Secrets = "new", []string{"whsec_new"}
	if err := session("", put(fresh)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, secretKeyFile), 0o666); err != nil { // as a copy from a backup may be
		t.Fatal(err)
	}
	err := session("", func(s *sqlstore.Store) {
		if info, err := os.Stat(filepath.Join(dir, secretKeyFile)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key's file: %v, %v", info.Mode(), err)
		}
		all, err := s.Endpoints(t.Context())
		if err != nil || len(all) != 2 || all[0].Secrets[0]+all[1].Secrets[0] != "whsec_newwhsec_old" &&
			all[0].Secrets[0]+all[1].Secrets[0] != "whsec_oldwhsec_new" {
			t.Errorf("the webhooks are %+v, %v", all, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "lectern.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var clear int
	err = db.QueryRow("SELECT count(*) FROM endpoints WHERE secrets NOT LIKE 'sealed:%' OR secrets LIKE '%whsec%'").
		Scan(&clear)
	if err != nil || clear != 0 {
		t.Errorf("%d rows are not encrypted, %v", clear, err)
	}
	err = session("a key that is another one", func(*sqlstore.Store) { t.Error("the store opens with another key") })
	var fault *config.Error
	if !errors.As(err, &fault) || fault.Key != "secret_key_file" || !strings.Contains(err.Error(), "another key") {
		t.Errorf("another key: %v", err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A pool in transaction mode as db is a *config.Error that says what to set, for the server, for its keys and for
// doctor. With db_session they work through the pool.
func TestH6APoolInTransactionModeNeedsDBSession(t *testing.T) {
	t.Parallel()
	cluster, err := pgtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	pool, err := cluster.Pool(t.Context(), pgtest.ModeTransaction)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Stop)
	url, err := cluster.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.DB = pool.URL(url)
	for session, key := range map[string]string{"": "db", cfg.DB: "db_session"} {
		cfg.DBSession = session
		_, server := OpenStorage(t.Context(), cfg, t.TempDir(), quiet())
		_, _, keys := OpenKeys(t.Context(), cfg)
		for _, err := range []error{server, keys} {
			var fault *config.Error
			if !errors.As(err, &fault) || fault.Key != key {
				t.Fatalf("with db_session %q: %v", session, err)
			}
			said := err.Error()
			for _, word := range []string{key, "PgBouncer in transaction mode", "the address of the database itself"} {
				if !strings.Contains(said, word) {
					t.Errorf("%q lacks %q", said, word)
				}
			}
			if key == "db" && !strings.Contains(said, "db_session") {
				t.Errorf("%q does not say what to set", said)
			}
		}
		if f := examineDatabase(t.Context(), cfg); f.State != "broken" || !strings.Contains(f.Problem, "PgBouncer") {
			t.Errorf("doctor says %+v", f)
		}
	}
	cfg.DBSession = url
	r, err := OpenStorage(t.Context(), cfg, t.TempDir(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if f := examineDatabase(t.Context(), cfg); f.State != "found" {
		t.Errorf("doctor says %+v", f)
	}
}
