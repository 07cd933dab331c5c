package office

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// All restrictions are those of the calling thread. When it executes a program, the other threads end, so the
// restrictions are those of the program. The thread must therefore be locked.

// contain takes on the restrictions of o.
func contain(o order) error {
	if o.Files != nil {
		if err := restrictFiles(*o.Files); err != nil {
			return err
		}
	}
	if err := keepPrivileges(); err != nil {
		return err
	}
	// Without this a process of root would get all capabilities back from the program that it executes. It fails for a
	// process that has none.
	_ = unix.Prctl(unix.PR_SET_SECUREBITS, secureNoRoot, 0, 0, 0)
	for _, l := range []struct {
		what  int
		value uint64
	}{{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_CPU, o.Processor}, {unix.RLIMIT_FSIZE, o.Output}, {unix.RLIMIT_AS, o.Memory}} {
		if err := limit(l.what, l.value); err != nil {
			return err
		}
	}
	if o.Filter {
		return refuseSockets()
	}
	return nil
}

// secureNoRoot is SECBIT_NOROOT and its lock.
const secureNoRoot = 1<<0 | 1<<1

// limit sets a limit of the process, unless a lower one is set already.
func limit(what int, value uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(what, &now); err != nil {
		return fmt.Errorf("read limit %d: %w", what, err)
	}
	value = min(value, now.Max)
	// Through prlimit: package syscall remembers a limit of open files, and would undo another one at exec.
	if err := unix.Prlimit(0, what, &unix.Rlimit{Cur: value, Max: value}, nil); err != nil {
		return fmt.Errorf("set limit %d to %d: %w", what, value, err)
	}
	return nil
}

func become(path string, argv, env []string) error { return syscall.Exec(path, argv, env) }

// restrictFiles lets the process see only the files of v. It also refuses TCP and signals to other processes on kernels
// that can do it. It fails on kernels without Landlock.
func restrictFiles(v view) error {
	const read = ll.AccessFSReadFile | ll.AccessFSReadDir
	there := func(paths []string) []string {
		return slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return !exists(p) })
	}
	var files, folders []string
	for _, p := range there(v.Read) {
		var st unix.Stat_t
		if err := unix.Stat(p, &st); err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
			folders = append(folders, p)
		} else {
			files = append(files, p)
		}
	}
	rules := []landlock.Rule{
		landlock.PathAccess(read|ll.AccessFSExecute, there(v.Run)...),
		landlock.PathAccess(read, folders...),
		landlock.PathAccess(ll.AccessFSReadFile, files...),
		landlock.RWDirs(there(v.Write)...),
		landlock.PathAccess(ll.AccessFSMakeSock, there(v.Sockets)...),
		landlock.RWFiles("/dev/null"),
	}
	fd, flags, err := landlock.V7.BestEffort().NewRulesetFD(rules...)
	if err != nil {
		return fmt.Errorf("restrict files: %w", err)
	}
	if fd < 0 {
		return errors.New("this kernel has no Landlock")
	}
	defer unix.Close(fd)
	if err := keepPrivileges(); err != nil {
		return err
	}
	if err := ll.LandlockRestrictSelf(fd, flags); err != nil {
		return fmt.Errorf("restrict files: %w", err)
	}
	return nil
}

// keepPrivileges makes sure that no program that the process executes has more privileges than the process.
func keepPrivileges() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	return nil
}

// refuseSockets installs the filter of system calls.
func refuseSockets() error {
	instructions, err := filter(runtime.GOARCH)
	if err != nil {
		return err
	}
	raw, err := bpf.Assemble(instructions)
	if err != nil {
		return fmt.Errorf("assemble the filter: %w", err)
	}
	program := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		program[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	p := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := keepPrivileges(); err != nil {
		return err
	}
	if _, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&p))); e != 0 {
		return fmt.Errorf("install the filter of system calls: %w", e)
	}
	return nil
}

// Offsets of struct seccomp_data on little-endian machines.
const (
	offsetCall     = 0
	offsetArch     = 4
	offsetArgument = 16 // the lower half of the first one
)

// x32 marks the calls of a second interface for 64-bit programs on amd64.
const x32 = 0x4000_0000

// never are the calls that no conversion needs and that would lead around the filter or out of the process: rings can
// open sockets, and the others change namespaces, other processes or the kernel.
var never = []uint32{unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_PTRACE,
	unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN,
	unix.SYS_USERFAULTFD, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_MOUNT, unix.SYS_UMOUNT2,
	unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_SETNS, unix.SYS_UNSHARE, unix.SYS_OPEN_BY_HANDLE_AT,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD}

// filter is a program for seccomp that allows all calls except socket of every family but AF_UNIX, and those in never.
// A call through the interface of another processor family ends the process: its numbers mean other calls.
func filter(arch string) ([]bpf.Instruction, error) {
	var native uint32
	switch arch {
	case "amd64":
		native = unix.AUDIT_ARCH_X86_64
	case "arm64":
		native = unix.AUDIT_ARCH_AARCH64
	default:
		return nil, fmt.Errorf("there is no filter of system calls for %s", arch)
	}
	refuse := func(e unix.Errno) bpf.Instruction {
		return bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(e)}
	}
	out := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: native, SkipTrue: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_KILL_PROCESS},
		bpf.LoadAbsolute{Off: offsetCall, Size: 4},
	}
	if arch == "amd64" {
		out = append(out, bpf.JumpIf{Cond: bpf.JumpLessThan, Val: x32, SkipTrue: 1}, refuse(unix.ENOSYS))
	}
	for _, call := range never {
		out = append(out, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: call, SkipTrue: 1}, refuse(unix.EPERM))
	}
	return append(out,
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_SOCKET, SkipTrue: 3},
		bpf.LoadAbsolute{Off: offsetArgument, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.AF_UNIX, SkipTrue: 1},
		refuse(unix.EAFNOSUPPORT),
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
	), nil
}
