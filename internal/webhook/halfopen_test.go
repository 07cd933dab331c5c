package webhook_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern/internal/egress"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

// A receiver that stalls at any point of a request costs one try of 15 s. It leaves no goroutine: with one, the bubble
// of testing/synctest would not end. The part of the response that has arrived counts.
func TestHalfOpenReceivers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		does    func(conn net.Conn, r *bufio.Reader)
		took    time.Duration // 0: the receiver closes the connection after does; else it stalls until the test ends
		status  int
		problem string
	}{
		{"takes no byte", func(net.Conn, *bufio.Reader) {}, webhook.Timeout, 0, "It did not answer within 15 s."},
		{"takes half of the request", func(_ net.Conn, r *bufio.Reader) { _, _ = r.ReadString('\n') }, webhook.Timeout, 0,
			"It did not answer within 15 s."},
		{"never answers", func(_ net.Conn, r *bufio.Reader) { request(r) }, webhook.Timeout, 0,
			"It did not answer within 15 s."},
		{"answers half of a header", says("HTTP/1.1 200 OK\r\nContent-Le"), webhook.Timeout, 0,
			"It did not answer within 15 s."},
		{"stops in the body of a 200", says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), webhook.Timeout, 200, ""},
		{"stops in the body of a 500", says("HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf"), webhook.Timeout, 500,
			"It answered 500 (Internal Server Error)."},
		{"drops the connection", drops(""), 0, 0, "It cannot be reached: EOF."},
		{"drops the connection in the body of a 500", drops("HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf"), 0, 500,
			"It answered 500 (Internal Server Error)."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
					here, there := net.Pipe()
					go func() {
						defer there.Close()
						r := bufio.NewReader(there)
						c.does(there, r)
						if c.took > 0 {
							<-t.Context().Done()
						}
					}()
					return here, nil
				}}
				s, err := webhook.New(webhook.Options{Store: webhooktest.NewFake(), Encode: encode,
					Policy:    egress.Everywhere(),
					Transport: transport})
				if err != nil {
					t.Fatal(err)
				}
				begun := time.Now()
				status, problem, final := s.Post(t.Context(), "http://receiver.example.com/hook", webhook.NewSecret())
				if took := time.Since(begun); took != c.took || status != c.status || problem != c.problem || final {
					t.Errorf("after %v: %d %q, final %v", took, status, problem, final)
				}
				transport.CloseIdleConnections()
			})
		})
	}
}

// request reads a whole request.
func request(r *bufio.Reader) {
	if req, err := http.ReadRequest(r); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// says reads the request and sends answer.
func says(answer string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		request(r)
		_, _ = io.Copy(conn, strings.NewReader(answer))
	}
}

// drops reads the request, sends answer and closes the connection.
func drops(answer string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		says(answer)(conn, r)
		conn.Close()
	}
}
