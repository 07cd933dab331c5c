package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gocloud.dev/blob/memblob"

	"lectern"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func write(t *testing.T, path, s string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func is(err error, code lectern.Code) bool { return errors.Is(err, &lectern.Failure{Code: code}) }

// files returns the paths below dir, without unfinished files.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if d != nil && d.Name() == scratchName {
			return filepath.SkipDir
		}
		if err == nil && p != dir {
			rel, _ := filepath.Rel(dir, p)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func stores(t *testing.T) map[string]*Artifacts {
	t.Helper()
	local, err := OpenArtifacts(filepath.Join(t.TempDir(), "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*Artifacts{"local": local, "bucket": NewArtifacts(memblob.OpenBucket(nil))}
	t.Cleanup(func() {
		for _, a := range all {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return all
}

func TestArtifactsArePutReadReplacedAndDeleted(t *testing.T) {
	t.Parallel()
	for name, a := range stores(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			src := write(t, filepath.Join(t.TempDir(), "v"), "0123456789")
			for _, k := range []string{"p1/1/video.mp4", "p1/2/video.mp4", "p1/2/slides/0001.png", "p10/1/video.mp4"} {
				if err := a.Put(ctx, k, src, ContentType(k)); err != nil {
					t.Fatal(err)
				}
			}
			o, err := a.Open(ctx, "p1/2/video.mp4")
			if err != nil {
				t.Fatal(err)
			}
			if o.Size != 10 || o.ContentType != "video/mp4" || o.ModTime.IsZero() {
				t.Errorf("the opened artifact is %+v", o)
			}
			// Range requests work.
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.Header.Set("Range", "bytes=3-5")
			rec := httptest.NewRecorder()
			rec.Header().Set("Content-Type", o.ContentType)
			http.ServeContent(rec, req, "", o.ModTime, o)
			if rec.Code != http.StatusPartialContent || rec.Body.String() != "345" {
				t.Errorf("a range request gives %d and %q, want 206 and \"345\"", rec.Code, rec.Body)
			}
			if err := o.Close(); err != nil {
				t.Error(err)
			}
			// Put replaces the whole artifact.
			if err := a.Put(ctx, "p1/2/video.mp4", write(t, filepath.Join(t.TempDir(), "w"), "new"), ""); err != nil {
				t.Fatal(err)
			}
			if o, err = a.Open(ctx, "p1/2/video.mp4"); err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(o); string(b) != "new" || err != nil || o.ContentType != "video/mp4" {
				t.Errorf("the replaced artifact has the content %q (%v) and the type %s", b, err, o.ContentType)
			}
			o.Close()

			for range 2 { // idempotent
				if err := a.DeletePrefix(ctx, "p1/"); err != nil {
					t.Fatal(err)
				}
			}
			for _, k := range []string{"p1/1/video.mp4", "p1/2/slides/0001.png", "p1/2", "never/there"} {
				if _, err := a.Open(ctx, k); !is(err, lectern.CodeNotFound) {
					t.Errorf("opening %s gives %v, want not found", k, err)
				}
			}
			if o, err = a.Open(ctx, "p10/1/video.mp4"); err != nil {
				t.Errorf("deleting p1/ deleted p10/ too: %v", err)
			} else {
				o.Close()
			}
			for range 2 {
				if err := a.Delete(ctx, "p10/1/video.mp4"); err != nil {
					t.Error(err)
				}
			}
			if a.dir != "" {
				if left := files(t, a.dir); len(left) > 0 {
					t.Errorf("after all deletions the store still has %v", left)
				}
			}
		})
	}
}

func TestKeysOutsideTheStoreAreRefused(t *testing.T) {
	t.Parallel()
	for name, a := range stores(t) {
		src := write(t, filepath.Join(t.TempDir(), "v"), "x")
		for _, k := range []string{"", ".", "..", "../x", "a/../../x", "/etc/x", "a//b", "a/", "a/./b",
			".tmp/x", "a/.hidden", "a\x00b", "a\\b",
			"a b", "ü", "x.attrs", strings.Repeat("a", maxKey+1)} {
			if err := a.Put(t.Context(), k, src, ""); !is(err, lectern.CodeInternal) {
				t.Errorf("%s: put %q: %v", name, k, err)
			}
			if _, err := a.Open(t.Context(), k); !is(err, lectern.CodeInternal) {
				t.Errorf("%s: open %q: %v", name, k, err)
			}
			if err := a.Delete(t.Context(), k); !is(err, lectern.CodeInternal) {
				t.Errorf("%s: delete %q: %v", name, k, err)
			}
			if err := a.DeletePrefix(t.Context(), k); k != "a/" && !is(err, lectern.CodeInternal) {
				t.Errorf("%s: delete prefix %q: %v", name, k, err)
			}
		}
	}
}

func TestPutRefusesMissingFilesAndFoldersAndEndedContexts(t *testing.T) {
	t.Parallel()
	for name, a := range stores(t) {
		if err := a.Put(t.Context(), "a/b.mp4", filepath.Join(t.TempDir(), "missing"), ""); !is(err,
			lectern.CodeInternal) {
			t.Errorf("%s: a missing file: %v", name, err)
		}
		if err := a.Put(t.Context(), "a/b.mp4", t.TempDir(), ""); !is(err, lectern.CodeInternal) {
			t.Errorf("%s: a folder: %v", name, err)
		}
		why := errors.New("over")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		if err := a.Put(ctx, "a/b.mp4", write(t, filepath.Join(t.TempDir(), "v"), "x"), ""); !errors.Is(err, why) {
			t.Errorf("%s: a context that has ended: %v", name, err)
		}
		if _, err := a.Open(t.Context(), "a/b.mp4"); !is(err, lectern.CodeNotFound) {
			t.Errorf("%s: a Put that failed stored a file: %v", name, err)
		}
	}
}

func TestFullDiskHasItsOwnFailure(t *testing.T) {
	t.Parallel()
	err := write2full()
	if f, ok := errors.AsType[*lectern.Failure](storeFailed("keep a file", err)); !ok ||
		f.Code != lectern.CodeDiskFull || !f.Retryable {
		t.Errorf("the failure of a full disk is %v", f)
	}
}

func write2full() error { return os.WriteFile("/dev/full", []byte("x"), 0) }

func TestTemporaryFilesOfDeadProcessesAreRemovedAndOfLivingOnesKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := OpenCache(CacheOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	mine := write(t, first.scratch.path("x.png"), "unfinished")
	dead := filepath.Join(dir, scratchName, "dead")
	if err := os.MkdirAll(dead, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dead, "half"), "unfinished")
	second, err := OpenCache(CacheOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error("a running process lost a file:", err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the files of a dead process are still there:", err)
	}
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, scratchName)); len(left) > 0 {
		t.Error("after both closes there are still temporary files:", left)
	}
}

// clock is a clock that a test sets forward.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	return c
}
func (c *clock) now() time.Time       { return time.Unix(0, c.ns.Load()) }
func (c *clock) pass(d time.Duration) { c.ns.Add(int64(d)) }

func cache(t *testing.T, o CacheOptions) *Cache {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	c, err := OpenCache(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func key(i int) string { return fmt.Sprintf("%08x.bin", i*0x1010101) }

func bytesOf(n int) func(string) error {
	return func(p string) error { return os.WriteFile(p, bytes.Repeat([]byte{'x'}, n), 0o644) }
}

func put(t *testing.T, c *Cache, k string, n int) string {
	t.Helper()
	p, err := c.Put(k, bytesOf(n))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCacheKeepsFilesOverRestartsAndSeesThoseOfOtherProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := cache(t, CacheOptions{Dir: dir})
	if _, ok := c.Get(key(1)); ok {
		t.Error("an empty cache has an entry")
	}
	path := put(t, c, key(1), 10)
	if filepath.Ext(path) != ".bin" || !strings.HasPrefix(path, dir) || strings.Count(strings.TrimPrefix(path, dir),
		"/") != 3 {
		t.Errorf("the path of an entry is %s", path)
	}
	got, err := c.Put(key(1), func(string) error { t.Error("an existing file was made again"); return nil })
	if err != nil || got != path {
		t.Errorf("a second Put returns %s (%v), want %s", got, err, path)
	}
	again := cache(t, CacheOptions{Dir: dir})
	if p, ok := again.Get(key(1)); !ok || p != path || again.Size() != 10 || again.Len() != 1 {
		t.Errorf("after a restart the entry is %q (%v), the size %d", p, ok, again.Size())
	}
	// One process sees the files that another makes, and gets a miss for those that another removes.
	put(t, again, key(2), 5)
	if _, ok := c.Get(key(2)); !ok || c.Size() != 15 {
		t.Error("a file that the other process made is not seen")
	}
	if err := again.Drop(key(2)); err != nil {
		t.Error(err)
	}
	if _, ok := c.Get(key(2)); ok || c.Size() != 10 || again.Size() != 10 {
		t.Error("a file that the other process removed is still seen")
	}
}

func TestCacheNeverShowsAFailedOrUnfinishedFile(t *testing.T) {
	t.Parallel()
	c := cache(t, CacheOptions{})
	broken := errors.New("broken")
	_, err := c.Put(key(1), func(p string) error {
		if _, ok := c.Get(key(1)); ok {
			t.Error("Get returns a file that is still being made")
		}
		_ = os.WriteFile(p, []byte("half"), 0o644)
		return broken
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	for name, f := range map[string]func(string) error{
		"nothing":  func(string) error { return nil },
		"a folder": func(p string) error { return os.Mkdir(p, 0o755) },
		"a link":   func(p string) error { return os.Symlink("/etc/passwd", p) },
	} {
		if _, err := c.Put(key(1), f); !is(err, lectern.CodeInternal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = c.Put(key(1), func(string) error { panic("boom") })
	}()
	if _, ok := c.Get(key(1)); ok || c.Len() != 0 {
		t.Error("Get returns a file whose making failed")
	}
	put(t, c, key(1), 3) // the key is free
	for _, k := range []string{"", "short", "../../../../etc/passwd", "UPPERCASE0", "aaaaaaaa/b", ".tmp/aaaaaaaa",
		"aaaaaaaa.", "aaaaaaaa..b/", strings.Repeat("a", 300)} {
		if _, err := c.Put(k, bytesOf(1)); !is(err, lectern.CodeInternal) {
			t.Errorf("%q: %v", k, err)
		}
		if _, ok := c.Get(k); ok {
			t.Errorf("%q found", k)
		}
	}
}

func TestSameWorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	c := cache(t, CacheOptions{})
	var made atomic.Int32
	release, started := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			p, err := c.Put(key(1), func(p string) error {
				made.Add(1)
				close(started)
				<-release
				return bytesOf(4)(p)
			})
			if b, rerr := os.ReadFile(p); err != nil || rerr != nil || len(b) != 4 {
				t.Errorf("Put returns %v; its file has %d bytes (%v), want 4", err, len(b), rerr)
			}
		})
	}
	<-started
	// A waiting caller can stop waiting.
	why := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	wait := make(chan error)
	go func() { _, err := c.Make(ctx, key(1), bytesOf(4)); wait <- err }()
	cancel(why)
	if err := <-wait; !errors.Is(err, why) {
		t.Error(err)
	}
	close(release)
	wg.Wait()
	if made.Load() != 1 {
		t.Errorf("the file was made %d times, want once", made.Load())
	}
}

func TestWaiterTakesOverAfterAFailure(t *testing.T) {
	t.Parallel()
	c := cache(t, CacheOptions{})
	started, release := make(chan struct{}), make(chan struct{})
	broken := errors.New("its job was cancelled")
	first := make(chan error)
	go func() {
		_, err := c.Put(key(1), func(string) error { close(started); <-release; return broken })
		first <- err
	}()
	<-started
	second := make(chan error)
	go func() { _, err := c.Put(key(1), bytesOf(7)); second <- err }()
	close(release)
	if err := <-first; !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := <-second; err != nil || c.Size() != 7 {
		t.Errorf("the waiting Put returns %v, the size is %d, want 7", err, c.Size())
	}
}

func TestEvictionTakesTheLeastRecentlyUsedAndNothingInUse(t *testing.T) {
	t.Parallel()
	clk := newClock()
	c := cache(t, CacheOptions{Limit: 1000, MinAge: -1, Now: clk.now})
	h := c.Hold()
	defer h.Release()
	for i := range 10 {
		put(t, c, key(i), 100)
		clk.pass(time.Minute)
	}
	c.Get(key(0)) // used again
	if _, ok := h.Get(key(1)); !ok {
		t.Fatal("missing")
	}
	clk.pass(time.Minute)
	for i := 2; i < 10; i++ {
		c.Get(key(i))
		clk.pass(time.Second)
	}
	put(t, c, key(10), 100) // over the limit: 1 is held, 0 is now the oldest
	var left []int
	for i := range 11 {
		if _, err := os.Stat(c.file(key(i))); err == nil {
			left = append(left, i)
		}
	}
	if want := []int{1, 3, 4, 5, 6, 7, 8, 9, 10}; !slices.Equal(left, want) || c.Size() != 900 {
		t.Errorf("the entries %v are left, want %v; %d bytes, want 900", left, want, c.Size())
	}
	h.Release()
	h.Release()
	clk.pass(time.Hour)
	for i := 3; i < 11; i++ {
		c.Get(key(i))
	}
	put(t, c, key(11), 100)
	put(t, c, key(12), 100)
	if _, ok := c.Get(key(1)); ok {
		t.Error("the least recently used file is still there after its release")
	}
}

func TestFilesUsedWithinMinAgeAreNotEvicted(t *testing.T) {
	t.Parallel()
	clk := newClock()
	dir := t.TempDir()
	o := CacheOptions{Dir: dir, Limit: 250, MinAge: time.Hour, Now: clk.now}
	c := cache(t, o)
	for i := range 4 {
		put(t, c, key(i), 100)
	}
	if c.Len() != 4 {
		t.Error("entries younger than MinAge were evicted")
	}
	other := cache(t, o) // another process, which knows the uses only from the files
	clk.pass(2 * time.Hour)
	c.Get(key(3))
	put(t, other, key(4), 100)
	for i, want := range []bool{false, false, false, true, true} {
		if _, err := os.Stat(c.file(key(i))); (err == nil) != want {
			t.Errorf("the file of key %d: %v, want it kept: %v", i, err, want)
		}
	}
}

func TestHeldFilesStayUnderConcurrentUse(t *testing.T) {
	t.Parallel()
	c := cache(t, CacheOptions{Limit: 2000, MinAge: -1})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 60 {
				k := key((i*7 + g*3) % 40)
				h := c.Hold()
				p, err := h.Make(t.Context(), k, bytesOf(100))
				if err != nil {
					t.Error(err)
				}
				if b, err := os.ReadFile(p); err != nil || len(b) != 100 {
					t.Errorf("a held file is gone: %v", err)
				}
				h.Release()
			}
		})
	}
	wg.Wait()
	var size int64
	for _, f := range files(t, c.dir) {
		if info, err := os.Stat(filepath.Join(c.dir, f)); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
	}
	if size != c.Size() || size > 2000 || len(c.pins) != 0 || len(c.flights) != 0 {
		t.Errorf("%d bytes on disk, %d counted, %d pins, %d flights", size, c.Size(), len(c.pins), len(c.flights))
	}
}

func TestArtifactOutlivesTheCacheEntryItWasMadeOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := cache(t, CacheOptions{Dir: filepath.Join(dir, "cache")})
	a, err := OpenArtifacts(filepath.Join(dir, "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	p := put(t, c, key(1), 10)
	if err := a.Put(t.Context(), "p/1/slide.png", p, "image/png"); err != nil {
		t.Fatal(err)
	}
	o, err := a.Open(t.Context(), "p/1/slide.png")
	if err != nil {
		t.Fatal(err)
	}
	before := o.ModTime
	o.Close()
	c.Get(key(1)) // a use of the entry does not change the artifact
	if err := c.Drop(key(1)); err != nil {
		t.Fatal(err)
	}
	if o, err = a.Open(t.Context(), "p/1/slide.png"); err != nil || !o.ModTime.Equal(before) {
		t.Fatalf("the artifact is gone or has another time: %v", err)
	}
	defer o.Close()
	if b, err := io.ReadAll(o); len(b) != 10 || err != nil {
		t.Errorf("the artifact has %d bytes (%v), want 10", len(b), err)
	}
}

func TestMakeRoomHalvesTheCacheButLeavesWhatIsHeld(t *testing.T) {
	t.Parallel()
	clk := newClock()
	c := cache(t, CacheOptions{Limit: 10_000, MinAge: time.Hour, Now: clk.now})
	h := c.Hold()
	defer h.Release()
	if _, err := h.Put(key(0), bytesOf(100)); err != nil { // the oldest
		t.Fatal(err)
	}
	for i := 1; i < 6; i++ {
		clk.pass(time.Second)
		put(t, c, key(i), 100)
	}
	c.MakeRoom()
	if _, held := c.Get(key(0)); !held || c.Size() != 300 {
		t.Errorf("%d bytes are left, want 300; the held file is there: %v", c.Size(), held)
	}
	if _, young := c.Get(key(5)); !young {
		t.Error("the most recently used file was removed before older ones")
	}
}
