package archtest

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// soakDir is the package that decides how much of a matrix a test runs.
const soakDir = "internal/soak"

// Concurrent finds goroutines and imports of package sync in the folders of unraced, whose tests run without the race
// detector: in their code, in their tests, and in all folders that their code imports.
func Concurrent(files []File, unraced []string) []Finding {
	const why = "scripts/unraced lists packages in which nothing is concurrent; take the package out of the list"
	byDir := map[string][]File{}
	for _, f := range files {
		byDir[f.Dir] = append(byDir[f.Dir], f)
	}
	var out []Finding
	for _, r := range unraced {
		if byDir[r] == nil {
			out = append(out, Finding{"scripts/unraced", "there is no package " + r, why})
		}
		for _, near := range neighbours(byDir, r) {
			for _, f := range byDir[near] {
				if where := concurrency(f); where != "" && (near == r || !f.Test) {
					out = append(out, Finding{where,
						"concurrency in the tests of " + r + ", which run without the race detector", why})
				}
			}
		}
	}
	return out
}

// neighbours returns the folder and all folders that its code imports, directly or not.
func neighbours(byDir map[string][]File, start string) []string {
	seen := map[string]bool{start: true}
	for todo := []string{start}; len(todo) > 0; {
		next := todo[0]
		todo = todo[1:]
		for _, f := range byDir[next] {
			if f.Test {
				continue
			}
			for p := range f.imports() {
				if r, ok := dirOf(p); ok && !seen[r] {
					seen[r] = true
					todo = append(todo, r)
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// concurrency returns the first place in f that starts a goroutine or imports package sync, or "".
func concurrency(f File) (where string) {
	for p, at := range f.imports() {
		if p == "sync" || p == "sync/atomic" || strings.HasPrefix(p, "golang.org/x/sync/") {
			return at
		}
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if s, ok := n.(*ast.GoStmt); ok && where == "" {
			where = f.at(s.Pos())
		}
		return where == ""
	})
	return where
}

// Soaked returns the folders whose tests run only representatives by default: they import internal/soak, or a suite
// that imports it.
func Soaked(files []File) []string {
	suites, folders := map[string]bool{soakDir: true}, map[string]bool{}
	for again := true; again; {
		again = false
		for _, f := range files {
			for p := range f.imports() {
				r, _ := dirOf(p)
				switch {
				case !suites[r]:
				case f.Test:
					folders[f.Dir] = true
				case !suites[f.Dir]:
					suites[f.Dir], again = true, true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(folders))
}
