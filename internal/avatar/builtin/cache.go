package builtin

import (
	"container/list"
	"sync"
)

// cache keeps drawn pictures up to a number of bytes and removes the least recently used first. It is safe for
// concurrent use. Drawing happens outside its lock: the first caller draws, and other callers of the same key wait.
type cache struct {
	mu    sync.Mutex
	limit int
	size  int
	order *list.List // of *entry, the latest used first
	byKey map[any]*list.Element
}

type entry struct {
	key   any
	ready chan struct{} // closed once value is set
	value sized
	bytes int // 0 while it is being drawn
}

// sized is a cached value that knows its size in memory.
type sized interface{ Bytes() int }

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), byKey: map[any]*list.Element{}}
}

// get returns the value for key and draws it if the cache lacks it. draw must not panic and must not use the cache for
// the same key.
func (c *cache) get(key any, draw func() sized) sized {
	c.mu.Lock()
	if el, ok := c.byKey[key]; ok {
		c.order.MoveToFront(el)
		e := el.Value.(*entry)
		c.mu.Unlock()
		<-e.ready
		return e.value
	}
	e := &entry{key: key, ready: make(chan struct{})}
	el := c.order.PushFront(e)
	c.byKey[key] = el
	c.mu.Unlock()

	e.value = draw()
	close(e.ready)

	c.mu.Lock()
	defer c.mu.Unlock()
	e.bytes = e.value.Bytes() + 128
	c.size += e.bytes
	for el := c.order.Back(); el != nil && c.size > c.limit; {
		prev := el.Prev()
		// Entries that are still being drawn have no size yet and stay. The newest entry stays too.
		if old := el.Value.(*entry); old.bytes > 0 && old != e {
			c.order.Remove(el)
			delete(c.byKey, old.key)
			c.size -= old.bytes
		}
		el = prev
	}
	return e.value
}

// bytes returns the size of all values in the cache.
func (c *cache) bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}
