package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/deck"
)

// editionFlags choose an edition of a deck: a language, values for its variables, some of its slides, and a
// recording of the talk.
type editionFlags struct {
	Language  string            `help:"The language to render, of those that the deck has; without it, the deck's own. For render, all makes a video in each." placeholder:"TAG"`
	Set       map[string]string `help:"Give a variable of the deck its value; once for each variable." mapsep:"none" placeholder:"NAME=VALUE"`
	Slides    string            `help:"Only these slides, by their numbers in the video: 3-7,12 or 12-." placeholder:"LIST"`
	Variables string            `help:"A JSON or YAML file with a value for each variable; --set wins over it." placeholder:"FILE"`

	recordingFlags `embed:""`
}

// choice is what the flags of an edition ask for.
type choice struct {
	lectern.Choice
	slides    lectern.Selection
	recording recordingFlags
}

// choice reads the file of variables, and returns what the flags ask for.
func (w editionFlags) choice() (choice, error) {
	values, err := readVariables(w.Variables)
	if err != nil {
		return choice{}, err
	}
	maps.Copy(values, w.Set)
	slides, err := lectern.ParseSelection(w.Slides)
	if err != nil {
		return choice{}, err
	}
	if err := w.recordingFlags.check(); err != nil {
		return choice{}, err
	}
	return choice{lectern.Choice{Language: w.Language, Variables: values}, slides, w.recordingFlags}, nil
}

// numbered returns warnings with the numbers of the slides in the deck. The given ones count the chosen slides.
func (c choice) numbered(warnings []lectern.Warning) []lectern.Warning {
	warnings = slices.Clone(warnings)
	for i := range warnings {
		warnings[i].Slide = c.slides.Number(warnings[i].Slide)
	}
	return warnings
}

// named returns the name of a file in a language: talk.de for talk. Without a language, or if the name ends with it
// already, it returns stem.
func named(stem, language string) string {
	tag := lectern.LanguageTag(language)
	if !lectern.IsLanguage(tag) || strings.HasSuffix(strings.ToLower(stem), strings.ToLower("."+tag)) {
		return stem
	}
	return stem + "." + tag
}

// shown returns a presentation whose warnings and failure have the numbers of the slides in the deck.
func (c choice) shown(p lectern.Presentation) lectern.Presentation {
	p.Warnings = c.numbered(p.Warnings)
	if p.Error != nil {
		f := *p.Error
		f.Slide, f.Causes = c.slides.Number(f.Slide), slices.Clone(f.Causes)
		for i := range f.Causes {
			f.Causes[i].Slide = c.slides.Number(f.Causes[i].Slide)
		}
		p.Error = &f
	}
	return p
}

// maxVariablesFile is how many bytes of a file of variables are read.
const maxVariablesFile = 4 << 20

// readVariables reads a file of variables. Without a name there are none.
func readVariables(name string) (map[string]string, error) {
	values := map[string]string{}
	if name == "" {
		return values, nil
	}
	wrong := func(format string, args ...any) error {
		return lectern.Fail(lectern.CodeInvalidDeck, "The variables of %s cannot be read: %s.", name,
			fmt.Sprintf(format, args...))
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, wrong("%v", bare(err))
	}
	if info.Size() > maxVariablesFile {
		return nil, wrong("the file is larger than %s", megabytes(maxVariablesFile))
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, wrong("%v", bare(err))
	}
	var doc yaml.Node // JSON is YAML too
	if err := yaml.Load(text, &doc); err != nil {
		return nil, wrong("%v", err)
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		doc = *doc.Content[0]
	}
	if doc.Kind != yaml.MappingNode {
		return nil, wrong("it must have names with values, such as customer: Acme")
	}
	for i := 0; i+1 < len(doc.Content); i += 2 {
		key, value := doc.Content[i], doc.Content[i+1]
		if value.Kind != yaml.ScalarNode || value.ShortTag() == "!!null" {
			return nil, wrong("the value of %q in line %d is not text", lectern.Shorten(key.Value), value.Line)
		}
		values[key.Value] = value.Value
	}
	return values, nil
}

// edition returns the deck that was read, in the language, with the values and with the slides of a choice.
func edition(q deck.Request, c choice, t *app.Tools) (deck.Request, error) {
	c.Kinds, c.Limits = t.Slides.PropKind, t.Config.Limits
	return q.Choose(c.Choice).Pick(c.slides)
}
