package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What is tested was built of the source as it is: no file is younger. That looks into all folders, and so has "go
// test" take no result of this package from its cache once a file in one of them is another. It knows nothing of what
// the program is built of by itself, since no package is imported here.
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
			t.Errorf("%s is younger than the program", path)
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files of source were found: %v", files, err)
	}
}
