package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lectern/internal/proc"
)

// listed returns the folders of a kind in scripts/tests.
func listed(t *testing.T, kind string) []string {
	t.Helper()
	out, err := proc.Output(t.Context(),
		proc.Command{Path: filepath.Join(root, "scripts", "tests"), Args: []string{"--list", kind},
			Env: os.Environ()})
	if err != nil {
		t.Fatalf("scripts/tests --list %s: %v", kind, err)
	}
	var dirs []string
	for _, p := range strings.Fields(string(out)) {
		r, ok := dirOf(p)
		if !ok {
			t.Errorf("scripts/tests --list %s prints %q", kind, p)
		}
		dirs = append(dirs, r)
	}
	slices.Sort(dirs)
	return dirs
}

// Packages that run without the race detector have no concurrency.
func TestUnracedPackagesAreNotConcurrent(t *testing.T) {
	t.Parallel()
	for _, breach := range Concurrent(tree(t), listed(t, "unraced")) {
		t.Error(breach)
	}
}

// make test runs the tests of every package once. make soak runs those packages again that make test runs in part or
// without the race detector.
func TestEveryTestIsRun(t *testing.T) {
	t.Parallel()
	files := tree(t)
	tested := map[string]bool{}
	for _, f := range files {
		tested[f.Dir] = tested[f.Dir] || f.Test
	}
	raced, unraced, soaked := listed(t, "raced"), listed(t, "unraced"), listed(t, "soak")
	for r, has := range tested {
		if in, out := slices.Contains(raced, r), slices.Contains(unraced, r); has && in == out {
			t.Errorf("%s must be in exactly one of the lists raced and unraced; raced: %v, unraced: %v", r, in, out)
		}
	}
	for _, r := range append(Soaked(files), unraced...) {
		if !slices.Contains(soaked, r) {
			t.Errorf("make soak does not run the tests of %s", r)
		}
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"scripts/tests\n", "scripts/tests --soak\n"} {
		if !strings.Contains(string(makefile), line) {
			t.Errorf("the Makefile does not run %s", line)
		}
	}
}

// Concurrent finds each kind of concurrency, and Soaked each way to import internal/soak.
func TestConcurrencyAndSoaksAreFound(t *testing.T) {
	t.Parallel()
	var files []File
	for name, src := range map[string]string{
		"a/a.go":             `package a; import _ "lectern/b"`,
		"a/a_test.go":        `package a; func f() { go f() }`,
		"b/b.go":             `package b; import _ "sync/atomic"`,
		"b/b_test.go":        `package b; import _ "sync"`,
		"c/suite/suite.go":   `package suite; import _ "lectern/internal/soak"`,
		"c/suite/more/m.go":  `package more; import _ "lectern/c/suite"`,
		"d/d_test.go":        `package d; import _ "lectern/c/suite/more"`,
		"e/e_test.go":        `package e; import _ "lectern/internal/soak"`,
		"internal/soak/s.go": `package soak; import _ "os"`,
	} {
		f, err := Parse(name, []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	var where []string
	for _, f := range Concurrent(files, []string{"a", "z"}) {
		where = append(where, f.Where)
	}
	slices.Sort(where)
	if want := []string{"a/a_test.go:1", "b/b.go:1", "scripts/unraced"}; !slices.Equal(where, want) {
		t.Errorf("concurrency is found in %v, not in %v", where, want)
	}
	if got := Soaked(files); !slices.Equal(got, []string{"d", "e"}) {
		t.Errorf("soaked: %v", got)
	}
}
