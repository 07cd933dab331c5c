package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	stdio "io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// webhookListenCmd receives webhooks on this machine and shows them, for authors of a receiver.
type webhookListenCmd struct {
	Port     int    `help:"Where to listen on this machine; 0 takes a free port." default:"9000"`
	Secret   string `help:"Verify with this secret." env:"LECTERN_WEBHOOK_SECRET" placeholder:"whsec_…"`
	Register bool   `help:"Register this address at the server while it listens. The server must allow private networks: webhook.allow_private."`
	JSON     bool   `help:"As JSON lines, one for each message."`
}

const (
	maxHook     = 1 << 20         // bytes of a message
	goodbyeTime = 5 * time.Second // to remove the webhook at the end, and to read the header of a message
)

// Run implements the command.
func (c *webhookListenCmd) Run(ctx context.Context, io streams, o remoteServer) (err error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", c.Port))
	if err != nil {
		return &usageError{fmt.Errorf("--port: %w", err)}
	}
	defer l.Close() // the server closes it too
	address := "http://" + l.Addr().String() + "/"
	if c.Register {
		w, err := o.AddWebhook(ctx, address, nil)
		if err != nil {
			return err
		}
		c.Secret = w.Secret
		defer func() {
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeTime)
			defer cancel()
			err = errors.Join(err, o.RemoveWebhook(late, w.ID))
		}()
	}
	e := &receiver{io: io, asJSON: c.JSON}
	if c.Secret != "" {
		if e.verify, err = standard.NewWebhook(c.Secret); err != nil {
			return &usageError{fmt.Errorf("--secret must be whsec_ followed by base64: %w", err)}
		}
	}
	fmt.Fprintf(io.err, "Listening at %s. Ctrl-C ends it.\n", io.bold(address))
	if e.verify == nil {
		fmt.Fprintln(io.err, io.yellow("No secret was given, so no signature is verified."))
	}
	server := &http.Server{Handler: e, ReadHeaderTimeout: goodbyeTime, ReadTimeout: 30 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// receiver is the HTTP handler that shows the messages it receives.
type receiver struct {
	io     streams
	verify *standard.Webhook // nil: there is no secret to verify with
	asJSON bool
	mu     sync.Mutex // one message at a time on the screen
}

// received is a message as it is shown.
type received struct {
	ID       string          `json:"id"`
	Verified *bool           `json:"verified"` // null: there is no secret to verify with
	Reason   string          `json:"reason,omitempty"`
	Body     json.RawMessage `json:"body"`
}

// ServeHTTP implements http.Handler.
func (e *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := stdio.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if err != nil || r.Method != http.MethodPost || !json.Valid(body) {
		http.Error(w, "A webhook is a POST with JSON of at most 1 MiB.", http.StatusBadRequest)
		return
	}
	h := received{ID: r.Header.Get("webhook-id"), Body: body}
	if e.verify != nil {
		err := e.verify.Verify(body, r.Header)
		ok := err == nil
		if h.Verified = &ok; !ok {
			h.Reason = err.Error()
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.asJSON {
		_ = printJSONLine(e.io, h)
		return
	}
	e.show(h)
}

func (e *receiver) show(h received) {
	var m struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			ID       string
			Title    string
			Progress float64
			Attempt  int
			Error    *struct{ Message string }
		}
	}
	_ = json.Unmarshal(h.Body, &m)
	mark := e.io.dim("·")
	switch {
	case h.Verified == nil:
	case *h.Verified:
		mark = e.io.green("✓")
	default:
		mark = e.io.red("✗")
	}
	fmt.Fprintf(e.io.out, "%s %s  %s  %s\n", mark, e.io.dim(m.Timestamp.Local().Format("15:04:05")),
		e.io.bold(pad(m.Type, 24)), m.Data.Title)
	about := fmt.Sprintf("%s  attempt %d  %g %%  %s", m.Data.ID, m.Data.Attempt, m.Data.Progress, h.ID)
	fmt.Fprintf(e.io.out, "  %s\n", e.io.dim(strings.TrimSpace(about)))
	if h.Reason != "" {
		fmt.Fprintf(e.io.out, "  %s\n", e.io.red("The signature is wrong: "+h.Reason))
	}
	if m.Data.Error != nil {
		fmt.Fprintf(e.io.out, "  %s\n", e.io.red(m.Data.Error.Message))
	}
}

// printJSONLine writes v on one line.
func printJSONLine(io streams, v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = fmt.Fprintf(io.out, "%s\n", b)
	}
	return err
}
