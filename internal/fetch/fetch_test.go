package fetch

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lectern"
	"lectern/internal/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func encoded(t *testing.T, kind string, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch rgba := image.NewRGBA(image.Rect(0, 0, w, h)); kind {
	case "png":
		err = png.Encode(&b, rgba)
	case "jpeg":
		err = jpeg.Encode(&b, rgba, nil)
	case "gif":
		err = gif.Encode(&b, rgba, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func fetcher(t *testing.T, o Options) *Fetcher {
	t.Helper()
	if o.AllowPrivate == nil {
		o.AllowPrivate = loopback
	}
	f := New(o)
	t.Cleanup(f.Close)
	return f
}

func want(t *testing.T, err error, code lectern.Code, words string) *lectern.Failure {
	t.Helper()
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok || f.Code != code || !strings.Contains(f.Message, words) {
		t.Errorf("got %v (%T), want %s with %q", err, err, code, words)
		return &lectern.Failure{}
	}
	return f
}

func TestFetchGoesByTheBytesOfPictures(t *testing.T) {
	t.Parallel()
	bodies := map[string][]byte{
		"image/png": encoded(t, "png", 5, 4), "image/jpeg": encoded(t, "jpeg", 5, 4), "image/gif": encoded(t, "gif", 5, 4),
		"image/svg+xml": []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="5" height="4"/>`),
	}
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html") // a false type
		_, _ = w.Write(bodies["image/"+strings.Trim(r.URL.Path, "/")])
	})
	f := fetcher(t, Options{})
	for kind, body := range bodies {
		address := u + "/" + strings.TrimPrefix(kind, "image/") + "?size=1#here"
		a, err := f.Fetch(t.Context(), address)
		if err != nil || a.ContentType != kind || a.URL != address || !bytes.Equal(a.Body, body) {
			t.Errorf("%s: %v %s %s", kind, err, a.ContentType, a.URL)
		}
		if kind != "image/svg+xml" && a.Pixels != 20 {
			t.Errorf("%s: %d pixels", kind, a.Pixels)
		}
	}
}

// A response that is not an accepted picture is refused with the name of its kind.
func TestH1FetchRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	var body atomic.Pointer[[]byte]
	u := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(*body.Load())
	})
	f := fetcher(t, Options{MaxBytes: 1 << 20, Limits: lectern.Limits{PicturePixels: 1_000_000, SVGElements: 100}})
	bomb := encoded(t, "png", 1, 1)
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	for name, c := range map[string]struct {
		body  []byte
		code  lectern.Code
		words string
	}{
		"html": {[]byte("<html>not found</html>"), lectern.CodeAssetRefused,
			"it is an HTML page, although it is named image/png"},
		"bmp": {[]byte("BM6\x00\x00\x00"), lectern.CodeAssetRefused,
			"it is a BMP picture, although it is named image/png; PNG, JPEG"},
		"empty": {nil, lectern.CodeAssetRefused, "an empty file"},
		"svg": {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`),
			lectern.CodeAssetRefused, "<script>"},
		"broken":    {encoded(t, "png", 5, 5)[:20], lectern.CodeAssetRefused, "damaged PNG"},
		"bomb":      {bomb, lectern.CodeAssetRefused, "60000 × 60000"},
		"too large": {make([]byte, 1<<20+1), lectern.CodeAssetFailed, "larger than 1 MiB"},
	} {
		body.Store(&c.body)
		_, err := f.Fetch(t.Context(), u+"/x.png")
		if got := want(t, err, c.code, c.words); got.Retryable {
			t.Errorf("%s: retryable", name)
		}
	}
}

func TestServerTroubleIsReported(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	u := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/404":
			http.NotFound(w, r)
		case "/503":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/slow", "/drip":
			if r.URL.Path == "/drip" {
				_, _ = w.Write([]byte("\x89PNG"))
				w.(http.Flusher).Flush()
			}
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("x"))
		}
	})
	defer close(hang)
	f := fetcher(t, Options{})
	if got := want(t, fetchErr(t, f, u+"/404?token=secret"), lectern.CodeAssetFailed,
		"answered 404 (Not Found)"); got.Retryable || strings.Contains(got.Message, "secret") {
		t.Errorf("%+v", got)
	}
	if got := want(t, fetchErr(t, f, u+"/503"), lectern.CodeAssetFailed, "answered 503"); !got.Retryable {
		t.Error("503 is not retryable")
	}
	want(t, fetchErr(t, f, u+"/loop"), lectern.CodeAssetFailed, "more than 5 times")
	want(t, fetchErr(t, f, u+"/cut"), lectern.CodeAssetFailed, "could not be loaded")
	brief := fetcher(t, Options{Timeout: 200 * time.Millisecond})
	for _, p := range []string{"/slow", "/drip"} {
		if got := want(t, fetchErr(t, brief, u+p), lectern.CodeAssetFailed,
			"cannot be reached, or did not answer within 0.2 s"); !got.Retryable {
			t.Errorf("%s: a time limit is not retryable", p)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + l.Addr().String()
	l.Close()
	want(t, fetchErr(t, f, gone), lectern.CodeAssetFailed, "cannot be reached")

	why := errors.New("the user canceled")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := f.Fetch(ctx, u); err != why {
		t.Errorf("got %v", err)
	}
}

// All failures of the network have the same message, so that the author of a deck learns nothing about ports and names.
// The reason is in the log.
func TestM7FailuresOfTheNetworkHaveOneMessage(t *testing.T) {
	t.Parallel()
	listen := func(talk func(net.Conn)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				talk(c)
				_ = c.Close()
			}
		}()
		t.Cleanup(func() { _ = l.Close(); <-done })
		return l.Addr().String()
	}
	ssh := listen(func(c net.Conn) { _, _ = c.Write([]byte("SSH-2.0-OpenSSH_9.2\r\n")) })
	mute := listen(func(net.Conn) {})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	var log lockedBuffer
	f := fetcher(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	var first *lectern.Failure
	for name, u := range map[string]string{"closed": "http://" + closed, "ssh": "http://" + ssh,
		"mute": "http://" + mute, "tls": "https://" + ssh,
		"no such name": "http://nobody.invalid"} {
		_, err := f.Fetch(t.Context(), u+"/x.png")
		got := want(t, err, lectern.CodeAssetFailed, "cannot be reached, or did not answer within 10 s")
		got.Message = strings.Replace(got.Message, u, "U", 1)
		if first == nil {
			first = got
		}
		if got.Message != first.Message || got.Retryable != first.Retryable || got.Detail != "" {
			t.Errorf("%s: %+v differs from %+v", name, got, first)
		}
	}
	if !strings.Contains(log.String(), "connection refused") {
		t.Errorf("the log does not say why: %s", log.String())
	}
}

// lockedBuffer is a buffer for a logger.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Only the configured ports are connected to, for redirects too. Others are refused before a connection.
func TestM7OtherPortsAreNotReached(t *testing.T) {
	t.Parallel()
	f := New(Options{Ports: []uint16{80, 443}})
	for _, u := range []string{"http://example.com:22/", "https://example.com:8443/a.png", "http://93.184.215.14:6379/",
		"http://[2606:4700::1]:81/"} {
		want(t, f.Allowed(u), lectern.CodeAssetRefused, "only 80, 443 may be used (assets.ports)")
		want(t, fetchErr(t, f, u), lectern.CodeAssetRefused, "assets.ports")
	}
	for _, u := range []string{"http://example.com/", "http://example.com:443/", "https://example.com:80/",
		"https://example.com:443/"} {
		if err := f.Allowed(u); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
	if f.policy.Control(t.Context(), "tcp4", "93.184.215.14:22", nil) == nil {
		t.Error("the dialer connects to port 22")
	}
	var hits atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	here := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other+"/x.png",
			http.StatusFound)
	})
	at, err := url.Parse(here)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseUint(at.Port(), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	only := fetcher(t, Options{Ports: []uint16{uint16(port)}})
	want(t, fetchErr(t, only, here), lectern.CodeAssetRefused,
		"it redirects to an address that is not allowed: its address has port")
	if hits.Load() != 0 {
		t.Error("the redirect was followed to another port")
	}
}

func fetchErr(t *testing.T, f *Fetcher, u string) error {
	t.Helper()
	_, err := f.Fetch(t.Context(), u)
	return err
}

func TestPrivateAddressesAreRefusedByTheirText(t *testing.T) {
	t.Parallel()
	f := New(Options{})
	for _, u := range []string{
		"", "pic.png", "/etc/passwd", "//example.com/a.png", "file:///etc/passwd", "ftp://example.com/a", "gopher://x/",
		"javascript:alert(1)", "data:image/png;base64,AA",
		"http://", "http:///a", "http:example.com", "http://user:pw@example.com/", "http://user@example.com/",
		"https://example.com:0/", "https://example.com:99999/",
		"http://exa mple.com/", "http://example.com\\@127.0.0.1/", "http://example.com/\x00", "http://[::1",
		"http://%31%32%37.0.0.1/",
		"http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0x7f000001/", "http://0x7f.1/", "http://2130706433/",
		"http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./",
		"http://0/", "http://0.0.0.0/", "http://[::]/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
		"http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[fe80::1%25eth0]/",
		"http://localhost/", "http://LOCALHOST./", "http://a.localhost:8080/", "http://ip6-localhost/",
		"http://10.0.0.1/", "http://172.16.3.4/", "http://192.168.1.1/", "http://3232235777/",
		"http://169.254.169.254/latest/meta-data", "http://[fd00::1]/", "http://[fe80::1]/", "http://[fd00:ec2::254]/",
		"http://100.64.0.1/", "http://100.100.100.200/", "http://192.0.0.192/", "http://168.63.129.16/", "http://198.18.0.1/",
		"http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/", "http://[ff02::1]/",
		"http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a00:1]/", "http://[2002:7f00:1::]/", "http://[2002:a00:1::]/",
		"http://[2001:db8::1]/", "http://[fec0::1]/", "http://[2001::1]/", "http://[100::1]/", "http://[4000::1]/",
		"http://metadata.google.internal/", "http://printer.local/", "http://intranet/", "http://256.256.256.256/",
		"http://1.2.3.4.5.6/x" + strings.Repeat("x", MaxURL), "http://0x100000000/",
	} {
		if err := f.Allowed(u); !errors.Is(err, &lectern.Failure{Code: lectern.CodeAssetRefused}) {
			t.Errorf("Allowed(%q): %v", u, err)
		}
		if err := fetchErr(t, f, u); !errors.Is(err, &lectern.Failure{Code: lectern.CodeAssetRefused}) {
			t.Errorf("Fetch(%q): %v", u, err)
		}
	}
	for _, u := range []string{
		"https://example.com/a.png", "HTTP://EXAMPLE.COM:8080/a?b=c#d", "http://93.184.216.34/", "https://[2606:4700::1111]/",
		"http://[64:ff9b::5db8:d822]/",
		"https://bücher.example/x.png", "https://xn--bcher-kva.example/", "https://a.b.c.d.e.f.g/", "http://0xcafe.example/",
		"http://127.0.0.1.example.com/",
	} {
		if err := f.Allowed(u); err != nil {
			t.Errorf("Allowed(%q): %v", u, err)
		}
	}
	want(t, f.Allowed("http://10.0.0.1/a.png"), lectern.CodeAssetRefused, "points at a private network")
	want(t, f.Allowed("http://localhost/a.png"), lectern.CodeAssetRefused, "points at this machine")
}

func TestResolvedNamesAndRedirectsAreChecked(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	inside := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	strict := New(Options{})
	// The dialer checks the address that a name resolves to, because the name does not show it.
	for _, address := range []string{"127.0.0.1:80", "[::1]:80", "[::ffff:10.0.0.1]:80", "169.254.169.254:80",
		"[fe80::1%lo]:80", "nonsense"} {
		if err := strict.policy.Control(t.Context(), "tcp4", address, nil); err == nil {
			t.Errorf("dials %s", address)
		}
	}
	if err := strict.policy.Control(t.Context(), "tcp6", "[2606:4700::1111]:443", nil); err != nil {
		t.Error(err)
	}
	// The client refuses the address even though nothing has checked its text.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, inside, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := strict.client.Do(req); err == nil {
		resp.Body.Close()
		t.Error("dialled this machine")
	} else if _, ok := errors.AsType[*egress.Refused](err); !ok {
		t.Errorf("got %v", err)
	}
	// An allowed server redirects to a forbidden address.
	other := netip.MustParsePrefix("127.0.0.1/32")
	for _, to := range []string{"http://127.0.0.2:1/", "http://10.0.0.1/", "file:///etc/passwd",
		"http://localhost.localdomain.internal/", "http://[::1]/", "http://x:y@127.0.0.1/"} {
		u := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		})
		f := fetcher(t, Options{AllowPrivate: []netip.Prefix{other}, Timeout: 2 * time.Second})
		err := fetchErr(t, f, u)
		if !errors.Is(err, &lectern.Failure{Code: lectern.CodeAssetRefused}) &&
			to != "http://localhost.localdomain.internal/" || err == nil {
			t.Errorf("redirect to %s: %v", to, err)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests came through", hits.Load())
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	var hits atomic.Int32
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	for _, k := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(k, proxy)
	}
	u := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(encoded(t, "png", 1, 1)) })
	if _, err := fetcher(t, Options{}).Fetch(t.Context(), u); err != nil || hits.Load() != 0 {
		t.Errorf("%v, %d requests to the proxy", err, hits.Load())
	}
	if f := New(Options{}); f.client.Transport.(*http.Transport).Proxy != nil {
		t.Error("a proxy is set")
	}
}

func FuzzAllowed(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1/", "http://0x7f.1", "https://[::ffff:1.2.3.4]:80/a?b#c",
		"http://1.2.3.4.5", "http://user@h"} {
		f.Add(s)
	}
	fetch := New(Options{})
	f.Fuzz(func(t *testing.T, s string) {
		u, r := fetch.policy.Judge(s)
		if r != nil {
			if failure(r, s).Message == "" {
				t.Error("the refusal has no message")
			}
			return
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && fetch.policy.JudgeIP(ip) != nil || u.User != nil ||
			u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q passed", s)
		}
	})
}
