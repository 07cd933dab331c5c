package app

import (
	"os"
	"path/filepath"

	"lectern/internal/config"
)

// Folders are the folders of an App: for the database and its secrets, the artifacts and assets, the cache of finished
// steps, and temporary files.
type Folders struct{ State, Artifacts, Cache, Scratch string }

// FoldersIn returns the folders of a server, which are in its data folder.
func FoldersIn(cfg config.Config) Folders {
	return Folders{State: cfg.Path(), Artifacts: cfg.Path("artifacts"), Cache: cfg.Path("cache"),
		Scratch: cfg.Path("scratch")}
}

// UserCache returns the folder of the cache of renders without a server. It fails if the user has no home folder.
func UserCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "lectern"), nil
}
