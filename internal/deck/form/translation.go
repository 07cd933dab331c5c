package form

import (
	"maps"
	"slices"
	"strings"

	"lectern"
)

// variables reads the values of variables by name. A number is the text that its author wrote.
func (f *fields) variables() map[string]string {
	o, ok := f.object("variables")
	if !ok || len(o.obj.members) == 0 {
		return nil
	}
	// Longer lists are refused by their length.
	m := make(map[string]string, min(len(o.obj.members), lectern.MaxVariables+1))
	for _, e := range o.obj.members {
		switch value := e.value.(type) {
		case string:
			m[e.name] = clean(value)
		case Number:
			m[e.name] = string(value)
		default:
			f.fault(o.at(lectern.Shorten(e.name)), "The value of the variable %q must be a string, not %s.",
				lectern.Shorten(e.name), kind(e.value))
		}
		if len(m) > lectern.MaxVariables {
			break
		}
	}
	return m
}

// byLanguage calls read for each translation of f, in the order in which they were written.
func (f *fields) byLanguage(read func(tag string, o *fields)) {
	all, ok := f.object("translations")
	if !ok {
		return
	}
	seen := map[string]bool{}
	for _, e := range all.obj.members {
		path, tag := all.at(lectern.Shorten(e.name)), lectern.LanguageTag(e.name)
		o, ok := e.value.(*Object)
		switch {
		case e.value == nil:
			continue
		case !ok:
			f.fault(path, "A translation must be an object, not %s.", kind(e.value))
			continue
		case seen[tag]:
			f.fault(path, "There are two translations to %s.", lectern.Shorten(tag))
			continue
		}
		seen[tag] = true
		name := all.called(tag)
		if tag != e.name {
			f.r.places[name] = path
		}
		read(tag, f.r.open(o, path, name, f.slide))
	}
}

// deckTranslations reads the translations of the deck's own fields.
func (f *fields) deckTranslations() map[string]lectern.DeckTranslation {
	var out map[string]lectern.DeckTranslation
	f.byLanguage(func(tag string, o *fields) {
		var t lectern.DeckTranslation
		t.Title, _, _ = o.text("title", "projectName")
		t.Voice = o.voice()
		t.Revisions = o.revisions()
		o.warnUnknownInside()
		if out == nil {
			out = map[string]lectern.DeckTranslation{}
		}
		out[tag] = t
	})
	return out
}

// translations reads the translations of a slide. As on a slide, props may be fields of the translation itself.
func (f *fields) translations() map[string]lectern.Translation {
	var out map[string]lectern.Translation
	f.byLanguage(func(tag string, o *fields) {
		var s lectern.Slide
		s.Narration, _, _ = o.text("narration", "voiceoverText")
		s.Voice, s.Section = o.voice(), o.section()
		revisions := o.revisions()
		in, inAt := f.r.props(o, &s)
		if s.Narration == "" && in != "" {
			s.Narration = in
			f.r.places[o.called("narration")] = inAt.path
		}
		if out == nil {
			out = map[string]lectern.Translation{}
		}
		out[tag] = lectern.Translation{Narration: s.Narration, Props: s.Props, Section: s.Section, Voice: s.Voice,
			Revisions: revisions}
	})
	return out
}

// revisions reads the revisions of the source by field.
func (f *fields) revisions() map[string]string {
	o, ok := f.object("revisions")
	if !ok {
		return nil
	}
	var out map[string]string
	for _, e := range o.obj.members {
		s, ok := e.value.(string)
		if !ok && e.value != nil {
			f.fault(o.at(lectern.Shorten(e.name)), "A revision must be a string, not %s.", kind(e.value))
		}
		field := e.name
		if prop, ok := strings.CutPrefix(field, "props."); ok {
			field = "props." + camel(prop)
		}
		if s = clean(s); s == "" {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[field] = s
	}
	return out
}

func (o *Object) deckTranslations(all map[string]lectern.DeckTranslation) {
	addTranslations(o, all, func(t *Object, d lectern.DeckTranslation) {
		t.text("title", d.Title)
		t.voice(d.Voice)
		t.texts("revisions", d.Revisions)
	})
}

func (o *Object) translations(all map[string]lectern.Translation) {
	addTranslations(o, all, func(t *Object, s lectern.Translation) {
		if len(s.Props) > 0 {
			t.Add("props", tree(s.Props))
		}
		t.text("narration", s.Narration)
		t.text("section", s.Section)
		t.voice(s.Voice)
		t.texts("revisions", s.Revisions)
	})
}

// addTranslations adds the field translations, with an object for each language that write fills. Without languages it
// adds nothing.
func addTranslations[T any](o *Object, all map[string]T, write func(*Object, T)) {
	if len(all) == 0 {
		return
	}
	list := &Object{}
	for _, tag := range slices.Sorted(maps.Keys(all)) {
		t := &Object{}
		write(t, all[tag])
		list.Add(tag, t)
	}
	o.Add("translations", list)
}
