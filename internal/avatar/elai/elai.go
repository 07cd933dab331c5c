package elai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // Elai's pictures are JPEG or PNG
	_ "image/png"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/image/draw"

	"lectern"
	"lectern/internal/avatar"
	"lectern/internal/listing"
	"lectern/internal/retry"
)

var _ avatar.Performer = (*Engine)(nil)

// Name is the engine's name, as decks write it before the colon.
const Name = "elai"

// service names Elai in messages.
const service = "avatar service Elai"

// version is part of the fingerprint. Raise it when the same text gives another take, for example after a change of
// the request's fields or of the limits of parts.
const version = "1"

// Facts are the properties of a downloaded clip that the engine checks.
type Facts struct {
	Video, Audio  bool
	Width, Height int
	Duration      time.Duration
	Whole         bool // the file contains every frame that its index lists
}

// Options configure the engine. Token, Probe and Sentences are required.
type Options struct {
	BaseURL   string // default https://apis.elai.io/api/v1
	Token     string
	Probe     func(ctx context.Context, path string) (Facts, error)
	Recognise func(text string) string // the language of a text, BCP 47, or ""; nil: always ""
	// Sentences divides text; joined by spaces, the sentences hold every word of it that is spoken.
	Sentences func(text string) []string

	Poll    time.Duration // between two requests for the state of a render; default 10 s
	Limit   time.Duration // for one render, and for one download; default 30 min
	Request time.Duration // for one call; default 30 s
	Listing time.Duration // for the catalogue; default 3 s
	Tries   int           // of a call that changes nothing, and of a download; default 5

	HTTP  *http.Client                               // nil: a new client
	Now   func() time.Time                           // nil: time.Now
	Sleep func(context.Context, time.Duration) error // nil: retry.Sleep
}

// Engine orders takes at Elai. It is safe for concurrent use.
type Engine struct {
	o         Options
	c         *client
	catalogue *listing.List[*catalogue]
	bell      *bell
}

// New makes an engine. It does not call Elai.
func New(o Options) *Engine {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.Poll, 10*time.Second)
	def(&o.Limit, 30*time.Minute)
	def(&o.Request, 30*time.Second)
	def(&o.Listing, 3*time.Second)
	if o.Tries <= 0 {
		o.Tries = 5
	}
	if o.BaseURL == "" {
		o.BaseURL = "https://apis.elai.io/api/v1"
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = retry.Sleep
	}
	e := &Engine{o: o, bell: &bell{waiting: map[string][]chan struct{}{}}}
	e.c = &client{base: strings.TrimRight(o.BaseURL, "/"), token: o.Token, http: o.HTTP, limit: o.Request,
		retry: retry.Policy{Service: service, Tries: o.Tries, First: time.Second, Most: time.Minute, Sleep: o.Sleep}}
	e.catalogue = listing.New(listing.Options[*catalogue]{Fetch: e.c.load, Limit: o.Listing, Now: o.Now})
	return e
}

// Close ends a listing in progress and closes idle connections.
func (e *Engine) Close() error {
	err := e.catalogue.Close()
	e.c.http.CloseIdleConnections()
	return err
}

// Name implements avatar.Engine.
func (*Engine) Name() string { return Name }

// Fingerprint implements avatar.Engine.
func (*Engine) Fingerprint() string { return Name + "/" + version }

// Avatars implements avatar.Engine. A list of the last hour is returned at once.
func (e *Engine) Avatars(ctx context.Context) ([]lectern.Avatar, error) {
	s, err := e.catalogue.Get(ctx)
	if err != nil {
		return nil, err
	}
	return append([]lectern.Avatar(nil), s.avatars...), nil
}

// Warm starts to list the avatars, so that the first caller of Avatars finds them. It does not wait.
func (e *Engine) Warm(ctx context.Context) { e.catalogue.Warm(ctx) }

// Try loads Elai's catalogue now, and so checks the token. It returns the number of avatars.
func (e *Engine) Try(ctx context.Context) (avatars int, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.o.Listing)
	defer cancel()
	s, err := e.c.load(ctx)
	if err != nil {
		return 0, err
	}
	return len(s.avatars), nil
}

func (e *Engine) find(ctx context.Context, code string) (*catalogue, look, error) {
	s, err := e.catalogue.Get(ctx)
	if err != nil {
		return nil, look{}, err
	}
	l, err := s.find(code)
	return s, l, err
}

// Animate implements avatar.Engine: it always fails, because Elai takes no sound.
func (e *Engine) Animate(ctx context.Context, r lectern.ClipRequest) (lectern.Clip, error) {
	if _, _, err := e.find(ctx, r.Avatar); err != nil {
		return nil, err
	}
	return nil, lectern.Fail(lectern.CodeAvatarFailed, "Elai's avatars speak themselves and cannot speak with a voice of "+
		"Lectern's. Choose a voice that Elai lists, or another avatar.")
}

// Portrait implements avatar.Engine: it is Elai's own picture of the presenter, cut and scaled to s.
func (e *Engine) Portrait(ctx context.Context, code string, s lectern.Size) (image.Image, error) {
	_, l, err := e.find(ctx, code)
	if err != nil {
		return nil, err
	}
	if s.Width <= 0 || s.Height <= 0 || s.Width > maxSide || s.Height > maxSide {
		return nil, lectern.Fail(lectern.CodeAvatarFailed, "A portrait of %d×%d pixels cannot be drawn: each "+
			"side must have 1 to %d pixels.", s.Width, s.Height, maxSide)
	}
	ctx, cancel := context.WithTimeout(ctx, e.o.Request)
	defer cancel()
	var b bytes.Buffer
	err = e.c.again(ctx, func(ctx context.Context) error {
		b.Reset()
		return e.c.fetch(ctx, l.canvas, &b, maxPicture)
	})
	if err != nil {
		return nil, fault(err, "show the avatar's picture")
	}
	about, _, err := image.DecodeConfig(bytes.NewReader(b.Bytes()))
	if err == nil && (about.Width > maxSide || about.Height > maxSide) {
		err = fmt.Errorf("the picture has %d×%d pixels", about.Width, about.Height)
	}
	var m image.Image
	if err == nil {
		m, _, err = image.Decode(&b)
	}
	if err != nil {
		return nil, fault(err, "show the avatar's picture")
	}
	// The largest part with the shape of s, from the top on, because heads are there.
	from := m.Bounds()
	w, h := min(from.Dx(), from.Dy()*s.Width/s.Height), min(from.Dy(), from.Dx()*s.Height/s.Width)
	at := image.Pt(from.Min.X+(from.Dx()-w)/2, from.Min.Y)
	out := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	draw.CatmullRom.Scale(out, out.Rect, m, image.Rectangle{at, at.Add(image.Pt(w, h))}, draw.Src, nil)
	return out, nil
}

const maxSide = 4096 // pixels of each side of a picture

// speakingRate is the assumed number of characters a second. It is that of slow speech, so that no part exceeds the
// limit.
const speakingRate = 11

// Parts implements avatar.Performer.
func (e *Engine) Parts(ctx context.Context, code, text string) ([]string, error) {
	_, l, err := e.find(ctx, code)
	if err != nil {
		return nil, err
	}
	return parts(text, l.limit*speakingRate, e.o.Sentences), nil
}

// parts joins sentences to parts of at most most characters. It cuts a longer sentence between words, and a longer word
// anywhere.
func parts(text string, most int, sentences func(string) []string) []string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= most {
		return []string{text}
	}
	var out []string
	last := ""
	add := func(piece string) {
		if last != "" && utf8.RuneCountInString(last)+1+utf8.RuneCountInString(piece) > most {
			out, last = append(out, last), ""
		}
		last = strings.TrimSpace(last + " " + piece)
	}
	for _, s := range sentences(text) {
		if utf8.RuneCountInString(s) <= most {
			add(s)
			continue
		}
		for _, w := range strings.Fields(s) {
			for r := []rune(w); len(r) > 0; r = r[min(most, len(r)):] {
				add(string(r[:min(most, len(r))]))
			}
		}
	}
	if last != "" {
		out = append(out, last)
	}
	return out
}

// Perform implements avatar.Performer.
func (e *Engine) Perform(ctx context.Context, r lectern.TakeRequest, path string) error {
	s, l, err := e.find(ctx, r.Avatar)
	if err != nil {
		return located(err, r.Slide)
	}
	if r.Orders == nil {
		return lectern.Fail(lectern.CodeInternal,
			"No store of orders is set up, so nothing is ordered at Elai: it could be paid for twice.").At(r.Slide)
	}
	language := ""
	if e.o.Recognise != nil {
		language = e.o.Recognise(r.Text)
	}
	v, err := s.choose(r.Voice, l, language)
	if err != nil {
		return located(err, r.Slide)
	}
	t := &take{e: e, r: r, look: l, order: newOrder(r.Key, l, v, r.Text, r.Background), path: path}
	t.lost = retry.Policy{Service: service, Tries: lostCalls, Patience: e.o.Limit, Sleep: e.o.Sleep}.Begin()
	return located(t.do(ctx), r.Slide)
}

// located adds the slide to a failure, also within a mark of [retry.Again]. It leaves other errors and CodeStale as
// they are, because they only mean that the run was stopped.
func located(err error, slide int) error {
	if after, worth := retry.Worth(err); worth {
		return retry.Again(located(errors.Unwrap(err), slide), after)
	}
	if f, ok := errors.AsType[*lectern.Failure](err); ok && f.Code != lectern.CodeStale {
		return f.At(slide)
	}
	return err
}
