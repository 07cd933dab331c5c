package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"

	"lectern"
	"lectern/internal/egress"
	"lectern/internal/retry"
)

// transport connects through dialer, which judges each address. It does not use proxies of the environment: a proxy
// would connect to addresses that were not judged.
func transport(dialer *net.Dialer) *http.Transport {
	return &http.Transport{
		Proxy: nil, DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: Timeout,
		ResponseHeaderTimeout: Timeout,
		MaxIdleConns:          32, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
		MaxResponseHeaderBytes: MaxAnswer,
	}
}

// message is a message that is about to be sent.
type message struct {
	id, url string
	secrets []string
	body    []byte
}

// payload is the body of a message in the form of Standard Webhooks.
type payload struct {
	Type      string          `json:"type"`
	Timestamp string          `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

func body(kind string, at time.Time, data []byte) ([]byte, error) {
	return json.Marshal(payload{kind, at.UTC().Format("2006-01-02T15:04:05.000Z"), data})
}

// message returns the message of d. The same delivery has the same id and bytes on every try and every node.
func (s *Service) message(ctx context.Context, d lectern.Delivery) (message, error) {
	data, err := s.opt.Encode(d.Presentation)
	if err != nil {
		return message{}, err
	}
	b, err := body(d.Type, d.CreatedAt, data)
	if err != nil {
		return message{}, err
	}
	secrets := active(d.Secrets, time.Now())
	if d.Endpoint == "" {
		if secrets, err = s.callbackSecrets(ctx, d.Owner); err != nil {
			return message{}, err
		}
	}
	return message{d.ID, d.URL, secrets, b}, nil
}

// post sends m once and returns the outcome. It never takes longer than Timeout.
func (s *Service) post(ctx context.Context, m message) answer {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	a := s.try(ctx, m)
	a.took = time.Since(began)
	return a
}

func (s *Service) try(ctx context.Context, m message) answer {
	u, refused := s.opt.Policy.Judge(m.url)
	if refused != nil {
		return refusal(refused)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(m.body))
	if err != nil {
		return answer{problem: "Its address is not well formed.", final: true}
	}
	if err := Sign(req.Header, m.secrets, m.id, time.Now(), m.body); err != nil {
		return answer{problem: err.Error()}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", strings.TrimSpace("Lectern-Webhooks/"+s.opt.Version))
	client := http.Client{Transport: s.opt.Transport, CheckRedirect: func(*http.Request,
		[]*http.Request) error {
		return http.ErrUseLastResponse
	}}
	res, err := client.Do(req)
	if err != nil {
		return unreached(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer))
	a := answer{status: res.StatusCode}
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return a // the rest of the response does not matter, nor whether all of it arrived
	case res.StatusCode == http.StatusGone:
		a.gone = true
		a.problem = "It answered 410 (Gone): it wants no more messages."
	case res.StatusCode >= 300 && res.StatusCode < 400:
		a.problem = fmt.Sprintf("It answered %s; redirects are not followed. Register the address that it leads to.",
			status(res.StatusCode))
	default:
		a.problem = fmt.Sprintf("It answered %s.", status(res.StatusCode))
		a.retryAfter = retry.After(res.Header, time.Now())
	}
	if said := excerpt(text); said != "" && err == nil && !a.gone {
		a.problem = strings.TrimSuffix(a.problem, ".") + ": " + said
	}
	return a
}

func status(code int) string {
	if text := http.StatusText(code); text != "" {
		return fmt.Sprintf("%d (%s)", code, text)
	}
	return fmt.Sprint(code)
}

// excerpt returns the beginning of a response, short enough for a sentence.
func excerpt(b []byte) string {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("<")) {
		return "" // a page for browsers
	}
	text := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, string(b[:min(len(b), 600)]))
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 200 {
		text = string(r[:199]) + "…"
	}
	return text
}

func refusal(r *egress.Refused) answer {
	return answer{problem: fmt.Sprintf("The address may not be reached: %s. webhook.allow_private allows private "+
		"networks.", r.Why), final: true}
}

// unreached returns the outcome of a try without a response.
func unreached(err error) answer {
	var dns *net.DNSError
	var timeout net.Error
	if r, ok := errors.AsType[*egress.Refused](err); ok {
		return refusal(r)
	}
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return answer{problem: fmt.Sprintf("There is no server named %s.", dns.Name)}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return answer{problem: fmt.Sprintf("It did not answer within %.0f s.", Timeout.Seconds())}
	case errors.Is(err, syscall.ECONNREFUSED):
		return answer{problem: "It accepts no connections."}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the address, whose query may hold a secret
	}
	return answer{problem: fmt.Sprintf("It cannot be reached: %v.", err)}
}
