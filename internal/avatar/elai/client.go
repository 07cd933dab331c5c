package elai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lectern"
	"lectern/internal/retry"
)

// Bounds of what is read from Elai.
const (
	maxAnswer  = 16 << 20 // bytes of a JSON answer; the catalogue is the largest, at about 1 MB
	maxClip    = 4 << 30  // bytes of a clip
	maxPicture = 16 << 20 // bytes of a portrait
	maxReason  = 500      // runes of Elai's own reason that are shown to the user
)

// reply is the error for an answer whose status is not 2xx.
type reply struct {
	status int
	reason string        // Elai's own reason, cleaned and shortened
	after  time.Duration // the header Retry-After; 0: not given
}

// Error implements error.
func (r *reply) Error() string {
	if r.reason == "" {
		return fmt.Sprintf("Elai answered %d %s", r.status, http.StatusText(r.status))
	}
	return fmt.Sprintf("Elai answered %d: %s", r.status, r.reason)
}

// passing reports whether the same call may succeed later.
func (r *reply) passing() bool {
	return r.status == http.StatusTooManyRequests || r.status == http.StatusRequestTimeout || r.status >= 500
}

// errInvalid reports that the body of an answer of 2xx is not Elai's: it is a proxy's page, or truncated.
var errInvalid = errors.New("the answer is not JSON as Elai sends it")

// client calls Elai. Its errors never contain the token or an address with a query, because such a query is a key too.
type client struct {
	base  string
	token string
	http  *http.Client
	retry retry.Policy  // of calls that change nothing at Elai
	limit time.Duration // for one try of a JSON call, and for a pause in a download
}

// get sends a GET, and repeats it as [client.again] does.
func (c *client) get(ctx context.Context, path string, out any) error {
	return c.again(ctx, func(ctx context.Context) error { return c.once(ctx, http.MethodGet, path, nil, out) })
}

// again calls do, which must change nothing at Elai. It repeats do, within c.retry, after a status that may pass (see
// passing) and after a call without a valid answer.
func (c *client) again(ctx context.Context, do func(context.Context) error) error {
	return c.retry.Do(ctx, func(ctx context.Context) error {
		err := do(ctx)
		var r *reply
		switch {
		case !errors.As(err, &r):
			return retry.Again(err, 0)
		case r.passing():
			return retry.Again(err, r.after)
		}
		return err
	})
}

// post calls once. After an error, Elai may have carried out the call; see doubtful.
func (c *client) post(ctx context.Context, path string, body, out any) error {
	return c.once(ctx, http.MethodPost, path, body, out)
}

// once makes one call, within c.limit, and decodes its answer into out.
func (c *client) once(ctx context.Context, method, path string, body, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.limit, fmt.Errorf("no answer within %s", c.limit))
	defer cancel()
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, in)
	if err != nil {
		return bare(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "lectern")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return bare(cause(ctx, err))
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if res.StatusCode/100 != 2 {
		return c.refusal(res, b)
	}
	switch {
	case err != nil:
		return bare(cause(ctx, err))
	case len(b) > maxAnswer:
		return fmt.Errorf("%w: it is longer than %d bytes", errInvalid, maxAnswer)
	case json.Unmarshal(b, out) != nil:
		return errInvalid
	}
	return nil
}

// refusal returns the reply for an answer with an error status, with the reason that Elai gives in its body.
func (c *client) refusal(res *http.Response, b []byte) *reply {
	r := &reply{status: res.StatusCode, after: retry.After(res.Header, time.Now())}
	var said struct {
		Message string `json:"message"`
		Errors  []struct {
			Index  int   `json:"index"`
			Errors []any `json:"errors"`
		} `json:"errors"`
	}
	if json.Unmarshal(b, &said) == nil {
		words := []string{said.Message}
		for _, e := range said.Errors {
			for _, x := range e.Errors {
				if m, ok := x.(map[string]any); ok && m["message"] != nil {
					x = m["message"]
				}
				words = append(words, fmt.Sprint(x))
			}
		}
		r.reason = c.clean(strings.Join(words, " "))
	}
	return r
}

// clean makes Elai's reason fit for a message: one line, short, without the token even if Elai should repeat it.
func (c *client) clean(s string) string {
	if c.token != "" {
		s = strings.ReplaceAll(s, c.token, "…")
	}
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxReason {
		s = string(r[:maxReason]) + "…"
	}
	return s
}

// fetch downloads a clip or a picture from its own address to w. A file of more than most bytes is an error. fetch
// sends no token, because the address may belong to another server. It has no limit for the whole download, but gives
// up when nothing arrives for c.limit.
func (c *client) fetch(ctx context.Context, address string, w io.Writer, most int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alarm := time.AfterFunc(c.limit, func() { cancel(fmt.Errorf("nothing arrived for %s", c.limit)) })
	defer alarm.Stop()
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return errors.New("the address from Elai is not an http or https URL")
	}
	if base, err := url.Parse(c.base); err != nil || (u.Scheme == "http" && base.Scheme != "http") {
		return errors.New("the address from Elai has no encryption")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return bare(err)
	}
	req.Header.Set("User-Agent", "lectern")
	res, err := c.http.Do(req)
	if err != nil {
		return bare(cause(ctx, err))
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &reply{status: res.StatusCode}
	}
	n, err := io.Copy(w, io.LimitReader(&watched{res.Body, func() { alarm.Reset(c.limit) }}, most+1))
	switch {
	case err != nil:
		return bare(cause(ctx, err))
	case n > most:
		return fmt.Errorf("it is longer than %d bytes", most)
	case res.ContentLength >= 0 && n != res.ContentLength:
		return io.ErrUnexpectedEOF
	}
	return nil
}

// watched is a reader that calls arrived for each piece that arrives.
type watched struct {
	r       io.Reader
	arrived func()
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if n > 0 {
		w.arrived()
	}
	return n, err
}

// bare removes the address from an error of package http, because its query may be a key.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// cause returns the cause of ctx if ctx has ended, and otherwise err.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// fault returns the failure for err. doing completes the sentence "Elai could not …". A nil err, context.Canceled and
// a [lectern.Failure] stay as they are.
func fault(err error, doing string) error {
	var r *reply
	f := lectern.Fail(lectern.CodeAvatarFailed, "Elai could not %s.", doing)
	f.Retryable = true
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &r):
		f.Retryable = r.passing()
		switch r.status {
		case http.StatusUnauthorized, http.StatusForbidden:
			f.Message = "Elai refused the token. Check ELAI_API_TOKEN."
		case http.StatusPaymentRequired:
			f.Message = "The Elai account is out of minutes. Buy more at Elai, then retry."
			f.Retryable = true
		case http.StatusTooManyRequests:
			f.Message = "Elai has received too many calls and refuses more for now. Retry later."
		default:
			if r.passing() {
				f.Message = fmt.Sprintf("Elai could not %s: it answered %d. Retry later.", doing, r.status)
			} else if r.reason != "" {
				f.Message = fmt.Sprintf("Elai could not %s: %s", doing, r.reason)
			}
		}
	default:
		if _, ok := errors.AsType[*lectern.Failure](err); ok {
			return err
		}
		f.Message = fmt.Sprintf("Elai could not %s: it cannot be reached, or its answers are invalid. Retry later.", doing)
	}
	return f.Because(err)
}
