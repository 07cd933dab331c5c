package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recipeOfImage is what the Dockerfile says about the image that it makes.
type recipeOfImage struct {
	env  []string
	user string // uid:gid
	run  []string
}

func readImage(t *testing.T) (i recipeOfImage) {
	t.Helper()
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	list := func(s string) []string { // ["a", "b"]
		return strings.Split(strings.NewReplacer(`"`, "", `, `, ",").Replace(strings.Trim(s, "[]")), ",")
	}
	var entry, command []string
	for line := range strings.Lines(string(text)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "FROM":
			i, entry, command = recipeOfImage{}, nil, nil
		case "ENV":
			i.env = append(i.env, strings.Fields(rest)...)
		case "USER":
			i.user = rest
		case "ENTRYPOINT":
			entry = list(rest)
		case "CMD":
			command = list(rest)
		}
	}
	i.run = append(entry, command...)
	return i
}

// container is a shell script that makes a tree like the image's from this machine's programs and runs a command in it.
// It runs in namespaces of its own: the command sees nothing of this machine's network, so that :8000 is free and
// reached by no one else, and has its own /data and /logs. $1 is the tree, $2 the user, the rest the command.
const container = `set -e
for d in usr etc proc dev bin sbin lib lib64; do mount --rbind "/$d" "$1/$d"; done
mount --bind "$1/program" "$1/usr/local/bin"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
ip link set lo up
root=$1 user=$2; shift 2
exec chroot --userspec="$user" "$root" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/lectern "$@"`

// asImage returns the command that starts the image with further variables.
func asImage(t *testing.T, i recipeOfImage, env ...string) *exec.Cmd {
	t.Helper()
	root, err := os.MkdirTemp("", "lectern-image-")
	if err != nil {
		t.Fatal(err)
	}
	// the folders on which this machine's are mounted
	places := []string{"usr", "etc", "proc", "dev", "bin", "sbin", "lib", "lib64", "tmp"}
	ours := []string{"program", "data", "logs", "home"}
	t.Cleanup(func() {
		for _, d := range ours {
			_ = os.RemoveAll(filepath.Join(root, d))
		}
		for _, d := range places {
			_ = os.Remove(filepath.Join(root, d)) // never what is in it
		}
		_ = os.Remove(root)
	})
	var uid, gid int
	if _, err := fmt.Sscanf(i.user, "%d:%d", &uid, &gid); err != nil {
		t.Fatalf("the image's user is %q: %v", i.user, err)
	}
	flags := "-mn"
	if os.Geteuid() != 0 { // then the root of the namespace is this user, who can become no other
		flags, uid, gid = "-Urmn", 0, 0
	}
	err = os.Chmod(root, 0o755)
	for _, d := range append(places, append(ours, "home/lectern")...) {
		err = errors.Join(err, os.MkdirAll(filepath.Join(root, d), 0o755))
	}
	for _, d := range []string{"data", "logs", "home/lectern"} {
		if os.Geteuid() == 0 {
			err = errors.Join(err, os.Chown(filepath.Join(root, d), uid, gid))
		}
	}
	if err := errors.Join(err, duplicate(plain, filepath.Join(root, "program", "lectern"))); err != nil {
		t.Fatal(err)
	}
	args := []string{flags, "sh", "-c", container, "sh", root, fmt.Sprintf("%d:%d", uid, gid)}
	return exec.Command("unshare", append(append(append(args, i.env...), env...), i.run...)...)
}

// within runs a program in the namespaces of the server and returns its output.
func (s *server) within(ctx context.Context, args ...string) (string, error) {
	flags := []string{"--target", fmt.Sprint(s.cmd.Process.Pid), "--net"}
	if os.Geteuid() != 0 {
		flags = append(flags, "--user", "--preserve-credentials")
	}
	out, err := exec.CommandContext(ctx, "nsenter", append(flags, args...)...).CombinedOutput()
	return string(out), err
}

// status requests a path from the server in its namespace and returns the status.
func (s *server) status(path string, header ...string) string {
	args := []string{"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"}
	for _, h := range header {
		args = append(args, "-H", h)
	}
	out, _ := s.within(s.t.Context(), append(args, "http://127.0.0.1:8000"+path)...)
	return out
}

// inImage starts the image and waits until its own health check says that it is ready.
func inImage(t *testing.T, env ...string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir()}
	s.launch(asImage(t, readImage(t), env...))
	t.Cleanup(s.stop)
	ctx := patient(t)
	var out string
	poll(ctx, 200*time.Millisecond, func() bool {
		select {
		case <-s.done:
			t.Fatalf("the image ended:\n%s", s.out)
		default:
		}
		var err error
		out, err = s.within(ctx, plain, "doctor", "--ready", "http://127.0.0.1:8000")
		return err == nil
	})
	if ctx.Err() != nil {
		t.Fatalf("the image does not become ready: %s\n%s", out, s.out)
	}
	return s
}

// TestM10ImageWithoutAKey: the image, set to run without a key, gets ready and answers.
func TestM10ImageWithoutAKey(t *testing.T) {
	t.Parallel()
	s := inImage(t, "LECTERN_HTTP_KEYLESS=true")
	if got := s.status("/v1/presentations"); got != "200" {
		t.Errorf("a list answers %s", got)
	}
}

// TestM10ImageWithAKey: without any setting the image refuses to start and names the two settings that help. With a key
// it answers only requests that carry the key.
func TestM10ImageWithAKey(t *testing.T) {
	t.Parallel()
	out, err := asImage(t, readImage(t)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "LECTERN_API_KEY") ||
		!strings.Contains(string(out), "LECTERN_HTTP_KEYLESS") {
		t.Errorf("without a key: %v\n%s", err, out)
	}
	key := strings.Repeat("0123456789abcdef", 4)
	s := inImage(t, "LECTERN_API_KEY="+key)
	if got := s.status("/v1/presentations"); got != "401" {
		t.Errorf("a request without the key gets %s", got)
	}
	if got := s.status("/v1/presentations", "Authorization: Bearer "+key); got != "200" {
		t.Errorf("a request with the key gets %s", got)
	}
}
