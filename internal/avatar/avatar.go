// Package avatar gives a presentation its presenter: it turns the narration of one slide into a [lectern.Clip], the
// frames of an avatar that speaks it.
//
// An engine (a folder next to this file) draws its own avatars, which it knows by "name" or "name.variant". The
// [Catalogue] holds all engines. It reads what decks write ("gia", "gia.casual", "builtin:gia.casual"), resolves it to
// an engine and a full code, and lists the known avatars in the failure for an unknown code.
package avatar

import (
	"context"
	"image"
	"slices"
	"strings"

	"lectern"
)

// Engine draws avatars. Engines are safe for concurrent use; the conformance suite in avatartest checks what else
// they guarantee.
type Engine interface {
	// Name is the engine's stable name, lower case, as decks write it before the colon.
	Name() string
	// Avatars lists the engine's avatars, the default avatar first.
	Avatars(ctx context.Context) ([]lectern.Avatar, error)
	// Animate starts a clip. r.Avatar is "name" or "name.variant". For an unknown avatar the failure has
	// lectern.CodeUnknownAvatar. The clip ends early, with ctx's error, when ctx ends.
	Animate(ctx context.Context, r lectern.ClipRequest) (lectern.Clip, error)
	// Portrait returns a still picture of the avatar, on a transparent background, for lists and thumbnails.
	Portrait(ctx context.Context, code string, s lectern.Size) (image.Image, error)
	// Fingerprint changes whenever the same request may return other frames.
	Fingerprint() string
}

// Catalogue holds all avatar engines of a server. It is safe for concurrent use.
type Catalogue struct {
	engines []Engine
	byName  map[string]Engine
	absent  map[string]string // by the name of an engine that is not set up: a sentence that says why
	def     string            // the avatar of decks that name none
}

// New makes a catalogue of engines, in order of preference. def is the avatar of decks that name none, in any
// spelling that [Catalogue.Resolve] understands; empty means "mikhailo". Two engines of one name are a programming
// error: the first wins.
func New(def string, engines ...Engine) *Catalogue {
	c := &Catalogue{byName: map[string]Engine{}, def: strings.TrimSpace(def)}
	if c.def == "" {
		c.def = "mikhailo"
	}
	for _, e := range engines {
		if _, twice := c.byName[e.Name()]; !twice {
			c.engines, c.byName[e.Name()] = append(c.engines, e), e
		}
	}
	return c
}

// Without registers an engine that is not set up, with a sentence that says why. [Catalogue.Resolve] returns that
// sentence for a code that names the engine. Without must be called before the catalogue is used. It returns c.
func (c *Catalogue) Without(name, sentence string) *Catalogue {
	if c.absent == nil {
		c.absent = map[string]string{}
	}
	c.absent[name] = sentence
	return c
}

// Avatars lists the avatars of all engines, engine after engine. It skips an engine that fails. If no engine lists an
// avatar, it returns the error of the last engine that failed.
func (c *Catalogue) Avatars(ctx context.Context) ([]lectern.Avatar, error) {
	var all []lectern.Avatar
	var failed error
	for _, e := range c.engines {
		list, err := e.Avatars(ctx)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			failed = err
			continue
		}
		for _, a := range list {
			a.Engine = e.Name()
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return nil, failed
	}
	return all, nil
}

// Resolve finds the avatar that a deck names: "name", "name.variant", either with "engine:" before it, or nothing for
// the default avatar. Letter case and spaces around it do not matter. The result avatar is always "name.variant", or
// "name" for an avatar without variants. For an unknown code the failure has lectern.CodeUnknownAvatar and lists the
// known avatars. If no engine has the code and one could not list its avatars, Resolve returns that engine's error.
func (c *Catalogue) Resolve(ctx context.Context, code string) (engine, avatar string, err error) {
	asked := strings.TrimSpace(code)
	if asked == "" {
		asked = c.def
	}
	want, of := strings.ToLower(asked), ""
	if e, rest, ok := strings.Cut(want, ":"); ok {
		of, want = strings.TrimSpace(e), strings.TrimSpace(rest)
	}
	if why, ok := c.absent[of]; ok && c.byName[of] == nil {
		f := lectern.Fail(lectern.CodeUnknownAvatar, "%s", why)
		f.Param = "avatar"
		return "", "", f
	}
	name, variant, _ := strings.Cut(want, ".")
	var failed error
	for _, e := range c.engines {
		if of != "" && of != e.Name() {
			continue
		}
		list, err := e.Avatars(ctx)
		if err != nil {
			failed = err // the avatar may be another engine's
			continue
		}
		for _, a := range list {
			if strings.ToLower(a.Code) != name {
				continue
			}
			if full, ok := pick(a, variant); ok {
				return e.Name(), full, nil
			}
		}
	}
	if failed != nil {
		return "", "", failed
	}
	return "", "", c.unknown(ctx, asked)
}

// pick returns the full code of a's variant, and whether a has it. An empty variant means the first.
func pick(a lectern.Avatar, variant string) (string, bool) {
	if len(a.Variants) == 0 {
		return a.Code, variant == ""
	}
	if variant == "" {
		return a.Code + "." + a.Variants[0].Code, true
	}
	i := slices.IndexFunc(a.Variants, func(v lectern.AvatarVariant) bool { return strings.ToLower(v.Code) == variant })
	if i < 0 {
		return "", false
	}
	return a.Code + "." + a.Variants[i].Code, true
}

// Animate starts a clip of the avatar that code names. It sets r.Avatar.
func (c *Catalogue) Animate(ctx context.Context, code string, r lectern.ClipRequest) (lectern.Clip, error) {
	engine, full, err := c.Resolve(ctx, code)
	if err != nil {
		return nil, err
	}
	r.Avatar = full
	return c.byName[engine].Animate(ctx, r)
}

// Portrait returns a still picture of the avatar that code names; see [Engine].
func (c *Catalogue) Portrait(ctx context.Context, code string, s lectern.Size) (image.Image, error) {
	engine, full, err := c.Resolve(ctx, code)
	if err != nil {
		return nil, err
	}
	return c.byName[engine].Portrait(ctx, full, s)
}

// Fingerprint identifies the avatar that code names and its engine's fingerprint, for content keys. It is empty for an
// unknown code.
func (c *Catalogue) Fingerprint(code string) string {
	engine, full, err := c.Resolve(context.Background(), code)
	if err != nil {
		return ""
	}
	return engine + ":" + full + "@" + c.byName[engine].Fingerprint()
}

// Gender returns the gender of the avatar that code names, or "" if it has none or is unknown. It chooses a voice that
// suits the avatar for a narration that names no voice.
func (c *Catalogue) Gender(ctx context.Context, code string) string {
	engine, full, err := c.Resolve(ctx, code)
	if err != nil {
		return ""
	}
	list, err := c.byName[engine].Avatars(ctx)
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(full, ".")
	for _, a := range list {
		if a.Code == name {
			return a.Gender
		}
	}
	return ""
}

func (c *Catalogue) unknown(ctx context.Context, asked string) error {
	list, err := c.Avatars(ctx)
	if err != nil {
		return err
	}
	f := Unknown(asked, list)
	f.Param = "avatar"
	return f
}

// maxNames is the number of codes from which on a message names no further avatar.
const maxNames = 40

// Unknown returns the failure for a code that names none of the known avatars. Engines use it too.
func Unknown(code string, known []lectern.Avatar) *lectern.Failure {
	var names []string
	for _, a := range known {
		if len(names) >= maxNames {
			names = append(names, "and others, see `lectern avatars`")
			break
		}
		if len(a.Variants) == 0 {
			names = append(names, a.Code)
		}
		for _, v := range a.Variants {
			names = append(names, a.Code+"."+v.Code)
		}
	}
	if r := []rune(code); len(r) > 60 {
		code = string(r[:60]) + "…"
	}
	if len(names) == 0 {
		return lectern.Fail(lectern.CodeUnknownAvatar, "There is no avatar %q: no avatar engine is set up.", code)
	}
	return lectern.Fail(lectern.CodeUnknownAvatar, "There is no avatar %q. Known avatars are %s.", code,
		strings.Join(names, ", "))
}
