//go:build linux

package chrome

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"go.uber.org/goleak"

	"lectern"
)

// patience bounds a hanging test. It is so long that no working test depends on it, however busy the machine is.
const patience = 10 * time.Minute

// patient returns options with which no page fails because it is slow.
func patient(dir string) Options {
	return Options{Dir: dir, Page: patience, Timeout: patience, ReadyTimeout: patience, StartTimeout: patience}
}

// shared is one browser for all tests that do not break it.
var shared *Browser

func TestMain(m *testing.M) {
	if dir := os.Getenv("CHROME_TEST_PARENT"); dir != "" {
		beParent(dir)
		return
	}
	dir, err := os.MkdirTemp("", "chrome-test-")
	if err != nil {
		panic(err)
	}
	shared = New(patient(dir))
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "close:", err)
		code = 1
	}
	if left := profiles(dir); len(left) > 0 {
		fmt.Fprintln(os.Stderr, "profiles left:", left)
		code = 1
	}
	if pids := using(dir); len(pids) > 0 {
		fmt.Fprintln(os.Stderr, "processes left:", pids)
		code = 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func document(body string) string {
	return `<!doctype html><html><body style="margin:0;background:#fff">` + body + `</body></html>`
}

func full(css string) string {
	return `<div style="position:absolute;inset:0;background:` + css + `"></div>`
}

func capture(t *testing.T, b *Browser, p lectern.Page, assets ...lectern.Picture) (lectern.Capture, image.Image) {
	t.Helper()
	if p.Width == 0 {
		p.Width, p.Height = 320, 180
	}
	c, err := b.Capture(t.Context(), p, assets)
	if err != nil {
		t.Fatalf("capture: %v (%s)", err, lectern.AsFailure(err).Detail)
	}
	img, err := png.Decode(bytes.NewReader(c.PNG))
	if err != nil {
		t.Fatal(err)
	}
	return c, img
}

// at returns the colour in the middle of a picture, as "#rrggbb".
func at(img image.Image) string {
	c := color.NRGBAModel.Convert(img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2)).(color.NRGBA)
	return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
}

// A page with a Background is transparent where the page draws nothing. The next page without a Background in the same
// tab is white there again.
func TestBackgroundIsLeftOut(t *testing.T) {
	t.Parallel()
	b := New(Options{Tabs: 1})
	defer b.Close()
	html := `<!doctype html><html><body style="margin:0"><div style="position:absolute;left:0;top:0;width:50%;height:100%;background:rgba(255,0,0,.5)"></div>`
	for _, c := range []struct {
		background  *lectern.Background
		left, right color.NRGBA
	}{
		{nil, color.NRGBA{255, 127, 127, 255}, color.NRGBA{255, 255, 255, 255}},
		{&lectern.Background{}, color.NRGBA{255, 0, 0, 128}, color.NRGBA{}},
		{&lectern.Background{}, color.NRGBA{255, 0, 0, 128}, color.NRGBA{}},
		{nil, color.NRGBA{255, 127, 127, 255}, color.NRGBA{255, 255, 255, 255}},
	} {
		_, img := capture(t, b, lectern.Page{HTML: html, Background: c.background})
		for x, want := range map[int]color.NRGBA{40: c.left, 280: c.right} {
			if got := color.NRGBAModel.Convert(img.At(x, 90)).(color.NRGBA); got != want {
				t.Errorf("background %v: at %d there is %v instead of %v", c.background, x, got, want)
			}
		}
	}
}

func solid(t *testing.T, c color.Color) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	for i := range 16 {
		img.Set(i%4, i/4, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func wantFailure(t *testing.T, err error, code lectern.Code, words string) *lectern.Failure {
	t.Helper()
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok || f.Code != code || !strings.Contains(f.Message, words) {
		t.Fatalf("got %v (%T), want a failure %s with %q", err, err, code, words)
	}
	return f
}

func TestPictureHasExactlyThePixelsAskedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w, h  int
		scale float64
		outW  int
		outH  int
	}{
		{1920, 1080, 1, 1920, 1080},
		{1920, 1080, 0.6667, 1280, 720},
		{1920, 1080, 2.0 / 3, 1280, 720},
		{1920, 1080, 854.0 / 1920, 854, 480},
		{1080, 1920, 0.5, 540, 960},
		{1920, 1200, 0.333, 639, 400},
		{1921, 1081, 0.77, 1479, 832},
		{640, 360, 0, 640, 360},
		{333, 77, 3, 999, 231},
	} {
		_, img := capture(t, shared, lectern.Page{HTML: document(full("#0a84ff")), Width: c.w, Height: c.h,
			Scale: c.scale})
		if s := img.Bounds().Size(); s != image.Pt(c.outW, c.outH) {
			t.Errorf("%d×%d at %g: %v, want %d×%d", c.w, c.h, c.scale, s, c.outW, c.outH)
		}
		for _, p := range []image.Point{{0, 0}, {c.outW - 1, 0}, {0, c.outH - 1}, {c.outW - 1, c.outH - 1}} {
			if got := color.NRGBAModel.Convert(img.At(p.X, p.Y)); got != (color.NRGBA{0x0a, 0x84, 0xff, 0xff}) {
				t.Errorf("%d×%d at %g: corner %v is %v", c.w, c.h, c.scale, p, got)
			}
		}
	}
}

func TestSamePageGivesSameBytes(t *testing.T) {
	t.Parallel()
	html := document(full("linear-gradient(120deg,#412,#138)") +
		`<h1 style="position:relative;color:#fff;font:40px Inter">Hello 日本語 😀 مرحبا</h1>
		<pre id=x style="position:relative"></pre><script>x.textContent = [history.length, document.referrer, location.href, window.name, innerWidth].join('|')</script>`)
	first, _ := capture(t, shared, lectern.Page{HTML: html})
	for range 4 {
		// Another page in between leaves no trace.
		capture(t, shared,
			lectern.Page{HTML: document(`<script>window.name = 'left over'; history.pushState(1, '');</script>`),
				Width: 200, Height: 100})
		again, _ := capture(t, shared, lectern.Page{HTML: html})
		if !bytes.Equal(first.PNG, again.PNG) {
			t.Fatal("the picture changed")
		}
	}
}

func TestOnlyGivenAssetsAreLoaded(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	var connections atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	u := srv.URL
	secret := filepath.Join(t.TempDir(), "secret.png")
	if err := os.WriteFile(secret, solid(t, color.Black), 0o600); err != nil {
		t.Fatal(err)
	}
	html := `<!doctype html><html data-lectern><head>
<link rel=dns-prefetch href="` + u + `"><link rel=preconnect href="` + u + `"><link rel=prefetch href="` + u +
		`/p"><link rel=preload as=image href="` + u + `/pl">
<link rel=stylesheet href="` + u + `/css"><link rel=icon href="` + u + `/icon"><link rel=manifest href="` + u +
		`/m"><script src="` + u + `/js"></script>
<script type=speculationrules>{"prerender":[{"urls":["` + u + `/s"]}],"prefetch":[{"urls":["` + u + `/s2"]}]}</script>
<style>@import url(` + u + `/i); @font-face{font-family:F;src:url(` + u +
		`/f)} body{margin:0;font-family:F;background:url(` + u + `/bg)}</style></head><body>
<img id=given src="https://Pictures.example:443/a.png" style="position:absolute;width:100%;height:100%"><img class=bad src="` + u + `/img"><img class=bad src="file://` + secret + `">
<img class=bad src="https://other.example/b.png"><iframe src="` + u +
		`/frame"></iframe><iframe src="file:///etc/passwd"></iframe><object data="` +
		u + `/o"></object><embed src="` + u + `/e">
<video src="` + u + `/v" poster="` + u + `/po"></video><audio src="` + u + `/au"></audio><form id=form action="` + u +
		`/form" method=post target=_blank></form>
<script>
const tries = [
  () => fetch('` + u + `/fetch'), () => fetch('` + u + `/no', {mode: 'no-cors'}),
  () => new Promise((ok, no) => { const x = new XMLHttpRequest(); x.onload = ok; x.onerror = no; x.open('GET', '` + u +
		`/xhr'); x.send(); }),
  () => new Promise((ok, no) => { const w = new WebSocket('` + strings.Replace(u, "http", "ws", 1) +
		`/ws'); w.onopen = ok; w.onerror = no; }),
  () => new Promise((ok, no) => { const e = new EventSource('` + u + `/es'); e.onopen = ok; e.onerror = no; }),
  () => { if (!navigator.sendBeacon('` + u + `/beacon')) throw 0; throw 1; },
  () => new Promise((ok, no) => { const w = new Worker('` + u + `/w'); w.onmessage = ok; w.onerror = no; }),
  () => navigator.serviceWorker.register('` + u + `/sw'),
  () => { localStorage.x = 1; }, () => { if (!(document.cookie = 'a=b', document.cookie)) throw 0; },
  () => { if (!window.open('` + u + `/open')) throw 0; }, () => { form.submit(); throw 0; },
  () => new Promise((ok, no) => { const r = new RTCPeerConnection({iceServers: [{urls: 'stun:` + strings.TrimPrefix(u,
		"http://") + `'}]}); setTimeout(no, 50); }),
  () => { if (confirm('really?')) return; alert(1); throw 0; },
];
window.__lectern = {overflow: [], ready: (async () => {
  for (const [i, t] of tries.entries()) { let ok = true; try { await t(); } catch { ok = false; } if (ok) window.__lectern.overflow.push('try ' + i); }
  for (const i of document.querySelectorAll('.bad')) { try { await i.decode(); window.__lectern.overflow.push(i.src); } catch {} }
  document.querySelectorAll('body > :not(#given)').forEach(e => e.remove());
  return true;
})()};
</script></body></html>`
	c, img := capture(t, shared, lectern.Page{HTML: html, Assets: []string{"https://Pictures.example:443/a.png"}},
		lectern.Picture{URL: "https://Pictures.example:443/a.png", ContentType: "image/png",
			Body: solid(t, color.NRGBA{0x12, 0x34, 0x56, 0xff})},
		// not in the page's list of assets
		lectern.Picture{URL: "https://other.example/b.png", ContentType: "image/png", Body: solid(t, color.Black)})
	if at(img) != "#123456" {
		t.Errorf("the given picture is not shown: %s", at(img))
	}
	if len(c.Overflow) > 0 {
		t.Errorf("got through: %v", c.Overflow)
	}
	if hits.Load() != 0 || connections.Load() != 0 {
		t.Errorf("%d requests, %d connections reached the server", hits.Load(), connections.Load())
	}
}

func TestAssetIsNotTakenFromAnEarlierPage(t *testing.T) {
	t.Parallel()
	const u = "https://pictures.example/same.png?x=1#frag"
	for _, want := range []color.NRGBA{{0xaa, 0, 0, 0xff}, {0, 0xbb, 0, 0xff}, {0, 0, 0xcc, 0xff}} {
		_, img := capture(t, shared,
			lectern.Page{HTML: document(`<img src="` + u + `" style="width:100%;height:100vh">`),
				Assets: []string{u}},
			lectern.Picture{URL: u, ContentType: "image/png", Body: solid(t, want)})
		if got := color.NRGBAModel.Convert(img.At(160, 90)); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}

func TestPictureIsTakenWhenThePageIsReady(t *testing.T) {
	t.Parallel()
	later := `<!doctype html><html data-lectern><body style="background:#f00"><script>setTimeout(() => {
		document.body.style.background = '#00ff00'; window.__lectern = {ready: %s, overflow: ['title', {element: 'items', hidden: 2, total: 30, unit: 'items'}]} }, 150)</script></html>`
	for _, ready := range []string{"true", "new Promise(r => setTimeout(r, 50, true))"} {
		c, img := capture(t, shared, lectern.Page{HTML: fmt.Sprintf(later, ready)})
		want := []lectern.Overflow{{Element: "title"}, {Element: "items", Hidden: 2, Total: 30, Unit: "items"}}
		if at(img) != "#00ff00" || !slices.Equal(c.Overflow, want) {
			t.Errorf("%s: %s %v", ready, at(img), c.Overflow)
		}
	}
	const broken = `<!doctype html><script>__lectern = {ready: Promise.reject(Error('no font'))}</script>`
	_, err := shared.Capture(t.Context(), lectern.Page{HTML: broken, Width: 320, Height: 180}, nil)
	wantFailure(t, err, lectern.CodeCaptureFailed, "no font")
	// A picture that the browser cannot read is a fault of the deck.
	_, err = shared.Capture(t.Context(), lectern.Page{HTML: strings.Replace(broken, "no font",
		"a picture on it is damaged", 1), Width: 320, Height: 180}, nil)
	wantFailure(t, err, lectern.CodeAssetRefused, "the browser cannot read it")
	o := patient(t.TempDir())
	o.Tabs, o.ReadyTimeout = 1, 100*time.Millisecond // the pages below are never ready
	b := New(o)
	defer b.Close()
	for _, html := range []string{
		`<!doctype html><html data-lectern>`,
		`<!doctype html><script>window.__lectern = {ready: false}</script>`,
		`<!doctype html><script>__lectern = {ready: new Promise(() => {})}</script>`,
	} {
		_, err := b.Capture(t.Context(), lectern.Page{HTML: html, Width: 320, Height: 180}, nil)
		wantFailure(t, err, lectern.CodeCaptureFailed, "did not say that it is ready")
	}
}

func TestAnimationsAreShownAtTheirEnd(t *testing.T) {
	t.Parallel()
	html := `<!doctype html><style>@keyframes k{from{background:#f00}to{background:#0000ff}} body{animation:k 3600s forwards} p{animation:k 1s infinite}</style><body><p>x`
	if _, img := capture(t, shared, lectern.Page{HTML: html}); at(img) != "#0000ff" {
		t.Error(at(img))
	}
}

func TestPageThatLeavesItsAddressFails(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		`<script>location.href = 'https://example.com/x'</script>`,
		`<meta http-equiv=refresh content="0;url=http://127.0.0.1/">`,
		`<script>location.reload()</script>`,
		`<script>location = 'data:text/html,x'</script><script>location = 'https://example.com/'</script>`,
	} {
		html := `<!doctype html><html data-lectern>` + s // it never signals that it is ready, so only its navigation ends it
		_, err := shared.Capture(t.Context(), lectern.Page{HTML: html, Width: 320, Height: 180}, nil)
		wantFailure(t, err, lectern.CodeCaptureFailed, "tried to go to")
	}
}

func TestManyPicturesAreTakenAtOnce(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			want := fmt.Sprintf("#%02x40%02x", 16*i, 255-16*i)
			c, err := shared.Capture(t.Context(),
				lectern.Page{HTML: document(full(want)), Width: 100 + i, Height: 60, Scale: 1}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			img, err := png.Decode(bytes.NewReader(c.PNG))
			if err != nil || at(img) != want || img.Bounds().Dx() != 100+i {
				t.Errorf("%d: %v %v", i, err, img.Bounds())
			}
		})
	}
	wg.Wait()
}

func TestTooLargePageIsRefused(t *testing.T) {
	t.Parallel()
	b := New(Options{Path: "/nonexistent"}) // fails before the browser starts
	defer b.Close()
	for _, p := range []lectern.Page{
		{Width: 0, Height: 10}, {Width: -1, Height: 10}, {Width: MaxSide + 1, Height: 10},
		{Width: 5000, Height: 10, Scale: 2},
		{Width: 10, Height: 10, Scale: -1}, {Width: 10, Height: 10, Scale: 0.001},
		{Width: 10, Height: 10, HTML: strings.Repeat("x", MaxHTML+1)},
	} {
		_, err := b.Capture(t.Context(), p, nil)
		wantFailure(t, err, lectern.CodeTooLarge, "")
	}
}

func TestMissingBrowserFailsWithTheCommandThatInstallsIt(t *testing.T) {
	t.Parallel()
	b := New(Options{Path: "/nonexistent/chromium", Dir: t.TempDir()})
	defer b.Close()
	_, err := b.Capture(t.Context(), lectern.Page{Width: 10, Height: 10}, nil)
	wantFailure(t, err, lectern.CodeMissingTool, Install)
	wantFailure(t, b.Warm(t.Context()), lectern.CodeMissingTool, Install)
	_, err = b.Version(t.Context())
	wantFailure(t, err, lectern.CodeMissingTool, Install)
	if b.Pid() != 0 {
		t.Error("there is a process id, but no browser")
	}
}

func TestProgramThatIsNotABrowserDoesNotStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for script, c := range map[string]struct {
		words  string
		within time.Duration
	}{
		"#!/bin/sh\necho 'no display here' >&2\nexit 3\n": {"no display here", patience},
		"#!/bin/sh\nexec sleep 600\n":                     {"no answer within", 300 * time.Millisecond},
	} {
		path := filepath.Join(dir, "browser")
		if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		b := New(Options{Path: path, Dir: dir, StartTimeout: c.within})
		err := b.Warm(t.Context())
		f := wantFailure(t, err, lectern.CodeCaptureFailed, "did not start")
		if !strings.Contains(f.Detail, c.words) {
			t.Errorf("detail %q, want %q", f.Detail, c.words)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if left := profiles(dir); len(left) > 0 {
			t.Error("left:", left)
		}
	}
}

// These cases break browsers, so they do not use the shared one. They run one after the other, so that only one more
// browser runs.
func TestBrokenPagesAndBrowsers(t *testing.T) {
	t.Parallel()
	o := patient(t.TempDir())
	o.Tabs = 1
	b := New(o)
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	fine := lectern.Page{HTML: document(full("#00ff00")), Width: 64, Height: 36}
	works := func(t *testing.T) {
		t.Helper()
		if _, img := capture(t, b, fine); at(img) != "#00ff00" {
			t.Error(at(img))
		}
	}
	works(t)
	t.Run("a script that never ends", func(t *testing.T) {
		b.o.Timeout = time.Second
		_, err := b.Capture(t.Context(), lectern.Page{HTML: `<!doctype html><script>for (;;);</script>`, Width: 64,
			Height: 36}, nil)
		wantFailure(t, err, lectern.CodeCaptureFailed, "not finished within 1 s")
		b.o.Timeout = patience
		works(t)
	})
	t.Run("a cancelled capture", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the user changed their mind")
		b.loaded = func(*tab) { cancel(why) }
		_, err := b.Capture(ctx, lectern.Page{HTML: `<!doctype html><html data-lectern>`, Width: 64, Height: 36}, nil)
		b.loaded = nil
		if !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		works(t)
	})
	t.Run("a tab that crashes once", func(t *testing.T) {
		n := 0
		b.loaded = func(tb *tab) {
			if n++; n == 1 {
				_, _ = call(t.Context(), tb.in.w, tb.s, page.Crash, cdp.Empty{})
			}
		}
		works(t)
		b.loaded = nil
		if n != 2 {
			t.Errorf("loaded %d times", n)
		}
	})
	t.Run("a tab that always crashes", func(t *testing.T) {
		b.loaded = func(tb *tab) { _, _ = call(t.Context(), tb.in.w, tb.s, page.Crash, cdp.Empty{}) }
		_, err := b.Capture(t.Context(), fine, nil)
		b.loaded = nil
		if f := wantFailure(t, err, lectern.CodeCaptureFailed, "crashed the browser's tab twice"); !f.Retryable {
			t.Error("not retryable")
		}
		works(t)
	})
	t.Run("a browser that is killed between pages", func(t *testing.T) {
		before := b.Pid()
		if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		works(t)
		if b.Pid() == before || b.Pid() == 0 {
			t.Error("the same browser")
		}
	})
	t.Run("a browser that is killed in a page", func(t *testing.T) {
		n := 0
		b.loaded = func(*tab) {
			if n++; n == 1 {
				_ = syscall.Kill(b.Pid(), syscall.SIGKILL)
			}
		}
		works(t)
		b.loaded = nil
		if n != 2 {
			t.Errorf("loaded %d times", n)
		}
	})
	t.Run("a browser that always dies", func(t *testing.T) {
		b.loaded = func(*tab) { _ = syscall.Kill(b.Pid(), syscall.SIGKILL) }
		_, err := b.Capture(t.Context(), fine, nil)
		b.loaded = nil
		wantFailure(t, err, lectern.CodeCaptureFailed, "ended twice")
		works(t)
	})
	t.Run("a browser that is closed", func(t *testing.T) {
		b.loaded = func(*tab) { go b.Close() }
		_, err := b.Capture(t.Context(),
			lectern.Page{HTML: `<!doctype html><html data-lectern>`, Width: 64, Height: 36}, nil)
		wantFailure(t, err, lectern.CodeCaptureFailed, "shut down")
		if _, err = b.Capture(t.Context(), fine, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}
