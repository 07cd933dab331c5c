package render

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"lectern"
)

// A run computes the checksum of a file that it writes while writing, and that of a file from the cache by reading it.
// Both are the checksums of the files that are stored.
func TestChecksumsAreThoseOfTheFiles(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	check := func(what string, list []lectern.Artifact) {
		t.Helper()
		for _, a := range list {
			b, err := os.ReadFile(filepath.Join(g.artifacts.dir, a.Key))
			if err != nil {
				t.Fatal(err)
			}
			if h := sha256.Sum256(b); a.SHA256 != hex.EncodeToString(h[:]) || a.Size != int64(len(b)) {
				t.Errorf("%s: the %s of %d bytes has another checksum", what, a.Kind, len(b))
			}
		}
	}
	list, _, err := g.run(t.Context(), t, talk(), 1)
	if err != nil {
		t.Fatal(err)
	}
	check("made", list)
	if list, _, err = g.run(t.Context(), t, talk(), 2); err != nil {
		t.Fatal(err)
	}
	check("found", list)
}

// A file that changed after it was written is read again.
func TestAChangedFileIsReadAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "film")
	var w written
	if err := w.file("key", path,
		func(f *bufio.Writer) error { _, err := f.WriteString("as it was"); return err }); err != nil {
		t.Fatal(err)
	}
	kept, ok := w.of("key")
	if _, none := w.of(""); !ok || none {
		t.Fatal("the checksum is not kept under its key alone")
	}
	it := artifact{made: made{file: file{"key", path}}}
	if s, err := kept.of(it); err != nil || s != kept {
		t.Errorf("unchanged: %+v, not %+v (%v)", s, kept, err)
	}
	if err := os.WriteFile(path, []byte("as it is now"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256([]byte("as it is now"))
	if s, err := kept.of(it); err != nil || s.SHA256 != hex.EncodeToString(want[:]) {
		t.Errorf("changed: %+v (%v)", s, err)
	}
}
