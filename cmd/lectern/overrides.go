package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"lectern"
)

// overrideFlags replace what a deck says itself.
type overrideFlags struct {
	Narration string `help:"What is heard: recorded (only recordings), notes (only what a voice speaks) or none; without it, the best there is." enum:",recorded,notes,none" default:"" placeholder:"WHAT"`
	Steps     bool   `help:"Show slides step by step: what appears on a click in the deck appears at a mark [click] of the narration. Without it slides are shown as they are in the end."`
	Notes     string `help:"A file with the notes of a PDF, in place of those in it." placeholder:"FILE"`
	Password  string `name:"password-file" help:"A file with the password of a PDF; without it, the variable LECTERN_DECK_PASSWORD." placeholder:"FILE"`
	Dialect   string `help:"The conventions by which Markdown is read: plain, marp, slidev, reveal or narakeet; without it, its signs decide." enum:",plain,marp,slidev,reveal,narakeet" default:"" placeholder:"NAME"`
	Draw      string `help:"What draws the slides of a deck in Markdown: lectern, in its themes, or marp, in those of Marp." enum:",lectern,marp" default:"" placeholder:"WHAT"`
}

// overrides replace what decks say themselves.
type overrides struct {
	settings []byte // as JSON; nil: none
	password string // of the deck's file; "": none
}

// passwordVariable has the password of a deck's file.
const passwordVariable = "LECTERN_DECK_PASSWORD"

// overrides reads the files of the flags. preset is the flag of that name.
func (o overrideFlags) overrides(preset string) (over overrides, err error) {
	if over.settings, err = o.settings(preset); err != nil {
		return over, err
	}
	if over.password = os.Getenv(passwordVariable); o.Password != "" {
		text, err := readSmall(o.Password, "password file", lectern.MaxPassword+2)
		if err != nil {
			return over, err
		}
		if over.password = lectern.PasswordIn(text); over.password == "" {
			return over, lectern.Fail(lectern.CodeInvalidDeck, "The password file %s is empty.", o.Password)
		}
	}
	if len(over.password) > lectern.MaxPassword {
		return over, lectern.Fail(lectern.CodeInvalidDeck, "The password of the deck is longer than %d bytes.",
			lectern.MaxPassword)
	}
	return over, nil
}

// maxNotesFile is how many bytes of a file of notes are read.
const maxNotesFile = 1 << 20

// settings returns the settings that override a deck's own, as JSON; nil: none. preset is the flag of that name.
func (o overrideFlags) settings(preset string) ([]byte, error) {
	fields := map[string]any{}
	if preset != "" {
		fields["preset"] = preset
	}
	for name, value := range map[string]string{"narration": o.Narration, "dialect": o.Dialect, "draw": o.Draw} {
		if value != "" {
			fields[name] = value
		}
	}
	if o.Steps {
		fields["steps"] = true
	}
	if o.Notes != "" {
		text, err := readSmall(o.Notes, "file of notes", maxNotesFile)
		if err == nil && !utf8.ValidString(text) {
			err = lectern.Fail(lectern.CodeInvalidDeck, "The file of notes %s is not UTF-8. Save it as UTF-8 and try again.",
				o.Notes)
		}
		if err != nil {
			return nil, err
		}
		fields["notes"] = text
	}
	if len(fields) == 0 {
		return nil, nil
	}
	return json.Marshal(fields)
}

// readSmall reads a file of at most most bytes. what names it.
func readSmall(name, what string, most int64) (string, error) {
	wrong := func(format string, args ...any) error {
		return lectern.Fail(lectern.CodeInvalidDeck, "The %s %s cannot be read: %s.", what, name,
			fmt.Sprintf(format, args...))
	}
	f, err := os.Open(name)
	if err != nil {
		return "", wrong("%v", bare(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return "", wrong("%v", bare(err))
	case int64(len(text)) > most:
		return "", wrong("it is larger than %d bytes", most)
	}
	return string(text), nil
}
