package chrome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"golang.org/x/sys/unix"

	"lectern"
	"lectern/internal/proc"
)

// flags are the same for every start. They make a browser that draws the same on every machine, has no network, and
// does nothing in the background.
var flags = []string{
	"--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
	"--disable-extensions", "--disable-component-extensions-with-background-pages", "--disable-default-apps",
	"--disable-client-side-phishing-detection", "--disable-domain-reliability", "--disable-breakpad",
	"--disable-crash-reporter", // and not --disable-crashpad-for-testing, with which Chromium 148 has no network service
	"--no-pings", "--metrics-recording-only", "--password-store=basic", "--use-mock-keychain",
	"--disable-hang-monitor", "--disable-prompt-on-repost", "--disable-popup-blocking", "--mute-audio",
	"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
	"--disable-renderer-backgrounding",
	"--disable-ipc-flooding-protection", "--disable-dev-shm-usage", "--in-process-gpu",
	// Pages load nothing from other origins, so a process for each origin would protect nothing, and would cost 150 ms
	// for each picture.
	"--disable-site-isolation-trials",
	"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,InterestFeedContentSuggestions,AutofillServerCommunication,CertificateTransparencyComponentUpdater,PaintHolding,BackForwardCache",
	// No network.
	"--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=http://127.0.0.1:9", "--proxy-bypass-list=<-loopback>",
	"--dns-prefetch-disable", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
	// The same picture everywhere.
	"--force-color-profile=srgb", "--font-render-hinting=none", "--disable-lcd-text", "--hide-scrollbars",
	"--force-device-scale-factor=1", "--lang=en-US", "--js-flags=--max-old-space-size=512",
}

// instance is one run of the browser.
type instance struct {
	p       *proc.Process
	w       *wire
	profile string
	lock    *os.File // on the profile; see sweep
	version string
	meter   *meter
	metered chan struct{} // closed when the meter has ended
	once    sync.Once
	err     error         // of close
	spent   *atomic.Int64 // close adds the browser's processor time, in nanoseconds; nil: it is not counted
}

// cpu returns the processor time of a running browser, and 0 after its end.
func (in *instance) cpu() time.Duration {
	select {
	case <-in.p.Done(): // another process may have its id now
		return 0
	default:
		return spent(in.p.Pid())
	}
}

// instance returns the running browser, or starts one. Concurrent callers wait for the same start.
func (b *Browser) instance(ctx context.Context) (*instance, error) {
	for {
		b.mu.Lock()
		if b.closed {
			b.mu.Unlock()
			return nil, ErrClosed
		}
		in, wait := b.running, b.starting
		switch {
		case in != nil && !in.isLost():
			b.mu.Unlock()
			return in, nil
		case wait == nil:
			wait = make(chan struct{})
			b.starting, b.running = wait, nil
			b.wg.Go(func() { b.start(in, wait) })
		}
		b.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		b.mu.Lock()
		in, err := b.running, b.startErr
		b.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if in != nil {
			return in, nil
		}
	}
}

// start ends the previous browser, if there is one, starts a new one, and closes done. It runs with the Browser's
// context, not with that of a capture.
func (b *Browser) start(previous *instance, done chan struct{}) {
	if previous != nil {
		_ = previous.close()
	}
	in, err := b.launch(b.life)
	b.mu.Lock()
	b.starting, b.startErr = nil, err
	late := b.closed && in != nil
	if in != nil {
		b.version, in.spent = in.version, &b.spent
	}
	if !late {
		b.running = in
	}
	b.mu.Unlock()
	if late {
		_ = in.close()
	}
	close(done)
}

// launch starts the program at path, in its own sandbox or without, and waits for its first answer.
func launch(life context.Context, path string, o Options, contained bool) (*instance, error) {
	in := &instance{}
	if err := in.makeProfile(o.Dir); err != nil {
		return nil, lectern.Fail(lectern.CodeCaptureFailed,
			"The folder for the browser's profile could not be created.").
			Because(err)
	}
	if err := in.exec(life, path, o, contained); err != nil {
		return nil, errors.Join(startFailed(err, ""), in.close())
	}
	ctx, cancel := context.WithTimeoutCause(life, o.StartTimeout, fmt.Errorf("no answer within %g s",
		o.StartTimeout.Seconds()))
	defer cancel()
	v, err := call(ctx, in.w, nil, browser.GetVersion, cdp.Empty{})
	if err == nil {
		_, err = call(ctx, in.w, nil, browser.SetDownloadBehavior,
			browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorDeny})
	}
	if err != nil {
		return nil, in.explain(ctx, err)
	}
	_, version, _ := strings.Cut(v.Product, "/")
	in.version = marked(version, path)
	return in, nil
}

// errBadStart reports a browser that crashed while it started. Chromium does so now and then on a machine that is very
// busy; the next start succeeds.
var errBadStart = errors.New("the browser crashed while it started")

// crashes are the signals by which a program ends that finds its own state to be wrong.
var crashes = []syscall.Signal{syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL}

// explain ends a browser that did not start, and returns the failure.
func (in *instance) explain(ctx context.Context, err error) error {
	if errors.Is(err, errLost) {
		select { // a process that is asked to stop no longer says how it ended by itself
		case <-in.p.Done():
		case <-ctx.Done():
		}
	}
	left := in.close()
	if exit, ok := errors.AsType[*proc.ExitError](in.p.Wait()); ok && slices.Contains(crashes, exit.Signal) {
		err = errors.Join(errBadStart, exit, err)
	}
	return errors.Join(startFailed(err, in.p.Tail()), left)
}

func startFailed(err error, tail string) *lectern.Failure {
	f := lectern.Fail(lectern.CodeCaptureFailed, "Chromium did not start.")
	f.Detail, f.Retryable = strings.TrimSpace(err.Error()+"\n"+tail), true
	if said := noSandbox(tail); said != "" {
		f.Message = "Chromium did not start: chromium.sandbox is on, and its sandbox cannot start on this machine. " +
			AllowSandbox + ". Or set chromium.sandbox to auto or off."
		f.Detail, f.Retryable = said, false
		err = errors.Join(errNoSandbox, err)
	}
	return f.Because(err)
}

func (in *instance) exec(life context.Context, path string, o Options, contained bool) error {
	theirR, ourW, err := os.Pipe()
	if err != nil {
		return err
	}
	ourR, theirW, err := os.Pipe()
	if err != nil {
		return errors.Join(err, theirR.Close(), ourW.Close())
	}
	defer theirR.Close()
	defer theirW.Close()
	args := append(append([]string{}, flags...), "--user-data-dir="+in.profile)
	if !contained {
		args = append(args, "--no-sandbox")
	}
	args = append(append(args, o.Args...), "about:blank")
	c := proc.Command{
		Path: path, Args: args, Files: []*os.File{theirR, theirW}, Dir: in.profile,
		// The crash handler's folder. The default is in the user's home, which may not exist.
		Env: []string{"BREAKPAD_DUMP_LOCATION=" + filepath.Join(in.profile, "crashes")},
	}
	// Chromium creates the profile's socket in TMPDIR, and the path of a socket must be short.
	if tmp := filepath.Join(in.profile, "tmp"); len(tmp) < 64 && os.Mkdir(tmp, 0o700) == nil {
		c.Env = append(c.Env, "TMPDIR="+tmp)
	}
	if in.p, err = proc.Start(life, c); err != nil {
		return errors.Join(err, ourR.Close(), ourW.Close())
	}
	in.w = dial(ourR, ourW)
	pid := in.p.Pid()
	in.meter, in.metered = newMeter(o, newGauge(pid).measure, in.kill), make(chan struct{})
	go func() {
		defer close(in.metered)
		in.meter.run(in.w.lost)
	}()
	return nil
}

// kill ends all processes of the browser at once. Its captures end with errLost.
func (in *instance) kill() {
	select {
	case <-in.p.Done(): // another process may have its id now
	default:
		killFamily(in.p.Pid())
	}
}

// isLost reports whether the browser is gone.
func (in *instance) isLost() bool {
	if in.meter.bloated.Load() {
		return true
	}
	select {
	case <-in.w.lost:
		return true
	case <-in.p.Done():
		return true
	default:
		return false
	}
}

// close ends the browser's processes and removes its profile.
func (in *instance) close() error {
	in.once.Do(func() {
		if in.p != nil {
			in.p.Stop()
			if in.spent != nil {
				user, system := in.p.Times()
				in.spent.Add(int64(user + system))
			}
			in.w.close()
			<-in.metered
			proc.KillEscaped(in.profile) // the crash handlers, which leave the process group and may still write
		}
		in.err = errors.Join(os.RemoveAll(in.profile), in.lock.Close())
	})
	return in.err
}

const profilePrefix = "lectern-chrome-"

// makeProfile makes a new folder and locks it. The kernel releases the lock when the process ends, so a later process
// recognises the profiles that a crash left.
func (in *instance) makeProfile(dir string) error {
	if dir == "" {
		dir = os.TempDir()
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return err
	}
	sweep(dir)
	for range 8 {
		profile, err := os.MkdirTemp(dir, profilePrefix)
		if err != nil {
			return err
		}
		lock, err := os.Open(profile)
		if err != nil {
			continue // removed as a leftover by another process that is starting
		}
		if unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			if _, err := os.Stat(profile); err == nil {
				in.profile, in.lock = profile, lock
				return nil
			}
		}
		lock.Close()
	}
	return fmt.Errorf("no new folder in %s could be locked: other processes removed or locked each of them", dir)
}

// sweep removes the profiles in dir that no running process has locked.
func sweep(dir string) {
	old, _ := filepath.Glob(filepath.Join(dir, profilePrefix+"*"))
	for _, path := range old {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = os.RemoveAll(path)
		}
		f.Close()
	}
}
