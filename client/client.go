// Package client talks to a Lectern server over /v1.
//
// It uses the types of the root package: presentations are lectern.Presentation, failures *lectern.Failure (inside an
// *Error with the status and the request's id). So the code of a program is the same whether the work is done in its
// own process or on another machine. Watching survives broken connections and restarts of the server; downloads
// continue where they broke off. A presentation is created once, however often the request is sent: the request has an
// Idempotency-Key. An upload of an asset is sent again too: the same content is the same asset. No other request that
// may have changed something is sent again. If the server is busy (429, 503), the client waits as long as the server
// asks and sends a repeatable request again, a few times and within its patience.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/internal/retry"
)

// CodeUnreachable is the code of a failure to reach the server at all.
const CodeUnreachable lectern.Code = "server_unreachable"

// Client talks to one server. It is safe for concurrent use.
type Client struct {
	base     string
	http     *http.Client
	patience time.Duration
	idle     time.Duration
	pause    func(ctx context.Context, attempt int) error
	notice   func(wait time.Duration, why error)
	key      string // "": none
}

// Option changes a client.
type Option func(*Client)

// WithHTTPClient sets the client that sends requests. It should have no timeout: streams last as long as a render.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// WithAPIKey sends an API key with every request; "" sends none. A redirect to another domain does not get the key; a
// redirect to a subdomain of the server's does, as net/http defines.
func WithAPIKey(key string) Option { return func(c *Client) { c.key = key } }

// WithPatience sets how long a watch or a download tries to reach a server that does not answer, and how long a request
// waits for a busy server; the default is 2 minutes.
func WithPatience(d time.Duration) Option { return func(c *Client) { c.patience = d } }

// WithNotice sets a function that is called before each wait that the server asks for, with its length and reason. It
// is not called for the waits of watches and downloads.
func WithNotice(n func(wait time.Duration, why error)) Option {
	return func(c *Client) { c.notice = n }
}

// WithPause sets the wait after a failed attempt, counted from 1, if the server asks for none. By default the bound of
// the wait doubles from 0.4 to 5 seconds, and the wait is drawn from 0 up to it.
func WithPause(p func(ctx context.Context, attempt int) error) Option {
	return func(c *Client) { c.pause = p }
}

// New makes a client for the server at an address such as "http://localhost:8000". It does not use the network.
func New(server string, options ...Option) (*Client, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, lectern.Fail(lectern.CodeInvalidRequest,
			"The server's address must be like http://localhost:8000, not %q.", server)
	}
	c := &Client{
		base: strings.TrimSuffix(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), http: &http.Client{}, patience: 2 * time.Minute,
		idle: 45 * time.Second, notice: func(time.Duration, error) {},
	}
	for _, o := range options {
		o(c)
	}
	return c, nil
}

// Error is a failure that the server reported, or the reason why it could not be reached.
type Error struct {
	Status     int           // 0: the server was not reached
	RequestID  string        // names the request in the server's log
	RetryAfter time.Duration // the wait before another try that the server asks for; 0: none
	Failure    *lectern.Failure
}

// Error is the sentence for the user.
func (e *Error) Error() string { return e.Failure.Error() }

// Unwrap returns the failure.
func (e *Error) Unwrap() error { return e.Failure }

// problem is a failure as the server writes it.
type problem struct {
	Detail    string       `json:"detail"`
	Code      lectern.Code `json:"code"`
	Param     string       `json:"param"`
	Slide     int          `json:"slide"`
	Retryable bool         `json:"retryable"`
	Cause     string       `json:"cause"`
	RequestID string       `json:"request_id"`
	Errors    []struct {
		Code    lectern.Code `json:"code"`
		Message string       `json:"message"`
		Param   string       `json:"param"`
		Slide   int          `json:"slide"`
		Line    int          `json:"line"`
		Column  int          `json:"column"`
	} `json:"errors"`
}

// do sends a request and returns the answer if its status is a success; the caller closes the body.
func (c *Client) do(ctx context.Context, method, path string, body []byte, header http.Header) (*http.Response, error) {
	if body == nil {
		return c.send(ctx, method, path, nil, 0, header)
	}
	if header.Get("Content-Type") == "" {
		header = header.Clone()
		if header == nil {
			header = http.Header{}
		}
		header.Set("Content-Type", "application/json")
	}
	return c.send(ctx, method, path, bytes.NewReader(body), int64(len(body)), header)
}

// send is do with a body of size bytes; nil: none.
func (c *Client) send(ctx context.Context, method, path string, body io.Reader, size int64,
	header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if req.ContentLength = size; body != nil && size == 0 {
		req.Body = http.NoBody
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f := lectern.Fail(CodeUnreachable, "No Lectern server answers at %s. Start one with \"lectern serve\", or name "+
			"another.", c.base).Because(err)
		f.Retryable = true
		return nil, &Error{Failure: f}
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	return nil, refusal(res)
}

// refusal reads why the server refused.
func refusal(res *http.Response) error {
	e := &Error{
		Status: res.StatusCode, RequestID: res.Header.Get("X-Request-Id"), RetryAfter: retry.After(res.Header, time.Now()),
	}
	b, _ := io.ReadAll(io.LimitReader(res.Body, 4<<20)) // an incomplete body is used as far as it arrived
	var p problem
	if err := json.Unmarshal(b, &p); err != nil || p.Code == "" {
		e.Failure = lectern.Fail(lectern.CodeInternal, "The server answered %s, but not as a Lectern server does. Check "+
			"its address.",
			res.Status)
		e.Failure.Detail = strings.TrimSpace(string(b[:min(len(b), 500)]))
		return e
	}
	e.Failure = &lectern.Failure{Code: p.Code, Message: p.Detail, Param: p.Param, Slide: p.Slide, Retryable: p.Retryable,
		Detail: p.Cause}
	if p.Slide > 0 { // the sentence begins with the slide already
		e.Failure.Message = strings.TrimPrefix(p.Detail, fmt.Sprintf("slide %d: ", p.Slide))
	}
	for i, f := range p.Errors {
		if i > 0 { // the first one is the failure itself
			e.Failure.Causes = append(e.Failure.Causes, lectern.Failure{Code: f.Code, Message: f.Message, Param: f.Param,
				Slide: f.Slide, Line: f.Line, Column: f.Column})
			continue
		}
		e.Failure.Line, e.Failure.Column = f.Line, f.Column
	}
	return e
}

// ask sends a request and decodes the answer into v, unless that is nil.
func (c *Client) ask(ctx context.Context, method, path string, body []byte, v any) error {
	worth := never
	if method == http.MethodGet {
		worth = turnedAway
	}
	_, err := c.repeat(ctx, worth, func() (http.Header, error) { return c.once(ctx, method, path, body, nil, v) })
	return err
}

// once is ask with the headers of request and answer. It sends the request only once.
func (c *Client) once(ctx context.Context, method, path string, body []byte, header http.Header,
	v any) (http.Header, error) {
	res, err := c.do(ctx, method, path, body, header)
	if err != nil {
		return nil, err
	}
	return res.Header, read(ctx, res, v)
}

// read decodes an answer into v, unless that is nil, and closes it.
func read(ctx context.Context, res *http.Response, v any) error {
	defer res.Body.Close()
	if v == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 256<<20)).Decode(v); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Error{Status: res.StatusCode, RequestID: res.Header.Get("X-Request-Id"),
			Failure: lectern.Fail(lectern.CodeInternal, "The server's answer could not be read.").Because(err)}
	}
	return nil
}

// Checked is the answer to [Client.Check]: how the server would render the deck.
type Checked struct {
	Slides           int                   `json:"slides"`
	Language         string                `json:"language"` // the language that would be rendered; "": the deck names none
	Theme            string                `json:"theme"`
	Layout           string                `json:"layout"`
	Avatar           string                `json:"avatar"`
	Size             lectern.Size          `json:"size"`
	EstimatedSeconds float64               `json:"estimated_seconds"` // of video
	Outline          []CheckedSlide        `json:"outline"`           // one for each slide
	Warnings         []lectern.Warning     `json:"warnings"`          // all of them, those of slides included
	Report           []lectern.SlideReport `json:"report"`            // on an office or PDF file; empty: the deck is none
}

// CheckedSlide says how the server would render one slide.
type CheckedSlide struct {
	Slide            int                 `json:"slide"`     // counted from 1
	SpokenBy         string              `json:"spoken_by"` // "voice", "avatar", "recording" or "nobody"
	Pictures         string              `json:"pictures"`  // lectern.NotChecked: only a render draws it
	Voice            lectern.VoiceChoice `json:"voice"`     // zero: no voice, or the avatar's engine chooses
	Avatar           string              `json:"avatar"`    // who is visible; "": nobody
	EstimatedSeconds float64             `json:"estimated_seconds"`
	Warnings         []lectern.Warning   `json:"warnings"`
}

// Check asks whether the server would accept a deck in JSON, and creates nothing. It uses only the options that change
// the deck: [WithLanguage], [WithSlides] and [WithVariables].
func (c *Client) Check(ctx context.Context, deck []byte, options ...CreateOption) (Checked, error) {
	var v Checked
	o := newCreation(options)
	body, kind, err := o.body(deck)
	if err != nil {
		return v, err
	}
	_, err = c.repeat(ctx, turnedAway, func() (http.Header, error) {
		path := o.path(url.Values{"dry_run": {"true"}})
		return c.once(ctx, http.MethodPost, path, body, http.Header{"Content-Type": {kind}}, &v)
	})
	return v, err
}

// Get returns a presentation; an unknown id is CodeNotFound.
func (c *Client) Get(ctx context.Context, id string) (lectern.Presentation, error) {
	return c.presentation(ctx, http.MethodGet, "/v1/presentations/"+url.PathEscape(id), nil)
}

// Cancel requests the end of a presentation; for one that has ended it returns CodeConflict.
func (c *Client) Cancel(ctx context.Context, id string) (lectern.Presentation, error) {
	return c.presentation(ctx, http.MethodPost, "/v1/presentations/"+url.PathEscape(id)+"/cancel", []byte{})
}

// Retry queues a failed or canceled presentation again.
func (c *Client) Retry(ctx context.Context, id string) (lectern.Presentation, error) {
	return c.presentation(ctx, http.MethodPost, "/v1/presentations/"+url.PathEscape(id)+"/retry", []byte{})
}

// Delete removes a presentation with all its files.
func (c *Client) Delete(ctx context.Context, id string) error {
	return c.ask(ctx, http.MethodDelete, "/v1/presentations/"+url.PathEscape(id), nil, nil)
}

func (c *Client) presentation(ctx context.Context, method, path string, body []byte) (lectern.Presentation, error) {
	var v wire
	if err := c.ask(ctx, method, path, body, &v); err != nil {
		return lectern.Presentation{}, err
	}
	return v.presentation(), nil
}

// List returns a page of presentations, newest first, and the cursor of the next page; "" on the last. The limit is at
// most 200. q.Owner is not sent: a server lists the presentations of the key's owner.
func (c *Client) List(ctx context.Context, q lectern.Query) (page []lectern.Presentation, next string, err error) {
	v := url.Values{}
	if len(q.Statuses) > 0 {
		states := make([]string, len(q.Statuses))
		for i, s := range q.Statuses {
			states[i] = string(s)
		}
		v.Set("status", strings.Join(states, ","))
	}
	for key, value := range q.Metadata {
		v.Set("metadata."+key, value)
	}
	for name, at := range map[string]time.Time{"created_after": q.CreatedAfter, "created_before": q.CreatedBefore} {
		if !at.IsZero() {
			v.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	var got struct {
		Presentations []wire `json:"presentations"`
		Next          string `json:"next_cursor"`
	}
	if err := c.ask(ctx, http.MethodGet, "/v1/presentations?"+v.Encode(), nil, &got); err != nil {
		return nil, "", err
	}
	for _, w := range got.Presentations {
		page = append(page, w.presentation())
	}
	return page, got.Next, nil
}

// Steps lists the finished steps of a presentation, including those that were found in the cache.
func (c *Client) Steps(ctx context.Context, id string) ([]lectern.Step, error) {
	var got struct {
		Steps []struct {
			Kind      lectern.StepKind `json:"kind"`
			Slide     int              `json:"slide"`
			Key       string           `json:"key"`
			Attempt   int              `json:"attempt"`
			Reused    bool             `json:"reused"`
			StartedAt time.Time        `json:"started_at"`
			TookMS    int64            `json:"took_ms"`
		} `json:"steps"`
	}
	if err := c.ask(ctx, http.MethodGet, "/v1/presentations/"+url.PathEscape(id)+"/steps", nil, &got); err != nil {
		return nil, err
	}
	steps := make([]lectern.Step, 0, len(got.Steps))
	for _, s := range got.Steps {
		steps = append(steps, lectern.Step{Kind: s.Kind, Slide: s.Slide, Key: s.Key, Attempt: s.Attempt, Reused: s.Reused,
			Started: s.StartedAt, Took: time.Duration(s.TookMS) * time.Millisecond})
	}
	return steps, nil
}

// Report returns what the server made of each slide of the file of a presentation's deck, in the order of the file. It
// is empty for a deck that is no office or PDF file.
func (c *Client) Report(ctx context.Context, id string) ([]lectern.SlideReport, error) {
	var got struct {
		Slides []lectern.SlideReport `json:"slides"`
	}
	return got.Slides, c.ask(ctx, http.MethodGet, "/v1/presentations/"+url.PathEscape(id)+"/report", nil, &got)
}

// Voices lists the voices that the server offers.
func (c *Client) Voices(ctx context.Context) ([]lectern.Voice, error) {
	var got struct{ Voices []lectern.Voice }
	return got.Voices, c.ask(ctx, http.MethodGet, "/v1/voices", nil, &got)
}

// wire is a presentation as the server writes it.
type wire struct {
	ID              string              `json:"id"`
	Title           string              `json:"title"`
	Language        string              `json:"language"`
	Status          lectern.Status      `json:"status"`
	Stage           string              `json:"stage"`
	Progress        lectern.Progress    `json:"progress"`
	Message         string              `json:"message"`
	SlidesDone      int                 `json:"slides_done"`
	SlidesTotal     int                 `json:"slides_total"`
	Version         int64               `json:"version"`
	Attempt         int                 `json:"attempt"`
	CancelRequested bool                `json:"cancel_requested"`
	CreatedAt       time.Time           `json:"created_at"`
	StartedAt       time.Time           `json:"started_at"`
	CompletedAt     time.Time           `json:"completed_at"`
	LastHeartbeat   time.Time           `json:"last_heartbeat"`
	ETASeconds      float64             `json:"eta_seconds"`
	QueuePosition   int                 `json:"queue_position"`
	EstimatedStart  time.Time           `json:"estimated_start_at"`
	Error           *lectern.Failure    `json:"error"`
	Warnings        []lectern.Warning   `json:"warnings"`
	Metadata        map[string]string   `json:"metadata"`
	DurationSeconds float64             `json:"duration_seconds"`
	ExpiresAt       time.Time           `json:"expires_at"`
	Usage           lectern.Consumption `json:"usage"`
	Files           []struct {
		Name      string `json:"name"`
		Slide     int    `json:"slide"`
		MediaType string `json:"media_type"`
		Bytes     int64  `json:"bytes"`
		SHA256    string `json:"sha256"`
	} `json:"files"`
}

// files returns the files whose kind this version knows. The length of the video is in the artifact of the video; if
// the answer has no files, as in a list, that artifact has only the length.
func (w wire) files() []lectern.Artifact {
	var list []lectern.Artifact
	length := time.Duration(math.Round(w.DurationSeconds * float64(time.Second)))
	if len(w.Files) == 0 && length > 0 {
		return []lectern.Artifact{{Kind: lectern.ArtifactVideo, Duration: length}}
	}
	for _, f := range w.Files {
		for _, known := range lectern.ArtifactFiles() {
			if known.Link != f.Name {
				continue
			}
			a := lectern.Artifact{Kind: known.Kind, Slide: f.Slide, ContentType: f.MediaType, Size: f.Bytes, SHA256: f.SHA256}
			if a.Kind == lectern.ArtifactVideo {
				a.Duration = length
			}
			list = append(list, a)
		}
	}
	return list
}

func (w wire) presentation() lectern.Presentation {
	return lectern.Presentation{
		ID: w.ID, Title: w.Title, Language: w.Language, Status: w.Status, Stage: w.Stage, Progress: w.Progress,
		Message: w.Message, SlidesDone: w.SlidesDone,
		SlidesTotal: w.SlidesTotal, Version: w.Version, Attempt: w.Attempt, CancelRequested: w.CancelRequested,
		CreatedAt: w.CreatedAt,
		StartedAt: w.StartedAt, CompletedAt: w.CompletedAt, LastHeartbeat: w.LastHeartbeat,
		ETA:           time.Duration(w.ETASeconds * float64(time.Second)),
		QueuePosition: w.QueuePosition, StartAt: w.EstimatedStart, Files: w.files(), ExpiresAt: w.ExpiresAt, Usage: w.Usage,
		Error: w.Error, Warnings: w.Warnings, Metadata: w.Metadata,
	}
}

// passing reports whether a failure may be temporary, so that another attempt may succeed.
func passing(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status == 0 || e.Status >= 500 || e.Status == http.StatusTooManyRequests)
}
