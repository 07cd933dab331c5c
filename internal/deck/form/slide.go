package form

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"lectern"
)

// defaultBox is the side of an avatar that has a place but no size in the deck, in slide pixels.
const defaultBox = 480

// slides reads the slides with their narrations. A deck with a slideUrl in place of slides has one slide: that picture.
func (r *reader) slides(f *fields, d lectern.Deck) []lectern.Slide {
	spoken := r.spoken(f)
	list, at, ok := f.list("slides", "slidesData")
	picture, pictureAt, hasPicture := f.text("slideUrl")
	switch {
	case !ok && at.path != "":
		return nil // of the wrong type, which is already a fault
	case !ok && hasPicture:
		if u, err := url.Parse(picture); err != nil || (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") &&
			u.Scheme != "data" {
			f.fault(pictureAt.path, "%q must be the http or https address of a picture.", last(pictureAt.path))
		}
		s := lectern.Slide{Template: "image", Props: map[string]any{"image": picture}}
		return r.narrate([]lectern.Slide{s}, spoken)
	case !ok:
		return nil
	case hasPicture:
		r.warn("unused_slide_url", 0, "%q was ignored, because the deck has slides.", last(pictureAt.path))
	}
	slides := make([]lectern.Slide, min(len(list), r.lim.Slides+1))
	for i, v := range list[:len(slides)] { // Validate refuses longer lists by their length
		index := "[" + strconv.Itoa(i) + "]"
		path := at.path + index
		o, ok := v.(*Object)
		if !ok {
			r.fault(path, i+1, "A slide must be an object, not %s.", kind(v))
			continue
		}
		slides[i] = r.slide(r.open(o, path, "slides"+index, i+1), d)
	}
	return r.narrate(slides, spoken)
}

// spokenTexts are the narrations in the deck's field voiceoverTexts, one for each slide.
type spokenTexts struct {
	texts []string
	path  string
}

func (r *reader) spoken(f *fields) spokenTexts {
	v, ok := f.take("voiceoverTexts", "voiceoverText")
	if !ok {
		return spokenTexts{}
	}
	if s, ok := v.value.(string); ok {
		return spokenTexts{[]string{clean(s)}, v.path}
	}
	list, ok := v.value.([]any)
	if !ok {
		f.wrong(v, "a list of strings")
		return spokenTexts{}
	}
	out := spokenTexts{path: v.path}
	for i, e := range list {
		s, ok := e.(string)
		if !ok && e != nil {
			f.fault(fmt.Sprintf("%s[%d]", v.path, i), "%q must be a list of strings; entry %d is %s.", last(v.path), i+1,
				kind(e))
		}
		out.texts = append(out.texts, clean(s))
	}
	return out
}

// narrate sets the narration of slides that have none to the text at their position in spoken. If there is one slide,
// it gets all texts.
func (r *reader) narrate(slides []lectern.Slide, spoken spokenTexts) []lectern.Slide {
	texts := spoken.texts
	if len(slides) == 1 && len(texts) > 1 {
		var parts []string
		for _, t := range texts {
			if t != "" {
				parts = append(parts, t)
			}
		}
		texts = []string{strings.Join(parts, "\n")}
	}
	if len(texts) > len(slides) {
		r.warn("unused_narration", 0, "%q has %d entries for %d slides; the last ones were ignored.", last(spoken.path),
			len(texts), len(slides))
	}
	for i := range slides {
		if slides[i].Narration == "" && i < len(texts) && texts[i] != "" {
			slides[i].Narration = texts[i]
			r.places[fmt.Sprintf("slides[%d].narration", i)] = fmt.Sprintf("%s[%d]", spoken.path, i)
		}
		if script := slides[i].Script(); slides[i].Hold > 0 && (!script.Silent() || script.Pauses() > 0) {
			at := r.places.Written(fmt.Sprintf("slides[%d].hold", i))
			r.warnAt("unused_hold", at, i+1, "%q was ignored: a slide with a narration stays as long as that lasts. "+
				"To stay longer, end the narration with a pause such as [pause 2s].", last(at))
		}
	}
	return slides
}

func (r *reader) slide(f *fields, d lectern.Deck) lectern.Slide {
	var s lectern.Slide
	if id, ok := f.take("id", "slideId"); ok {
		switch v := id.value.(type) {
		case string:
			s.ID = clean(v)
		case Number:
			s.ID = lectern.Shorten(string(v))
		default:
			f.wrong(id, "a string")
		}
	}
	template, _, _ := f.text("template", "templateId")
	s.Template = templateID(template)
	s.Page, s.Sound = f.pageOf(), f.soundOf()
	s.Section, s.Steps = f.section(), f.steps(s.Page != nil)
	s.Voice = f.voice()
	s.AvatarBox, s.Background = f.avatarBox()
	s.Hold = f.ownHold()
	s.Positions = f.positions(d.SlideSize())
	own, _, _ := f.text("narration", "voiceoverText")
	if c, ok := f.take("background"); ok {
		text, _ := c.value.(string)
		if colour, ok := colourOf(text); ok && s.Background == "" {
			s.Background = colour
		} else if !ok {
			f.known["background"] = false // it is not a colour, so it is a prop
		}
	}
	s.Translations = f.translations()
	in, inAt := r.props(f, &s)
	if own == "" && in != "" {
		own = in
		r.places[f.called("narration")] = inAt.path
	}
	s.Narration = own
	return s
}

// section reads the section of a slide or a translation. A section that is not a text is a prop.
func (f *fields) section() string {
	if value, _ := f.obj.Get("section"); value != nil {
		if _, ok := value.(string); !ok {
			return ""
		}
	}
	section, _, _ := f.text("section")
	return section
}

// pageOf reads the page of a file that a slide shows. A page that is not an object is a prop.
func (f *fields) pageOf() *lectern.PageOf {
	o, ok := f.ownObject("page")
	if !ok {
		return nil
	}
	defer o.warnUnknownInside()
	var p lectern.PageOf
	p.File, _, _ = o.text("file")
	if v, ok := o.take("page"); ok {
		p.Page, _ = o.whole(v)
	} else {
		p.Page = 1
	}
	return &p
}

// soundOf reads the recorded sound of a slide. A sound that is not an object is a prop.
func (f *fields) soundOf() *lectern.SoundOf {
	o, ok := f.ownObject("sound")
	if !ok {
		return nil
	}
	defer o.warnUnknownInside()
	var s lectern.SoundOf
	s.File, _, _ = o.text("file")
	if x, _, ok := o.number("start"); ok {
		s.Start = nanoseconds(x)
	}
	if x, _, ok := o.number("end"); ok && x > 0 {
		s.End = max(nanoseconds(x), 1)
	} else if ok {
		s.End = -1 // Validate refuses it
	}
	return &s
}

// ownObject returns a field of the slide that is an object. A value of another type is left to the props.
func (f *fields) ownObject(name string) (*fields, bool) {
	if value, _ := f.obj.Get(name); value != nil {
		if _, ok := value.(*Object); !ok {
			return nil, false
		}
	}
	return f.object(name)
}

// templateID is the id without the "-slide" ending, in lower case and with hyphens.
func templateID(s string) string {
	s = strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(s))
	if short := strings.TrimSuffix(s, "-slide"); short != "" {
		s = short
	}
	return s
}

// props sets the props of s: those in its object props, and unknown fields of the slide itself. If both have a field of
// the same name, the one in props counts. It returns the narration that is among the props.
func (r *reader) props(f *fields, s *lectern.Slide) (narration string, at field) {
	o, nested := f.object("props")
	if nested {
		narration, at, _ = o.text("narration", "voiceoverText")
	}
	merged := map[string]any{}
	r.collect(f, f.called("props"), merged)
	if nested {
		r.collect(o, o.name, merged)
	}
	if len(merged) > 0 {
		s.Props = merged
	}
	return narration, at
}

// collect adds the unknown fields of f to the props in into, as plain values. name is the path of these props in a
// deck. If a name is given in both spellings, the camelCase one counts.
func (r *reader) collect(f *fields, name string, into map[string]any) {
	for _, written := range f.rest() {
		value, _ := f.obj.Get(written)
		if value == nil {
			continue
		}
		key := camel(written)
		if key != written && f.obj.place(key) >= 0 {
			continue
		}
		v := field{value, f.at(lectern.Shorten(written))}
		plain := (&plainer{f: f, root: v.path}).plain(value)
		if plain == nil {
			continue
		}
		into[key] = f.commonProp(key, plain, v)
		delete(r.places, inside(name, key))
		if f.name != name || key != written {
			r.places[inside(name, key)] = v.path
		}
	}
}

// commonProp checks the type of a prop whose name means the same in every template, such as title and items.
func (f *fields) commonProp(name string, plain any, v field) any {
	switch name {
	case "title", "subtitle":
		switch plain.(type) {
		case string:
		case float64:
			return string(v.value.(Number))
		default:
			f.wrong(v, "a string")
		}
	case "content":
		switch plain.(type) {
		case string, []any:
		case float64:
			return string(v.value.(Number))
		default:
			f.wrong(v, "a string or a list of strings")
		}
	case "items", "steps":
		switch plain.(type) {
		case []any, string:
		default:
			f.wrong(v, "a list")
		}
	}
	return plain
}

// avatarBox reads the avatar's place on a slide, and the colour of its background.
func (f *fields) avatarBox() (*lectern.Rect, string) {
	colour := ""
	box, hasBox := f.object("avatarBox", "avatarPosition")
	if hasBox {
		colour = box.colour("backgroundColor")
	}
	if general := f.colour("elaiBackgroundColor", "avatarBackground"); colour == "" {
		colour = general
	}
	if !hasBox {
		return nil, colour
	}
	defer box.warnUnknownInside()
	var got [4]float64
	var has [4]bool
	for i, name := range []string{"x", "y", "width", "height"} {
		var v field
		var ok bool
		if got[i], v, ok = box.number(name); ok {
			has[i] = true
			if math.Abs(got[i]) > 1e6 || i >= 2 && got[i] < 1 {
				box.fault(v.path, "%q of %q is out of bounds: %g.", name, last(box.path), got[i])
				return nil, colour
			}
		} else if v.path != "" {
			return nil, colour
		}
	}
	if has == [4]bool{} {
		return nil, colour // only a colour, without a place
	}
	if !has[0] || !has[1] {
		box.fault(box.path, "%q needs x and y, in slide pixels.", last(box.path))
		return nil, colour
	}
	switch {
	case !has[2] && !has[3]:
		got[2], got[3] = defaultBox, defaultBox
	case !has[2]:
		got[2] = got[3]
	case !has[3]:
		got[3] = got[2]
	}
	left, top := int(math.Round(got[0])), int(math.Round(got[1]))
	right, bottom := int(math.Round(got[0]+got[2])), int(math.Round(got[1]+got[3]))
	return &lectern.Rect{X: left, Y: top, Width: right - left, Height: bottom - top}, colour
}

// positions reads the places of elements. Those in the metadata are in pixels of the editor's canvas and are scaled to
// slide pixels.
func (f *fields) positions(page lectern.Size) map[string]lectern.Point {
	if direct, ok := f.object("positions"); ok {
		return direct.points(1, 1)
	}
	meta, ok := f.object("metadata")
	if !ok {
		return nil
	}
	sx, sy := 1.0, 1.0
	if canvas, ok := meta.object("canvasDimensions"); ok {
		w, atW, okW := canvas.number("width")
		h, atH, okH := canvas.number("height")
		for _, side := range []struct {
			v  float64
			at field
			ok bool
		}{{w, atW, okW}, {h, atH, okH}} {
			if side.ok && !(side.v >= 1 && side.v <= 100_000) {
				canvas.fault(side.at.path, "A canvas has 1 to 100000 pixels a side, not %g.", side.v)
				return nil
			}
		}
		if !okW || !okH {
			if atW.path == "" || atH.path == "" {
				canvas.fault(canvas.path, "%q needs a width and a height.", last(canvas.path))
			}
			return nil
		}
		sx, sy = float64(page.Width)/w, float64(page.Height)/h
	}
	places, ok := meta.object("elementPositions")
	if !ok {
		return nil
	}
	return places.points(sx, sy)
}

func (f *fields) points(sx, sy float64) map[string]lectern.Point {
	points := map[string]lectern.Point{}
	for _, m := range f.obj.members {
		id, v := m.name, m.value
		if v == nil {
			continue
		}
		path := f.at(lectern.Shorten(id))
		o, ok := v.(*Object)
		if !ok {
			f.fault(path, "The place of an element must be an object with x and y, not %s.", kind(v))
			continue
		}
		place := f.r.open(o, path, f.called(id), f.slide)
		x, atX, okX := place.number("x")
		y, atY, okY := place.number("y")
		switch {
		case okX && okY && math.Abs(x) <= 1e6 && math.Abs(y) <= 1e6:
			points[id] = lectern.Point{X: hundredths(x * sx), Y: hundredths(y * sy)}
		case okX && okY:
			f.fault(path, "The place of the element %q is out of bounds.", lectern.Shorten(id))
		case atX.path == "" || atY.path == "":
			f.fault(path, "The place of the element %q needs x and y.", lectern.Shorten(id))
		}
	}
	if len(points) == 0 {
		return nil
	}
	return points
}

// hundredths rounds x to two decimals, so that the same place is the same number in both dialects.
func hundredths(x float64) float64 {
	if r := math.Round(x*100) / 100; r != 0 {
		return r
	}
	return 0 // never -0
}

// colour reads a colour as "#rrggbb". It returns "" if there is none, and for "transparent" and "none".
func (f *fields) colour(names ...string) string {
	s, at, ok := f.text(names...)
	if !ok {
		return ""
	}
	c, ok := colourOf(s)
	if !ok {
		f.fault(at.path, "%q must be a colour such as \"#1a2b3c\", not %q.", last(at.path), lectern.Shorten(s))
	}
	return c
}

// colourOf reads #rgb, #rrggbb, #rrggbbaa (without the alpha) and rgb(r, g, b) as "#rrggbb". It reads "transparent" and
// "none" as "".
func colourOf(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "transparent" || s == "none" {
		return "", true
	}
	if inner, ok := strings.CutPrefix(s, "rgb("); ok {
		parts := strings.Split(strings.TrimSuffix(inner, ")"), ",")
		if len(parts) != 3 || !strings.HasSuffix(inner, ")") {
			return "", false
		}
		out := "#"
		for _, p := range parts {
			n, err := strconv.ParseUint(strings.TrimSpace(p), 10, 8)
			if err != nil {
				return "", false
			}
			out += fmt.Sprintf("%02x", n)
		}
		return out, true
	}
	hex, ok := strings.CutPrefix(s, "#")
	if !ok || strings.Trim(hex, "0123456789abcdef") != "" {
		return "", false
	}
	switch len(hex) {
	case 3:
		return "#" + string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]}), true
	case 6, 8:
		return "#" + hex[:6], true
	}
	return "", false
}
