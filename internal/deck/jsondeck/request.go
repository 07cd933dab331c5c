package jsondeck

import (
	"errors"
	"slices"
	"strings"

	"lectern"
)

// Request is what a request for a presentation says: its deck, and what is not of the video.
type Request struct {
	// Deck is what was written: what its author left open is open, see [lectern.Deck.WithDefaults], and where there are
	// Faults some of it is missing.
	Deck        lectern.Deck
	Warnings    []lectern.Warning
	Faults      []lectern.Failure // fields that could not be read
	CallbackURL string            // as it was given; "": nobody is notified
	CallbackAt  string            // the name under which it was given
	NamesLayout bool              // the deck says where the avatar stands

	places places
}

// ParseRequest reads a deck from JSON in either dialect and any mix of them, of a string or of bytes. settings, where there are
// any, is a JSON object whose fields replace the deck's own, whatever of their names either uses; it has no slides.
//
// Text is trimmed, template ids have no "-slide", colours are "#rrggbb"; equal input gives equal output. Warnings name what
// was ignored. The error is for what is no deck at all: CodeInvalidJSON with the place for text that is no JSON, CodeTooLarge
// for too much of it. What is wrong inside a deck is among the Faults; whether its values are in bounds is not judged here.
func ParseRequest[T ~string | ~[]byte](data, settings T, lim lectern.Limits) (Request, error) {
	r := newReader(lim)
	o, err := r.top(string(data), "A deck is a JSON object with a list of slides")
	if err != nil {
		return Request{}, err
	}
	if len(settings) > 0 {
		over, err := r.top(string(settings), "The settings are a JSON object with fields of a deck")
		if err != nil {
			return Request{}, inSettings(err)
		}
		if err := r.override(o, over); err != nil {
			return Request{}, err
		}
	}
	q := Request{}
	q.Deck = r.deck(r.open(o, "", "", 0))
	q.NamesLayout = o.says("layout")
	q.CallbackURL, q.CallbackAt, q.Warnings, q.Faults, q.places = r.callback, r.callbackAt, r.warnings, r.faults, r.places
	return q, nil
}

// Judge gives all that is wrong with a deck as one failure, nil for nothing: the fields that could not be read, and what a
// check found, each under the name that its author wrote. A field that could not be read is not judged twice. An error of the
// check that is no fault of the deck is given alone.
func (q Request) Judge(found error) error {
	f, ok := errors.AsType[*lectern.Failure](found)
	if found != nil && !(ok && f.Code.IsFault()) {
		return found
	}
	all := slices.Clone(q.Faults)
	if ok {
		for _, c := range f.Faults() {
			c.Param = q.Written(c.Param)
			if !slices.ContainsFunc(q.Faults, func(read lectern.Failure) bool { return under(c.Param, read.Param) }) {
				all = append(all, c)
			}
		}
	}
	return lectern.Join(all)
}

// Written is the name under which the author of a deck wrote the field param, such as slides_data[2].voiceover_text for
// slides[2].narration.
func (q Request) Written(param string) string { return q.places.written(param) }

// under reports whether the field at path is the one at top, or inside it.
func under(path, top string) bool {
	rest, ok := strings.CutPrefix(path, top)
	return ok && top != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// top decodes an object within the limit of size.
func (r *reader) top(data, want string) (*object, error) {
	if int64(len(data)) > r.lim.BodyBytes {
		return nil, lectern.Fail(lectern.CodeTooLarge, "The deck has %d bytes; the limit is %d (limits.body).", len(data), r.lim.BodyBytes)
	}
	v, bad := decode(data, &r.budget)
	if bad != nil {
		return nil, bad
	}
	o, ok := v.(*object)
	if !ok {
		return nil, lectern.Fail(lectern.CodeInvalidDeck, "%s, not %s.", want, kind(v))
	}
	return o, nil
}

func inSettings(err error) error {
	f := *lectern.AsFailure(err)
	f.Param = "settings"
	return &f
}

// synonyms are the top-level fields that say the same thing, so that a setting replaces whichever of them the deck has.
var synonyms = [][]string{
	{"title", "projectName"}, {"avatar", "avatarCode"}, {"layout", "slideOnly"}, {"voice", "voiceId", "voiceProvider"},
	{"size", "resolution", "aspect", "aspectRatio"}, {"keyAvatar", "useAvatarMask"}, {"hold", "duration"}, {"frameRate", "fps"},
	{"voiceoverTexts", "voiceoverText"}, {"slides", "slidesData", "slideUrl"},
}

// override puts the settings in the place of what the deck says.
func (r *reader) override(o, settings *object) error {
	for _, m := range settings.members {
		name := m.name
		group := []string{camel(name)}
		for _, g := range synonyms {
			if slices.Contains(g, camel(name)) {
				group = g
			}
		}
		if slices.Contains(group, "slides") {
			f := lectern.Fail(lectern.CodeInvalidDeck, "Settings change what a deck says besides its slides; %q belongs into the deck.", lectern.Shorten(name))
			f.Param = "settings." + lectern.Shorten(name)
			return f
		}
		for _, alias := range group {
			for _, spelling := range spellings(alias) {
				if settings.place(spelling) < 0 {
					o.drop(spelling)
				}
			}
		}
	}
	if settings.says("preset") {
		r.resize = !settings.says("size", "resolution", "aspect", "aspectRatio")
		for _, spelling := range spellings("quality") {
			o.drop(spelling)
		}
	}
	for _, m := range settings.members {
		o.put(m.name, m.value)
	}
	return nil
}

// resized is the size of a deck under a preset that is to go before it.
func (r *reader) resized(s lectern.Size, preset lectern.Preset) lectern.Size {
	if !r.resize {
		return s
	}
	return preset.Size(s)
}

// says reports whether an object has a field under any of its names.
func (o *object) says(group ...string) bool {
	return slices.ContainsFunc(o.members, func(m member) bool { return slices.Contains(group, camel(m.name)) })
}
