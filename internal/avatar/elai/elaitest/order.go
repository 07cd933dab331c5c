package elaitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
)

// Presenters are the full codes that the stand-in lists.
func Presenters() []string { return []string{"gia.casual", "gia.business", "zara.regular"} }

// ShortLimit is how many seconds zara may speak.
const ShortLimit = 60

func (s *Server) picture(code string) string { return s.http.URL + "/common/" + code + ".png" }

func (s *Server) avatars() any {
	look := func(code, name, full string, more map[string]any) map[string]any {
		m := map[string]any{"code": code, "name": name, "thumbnail": s.picture(full), "canvas": s.picture(full)}
		for k, v := range more {
			m[k] = v
		}
		return m
	}
	return []any{
		look("gia", "Gia", "gia", map[string]any{"gender": "female", "defaultVoice": "en-US-AriaNeural", "limit": 300,
			"variants": []any{
				look("casual", "Casual", "gia.casual", map[string]any{"limit": 300}),
				look("business", "Business", "gia.business", nil)}}),
		look("zara", "Zara", "zara",
			map[string]any{"gender": "female", "variants": []any{look("regular", "Regular", "zara.regular", nil)}}),
	}
}

func voices() any {
	v := func(character, voice, provider, locale string) map[string]any {
		return map[string]any{"character": character, "voice": voice, "voiceProvider": provider, "locale": locale}
	}
	return []any{
		map[string]any{"name": "English", "male": []any{v("Guy", "en-US-GuyNeural", "azure", "en-US")},
			"female": []any{v("Aria", "en-US-AriaNeural", "azure", "en-US"), v("Sonia", "en-GB-SoniaNeural", "azure", "en-GB")}},
		map[string]any{"name": "Ukrainian", "male": []any{v("Ostap", "uk-UA-OstapNeural", "azure", "uk-UA")},
			"female": []any{v("Polina", "uk-UA-PolinaNeural", "azure", "uk-UA")}},
	}
}

// Ordered has the fields of an order. An order with other fields is refused.
type Ordered struct {
	Name, Format, Resolution string
	Tags                     []string
	Slides                   []struct {
		ID     int
		Status string
		Canvas struct {
			Objects []struct {
				Type, Fill, Src, AvatarType string
				Left, Top, ScaleX, ScaleY   float64
				Width, Height               int
				Animation                   map[string]any
			}
			Background, Version string
		}
		Avatar                                                       struct{ Code, Gender, Canvas string }
		Animation, Language, Speech, Voice, VoiceType, VoiceProvider string
	}
}

var fullColour = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

// faults returns what is wrong with an order.
func (o Ordered) faults(picture func(code string) string) []string {
	var out []string
	bad := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if o.Name == "" || keyOf(o.Tags) == "" {
		bad("name %q and tags %v: both are needed", o.Name, o.Tags)
	}
	if o.Format != "16_9" || o.Resolution != "1080p" {
		bad("format %q and resolution %q, not 16_9 and 1080p", o.Format, o.Resolution)
	}
	if len(o.Slides) != 1 {
		bad("%d slides, not one", len(o.Slides))
		return out
	}
	s := o.Slides[0]
	known := false
	for _, p := range Presenters() {
		known = known || p == s.Avatar.Code && s.Avatar.Canvas == picture(p)
	}
	if !known || s.Avatar.Gender != "female" {
		bad("the avatar is %+v", s.Avatar)
	}
	if s.ID != 1 || s.Status != "edited" || s.Animation == "" || s.Language == "" || s.Speech == "" || s.Voice == "" ||
		s.VoiceType != "text" || s.VoiceProvider == "" {
		bad("a field of the slide is missing: %+v", s)
	}
	if !fullColour.MatchString(s.Canvas.Background) || s.Canvas.Version != "4.4.0" || len(s.Canvas.Objects) != 1 {
		bad("the canvas is %+v", s.Canvas)
		return out
	}
	ob := s.Canvas.Objects[0]
	w, h := float64(ob.Width)*ob.ScaleX, float64(ob.Height)*ob.ScaleY
	if ob.Type != "avatar" || ob.Src != s.Avatar.Canvas || ob.AvatarType != "transparent" ||
		!fullColour.MatchString(ob.Fill) {
		bad("the object is %+v", ob)
	}
	if ob.Width != 1080 || ob.Height != 1080 || w < 90 || h < 90 || ob.Left < 0 || ob.Top < 0 || ob.Left+w > 640.01 ||
		ob.Top+h > 360.01 {
		bad("the object is at %g,%g with %g×%g, too small or outside of 640×360", ob.Left, ob.Top, w, h)
	}
	if _, ok := ob.Animation["type"]; !ok {
		bad("the object has no animation.type")
	}
	return out
}

func (s *Server) create(r *http.Request) (int, any) {
	if ct := r.Header.Get("Content-Type"); ct != "application/json" {
		s.t.Errorf("an order has the content type %q", ct)
	}
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	d.DisallowUnknownFields()
	var o Ordered
	if err := d.Decode(&o); err != nil {
		s.t.Errorf("an order cannot be read: %v", err)
		return 400, map[string]any{"message": "Bad request"}
	}
	if o.Name == "" {
		s.t.Error("an order has no name")
		return 400, map[string]any{"message": "Name is required"}
	}
	for _, f := range o.faults(s.picture) {
		s.t.Errorf("a wrong order: %s", f)
	}
	if len(o.Slides) == 0 {
		return 400, map[string]any{"message": "Bad request"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	v := &film{id: fmt.Sprintf("%024x", s.next), name: o.Name, tags: o.Tags, key: keyOf(o.Tags), text: o.Slides[0].Speech}
	s.videos[v.id] = v
	s.creates[v.key]++
	return 200, map[string]any{"_id": v.id, "name": v.name, "status": "draft", "tags": v.tags}
}
