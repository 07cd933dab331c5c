package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// playback is what a page learns by playing a video.
type playback struct {
	Width, Height   int
	Duration, After float64
	Fault           string
}

// playInChromium holds a video against the player that most people have: it loads, plays, seeks, and its time moves.
func playInChromium(t *testing.T, s *server, path string) {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("mute-audio", true),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	script := fmt.Sprintf(`new Promise(done => {
		const v = document.createElement('video');
		const tell = fault => done({Width: v.videoWidth, Height: v.videoHeight, Duration: v.duration, After: v.currentTime, Fault: fault});
		v.muted = true; v.src = %q;
		v.onerror = () => tell(v.error.message || 'code ' + v.error.code);
		v.onloadeddata = () => { v.currentTime = v.duration / 2; };
		v.onseeked = () => { v.onseeked = null; v.play().catch(e => tell(String(e))); };
		v.ontimeupdate = () => { if (!v.paused && v.currentTime > v.duration / 2 + 0.2) tell(''); };
		document.body.append(v);
	})`, path)
	if err := chromedp.Do(ctx, chromedp.Navigate(s.url("/"))); err != nil {
		t.Fatalf("Chromium does not open the server: %v", err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[playback](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("Chromium does not play %s: %v", path, err)
	}
	if got.Fault != "" || got.Width == 0 || got.After <= got.Duration/2 {
		t.Errorf("Chromium plays %s as %+v", path, got)
	}
}
