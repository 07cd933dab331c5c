// Package programtest builds the program for tests that run it from outside.
//
// It builds as `make build` does, so the compiled packages come from Go's build cache and only linking costs time. Go
// keeps the results of tests, and knows only what the test itself has read: Build looks at every source of the module,
// so that a test of the program runs again when the program has changed.
package programtest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lectern/internal/proc"
)

// Build writes the program, as users have it, to dir/lectern, and returns that name. Flags, such as "-tags", are for
// `go build`.
func Build(ctx context.Context, dir string, flags ...string) (string, error) {
	return build(ctx, filepath.Join(dir, "lectern"), "0", flags...)
}

// BuildRaced is Build with the race detector, to dir/raced/lectern. The program reports a race on standard error, and
// ends with 66.
func BuildRaced(ctx context.Context, dir string) (string, error) {
	return build(ctx, filepath.Join(dir, "raced", "lectern"), "1", "-race")
}

func build(ctx context.Context, out, cgo string, flags ...string) (string, error) {
	root, err := module()
	if err == nil {
		err = look(root)
	}
	if err != nil {
		return "", fmt.Errorf("find the program's sources: %w", err)
	}
	args := append([]string{"build", "-trimpath", "-ldflags", "-s -w"}, flags...)
	err = proc.Run(ctx, proc.Command{Path: "go", Args: append(args, "-o", out, "./cmd/lectern"), Dir: root,
		Env: append(os.Environ(), "CGO_ENABLED="+cgo)})
	if err != nil {
		return "", fmt.Errorf("build the program: %w", err)
	}
	return out, nil
}

// module returns the folder of go.mod, at or above the test's own.
func module() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fs.ErrNotExist
		}
		dir = parent
	}
	return "", err
}

// look opens every folder of the module that has sources; the listing has each file's size and time.
func look(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == root {
			return err
		}
		switch name := d.Name(); {
		case strings.HasPrefix(name, "."), name == "testdata", name == "bin", name == "out", name == "data", name == "logs":
			return fs.SkipDir
		}
		return nil
	})
}
