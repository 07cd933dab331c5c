//go:build linux

package chrome

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"lectern"
	"lectern/internal/proc"
)

// program writes a script into dir. No child that starts meanwhile may inherit the file open for writing, or the script
// could not be run.
func program(t *testing.T, dir, name, script string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, to, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// The headless shell comes before whole browsers, wherever they are in PATH. A named program comes first.
func TestFindPrefersTheHeadlessShell(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Setenv("PATH", first+":"+second)
	t.Setenv("LECTERN_CHROME", "")
	_, err := Find("")
	wantFailure(t, err, lectern.CodeMissingTool, Install)
	for _, p := range []struct{ dir, name string }{ // each is preferred to those before it
		{first, "chrome"}, {first, "google-chrome"}, {second, "chromium-browser"}, {first, "chromium"},
		{second, "chrome-headless-shell"}, {second, "chromium-headless-shell"},
	} {
		want := program(t, p.dir, p.name, "#!/bin/sh\nexit 0\n")
		if got, err := Find(""); err != nil || got != want {
			t.Errorf("with %s it finds %s: %v", p.name, got, err)
		}
	}
	named := filepath.Join(first, "chromium")
	if got, err := Find(named); err != nil || got != named {
		t.Errorf("by its path it finds %s: %v", got, err)
	}
	t.Setenv("LECTERN_CHROME", named)
	if got, err := Find(""); err != nil || got != named {
		t.Errorf("by the variable it finds %s: %v", got, err)
	}
}

// A script that only runs another program is replaced by that program. A script that does more, or whose program does
// not exist, is kept.
func TestFindReturnsTheProgramThatAWrapperRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inner := program(t, dir, "inner", "#!/bin/sh\nexit 0\n")
	for script, want := range map[string]string{
		"#!/bin/sh -e\n%s \"$@\"\n":            inner,
		"#!/bin/sh\n\nexec %s \"$@\"\n":        inner,
		"#!/bin/sh\n%s \"$@\"":                 inner,
		"#!/bin/sh\n%s-gone \"$@\"\n":          "",
		"#!/bin/sh\n%s --flag \"$@\"\n":        "",
		"#!/bin/sh\nexport A=b\n%s \"$@\"\n":   "",
		"#!/bin/sh\n%s \"$@\"\necho $?\n":      "",
		"#!/bin/sh\n$HOME%s \"$@\"\n":          "",
		"#!/usr/bin/env python3\n%s \"$@\"\n":  "",
		"#!/bin/sh\n%s \"$@\"\n# \n# \n# \n\n": "",
	} {
		path := program(t, dir, "chromium", fmt.Sprintf(script, inner))
		if want == "" {
			want = path
		}
		if got, err := Find(path); err != nil || got != want {
			t.Errorf("for the script %q Find returns %s: %v", script, got, err)
		}
	}
}

// Two programs print the same version and may draw differently, so Version distinguishes them.
func TestVersionNamesTheHeadlessShell(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	says := "#!/bin/sh\necho 'Chromium 130.0.6723.58'\n"
	whole, shell := program(t, dir, "chromium", says), program(t, dir, "chromium-headless-shell", says)
	for path, want := range map[string]string{
		whole:                                   "130.0.6723.58",
		shell:                                   "130.0.6723.58 (headless shell)",
		program(t, dir, "headless_shell", says): "130.0.6723.58 (headless shell)",
		link(t, shell, dir, "google-chrome"):    "130.0.6723.58 (headless shell)",
		link(t, whole, dir, "chrome"):           "130.0.6723.58",
	} {
		b := New(Options{Path: path, Dir: dir})
		defer b.Close()
		if got, err := b.Version(t.Context()); err != nil || got != want {
			t.Errorf("%s is %q: %v", filepath.Base(path), got, err)
		}
	}
}

// Version returns the same before and after a start, and starts no browser. This holds for every browser that is
// installed on this machine.
func TestVersionIsKnownWithoutAStart(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, name := range names {
		path, err := proc.Find(name)
		if err != nil {
			continue
		}
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			t.Fatal(err)
		}
		if asked[real] {
			continue
		}
		asked[real] = true
		b := New(Options{Path: path, Dir: t.TempDir()})
		defer b.Close()
		said, err := b.Version(t.Context())
		if err != nil || b.Pid() != 0 {
			t.Fatalf("the version of %s is %q, the process %d: %v", name, said, b.Pid(), err)
		}
		if err := b.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if running, err := b.Version(t.Context()); err != nil || running != said {
			t.Errorf("%s runs as %q and said %q: %v", name, running, said, err)
		}
	}
	if len(asked) == 0 {
		t.Error("no browser is installed")
	}
}
