package blob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"lectern"
	"lectern/internal/crashpoint"
	"lectern/internal/private"
)

// Defaults of CacheOptions.
const (
	DefaultCacheLimit  = 5 << 30
	DefaultCacheMinAge = time.Hour
)

// CacheOptions configure a cache.
type CacheOptions struct {
	Dir   string // made if it is missing
	Limit int64  // bytes; 0 or less: DefaultCacheLimit
	// MinAge protects recently used files from eviction, even beyond the limit: a path that Get returned stays valid
	// for this time without a Hold, also if other processes use the same folder. MakeRoom and Prune do not regard it.
	// 0: DefaultCacheMinAge; less than 0: no protection.
	MinAge time.Duration
	Now    func() time.Time // nil: time.Now
}

// Cache is a folder of files named by the hash of their inputs. A file never changes. Beyond the limit, the least
// recently used file is removed first. A Cache is safe for concurrent use, and processes may share its folder: the
// limit counts the files of all, and files that any process holds stay.
//
// The mutex is not held during file operations. Instead, a goroutine that makes or evicts a key announces it: then Get
// misses the key, and Make waits.
type Cache struct {
	folder
	limit   int64
	minAge  time.Duration
	now     func() time.Time
	scratch *scratch

	hits, misses atomic.Int64
	numbered     atomic.Int64 // number of Holds so far

	mu       sync.Mutex
	looked   time.Time // when the folder was read
	entries  map[string]*entry
	total    int64
	pins     map[string]int
	flights  map[string]chan struct{} // keys being made or evicted; closed at the end
	evicting bool
}

type entry struct {
	size int64
	used time.Time
}

// OpenCache opens a cache, reads its entries, and removes the unfinished files of processes that have died.
func OpenCache(o CacheOptions) (*Cache, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, storeFailed("find its folder", err)
	}
	if o.Limit <= 0 {
		o.Limit = DefaultCacheLimit
	}
	if o.MinAge == 0 {
		o.MinAge = DefaultCacheMinAge
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a, err := openScratch(dir)
	if err != nil {
		return nil, err
	}
	c := &Cache{
		folder: folder{dir}, limit: o.Limit, minAge: o.MinAge, now: o.Now, scratch: a,
		entries: map[string]*entry{}, pins: map[string]int{}, flights: map[string]chan struct{}{},
	}
	if err := c.load(); err != nil {
		return nil, errors.Join(storeFailed("read its folder", err), a.close())
	}
	c.evict()
	return c, nil
}

// Close releases the cache's resources. No Make may be under way.
func (c *Cache) Close() error { return c.scratch.close() }

// load reads the folder. A later call adds the files of other processes.
func (c *Cache) load() error {
	c.mu.Lock()
	c.looked = c.now()
	c.mu.Unlock()
	return c.walk(func(key string, info fs.FileInfo) { c.remember(key, info.Size(), lastUse(info)) })
}

// Get returns the file of a key, if there is one, and counts as a use of it.
func (c *Cache) Get(key string) (path string, ok bool) {
	if checkCacheKey(key) != nil {
		return "", false
	}
	now := c.now()
	c.mu.Lock()
	_, busy := c.flights[key]
	if e := c.entries[key]; e != nil && !busy {
		e.used = now // from here on an eviction skips it
	}
	c.mu.Unlock()
	if busy {
		return "", false
	}
	path = c.file(key)
	info, err := os.Stat(path)
	if err != nil {
		c.forget(key)
		return "", false
	}
	c.remember(key, info.Size(), now)
	c.hits.Add(1)
	// The access time stores the last use. The modification time stays, because an artifact may be the same file.
	_ = os.Chtimes(path, now, time.Time{})
	return path, true
}

// Put is Make without cancellation.
func (c *Cache) Put(key string, write func(path string) error) (string, error) {
	return c.Make(context.Background(), key, write)
}

// Make returns the file of a key. If there is none, it calls write with a path (which has the key's extension); the
// written file appears under the key when write returns nil. While one call writes, others for the same key wait for it
// or for the end of their ctx. If it fails, one of them writes instead.
func (c *Cache) Make(ctx context.Context, key string, write func(path string) error) (string, error) {
	if err := checkCacheKey(key); err != nil {
		return "", err
	}
	for {
		if err := context.Cause(ctx); err != nil {
			return "", err
		}
		if path, ok := c.Get(key); ok {
			return path, nil
		}
		c.mu.Lock()
		others, busy := c.flights[key]
		if !busy {
			c.flights[key] = make(chan struct{})
		}
		c.mu.Unlock()
		if !busy {
			return c.make(key, write)
		}
		select {
		case <-others:
		case <-ctx.Done():
		}
	}
}

func (c *Cache) make(key string, write func(path string) error) (string, error) {
	c.misses.Add(1)
	defer c.land(key)
	final := c.file(key)
	if info, err := os.Stat(final); err == nil {
		c.remember(key, info.Size(), c.now()) // made since the check
		return final, nil
	}
	tmp := c.scratch.path(key)
	defer os.Remove(tmp)
	if err := write(tmp); err != nil {
		return "", err
	}
	info, err := os.Lstat(tmp)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return "", lectern.Fail(lectern.CodeInternal, "A step ended without writing its file.").Because(err)
	}
	crashpoint.Here(crashpoint.Written)
	if err := settle(tmp, final); err != nil {
		return "", storeFailed("keep a finished step", err)
	}
	crashpoint.Here(crashpoint.Renamed)
	c.remember(key, info.Size(), c.now())
	c.evict()
	return final, nil
}

// land ends the announcement that a goroutine makes or evicts the key.
func (c *Cache) land(key string) {
	c.mu.Lock()
	close(c.flights[key])
	delete(c.flights, key)
	c.mu.Unlock()
}

// Drop removes a key's file, for a caller that finds it damaged. A missing file is not an error.
func (c *Cache) Drop(key string) error {
	if err := checkCacheKey(key); err != nil {
		return err
	}
	if err := os.Remove(c.file(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return storeFailed("delete a file", err)
	}
	c.forget(key)
	return nil
}

// Uses returns how often a key was found, and how often Make began to make a file.
func (c *Cache) Uses() (hits, misses int64) { return c.hits.Load(), c.misses.Load() }

// Size is the number of bytes of all entries.
func (c *Cache) Size() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// Len is the number of entries.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries)
}

func (c *Cache) remember(key string, size int64, used time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		e = &entry{}
		c.entries[key] = e
	}
	c.total += size - e.size
	e.size = size
	if used.After(e.used) {
		e.used = used
	}
}

func (c *Cache) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[key]; e != nil {
		c.total -= e.size
		delete(c.entries, key)
	}
}

// MakeRoom frees at least half of the cache's size for a full disk, the least recently used first, without regard to
// MinAge. Files that a run holds, in this process or another, stay.
func (c *Cache) MakeRoom() { c.shrink(c.Size()/2, c.Size()/2, -1) }

// lookAgain is how long the size of the folder counts as current, although other processes may add files.
const lookAgain = time.Minute

// evict removes the least recently used files until a tenth of the limit is free, if the limit is exceeded.
func (c *Cache) evict() {
	c.mu.Lock()
	stale := c.now().Sub(c.looked) >= lookAgain
	c.mu.Unlock()
	if stale {
		_ = c.load() // files that it cannot read are not evicted
	}
	c.shrink(c.limit, c.limit-c.limit/10, c.minAge)
}

// shrink removes the least recently used files until at most goal bytes are left. It keeps files that were used within
// minAge, and does nothing while the cache has at most limit bytes.
func (c *Cache) shrink(limit, goal int64, minAge time.Duration) {
	old, ok := c.condemn(limit, goal, minAge)
	if !ok {
		return
	}
	before := c.now().Add(-max(minAge, 0)) // another process may have used it since the folder was read
	for _, key := range old {
		err := c.remove(key, before)
		switch info, gone := os.Lstat(c.file(key)); {
		case err == nil:
			c.forget(key)
		case errors.Is(err, errUsed) && gone == nil:
			c.remember(key, info.Size(), lastUse(info))
		}
		c.land(key)
	}
	c.mu.Lock()
	c.evicting = false
	c.mu.Unlock()
}

// condemn chooses the keys to evict and announces them, so that Get does not return them. It reports whether an
// eviction is due; only one runs at a time.
func (c *Cache) condemn(limit, goal int64, minAge time.Duration) (old []string, due bool) {
	if c.Size() <= limit {
		return nil, false
	}
	held, now := c.allHeld(), c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.evicting || c.total <= limit {
		return nil, false
	}
	c.evicting = true
	for key, e := range c.entries {
		_, busy := c.flights[key]
		if !busy && c.pins[key] == 0 && !held[key] && (minAge < 0 || now.Sub(e.used) >= minAge) {
			old = append(old, key)
		}
	}
	slices.SortFunc(old, func(a, b string) int {
		if d := c.entries[a].used.Compare(c.entries[b].used); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	left := c.total
	for i, key := range old {
		if left <= goal {
			return old[:i], true
		}
		left -= c.entries[key].size
		c.flights[key] = make(chan struct{})
	}
	return old, true
}

// Hold protects the files that it returned from eviction until Release, in this process and in others. A run has one
// while it uses the paths.
type Hold struct {
	c     *Cache
	marks string // the file of its marks, for other processes
	mu    sync.Mutex
	keys  map[string]bool
	open  *os.File // the file of the marks, once it exists
}

// Hold returns a new Hold. Release must be called.
func (c *Cache) Hold() *Hold {
	return &Hold{c: c, marks: filepath.Join(c.scratch.dir, marks+strconv.FormatInt(c.numbered.Add(1), 10)),
		keys: map[string]bool{}}
}

// Get is Cache.Get and holds the key.
func (h *Hold) Get(key string) (string, bool) {
	h.pin(key)
	return h.c.Get(key)
}

// Make is Cache.Make and holds the key.
func (h *Hold) Make(ctx context.Context, key string, write func(path string) error) (string, error) {
	h.pin(key)
	return h.c.Make(ctx, key, write)
}

// Put is Cache.Put and holds the key.
func (h *Hold) Put(key string, write func(path string) error) (string, error) {
	h.pin(key)
	return h.c.Put(key, write)
}

// Drop is Cache.Drop.
func (h *Hold) Drop(key string) error { return h.c.Drop(key) }

func (h *Hold) pin(key string) {
	if checkCacheKey(key) != nil {
		return
	}
	h.mu.Lock()
	fresh := h.keys != nil && !h.keys[key]
	if fresh {
		h.keys[key] = true
	}
	h.mu.Unlock()
	if !fresh {
		return
	}
	h.c.mu.Lock()
	h.c.pins[key]++
	h.c.mu.Unlock()
	// without a mark, as on a full disk, MinAge still protects the file
	_ = h.c.gate(unix.LOCK_SH, func() error { return h.mark(key) })
}

// mark shows other processes that the key is held.
func (h *Hold) mark(key string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.keys == nil {
		return nil // it was released meanwhile
	}
	if h.open == nil {
		f, err := os.OpenFile(h.marks, os.O_CREATE|os.O_WRONLY|os.O_APPEND, private.File)
		if err != nil {
			return err
		}
		h.open = f
	}
	_, err := h.open.WriteString("\n" + key + "\n") // the first line break ends a line that a full disk has truncated
	return err
}

// Release releases all files. It may be called again. A released Hold protects no further files.
func (h *Hold) Release() {
	h.mu.Lock()
	keys, open := h.keys, h.open
	h.keys, h.open = nil, nil
	h.mu.Unlock()
	if open != nil {
		_ = errors.Join(os.Remove(h.marks), open.Close()) // leftovers are removed after the end of the process
	}
	h.c.mu.Lock()
	for key := range keys {
		if h.c.pins[key]--; h.c.pins[key] == 0 {
			delete(h.c.pins, key)
		}
	}
	h.c.mu.Unlock()
	h.c.evict()
}

// checkCacheKey accepts names of at least eight lower-case letters, digits, hyphens and underscores, with an optional
// extension such as ".png".
func checkCacheKey(key string) error {
	name, ending, _ := strings.Cut(key, ".")
	ok := len(name) >= 8 && len(key) <= 200 && ending == strings.Trim(ending, ".") && !strings.HasSuffix(key, ".")
	for _, r := range name + ending {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	}
	if !ok {
		return lectern.Fail(lectern.CodeInternal, "%.80q is not a valid key of the cache.", key)
	}
	return nil
}
