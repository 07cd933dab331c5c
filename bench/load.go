package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lectern"
	"lectern/internal/avatar"
	"lectern/internal/avatar/builtin"
	"lectern/internal/deck/all"
	"lectern/internal/httpapi"
	"lectern/internal/job"
	"lectern/internal/slides"
	"lectern/internal/tts"
)

const (
	hot        = 20                     // presentations that run and are watched
	stuck      = 20                     // streams that are opened and never read
	changeGap  = 500 * time.Millisecond // between two changes of a hot presentation
	statusGets = 500                    // status reads for one figure
)

// load is the result of a server under load.
type load struct {
	Rate      int      `json:"createsPerSecond"`
	Seconds   float64  `json:"seconds"`
	Created   int      `json:"created"`
	Refused   int      `json:"refused"`
	Create    quantile `json:"createMillis"` // from the time at which the request was due
	Watchers  int      `json:"watchers"`
	Dropped   int      `json:"droppedWatchers"`
	Seen      int      `json:"changesSeen"`
	Repeats   int      `json:"versionsThatDidNotRise"`
	Gaps      int      `json:"versionsMissed"`
	Change    quantile `json:"changeMillis"` // from the run's report to the watcher's event
	ReadEmpty quantile `json:"readMillisEmpty"`
	ReadFull  quantile `json:"readMillisFull"`
}

type quantile struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func quantiles(all []time.Duration) quantile {
	if len(all) == 0 {
		return quantile{}
	}
	slices.Sort(all)
	at := func(share float64) float64 {
		return float64(all[int(share*float64(len(all)-1))].Microseconds()) / 1000
	}
	return quantile{P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// credulous accepts any deck without checks, because the cost of checks is not measured.
type credulous struct{}

// Check implements httpapi.Checker.
func (credulous) Check(_ context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	return d, nil, nil
}

// serve serves the real HTTP interface of b on a real socket.
func serve(b *bed) (base string, stop func() error, err error) {
	library, err := slides.New()
	if err != nil {
		return "", nil, err
	}
	h := httpapi.New(httpapi.Options{
		Jobs: b.svc, Decks: all.Parsers(), Check: credulous{}, Slides: library, Voices: tts.NewCatalogue(),
		Avatars: avatar.New("", builtin.New()), Log: slog.New(slog.DiscardHandler), WriteTimeout: 2 * time.Second,
		Open: func(context.Context, string) (io.ReadSeekCloser, error) { return nil, os.ErrNotExist },
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }()
	return "http://" + l.Addr().String(), srv.Close, nil
}

// underLoad measures creates at a steady rate while many streams are open. The clients are in this process, so unlike
// in practice they share the machine with the server.
func underLoad(ctx context.Context, dir string, rate int, span time.Duration, streams int) (*load, error) {
	b, err := newBed(ctx, dir, func(o *job.Options) { o.Workers = hot })
	if err != nil {
		return nil, err
	}
	base, stop, err := serve(b)
	if err != nil {
		return nil, err
	}
	reps, ids, err := b.begin(ctx, hot)
	if err != nil {
		return nil, err
	}
	out := &load{Rate: rate, Seconds: span.Seconds(), Watchers: streams}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512}}
	if out.ReadEmpty, err = reads(ctx, client, base, ids); err != nil {
		return nil, err
	}
	w, err := watchAll(ctx, base, ids, streams)
	if err != nil {
		return nil, err
	}
	news, quiet := context.WithCancel(ctx)
	var talk sync.WaitGroup
	for _, r := range reps {
		talk.Go(func() { keepTalking(news, r) })
	}
	out.creates(ctx, client, base, rate, span)
	quiet()
	talk.Wait()
	if out.ReadFull, err = reads(ctx, client, base, ids); err != nil {
		return nil, err
	}
	w.finish(out)
	return out, errors.Join(stop(), b.close(ctx))
}

// keepTalking repeatedly reports a change that contains the time.
func keepTalking(ctx context.Context, r lectern.Reporter) {
	t := time.NewTicker(changeGap)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-t.C:
			r.Report(lectern.Reported{Stage: lectern.StageEncoding, Message: fmt.Sprintf("sent %d.", at.UnixNano())})
		}
	}
}

const body = `{"title":"A talk","slides":[{"template":"content","title":"Hello","narration":"Hello."}]}`

// creates sends a request whenever one is due, without waiting for earlier responses.
func (l *load) creates(ctx context.Context, client *http.Client, base string, rate int, span time.Duration) {
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		took    []time.Duration
		refused atomic.Int64
	)
	start, gap := time.Now(), time.Second/time.Duration(rate)
	for i := range int(span / gap) {
		due := start.Add(time.Duration(i) * gap)
		if wait := time.Until(due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
		}
		wg.Go(func() {
			res, err := client.Post(base+"/v1/presentations", "application/json", strings.NewReader(body))
			if err != nil {
				refused.Add(1)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode/100 != 2 {
				refused.Add(1)
				return
			}
			mu.Lock()
			took = append(took, time.Since(due))
			mu.Unlock()
		})
	}
	wg.Wait()
	l.Created, l.Refused, l.Create = len(took), int(refused.Load()), quantiles(took)
}

// reads reads statuses, one request after another.
func reads(ctx context.Context, client *http.Client, base string, ids []string) (quantile, error) {
	var took []time.Duration
	for i := range statusGets {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/v1/presentations/"+ids[i%len(ids)], nil)
		if err != nil {
			return quantile{}, err
		}
		start := time.Now()
		res, err := client.Do(req)
		if err != nil {
			return quantile{}, err
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return quantile{}, fmt.Errorf("a status read gave %s", res.Status)
		}
		took = append(took, time.Since(start))
	}
	return quantiles(took), nil
}

// watchers are the open streams.
type watchers struct {
	wg   sync.WaitGroup
	quit context.CancelFunc
	idle []net.Conn

	mu      sync.Mutex
	delays  []time.Duration
	repeats int
	gaps    int
	dropped int
}

// watchAll opens the streams, and some more that are never read, and returns when all are open.
func watchAll(ctx context.Context, base string, ids []string, n int) (*watchers, error) {
	c, quit := context.WithCancel(ctx)
	w := &watchers{quit: quit}
	client := &http.Client{Transport: &http.Transport{}}
	open := make(chan error, n)
	for i := range n {
		w.wg.Go(func() { w.watch(c, client, base+"/v1/presentations/"+ids[i%len(ids)]+"/events", open) })
		if i%100 == 99 { // the backlog of a socket is short
			for range 100 {
				if err := <-open; err != nil {
					quit()
					return nil, err
				}
			}
		}
	}
	for i := range stuck {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			quit()
			return nil, err
		}
		if err := conn.(*net.TCPConn).SetReadBuffer(1); err != nil {
			quit()
			return nil, err
		}
		fmt.Fprintf(conn, "GET /v1/presentations/%s/events HTTP/1.1\r\nHost: localhost\r\n\r\n", ids[i%len(ids)])
		w.idle = append(w.idle, conn)
	}
	return w, nil
}

// watch reads one stream to its end, and counts the versions that do not rise and those that are missing.
func (w *watchers) watch(ctx context.Context, client *http.Client, url string, open chan<- error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		open <- err
		return
	}
	res, err := client.Do(req)
	open <- err
	if err != nil {
		return
	}
	defer res.Body.Close()
	var (
		delays        []time.Duration
		repeats, gaps int
		last          int64
	)
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		line := lines.Bytes()
		if id, ok := bytes.CutPrefix(line, []byte("id: ")); ok {
			v, _ := strconv.ParseInt(string(id), 10, 64)
			switch {
			case v <= last:
				repeats++
			case last > 0 && v > last+1:
				gaps++
			}
			last = v
		}
		if _, sent, ok := bytes.Cut(line, []byte(`"sent `)); ok {
			nanos, _, _ := bytes.Cut(sent, []byte("."))
			if n, err := strconv.ParseInt(string(nanos), 10, 64); err == nil {
				delays = append(delays, time.Since(time.Unix(0, n)))
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delays, w.repeats, w.gaps = append(w.delays, delays...), w.repeats+repeats, w.gaps+gaps
	if ctx.Err() == nil {
		w.dropped++
	}
}

func (w *watchers) finish(l *load) {
	<-time.After(time.Second) // the last changes are on their way
	w.quit()
	w.wg.Wait()
	for _, c := range w.idle {
		_ = c.Close()
	}
	l.Seen, l.Repeats, l.Gaps, l.Dropped, l.Change = len(w.delays), w.repeats, w.gaps, w.dropped, quantiles(w.delays)
}
