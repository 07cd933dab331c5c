package slides

import (
	"maps"
	"slices"
	"strings"
)

// notes are props for editors and programs, which are not meant to be visible on the slide.
var notes = []string{
	"voiceovertext", "narration", "speakernotes", "notes", "id", "slideid", "templateid", "template", "type", "key",
	"order", "index", "metadata",
	"elementpositions", "canvasdimensions", "alt", "imagealt", "imageprompt",
}

// maxUnread bounds how many unknown props of one slide warnings name, and how many unknown fields of its items.
const maxUnread = 8

// unread warns of the props of a slide that the template does not have, so that they are not shown.
func (v *view) unread(d *design, raw map[string]any, p props) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		key := squash(name)
		if !empty(raw[name]) && !strings.HasPrefix(name, "$") && !slices.Contains(notes, key) &&
			(!p.used[key] || p.names[key] != name) {
			names = append(names, name)
		}
	}
	defer func() { v.at = "" }()
	for i, name := range names {
		if i == maxUnread {
			v.at = ""
			v.warn("unknown_prop", "The slide has %d more props that the template %q does not take.",
				len(names)-i, d.ID)
			return
		}
		short, _ := cut(clean(name), 60)
		v.at = short
		v.warn("unknown_prop", "The template %q does not take %q here, so it is not shown. It takes %s.", d.ID, short,
			d.takes())
	}
}

// blank warns of a slide that shows only its background.
func (v *view) blank(d *design) {
	codes := slices.ContainsFunc(slices.Collect(maps.Values(v.codes)), func(c *Code) bool { return c != nil })
	if len(v.made) == 0 && len(v.assets) == 0 && len(v.files) == 0 && !codes && len(v.docs) == 0 && v.behind == nil {
		v.warn("slide_empty", "The slide shows only its background. The template %q takes %s.", d.ID, d.takes())
	}
}

// takes lists the names of the template's props.
func (d *design) takes() string {
	var names []string
	for _, q := range d.Props {
		names = append(names, q.Name)
	}
	return strings.Join(names, ", ")
}

// itemNotes are fields of an item that are meant for editors.
var itemNotes = []string{"id", "key", "order", "index", "type", "alt", "imagealt"}

// unreadFields warns, once for a list, of fields of its items that are not shown.
func (v *view) unreadFields(p props) {
	at := v.at
	defer func() { v.at = at }()
	v.at, _, _ = strings.Cut(at, "[")
	for _, key := range slices.Sorted(maps.Keys(p.values)) {
		if p.used[key] || empty(p.values[key]) || slices.Contains(itemNotes, key) || v.strange >= maxUnread {
			continue
		}
		name, _ := cut(clean(p.names[key]), 60)
		if v.warned[v.at+"\x00"+name] {
			continue
		}
		v.warned[v.at+"\x00"+name] = true
		v.strange++
		v.warn("unknown_prop", "The items of %q have %q, which is not shown.", v.at, name)
	}
}
