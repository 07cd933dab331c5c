package office

import (
	"cmp"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/sys/unix"

	"lectern/internal/proc"
)

// layers are the parts of the containment. Only tests turn any off.
type layers struct{ profile, filter, files, network bool }

var all = layers{true, true, true, true}

// work is the folder of one process. Everything that the process writes is in it.
type work struct {
	dir  string
	lock *os.File // the folder, locked while it is in use
}

const workPrefix = "lectern-office-"

// newWork makes the folder, with a new profile. It also removes the folders of Lecterns that were killed.
func (c *Converter) newWork() (*work, error) {
	w, err := makeWork(c.o.Scratch)
	if err != nil {
		return nil, fmt.Errorf("make a folder for LibreOffice: %w", err)
	}
	for _, sub := range []string{w.in(), w.out(), w.home(), w.temp()} {
		err = errors.Join(err, os.Mkdir(sub, 0o700))
	}
	settings := quiet
	if c.layers.profile {
		settings = slices.Concat(quiet, hardened)
	}
	err = errors.Join(err, writeProfile(w.profile(), settings), writeStandIns(w.home()), c.recall(w.profile()))
	if err != nil {
		w.remove()
		return nil, fmt.Errorf("make a profile for LibreOffice: %w", err)
	}
	return w, nil
}

// makeWork makes a folder in dir and locks it. The kernel releases the lock when the process ends, so a later process
// recognises what a crash left.
func makeWork(dir string) (*work, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	sweep(dir)
	for range 8 {
		path, err := os.MkdirTemp(dir, workPrefix)
		if err != nil {
			return nil, err
		}
		lock, err := os.Open(path)
		if err != nil {
			continue // removed as a leftover by another process that is starting
		}
		if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil && exists(path) {
			return &work{path, lock}, nil
		}
		lock.Close()
	}
	return nil, errors.New("other processes removed or locked each new folder in " + dir)
}

// sweep removes the work folders in dir that no running process has locked.
func sweep(dir string) {
	old, _ := filepath.Glob(filepath.Join(dir, workPrefix+"*"))
	for _, path := range old {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			(&work{dir: path}).remove()
		}
		f.Close()
	}
}

func (w *work) in() string      { return filepath.Join(w.dir, "in") }
func (w *work) out() string     { return filepath.Join(w.dir, "out") }
func (w *work) home() string    { return filepath.Join(w.dir, "home") }
func (w *work) temp() string    { return filepath.Join(w.dir, "tmp") }
func (w *work) profile() string { return filepath.Join(w.dir, "profile") }

// remove ends the processes that still use the folder, and removes it.
func (w *work) remove() {
	proc.KillEscaped(w.dir)
	w.removeSocket()
	_ = os.RemoveAll(w.dir)
	w.lock.Close() // which may be nil
}

func (w *work) removeSocket() {
	sockets, _ := filepath.Glob(filepath.Join(socketFolder, "OSL_PIPE_*_SingleOfficeIPC_"+w.socketID()))
	for _, s := range sockets {
		_ = os.Remove(s)
	}
}

// profileURL is the profile's address, as LibreOffice's argument.
func (w *work) profileURL() string { return (&url.URL{Scheme: "file", Path: w.profile()}).String() }

// socketFolder is where LibreOffice makes a socket, by which a second process with the same profile would find it. The
// folder cannot be set, and without the socket LibreOffice ends. Containment does not let it remove the socket.
const socketFolder = "/tmp"

// socketID is the part of the socket's name that depends on the profile: the MD5 sum of its address in UTF-16,
// without the zeros in front of each byte.
func (w *work) socketID() string {
	var b []byte
	for _, u := range utf16.Encode([]rune(w.profileURL())) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	var id strings.Builder
	for _, u := range md5.Sum(b) {
		fmt.Fprintf(&id, "%x", u)
	}
	return id.String()
}

// stage copies a file into the folder, under the hash of its content: a deck that shows its file's name looks the same
// whatever its path is and whichever files wait with it. It reports false if the folder has the same file already.
func (w *work) stage(v *conversion) (fresh bool, err error) {
	src, err := os.Open(v.in)
	if err != nil {
		return false, fmt.Errorf("open the deck: %w", err)
	}
	defer src.Close()
	dst, err := os.CreateTemp(w.temp(), "in-")
	if err != nil {
		return false, fmt.Errorf("copy the deck: %w", err)
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(dst, hash), src)
	if err = errors.Join(err, dst.Close()); err != nil {
		return false, fmt.Errorf("copy the deck: %w", err)
	}
	v.name = hex.EncodeToString(hash.Sum(nil))[:16]
	to := filepath.Join(w.in(), v.name+v.kind.extension)
	if exists(to) {
		return false, os.Remove(dst.Name())
	}
	return true, os.Rename(dst.Name(), to)
}

// result is the path of v's output.
func (w *work) result(v *conversion) string {
	return filepath.Join(w.out(), v.name+"."+v.target.extension)
}

// deliver moves a whole output to where its caller wants it.
func (w *work) deliver(v *conversion) (err error) {
	if os.Rename(w.result(v), v.out) == nil {
		return nil
	}
	// The folders are on two file systems.
	src, err := os.Open(w.result(v))
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.CreateTemp(filepath.Dir(v.out), ".office-")
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	if err = errors.Join(err, dst.Close()); err == nil {
		err = os.Rename(dst.Name(), v.out)
	}
	if err != nil {
		_ = os.Remove(dst.Name())
	}
	return err
}

// command starts p with args in w. limit bounds its processor time.
func (c *Converter) command(p program, w *work, args []string, limit time.Duration, able Containment) proc.Command {
	env := []string{
		"PATH=/usr/bin:/bin", "HOME=" + w.home(), "TMPDIR=" + w.temp(), "LANG=C.UTF-8", "LC_ALL=C.UTF-8",
		"XDG_CONFIG_HOME=" + w.home(), "XDG_CACHE_HOME=" + w.home(), "XDG_RUNTIME_DIR=" + w.home(),
		"SAL_USE_VCLPLUGIN=svp", // draws without a screen
	}
	if data := userData(); data != "" { // fontconfig looks for the user's fonts there
		env = append(env, "XDG_DATA_HOME="+data)
	}
	args = append([]string{"-env:UserInstallation=" + w.profileURL(), "--headless", "--norestore", "--nologo",
		"--nodefault", "--nolockcheck", "--nofirststartwizard"}, args...)
	command := proc.Command{Path: p.path, Args: args, Env: env, Dir: w.home()}
	if runtime.GOOS != "linux" {
		return command
	}
	o := order{Program: p.path, Args: args, Env: env, Filter: c.layers.filter, Memory: c.o.Memory, Output: c.o.Output,
		Processor: uint64(limit.Seconds()) + 1}
	if c.layers.files && able.Files {
		v := p.view(w)
		o.Files = &v
	}
	command.NoNetwork = c.layers.network && able.Network
	command.Path, command.Args, command.Env = c.o.Child[0], slices.Concat(c.o.Child[1:], []string{o.text()}), nil
	return command
}

func (o order) text() string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // an order has only strings, numbers and truth values
	}
	return string(b)
}

// userData is the folder of the user's own data, or empty.
func userData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return dir
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share")
	}
	return ""
}

// view is what p needs to see: itself, the libraries and the fonts of the machine, and w.
func (p program) view(w *work) view {
	v := view{
		Run: []string{"/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/lib", "/lib64", "/nix/store", "/gnu/store"},
		Read: []string{"/usr", "/etc/fonts", "/etc/libreoffice", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime",
			"/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/alternatives", "/var/cache/fontconfig",
			"/var/lib/libreoffice", "/var/spool/libreoffice",
			"/dev/urandom", "/dev/random", "/dev/zero", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
			"/proc/filesystems", "/sys/devices/system/cpu"},
		Write: []string{w.dir}, Sockets: []string{socketFolder},
	}
	if data := userData(); data != "" {
		v.Read = append(v.Read, filepath.Join(data, "fonts"))
	}
	// A script starts other programs, of which nothing is known.
	v.Run = append(v.Run, cmp.Or(p.folder, "/usr"), filepath.Dir(p.path))
	return v
}
