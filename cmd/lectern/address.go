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

// addressFile is a file in the data folder with the URL of the server that holds the folder. Commands on this machine
// find the server by it.
const addressFile = "address"

// noteAddress writes the address file. forget removes it.
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
	return func() { _ = os.Remove(name) } // a stale file does little harm: no server answers there
}

// holderOf returns the URL of the server that holds the data folder; "" without an address file.
func holderOf(cfg config.Config) (string, error) {
	b, err := os.ReadFile(filepath.Join(cfg.Path(), addressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}
