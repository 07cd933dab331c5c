package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"lectern"
	"lectern/internal/app"
)

// voicesCmd lists the voices.
type voicesCmd struct {
	Language string `arg:"" optional:"" help:"Only voices of this language, such as uk or en-GB."`
	JSON     bool   `help:"As JSON."`
}

// Run implements the command.
func (c *voicesCmd) Run(ctx context.Context, io streams, s *settings) error {
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	t, err := app.NewTools(cfg, quietLog())
	if err != nil {
		return err
	}
	defer t.Close()
	all, err := t.Voices.Voices(ctx)
	if err != nil {
		return err
	}
	var voices []lectern.Voice
	for _, v := range all {
		if c.Language == "" || matches(v.Language, c.Language) {
			voices = append(voices, v)
		}
	}
	if c.JSON {
		return printJSON(io, voices)
	}
	if len(voices) == 0 {
		return lectern.Fail(lectern.CodeNotFound, "No voice speaks %q. Without a language, `lectern voices` lists all %d.",
			c.Language, len(all))
	}
	sort.SliceStable(voices, func(i, j int) bool { return voices[i].Language < voices[j].Language })
	var rows [][]string
	for _, v := range voices {
		rows = append(rows, []string{v.Language, v.Engine + ":" + v.ID, v.Gender, v.Name})
	}
	io.table([]string{"LANGUAGE", "VOICE", "GENDER", "NAME"}, rows)
	return nil
}

// matches reports whether the language of a voice is one that was asked for: "en" asks for "en-GB" too.
func matches(have, want string) bool {
	have, want = strings.ToLower(have), strings.ToLower(want)
	return have == want || strings.HasPrefix(have, want+"-")
}

// avatarsCmd lists the avatars.
type avatarsCmd struct {
	JSON bool `help:"As JSON."`
}

// Run implements the command.
func (c *avatarsCmd) Run(ctx context.Context, io streams, s *settings) error {
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	t, err := app.NewTools(cfg, quietLog())
	if err != nil {
		return err
	}
	defer t.Close()
	all, err := t.Avatars.Avatars(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io, all)
	}
	var rows [][]string
	for _, a := range all {
		var codes []string
		for _, v := range a.Variants {
			codes = append(codes, a.Code+"."+v.Code)
		}
		rows = append(rows, []string{a.Code, a.Name, a.Engine, strings.Join(codes, ", "), a.Description})
	}
	io.table([]string{"AVATAR", "NAME", "ENGINE", "VARIANTS", "ABOUT"}, rows)
	return nil
}

// templatesCmd lists the templates and the themes.
type templatesCmd struct {
	ID   string `arg:"" optional:"" help:"One template: what it takes, and a sample slide to copy."`
	JSON bool   `help:"As JSON."`
}

// Run implements the command.
func (c *templatesCmd) Run(io streams, s *settings) error {
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	t, err := app.NewTools(cfg, quietLog())
	if err != nil {
		return err
	}
	defer t.Close()
	templates, themes := t.Slides.Templates(), t.Slides.Themes()
	if c.ID != "" {
		return c.one(io, templates)
	}
	if c.JSON {
		return printJSON(io, map[string]any{"templates": templates, "themes": themes})
	}
	var rows [][]string
	for _, t := range templates {
		rows = append(rows, []string{t.ID, t.Description})
	}
	io.table([]string{"TEMPLATE", "WHAT IT SHOWS"}, rows)
	fmt.Fprintln(io.out)
	rows = nil
	for _, t := range themes {
		rows = append(rows, []string{t.ID, t.Name})
	}
	io.table([]string{"THEME", "NAME"}, rows)
	fmt.Fprintln(io.out, io.dim("\n`lectern templates ID` shows what one takes, with a sample to copy."))
	return nil
}

func (c *templatesCmd) one(io streams, templates []lectern.Template) error {
	var ids []string
	for _, t := range templates {
		ids = append(ids, t.ID)
		if t.ID != c.ID && t.ID != strings.TrimSuffix(c.ID, "-slide") {
			continue
		}
		if c.JSON {
			return printJSON(io, t)
		}
		fmt.Fprintf(io.out, "%s  %s\n\n", io.bold(t.ID), t.Description)
		var rows [][]string
		for _, p := range t.Props {
			need := ""
			if p.Required {
				need = "required"
			}
			rows = append(rows, []string{p.Name, p.Type, need, p.Description})
		}
		io.table([]string{"PROP", "TYPE", "", "WHAT IT IS"}, rows)
		fmt.Fprintln(io.out, "\nA slide of a deck:")
		return printJSON(io, map[string]any{"template": t.ID, "props": t.Sample, "narration": "What is said while it shows."})
	}
	return lectern.Fail(lectern.CodeNotFound, "There is no template %q. There are: %s.", c.ID, strings.Join(ids, ", "))
}

func printJSON(io streams, v any) error {
	e := json.NewEncoder(io.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
