package httpapi_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck/all"
	"lectern/internal/httpapi"
	"lectern/internal/keys"
	"lectern/internal/keys/keystest"
)

// jobs is a job service in memory that follows the contract: it uses the real state machine, keeps every version, and a
// watch yields each of them once, in order, up to the terminal one.
type jobs struct {
	mu    sync.Mutex
	now   time.Time
	next  int
	all   []*record
	news  chan struct{} // closed and replaced at every change
	full  bool          // Submit answers CodeOverloaded
	blind error         // the error of Usage
	watch int           // number of running watches
	moved chan struct{} // closed and replaced when watch or anything else changes
	keys  map[string]heldKey
}

type record struct {
	deck      lectern.Deck
	callback  string
	history   []lectern.Presentation // by version; a silent change replaces the last one
	artifacts []lectern.Artifact
	steps     []lectern.Step
	report    []lectern.SlideReport
	password  string
	deleted   bool
}

func (r *record) last() lectern.Presentation { return r.history[len(r.history)-1] }

func newJobs() *jobs {
	return &jobs{now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), news: make(chan struct{}), moved: make(chan struct{}),
		keys: map[string]heldKey{}}
}

func (j *jobs) tick() time.Time {
	j.now = j.now.Add(1500 * time.Millisecond)
	return j.now
}

func (j *jobs) announce() {
	close(j.news)
	j.news = make(chan struct{})
	j.move()
}

func (j *jobs) move() {
	close(j.moved)
	j.moved = make(chan struct{})
}

func (j *jobs) find(id string) (*record, error) {
	for _, r := range j.all {
		if r.last().ID == id && !r.deleted {
			return r, nil
		}
	}
	return nil, lectern.Fail(lectern.CodeNotFound, "There is no presentation %.64q.", id)
}

func (j *jobs) Submit(_ context.Context, sub lectern.Submission) (lectern.Presentation, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.full {
		f := lectern.Fail(lectern.CodeOverloaded, "The queue is full.")
		f.Retryable = true
		return lectern.Presentation{}, f
	}
	if err := j.judge(lectern.Account{KeyID: sub.KeyID, Quota: sub.Quota}, sub.Deck); err != nil {
		return lectern.Presentation{}, err
	}
	j.next++
	p := lectern.NewPresentation(fmt.Sprintf("00000000-0000-4000-8000-%012d", j.next), sub.Deck, j.tick())
	p.Warnings, p.CallbackURL, p.TraceParent = slices.Clone(sub.Warnings), sub.CallbackURL, sub.TraceParent
	p.Owner, p.KeyID = cmp.Or(sub.Owner, lectern.DefaultOwner), sub.KeyID
	if sub.Key != "" {
		sub.Key = p.Owner + " " + sub.Key
		if first, ok, err := j.completed(sub.Key, sub.Fingerprint); ok || err != nil {
			return first, err
		}
		j.keys[sub.Key] = heldKey{sub.Fingerprint, p.ID}
	}
	j.all = append(j.all, &record{deck: sub.Deck, report: sub.Report, password: sub.Password, callback: p.CallbackURL,
		history: []lectern.Presentation{p}})
	j.announce()
	return p, nil
}

func (j *jobs) Usage(_ context.Context, keyID string) (lectern.Usage, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.usage(keyID), j.blind
}

func (j *jobs) usage(keyID string) (u lectern.Usage) {
	for _, r := range j.all {
		p := r.last()
		if p.KeyID != keyID {
			continue
		}
		switch p.Status {
		case lectern.StatusQueued:
			u.Queued++
		case lectern.StatusProcessing:
			u.Running++
		}
		long, _ := r.deck.Estimate()
		u.Ordered += long
		if frees := p.CreatedAt.Add(lectern.UsageWindow); u.FreesAt.IsZero() || frees.Before(u.FreesAt) {
			u.FreesAt = frees
		}
	}
	return u
}

func (j *jobs) Get(_ context.Context, id string) (lectern.Presentation, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, err := j.find(id)
	if err != nil {
		return lectern.Presentation{}, err
	}
	return r.last(), nil
}

func (j *jobs) List(_ context.Context, q lectern.Query) ([]lectern.Presentation, string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if q.Limit < 1 || q.Limit > 200 {
		return nil, "", lectern.Fail(lectern.CodeInternal, "The limit %d is out of bounds.", q.Limit)
	}
	var page []lectern.Presentation
	past := q.Cursor == ""
	for _, r := range slices.Backward(j.all) {
		p := r.last()
		switch {
		case !past && p.ID == q.Cursor: // a cursor outlives its presentation
			past = true
		case !past || r.deleted || q.Owner != "" && p.Owner != q.Owner || !meets(p, q):
		case len(page) == q.Limit:
			return page, page[len(page)-1].ID, nil
		default:
			page = append(page, p)
		}
	}
	if !past {
		return nil, "", lectern.Fail(lectern.CodeInvalidDeck, "The cursor %q is not one of ours.", q.Cursor)
	}
	return page, "", nil
}

// meets reports whether p meets the filters of q.
func meets(p lectern.Presentation, q lectern.Query) bool {
	for k, v := range q.Metadata {
		if held, ok := p.Metadata[k]; !ok || held != v {
			return false
		}
	}
	return (len(q.Statuses) == 0 || slices.Contains(q.Statuses, p.Status)) &&
		(q.CreatedAfter.IsZero() || p.CreatedAt.After(q.CreatedAfter)) &&
		(q.CreatedBefore.IsZero() || p.CreatedAt.Before(q.CreatedBefore))
}

func (j *jobs) Watch(ctx context.Context, id string, after int64) iter.Seq2[lectern.Presentation, error] {
	return func(yield func(lectern.Presentation, error) bool) {
		j.mu.Lock()
		j.watch++
		j.move()
		j.mu.Unlock()
		defer func() {
			j.mu.Lock()
			j.watch--
			j.move()
			j.mu.Unlock()
		}()
		for {
			j.mu.Lock()
			r, err := j.find(id)
			var ready []lectern.Presentation
			if err == nil {
				for _, p := range r.history {
					if p.Version > after {
						ready = append(ready, p)
					}
				}
			}
			ended := err == nil && r.last().Status.Terminal()
			news := j.news
			j.mu.Unlock()
			if err != nil {
				yield(lectern.Presentation{}, err)
				return
			}
			for _, p := range ready {
				if !yield(p, nil) {
					return
				}
				after = p.Version
			}
			if ended {
				return
			}
			select {
			case <-news:
			case <-ctx.Done():
				yield(lectern.Presentation{}, ctx.Err())
				return
			}
		}
	}
}

func (j *jobs) apply(id string, e lectern.Event) (lectern.Presentation, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, err := j.find(id)
	if err != nil {
		return lectern.Presentation{}, err
	}
	p, change, err := r.last().Apply(e, j.tick())
	if err != nil {
		return p, err
	}
	switch change {
	case lectern.Visible:
		r.history = append(r.history, p)
		j.announce()
	case lectern.Silent:
		r.history[len(r.history)-1] = p
	}
	return p, nil
}

func (j *jobs) Cancel(_ context.Context, id string) (lectern.Presentation, error) {
	return j.apply(id, lectern.CancelAsked{})
}

func (j *jobs) Delete(_ context.Context, id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, err := j.find(id)
	if err != nil {
		return err
	}
	r.deleted = true
	j.announce()
	return nil
}

func (j *jobs) Artifacts(_ context.Context, id string) ([]lectern.Artifact, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, err := j.find(id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(r.artifacts), nil
}

func (j *jobs) Steps(_ context.Context, id string) ([]lectern.Step, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, err := j.find(id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(r.steps), nil
}

func (j *jobs) Report(_ context.Context, id string) ([]lectern.SlideReport, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, err := j.find(id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(r.report), nil
}

// begin starts the processing of the presentation.
func (j *jobs) begin(t testing.TB, id string) {
	t.Helper()
	must(t, j.apply)(id, lectern.Began{Worker: "w"})
}

func (j *jobs) report(t testing.TB, id string, attempt int, percent float64, stage string) {
	t.Helper()
	must(t, j.apply)(id, lectern.Reported{Attempt: attempt, Progress: lectern.ProgressOf(percent / 100), Stage: stage})
}

// finish completes the presentation with its files.
func (j *jobs) finish(t testing.TB, id string, attempt int) {
	t.Helper()
	j.mu.Lock()
	r, err := j.find(id)
	if err != nil {
		j.mu.Unlock()
		t.Fatal(err)
	}
	kinds := []lectern.Artifact{
		{Kind: lectern.ArtifactVideo, ContentType: "video/mp4"}, {Kind: lectern.ArtifactThumbnail, ContentType: "image/jpeg"},
		{Kind: lectern.ArtifactCaptions, ContentType: "application/x-subrip; charset=utf-8"},
		{Kind: lectern.ArtifactCaptionVTT, ContentType: "text/vtt; charset=utf-8"},
		{Kind: lectern.ArtifactChapters, ContentType: "text/vtt; charset=utf-8"}, {Kind: lectern.ArtifactTranscript},
		{Kind: lectern.ArtifactAudio, ContentType: "audio/mp4"},
		{Kind: lectern.ArtifactManifest, ContentType: "application/json"},
	}
	for n := range r.deck.Slides {
		kinds = append(kinds, lectern.Artifact{Kind: lectern.ArtifactSlideImage, Slide: n + 1, ContentType: "image/png"})
	}
	for i := range kinds {
		kinds[i].Key = fmt.Sprintf("%s/%d/%s-%d", id, attempt, kinds[i].Kind, kinds[i].Slide)
		kinds[i].SHA256 = strings.Repeat("ab", 32)
		kinds[i].Size = int64(len(content(kinds[i].Key)))
	}
	kinds[0].Duration = 83*time.Second + 400*time.Millisecond
	r.artifacts = kinds
	j.mu.Unlock()
	must(t, j.apply)(id, lectern.Completed{Attempt: attempt, Files: kinds})
}

func (j *jobs) fail(t testing.TB, id string, attempt int, f lectern.Failure) {
	t.Helper()
	must(t, j.apply)(id, lectern.Broke{Attempt: attempt, Failure: f})
}

func must(t testing.TB, apply func(string, lectern.Event) (lectern.Presentation, error)) func(string, lectern.Event) {
	return func(id string, e lectern.Event) {
		t.Helper()
		if _, err := apply(id, e); err != nil {
			t.Fatalf("%T: %v", e, err)
		}
	}
}

// content returns what the blob store has under a key. It is long enough for tests of ranges.
func content(key string) []byte {
	return bytes.Repeat([]byte(key+"\n"), 200)
}

type blobFile struct{ *bytes.Reader }

func (blobFile) Close() error { return nil }

func openBlob(_ context.Context, key string) (io.ReadSeekCloser, error) {
	return blobFile{bytes.NewReader(content(key))}, nil
}

// logLines collects what is logged, one text line each.
type logLines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// audience is an Observer that counts watchers.
type audience struct {
	mu      sync.Mutex
	now     map[string]int
	most    map[string]int
	dropped int
	lost    chan struct{} // has a token for each dropped stream
}

func newAudience() *audience {
	return &audience{now: map[string]int{}, most: map[string]int{}, lost: make(chan struct{}, 10)}
}

func (a *audience) Answered(context.Context, string, string, int, time.Duration) {}

func (a *audience) Watching(kind string, change int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now[kind] += change
	a.most[kind] = max(a.most[kind], a.now[kind])
}

func (a *audience) Dropped() {
	a.mu.Lock()
	a.dropped++
	a.mu.Unlock()
	a.lost <- struct{}{}
}

// counts returns the highest number of watchers of a kind at once, their number now, and the number of dropped streams.
func (a *audience) counts(kind string) (most, now, dropped int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.most[kind], a.now[kind], a.dropped
}

// rig is a server on fakes.
type rig struct {
	*httptest.Server
	t    testing.TB
	jobs *jobs
	log  *logLines
	keys *keystest.Fake
	ring *keys.Ring
}

func newRig(t testing.TB, edit ...func(*httpapi.Options)) *rig {
	t.Helper()
	h, r := offline(t, edit...)
	r.Server = httptest.NewServer(h)
	t.Cleanup(r.Close)
	return r
}

// offline is newRig without a network, for use in a bubble of testing/synctest.
func offline(t testing.TB, edit ...func(*httpapi.Options)) (http.Handler, *rig) {
	t.Helper()
	r := &rig{t: t, jobs: newJobs(), log: &logLines{}, keys: &keystest.Fake{}}
	r.ring = keys.New(keys.Options{Store: r.keys})
	o := httpapi.Options{
		Jobs: r.jobs, Decks: all.Parsers(), Check: checker{}, Slides: slides{}, Browser: browser{}, Pictures: pictures{},
		Assets: newLazyAssets(t), Callbacks: callbacks{}, Voices: voices{}, Avatars: avatars{}, Open: openBlob,
		Version: "test", Log: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	o.Webhooks, o.Keys, o.Schema = newHooks(t), r.ring, []byte(`{"type":"object"}`)
	for _, e := range edit {
		e(&o)
	}
	return httpapi.New(o), r
}

// answer is a response whose body was read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (r *rig) do(method, path, body string, headers ...string) answer {
	r.t.Helper()
	req, err := http.NewRequest(method, r.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	req.Host = req.Header.Get("Host") // "": that of the URL
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		r.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func (r *rig) get(path string, headers ...string) answer {
	r.t.Helper()
	return r.do("GET", path, "", headers...)
}
func (r *rig) post(path, body string, headers ...string) answer {
	r.t.Helper()
	return r.do("POST", path, body, append([]string{"Content-Type", "application/json"}, headers...)...)
}
