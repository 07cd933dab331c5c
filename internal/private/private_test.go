package private_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lectern/internal/private"
)

// A folder of an older build is closed to other users, with everything in it, also if its path is a link. Links inside
// it are not followed.
func TestH4FolderOfAnOlderBuildIsClosed(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "outside")
	dir := filepath.Join(t.TempDir(), "data")
	for _, d := range []string{dir, filepath.Join(dir, "artifacts"), filepath.Join(dir, "artifacts", "p")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files := []string{outside, filepath.Join(dir, "lectern.db"), filepath.Join(dir, "artifacts", "p", "video.mp4")}
	for _, f := range files {
		if err := os.WriteFile(f, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := private.Folder(dir); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]os.FileMode{
		dir: 0o700, filepath.Join(dir, "artifacts"): 0o700, filepath.Join(dir, "artifacts", "p"): 0o700,
		files[0]: 0o644, files[1]: 0o600, files[2]: 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(files[1], 0o644), os.Symlink(dir, link),
		private.Folder(link)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, files[0]: 0o644, files[1]: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("by a link: %s has mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	fresh := filepath.Join(dir, "a", "b")
	if err := private.Folder(fresh); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("a new folder: %v, %v", info, err)
	}
}
