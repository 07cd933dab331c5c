package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/internal/proc"
)

// share is the cost of reporting in a real render (J15).
type share struct {
	Slides        int     `json:"slides"`
	RenderSeconds float64 `json:"renderSeconds"` // from the first start to the end, by the server
	Reports       float64 `json:"reports"`
	Steps         float64 `json:"steps"` // recorded steps; each waits for its transaction
	Commits       float64 `json:"commits"`
	CommitSeconds float64 `json:"commitSeconds"` // time of the writer's transactions, in parallel to the render
}

// rendered renders the deck through a real server, and reads the number of reports from its metrics.
func rendered(ctx context.Context, binary, deck, dir string) (*share, error) {
	body, err := os.ReadFile(deck)
	if err != nil {
		return nil, err
	}
	c, err := startServer(ctx, binary, dir)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	before, err := scrape(ctx, c.base)
	if err != nil {
		return nil, err
	}
	p, err := c.Create(ctx, body)
	if err != nil {
		return nil, err
	}
	for v, err := range c.Watch(ctx, p.ID, 0) {
		if err != nil {
			return nil, err
		}
		p = v
	}
	if p.Status != lectern.StatusCompleted {
		return nil, fmt.Errorf("the deck %s ended as %s: %v", deck, p.Status, p.Error)
	}
	after, err := scrape(ctx, c.base)
	if err != nil {
		return nil, err
	}
	grown := func(name string) float64 { return after[name] - before[name] }
	return &share{
		Slides: p.SlidesTotal, RenderSeconds: p.CompletedAt.Sub(p.StartedAt).Seconds(),
		Reports: grown("lectern_reports_total"), Steps: grown("lectern_step_duration_seconds_count"),
		Commits:       grown("lectern_commit_duration_seconds_count"),
		CommitSeconds: grown("lectern_commit_duration_seconds_sum"),
	}, nil
}

// written waits for the file with a server's address.
func written(ctx context.Context, server *proc.Process, file string) (string, error) {
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		b, err := os.ReadFile(file)
		if err == nil && len(b) > 0 {
			tick.Stop()
			return strings.TrimSpace(string(b)), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", ctx.Err()
		case <-server.Done():
			return "", errors.New("the server did not start: " + server.Tail())
		}
	}
}

// scrape reads the metrics, each summed over its labels.
func scrape(ctx context.Context, base string) (map[string]float64, error) {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, _, _ := strings.Cut(series, "{")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] += v
		}
	}
	return out, nil
}

// markdown writes the share, with the cost of one report that was measured in the same run.
func (s *share) markdown(b *strings.Builder, reportNS float64) {
	reporting, waiting := s.Reports*reportNS/1e9, s.Steps*s.CommitSeconds/max(s.Commits, 1)
	fmt.Fprintf(b, `
## Reporting's share of a render (J15)

`+"`examples/demo.json`"+`, %d slides, rendered cold by `+"`bin/lectern serve`"+`; the counts are those of its /metrics.

| what | figure |
| --- | ---: |
| the render, from its first start to its end | %.1f s |
| reports of its steps | %.0f |
| time of these reports, at the cost of an update above | %.3f ms |
| **share of the render's time** | **%.5f %%** |
| recorded steps, each of which waits for its transaction | %.0f |
| time of these waits, at the mean transaction; other steps continued | %.0f ms (%.2f %% of the render's time) |
| all transactions, for progress, steps, states and heartbeats | %.0f |
| time in which the writer waited for them, on its own goroutine | %.0f ms (%.2f %% of the render's time) |
`, s.Slides, s.RenderSeconds, s.Reports, reporting*1000, 100*reporting/s.RenderSeconds,
		s.Steps, waiting*1000, 100*waiting/s.RenderSeconds, s.Commits, s.CommitSeconds*1000,
		100*s.CommitSeconds/s.RenderSeconds)
}
