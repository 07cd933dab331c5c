package chrome

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"lectern"
	"lectern/internal/proc"
)

// Package is the Debian package of Find's first choice. A whole browser works too, but it is a larger download and
// needs more processor time to start and to draw.
const Package = "chromium-headless-shell"

// Install is the command that installs a browser for Find on Debian and Ubuntu.
const Install = "apt-get install -y " + Package + " (or chromium, where there is no such package)"

// names lists the programs that Find looks for, best first: the headless shell, then whole browsers.
var names = []string{
	"chromium-headless-shell", "chrome-headless-shell",
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
}

// Find returns the path of Chromium: path or, if that is empty, $LECTERN_CHROME or the first in PATH of
// chromium-headless-shell, chrome-headless-shell, chromium, chromium-browser, google-chrome and others of the family.
// For a script that only runs another program with the same arguments, it returns that program. It fails with
// CodeMissingTool and the command that installs Chromium.
func Find(path string) (string, error) {
	if path == "" {
		path = os.Getenv("LECTERN_CHROME")
	}
	if path != "" {
		found, err := proc.Find(path)
		if err != nil {
			return "", lectern.Fail(lectern.CodeMissingTool,
				"There is no Chromium at %s. Correct tools.chromium (LECTERN_CHROME), or leave it empty and install "+
					"Chromium: %s", path, Install).Because(err)
		}
		return unwrap(found), nil
	}
	found, err := proc.Find(names...)
	if err != nil {
		return "", lectern.Fail(lectern.CodeMissingTool, "Chromium is not installed. Install it: %s", Install).
			Because(err)
	}
	return unwrap(found), nil
}

// wrapper matches a script that only runs another program, such as Debian's /usr/bin/chromium-headless-shell.
var wrapper = regexp.MustCompile(`^#! ?/bin/sh(?: -e)?\n+(?:exec )?(/[\w./+-]+) "\$@"\n*$`)

// unwrap returns path or, if path is a script that only runs another program, that program. If a shell waited between
// Lectern and the browser, signals would reach the shell, and the kernel would kill the shell instead of the browser
// when Lectern dies.
func unwrap(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return path
	}
	defer f.Close()
	var text [512]byte
	n, _ := io.ReadFull(f, text[:])
	m := wrapper.FindSubmatch(text[:n])
	if m == nil || n == len(text) {
		return path
	}
	if inner, err := proc.Find(string(m[1])); err == nil {
		return inner
	}
	return path
}

// HeadlessShell reports whether the program at path is the headless shell and not a whole browser. Both print the same
// version, so the name of the file decides, after links are resolved.
func HeadlessShell(path string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return strings.Contains(strings.ReplaceAll(filepath.Base(path), "_", "-"), "headless-shell")
}

// marked returns a version for content keys. It marks the headless shell, which may draw differently from the whole
// browser of the same version.
func marked(version, path string) string {
	if version != "" && HeadlessShell(path) {
		return version + " (headless shell)"
	}
	return version
}
