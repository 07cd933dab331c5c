package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"lectern"
	"lectern/client"
)

// jobCmd lists and controls the presentations of a server.
type jobCmd struct {
	Server string `help:"The server." default:"http://localhost:8000" env:"LECTERN_SERVER" placeholder:"URL"`
	Key    string `help:"An API key of the server. The variable is safer: other users see the flags of a command." env:"LECTERN_KEY,LECTERN_API_KEY" placeholder:"lk_…"`

	List   jobListCmd   `cmd:"" help:"List the newest presentations."`
	Show   jobShowCmd   `cmd:"" help:"Show one presentation."`
	Watch  jobWatchCmd  `cmd:"" help:"Follow one presentation to its end."`
	Cancel jobCancelCmd `cmd:"" help:"Cancel a presentation that has not ended."`
	Retry  jobRetryCmd  `cmd:"" help:"Run a failed or canceled presentation again."`
	Rm     jobRmCmd     `cmd:"" help:"Remove an ended presentation and its files."`
}

// remoteServer is the server that the commands with --server use.
type remoteServer struct{ *client.Client }

// AfterApply makes the server of --server available to the command below.
func (c *jobCmd) AfterApply(parsed *kong.Context, io streams) error {
	return bindServer(parsed, io, c.Server, c.Key)
}

// bindServer makes a server available to the command that was parsed.
func bindServer(parsed *kong.Context, io streams, server, key string) error {
	k, err := newClient(io, server, key)
	if err != nil {
		return err
	}
	parsed.Bind(remoteServer{k})
	return nil
}

// newClient returns a client of a server, with a key unless that is "". The client shows when it waits for the server.
func newClient(io streams, server, key string) (*client.Client, error) {
	k, err := client.New(server, client.WithAPIKey(key), client.WithNotice(io.notice))
	if err != nil {
		return nil, &usageError{fmt.Errorf("--server: %w", err)}
	}
	return k, nil
}

// notice shows why a command waits, and for how long.
func (s streams) notice(wait time.Duration, why error) {
	fmt.Fprintln(s.err, s.dim(fmt.Sprintf("%s Trying again in %s.", why, span(wait))))
}

// fullID is the length of an id that was not shortened.
const fullID = 36

// find returns the full id for a shortened one, which must be that of one of the newest 200 presentations.
func (o remoteServer) find(ctx context.Context, id string) (string, error) {
	if len(id) >= fullID {
		return id, nil
	}
	page, _, err := o.List(ctx, lectern.Query{Limit: 200})
	if err != nil {
		return "", err
	}
	var found []string
	for _, p := range page {
		if strings.HasPrefix(p.ID, id) {
			found = append(found, p.ID)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", lectern.Fail(lectern.CodeNotFound, "There is no presentation %s.", id)
	}
	return "", &usageError{fmt.Errorf("%d presentations begin with %s; write more of the id", len(found), id)}
}

type jobListCmd struct {
	Status        []lectern.Status  `help:"Only these: queued, processing, completed, failed or canceled; several with commas." placeholder:"STATUS"`
	Metadata      map[string]string `help:"Only those with this entry in their metadata; may be given again." placeholder:"KEY=VALUE" mapsep:"none"`
	CreatedAfter  time.Time         `help:"Only those that were made after this time, such as 2026-11-24T09:00:00Z." placeholder:"TIME"`
	CreatedBefore time.Time         `help:"Only those that were made before this time." placeholder:"TIME"`
	Limit         int               `help:"How many." default:"20"`
	JSON          bool              `help:"As JSON."`
}

// Run implements the command.
func (c *jobListCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	for _, status := range c.Status {
		if !status.Valid() {
			return &usageError{fmt.Errorf("--status must be queued, processing, completed, failed or canceled, not %q", status)}
		}
	}
	if c.Limit < 1 || c.Limit > 10_000 {
		return &usageError{errors.New("--limit must be from 1 to 10000")}
	}
	q := lectern.Query{
		Statuses: c.Status, Metadata: c.Metadata, CreatedAfter: c.CreatedAfter, CreatedBefore: c.CreatedBefore,
		Limit: min(c.Limit, 200),
	}
	var all []lectern.Presentation
	for p, err := range o.All(ctx, q) {
		if err != nil {
			return err
		}
		if all = append(all, p); len(all) == c.Limit {
			break
		}
	}
	if c.JSON {
		events := []event{}
		for _, p := range all {
			events = append(events, eventOf("", p))
		}
		return printJSON(io, events)
	}
	if len(all) == 0 {
		fmt.Fprintln(io.err, "There are no presentations.")
		return nil
	}
	now := time.Now()
	var rows [][]string
	for _, p := range all {
		title := p.Title
		if title == "" {
			title = "–"
		}
		rows = append(rows, []string{p.ID, string(p.Status), fmt.Sprintf("%3.0f%%", p.Progress.Percent()),
			ago(now, p.CreatedAt), length(p), until(now, p.ExpiresAt), shorten(title, 48)})
	}
	io.table([]string{"ID", "STATUS", "DONE", "MADE", "LENGTH", "EXPIRES", "TITLE"}, rows)
	return nil
}

type jobShowCmd struct {
	ID   string `arg:"" help:"The presentation's id, or its beginning."`
	JSON bool   `help:"As JSON."`
}

// Run implements the command.
func (c *jobShowCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	id, err := o.find(ctx, c.ID)
	if err != nil {
		return err
	}
	p, err := o.Get(ctx, id)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io, eventOf("", p))
	}
	row := func(name, text string) {
		if text != "" {
			fmt.Fprintf(io.out, "%s  %s\n", io.dim(pad(name, 9)), text)
		}
	}
	row("id", p.ID)
	row("title", p.Title)
	row("language", p.Language)
	row("status", paintStatus(io, p.Status))
	row("progress", p.Progress.String())
	row("stage", p.Stage)
	row("now", phrase(p))
	row("slides", fmt.Sprintf("%d of %d", p.SlidesDone, p.SlidesTotal))
	if p.QueuePosition > 0 {
		row("place", fmt.Sprintf("%d in the queue", p.QueuePosition))
	}
	if !p.StartAt.IsZero() {
		row("starts", "about "+when(p.StartAt))
	}
	row("attempt", fmt.Sprint(p.Attempt))
	row("made", when(p.CreatedAt))
	row("started", when(p.StartedAt))
	row("ended", when(p.CompletedAt))
	row("length", length(p))
	row("expires", when(p.ExpiresAt))
	if p.Status.Terminal() {
		for _, text := range spent(p.Usage) {
			row("used", text)
		}
	}
	row("heartbeat", when(p.LastHeartbeat))
	for _, w := range p.Warnings {
		text := w.Message
		if w.Slide > 0 {
			text = fmt.Sprintf("slide %d: %s", w.Slide, text)
		}
		row("note", text)
	}
	if p.Error != nil {
		explain(io, p.Error, 0)
	}
	return nil
}

// length returns how long the video lasts; "" where that is not known.
func length(p lectern.Presentation) string {
	if p.Duration() == 0 {
		return ""
	}
	return clock(p.Duration())
}

// until returns roughly how long it is from now to t; "" for the zero time.
func until(now, t time.Time) string {
	switch d := t.Sub(now); {
	case t.IsZero():
		return ""
	case d < time.Minute:
		return "now"
	case d < 2*time.Hour:
		return fmt.Sprintf("in %d min", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("in %d h", int(d/time.Hour))
	default:
		return fmt.Sprintf("in %d days", int(d/(24*time.Hour)))
	}
}

// spent returns what a presentation has used: a line for the work on this machine, and one for each provider.
func spent(c lectern.Consumption) []string {
	if c.IsZero() {
		return nil
	}
	lines := []string{fmt.Sprintf("%.2f minutes of video, %.1f s of processor time", c.Video.Minutes(), c.CPU.Seconds())}
	for _, p := range c.Providers {
		text := p.Provider + ":"
		if p.Characters > 0 {
			text += fmt.Sprintf(" %d characters", p.Characters)
		}
		if p.Avatar > 0 {
			text += fmt.Sprintf(" %s of clips", p.Avatar.Round(100*time.Millisecond))
		}
		if p.Currency != "" {
			text += fmt.Sprintf(", %.4f %s", float64(p.Cost)/1e6, p.Currency)
		}
		lines = append(lines, text)
	}
	return lines
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func paintStatus(io streams, s lectern.Status) string {
	switch s {
	case lectern.StatusCompleted:
		return io.green(string(s))
	case lectern.StatusFailed:
		return io.red(string(s))
	case lectern.StatusCanceled:
		return io.yellow(string(s))
	}
	return string(s)
}

type jobWatchCmd struct {
	ID   string `arg:"" help:"The presentation's id, or its beginning."`
	JSON bool   `help:"As JSON lines."`
}

// Run implements the command.
func (c *jobWatchCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	id, err := o.find(ctx, c.ID)
	if err != nil {
		return err
	}
	d := newDisplay(io, c.JSON)
	p, err := (&remote{client: o.Client}).follow(ctx, id, d.show)
	d.end()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case p.Status == lectern.StatusCompleted:
		if c.JSON {
			return json.NewEncoder(io.out).Encode(eventOf("done", p))
		}
		fmt.Fprintf(io.out, "%s  %s\n", io.green("completed"), p.ID)
		return nil
	}
	f := p.Error
	if f == nil {
		f = lectern.Fail(lectern.CodeCanceled, "The presentation was canceled.")
	}
	if c.JSON {
		return errors.Join(shown(f), json.NewEncoder(io.out).Encode(eventOf("failed", p)))
	}
	return f
}

type jobCancelCmd struct {
	ID string `arg:"" help:"The presentation's id, or its beginning."`
}

// Run implements the command.
func (c *jobCancelCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	return steer(ctx, io, o, c.ID, o.Cancel)
}

type jobRetryCmd struct {
	ID string `arg:"" help:"The presentation's id, or its beginning."`
}

// Run implements the command.
func (c *jobRetryCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	return steer(ctx, io, o, c.ID, o.Retry)
}

func steer(ctx context.Context, io streams, o remoteServer, id string,
	change func(context.Context, string) (lectern.Presentation, error)) error {
	id, err := o.find(ctx, id)
	if err != nil {
		return err
	}
	p, err := change(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s  %s\n", p.ID, p.Message)
	return nil
}

type jobRmCmd struct {
	IDs []string `arg:"" name:"id" help:"The presentations' ids, or their beginnings."`
}

// Run implements the command.
func (c *jobRmCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	for _, short := range c.IDs {
		id, err := o.find(ctx, short)
		if err != nil {
			return err
		}
		if err := o.Delete(ctx, id); err != nil {
			return err
		}
		fmt.Fprintf(io.out, "%s  Removed.\n", id)
	}
	return nil
}
