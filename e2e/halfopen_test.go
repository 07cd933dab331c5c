package e2e

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestVanishedWatcher: the server drops a client that vanished without closing its connection, like a laptop that was
// shut. The few bytes of a quiet stream always fit into the buffers, so no write ever fails. Another watcher goes on
// and sees the end.
func TestVanishedWatcher(t *testing.T) {
	t.Parallel()
	// An ffmpeg that is busy until the test releases it: it makes progress and does not end.
	dir := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in *-progress*) n=0; while sleep 1; do n=$((n + 1)); echo frame=$n >&3; done;; *) " +
		"exec ffmpeg \"$@\";; esac\n"
	if err := os.WriteFile(filepath.Join(dir, "busy"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	s := serve(t, plain, "LECTERN_FFMPEG="+filepath.Join(dir, "busy"))
	id := s.create(asWritten)
	ctx := patient(t)
	other := make(chan []streamed, 1)
	go func() { other <- stream(ctx, t, s, id, 0) }()
	poll(ctx, 50*time.Millisecond, func() bool { return running(t, s, "busy") > 0 })
	conn := watchAndVanish(t, s, id)
	defer conn.Close()
	streams := func() string {
		for line := range strings.Lines(string(s.must("GET", "/metrics", "").body)) {
			if n, ok := strings.CutPrefix(line, `lectern_watchers{kind="stream"} `); ok {
				return strings.TrimSpace(n)
			}
		}
		return ""
	}
	if n := streams(); n != "2" {
		t.Fatalf("%s streams are open, not 2", n)
	}
	poll(ctx, time.Second, func() bool { return streams() == "1" })
	if n := streams(); n != "1" {
		t.Errorf("%s streams are open long after one client has vanished", n)
	}
	if a := s.must("POST", "/v1/presentations/"+id+"/cancel", ""); a.status/100 != 2 {
		t.Fatalf("cancel answered %d %s", a.status, a.body)
	}
	all := <-other
	checkStream(t, all)
	if n := len(all); n == 0 || all[n-1].view.Status != "canceled" {
		t.Errorf("the other watcher saw %+v", all)
	}
}

// watchAndVanish opens a stream, reads its first event, and from then on drops each packet that comes: nothing is
// acknowledged and nothing is closed.
func watchAndVanish(t *testing.T, s *server, id string) net.Conn {
	t.Helper()
	// a vanished client does not notice the silence, and sends no reset
	conn, err := (&net.Dialer{KeepAlive: -1}).Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /v1/presentations/%s/events HTTP/1.1\r\nHost: %s\r\n\r\n", id, s.addr)
	for r := bufio.NewReader(conn); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "data: ") {
			break
		}
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	nothing := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}} // takes no byte of any packet
	var attached error
	if err := raw.Control(func(fd uintptr) {
		attached = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: 1, Filter: &nothing[0]})
	}); err != nil || attached != nil {
		t.Fatal(err, attached)
	}
	return conn
}
