package form

import (
	"slices"

	"lectern"
	"lectern/internal/deck"
)

// Read makes a request from a deck's tree. The fields of the settings replace the deck's own, even if the two use
// different names of a field; nil: there are no settings. Settings must not have slides. syntax is the name of the
// syntax, such as "JSON", for messages.
//
// Text is trimmed, template ids lose the ending "-slide", colours become "#rrggbb". Equal trees give equal requests.
// Warnings name the fields that were ignored. Read fails if the tree is not a deck at all, or if the settings cannot be
// applied. Faults inside a deck are in Request.Faults.
func Read(tree, settings any, syntax string, lim lectern.Limits) (deck.Request, error) {
	o, ok := tree.(*Object)
	if !ok {
		return deck.Request{}, lectern.Fail(lectern.CodeInvalidDeck, "A deck is a %s object with a list of slides, not %s.",
			syntax, kind(tree))
	}
	r := &reader{lim: lim.WithDefaults(), places: deck.Places{}}
	var heard deck.Narration
	if settings != nil {
		over, ok := settings.(*Object)
		if !ok {
			f := lectern.Fail(lectern.CodeInvalidDeck, "The settings are a %s object with fields of a deck, not %s.", syntax,
				kind(settings))
			return deck.Request{}, f.On("settings")
		}
		var err error
		if heard, err = sounding(over); err == nil {
			err = r.override(o, over)
		}
		if err != nil {
			return deck.Request{}, err
		}
	}
	q := deck.Request{Heard: heard, Deck: r.deck(r.open(o, "", "", 0)), NamesLayout: o.says("layout"), Places: r.places}
	q.CallbackURL, q.CallbackAt, q.Warnings, q.Faults = r.callback, r.callbackAt, r.warnings, r.faults
	return q, nil
}

// sounding takes the setting "narration" out of the settings. It refuses "notes", which only a PDF can have.
func sounding(settings *Object) (deck.Narration, error) {
	if settings.place("notes") >= 0 {
		return "", lectern.Fail(lectern.CodeInvalidDeck, "A file of notes belongs to a PDF. The notes of this deck are in "+
			"the deck itself; edit them there.").On("settings.notes")
	}
	value, _ := settings.Take("narration")
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return deck.NarrationOf(value)
	}
	return deck.NarrationOf(kind(value))
}

// synonyms are groups of top-level fields that set the same thing. A setting replaces all fields of its group that the
// deck has.
var synonyms = [][]string{
	{"title", "projectName"}, {"avatar", "avatarCode"}, {"layout", "slideOnly"}, {"voice", "voiceId", "voiceProvider"},
	{"size", "resolution", "aspect", "aspectRatio"}, {"keyAvatar", "useAvatarMask"}, {"hold", "duration"},
	{"frameRate", "fps"}, {"voiceoverTexts", "voiceoverText"}, {"slides", "slidesData", "slideUrl"},
}

// override replaces the deck's fields by the settings. Variables are merged. A preset in the settings also replaces the
// deck's quality and, unless the settings have a size or an aspect, its size. An aspect alone changes the shape of the
// deck's size: the shorter side stays if it is that of a resolution, such as 720, and is that of the preset otherwise.
func (r *reader) override(o, settings *Object) error {
	if own, there := o.Get("variables"); there && settings.place("variables") >= 0 {
		given, _ := settings.Get("variables")
		settings.put("variables", merged(own, given))
	}
	r.reshape = settings.says("aspect", "aspectRatio") && !settings.says("size", "resolution", "preset")
	for _, m := range settings.members {
		name := m.name
		group := []string{camel(name)}
		for _, g := range synonyms {
			if slices.Contains(g, camel(name)) {
				group = g
			}
		}
		if slices.Contains(group, "slides") {
			f := lectern.Fail(lectern.CodeInvalidDeck, "Settings cannot replace a deck's slides; write %q in the deck "+
				"itself.", lectern.Shorten(name))
			f.Param = "settings." + lectern.Shorten(name)
			return f
		}
		for _, alias := range group {
			if r.reshape && (alias == "size" || alias == "resolution") {
				continue
			}
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

// merged replaces fields of the deck's object by those of the settings' object and returns it. If either value is not
// an object, it returns the settings' value.
func merged(deck, settings any) any {
	old, ok := deck.(*Object)
	over, isObject := settings.(*Object)
	if !ok || !isObject {
		return settings
	}
	for _, m := range over.members {
		old.put(m.name, m.value)
	}
	return old
}

// resized returns s or, if the settings replace the deck's size by a preset, the preset's size in the aspect of s.
func (r *reader) resized(s lectern.Size, preset lectern.Preset) lectern.Size {
	if !r.resize {
		return s
	}
	return preset.Size(s)
}

// says reports whether an object has a field of the group, in camelCase or snake_case.
func (o *Object) says(group ...string) bool {
	return slices.ContainsFunc(o.members, func(m member) bool { return slices.Contains(group, camel(m.name)) })
}
