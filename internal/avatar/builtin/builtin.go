// Package builtin is the avatar engine that needs no other program: two characters, drawn in Go and animated from the
// narration.
//
// A character is layered vector art ([character]), drawn once for each size of window ([figure]) by package paint. Its
// face is rigged: eyes, brows and mouth are small sprites, drawn for each state that occurs and cached; head, neck,
// hair and shoulders are warped, frame by frame, as one soft picture ([pose]). The motion is planned when a clip begins
// ([performance]): the mouth from the sounds (package speech), the rest from stress, pauses, questions and a seed. The
// same request gives the same bytes.
package builtin

import (
	"context"
	"image"
	"math"
	"strings"

	"lectern"
	"lectern/internal/avatar"
	"lectern/internal/avatar/builtin/paint"
)

var _ avatar.Engine = (*Engine)(nil)

// version is part of the fingerprint. Raise it with every visible change: art, motion, visemes.
const version = "1"

// memory is the default limit of an engine's layers and sprites, in bytes.
const memory = 48 << 20

// Engine draws the built-in characters. It is safe for concurrent use. Clips share its drawings.
type Engine struct {
	cast    []*character
	cache   *cache
	sprites *sprites
}

// New makes an engine. It draws nothing before the first request.
func New() *Engine { return NewSized(memory) }

// NewSized makes an engine that keeps at most about the given number of bytes of drawings.
func NewSized(bytes int) *Engine {
	c := newCache(bytes)
	return &Engine{cast: cast(), cache: c, sprites: &sprites{cache: c}}
}

// Name implements avatar.Engine: "builtin".
func (*Engine) Name() string { return "builtin" }

// Fingerprint implements avatar.Engine.
func (*Engine) Fingerprint() string { return "builtin/" + version }

// Avatars implements avatar.Engine.
func (e *Engine) Avatars(context.Context) ([]lectern.Avatar, error) {
	out := make([]lectern.Avatar, len(e.cast))
	for i, ch := range e.cast {
		out[i] = lectern.Avatar{Engine: e.Name(), Code: ch.code, Name: ch.name, Gender: ch.gender,
			Description: ch.about}
		for _, l := range ch.looks {
			out[i].Variants = append(out[i].Variants, lectern.AvatarVariant{Code: l.code, Name: l.name})
		}
	}
	return out, nil
}

func (e *Engine) find(code string) (*character, *look, error) {
	name, variant, _ := strings.Cut(strings.ToLower(strings.TrimSpace(code)), ".")
	for _, ch := range e.cast {
		if ch.code != name {
			continue
		}
		if variant == "" {
			return ch, &ch.looks[0], nil
		}
		for i := range ch.looks {
			if ch.looks[i].code == variant {
				return ch, &ch.looks[i], nil
			}
		}
	}
	known, err := e.Avatars(context.Background())
	if err != nil {
		return nil, nil, err
	}
	return nil, nil, avatar.Unknown(code, known)
}

const (
	minSide   = 16
	maxSide   = 4320
	maxFrames = 12 * 3600 * 60
	maxSpans  = 4_000_000
)

func check(r *lectern.ClipRequest) error {
	switch {
	case r.Frames < 0 || r.Frames > maxFrames:
		return lectern.Fail(lectern.CodeAvatarFailed, "An avatar's clip cannot have %d frames; 0 to %d are possible.",
			r.Frames, maxFrames)
	case r.FrameRate < 1 || r.FrameRate > 240:
		return lectern.Fail(lectern.CodeAvatarFailed,
			"An avatar's clip cannot have %d frames a second; 1 to 240 are possible.", r.FrameRate)
	case r.Lead < 0:
		return lectern.Fail(lectern.CodeAvatarFailed,
			"An avatar's narration cannot begin %d samples before its clip.", -r.Lead)
	case len(r.Narration.Words) > maxSpans || len(r.Narration.Phonemes) > maxSpans:
		return lectern.Fail(lectern.CodeAvatarFailed, "The narration is too long for one clip: split the slide.")
	case !unit(r.Look.X) || !unit(r.Look.Y):
		return lectern.Fail(lectern.CodeAvatarFailed,
			"The direction in which an avatar looks must be a unit vector, not (%g, %g).", r.Look.X, r.Look.Y)
	}
	return checkSize(r.Size)
}

func unit(v float64) bool { return !math.IsNaN(v) && v >= -1.001 && v <= 1.001 }

func checkSize(s lectern.Size) error {
	if s.Width < minSide || s.Height < minSide || s.Width > maxSide || s.Height > maxSide {
		return lectern.Fail(lectern.CodeAvatarFailed,
			"An avatar cannot be drawn at %d×%d: each side must have %d to %d pixels.", s.Width, s.Height,
			minSide, maxSide)
	}
	return nil
}

type figureKey struct {
	code, look string
	size       lectern.Size
}

func (e *Engine) figure(ch *character, lk *look, s lectern.Size) *figure {
	return e.cache.get(figureKey{ch.code, lk.code, s}, func() sized { return drawFigure(ch, lk, s) }).(*figure)
}

// Animate implements avatar.Engine. The first clip of a character at a size draws its layers, which takes a few tenths
// of a second.
func (e *Engine) Animate(ctx context.Context, r lectern.ClipRequest) (lectern.Clip, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ch, lk, err := e.find(r.Avatar)
	if err != nil {
		return nil, err
	}
	if err := check(&r); err != nil {
		return nil, err
	}
	backdrop, err := e.backdrop(r.Backdrop, r.Size)
	if err != nil {
		return nil, err
	}
	return &clip{
		ctx: ctx, size: r.Size, frames: r.Frames, backdrop: backdrop,
		easel: newEasel(e.figure(ch, lk, r.Size), e.sprites), show: perform(ch, &r),
	}, nil
}

// Portrait implements avatar.Engine: the character looks at the viewer and smiles a little.
func (e *Engine) Portrait(ctx context.Context, code string, s lectern.Size) (image.Image, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ch, lk, err := e.find(code)
	if err != nil {
		return nil, err
	}
	if err := checkSize(s); err != nil {
		return nil, err
	}
	m := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	p := neutral()
	p.smile, p.brows = 0.95, [2]float64{0.12, 0.1}
	p.tilt, p.turn = -1.2*degree, 1.5*degree
	newEasel(e.figure(ch, lk, s), e.sprites).draw(m, nil, &p)
	return m, nil
}

// backdrop is the picture behind the figure, drawn once for each size. nil means transparent.
type backdrop struct{ pix []byte }

// Bytes returns the size of the picture in memory.
func (g *backdrop) Bytes() int { return len(g.pix) }

type backdropKey struct {
	b lectern.Backdrop
	s lectern.Size
}

func (e *Engine) backdrop(b lectern.Backdrop, s lectern.Size) (*backdrop, error) {
	if b.Top == "" && b.Bottom == "" {
		return nil, nil
	}
	if b.Top == "" {
		b.Top = b.Bottom
	}
	if b.Bottom == "" {
		b.Bottom = b.Top
	}
	top, err := paint.Hex(b.Top)
	if err != nil {
		return nil, lectern.Fail(lectern.CodeAvatarFailed, "The avatar's backdrop cannot be drawn: %v.", err)
	}
	bottom, err := paint.Hex(b.Bottom)
	if err != nil {
		return nil, lectern.Fail(lectern.CodeAvatarFailed, "The avatar's backdrop cannot be drawn: %v.", err)
	}
	top.A, bottom.A = 1, 1
	return e.cache.get(backdropKey{b, s}, func() sized {
		c := paint.NewCanvas(0, 0, float64(s.Width), float64(s.Height), 1)
		c.Fill(paint.Rect(-1, -1, float64(s.Width)+1, float64(s.Height)+1),
			paint.Linear(0, 0, 0, float64(s.Height), top, bottom))
		return &backdrop{c.Sprite().Image().Pix}
	}).(*backdrop), nil
}
