package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/deck"
)

// checkCmd checks a deck and draws its slides, without making a video.
type checkCmd struct {
	Deck          string `arg:"" help:"The deck: a PowerPoint, OpenDocument, PDF, Markdown, JSON or YAML file, or a folder with one or with pictures; - reads standard input."`
	editionFlags  `embed:""`
	overrideFlags `embed:""`
	JSON          bool `help:"As JSON."`
	Strict        bool `help:"Notes count as faults. Advice does not."`
}

// verdict is what check reports about a deck with --json.
type verdict struct {
	OK       bool                  `json:"ok"`
	Title    string                `json:"title"`
	Slides   int                   `json:"slides"`
	Measured int                   `json:"measured"` // how many slides were drawn to see whether all fits
	Language string                `json:"language,omitempty"`
	Theme    string                `json:"theme"`
	Layout   lectern.Layout        `json:"layout"`
	Avatar   string                `json:"avatar,omitempty"`
	Size     lectern.Size          `json:"size"`
	Seconds  float64               `json:"estimated_seconds"`
	Warnings []lectern.Warning     `json:"warnings"`
	Error    *lectern.Failure      `json:"error,omitempty"`
	Revised  []revised             `json:"revisions,omitempty"` // one a slide, and one of the deck where it has a title
	Outline  []outlined            `json:"outline"`
	Report   []lectern.SlideReport `json:"report,omitempty"` // of an office or PDF file
}

// revised are the revisions of the texts of a slide as its author wrote them, for translations.
type revised struct {
	Slide  int               `json:"slide,omitempty"` // counted from 1; absent: the deck
	ID     string            `json:"id,omitempty"`
	Fields map[string]string `json:"fields"`
}

// revisionsOf lists the revisions of a deck that was read.
func revisionsOf(d lectern.Deck) []revised {
	var list []revised
	if r := d.TitleRevision(); r != "" {
		list = append(list, revised{Fields: map[string]string{"title": r}})
	}
	for i, s := range d.Slides {
		list = append(list, revised{i + 1, s.ID, s.Revisions()})
	}
	return list
}

// readChecked reads a deck for a check, with the revisions of its texts. files gets the paths of the files that it
// names, by their hashes.
func readChecked(ctx context.Context, source deck.Source, over overrides, choice choice, t *app.Tools,
	files map[string]string) (q deck.Request, revisions []revised, err error) {
	over.settings, err = choice.recording.over(ctx, over.settings, t, hashFile("", files))
	if err == nil {
		q, err = parseDeck(ctx, t.Decks, source, over, t.Config.Limits)
	}
	revisions = revisionsOf(q.Deck)
	if err == nil {
		q, err = edition(q, choice, t)
	}
	if err == nil {
		q, _, err = attach(ctx, q, source.Folder, t, hashFile(source.Folder, files))
	}
	return q, revisions, err
}

// Run implements the command.
func (c *checkCmd) Run(ctx context.Context, io streams, s *settings) error {
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	source, err := readDeck(c.Deck, io)
	if err != nil {
		return err
	}
	choice, err := c.choice()
	if err != nil {
		return err
	}
	over, err := c.overrides("")
	if err != nil {
		return err
	}
	t, err := app.NewTools(cfg, quietLog())
	if err != nil {
		return err
	}
	defer t.Close()
	files := map[string]string{}
	q, revisions, err := readChecked(ctx, source, over, choice, t, files)
	deck, warnings, measured := q.Deck, q.Warnings, 0
	if err == nil {
		var more []lectern.Warning
		bar := newMeasure(io, len(deck.Slides))
		deck, more, measured, err = t.Check(ctx, deck, files, q.Judge, bar.show)
		bar.end()
		warnings = append(warnings, more...)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	warnings, report := choice.numbered(warnings), choice.reported(q.Report)
	notes, advice := split(warnings)
	if err == nil && c.Strict && len(notes) > 0 {
		err = lectern.Fail(lectern.CodeInvalidDeck, "The deck can be rendered, but it has %d notes, which --strict "+
			"counts as faults.", len(notes))
	}
	guess, _ := deck.Estimate()
	length := guess.Round(time.Second)
	outline, later := outlineOf(deck, choice)
	if c.JSON {
		o := verdict{err == nil, deck.Title, len(deck.Slides), measured, deck.Language, deck.Theme, deck.Layout, deck.Avatar,
			deck.Size, length.Seconds(), warnings, nil, revisions, outline, report}
		if o.Warnings == nil {
			o.Warnings = []lectern.Warning{}
		}
		if err != nil {
			o.Error = lectern.AsFailure(err)
			err = shown(err)
		}
		if printErr := printJSON(io, o); printErr != nil {
			return printErr
		}
		return err
	}
	showReport(io, report)
	for _, w := range notes {
		warn(io, w)
	}
	showAdvice(io, advice)
	if err != nil {
		return err
	}
	showPictures(io, later, len(deck.Slides))
	showFine(io, deck, length)
	return nil
}

// showFine says in a line what the video of a deck without faults is like.
func showFine(io streams, deck lectern.Deck, length time.Duration) {
	who := "no avatar"
	if deck.Avatar != "" && deck.Layout != lectern.LayoutSlideOnly {
		who = deck.Avatar + ", " + string(deck.Layout)
	}
	fmt.Fprintf(io.out, "%s  %d slides, about %s, %d×%d, %s, %s\n", io.green("fine"), len(deck.Slides), clock(length),
		deck.Size.Width, deck.Size.Height, deck.Theme, who)
}

// measure shows on a terminal how many slides are measured, once that takes longer than patience.
type measure struct {
	mu    sync.Mutex
	io    streams
	total int
	since time.Time
	bar   *progressbar.ProgressBar // nil: not yet, or never
}

// patience is how long a check may take before it shows how far it is.
const patience = time.Second

func newMeasure(io streams, total int) *measure {
	return &measure{io: io, total: total, since: time.Now()}
}

func (m *measure) show(done int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.io.live || time.Since(m.since) < patience {
		return
	}
	if m.bar == nil {
		m.bar = newBar(m.io, m.total)
	}
	m.bar.Describe(fmt.Sprintf("Measuring slide %d of %d", min(done+1, m.total), m.total))
	_ = m.bar.Set(done) // a terminal that is gone does not stop the check
}

func (m *measure) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bar != nil {
		_ = m.bar.Finish()
	}
}
