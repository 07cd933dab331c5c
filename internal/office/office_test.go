//go:build linux

package office

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"lectern/internal/soak"
)

// TestMain lets the test binary be the process that becomes LibreOffice, and a program that reports what such a process
// can do.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "child":
			os.Exit(ChildMain(os.Args[2], os.Stdout, os.Stderr))
		case "inside":
			_ = json.NewEncoder(os.Stdout).Encode(look(os.Args[2]))
			os.Exit(0)
		}
	}
	goleak.VerifyTestMain(m)
}

// converter returns a Converter, and fails the test if it leaves a folder or a socket.
func converter(t *testing.T, with ...func(*Converter)) *Converter {
	t.Helper()
	c := New(Options{Child: []string{os.Args[0], "child"}, Scratch: t.TempDir()})
	for _, f := range with {
		f(c)
	}
	t.Cleanup(func() {
		_ = c.Close()
		if left, _ := filepath.Glob(filepath.Join(c.o.Scratch, "*")); len(left) > 0 {
			t.Errorf("left over: %v", left)
		}
	})
	return c
}

// deck writes a deck of one slide that links the picture at a web address and the one at a path, neither if both are
// empty.
func deck(t *testing.T, address, picture string) string {
	t.Helper()
	from, err := zip.OpenReader("testdata/remote-links.pptx")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(t.TempDir(), "deck.pptx")
	var b bytes.Buffer
	to := zip.NewWriter(&b)
	for _, f := range from.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, "slide1.xml.rels") {
			text = []byte(strings.NewReplacer("http://127.0.0.1:18999/tracker.png", address, "file:///etc/hostname",
				"file://"+picture).Replace(string(text)))
		}
		w, err := to.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// canary is a server and a picture that a contained LibreOffice neither hears of nor sees.
type canary struct {
	address, picture string
	heard            atomic.Int64 // requests
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	c := &canary{picture: filepath.Join(t.TempDir(), "canary.png")}
	m := image.NewNRGBA(image.Rect(0, 0, 37, 23))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 7)
	}
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.picture, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.heard.Add(1)
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(s.Close)
	c.address = s.URL + "/tracker.png"
	return c
}

// draw converts the canary's deck and returns how many requests the server heard and how many pictures the PDF has.
func (c *canary) draw(t *testing.T, o *Converter) (requests int64, pictures int) {
	t.Helper()
	pdf := filepath.Join(t.TempDir(), "deck.pdf")
	if err := o.ToPDF(t.Context(), deck(t, c.address, c.picture), pdf, 1); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(pdf)
	if err != nil {
		t.Fatal(err)
	}
	if !toPDF.whole(pdf) || !bytes.Contains(b, []byte("/Type/Page/")) && !bytes.Contains(b, []byte("/Type/Page\n")) {
		t.Errorf("the output is no PDF with a page: %.60q", b)
	}
	return c.heard.Load(), bytes.Count(b, []byte("/Subtype/Image"))
}

// Each layer alone keeps LibreOffice from what it promises to keep it from. The first two cases show that the test can
// fail, and that all layers together do not keep LibreOffice from its work.
func TestNothingOutsideTheDeckIsReadOrAskedFor(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "no layer", "all layers")
	for _, tc := range []struct {
		name string
		on   layers
	}{
		{"no layer", layers{}},
		{"all layers", all},
		{"all without namespaces", layers{profile: true, filter: true, files: true}},
		{"profile alone", layers{profile: true}},
		{"filter alone", layers{filter: true}},
		{"files alone", layers{files: true}},
		{"network alone", layers{network: true}},
		{"all without the profile", layers{filter: true, files: true, network: true}},
	} {
		if !runs(tc.name) {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := converter(t, func(c *Converter) { c.layers = tc.on })
			able := o.Examine(t.Context())
			if !able.Filter || !able.Files {
				t.Fatalf("this machine allows only %+v", able)
			}
			requests, pictures := newCanary(t).draw(t, o)
			asks := !tc.on.profile && !tc.on.filter && !(tc.on.network && able.Network)
			// Newer kernels refuse TCP with the files.
			if requests > 0 != asks && (requests > 0 || !tc.on.files) {
				t.Errorf("%d requests were sent", requests)
			}
			if copies := !tc.on.profile && !tc.on.files; pictures > 0 != copies {
				t.Errorf("the PDF has %d pictures", pictures)
			}
		})
	}
}

// sight is what a contained program can do.
type sight struct {
	Inet, Inet6, Netlink, Packet, Unix, Ring bool // whether the call works
	File, Environ, Memory                    string
	NoNewPrivileges, Seccomp                 string // of /proc/self/status
	Env                                      []string
	Core, Output, Processor, Address         uint64
	Capabilities                             string
}

// look reports what this process can do with the file at path and with sockets.
func look(path string) sight {
	open := func(family int) bool {
		fd, err := unix.Socket(family, unix.SOCK_RAW, 0)
		if err != nil {
			fd, err = unix.Socket(family, unix.SOCK_STREAM, 0)
		}
		if err == nil {
			unix.Close(fd)
		}
		return err == nil
	}
	s := sight{Inet: open(unix.AF_INET), Inet6: open(unix.AF_INET6), Netlink: open(unix.AF_NETLINK),
		Packet: open(unix.AF_PACKET), Unix: open(unix.AF_UNIX), Env: os.Environ()}
	_, _, e := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	s.Ring = e != unix.EPERM
	if b, err := os.ReadFile(path); err == nil {
		s.File = string(b)
	}
	if b, err := os.ReadFile("/proc/" + filepath.Base(filepath.Dir(path)) + "/environ"); err == nil {
		s.Environ = string(b)
	}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "NoNewPrivs":
			s.NoNewPrivileges = strings.TrimSpace(value)
		case "Seccomp":
			s.Seccomp = strings.TrimSpace(value)
		case "CapEff":
			s.Capabilities = strings.Trim(strings.TrimSpace(value), "0")
		}
	}
	for what, at := range map[int]*uint64{unix.RLIMIT_CORE: &s.Core, unix.RLIMIT_FSIZE: &s.Output,
		unix.RLIMIT_CPU: &s.Processor, unix.RLIMIT_AS: &s.Address} {
		var l unix.Rlimit
		_ = unix.Getrlimit(what, &l)
		*at = l.Max
	}
	return s
}
