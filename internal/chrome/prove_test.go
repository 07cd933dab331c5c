//go:build linux

package chrome

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"lectern"
)

// A proof stays valid while the program is the same file and its browser does not die during a picture.
func TestH5ProofIsMadeOnceForAProgram(t *testing.T) {
	t.Parallel()
	path, starts := choosy(t, "")
	b := New(Options{Path: path, Dir: t.TempDir(), Tabs: 1, Sandbox: SandboxOff})
	defer b.Close()
	taken := 0
	b.loaded = func(*tab) { taken++ }
	prove := func(want int, when string) {
		t.Helper()
		if err := b.Prove(t.Context()); err != nil {
			t.Fatal(when, err)
		}
		if taken != want {
			t.Errorf("%s: %d pictures, want %d", when, taken, want)
		}
	}
	prove(1, "first")
	prove(1, "again")
	if err := syscall.Kill(b.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	prove(1, "after a browser that ended between pictures")
	b.loaded = func(*tab) {
		if taken++; taken == 2 {
			_ = syscall.Kill(b.Pid(), syscall.SIGKILL)
		}
	}
	capture(t, b, lectern.Page{HTML: document("x"), Width: 64, Height: 36}) // the second and third
	prove(4, "after a browser that died at work")
	when := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
	prove(5, "after another program was installed")
	if n := starts(); n != 3 { // two of the three were killed
		t.Errorf("%d starts", n)
	}
}

// A program that draws something else, or does not start, fails the proof.
func TestH5WrongPictureFailsTheProof(t *testing.T) {
	t.Parallel()
	c, _ := capture(t, shared, lectern.Page{HTML: document(full("#0a84ff")), Width: 64, Height: 36})
	if err := examine(c.PNG); err == nil {
		t.Error("another picture passes the proof")
	}
	blank, _ := capture(t, shared, lectern.Page{HTML: strings.ReplaceAll(proofPage, ">M<", "><"),
		Width: 64, Height: 36})
	if err := examine(blank.PNG); err == nil || !strings.Contains(err.Error(), "text") {
		t.Errorf("a picture without text: %v", err)
	}
	if err := examine([]byte("no picture")); err == nil {
		t.Error("bytes that are not a picture pass the proof")
	}
	b := New(Options{Path: program(t, t.TempDir(), "browser", "#!/bin/sh\nexit 1\n"), Dir: t.TempDir()})
	defer b.Close()
	wantFailure(t, b.Prove(t.Context()), lectern.CodeCaptureFailed, "did not start")
}
