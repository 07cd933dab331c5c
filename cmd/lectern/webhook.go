package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"lectern"
	"lectern/client"
)

// webhookCmd lists and controls the webhooks of a server.
type webhookCmd struct {
	Server string `help:"The server." default:"http://localhost:8000" env:"LECTERN_SERVER" placeholder:"URL"`
	Key    string `help:"An admin key of the server. The variable is safer: other users see the flags of a command." env:"LECTERN_KEY,LECTERN_API_KEY" placeholder:"lk_…"`

	List       webhookListCmd       `cmd:"" help:"List the webhooks."`
	Add        webhookAddCmd        `cmd:"" help:"Send the messages of every presentation to an address."`
	Rm         webhookRmCmd         `cmd:"" help:"Remove a webhook."`
	Rotate     webhookRotateCmd     `cmd:"" help:"Make a new secret; the old one is good for a day."`
	Test       webhookTestCmd       `cmd:"" help:"Send a message at once and say how it went."`
	Deliveries webhookDeliveriesCmd `cmd:"" help:"List what was sent and what waits."`
	Redeliver  webhookRedeliverCmd  `cmd:"" help:"Send a message again."`
	Listen     webhookListenCmd     `cmd:"" help:"Receive webhooks here, verify and show them."`
}

// AfterApply makes the server of --server available to the command below.
func (c *webhookCmd) AfterApply(parsed *kong.Context, io streams) error {
	return bindServer(parsed, io, c.Server, c.Key)
}

type webhookListCmd struct {
	JSON bool `help:"As JSON."`
}

// Run implements the command.
func (c *webhookListCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	all, err := o.Webhooks(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io, all)
	}
	if len(all) == 0 {
		fmt.Fprintln(io.err, "There are no webhooks. `lectern webhook add URL` makes one.")
		return nil
	}
	var rows [][]string
	now := time.Now()
	for _, w := range all {
		state, types := "on", "all"
		if w.Disabled {
			state = "off"
		}
		if len(w.Types) > 0 {
			types = strings.ReplaceAll(strings.Join(w.Types, " "), "presentation.", "")
		}
		rows = append(rows, []string{w.ID, state, ago(now, w.CreatedAt), types, w.URL})
	}
	io.table([]string{"ID", "STATE", "MADE", "TYPES", "URL"}, rows)
	return nil
}

type webhookAddCmd struct {
	URL  string   `arg:"" help:"The address."`
	Type []string `help:"Only messages of this type, such as presentation.completed; may be repeated." placeholder:"TYPE"`
	JSON bool     `help:"As JSON."`
}

// Run implements the command.
func (c *webhookAddCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	w, err := o.AddWebhook(ctx, c.URL, c.Type)
	if err != nil {
		return err
	}
	return showSecret(io, w, c.JSON)
}

// showSecret shows a webhook with its secret, which cannot be shown again.
func showSecret(io streams, w client.Webhook, asJSON bool) error {
	if asJSON {
		return printJSON(io, w)
	}
	fmt.Fprintf(io.out, "%s  %s\n", io.dim("id    "), w.ID)
	if w.URL != "" {
		fmt.Fprintf(io.out, "%s  %s\n", io.dim("url   "), w.URL)
	}
	fmt.Fprintf(io.out, "%s  %s\n", io.dim("secret"), io.bold(w.Secret))
	fmt.Fprintln(io.err, io.dim("The secret verifies the signatures. It is not shown again."))
	return nil
}

type webhookRmCmd struct {
	ID string `arg:"" help:"The webhook's id."`
}

// Run implements the command.
func (c *webhookRmCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	if err := o.RemoveWebhook(ctx, c.ID); err != nil {
		return err
	}
	fmt.Fprintf(io.err, "%s is removed.\n", c.ID)
	return nil
}

type webhookRotateCmd struct {
	ID   string `arg:"" help:"The webhook's id; callback, for the secret of callback addresses."`
	JSON bool   `help:"As JSON."`
}

// Run implements the command.
func (c *webhookRotateCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	w, err := o.RotateWebhook(ctx, c.ID)
	if err != nil {
		return err
	}
	return showSecret(io, w, c.JSON)
}

type webhookTestCmd struct {
	ID   string `arg:"" help:"The webhook's id."`
	JSON bool   `help:"As JSON."`
}

// Run implements the command.
func (c *webhookTestCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	d, err := o.TestWebhook(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io, d)
	}
	if d.State == string(lectern.DeliveryDelivered) {
		fmt.Fprintf(io.out, "%s %s answered %d in %d ms\n", io.green("✓"), d.URL, d.StatusCode, d.TookMS)
		return nil
	}
	f := lectern.Fail(lectern.CodeNotReady, "%s did not take the message: %s", d.URL, d.Problem)
	f.Retryable = true
	return f
}

type webhookDeliveriesCmd struct {
	Presentation string `help:"Only those about this presentation." placeholder:"ID"`
	Webhook      string `help:"Only those to this webhook; callback: those to callback addresses." placeholder:"ID"`
	State        string `help:"Only these: pending, delivered or given_up." enum:",pending,delivered,given_up" default:""`
	Limit        int    `help:"How many." default:"20"`
	JSON         bool   `help:"As JSON."`
}

// Run implements the command.
func (c *webhookDeliveriesCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	id := c.Presentation
	if id != "" {
		var err error
		if id, err = o.find(ctx, id); err != nil {
			return err
		}
	}
	all, err := o.Deliveries(ctx, lectern.DeliveryFilter{Presentation: id, Endpoint: c.Webhook,
		State: lectern.DeliveryState(c.State), Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io, all)
	}
	if len(all) == 0 {
		fmt.Fprintln(io.err, "There is nothing to show.")
		return nil
	}
	var rows [][]string
	now := time.Now()
	for _, d := range all {
		answer := d.Problem
		if d.StatusCode != 0 {
			answer = strings.TrimSpace(strconv.Itoa(d.StatusCode) + " " + d.Problem)
		}
		rows = append(rows, []string{d.ID, strings.TrimPrefix(d.Type, "presentation."), d.State, strconv.Itoa(d.Attempts),
			ago(now, d.CreatedAt), shorten(d.URL, 48), shorten(answer, 60)})
	}
	io.table([]string{"ID", "TYPE", "STATE", "TRIES", "MADE", "URL", "ANSWER"}, rows)
	return nil
}

type webhookRedeliverCmd struct {
	ID string `arg:"" help:"The delivery's id."`
}

// Run implements the command.
func (c *webhookRedeliverCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	d, err := o.Redeliver(ctx, c.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.err, "%s is sent to %s again.\n", d.ID, d.URL)
	return nil
}
