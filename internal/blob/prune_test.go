package blob

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern/internal/proc"
)

// endings are the extensions of all files of the pipeline in its cache.
var endings = []string{".narration", ".png", ".json", ".segment", ".h264", ".aac", ".mp4", ".take.mp4", ".jpg"}

func there(c *Cache, key string) bool {
	_, err := os.Stat(c.file(key))
	return err == nil
}

// onDisk returns the size of a cache's entries on the disk.
func onDisk(t interface{ Fatal(...any) }, c *Cache) (size int64) {
	all, err := Survey(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		size += e.Size
	}
	return size
}

// Two processes make, use, hold and release files in any order: held files of every kind exist, and once nothing is
// held, the cache is within its limit.
func TestWhatIsHeldIsNeverEvictedAndTheLimitIsKept(t *testing.T) {
	t.Parallel()
	const limit = 1000
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "cache")
		if err != nil {
			rt.Fatal(err)
		}
		var caches [2]*Cache
		for i := range caches {
			if caches[i], err = OpenCache(CacheOptions{Dir: dir, Limit: limit, MinAge: -1}); err != nil {
				rt.Fatal(err)
			}
			defer caches[i].Close()
		}
		type held struct {
			h    *Hold
			keys []string
		}
		var holds []held
		name := rapid.Custom(func(rt *rapid.T) string {
			return fmt.Sprintf("%08d%s", rapid.IntRange(0, 8).Draw(rt, "n"),
				rapid.SampledFrom(endings).Draw(rt, "ending"))
		})
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			c := rapid.SampledFrom(caches[:]).Draw(rt, "process")
			switch k := name.Draw(rt, "key"); rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				holds = append(holds, held{h: c.Hold()})
			case 1, 2:
				if len(holds) == 0 {
					continue
				}
				h := &holds[rapid.IntRange(0, len(holds)-1).Draw(rt, "run")]
				if _, err := h.h.Make(t.Context(), k, bytesOf(rapid.IntRange(1, 400).Draw(rt, "size"))); err != nil {
					rt.Fatal(err)
				}
				h.keys = append(h.keys, k)
			case 3:
				c.MakeRoom()
			case 4:
				if len(holds) > 0 {
					holds[0].h.Release()
					holds = holds[1:]
				}
			default:
				if _, err := Prune(t.Context(), dir,
					Pruning{To: rapid.Int64Range(0, limit).Draw(rt, "to")}); err != nil {
					rt.Fatal(err)
				}
			}
			for _, h := range holds {
				for _, k := range h.keys {
					if !there(caches[0], k) {
						rt.Fatalf("%s is held but its file is gone", k)
					}
				}
			}
		}
		for _, h := range holds {
			h.h.Release()
		}
		for _, c := range caches { // as at the next start
			if err := c.load(); err != nil {
				rt.Fatal(err)
			}
			c.evict()
		}
		if n := onDisk(rt, caches[0]); n > limit {
			rt.Fatalf("the cache has %d bytes, its limit is %d", n, limit)
		}
	})
}

// A run that makes far more than the limit keeps all of its files. When it ends, the cache is within its limit at once,
// however young the files are.
func TestTheLimitIsKeptAfterBigWrites(t *testing.T) {
	t.Parallel()
	c := cache(t, CacheOptions{Limit: 1 << 20, MinAge: -1})
	for round := range 3 {
		h := c.Hold()
		for i := range 40 {
			if _, err := h.Put(fmt.Sprintf("%08d-%d%s", i, round, endings[i%len(endings)]),
				bytesOf(100<<10)); err != nil {
				t.Fatal(err)
			}
		}
		if n := onDisk(t, c); n < 40*100<<10 {
			t.Errorf("files in use were evicted: %d bytes are left", n)
		}
		h.Release()
		if n := onDisk(t, c); n > 1<<20 || n != c.Size() {
			t.Errorf("%d bytes on the disk, %d counted, at most %d", n, c.Size(), 1<<20)
		}
	}
}

func TestPruneTakesTheLeastRecentlyUsedAndNothingInUse(t *testing.T) {
	t.Parallel()
	c := cache(t, CacheOptions{})
	var keys []string
	now := time.Now()
	h := c.Hold()
	for i := range 10 { // the last is the oldest
		keys = append(keys, fmt.Sprintf("%08d%s", i, endings[i%len(endings)]))
		put(t, c, keys[i], 100)
		if i == 8 {
			h.Get(keys[i])
		}
		at := now.Add(-time.Duration(i+1) * 24 * time.Hour)
		if err := os.Chtimes(c.file(keys[i]), at, at); err != nil {
			t.Fatal(err)
		}
	}
	foreign := []string{write(t, filepath.Join(c.dir, "abc"), "mine"),
		write(t, filepath.Join(c.dir, "thesis-of-mine.txt"), "mine")}
	check := func(o Pruning, want Pruned, left ...int) {
		t.Helper()
		got, err := Prune(t.Context(), c.dir, o)
		if err != nil || got != want {
			t.Errorf("%+v gives %+v, %v; want %+v", o, got, err, want)
		}
		var are []int
		for i, k := range keys {
			if there(c, k) {
				are = append(are, i)
			}
		}
		if !slices.Equal(are, left) {
			t.Errorf("%+v leaves %v, want %v", o, are, left)
		}
	}
	older := func(d int) time.Time { return now.Add(-time.Duration(d) * 24 * time.Hour) }
	check(Pruning{To: 500, DryRun: true}, Pruned{Entries: 5, Bytes: 500, InUse: 1, Left: 5, Size: 500}, 0,
		1, 2, 3, 4, 5, 6, 7, 8, 9)
	check(Pruning{To: 1000}, Pruned{Left: 10, Size: 1000}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	check(Pruning{To: -1, Before: older(9)}, Pruned{Entries: 1, Bytes: 100, Left: 9, Size: 900}, 0, 1, 2, 3,
		4, 5, 6, 7, 8)
	check(Pruning{To: 600}, Pruned{Entries: 3, Bytes: 300, InUse: 1, Left: 6, Size: 600}, 0, 1, 2, 3, 4, 8)
	check(Pruning{To: 500, Before: older(3)}, Pruned{Entries: 2, Bytes: 200, InUse: 1, Left: 4, Size: 400}, 0, 1, 2, 8)
	check(Pruning{To: 0}, Pruned{Entries: 3, Bytes: 300, InUse: 1, Left: 1, Size: 100}, 8)
	h.Release()
	check(Pruning{To: 0}, Pruned{Entries: 1, Bytes: 100})
	for _, f := range foreign {
		if _, err := os.Stat(f); err != nil {
			t.Error("a file that is not an entry was removed:", err)
		}
	}
	if got, err := Prune(t.Context(), filepath.Join(c.dir, "none"), Pruning{}); err != nil || got != (Pruned{}) {
		t.Errorf("a folder that is missing: %+v, %v", got, err)
	}
}

// TestHolder is the other process of [TestPruneKeepsFilesThatAnotherProcessHolds]. It ends when its standard input
// ends.
func TestHolder(t *testing.T) {
	dir := os.Getenv("BLOB_HOLD")
	if dir == "" {
		return
	}
	c := cache(t, CacheOptions{Dir: dir})
	h := c.Hold()
	for _, ending := range endings {
		if _, err := h.Put("11111111"+ending, bytesOf(100)); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("holding")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// Prune keeps the files that a run of another process holds until that process is dead, even after a kill.
func TestPruneKeepsFilesThatAnotherProcessHolds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stdin, more, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	said, out := io.Pipe()
	p, err := proc.Start(t.Context(), proc.Command{
		Path: os.Args[0], Args: []string{"-test.run=^TestHolder$"}, Env: []string{"BLOB_HOLD=" + dir},
		Stdin: stdin, Stdout: out,
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() && lines.Text() != "holding" {
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	c := cache(t, CacheOptions{Dir: dir})
	put(t, c, "22222222.png", 100)
	got, err := Prune(t.Context(), dir, Pruning{To: 0})
	if err != nil || got.Entries != 1 || got.InUse != len(endings) || there(c, "22222222.png") {
		t.Errorf("next to a process that holds files, Prune gives %+v, %v", got, err)
	}
	c.MakeRoom()
	for _, ending := range endings {
		if !there(c, "11111111"+ending) {
			t.Errorf("the %s that the other process holds is gone", strings.TrimPrefix(ending, "."))
		}
	}
	if err := errors.Join(syscall.Kill(p.Pid(), syscall.SIGKILL), more.Close()); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // killed
	out.Close()
	if got, err = Prune(t.Context(), dir, Pruning{To: 0}); err != nil || got.Entries != len(endings) || got.InUse != 0 {
		t.Errorf("after the death of the other process, Prune gives %+v, %v", got, err)
	}
	if _, err := os.Stat(c.file("11111111.png")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
