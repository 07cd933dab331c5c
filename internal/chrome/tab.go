package chrome

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"lectern"
)

// pageURL is the address of every page. Its host name can never exist.
const pageURL = "https://slide.lectern.invalid/"

// settle is the script that waits until a page is finished. It returns {overflow, trouble}.
//
//go:embed settle.js
var settle string

// tab is one page of a browser, used for one picture at a time.
type tab struct {
	in  *instance
	id  target.ID
	s   *session
	ctx cdp.BrowserContextID

	mu    sync.Mutex
	shot  *shot         // the picture being taken; nil: all requests are refused
	frame cdp.FrameID   // the main frame
	asked int           // 1 after the page's own address was requested, else 0
	stray func(error)   // ends the capture when the page tries to go elsewhere
	last  cdp.LoaderID  // of the document that was loaded last
	loads chan struct{} // signalled after last was set

	// Used by one capture at a time.
	uses  int  // pictures taken and texts divided into words
	glass bool // areas that the page does not cover are transparent, not white
}

// maxUses is how often a tab is used before it is replaced, so that leftovers of pages do not add up.
const maxUses = 200

// newTab opens a tab with its own storage; all its requests are intercepted. It closes a tab that could not be
// prepared.
func (in *instance) newTab(ctx context.Context) (*tab, error) {
	t := &tab{in: in, loads: make(chan struct{}, 1)}
	yes := true
	bc, err := call(ctx, in.w, nil, target.CreateBrowserContext,
		target.CreateBrowserContextParams{DisposeOnDetach: &yes})
	if err != nil {
		return nil, err
	}
	t.ctx = bc.BrowserContextID
	c, err := call(ctx, in.w, nil, target.CreateTarget, target.CreateTargetParams{URL: "about:blank",
		BrowserContextID: t.ctx, NewWindow: &yes})
	if err != nil {
		return nil, err
	}
	t.id = c.TargetID
	a, err := call(ctx, in.w, nil, target.AttachToTarget, target.AttachToTargetParams{TargetID: t.id, Flatten: &yes})
	if err != nil {
		return nil, err
	}
	t.s = in.w.attach(a.SessionID)
	t.frame = cdp.FrameID(t.id)
	go t.s.each(t.take)
	err = t.prepare(ctx)
	if err == nil {
		// The first page finds the same state as every later one, including the length of the history.
		err = t.clear(ctx)
	}
	if err != nil {
		t.abandon()
		return nil, err
	}
	return t, nil
}

func (t *tab) prepare(ctx context.Context) error {
	w, s := t.in.w, t.s
	_, err := call(ctx, w, s, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*"}}})
	if err == nil {
		_, err = call(ctx, w, s, page.Enable, page.EnableParams{})
	}
	if err == nil {
		_, err = call(ctx, w, s, page.SetLifecycleEventsEnabled, page.SetLifecycleEventsEnabledParams{Enabled: true})
	}
	if err == nil {
		_, err = call(ctx, w, s, inspector.Enable, cdp.Empty{})
	}
	if err == nil {
		_, err = call(ctx, w, s, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	}
	if err == nil {
		_, err = call(ctx, w, s, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"},
				{Name: "prefers-color-scheme", Value: "light"}},
		})
	}
	return err
}

func (t *tab) alive() bool {
	select {
	case <-t.s.gone:
		return false
	case <-t.in.w.lost:
		return false
	default:
		return true
	}
}

// abandon closes the tab. It crashes the page first, because a page that hangs would not close. If the page does not
// crash within 5 s, it ends the whole browser.
func (t *tab) abandon() {
	hung := t.alive()
	go func() {
		if hung {
			crash, stop := context.WithTimeout(context.Background(), 5*time.Second)
			_, err := call(crash, t.in.w, t.s, page.Crash, cdp.Empty{})
			stop()
			if errors.Is(err, context.DeadlineExceeded) {
				t.in.kill()
			}
		}
		t.s.die()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = call(ctx, t.in.w, nil, target.DisposeBrowserContext,
			target.DisposeBrowserContextParams{BrowserContextID: t.ctx})
	}()
}

// capture takes one picture.
func (t *tab) capture(ctx context.Context, j *shot, readyTimeout time.Duration,
	loaded func(*tab)) (lectern.Capture, error) {
	t.uses++
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t.mu.Lock()
	t.stray = cancel
	t.mu.Unlock()
	_, err := call(ctx, t.in.w, t.s, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(j.width), Height: int64(j.height), DeviceScaleFactor: j.factor(),
	})
	if err != nil {
		return lectern.Capture{}, err
	}
	if err := t.backdrop(ctx, j.glass); err != nil {
		return lectern.Capture{}, err
	}
	if err := t.load(ctx, j); err != nil {
		return lectern.Capture{}, err
	}
	if loaded != nil {
		loaded(t)
	}
	overflow, err := t.settle(ctx, readyTimeout)
	if err != nil {
		return lectern.Capture{}, err
	}
	png, err := t.screenshot(ctx, j)
	if err != nil {
		return lectern.Capture{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return lectern.Capture{}, err
	}
	return lectern.Capture{PNG: png, Overflow: overflow}, nil
}

// backdrop sets the background of pages: white or transparent.
func (t *tab) backdrop(ctx context.Context, glass bool) error {
	if t.glass == glass {
		return nil
	}
	var p emulation.SetDefaultBackgroundColorOverrideParams
	if glass {
		p.Color = &cdp.RGBA{A: 1e-6} // 0 would be omitted from the message, which means 1
	}
	_, err := call(ctx, t.in.w, t.s, emulation.SetDefaultBackgroundColorOverride, p)
	t.glass = glass
	return err
}

// load puts j's page into the tab and waits until the browser has loaded it.
func (t *tab) load(ctx context.Context, j *shot) error {
	t.mu.Lock()
	t.shot, t.asked = j, 0
	t.mu.Unlock()
	n, err := call(ctx, t.in.w, t.s, page.Navigate, page.NavigateParams{URL: pageURL})
	if err != nil {
		return err
	}
	if n.ErrorText != "" {
		return fmt.Errorf("the page could not be opened: %s", n.ErrorText)
	}
	for {
		t.mu.Lock()
		done := t.last == n.LoaderID
		t.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-t.loads:
		case <-t.s.gone:
			return errCrashed
		case <-t.in.w.lost:
			return errLost
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// settle waits until the page is finished and returns the elements whose text does not fit.
func (t *tab) settle(ctx context.Context, readyTimeout time.Duration) ([]lectern.Overflow, error) {
	yes := true
	r, err := call(ctx, t.in.w, t.s, runtime.Evaluate, runtime.EvaluateParams{
		Expression:   strings.Replace(settle, "READY_TIMEOUT", fmt.Sprint(readyTimeout.Milliseconds()), 1),
		AwaitPromise: &yes, ReturnByValue: &yes,
	})
	if err != nil {
		return nil, err
	}
	if r.ExceptionDetails != nil {
		return nil, fmt.Errorf("waiting for the page: %s", r.ExceptionDetails.Text)
	}
	var answer struct {
		Overflow []lectern.Overflow
		Trouble  string
	}
	if r.Result == nil || json.Unmarshal(r.Result.Value, &answer) != nil {
		return nil, errors.New("waiting for the page: no answer")
	}
	switch answer.Trouble {
	case "":
	case "unready":
		return nil, lectern.Fail(lectern.CodeCaptureFailed,
			"The slide's page did not say that it is ready within %g s.", readyTimeout.Seconds())
	case "a picture on it is damaged":
		return nil, lectern.Fail(lectern.CodeAssetRefused,
			"A picture on the slide cannot be used: the browser cannot read it.")
	default:
		return nil, lectern.Fail(lectern.CodeCaptureFailed, "The slide's page failed to get ready: %.200s.",
			strings.TrimRight(answer.Trouble, "."))
	}
	return answer.Overflow, nil
}

func (t *tab) screenshot(ctx context.Context, j *shot) ([]byte, error) {
	yes, no := true, false
	p := page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng, FromSurface: &yes,
		CaptureBeyondViewport: &no, OptimizeForSpeed: &yes}
	if f := j.factor(); int(float64(j.width)*f) != j.outW || int(float64(j.height)*f) != j.outH {
		// Because of rounding, no factor gives both sides exactly: cut off the few extra pixels.
		p.Clip = &page.Viewport{Width: float64(j.outW) / f, Height: float64(j.outH) / f, Scale: 1}
	}
	r, err := call(ctx, t.in.w, t.s, page.CaptureScreenshot, p)
	if err != nil {
		return nil, err
	}
	w, h := pngSize(r.Data)
	if w != j.outW || h != j.outH {
		return nil, fmt.Errorf("the picture has %d × %d pixels instead of %d × %d", w, h, j.outW, j.outH)
	}
	return r.Data, nil
}

// pngSize reads the header of a PNG.
func pngSize(b []byte) (w, h int) {
	if len(b) < 24 || !bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) {
		return 0, 0
	}
	return int(binary.BigEndian.Uint32(b[16:])), int(binary.BigEndian.Uint32(b[20:]))
}

// blank is the page between two pages.
var blank = &shot{html: "<!doctype html><title></title>", width: 1, height: 1, outW: 1, outH: 1}

// clear replaces the page by an empty one, so that it neither runs nor uses memory.
func (t *tab) clear(ctx context.Context) error {
	t.mu.Lock()
	t.stray = nil
	t.mu.Unlock()
	if err := t.load(ctx, blank); err != nil {
		return err
	}
	// The window's name and the history survive a navigation to another origin.
	_, err := call(ctx, t.in.w, t.s, runtime.Evaluate, runtime.EvaluateParams{Expression: "window.name = ''"})
	if err == nil {
		_, err = call(ctx, t.in.w, t.s, page.ResetNavigationHistory, cdp.Empty{})
	}
	return err
}

// take handles the tab's events.
func (t *tab) take(e event) {
	switch e.method {
	case "Fetch.requestPaused":
		if ev, err := decode[fetch.EventRequestPaused](e); err == nil {
			t.answer(&ev)
		}
	case "Page.lifecycleEvent":
		if ev, err := decode[page.EventLifecycleEvent](e); err == nil && ev.Name == "load" && ev.FrameID == t.frame {
			t.mu.Lock()
			t.last = ev.LoaderID
			t.mu.Unlock()
			select {
			case t.loads <- struct{}{}:
			default:
			}
		}
	case "Inspector.targetCrashed", "Inspector.detached":
		t.s.die()
	}
}

// policy is the page's content security policy: an opaque origin, requests only for pictures, which are intercepted,
// and no connections.
const policy = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
	"img-src * data: blob:; font-src data:; media-src data:; connect-src 'none'; frame-src 'none'; worker-src 'none'; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'"

// answer serves the page and its assets, and refuses everything else.
func (t *tab) answer(ev *fetch.EventRequestPaused) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	t.mu.Lock()
	j := t.shot
	document := ev.ResourceType == network.ResourceTypeDocument && ev.FrameID == t.frame
	first := document && j != nil && t.asked == 0 && ev.Request.URL == pageURL
	switch {
	case first:
		t.asked++
	case document && j != nil && t.stray != nil:
		t.stray(lectern.Fail(lectern.CodeCaptureFailed,
			"The slide's page tried to go to %.100q, which pages may not do.", ev.Request.URL))
	}
	t.mu.Unlock()

	f := fetch.FulfillRequestParams{RequestID: ev.RequestID, ResponseCode: 200}
	switch {
	case first:
		f.ResponseHeaders = []*fetch.HeaderEntry{
			{Name: "Content-Type", Value: "text/html; charset=utf-8"}, {Name: "Content-Security-Policy", Value: policy},
			{Name: "Cache-Control", Value: "no-store"}, {Name: "Referrer-Policy", Value: "no-referrer"},
			{Name: "X-DNS-Prefetch-Control", Value: "off"},
		}
		f.Body = []byte(j.html)
	case !document && j != nil && ev.Request.Method == "GET":
		if a, ok := j.assets[normal(ev.Request.URL)]; ok {
			f.ResponseHeaders = []*fetch.HeaderEntry{
				{Name: "Content-Type", Value: a.ContentType}, {Name: "X-Content-Type-Options", Value: "nosniff"},
				{Name: "Cache-Control", Value: "no-store"}, {Name: "Access-Control-Allow-Origin", Value: "*"},
			}
			f.Body = a.Body
		}
	}
	if f.ResponseHeaders != nil {
		_, _ = call(ctx, t.in.w, t.s, fetch.FulfillRequest, f)
		return
	}
	reason := network.ErrorReasonBlockedByClient
	if document {
		reason = network.ErrorReasonAborted // the page stays where it is
	}
	_, _ = call(ctx, t.in.w, t.s, fetch.FailRequest,
		fetch.FailRequestParams{RequestID: ev.RequestID, ErrorReason: reason})
}

// normal returns an address in the form of the browser's requests.
func normal(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	u.Scheme, u.Host, u.Fragment, u.RawFragment = strings.ToLower(u.Scheme), strings.ToLower(u.Host), "", ""
	if u.Path == "" && u.Host != "" {
		u.Path = "/"
	}
	if u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	} else if u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	}
	return u.String()
}
