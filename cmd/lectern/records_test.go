package main

import (
	"errors"
	"testing"
	"time"

	"lectern"
	"lectern/internal/config"
)

// Keys are made with the server stopped; while one holds the folder, that is refused with its code.
func TestKeysWithoutAServer(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	keys, closer, err := openKeys(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	k := lectern.Key{ID: "abc", Scope: lectern.ScopeAdmin, Hash: "aa", CreatedAt: time.Unix(1764000000, 0).UTC()}
	if err := keys.InsertKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openKeys(t.Context(), cfg); !errors.Is(err, &lectern.Failure{Code: lectern.CodeInUse}) {
		t.Errorf("a second process: %v", err)
	}
	if err := closer(); err != nil {
		t.Fatal(err)
	}
	if keys, closer, err = openKeys(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	defer closer()
	list, err := keys.Keys(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != "abc" || list[0].Owner != lectern.DefaultOwner {
		t.Errorf("the keys are %+v, %v", list, err)
	}
}
