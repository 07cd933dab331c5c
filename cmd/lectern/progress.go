package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"lectern"
)

// display shows the progress of a presentation.
type display interface {
	show(lectern.Presentation)
	end() // after the last show; leaves a clean line
}

// newDisplay returns JSON lines for programs, else a bar on a terminal and plain lines elsewhere.
func newDisplay(io streams, machine bool) display {
	switch {
	case machine:
		return &jsonDisplay{json.NewEncoder(io.out)}
	case io.live:
		return &barDisplay{bar: newBar(io, int(lectern.Done)), io: io}
	}
	return &lineDisplay{to: io.err}
}

// phrase returns what is being done and how long it may take.
func phrase(p lectern.Presentation) string {
	text := strings.TrimSuffix(p.Message, ".")
	if p.ETA > 0 && !p.Status.Terminal() {
		text += " · about " + about(p.ETA) + " left"
	}
	return text
}

type barDisplay struct {
	bar    *progressbar.ProgressBar
	io     streams
	before string // of several decks: what is shown before the message
	name   string // and the deck's name, which is written above its first note
	warned int
}

// newBar makes a bar of so many steps.
func newBar(io streams, steps int) *progressbar.ProgressBar {
	return progressbar.NewOptions(steps,
		progressbar.OptionSetWriter(io.err),
		progressbar.OptionSetWidth(28),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(io.color),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "━", SaucerHead: "━", SaucerPadding: "─", BarStart: " ",
			BarEnd: " "}),
	)
}

func (d *barDisplay) show(p lectern.Presentation) {
	for ; d.warned < len(p.Warnings); d.warned++ {
		_ = d.bar.Clear()
		d.head()
		warn(d.io, p.Warnings[d.warned])
	}
	if p.Status.Terminal() {
		return
	}
	text := phrase(p)
	if d.before != "" { // there is no space for the time
		text = strings.TrimSuffix(p.Message, ".")
	}
	d.bar.Describe(d.before + shorten(text, max(24, 60-width(d.before))))
	_ = d.bar.Set(int(p.Progress)) // a terminal that is gone does not stop the render
}

// head writes the name of the deck, once.
func (d *barDisplay) head() {
	if d.name != "" {
		fmt.Fprintln(d.io.err, d.io.bold(d.name))
		d.name = ""
	}
}

func (d *barDisplay) end() { _ = d.bar.Finish() }

// lineDisplay writes a line when the stage changes and at every tenth of the way, which suits the log of a CI job.
type lineDisplay struct {
	to     io.Writer
	stage  string
	tenth  int
	warned int
}

func (d *lineDisplay) show(p lectern.Presentation) {
	for ; d.warned < len(p.Warnings); d.warned++ {
		warn(streams{err: d.to}, p.Warnings[d.warned])
	}
	tenth := int(p.Progress) / 1000
	if p.Status.Terminal() || p.Stage == d.stage && tenth <= d.tenth {
		return
	}
	d.stage, d.tenth = p.Stage, tenth
	fmt.Fprintf(d.to, "%3d%%  %s\n", int(p.Progress.Percent()), phrase(p))
}

func (d *lineDisplay) end() {}

// jsonDisplay writes one line for each event.
type jsonDisplay struct{ to *json.Encoder }

// event is a presentation in the output of --json. Type is "progress", "done" or "failed" where the command follows the
// presentation, of several decks also "unchanged" or "canceled", else "".
type event struct {
	Type       string                `json:"type"`
	Deck       string                `json:"deck,omitempty"`     // of several
	Language   string                `json:"language,omitempty"` // of several
	ID         string                `json:"id,omitempty"`
	Status     lectern.Status        `json:"status,omitempty"`
	Stage      string                `json:"stage,omitempty"`
	Progress   lectern.Progress      `json:"progress"`
	Message    string                `json:"message,omitempty"`
	SlidesDone int                   `json:"slides_done"`
	Slides     int                   `json:"slides_total"`
	Version    int64                 `json:"version,omitempty"`
	Attempt    int                   `json:"attempt,omitempty"`
	ETA        *float64              `json:"eta_seconds"`
	Place      int                   `json:"queue_position,omitempty"`
	StartsAt   *time.Time            `json:"estimated_start_at,omitempty"`
	Warnings   []lectern.Warning     `json:"warnings,omitempty"`
	Error      *lectern.Failure      `json:"error,omitempty"`
	File       string                `json:"file,omitempty"`
	Size       int64                 `json:"size,omitempty"`
	Took       float64               `json:"took_seconds,omitempty"`
	Files      map[string]string     `json:"files,omitempty"` // path by kind, with /1, /2 … for files of a slide
	Length     float64               `json:"duration_seconds,omitempty"`
	Report     []lectern.SlideReport `json:"report,omitempty"` // of several
	ExpiresAt  *time.Time            `json:"expires_at,omitempty"`
	Usage      *lectern.Consumption  `json:"usage,omitempty"`
}

func eventOf(kind string, p lectern.Presentation) event {
	e := event{
		Type: kind, ID: p.ID, Status: p.Status, Stage: p.Stage, Progress: p.Progress, Message: p.Message,
		SlidesDone: p.SlidesDone,
		Slides:     p.SlidesTotal, Version: p.Version, Attempt: p.Attempt, Warnings: p.Warnings, Error: p.Error,
	}
	if e.Place = p.QueuePosition; !p.StartAt.IsZero() {
		e.StartsAt = &p.StartAt
	}
	e.Length = p.Duration().Seconds()
	if !p.ExpiresAt.IsZero() {
		e.ExpiresAt = &p.ExpiresAt
	}
	if p.Status.Terminal() && !p.Usage.IsZero() {
		e.Usage = &p.Usage
	}
	if p.ETA > 0 {
		s := p.ETA.Round(100 * time.Millisecond).Seconds()
		e.ETA = &s
	}
	return e
}

func (d *jsonDisplay) show(p lectern.Presentation) { _ = d.to.Encode(eventOf("progress", p)) }
func (d *jsonDisplay) end()                        {}

// warn shows a warning; the work goes on.
func warn(io streams, w lectern.Warning) {
	where := ""
	if w.Slide > 0 {
		where = fmt.Sprintf("slide %d: ", w.Slide)
	}
	fmt.Fprintf(io.err, "%s %s%s\n", io.yellow("note:"), where, w.Message)
}
