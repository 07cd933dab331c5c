package main

import (
	"context"
	"fmt"
	"time"

	"lectern"
)

// checkCmd looks at a deck without rendering it.
type checkCmd struct {
	Deck   string `arg:"" help:"The deck, a JSON file; - reads standard input."`
	JSON   bool   `help:"As JSON."`
	Strict bool   `help:"Notes count as faults."`
}

// outlook is what check says of a deck.
type outlook struct {
	OK       bool              `json:"ok"`
	Title    string            `json:"title"`
	Slides   int               `json:"slides"`
	Theme    string            `json:"theme"`
	Layout   lectern.Layout    `json:"layout"`
	Avatar   string            `json:"avatar,omitempty"`
	Size     lectern.Size      `json:"size"`
	Seconds  float64           `json:"estimated_seconds"`
	Warnings []lectern.Warning `json:"warnings"`
	Error    *lectern.Failure  `json:"error,omitempty"`
}

// Run implements the command.
func (c *checkCmd) Run(ctx context.Context, io streams, s *settings) error {
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	data, err := readDeck(c.Deck, io)
	if err != nil {
		return err
	}
	k, err := newKit(cfg, quietLog())
	if err != nil {
		return err
	}
	defer k.close()
	deck, warnings, err := parseDeck(data, "", cfg.Limits)
	if err == nil {
		var more []lectern.Warning
		deck, more, err = k.check(ctx, deck)
		warnings = append(warnings, more...)
	}
	if err == nil && c.Strict && len(warnings) > 0 {
		err = lectern.Fail(lectern.CodeInvalidDeck, "The deck would be rendered, but there are %d notes, and --strict counts them.", len(warnings))
	}
	guess, _ := deck.Estimate()
	length := guess.Round(time.Second)
	if c.JSON {
		o := outlook{err == nil, deck.Title, len(deck.Slides), deck.Theme, deck.Layout, deck.Avatar, deck.Size, length.Seconds(), warnings, nil}
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
	for _, w := range warnings {
		warn(io, w)
	}
	if err != nil {
		return err
	}
	who := "no avatar"
	if deck.Avatar != "" && deck.Layout != lectern.LayoutSlideOnly {
		who = deck.Avatar + ", " + string(deck.Layout)
	}
	fmt.Fprintf(io.out, "%s  %d slides, about %s, %d×%d, %s, %s\n", io.green("fine"), len(deck.Slides), clock(length), deck.Size.Width, deck.Size.Height, deck.Theme, who)
	return nil
}
