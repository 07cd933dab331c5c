package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
)

// playback is what a page reports after it has played a video.
type playback struct {
	Width, Height   int
	Duration, After float64
	Fault           string
}

// inChromium runs a script on the server's page in a new Chromium and returns the value of the script's promise.
func inChromium[T any](t *testing.T, s *server, script string) T {
	t.Helper()
	ctx := openChromium(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(s.url("/"))); err != nil {
		t.Fatalf("Chromium does not open the server: %v", err)
	}
	return promised[T](ctx, t, script)
}

// promised runs a script on the page that is open and returns the value of the script's promise.
func promised[T any](ctx context.Context, t *testing.T, script string) T {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("Chromium: %v", err)
	}
	return got
}

// openChromium starts a browser with an empty tab and a fresh profile. Both end with the test.
func openChromium(t *testing.T) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("mute-audio", true),
	}
	if shell, err := exec.LookPath("chromium-headless-shell"); err == nil {
		if _, err := exec.LookPath("chromium"); err != nil { // the full browser is preferred, since people use that one
			options = append(options, chromedp.ExecPath(shell))
		}
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(patient(t), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// playInChromium checks that a video loads, seeks and plays in Chromium, whose player most people have.
func playInChromium(t *testing.T, s *server, path string) {
	t.Helper()
	got := inChromium[playback](t, s, fmt.Sprintf(`new Promise(done => {
		const v = document.createElement('video');
		const report = fault => done({Width: v.videoWidth, Height: v.videoHeight, Duration: v.duration, After: v.currentTime, Fault: fault});
		v.muted = true; v.src = %q;
		v.onerror = () => report(v.error.message || 'code ' + v.error.code);
		v.onloadeddata = () => { v.currentTime = v.duration / 2; };
		v.onseeked = () => { v.onseeked = null; v.play().catch(e => report(String(e))); };
		v.ontimeupdate = () => { if (!v.paused && v.currentTime > v.duration / 2 + 0.2) report(''); };
		document.body.append(v);
	})`, path))
	if got.Fault != "" || got.Width == 0 || got.After <= got.Duration/2 {
		t.Errorf("Chromium plays %s as %+v", path, got)
	}
}

// Pictures are compared at this size, in RGB.
const thumbWidth, thumbHeight = 64, 36

// seeking returns a script that seeks to frames of a video in the given order. Its promise has small pictures of them
// as [][]int.
func seeking(t *testing.T, path string, frames []int, rate float64) string {
	t.Helper()
	list, err := json.Marshal(frames)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`(async () => {
		const v = document.createElement('video'), c = document.createElement('canvas');
		c.width = %d; c.height = %d;
		const g = c.getContext('2d', {willReadFrequently: true});
		g.imageSmoothingQuality = 'high';
		v.muted = true; v.preload = 'auto'; v.src = %q;
		document.body.append(v);
		const once = event => new Promise((done, fail) => {
			v.addEventListener(event, done, {once: true});
			v.addEventListener('error', () => fail(new Error(v.error.message || 'code ' + v.error.code)), {once: true});
		});
		await once('loadeddata');
		// A busy browser ends a seek before it shows the frame. It reports each frame that it shows, except the one that
		// it shows already.
		const rate = %f, span = 1 / rate;
		const shown = at => new Promise(done => {
			if (!v.requestVideoFrameCallback) return done();
			const late = setTimeout(done, 5000);
			const look = (_, frame) => {
				if (Math.abs(frame.mediaTime - at) > span) return v.requestVideoFrameCallback(look);
				clearTimeout(late);
				done();
			};
			v.requestVideoFrameCallback(look);
		});
		const all = [];
		for (const n of %s) {
			const at = (n + 0.5) / rate, there = once('seeked'), seen = shown(at);
			v.currentTime = at;
			await there;
			await seen;
			g.drawImage(v, 0, 0, c.width, c.height);
			all.push(Array.from(g.getImageData(0, 0, c.width, c.height).data).filter((_, i) => i %% 4 < 3));
		}
		return all;
	})()`, thumbWidth, thumbHeight, path, rate, list)
}
