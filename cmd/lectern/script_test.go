package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lectern/internal/programtest"
	"lectern/internal/soak"
)

// The scripts run the program as a user builds it, each in a folder and a home folder of its own. In a soak, the
// program is built with the race detector.
func TestScripts(t *testing.T) {
	t.Parallel()
	program, err := programtest.Build(t.Context(), t.TempDir())
	if soak.All() {
		program, err = programtest.BuildRaced(t.Context(), t.TempDir())
	}
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("EXAMPLES", absolute(t, "../../examples"))
			e.Setenv("OFFICE", absolute(t, "../../internal/deck/pptx/testdata/cases"))
			e.Setenv("PDF", absolute(t, "../../internal/pdf/testdata"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "soak" {
				return soak.All(), nil
			}
			return false, fmt.Errorf("there is no condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"listen":   listenOn,
			"readaddr": readAddr,
			"renewed":  renewed,
			"same":     same,
		},
	})
}

func absolute(t *testing.T, folder string) string {
	dir, err := filepath.Abs(folder)
	if err != nil {
		t.Error(err)
	}
	return dir
}

// listenOn takes a free port for as long as the script runs, and puts its address into a variable.
func listenOn(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// readAddr waits for the file of --addr-file and puts its URL into a variable.
func readAddr(ts *testscript.TestScript, _ bool, args []string) {
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for range 60_000 { // ten minutes: only a server that never starts takes so long
		if b, err := os.ReadFile(ts.MkAbs(args[0])); err == nil {
			ts.Setenv(args[1], strings.TrimSpace(string(b)))
			return
		}
		<-every.C
	}
	ts.Fatalf("%s does not appear", args[0])
}

// same compares two files byte for byte.
func same(ts *testscript.TestScript, neg bool, args []string) {
	var content [2][]byte
	for i := range content {
		b, err := os.ReadFile(ts.MkAbs(args[i]))
		ts.Check(err)
		content[i] = b
	}
	if bytes.Equal(content[0], content[1]) == neg {
		ts.Fatalf("%s and %s have the same content: %v, want %v", args[0], args[1], neg, !neg)
	}
}

// renewed waits until a file exists and differs from another one.
func renewed(ts *testscript.TestScript, _ bool, args []string) {
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for range 60_000 { // ten minutes: only a program that never writes it takes so long
		now, err := os.ReadFile(ts.MkAbs(args[0]))
		old, oldErr := os.ReadFile(ts.MkAbs(args[1]))
		if err == nil && (oldErr != nil || !bytes.Equal(now, old)) {
			return
		}
		<-every.C
	}
	ts.Fatalf("%s stays as it is", args[0])
}
