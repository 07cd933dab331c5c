package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// observer polls one presentation as a web client does and records every violation of the job contract that it sees. It
// goes on while the server does not run.
type observer struct {
	path   string
	seen   int // answers
	last   view
	faults []string
}

func (o *observer) watch(ctx context.Context, s *server) {
	poll(ctx, 50*time.Millisecond, func() bool {
		v, err := s.get(o.path)
		if err != nil {
			return false // the server does not run; after its start it must answer from where it was
		}
		o.note(v)
		return v.ended()
	})
}

func (o *observer) note(v view) {
	fault := func(format string, args ...any) {
		o.faults = append(o.faults, fmt.Sprintf("%s, answer %d: ", o.path, o.seen)+fmt.Sprintf(format, args...))
	}
	if o.seen > 0 {
		if v.Progress < o.last.Progress {
			fault("J3: progress fell from %v to %v", o.last.Progress, v.Progress)
		}
		if v.Version < o.last.Version {
			fault("J5: version fell from %d to %d", o.last.Version, v.Version)
		}
		if v.Version == o.last.Version && v.Version != 0 && (v.Status != o.last.Status || v.Progress != o.last.Progress) {
			fault("J5: version %d was seen as %s %v and as %s %v", v.Version, o.last.Status, o.last.Progress, v.Status,
				v.Progress)
		}
		if v.Attempt < o.last.Attempt {
			fault("J7: attempt fell from %d to %d", o.last.Attempt, v.Attempt)
		}
		if o.last.ended() && v.Status != o.last.Status {
			fault("J2: %s became %s", o.last.Status, v.Status)
		}
	}
	if (v.Progress == 100) != (v.Status == "completed") {
		fault("J3: progress %v while %s", v.Progress, v.Status)
	}
	o.last, o.seen = v, o.seen+1
}

// observe starts n pollers of each presentation, on both interfaces in turn. It returns a function that waits for their
// end and reports the faults that they saw.
func observe(ctx context.Context, s *server, n int, ids ...string) (finish func()) {
	var wg sync.WaitGroup
	var all []*observer
	for _, id := range ids {
		for i := range n {
			o := &observer{path: "/v1/presentations/" + id}
			if i%2 == 1 {
				o.path = "/api/custom/presentations/" + id
			}
			all = append(all, o)
			wg.Go(func() { o.watch(ctx, s) })
		}
	}
	return func() {
		s.t.Helper()
		wg.Wait()
		for _, o := range all {
			for _, f := range o.faults {
				s.t.Error(f)
			}
			if !o.last.ended() {
				s.t.Errorf("%s: the last of %d answers was %+v", o.path, o.seen, o.last)
			}
		}
	}
}

// streamed is one event of a server-sent stream.
type streamed struct {
	id   int64
	view view
}

// stream reads the events of a presentation to the terminal one, and begins after the given version where it is not 0.
func stream(ctx context.Context, t *testing.T, s *server, id string, after int64) []streamed {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", s.url("/v1/presentations/"+id+"/events"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		req.Header.Set("Last-Event-ID", fmt.Sprint(after))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all []streamed
	var cur streamed
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch key {
		case "id":
			if _, err := fmt.Sscan(value, &cur.id); err != nil {
				t.Fatalf("event id %q: %v", value, err)
			}
		case "data":
			if err := json.Unmarshal([]byte(value), &cur.view); err != nil {
				t.Fatalf("event data %q: %v", value, err)
			}
			all = append(all, cur)
			if cur.view.ended() {
				return all
			}
		}
	}
	return all
}

// checkStream checks J3 and J5 for the events of a stream.
func checkStream(t *testing.T, events []streamed) {
	t.Helper()
	checkHistory(t, events)
	for i := 1; i < len(events); i++ {
		if events[i].id != events[i-1].id+1 {
			t.Errorf("J5: event %d follows event %d", events[i].id, events[i-1].id)
		}
	}
}

// checkHistory is checkStream for a history that was thinned, where versions may be missing.
func checkHistory(t *testing.T, events []streamed) {
	t.Helper()
	for i, e := range events {
		if e.id != e.view.Version {
			t.Errorf("J5: event id %d carries version %d", e.id, e.view.Version)
		}
		if i == 0 {
			continue
		}
		prev := events[i-1]
		if e.id <= prev.id {
			t.Errorf("J5: event %d follows event %d", e.id, prev.id)
		}
		if e.view.Progress < prev.view.Progress {
			t.Errorf("J3: event %d has progress %v after %v", e.id, e.view.Progress, prev.view.Progress)
		}
	}
}
