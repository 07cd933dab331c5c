package elai

import (
	"context"
	"strings"

	"lectern"
	"lectern/internal/avatar"
)

// defaultLimit is the longest that a presenter may speak, in seconds, if Elai states no limit.
const defaultLimit = 60

// look is one variant of a presenter, or a presenter without variants.
type look struct {
	code, gender, canvas string
	limit                int // seconds
	voice                voice
}

// voice is a voice as Elai names it.
type voice struct {
	ID, Provider, Language string // Language is Elai's own name of it, such as "English"
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

// catalogue has Elai's presenters and voices as they were last listed.
type catalogue struct {
	avatars []lectern.Avatar
	looks   map[string]look // by full code, lower case
	voices  []voice
}

// load asks Elai for its presenters and voices.
func (c *client) load(ctx context.Context) (*catalogue, error) {
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
	s := &catalogue{looks: map[string]look{}}
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

// add adds a presenter with its looks. s.voices must be complete before, because it contains the default voices.
func (s *catalogue) add(p wireAvatar) {
	code := strings.ToLower(p.Code)
	if code == "" || strings.ContainsAny(code, ".: ") {
		return // a deck cannot name such a code
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

// ownVoice returns the presenter's default voice, which Elai names as a string or an object. It is zero if there is
// none.
func (s *catalogue) ownVoice(p wireAvatar) voice {
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

// find returns the look that code names. A code without a variant means the first one.
func (s *catalogue) find(code string) (look, error) {
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

// choose returns the voice for a take: the first that exists of
//
//   - the voice that want names;
//   - the presenter's own voice, if it speaks the language;
//   - the best match of language and gender;
//   - the presenter's own voice.
//
// If want names a voice of Elai or of its providers that does not exist, the failure has lectern.CodeUnknownVoice.
func (s *catalogue) choose(want lectern.VoiceChoice, l look, language string) (voice, error) {
	if want.ID != "" {
		for _, v := range s.voices {
			if strings.EqualFold(v.ID, want.ID) &&
				(want.Engine == "" || want.Engine == Name || strings.EqualFold(want.Engine, v.Provider)) {
				return v, nil
			}
		}
		if want.Engine == Name || want.Engine == "azure" || want.Engine == "elevenlabs" || want.Engine == "wsl" {
			return voice{}, lectern.Fail(lectern.CodeUnknownVoice, "Elai has no voice %.60q. Leave the voice out, or choose "+
				"a voice that Elai lists.", want.ID)
		}
		// A voice of another engine is not available at Elai: only the choice's language and gender count.
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
	return voice{}, lectern.Fail(lectern.CodeUnknownVoice, "Elai has no voice for the language %q, and its presenter "+
		"%s has no default voice. Choose a voice that Elai lists.", language, l.code)
}

// speaks reports whether a voice speaks a language, in whatever region.
func speaks(v voice, language string) bool {
	base := func(s string) string { b, _, _ := strings.Cut(strings.ToLower(s), "-"); return b }
	return v.ID != "" && language != "" && base(v.Locale) == base(language)
}
