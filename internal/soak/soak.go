// Package soak decides how much of a large matrix the tests run.
//
// `make test` is a run that people wait for: of every kind of case it runs one or a few representatives. `make soak`
// sets [Variable] and runs everything, under the race detector. So no test is skipped: a test of a matrix always runs,
// and only the number of its cases differs. Only tests and suites of tests import this package; scripts/tests finds
// those that do, and make soak runs them.
package soak

import (
	"os"
	"slices"
)

// Variable is the name of the environment variable that asks for everything. Any value does, but for the empty one.
const Variable = "SOAK_ALL"

// All reports whether everything runs.
func All() bool { return os.Getenv(Variable) != "" }

// Rounds returns many in a soak, and otherwise few.
func Rounds(few, many int) int {
	if All() {
		return many
	}
	return few
}

// Pick returns all cases in a soak, and otherwise the representatives, in their order in all. It panics if a
// representative is not among all, so that a renamed case is not lost.
func Pick[T comparable](all []T, representatives ...T) []T {
	for _, r := range representatives {
		if !slices.Contains(all, r) {
			panic("soak: a representative is not among the cases")
		}
	}
	if All() {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(c T) bool { return !slices.Contains(representatives, c) })
}

// T is what Cases uses of a *testing.T.
type T interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// Cases returns a function that reports whether the case of a name runs: all do in a soak, and otherwise the
// representatives. The test fails at its end if it never asked for one of them, so that a renamed case is not lost.
// The function is not safe for concurrent use: ask before the subtest of the case begins.
func Cases(t T, representatives ...string) (runs func(name string) bool) {
	t.Helper()
	seen := map[string]bool{}
	t.Cleanup(func() {
		for _, r := range representatives {
			if !seen[r] {
				t.Errorf("soak: the representative %q is not among the cases", r)
			}
		}
	})
	return func(name string) bool {
		seen[name] = true
		return All() || slices.Contains(representatives, name)
	}
}
