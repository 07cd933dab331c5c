package postgres_test

import (
	"context"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/store/postgres"
)

// H5: Probe returns the version of a database and creates no tables. The failure for a database that cannot be reached
// does not contain the password.
func TestH5Probe(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	version, err := postgres.Probe(t.Context(), url)
	if err != nil || version == "" {
		t.Errorf("the version is %q (%v)", version, err)
	}
	_, err = postgres.Probe(t.Context(), "postgres://me:hunter2@127.0.0.1:1/none")
	if f := lectern.AsFailure(err); f == nil || f.Code == lectern.CodeInternal ||
		strings.Contains(f.Message+f.Detail, "hunter2") {
		t.Errorf("no server at the address: %+v", f)
	}
	if _, err = postgres.Probe(context.Background(), "mysql:"); err == nil || lectern.AsFailure(err).Param != "db" {
		t.Errorf("an invalid address: %v", err)
	}
}
