package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"lectern"
	"lectern/bench/renders"
)

// many is the number of presentations that a server gets at once.
const many = 8

// crowd is the result for presentations that a server gets at once.
type crowd struct {
	Count     int        `json:"count"`
	InTurn    float64    `json:"inTurnSeconds"` // one after the other
	AtOnce    float64    `json:"atOnceSeconds"`
	Followers []follower `json:"followers"` // watchers of those that were submitted at once
}

// follower is the progress bar of one presentation as its watcher sees it.
type follower struct {
	First   float64 `json:"first"`   // when the bar began to move, as a share of the time from submission to end
	Still   float64 `json:"still"`   // the longest pause of the bar after that, as the same share
	Changes int     `json:"changes"` // of the bar
}

// crowded renders n different talks with a presenter through two fresh servers: one after the other, and all at once.
func crowded(ctx context.Context, binary, dir string, n int) (*crowd, error) {
	c := &crowd{Count: n, Followers: make([]follower, n)}
	for _, atOnce := range []bool{false, true} {
		server, err := startServer(ctx, binary, filepath.Join(dir, fmt.Sprint("at once ", atOnce)))
		if err != nil {
			return nil, err
		}
		took, err := c.submit(ctx, server, atOnce)
		server.stop()
		if err != nil {
			return nil, err
		}
		if atOnce {
			c.AtOnce = took.Seconds()
		} else {
			c.InTurn = took.Seconds()
		}
	}
	return c, nil
}

// submit submits all presentations and returns the time until the last one is complete.
func (c *crowd) submit(ctx context.Context, server *serving, atOnce bool) (time.Duration, error) {
	began := time.Now()
	errs := make([]error, c.Count)
	var all sync.WaitGroup
	for i := range c.Count {
		one := func() { c.Followers[i], errs[i] = follow(ctx, server, i) }
		if atOnce {
			all.Go(one)
		} else {
			one()
		}
	}
	all.Wait()
	return time.Since(began), errors.Join(errs...)
}

// follow submits the talk number i and watches it to its end.
func follow(ctx context.Context, server *serving, i int) (follower, error) {
	shape := renders.Shape{Slides: 3, Seconds: 20, Size: lectern.Size{Width: 1920, Height: 1080}, Rate: 30}
	deck, err := renders.Deck(renders.Avatar, shape, 0)
	if err != nil {
		return follower{}, err
	}
	// No talk shares a step with another.
	deck = bytes.ReplaceAll(deck, []byte(`"narration": "`), fmt.Appendf(nil, `"narration": "Talk %d. `, i+1))
	deck = bytes.ReplaceAll(deck, []byte(`"title": "`), fmt.Appendf(nil, `"title": "%d. `, i+1))
	began := time.Now()
	p, err := server.Create(ctx, deck)
	if err != nil {
		return follower{}, err
	}
	var f follower
	var first, last, still time.Duration
	for v, err := range server.Watch(ctx, p.ID, 0) {
		if err != nil {
			return f, err
		}
		if v.Progress > p.Progress {
			at := time.Since(began)
			if f.Changes++; f.Changes == 1 {
				first = at
			} else {
				still = max(still, at-last)
			}
			last = at
		}
		p = v
	}
	if p.Status != lectern.StatusCompleted {
		return f, fmt.Errorf("talk %d ended as %s: %v", i+1, p.Status, p.Error)
	}
	whole := time.Since(began).Seconds()
	f.First, f.Still = first.Seconds()/whole, still.Seconds()/whole
	return f, nil
}

func (c *crowd) markdown(b *strings.Builder) {
	var first, still float64
	fewest := c.Followers[0].Changes
	for _, f := range c.Followers {
		first, still, fewest = max(first, f.First), max(still, f.Still), min(fewest, f.Changes)
	}
	fmt.Fprintf(b, `
## %d presentations at once

Different talks of 20 s in three slides with a presenter, without a cache, by a server with its default settings: each
submitted after the end of the previous one, and all submitted at once.

| what | aim | figure |
| --- | --- | ---: |
| one after the other | – | %.1f s |
| all at once | – | %.1f s |
| **at once : one after the other** | at most 1.1 | %.2f |
| latest first move of a progress bar, as a share of the time from submission to end | – | %.0f %% |
| longest pause of a progress bar after that, as the same share | – | %.0f %% |
| changes of the progress bar that changed least | – | %d |
`, c.Count, c.InTurn, c.AtOnce, c.AtOnce/c.InTurn, 100*first, 100*still, fewest)
}
