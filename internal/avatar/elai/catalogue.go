package elai

import (
	"context"
	"strings"

	"lectern"
	"lectern/internal/avatar"
)

// defaultLimit is how many seconds a presenter may speak where Elai does not say.
const defaultLimit = 60

// look is a presenter in one dress.
type look struct {
	code, gender, canvas string
	limit                int // seconds
	voice                voice
}

// voice is how Elai names one.
type voice struct {
	ID, Provider, Language string // Language is Elai's own word, such as "English"
	Locale, Gender         string
}

type wireLook struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Canvas string `json:"canvas"`
	Limit  int    `json:"limit"`
}

type wireAvatar struct {
	wireLook
	Gender       string     `json:"gender"`
	DefaultVoice any        `json:"defaultVoice"`
	Variants     []wireLook `json:"variants"`
}

type wireVoices []struct {
	Name   string      `json:"name"`
	Male   []wireVoice `json:"male"`
	Female []wireVoice `json:"female"`
}

type wireVoice struct {
	Character string `json:"character"`
	Voice     string `json:"voice"`
	Provider  string `json:"voiceProvider"`
	Locale    string `json:"locale"`
}

// shelf is what Elai has, as last seen.
type shelf struct {
	avatars []lectern.Avatar
	looks   map[string]look // by full code, lower case
	voices  []voice
}

// load asks Elai for all it has.
func (c *client) load(ctx context.Context) (*shelf, error) {
	var people []wireAvatar
	var groups wireVoices
	errs := make(chan error, 2)
	go func() { errs <- c.once(ctx, "GET", "/avatars", nil, &people) }()
	go func() { errs <- c.once(ctx, "GET", "/voices", nil, &groups) }()
	a, b := <-errs, <-errs
	if a == nil {
		a = b
	}
	if a != nil {
		f := lectern.AsFailure(fault(a, "list its avatars"))
		f.Retryable = true
		return nil, f
	}
	s := &shelf{looks: map[string]look{}}
	for _, g := range groups {
		for i, list := range [2][]wireVoice{g.Male, g.Female} {
			for _, v := range list {
				s.voices = append(s.voices, voice{ID: v.Voice, Provider: v.Provider, Language: g.Name, Locale: v.Locale,
					Gender: [2]string{"male", "female"}[i]})
			}
		}
	}
	for _, p := range people {
		s.add(p)
	}
	return s, nil
}

func (s *shelf) add(p wireAvatar) {
	code := strings.ToLower(p.Code)
	if code == "" || strings.ContainsAny(code, ".: ") {
		return // could not be written in a deck
	}
	a := lectern.Avatar{Engine: Name, Code: code, Name: p.Name, Gender: strings.ToLower(p.Gender),
		Variants: []lectern.AvatarVariant{}}
	own := s.ownVoice(p)
	put := func(full string, l wireLook) {
		if l.Canvas == "" {
			l.Canvas = p.Canvas
		}
		limit := l.Limit
		if limit <= 0 {
			limit = p.Limit
		}
		if limit <= 0 {
			limit = defaultLimit
		}
		s.looks[strings.ToLower(full)] = look{code: full, gender: a.Gender, canvas: l.Canvas, limit: limit, voice: own}
	}
	if len(p.Variants) == 0 {
		put(p.Code, p.wireLook)
	}
	for _, v := range p.Variants {
		put(p.Code+"."+v.Code, v)
		a.Variants = append(a.Variants, lectern.AvatarVariant{Code: strings.ToLower(v.Code), Name: v.Name})
	}
	s.avatars = append(s.avatars, a)
}

// ownVoice is the presenter's default voice, which Elai names as a string or an object.
func (s *shelf) ownVoice(p wireAvatar) voice {
	id := ""
	switch v := p.DefaultVoice.(type) {
	case string:
		id = v
	case map[string]any:
		id, _ = v["voice"].(string)
	}
	for _, v := range s.voices {
		if id != "" && (v.ID == id || v.Provider+":"+v.ID == id) {
			return v
		}
	}
	return voice{}
}

// find gives the look that code names; the first variant where it names none.
func (s *shelf) find(code string) (look, error) {
	code = strings.ToLower(strings.TrimSpace(code))
	if l, ok := s.looks[code]; ok {
		return l, nil
	}
	for _, a := range s.avatars {
		if a.Code == strings.TrimSuffix(code, ".") && code != "" && len(a.Variants) > 0 {
			return s.looks[a.Code+"."+a.Variants[0].Code], nil
		}
	}
	return look{}, avatar.Unknown(code, s.avatars)
}

// choose gives the voice for a take: the one that was asked for, else one of the language, the presenter's own first,
// else the presenter's own.
func (s *shelf) choose(want lectern.VoiceChoice, l look, language string) (voice, error) {
	if want.ID != "" {
		for _, v := range s.voices {
			if strings.EqualFold(v.ID, want.ID) &&
				(want.Engine == "" || want.Engine == Name || strings.EqualFold(want.Engine, v.Provider)) {
				return v, nil
			}
		}
		if want.Engine == Name || want.Engine == "azure" || want.Engine == "elevenlabs" || want.Engine == "wsl" {
			return voice{}, lectern.Fail(lectern.CodeUnknownVoice, "Elai has no voice %.60q. Leave the voice out, or choose "+
				"one that Elai lists.", want.ID)
		}
		// A voice of Lectern's own cannot be Elai's: its language and gender stay.
	}
	if want.Language != "" {
		language = want.Language
	}
	gender := l.gender
	if want.Gender != "" {
		gender = want.Gender
	}
	if speaks(l.voice, language) || language == "" && l.voice.ID != "" {
		return l.voice, nil
	}
	best, score := voice{}, -1
	for _, v := range s.voices {
		if !speaks(v, language) {
			continue
		}
		n := 0
		if strings.EqualFold(v.Locale, language) {
			n += 2
		}
		if v.Gender == gender {
			n += 4
		}
		if v.Provider == "azure" {
			n++
		}
		if n > score {
			best, score = v, n
		}
	}
	switch {
	case score >= 0:
		return best, nil
	case l.voice.ID != "":
		return l.voice, nil
	}
	return voice{}, lectern.Fail(lectern.CodeUnknownVoice, "Elai has no voice for the language %q, and %s none of its "+
		"own. Name one of Elai's voices.", language, l.code)
}

// speaks reports whether a voice is of a language, whatever the region.
func speaks(v voice, language string) bool {
	base := func(s string) string { b, _, _ := strings.Cut(strings.ToLower(s), "-"); return b }
	return v.ID != "" && language != "" && base(v.Locale) == base(language)
}
