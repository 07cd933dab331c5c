//go:build linux

package office

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lectern"
)

// fake stands in for LibreOffice: the text of a deck says what happens to it. When a deck hangs, it writes
// the id of its child to its profile.
const fake = `#!/bin/sh
for a in "$@"; do
	case "$a" in
	--version) echo "LibreOffice 1.2.3.4 40(Build:2)"; exit 0 ;;
	esac
done
profile=${1#-env:UserInstallation=file://}
while [ "$1" != --outdir ]; do shift; done
out=$2
log=$(dirname "$0")/starts
shift 2
for deck in "$@"; do
	name=$(basename "$deck" .pptx)
	case "$(cat "$deck")" in
	*hang*) sleep 1000 & echo $! >"$profile/pid.new"; mv "$profile/pid.new" "$profile/pid"; wait ;;
	*crash*) kill -SEGV $$ ;;
	*large*) head -c 9000 /dev/zero >"$out/$name.pdf"; kill -ABRT $$ ;;
	*refuse*) echo "Error: source file could not be loaded" >&2 ;;
	*hidden*) echo "convert $deck -> $out/$name.pdf using filter : fake" ;;
	*half*) printf '%%PDF-1.7 half' >"$out/$name.pdf" ;;
	*restart*)
		if [ ! -e "$profile/user/extensions/seen" ]; then
			mkdir -p "$profile/user/extensions"
			echo once >>"$log"
			touch "$profile/user/extensions/seen"
			exit 81
		fi
		printf '%%PDF-1.7\n%%%%EOF\n' >"$out/$name.pdf" ;;
	*) echo "convert $deck -> $out/$name.pdf using filter : fake"; printf '%%PDF-1.7\n%%%%EOF\n' >"$out/$name.pdf" ;;
	esac
done
`

// withFake makes a Converter start fake instead of LibreOffice.
func withFake(t *testing.T) func(*Converter) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "soffice")
	if err := os.WriteFile(path, []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	return func(c *Converter) { c.o.Program = path }
}

// text writes a deck for fake. The nonce makes it differ from others with the same text.
func text(t *testing.T, what string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deck.pptx")
	if err := os.WriteFile(path, []byte("PK\x03\x04"+what), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOutcomeOfADeckIsJudgedByItsOutput(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		deck      string
		code      lectern.Code // "": it is converted
		retryable bool
		message   string
	}{
		{"good", "", false, ""},
		{"restart", "", false, ""},
		{"refuse", lectern.CodeInvalidDeck, false, "protected by a password"},
		{"hidden", lectern.CodeInvalidDeck, false, "hidden"},
		{"half", lectern.CodeInvalidDeck, false, "no page"},
		{"crash", lectern.CodeCaptureFailed, true, "crashed"},
		{"large", lectern.CodeTooLarge, false, "larger than"},
	} {
		t.Run(tc.deck, func(t *testing.T) {
			t.Parallel()
			c := converter(t, withFake(t), func(c *Converter) { c.o.Output = 8 << 10 })
			out := filepath.Join(t.TempDir(), "deck.pdf")
			err := c.ToPDF(t.Context(), text(t, tc.deck), out, 1)
			if tc.code == "" {
				if err != nil || !toPDF.whole(out) {
					t.Errorf("%v", err)
				}
				return
			}
			f, ok := errors.AsType[*lectern.Failure](err)
			if !ok || f.Code != tc.code || f.Retryable != tc.retryable || !strings.Contains(f.Message, tc.message) {
				t.Errorf("%+v", err)
			}
			if exists(out) {
				t.Error("there is an output")
			}
		})
	}
}

func TestFilesThatAreNoPresentationsAreRefusedUnread(t *testing.T) {
	t.Parallel()
	c := converter(t, func(c *Converter) { c.o.Program = "/no/such/program" })
	for _, tc := range []struct{ name, content, message string }{
		{"deck.fodp", "<?xml?>", "extension is .fodp"},
		{"deck.key", "PK\x03\x04", "extension is .key"},
		{"deck", "<?xml?>", "neither .pptx nor .odp"},
		{"deck.pptx", "<office:document/>", "not a .pptx file"},
		{"deck.pptx", "", "not a .pptx file"},
		{"deck.PPTX", string(compoundMagic), "protected by a password"},
		{"deck.odp", string(compoundMagic), "protected by a password"},
		{"deck.ppt", "PK\x03\x04", "not a .ppt file"},
	} {
		path := filepath.Join(t.TempDir(), tc.name)
		if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := c.ToPDF(t.Context(), path, filepath.Join(t.TempDir(), "out.pdf"), 1)
		f := lectern.AsFailure(err)
		if f == nil || f.Code != lectern.CodeInvalidDeck || !strings.Contains(f.Message, tc.message) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestKindOfAFileWithoutAnExtensionIsFoundInItsContent(t *testing.T) {
	t.Parallel()
	far := strings.Repeat("x", 3*ends)
	for _, tc := range []struct{ content, extension string }{
		{"PK\x03\x04 [Content_Types].xml", ".pptx"},
		{"PK\x03\x04 mimetype" + far + "META-INF/manifest.xml content.xml", ".odp"},
		{"PK\x03\x04 mimetype META-INF/manifest.xml" + far, ".odp"},
		{"PK\x03\x04" + far + "[Content_Types].xml META-INF/manifest.xml", ".pptx"},
		{"PK\x03\x04", ".pptx"},
		{string(compoundMagic), ".ppt"},
	} {
		path := filepath.Join(t.TempDir(), "deck")
		if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := kindOf(path); err != nil || k.extension != tc.extension {
			t.Errorf("%.40q: %+v, %v; want %s", tc.content, k, err, tc.extension)
		}
	}
}

func TestMissingLibreOfficeNamesTheCommandThatInstallsIt(t *testing.T) {
	t.Parallel()
	c := converter(t, func(c *Converter) { c.o.Program = "/no/such/program" })
	err := c.ToPDF(t.Context(), text(t, "good"), filepath.Join(t.TempDir(), "out.pdf"), 1)
	f := lectern.AsFailure(err)
	if f == nil || f.Code != lectern.CodeMissingTool || !strings.Contains(f.Message, Install) {
		t.Errorf("%v", err)
	}
	if v := c.Version(); v != "" {
		t.Errorf("the version is %q", v)
	}
	c = converter(t, withFake(t))
	if v := c.Version(); !regexp.MustCompile(`^1\.2\.3\.4/2/[0-9a-f]{16}$`).MatchString(v) || c.Version() != v {
		t.Errorf("the version is %q", v)
	}
	other := filepath.Join(t.TempDir(), "soffice")
	if err := os.WriteFile(other, []byte("#!/bin/sh\necho another program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c = converter(t, func(c *Converter) { c.o.Program = other })
	if _, err := c.Find(t.Context()); err == nil || !strings.Contains(err.Error(), "is not LibreOffice") {
		t.Errorf("%v", err)
	}
}

// started waits until a process hangs on a deck, and returns the id of its child; 0 if ctx ends before.
func started(ctx context.Context, c *Converter) int {
	for ctx.Err() == nil {
		files, _ := filepath.Glob(filepath.Join(c.o.Scratch, workPrefix+"*", "profile", "pid"))
		for _, f := range files {
			var pid int
			b, err := os.ReadFile(f)
			if err != nil {
				continue
			}
			if _, err := fmt.Sscan(string(b), &pid); err == nil {
				return pid
			}
		}
		spend()
	}
	return 0
}

// spend lets a moment pass between two looks at what another process has written.
func spend() { time.Sleep(2 * time.Millisecond) }

// gone waits for the end of a process.
func gone(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func TestATimeoutEndsTheWholeGroupAndIsRetryable(t *testing.T) {
	t.Parallel()
	// The process must hang before the time is over, which takes longer on a busy machine.
	for limit := 300 * time.Millisecond; ; limit *= 2 {
		c := converter(t, withFake(t), func(c *Converter) { c.o.Timeout = limit })
		hung := make(chan int, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { hung <- started(ctx, c) }()
		err := c.ToPDF(t.Context(), text(t, "hang"), filepath.Join(t.TempDir(), "out.pdf"), 0)
		cancel()
		if f := lectern.AsFailure(err); f == nil || f.Code != lectern.CodeTimeout || !f.Retryable {
			t.Errorf("%+v", err)
		}
		if pid := <-hung; pid > 0 {
			gone(t, pid)
			return
		}
	}
}

func TestJ10ACancelEndsTheWholeGroup(t *testing.T) {
	t.Parallel()
	c := converter(t, withFake(t))
	why := errors.New("the user's wish")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.ToPDF(ctx, text(t, "hang"), filepath.Join(t.TempDir(), "out.pdf"), 1) }()
	pid := started(t.Context(), c)
	cancel(why)
	if err := <-done; !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	gone(t, pid)
}

func TestAKilledProcessIsRetryable(t *testing.T) {
	t.Parallel()
	c := converter(t, withFake(t))
	done := make(chan error, 1)
	go func() { done <- c.ToPDF(t.Context(), text(t, "hang"), filepath.Join(t.TempDir(), "out.pdf"), 1) }()
	pid := started(t.Context(), c)
	group, err := syscall.Getpgid(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(-group, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if f := lectern.AsFailure(<-done); f == nil || f.Code != lectern.CodeCaptureFailed || !f.Retryable {
		t.Errorf("%+v", f)
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	t.Parallel()
	c := converter(t, withFake(t))
	done := make(chan error, 1)
	go func() { done <- c.ToPDF(t.Context(), text(t, "hang"), filepath.Join(t.TempDir(), "out.pdf"), 1) }()
	pid := started(t.Context(), c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
	if f := lectern.AsFailure(<-done); f == nil || f.Code != lectern.CodeCanceled {
		t.Errorf("%+v", f)
	}
	if err := c.ToPDF(t.Context(), text(t, "good"), filepath.Join(t.TempDir(), "out.pdf"), 1); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Decks that wait are converted by one process. One that crashes it does not fail the others.
func TestOneProcessServesTheDecksThatWait(t *testing.T) {
	t.Parallel()
	c := converter(t, withFake(t))
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- c.ToPDF(ctx, text(t, "hang"), filepath.Join(t.TempDir(), "out.pdf"), 1) }()
	started(t.Context(), c)
	decks := []string{"good 1", "refuse", "good 2", "good 2", "crash", "good 3", "good 4"}
	var all sync.WaitGroup
	errs, outs := make([]error, len(decks)), make([]string, len(decks))
	for i, d := range decks {
		path := text(t, d)
		outs[i] = filepath.Join(t.TempDir(), "out.pdf")
		all.Go(func() { errs[i] = c.ToPDF(t.Context(), path, outs[i], 1) })
	}
	for waits := 0; waits < len(decks); spend() {
		c.mu.Lock()
		waits = len(c.waiting)
		c.mu.Unlock()
	}
	cancel()
	<-first
	all.Wait()
	for i, d := range decks {
		f := lectern.AsFailure(errs[i])
		switch {
		case strings.HasPrefix(d, "good") && (f != nil || !toPDF.whole(outs[i])):
			t.Errorf("%s: %v", d, errs[i])
		case d == "refuse" && (f == nil || f.Code != lectern.CodeInvalidDeck):
			t.Errorf("%s: %v", d, errs[i])
		case d == "crash" && (f == nil || f.Code != lectern.CodeCaptureFailed):
			t.Errorf("%s: %v", d, errs[i])
		}
	}
}

// LibreOffice sets up a profile once, and asks for a second start then. Later profiles begin with what it has set up.
func TestOnlyTheFirstProfileNeedsTwoStarts(t *testing.T) {
	t.Parallel()
	c := converter(t, withFake(t))
	c.layers.files = false // the fake counts its starts next to itself
	for range 3 {
		if err := c.ToPDF(t.Context(), text(t, "restart"), filepath.Join(t.TempDir(), "out.pdf"), 1); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(filepath.Dir(c.o.Program), "starts"))
	if err != nil || string(b) != "once\n" {
		t.Errorf("extra starts: %q, %v", b, err)
	}
}

func TestFoldersOfKilledLecternsAreRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept, err := makeWork(dir)
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, workPrefix+"left")
	if err := os.MkdirAll(filepath.Join(left, "profile"), 0o700); err != nil {
		t.Fatal(err)
	}
	w, err := makeWork(dir)
	if err != nil {
		t.Fatal(err)
	}
	if exists(left) || !exists(kept.dir) || !exists(w.dir) {
		t.Errorf("left over %v, in use %v and %v", exists(left), exists(kept.dir), exists(w.dir))
	}
	kept.remove()
	w.remove()
}
