package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"lectern/internal/app"
	"lectern/internal/config"
)

// writable makes the data folder and checks that files can be made in it and below it, so that a server that cannot
// work reports this before it shows its address. A full disk is not an error here: what needs the space reports it.
func writable(cfg config.Config) error {
	at := app.FoldersIn(cfg)
	for _, dir := range []string{at.State, at.Artifacts, at.Cache, at.Scratch} {
		err := os.MkdirAll(dir, 0o700)
		if err == nil {
			err = probeFolder(dir)
		}
		if err != nil && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
			return &config.Error{
				Key: "data", Cause: fmt.Errorf("the folder %s cannot be written: %w", dir, bare(err)),
				Allowed: "a folder that this user can write; --data or LECTERN_DATA names another",
			}
		}
	}
	for _, name := range []string{"lectern.db", "lectern.lock"} {
		f, err := os.OpenFile(cfg.Path(name), os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return &config.Error{
				Key: "data", Cause: fmt.Errorf("the file %s cannot be written: %w", cfg.Path(name), bare(err)),
				Allowed: "a folder whose files this user can write; --data or LECTERN_DATA names another",
			}
		}
		if err := f.Close(); err != nil {
			return fmt.Errorf("close %s: %w", name, err)
		}
	}
	return nil
}

// probeFolder makes a file in a folder and removes it.
func probeFolder(dir string) error {
	f, err := os.CreateTemp(dir, ".lectern-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// existing returns the path itself if it exists, or else the nearest folder above it that does.
func existing(path string) string {
	for {
		if _, err := os.Lstat(path); err == nil || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}
