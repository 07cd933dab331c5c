package e2e

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// stranger is a user id that no user of the system has, as is usual in containers.
const stranger = 4242

// recipe is a shell script that runs its arguments as a container without user namespaces does: as a user without any
// privilege, in a kernel that makes no further user namespace, with no way to gain a privilege.
const recipe = `echo 0 >/proc/sys/user/max_user_namespaces || exit 97
exec setpriv --bounding-set -all --inh-caps=-all --ambient-caps=-all --no-new-privs "$@"`

// inContainer returns the command that runs args by the recipe, and makes dir the home of its user.
func inContainer(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	uid, gid := os.Getuid(), os.Getgid()
	var become []string
	if uid == 0 {
		uid, gid = stranger, stranger
		become = []string{"setpriv", "--reuid", fmt.Sprint(uid), "--regid", fmt.Sprint(gid), "--clear-groups"}
	}
	line := append(become, "env", "HOME="+dir, "unshare", "-U", fmt.Sprintf("--map-user=%d", uid),
		fmt.Sprintf("--map-group=%d", gid), "--keep-caps")
	if os.Getuid() == 0 {
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	probe := exec.CommandContext(t.Context(), line[0], append(line[1:], "true")...)
	if out, err := probe.CombinedOutput(); err != nil {
		t.Fatalf("This machine lets user %d make no user namespace, so a container without them cannot be set up: %v: %s\n"+
			"Set user.max_user_namespaces above 0, and kernel.apparmor_restrict_unprivileged_userns to 0.", uid, err, out)
	}
	line = append(append(line, "sh", "-c", recipe, "sh"), args...)
	return exec.Command(line[0], line[1:]...)
}

// open makes a folder that every user can reach, with the program in it.
func open(t *testing.T) (dir, bin string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "lectern-c1-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	bin = filepath.Join(dir, "lectern")
	if err := errors.Join(os.Chmod(dir, 0o755), duplicate(plain, bin)); err != nil {
		t.Fatal(err)
	}
	return dir, bin
}

func duplicate(from, to string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// TestC1ContainerWithoutUserNamespaces checks C1: where Chromium can have no sandbox, the server gets ready, logs once
// why its browser runs without one, and renders.
func TestC1ContainerWithoutUserNamespaces(t *testing.T) {
	t.Parallel()
	root, bin := open(t)
	dir := filepath.Join(root, "home")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: dir, addr: freeAddr(t)}
	s.launch(inContainer(t, dir, bin, "serve", "--addr", s.addr, "--data", filepath.Join(dir, "data")))
	t.Cleanup(s.stop)
	s.awaitAnswer()
	s.awaitReady(200, `"ready":true`)
	id := s.create(talk(2))
	if v := s.awaitEnd(id); v.Status != "completed" {
		t.Fatalf("it ended as %+v", v)
	}
	inspect(t, s.download("/v1/presentations/"+id+"/video", "contained.mp4"))
	log := s.log()
	if n := strings.Count(log, "without its own sandbox"); n != 1 || !strings.Contains(log, "deploy/seccomp.json") {
		t.Errorf("the log names the missing sandbox %d times:\n%s", n, tail(log, 2000))
	}
}
