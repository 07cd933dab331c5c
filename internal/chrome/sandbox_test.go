//go:build linux

package chrome

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lectern"
)

// choosy returns a script that runs the real browser only with --no-sandbox. Without it, the script prints said and
// fails. starts returns how often the script was started.
func choosy(t *testing.T, said string) (path string, starts func() int) {
	t.Helper()
	real, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	count := filepath.Join(dir, "starts")
	path = program(t, dir, "browser", fmt.Sprintf(`#!/bin/sh
echo start >>%s
case " $* " in
*" --no-sandbox "*) exec %s "$@";;
esac
echo '%s' >&2
exit 1
`, count, real, said))
	return path, func() int {
		b, _ := os.ReadFile(count)
		return strings.Count(string(b), "start")
	}
}

const unusable = "[1:ERROR:content/browser/zygote_host/zygote_host_impl_linux.cc:128] No usable sandbox! If this is " +
	"a Debian system, …"

// With auto, one failed start shows that the sandbox cannot start on the machine. Later browsers start without it at
// once, and the operator is notified once.
func TestC1SandboxAutoTriesTheSandboxOnce(t *testing.T) {
	t.Parallel()
	path, starts := choosy(t, unusable)
	var reports []string
	b := New(Options{Path: path, Dir: t.TempDir(), Tabs: 1,
		Exposed: func(reason, said string) { reports = append(reports, reason+"|"+said) }})
	defer b.Close()
	b.exposed = "" // as for a user who is not root
	fine := lectern.Page{HTML: document(full("#00ff00")), Width: 64, Height: 36}
	for want := 2; want <= 3; want++ {
		if _, img := capture(t, b, fine); at(img) != "#00ff00" {
			t.Error(at(img))
		}
		if n := starts(); n != want {
			t.Errorf("%d starts, want %d", n, want)
		}
		if err := syscall.Kill(b.Pid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if ok, why := b.Contained(); ok || !strings.Contains(why, "cannot make user namespaces") {
		t.Errorf("contained: %v, %q", ok, why)
	}
	if len(reports) != 1 || !strings.Contains(reports[0], "No usable sandbox!") {
		t.Errorf("reported %q", reports)
	}
}

// With on, the browser never runs without its sandbox, and the failure names the setting. With off, no start with a
// sandbox is tried.
func TestC1SandboxOnAndOff(t *testing.T) {
	t.Parallel()
	path, starts := choosy(t, unusable)
	b := New(Options{Path: path, Dir: t.TempDir(), Sandbox: SandboxOn})
	defer b.Close()
	err := b.Warm(t.Context())
	wantFailure(t, err, lectern.CodeCaptureFailed, "chromium.sandbox")
	want := 1
	if os.Geteuid() == 0 {
		want = 0 // as root no start is tried
	}
	if n := starts(); n != want {
		t.Errorf("on: %d starts, want %d", n, want)
	}
	if _, err := launch(t.Context(), path, b.o, true); !errors.Is(err, errNoSandbox) || starts() != want+1 {
		t.Errorf("on: %v", err)
	}
	off := New(Options{Path: path, Dir: t.TempDir(), Sandbox: SandboxOff})
	defer off.Close()
	if err := off.Warm(t.Context()); err != nil {
		t.Error(err)
	}
	if n := starts(); n != want+2 {
		t.Errorf("off: %d starts in all, want %d", n, want+2)
	}
	if ok, why := off.Contained(); ok || why != setOff {
		t.Errorf("off: %v %q", ok, why)
	}
}

// A browser that does not start for another reason is not started without its sandbox.
func TestC1AnotherFaultKeepsTheSandbox(t *testing.T) {
	t.Parallel()
	path, starts := choosy(t, "error while loading shared libraries: libnss3.so")
	b := New(Options{Path: path, Dir: t.TempDir()})
	defer b.Close()
	b.exposed = ""
	wantFailure(t, b.Warm(t.Context()), lectern.CodeCaptureFailed, "did not start")
	if n := starts(); n != 1 {
		t.Errorf("%d starts", n)
	}
}

// T1: a browser that crashes while it starts, as Chromium does on a very busy machine, is started once more. One that
// crashes every time fails.
func TestT1ACrashAtTheStartIsRepeated(t *testing.T) {
	t.Parallel()
	real, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	for crashes, want := range map[int]int{1: 2, 9: 2} { // starts
		dir := t.TempDir()
		count := filepath.Join(dir, "starts")
		path := program(t, dir, "browser", fmt.Sprintf(`#!/bin/sh
echo start >>%[1]s
[ "$(wc -l <%[1]s)" -le %[2]d ] && kill -TRAP $$
exec %[3]s "$@"
`, count, crashes, real))
		b := New(Options{Path: path, Dir: dir})
		defer b.Close()
		err := b.Warm(t.Context())
		if said, _ := os.ReadFile(count); strings.Count(string(said), "start") != want {
			t.Errorf("%d crashes: %d starts", crashes, strings.Count(string(said), "start"))
		}
		if crashes < want && err != nil {
			t.Errorf("%d crashes: %v", crashes, err)
		}
		if crashes >= want {
			wantFailure(t, err, lectern.CodeCaptureFailed, "did not start")
		}
	}
}

// Chromium's messages about a sandbox that cannot start are recognised, and its other messages are not.
func TestC1MessagesOfAMissingSandboxAreRecognised(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		unusable: true,
		"[7:FATAL:setuid_sandbox_host.cc(158)] The SUID sandbox helper binary was found, but is not configured " +
			"correctly.": true,
		"The setuid sandbox is not running as root. Common " +
			"causes:": true,
		"Failed to move to new namespace: PID namespaces supported, Network namespace supported, but failed: errno = " +
			"Operation not permitted": true,
		"[1:1:FATAL:credentials.cc(126)] Check failed: . : Operation not permitted " +
			"(1)": true,
		"[1:FATAL:zygote_host_impl_linux.cc(201)] Check failed: ReceiveFixedMessage(fds[0], kZygoteBootMessage, " +
			"...)": true,
		"[1:ERROR:zygote_host_impl_linux.cc:101] Running as root without --no-sandbox is not " +
			"supported.": true,
		"[1:WARNING:content/common/zygote/zygote_communication_linux.cc:303] Socket closed " +
			"prematurely.": false,
		"error while loading shared libraries: " +
			"libnss3.so": false,
		"": false,
	} {
		if got := noSandbox("first\n"+line+"\n") != ""; got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}
