// Package soak decides how many cases of a large matrix the tests run.
//
// People wait for `make test`, so it runs one or a few representatives of every kind of case. `make soak` sets
// [Variable] and runs all cases, under the race detector. No test is skipped: a test of a matrix always runs, and only
// the number of its cases differs. Only tests and suites of tests import this package. scripts/tests finds the packages
// that import it, and `make soak` runs these.
package soak

import (
	"os"
	"slices"
)

// Variable is the environment variable that makes tests run all cases, if it has a value that is not empty.
const Variable = "SOAK_ALL"

// All reports whether all cases run.
func All() bool { return os.Getenv(Variable) != "" }

// Rounds returns many if all cases run, else few.
func Rounds(few, many int) int {
	if All() {
		return many
	}
	return few
}

// Pick returns all if all cases run, else the representatives, in their order in all. It panics if a representative is
// not in all, because a case may have been renamed.
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

// T has the methods of *testing.T that Cases uses.
type T interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// Cases returns a function that reports whether the case with a name runs: if not all cases run, only the
// representatives do. Without representatives all cases run. The test fails at its end if the function was never
// called for one of them, because a case may have been renamed. The function is not safe for concurrent use: call it
// before the subtest of the case begins.
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
		return All() || len(representatives) == 0 || slices.Contains(representatives, name)
	}
}
