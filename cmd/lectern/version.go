package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// versionCmd prints which version this is.
type versionCmd struct{}

// Run implements the command.
func (versionCmd) Run(io streams) error {
	fmt.Fprintf(io.out, "lectern %s (%s, %s/%s)\n", programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// programVersion returns the version that the linker set, else the version of the module, else "dev".
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
