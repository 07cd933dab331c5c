package office

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"lectern/internal/proc"
)

func TestAContainedProgramCanDoNothingElse(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, network := range []bool{true, false} {
		c := converter(t)
		c.layers.network = network
		w, err := c.newWork()
		if err != nil {
			t.Fatal(err)
		}
		defer w.remove()
		able := c.Examine(t.Context())
		if !able.Filter || !able.Files {
			t.Fatalf("this machine allows only %+v", able)
		}
		p := program{path: os.Args[0], folder: filepath.Dir(os.Args[0])}
		command := c.command(p, w, nil, time.Minute, able)
		var o order
		if err := json.Unmarshal([]byte(command.Args[len(command.Args)-1]), &o); err != nil {
			t.Fatal(err)
		}
		o.Args = []string{"inside", secret}
		command.Args[len(command.Args)-1] = o.text()
		out, err := proc.Output(t.Context(), command)
		if err != nil {
			t.Fatal(err)
		}
		var s sight
		if err := json.Unmarshal(out, &s); err != nil {
			t.Fatal(err)
		}
		if s.Inet || s.Inet6 || s.Netlink || s.Packet || s.Ring {
			t.Errorf("network %v: it can open sockets: %+v", network, s)
		}
		if !s.Unix {
			t.Errorf("network %v: it cannot open a socket on this machine", network)
		}
		if s.File != "" {
			t.Errorf("network %v: it can read %s", network, secret)
		}
		if s.NoNewPrivileges != "1" || s.Seccomp != "2" || s.Capabilities != "" {
			t.Errorf("network %v: no_new_privs %s, seccomp %s, capabilities %s", network, s.NoNewPrivileges, s.Seccomp,
				s.Capabilities)
		}
		if s.Core != 0 || s.Output != DefaultOutput || s.Address != DefaultMemory || s.Processor != 61 {
			t.Errorf("network %v: the limits are %d, %d, %d, %d", network, s.Core, s.Output, s.Address, s.Processor)
		}
		for _, e := range s.Env {
			if name, _, _ := strings.Cut(e, "="); !slices.Contains(strings.Fields("PATH HOME TMPDIR LANG LC_ALL "+
				"XDG_CONFIG_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR XDG_DATA_HOME SAL_USE_VCLPLUGIN"), name) {
				t.Errorf("network %v: it sees %s", network, e)
			}
		}
	}
}

// The machine of package bpf reads numbers in network order, so the calls are written in that order.
func TestFilterRefusesEverySocketButUnix(t *testing.T) {
	t.Parallel()
	instructions, err := filter(runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	vm, err := bpf.NewVM(instructions)
	if err != nil {
		t.Fatal(err)
	}
	native := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	answer := func(arch, call, argument uint32) uint32 {
		t.Helper()
		b := make([]byte, 64)
		for at, v := range map[int]uint32{offsetCall: call, offsetArch: arch, offsetArgument: argument} {
			b[at], b[at+1], b[at+2], b[at+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
		}
		n, err := vm.Run(b)
		if err != nil {
			t.Fatal(err)
		}
		return uint32(n)
	}
	for family := range uint32(64) {
		want := uint32(unix.SECCOMP_RET_ERRNO | uint32(unix.EAFNOSUPPORT))
		if family == unix.AF_UNIX {
			want = unix.SECCOMP_RET_ALLOW
		}
		if got := answer(native, unix.SYS_SOCKET, family); got != want {
			t.Errorf("socket family %d: %#x, want %#x", family, got, want)
		}
	}
	for _, call := range never {
		if got := answer(native, call, 1); got != unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM) {
			t.Errorf("call %d: %#x", call, got)
		}
	}
	for _, call := range []uint32{unix.SYS_READ, unix.SYS_OPENAT, unix.SYS_EXECVE, unix.SYS_CLONE, unix.SYS_CONNECT} {
		if got := answer(native, call, 1); got != unix.SECCOMP_RET_ALLOW {
			t.Errorf("call %d: %#x, want to be allowed", call, got)
		}
	}
	const i386 = 0x40000003
	if got := answer(i386, 1, 1); got != unix.SECCOMP_RET_KILL_PROCESS {
		t.Errorf("a call of another processor family: %#x", got)
	}
	if runtime.GOARCH == "amd64" {
		if got := answer(native, x32|41, 2); got != unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS) {
			t.Errorf("a call of x32: %#x", got)
		}
	}
	if _, err := filter("mips"); err == nil {
		t.Error("there is a filter for a processor family whose calls are not known")
	}
}
