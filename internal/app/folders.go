package app

import (
	"os"
	"path/filepath"

	"lectern/internal/config"
)

// Folders are where an App keeps what it makes.
type Folders struct{ State, Artifacts, Cache, Scratch string }

// FoldersIn returns those of the data folder.
func FoldersIn(cfg config.Config) Folders {
	return Folders{State: cfg.Path(), Artifacts: cfg.Path("artifacts"), Cache: cfg.Path("cache"),
		Scratch: cfg.Path("scratch")}
}

// UserCache returns the folder in which finished steps stay between renders without a server. It is an error where the
// user has no home.
func UserCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "lectern"), nil
}
