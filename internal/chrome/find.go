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

// Package is the package of Debian that brings what Find likes best. It is the smaller download, and starts and draws
// with less work than a whole browser, which does as well.
const Package = "chromium-headless-shell"

// Install is the command that installs what Find looks for on Debian and Ubuntu.
const Install = "apt-get install -y " + Package + " (or chromium, where there is no such package)"

// names are what Find looks for, best first: the program that has no window, then the whole browser in headless mode.
var names = []string{
	"chromium-headless-shell", "chrome-headless-shell",
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
}

// Find returns the path of Chromium: path, or where that is empty $LECTERN_CHROME, or the first in PATH of
// chromium-headless-shell, chrome-headless-shell, chromium, chromium-browser, google-chrome and others of the family. A
// script that only runs another program with the same arguments stands for that program. It fails with CodeMissingTool
// and the command that helps.
func Find(path string) (string, error) {
	if path == "" {
		path = os.Getenv("LECTERN_CHROME")
	}
	if path != "" {
		found, err := proc.Find(path)
		if err != nil {
			return "", lectern.Fail(lectern.CodeMissingTool,
				"There is no Chromium at %s. Correct LECTERN_CHROME, or leave it empty and install Chromium: "+
					"%s", path, Install).Because(err)
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

// wrapper is a script that does nothing but run another program: Debian's /usr/bin/chromium-headless-shell.
var wrapper = regexp.MustCompile(`^#! ?/bin/sh(?: -e)?\n+(?:exec )?(/[\w./+-]+) "\$@"\n*$`)

// unwrap returns the program that a script only runs, or path. A shell that waits between us and the browser would be
// what the kernel kills when we die, and what a signal reaches; the browser itself should be.
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

// HeadlessShell says whether the program at path is the headless shell, and not a whole browser. Both say the same of
// themselves, so its name tells, that of the file that links lead to.
func HeadlessShell(path string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return strings.Contains(strings.ReplaceAll(filepath.Base(path), "_", "-"), "headless-shell")
}

// marked is a version as content keys have it: the two programs may draw differently in the same version.
func marked(version, path string) string {
	if version != "" && HeadlessShell(path) {
		return version + " (headless shell)"
	}
	return version
}
