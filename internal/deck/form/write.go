package form

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"lectern"
)

// Write returns d as a tree that [Read] reads: every field under its native name, durations in seconds, names in a
// fixed order. Empty fields are left out. If d came from Read, Read returns d again for the tree.
func Write(d lectern.Deck) *Object {
	o := &Object{}
	o.text("title", d.Title)
	o.text("language", d.Language)
	o.texts("variables", d.Variables)
	o.deckTranslations(d.Translations)
	o.text("theme", d.Theme)
	if d.Size != (lectern.Size{}) {
		o.Add("size", []any{whole(d.Size.Width), whole(d.Size.Height)})
	}
	if d.FrameRate != 0 {
		o.Add("frameRate", whole(d.FrameRate))
	}
	o.text("quality", string(d.Quality))
	o.text("layout", string(d.Layout))
	o.text("corner", string(d.Corner))
	o.text("avatar", d.Avatar)
	o.voice(d.Voice)
	o.seconds("hold", d.Hold)
	if d.KeyAvatar != nil {
		o.Add("keyAvatar", *d.KeyAvatar)
	}
	o.text("subtitles", string(d.Subtitles))
	if d.Steps {
		o.Add("steps", true)
	}
	o.texts("metadata", d.Metadata)
	if len(d.Transitions) > 0 {
		list := make([]any, len(d.Transitions))
		for i, t := range d.Transitions {
			list[i] = writtenTransition(t)
		}
		o.Add("transitions", list)
	}
	if r := d.Recording; r != nil {
		o.Add("recording", writtenRecording(*r))
	}
	slides := make([]any, len(d.Slides))
	for i, s := range d.Slides {
		slides[i] = writtenSlide(s)
	}
	o.Add("slides", slides)
	return o
}

func writtenRecording(r lectern.Recording) *Object {
	o := &Object{}
	o.text("file", r.File)
	if len(r.Starts) > 0 {
		list := make([]any, len(r.Starts))
		for i, at := range r.Starts {
			list[i] = number(at.Seconds())
		}
		o.Add("starts", list)
	}
	return o
}

func writtenSlide(s lectern.Slide) *Object {
	o := &Object{}
	o.text("id", s.ID)
	o.text("template", s.Template)
	if p := s.Page; p != nil {
		page := &Object{}
		page.text("file", p.File)
		page.Add("page", whole(p.Page))
		o.Add("page", page)
	}
	if len(s.Props) > 0 {
		o.Add("props", tree(s.Props))
	}
	o.steps(s.Steps)
	o.text("narration", s.Narration)
	o.text("section", s.Section)
	if a := s.Sound; a != nil {
		sound := &Object{}
		sound.text("file", a.File)
		sound.seconds("start", a.Start)
		sound.seconds("end", a.End)
		o.Add("sound", sound)
	}
	o.translations(s.Translations)
	o.voice(s.Voice)
	o.seconds("hold", s.Hold)
	if b := s.AvatarBox; b != nil {
		box := &Object{}
		for _, side := range []struct {
			name  string
			value int
		}{{"x", b.X}, {"y", b.Y}, {"width", b.Width}, {"height", b.Height}} {
			box.Add(side.name, whole(side.value))
		}
		o.Add("avatarBox", box)
	}
	o.text("avatarBackground", s.Background)
	if len(s.Positions) > 0 {
		places := &Object{}
		for _, id := range slices.Sorted(maps.Keys(s.Positions)) {
			at := &Object{}
			at.Add("x", number(s.Positions[id].X))
			at.Add("y", number(s.Positions[id].Y))
			places.Add(id, at)
		}
		o.Add("positions", places)
	}
	return o
}

// writtenTransition is an object, or "" for a transition without a type that lasts for DefaultTransition.
func writtenTransition(t lectern.Transition) any {
	if t.Type == "" && t.Duration == lectern.DefaultTransition {
		return ""
	}
	o := &Object{}
	o.text("type", t.Type)
	if t != (lectern.Transition{Type: lectern.TransitionNone}) {
		o.Add("duration", number(t.Duration.Seconds()))
	}
	return o
}

// All iterates over the fields in their order.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, m := range o.members {
			if value, _ := o.Get(m.name); !yield(m.name, value) {
				return
			}
		}
	}
}

func (o *Object) text(name, value string) {
	if value != "" {
		o.Add(name, value)
	}
}

// texts adds an object of texts, unless it is empty.
func (o *Object) texts(name string, texts map[string]string) {
	if len(texts) == 0 {
		return
	}
	m := &Object{}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		m.Add(key, texts[key])
	}
	o.Add(name, m)
}

// seconds adds a duration in seconds. A negative one stands for a value that Validate refuses, so it is written as -1.
func (o *Object) seconds(name string, d time.Duration) {
	switch {
	case d > 0:
		o.Add(name, number(d.Seconds()))
	case d < 0:
		o.Add(name, whole(-1))
	}
}

func (o *Object) voice(v lectern.VoiceChoice) {
	if v == (lectern.VoiceChoice{}) {
		return
	}
	c := &Object{}
	c.text("engine", v.Engine)
	c.text("id", v.ID)
	c.text("language", v.Language)
	c.text("gender", v.Gender)
	if v.Speed != 0 {
		c.Add("speed", number(v.Speed))
	}
	o.Add("voice", c)
}

// tree turns a value, as encoding/json decodes it, into a tree with sorted names.
func tree(v any) any {
	switch value := v.(type) {
	case float64:
		return number(value)
	case []any:
		list := make([]any, len(value))
		for i, e := range value {
			list[i] = tree(e)
		}
		return list
	case map[string]any:
		o := &Object{}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			o.Add(name, tree(value[name]))
		}
		return o
	}
	return v
}

func whole(n int) Number { return Number(strconv.Itoa(n)) }

// number writes x so that it is read as the same number.
func number(x float64) Number { return Number(strconv.FormatFloat(x, 'g', -1, 64)) }
