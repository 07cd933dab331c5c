package blob

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gocloud.dev/blob/memblob"

	"lectern"
)

// H5: the probe of a writable store leaves nothing, and the probe of another says why it is not writable.
func TestH5ProbeLeavesNothingAndSaysWhyItFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, err := OpenArtifacts(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(a.scratch.dir, "*")); len(left) > 0 {
		t.Errorf("the probe left %v", left)
	}
	if err := os.RemoveAll(a.scratch.dir); err != nil {
		t.Fatal(err)
	}
	f := lectern.AsFailure(a.Probe(t.Context()))
	if f == nil || f.Code != lectern.CodeInternal || !strings.Contains(f.Message, "cannot be written") ||
		!strings.Contains(f.Message, "no such file") || strings.Contains(f.Message, a.scratch.dir) {
		t.Errorf("a folder that is gone: %+v", f)
	}
	b := NewArtifacts(memblob.OpenBucket(nil))
	defer b.Close()
	if err := b.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	if len(plainly(os.ErrInvalid).Error()) == 0 {
		t.Error("an error without words")
	}
}
