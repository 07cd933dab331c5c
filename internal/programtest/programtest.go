// Package programtest builds the program for tests that run it from outside.
//
// It builds as `make build` and `go test -race` do, so the compiled packages come from Go's build cache and only
// linking costs time.
package programtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lectern/internal/proc"
)

// Build writes the program, as users have it, to dir/lectern, and returns that path. It passes flags, such as "-tags",
// to `go build`.
func Build(ctx context.Context, dir string, flags ...string) (string, error) {
	return build(ctx, filepath.Join(dir, "lectern"), "0", append([]string{"-trimpath", "-ldflags", "-s -w"}, flags...))
}

// BuildRaced builds the program with the race detector, writes it to dir/raced/lectern and returns that path. After a
// race the program reports it on standard error and exits with status 66. The environment
// variable RACE_FLAGS adds flags, separated by spaces: scripts/tests names there the packages that the race detector
// does not watch.
func BuildRaced(ctx context.Context, dir string) (string, error) {
	return build(ctx, filepath.Join(dir, "raced", "lectern"), "1",
		append([]string{"-race"}, strings.Fields(os.Getenv("RACE_FLAGS"))...))
}

func build(ctx context.Context, out, cgo string, flags []string) (string, error) {
	args := append(append([]string{"build"}, flags...), "-o", out, "lectern/cmd/lectern")
	err := proc.Run(ctx, proc.Command{Path: "go", Args: args, Env: append(os.Environ(), "CGO_ENABLED="+cgo)})
	if err != nil {
		return "", fmt.Errorf("build the program: %w", err)
	}
	return out, nil
}
