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
	Layout    string `help:"Where the presenter is: picture_in_picture, side_by_side, split_screen or slide_only (nowhere)." placeholder:"NAME"`
	Corner    string `help:"The presenter's corner in picture_in_picture: bottom_right, bottom_left, top_right, top_left, or auto, where slides of a file show least." placeholder:"NAME"`
	Aspect    string `help:"The shape of the video: 16:9, 4:3, 1:1, 9:16, or any width and height. Slides of another shape are padded." placeholder:"W:H"`
	Notes     string `help:"A file with the notes of a PDF, in place of those in it." placeholder:"FILE"`
}

// maxNotesFile is how many bytes of a file of notes are read.
const maxNotesFile = 1 << 20

// settings returns the settings that override a deck's own, as JSON; nil: none. preset is the flag of that name.
func (o overrideFlags) settings(preset string) ([]byte, error) {
	fields := map[string]any{}
	for name, value := range map[string]string{"preset": preset, "narration": o.Narration, "layout": o.Layout,
		"corner": o.Corner, "aspect": o.Aspect} {
		if value != "" {
			fields[name] = value
		}
	}
	if o.Steps {
		fields["steps"] = true
	}
	if o.Notes != "" {
		text, err := readNotes(o.Notes)
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

// readNotes reads a file of notes.
func readNotes(name string) (string, error) {
	wrong := func(format string, args ...any) error {
		return lectern.Fail(lectern.CodeInvalidDeck, "The file of notes %s cannot be read: %s.", name,
			fmt.Sprintf(format, args...))
	}
	f, err := os.Open(name)
	if err != nil {
		return "", wrong("%v", bare(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxNotesFile+1))
	switch {
	case err != nil:
		return "", wrong("%v", bare(err))
	case len(text) > maxNotesFile:
		return "", wrong("it is larger than %s", megabytes(maxNotesFile))
	case !utf8.Valid(text):
		return "", wrong("it is not UTF-8; save it as UTF-8 and try again")
	}
	return string(text), nil
}
