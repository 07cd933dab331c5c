//go:build linux

package office

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"lectern"
	"lectern/internal/soak"
	"lectern/internal/usage"
)

// These cases run LibreOffice itself. In those named after layers, each layer alone keeps LibreOffice from what it
// promises to keep it from: "no layer" shows that the test can fail, "all layers" that LibreOffice can still work.
func TestLibreOffice(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "no layer", "all layers")
	for _, tc := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"no layer", canaryWith(layers{})},
		{"all layers", canaryWith(all)},
		{"all without namespaces", canaryWith(layers{profile: true, filter: true, files: true})},
		{"profile alone", canaryWith(layers{profile: true})},
		{"filter alone", canaryWith(layers{filter: true})},
		{"files alone", canaryWith(layers{files: true})},
		{"network alone", canaryWith(layers{network: true})},
		{"all without the profile", canaryWith(layers{filter: true, files: true, network: true})},
		{"an old PowerPoint file", testOld},
		{"too little memory", testMemory},
		{"too large an output", testOutput},
		{"killed midway", testKilled},
		{"canceled midway", testCanceled},
	} {
		if runs(tc.name) {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				tc.test(t)
			})
		}
	}
}

// canaryWith returns a test that converts the canary's deck with some layers. The same process is given a damaged deck
// before it, and is not disturbed by it.
func canaryWith(on layers) func(t *testing.T) {
	return func(t *testing.T) {
		c := converter(t, func(c *Converter) { c.layers = on })
		able := c.Examine(t.Context())
		if !able.Filter || !able.Files {
			t.Fatalf("this machine allows only %+v", able)
		}
		canary := newCanary(t)
		damaged, whole := pending(t, cut(t)), pending(t, deck(t, canary.address, canary.picture))
		if err := c.attempt([]*conversion{damaged, whole}); err != nil {
			t.Fatal(err)
		}
		f := lectern.AsFailure(<-damaged.done)
		if f == nil || f.Code != lectern.CodeInvalidDeck || f.Retryable ||
			!strings.Contains(f.Message, "damaged or protected") || exists(damaged.out) {
			t.Errorf("the damaged deck: %+v", f)
		}
		if err := <-whole.done; err != nil {
			t.Fatal(err)
		}
		pdf, err := os.ReadFile(whole.out)
		if err != nil {
			t.Fatal(err)
		}
		if !toPDF.whole(whole.out) || bytes.Count(pdf, []byte("/Type/Page/")) != 1 {
			t.Errorf("the output is no PDF with a page: %.60q", pdf)
		}
		asks := !on.profile && !on.filter && !(on.network && able.Network)
		// Newer kernels refuse TCP with the files.
		if n := canary.heard.Load(); n > 0 != asks && (n > 0 || !on.files) {
			t.Errorf("%d requests were sent", n)
		}
		pictures := bytes.Count(pdf, []byte("/Subtype/Image"))
		if copies := !on.profile && !on.files; pictures > 0 != copies {
			t.Errorf("the PDF has %d pictures", pictures)
		}
	}
}

// pending returns a conversion to PDF for Converter.attempt.
func pending(t *testing.T, in string) *conversion {
	t.Helper()
	k, err := kindOf(in)
	if err != nil {
		t.Fatal(err)
	}
	return &conversion{ctx: t.Context(), in: in, out: filepath.Join(t.TempDir(), "out.pdf"), slides: 1, kind: k,
		target: toPDF, done: make(chan error, 1)}
}

// plain returns a deck that links nothing.
func plain(t *testing.T) string {
	return deck(t, "https://lectern.invalid/x.png", "/lectern/missing.png")
}

// cut returns the first half of a deck.
func cut(t *testing.T) string {
	t.Helper()
	path := plain(t)
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The old file is made by LibreOffice too.
func testOld(t *testing.T) {
	c := converter(t)
	dir := t.TempDir()
	ppt, pptx, pdf := filepath.Join(dir, "deck.ppt"), filepath.Join(dir, "deck.pptx"), filepath.Join(dir, "deck.pdf")
	if err := c.convert(t.Context(), plain(t), ppt, 1, target{"ppt", string(compoundMagic), ""}); err != nil {
		t.Fatal(err)
	}
	if err := c.ToPPTX(t.Context(), ppt, pptx); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{ppt, pptx} {
		if err := c.ToPDF(t.Context(), in, pdf, 1); err != nil || !toPDF.whole(pdf) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func testMemory(t *testing.T) {
	c := converter(t)
	if _, err := c.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.o.Memory = 128 << 20
	err := c.ToPDF(t.Context(), plain(t), filepath.Join(t.TempDir(), "out.pdf"), 1)
	if f := lectern.AsFailure(err); f == nil || f.Code != lectern.CodeCaptureFailed || !f.Retryable ||
		!strings.Contains(f.Message, "office.memory allows (128 MB)") {
		t.Errorf("%+v", err)
	}
}

func testOutput(t *testing.T) {
	c := converter(t)
	if _, err := c.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.o.Output = 4 << 10
	err := c.ToPDF(t.Context(), plain(t), filepath.Join(t.TempDir(), "out.pdf"), 1)
	if f := lectern.AsFailure(err); f == nil || f.Code != lectern.CodeTooLarge || f.Retryable {
		t.Errorf("%+v", err)
	}
}

// midway waits until LibreOffice has opened the deck, and returns its process id.
func midway(t *testing.T, c *Converter) int {
	t.Helper()
	for t.Context().Err() == nil {
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, f := range files {
			line, err := os.ReadFile(f)
			if err != nil || !bytes.Contains(line, []byte(c.o.Scratch)) || !bytes.Contains(line, []byte("\x00--outdir\x00")) {
				continue
			}
			if open, _ := filepath.Glob(filepath.Dir(f) + "/fd/*"); !opened(open, c.o.Scratch) {
				continue
			}
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
				return pid
			}
		}
		spend()
	}
	t.Fatal("LibreOffice did not start")
	return 0
}

// opened reports whether one of the links leads to a deck in dir.
func opened(links []string, dir string) bool {
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && filepath.Ext(to) == ".pptx" && strings.HasPrefix(to, dir) {
			return true
		}
	}
	return false
}

func testKilled(t *testing.T) {
	c := converter(t)
	out := filepath.Join(t.TempDir(), "out.pdf")
	done := make(chan error, 1)
	in := plain(t)
	go func() { done <- c.ToPDF(t.Context(), in, out, 1) }()
	if err := syscall.Kill(midway(t, c), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if f := lectern.AsFailure(<-done); f == nil || f.Code != lectern.CodeCaptureFailed || !f.Retryable {
		t.Errorf("%+v", f)
	}
	if err := c.ToPDF(t.Context(), in, out, 1); err != nil || !toPDF.whole(out) {
		t.Errorf("again: %v", err)
	}
}

func testCanceled(t *testing.T) {
	c := converter(t)
	why := errors.New("the user's wish")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	in := plain(t)
	go func() { done <- c.ToPDF(ctx, in, filepath.Join(t.TempDir(), "out.pdf"), 1) }()
	pid := midway(t, c)
	cancel(why)
	if err := <-done; !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	gone(t, pid)
}

// BenchmarkConvert reports the processor time and the peak memory of one process that converts some decks.
func BenchmarkConvert(b *testing.B) {
	for _, decks := range []int{1, 2, 4} {
		b.Run(strconv.Itoa(decks), func(b *testing.B) {
			c := New(Options{Child: []string{os.Args[0], "child"}, Scratch: b.TempDir()})
			defer c.Close()
			if _, err := c.Find(b.Context()); err != nil {
				b.Fatal(err)
			}
			c.Examine(b.Context())
			meter := usage.NewMeter(nil)
			ctx := usage.With(b.Context(), meter)
			for b.Loop() {
				var batch []*conversion
				for i := range decks {
					in := filepath.Join(b.TempDir(), strconv.Itoa(i)+".pptx")
					data, err := os.ReadFile("testdata/remote-links.pptx")
					if err == nil { // bytes after the end of a ZIP file are a comment or ignored; these make the decks differ
						data[len(data)-2] = byte(i)
						data = append(data, make([]byte, i)...)
						err = os.WriteFile(in, data, 0o600)
					}
					if err != nil {
						b.Fatal(err)
					}
					batch = append(batch, &conversion{ctx: ctx, in: in, out: in + ".pdf", slides: 1, kind: kinds[0],
						target: toPDF, done: make(chan error, 1)})
				}
				if err := c.attempt(batch); err != nil {
					b.Fatal(err)
				}
				for _, v := range batch {
					if err := <-v.done; err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(meter.Read().CPU.Seconds()/float64(b.N), "cpu-s/op")
			var u unix.Rusage
			if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(u.Maxrss)/1024, "MB-peak")
		})
	}
}
