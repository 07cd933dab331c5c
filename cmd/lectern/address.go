package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"lectern/internal/config"
)

// The file by which the commands of this machine find the server that holds a data folder.
const addressFile = "address"

// noteAddress tells them where it is, until forget.
func noteAddress(cfg config.Config, at net.Addr, log *slog.Logger) (forget func()) {
	name := filepath.Join(cfg.Path(), addressFile)
	err := os.WriteFile(name+".part", []byte(browserURL(at)+"\n"), 0o600)
	if err == nil {
		err = os.Rename(name+".part", name)
	}
	if err != nil {
		log.Warn("the commands of this machine will not find this server by its data folder", "reason", err.Error())
		return func() {}
	}
	return func() { _ = os.Remove(name) } // a stale one is found out: nobody answers there
}

// holderOf is the URL of the server that holds the data folder; "" where none said so.
func holderOf(cfg config.Config) (string, error) {
	b, err := os.ReadFile(filepath.Join(cfg.Path(), addressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}
