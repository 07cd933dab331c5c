package webhook

import (
	"context"
	"net"
	"net/http"
	"time"

	"lectern"
)

// Post sends one message and returns its status, its problem, and whether the problem is final.
func (s *Service) Post(ctx context.Context, url string, secret string) (int, string, bool) {
	a := s.post(ctx, message{"msg_1", url, []string{secret}, []byte(`{"type":"t","timestamp":"","data":{}}`)})
	return a.status, a.problem, a.final
}

// Settle is settle for a try that was answered with a status.
func Settle(d lectern.Delivery, status int, problem string, retryAfter time.Duration, now time.Time,
	jitter float64) (after lectern.Delivery, again time.Duration) {
	return settle(d, answer{status: status, problem: problem, retryAfter: retryAfter, gone: status == 410}, now, jitter)
}

// Dial connects as a delivery does, without the check of the address's text.
func (s *Service) Dial(ctx context.Context, address string) (net.Conn, error) {
	return s.opt.Transport.(*http.Transport).DialContext(ctx, "tcp", address)
}

// Guarded is the transport over a dialer.
var Guarded = transport
