// Package native serves the parsers of sources that nobody wrote as a deck: office files, PDF files, folders of
// pictures. Such a parser makes a deck in the native form, and the parser of JSON reads it together with the settings
// of the request, so that one piece of code decides what settings mean.
package native

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"lectern"
	"lectern/internal/deck"
)

// Deck is a deck of pages of one file.
type Deck struct {
	Title  string         `json:"title,omitempty"`
	Size   map[string]int `json:"size"`
	Slides []Slide        `json:"slides"`

	Language string `json:"language,omitempty"` // of its texts
}

// Slide is one page of it.
type Slide struct {
	ID        string         `json:"id"`
	Page      lectern.PageOf `json:"page"`
	Props     map[string]any `json:"props,omitempty"`
	Narration string         `json:"narration,omitempty"`
	Section   string         `json:"section,omitempty"`
	Hold      float64        `json:"hold,omitempty"` // in seconds

	Translations map[string]Translation `json:"translations,omitempty"` // by language
}

// Translation is a page in another language.
type Translation struct {
	Narration string `json:"narration"`
}

// maxShown bounds the words on a page that a slide has, in bytes.
const maxShown = 16 << 10

// Show sets the words on the page that a slide shows: its texts, and the alternative texts of its pictures. The picture
// of the page does not depend on them. They are for the transcript, and for what a check says of a slide.
func (s *Slide) Show(texts, alts []string) {
	for name, list := range map[string][]string{"text": texts, "alt": alts} {
		var lines []string
		size := 0
		for _, t := range list {
			t = strings.Join(strings.Fields(t), " ")
			if size += len(t) + 1; size > maxShown {
				break
			}
			if t != "" {
				lines = append(lines, Literal(t))
			}
		}
		if len(lines) == 0 {
			continue
		}
		if s.Props == nil {
			s.Props = map[string]any{}
		}
		s.Props[name] = lines
	}
}

// Parse returns the deck d, which becomes JSON in the native form, as form reads it with the settings.
func Parse(ctx context.Context, form deck.Parser, d any, settings []byte, lim lectern.Limits) (deck.Request, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return deck.Request{}, lectern.Fail(lectern.CodeInternal, "The deck of the file cannot be written.").Because(err)
	}
	q, err := form.Parse(ctx, deck.Source{Name: "deck.json", Bytes: text}, settings, lim)
	q.Locate = nil // the lines of the JSON are not the author's
	return q, err
}

// Take takes fields that belong to one parser out of the settings. Settings that are not a JSON object stay as they
// are, since the parser of JSON says why they are not.
func Take(settings []byte, names ...string) (taken map[string]json.RawMessage, rest []byte, err error) {
	var fields map[string]json.RawMessage
	if len(settings) == 0 || json.Unmarshal(settings, &fields) != nil {
		return nil, settings, nil
	}
	taken = map[string]json.RawMessage{}
	for _, name := range names {
		if value, ok := fields[name]; ok {
			taken[name] = value
			delete(fields, name)
		}
	}
	switch {
	case len(taken) == 0:
		return nil, settings, nil
	case len(fields) == 0:
		return taken, nil, nil
	}
	rest, err = json.Marshal(fields)
	return taken, rest, err
}

// Narration reads the setting narration, which says what is heard: "recorded" (only recordings), "notes" (only notes),
// "none" (silence), or "" (the best there is, also if value is nil).
func Narration(value json.RawMessage) (mode deck.Narration, err error) {
	if value == nil {
		return "", nil
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	return deck.NarrationOf(text)
}

// OwnName is the name by which the slides of a file refer to the file itself: its name, or other if a deck cannot name
// such a file.
func OwnName(name, other string) string {
	base := path.Base(name)
	if p, err := lectern.BesidePath(base); name == "" || err != nil || p != base || strings.TrimSpace(base) != base ||
		strings.Contains(base, ":") {
		return other
	}
	return base
}

// Literal writes a text so that braces in it are not variables.
func Literal(s string) string { return strings.ReplaceAll(s, "{{", `\{{`) }

// MaxTitle is the longest title of a slide in characters: what players show of a chapter.
const MaxTitle = 100

// Cut returns a title of at most MaxTitle characters. It cuts a longer one at a word.
func Cut(title string) string {
	r := []rune(title)
	if len(r) <= MaxTitle {
		return title
	}
	title = string(r[:MaxTitle-1])
	if at := strings.LastIndexByte(title, ' '); at > MaxTitle/2 {
		title = title[:at]
	}
	return strings.TrimRight(title, " ,;:.-–—") + "…"
}

// Names counts how often each name of a deck was given.
type Names map[string]int

// Unique returns a name, with a number in the form of format if an earlier one is the same. "" stays as it is.
func (n Names) Unique(name, format string) string {
	if name == "" {
		return ""
	}
	n[name]++
	if k := n[name]; k > 1 {
		return name + fmt.Sprintf(format, k)
	}
	return name
}
