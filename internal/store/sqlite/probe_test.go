package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
)

// H5: Probe reads a database that a server has open, creates none, and reports a file that is not a database.
func TestH5Probe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if there, err := Probe(t.Context(), dir); there || err != nil {
		t.Errorf("an empty folder: %v %v", there, err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("Probe made %v", left)
	}
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if there, err := Probe(t.Context(), dir); !there || err != nil {
		t.Errorf("a database in use: %v %v", there, err)
	}
	bad := t.TempDir()
	if err := os.WriteFile(filepath.Join(bad, fileName), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	there, err := Probe(t.Context(), bad)
	if f := lectern.AsFailure(err); !there || f == nil || !strings.Contains(f.Message, "cannot be read") {
		t.Errorf("a file that is not a database: %v %v", there, err)
	}
}
