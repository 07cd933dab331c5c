package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk: on a disk with two megabytes left a presentation fails with a sentence that says so, and the server
// goes on answering correctly.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := &server{t: t, dir: t.TempDir(), addr: freeAddr(t)}
	if err := os.Mkdir(filepath.Join(s.dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	// The small disk is in a mount namespace of its own, so it is gone when the server ends.
	flags := "-m"
	if os.Geteuid() != 0 {
		flags = "-rm"
	}
	s.launch(exec.Command("unshare", flags, "sh", "-c",
		`mount -t tmpfs -o size=64m tmpfs data && exec "$0" serve --addr "$1"`, plain, s.addr))
	t.Cleanup(s.stop)
	s.awaitAnswer()
	s.awaitReady(200, "")
	leave(t, fmt.Sprintf("/proc/%d/root%s/data", s.cmd.Process.Pid, s.dir), 2<<20)
	s.awaitReady(503, "is full") // H5
	id := s.create(large(talk(4)))
	v := s.awaitEnd(id)
	fault, _ := v.Error.(map[string]any)
	if v.Status != "failed" || fault["code"] != "disk_full" {
		t.Fatalf("ended as %+v", v)
	}
	if sentence := strings.ToLower(fmt.Sprint(fault["message"])); !strings.Contains(sentence, "disk") &&
		!strings.Contains(sentence, "space") {
		t.Errorf("%q does not say that the disk is full", sentence)
	}
	if a := s.must("GET", "/api/custom/presentations?limit=50", ""); a.status != 200 {
		t.Errorf("the server no longer answers: %d %s", a.status, a.body)
	}
}

// leave fills the disk of dir, up to the given number of free bytes.
func leave(t *testing.T, dir string, room int64) {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	rest := int64(disk.Bavail)*int64(disk.Bsize) - room
	if rest < 0 {
		t.Fatalf("the disk has %d bytes less free than the test needs", -rest)
	}
	if err := os.WriteFile(filepath.Join(dir, "filler"), make([]byte, rest), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBadFFmpeg: an attempt fails with an ffmpeg that reports success and writes garbage for the sound, and with one
// that crashes in a slide. A retry with a good ffmpeg completes the presentation.
func TestBadFFmpeg(t *testing.T) {
	t.Parallel()
	real, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fault := filepath.Join(dir, "fault") // which calls go wrong
	script := fmt.Sprintf(`#!/bin/sh
for out; do :; done
read -r word 2>/dev/null <%s
case "$word $*" in
"sound "*"-f s16le"*) cat >/dev/null; head -c 30000 /dev/urandom >"${out#file:}"; exit 0;;
"slide "*" -f h264 "*) kill -SEGV $$;;
esac
exec %s "$@"
`, fault, real)
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	s := serve(t, plain, "LECTERN_FFMPEG="+filepath.Join(dir, "ffmpeg"))
	set := func(word string) {
		if err := os.WriteFile(fault, []byte(word+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set("sound")
	id := s.create(talk(2))
	for i, want := range []string{"could not encode the sound", "slide"} {
		if i > 0 {
			set("slide") // a retry encodes only what failed, so a new presentation is needed
			id = s.create(strings.ReplaceAll(talk(2), "One thing", "Nothing"))
		}
		v := s.awaitEnd(id)
		failure, _ := v.Error.(map[string]any)
		if said := fmt.Sprint(failure["message"]); v.Status != "failed" || failure["code"] != "encode_failed" ||
			!strings.Contains(said, want) {
			t.Fatalf("ended as %+v", v)
		}
		if a := s.must("GET", "/v1/presentations/"+id+"/video", ""); a.status != 404 && a.status != 409 {
			t.Errorf("there is a video: %d", a.status)
		}
		set("none")
		if a := s.must("POST", "/v1/presentations/"+id+"/retry", ""); a.status/100 != 2 {
			t.Fatalf("retry: %d %s", a.status, a.body)
		}
		if v := s.await(id, func(v view) bool { return v.Attempt == 2 && v.ended() }); v.Status != "completed" {
			t.Fatalf("with a good ffmpeg it ended as %+v", v)
		}
		inspect(t, s.download("/v1/presentations/"+id+"/video", fmt.Sprintf("good%d.mp4", i)))
	}
	if n := running(t, s, "ffmpeg"); n > 0 {
		t.Errorf("%d processes are left", n)
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, "data/tmp/*")); len(left) > 0 {
		t.Errorf("the server leaves %v", left)
	}
}

// TestMissingTools: without ffmpeg and Chromium the server reports what is missing and how to install it, still
// answers, and refuses a presentation.
func TestMissingTools(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	s := serve(t, plain, "PATH="+empty)
	// after the report
	poll(patient(t), 5*time.Millisecond, func() bool { return strings.Contains(s.out.String(), "serving") })
	for _, tool := range []string{"ffmpeg", "chromium"} {
		if out := s.out.String(); !strings.Contains(out, tool) || !strings.Contains(out, "apt-get install") &&
			!strings.Contains(out, "apt install") {
			t.Errorf("serve does not say how to install %s:\n%s", tool, out)
		}
	}
	if a := s.must("GET", "/readyz", ""); a.status != 503 || !strings.Contains(string(a.body), "ffmpeg") {
		t.Errorf("/readyz: %d %s", a.status, a.body)
	}
	a := s.must("POST", "/v1/presentations", asWritten)
	if a.status != 503 || !strings.Contains(string(a.body), "missing_tool") {
		t.Errorf("a presentation without tools: %d %s", a.status, a.body)
	}
}

// TestPortInUse: a second server on the same address fails with a sentence that names the address, and one on the same
// data folder fails too. The first server continues to answer.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	cmd := exec.CommandContext(t.Context(), plain, "serve", "--addr", s.addr)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), s.addr) || !strings.Contains(string(out), "in use") {
		t.Errorf("%v\n%s", err, out)
	}
	// The same data folder is refused too, whatever the address: two servers on it would share one state.
	cmd = exec.CommandContext(t.Context(), plain, "serve", "--addr", freeAddr(t))
	cmd.Dir = s.dir
	out, err = cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "data") {
		t.Errorf("a second server on one data folder: %v\n%s", err, out)
	}
	if a := s.must("GET", "/healthz", ""); a.status != 200 {
		t.Errorf("the first server: %d", a.status)
	}
}

// TestRender makes a video without a server.
func TestRender(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	deck := `{"title":"Layouts","size":{"width":1280,"height":720},"layout":"side_by_side","avatar":"mikhailo","slides":[
		{"template":"title","props":{"title":"Side by side"},"narration":"A title."},
		{"template":"content","props":{"title":"A silent slide","content":"It is held."}}],"hold":2,
		"transitions":[{"type":"fade","duration":0.5}]}`
	if err := os.WriteFile(filepath.Join(dir, "deck.json"), []byte(deck), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), plain, "render", "deck.json", "-o", "talk.mp4")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := inspect(t, filepath.Join(dir, "talk.mp4"))
	if m.width != 1280 || m.height != 720 || len(m.chapters) != 2 {
		t.Errorf("the video is %+v", m)
	}
	cmd = exec.CommandContext(t.Context(), plain, "render", "nothing.json", "-o", "x.mp4")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "nothing.json") {
		t.Errorf("a deck that does not exist: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "x.mp4")); err == nil {
		t.Error("a failed render left a file")
	}
}

// TestDemo checks that the video of `make demo` is what the README promises.
func TestDemo(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "demo.mp4")
	run(t, plain, "render", "../examples/demo.json", "-o", out)
	m := inspect(t, out)
	if m.width != 1920 || m.height != 1080 || m.fps != 30 || m.video < 30 || len(m.chapters) < 4 || m.subtitles != 1 {
		t.Errorf("the demo is %+v", m)
	}
}
