package httpapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"

	"lectern/internal/asset"
	"lectern/internal/httpapi"
	"lectern/internal/soak"
)

// shot returns a PNG picture of 30 × 20 pixels.
func shot(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func sumOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// The life of an asset: uploaded, uploaded again, read, listed, deleted.
func TestAssetLifecycle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	body := shot(t)
	self := "/v1/assets/" + sumOf(body)
	a := r.do("POST", "/v1/assets?name=fjord.png", body, "Content-Type", "text/html")
	if a.status != 201 || a.header.Get("Location") != self {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	golden(t, "v1_asset", a.body)
	upload, formType := form(t, part{"file", "other.png", "image/jpeg", body})
	if a := r.do("POST", "/v1/assets", upload, "Content-Type", formType); a.status != 200 ||
		a.header.Get("Location") != self || a.json(t)["name"] != "fjord.png" {
		t.Errorf("again: %d %v %s", a.status, a.header, a.body)
	}
	if a := r.get(self); a.status != 200 || a.json(t)["address"] != "asset:"+sumOf(body) ||
		a.json(t)["media_type"] != "image/png" {
		t.Errorf("%d %s", a.status, a.body)
	}
	golden(t, "v1_assets", r.get("/v1/assets?kind=picture").body)
	if a := r.get("/v1/assets?kind=sound"); a.status != 200 || len(a.json(t)["assets"].([]any)) != 0 {
		t.Errorf("sounds: %d %s", a.status, a.body)
	}
	named := `{"slides":[{"template":"image","image":"asset:` + sumOf(body) + `"}]}`
	if a := r.post("/v1/presentations?dry_run=true", named); a.status != 200 {
		t.Errorf("a deck that names it: %d %s", a.status, a.body)
	}
	if a := r.do("DELETE", self, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
	for _, path := range []string{self, self + "/content", "/v1/assets/" + strings.Repeat("0", 64), "/v1/assets/x"} {
		if a := r.get(path); a.status != 404 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	for _, path := range []string{"/v1/presentations?dry_run=true", "/v1/presentations",
		"/api/custom/slide-html/preview"} {
		a := r.post(path, named)
		if a.status != 422 || !strings.Contains(a.body, "unknown_asset") || !strings.Contains(a.body, "slides[0].image") ||
			!strings.Contains(a.body, `"slide":1`) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// The content of an asset is what was uploaded. A browser may show it only if the type cannot contain scripts.
func TestAssetContent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, c := range map[string]struct{ body, kind, disposition string }{
		"Grüße 1.png": {shot(t), "image/png", `inline; filename="Gruesse-1.png"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%201.png`},
		"x.svg":       {`<svg xmlns="http://www.w3.org/2000/svg"/>`, "image/svg+xml", `attachment; filename="x.svg"`},
		"": {"# Notes\n", "text/markdown; charset=utf-8",
			`attachment; filename="asset_` + sumOf("# Notes\n")[:12] + `"`},
		`a"b;c.x y`: {"%PDF-1.7\n", "application/pdf", `attachment; filename="a-b-c-x-y"; filename*=UTF-8''a-b%3Bc.x%20y`},
	} {
		req := "/v1/assets"
		if name != "" {
			req += "?name=" + strings.NewReplacer("\"", "%22", ";", "%3B", " ", "%20").Replace(name)
		}
		if a := r.do("POST", req, c.body); a.status != 201 {
			t.Fatalf("%q: %d %s", name, a.status, a.body)
		}
		self := "/v1/assets/" + sumOf(c.body) + "/content"
		a := r.get(self, "Accept", "image/avif, */*;q=0.1")
		for header, want := range map[string]string{
			"Content-Type": c.kind, "Content-Disposition": c.disposition, "X-Content-Type-Options": "nosniff",
			"ETag":                    `"` + sumOf(c.body) + `"`,
			"Content-Security-Policy": "sandbox; default-src 'none'", "Accept-Ranges": "bytes",
			"Cache-Control": "private, no-cache",
		} {
			if got := a.header.Get(header); got != want {
				t.Errorf("%q: %s is %q, not %q", name, header, got, want)
			}
		}
		if a.status != 200 || a.body != c.body {
			t.Errorf("%q: %d, %d bytes", name, a.status, len(a.body))
		}
		if a := r.get(self, "Range", "bytes=1-3"); a.status != 206 || a.body != c.body[1:4] {
			t.Errorf("%q: a range: %d %q", name, a.status, a.body)
		}
		if a := r.get(self, "If-None-Match", `"`+sumOf(c.body)+`"`); a.status != 304 {
			t.Errorf("%q: the same: %d", name, a.status)
		}
		if a := r.get(self + "?download=true"); !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%q: %v", name, a.header)
		}
	}
}

// A refused upload gets a status and a reason.
func TestAssetRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	large := strings.Repeat("x", maxUpload+1)
	two, twoType := form(t, part{"file", "a.png", "", shot(t)}, part{"file2", "b.png", "", shot(t)})
	other, otherType := form(t, part{"deck", "a.png", "", shot(t)})
	none, noneType := form(t)
	for name, c := range map[string]struct {
		body, kind string
		status     int
		code       string
	}{
		"nothing":           {"", "", 415, "unsupported_media_type"},
		"HTML":              {"<!doctype html>", "image/png", 415, "unsupported_media_type"},
		"a damaged picture": {shot(t)[:50], "image/png", 422, "asset_refused"},
		"too much":          {large, "image/png", 413, "limits.upload"},
		"two files":         {two, twoType, 422, "more than one part"},
		"another part":      {other, otherType, 422, "is not known"},
		"an empty form":     {none, noneType, 422, "has no part"},
		"a form without ends": {"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc",
			"multipart/form-data; boundary=x", 422, "did not arrive completely"},
		"no boundary": {"x", "multipart/form-data", 415, "boundary"},
	} {
		a := r.do("POST", "/v1/assets", c.body, "Content-Type", c.kind)
		if a.status != c.status || !strings.Contains(a.body, c.code) ||
			a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	packed := r.do("POST", "/v1/assets", "x", "Content-Encoding", "gzip")
	if packed.status != 415 {
		t.Errorf("packed: %d %s", packed.status, packed.body)
	}
	if a := r.get("/v1/assets?kind=film"); a.status != 422 {
		t.Errorf("an unknown kind: %d %s", a.status, a.body)
	}
	if a := r.get("/v1/assets?cursor=x"); a.status != 422 || !strings.Contains(a.body, "cursor") {
		t.Errorf("a cursor: %d %s", a.status, a.body)
	}
}

// A body without a Content-Length is refused before it is read, since no disk space can be reserved for it.
func TestAssetsNeedALength(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req, err := http.NewRequest("POST", r.URL+"/v1/assets", struct{ io.Reader }{strings.NewReader(shot(t))})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 411 ||
		!strings.Contains(string(b), "length_required") {
		t.Errorf("%v %d %s", err, res.StatusCode, b)
	}
}

// meter is a body of size bytes that begins with head. Each read calls peak, which measures the memory in use.
type meter struct {
	head       string
	size, sent int64
	peak       func()
}

func (m *meter) Read(b []byte) (int, error) {
	m.peak()
	if m.sent == m.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), m.size-m.sent))
	clear(b[:n])
	if m.sent < int64(len(m.head)) {
		n = copy(b[:n], m.head[m.sent:])
	}
	m.sent += int64(n)
	return n, nil
}

// memory returns the bytes of all heap objects, garbage included.
func memory() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// wave returns the header of a WAV file of size bytes.
func wave(size int64) string {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt " +
		"\x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data")
	return string(binary.LittleEndian.AppendUint32(b, uint32(size-int64(len(b))-4)))
}

// heavy returns a PNG file of size bytes, almost all of them in a text chunk.
func heavy(t testing.TB, note byte, size int) []byte {
	t.Helper()
	whole := []byte(shot(t))
	at := len(whole) - 12 // before the end
	chunk := append([]byte("tEXtComment\x00"), bytes.Repeat([]byte{note}, size-len(whole)-20)...)
	b := append(make([]byte, 0, size), whole[:at]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(chunk)-4))
	b = append(b, chunk...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
	return append(b, whole[at:]...)
}

// upload sends a file of size bytes, as the body or in a form.
func upload(t *testing.T, r *rig, body io.Reader, size int64, asForm bool) {
	kind := "application/octet-stream"
	if asForm {
		var head bytes.Buffer
		w := multipart.NewWriter(&head)
		if _, err := w.CreateFormFile("file", "file"); err != nil {
			t.Error(err)
		}
		tail := "\r\n--" + w.Boundary() + "--\r\n"
		kind, size = w.FormDataContentType(), int64(head.Len())+size+int64(len(tail))
		body = io.MultiReader(bytes.NewReader(head.Bytes()), body, strings.NewReader(tail))
	}
	req, err := http.NewRequest("POST", r.URL+"/v1/assets", struct{ io.Reader }{body})
	if err != nil {
		t.Error(err)
		return
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 201 {
		t.Errorf("%v %d %s", err, res.StatusCode, b)
	}
}

// Four uploads at once take at most 64 MiB of memory, whatever their size. This holds for pictures too, which are
// checked as a whole.
func TestUploadsTakeLittleMemory(t *testing.T) { // not parallel: the memory of other tests would count
	// The test itself holds 80 MiB. With the default percentage, the heap could have as much garbage.
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	const bound = 64 << 20
	each := soak.Rounds(32, 96) << 20 // four of them are more than the bound
	large := newLazyAssets(t)
	large.most = 512 << 20
	r := newRig(t, func(o *httpapi.Options) { o.Assets = large })
	pictures := [][]byte{heavy(t, 'a', asset.MaxPicture), heavy(t, 'b', asset.MaxPicture), heavy(t, 'c', asset.MaxPicture),
		heavy(t, 'd', asset.MaxPicture)}
	var mu sync.Mutex
	before, highest := memory(), uint64(0)
	peak := func() {
		now := memory()
		mu.Lock()
		defer mu.Unlock()
		highest = max(highest, now)
	}
	four := func(name string, one func(i int)) {
		var all sync.WaitGroup
		runtime.GC()
		before, highest = memory(), 0
		for i := range 4 {
			all.Go(func() { one(i) })
		}
		all.Wait()
		grown := int64(highest) - int64(before)
		t.Logf("four uploads of %s took at most %.1f MiB", name, float64(grown)/(1<<20))
		if grown > bound {
			t.Errorf("four uploads of %s took %d MiB", name, grown>>20)
		}
	}
	four(fmt.Sprintf("sounds of %d MiB", each>>20), func(i int) {
		size := int64(each + 2*i) // different contents
		upload(t, r, &meter{head: wave(size), size: size, peak: peak}, size, i%2 == 1)
	})
	four("pictures of 20 MiB", func(i int) {
		upload(t, r, bytes.NewReader(pictures[i]), asset.MaxPicture, i%2 == 1)
		peak()
	})
	runtime.KeepAlive(pictures)
}

// If a client disconnects in the middle of an upload, no asset is stored.
func TestAbortedUploadLeavesNoAsset(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, err := net.Dial("tcp", r.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "POST /v1/assets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n%s", shot(t))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if a := r.get("/v1/assets"); a.status != 200 || len(a.json(t)["assets"].([]any)) != 0 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
