package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The tested binary is built from the current source: no source file is newer. The test also opens every folder, so
// that "go test" caches no result of this package across a change: the package imports only a few of the program's
// packages, so go does not see the other sources.
func TestTheProgramIsThatOfTheSource(t *testing.T) {
	program, err := os.Stat(plain)
	if err != nil {
		t.Fatal(err)
	}
	const root = ".."
	files := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if filepath.Dir(path) == root && slices.Contains([]string{".git", "bin", "out", "data", "logs"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		files++
		if info.ModTime().After(program.ModTime()) {
			t.Errorf("%s is newer than the program", path)
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files of source were found: %v", files, err)
	}
}
