package render

import (
	"fmt"
	"math"
	"strings"
	"time"

	"lectern"
	"lectern/internal/contentkey"
	"lectern/internal/encode"
	"lectern/internal/picture"
	"lectern/internal/timeline"
)

// outline is what a run makes: the checked deck, how it is encoded, and its slides with what is known about them so
// far.
type outline struct {
	deck      lectern.Deck
	enc       encode.Encoding
	rules     timeline.Rules
	theme     lectern.Theme
	version   string          // ffmpeg's
	corner    lectern.Corner  // that the placer found; "": the deck's
	performed bool            // by an avatar that speaks itself
	guess     []time.Duration // the estimated length of each slide, used until its narration is there
	slides    []*slide
}

// slide is what a run knows about one slide. The fields after a channel, up to the blank line, may be read once the
// channel is closed.
type slide struct {
	index  int // counted from 0
	number int // counted from 1
	title  string
	script lectern.Script
	breaks []int           // where words begin in the script's text; read once the run's first group is done
	window *picture.Window // nil: no avatar
	in     int64           // frames of the transition before the slide
	out    int64           // frames of the transition after it

	takes *takes // nil: spoken by a voice, or silent

	narrated  chan struct{}
	narration narration
	slot      timeline.Slot
	parts     []part // what is shown when; never empty

	captured chan struct{}
	views    []*view // its pictures: those of its steps in order, then its own

	key     string // of what it shows, once it is encoded or about to be
	encoded chan struct{}
	segment segment

	blend segment // the transition that brings the slide; read once the run's first group is done
}

// withSlides lays out the slides of base's deck, and plans the work on them in track.
func withSlides(base outline, track *tracker) *outline {
	u, d := &base, base.deck
	_, u.guess = d.Estimate()
	for i := range d.Slides {
		s := &slide{index: i, number: i + 1, title: title(d.Slides[i], i), script: d.Slides[i].Script(),
			in: overlap(d, i-1), out: overlap(d, i),
			narrated: make(chan struct{}), captured: make(chan struct{}), encoded: make(chan struct{})}
		s.window = u.windowOf(i)
		for range len(d.StepsOf(i)) + 1 {
			s.views = append(s.views, &view{})
		}
		u.slides = append(u.slides, s)
		u.planSlide(track, s, u.guess[i].Seconds())
	}
	u.planDivide(track)
	track.plan("mux", 0.3+0.02*float64(len(u.slides)))
	track.plan("publish", 0.3+0.02*float64(len(u.slides)))
	u.planAudio(track)
	return u
}

// unspliced reports whether there are pictures with an avatar, and all of them have to be encoded whole. Only then does
// an encoder in hardware save time.
func (u *outline) unspliced() bool {
	any := false
	for _, s := range u.slides {
		if s.window == nil {
			continue
		}
		if _, spliced := u.enc.Patch(s.window.At); spliced {
			return false
		}
		any = true
	}
	return any
}

// windowOf returns the window of the avatar on slide i; nil where the slide shows no avatar.
func (u *outline) windowOf(i int) *picture.Window {
	place := u.inCorner().Placement(i)
	if u.deck.Layout == lectern.LayoutSlideOnly || u.deck.Avatar == "" || place.Avatar.Empty() {
		return nil
	}
	d := u.deck.Slides[i]
	if u.performed && (d.Narration == "" || u.plays(i)) { // such a slide has no take to show
		return nil
	}
	w := &picture.Window{At: picture.EvenRect(place.Avatar, u.deck.Scale(), u.deck.Size), Shape: place.Shape,
		Inset: place.Inset, Unit: u.deck.Scale()}
	if u.backdrop(i) == (lectern.Backdrop{}) {
		w.Shape = lectern.ShapeSquare // the avatar is cut out and stands on the slide itself
	} else if c, ok := picture.ParseColour(u.theme.Ring); ok && place.Inset {
		w.Ring = c
	}
	return w
}

// inCorner returns the deck with the corner that was found.
func (u *outline) inCorner() lectern.Deck {
	d := u.deck
	if u.corner != "" {
		d.Corner = u.corner
	}
	return d
}

// backdrop returns what the avatar stands in front of: the slide's own colour, or the theme's backdrop.
func (u *outline) backdrop(i int) lectern.Backdrop {
	if _, ok := picture.ParseColour(u.deck.Slides[i].Background); ok {
		own := u.deck.Slides[i].Background
		return lectern.Backdrop{Top: own, Bottom: own}
	}
	return u.theme.Backdrop
}

// look returns the direction from a slide's avatar to its content, with length 1; zero where they are in one place.
func (u *outline) look(i int) lectern.Point {
	p := u.inCorner().Placement(i)
	centre := func(r lectern.Rect) (x, y float64) {
		return float64(r.X) + float64(r.Width)/2, float64(r.Y) + float64(r.Height)/2
	}
	ax, ay := centre(p.Avatar)
	cx, cy := centre(p.Content)
	d := math.Hypot(cx-ax, cy-ay)
	if d < 1 {
		return lectern.Point{}
	}
	return lectern.Point{X: (cx - ax) / d, Y: (cy - ay) / d}
}

// face returns the slide that the thumbnail shows: the first with a narration, or else the first.
func (u *outline) face() *slide {
	for i := range u.deck.Slides {
		if u.deck.Slides[i].Narration != "" || u.plays(i) {
			return u.slides[i]
		}
	}
	return u.slides[0]
}

// best returns the index in keys of the best picture for the thumbnail: the one nearest to a third of the narration.
// keys are the numbers, in order, of the slide's pictures that need no other.
func (u *outline) best(s *slide, keys []int) int {
	moment := int(u.rules.Rate.Frames(s.slot.Lead+s.slot.Spoken/3) - s.in)
	best := 0
	for i, k := range keys {
		if abs(k-moment) < abs(keys[best]-moment) {
			best = i
		}
	}
	return best
}

func (u *outline) thumbnailKey(s *slide, picture int) string {
	return contentkey.Of(lectern.StepPublish, "thumbnail", s.key, picture, u.enc.Thumbnail(""), u.version)
}

func abs(n int) int { return max(n, -n) }

// Weights of the progress, in seconds on a small machine.
const (
	weighVoice = 0.03  // for each second spoken
	weighPage  = 0.6   // for each slide
	weighFrame = 0.012 // for each frame of 1920 × 1080 pixels with an avatar
	weighStill = 0.7   // for each slide without one
	weighMix   = 0.06  // for each frame of a transition
	weighTake  = 2.0   // for each second that an avatar speaks itself
	weighSound = 0.015 // for each second of the video
)

func (u *outline) planSlide(track *tracker, s *slide, seconds float64) {
	track.plan(taskOf("narrate", s), 0.1+weighVoice*seconds)
	track.plan(taskOf("capture", s), weighPage*float64(len(s.views)))
	weight := weighStill * float64(len(s.views))
	if s.window != nil {
		share := float64(u.deck.Size.Width*u.deck.Size.Height) / (1920 * 1080)
		weight = weighFrame * seconds * float64(u.deck.FrameRate) * share
	}
	track.plan(taskOf("encode", s), 0.2+weight)
	if s.in > 0 {
		track.plan(taskOf("transition", s), 0.2+weighMix*float64(s.in))
	}
}

func (u *outline) planAudio(track *tracker) {
	seconds := 0.0
	for i := range u.slides {
		seconds += u.guess[i].Seconds()
	}
	track.plan("audio", 0.1+weighSound*seconds)
}

func taskOf(kind string, s *slide) string { return fmt.Sprintf("%s %d", kind, s.number) }

// title returns a slide's name for people: its title or another prop of that kind, or else its number.
func title(s lectern.Slide, i int) string {
	for _, prop := range []string{"title", "heading", "headline", "quote", "question", "subtitle"} {
		text, ok := s.Props[prop].(string)
		if text = strings.Join(strings.Fields(text), " "); ok && text != "" {
			if r := []rune(text); len(r) > 100 {
				text = string(r[:99]) + "…"
			}
			return text
		}
	}
	return fmt.Sprintf("Slide %d", i+1)
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// of names a slide among all of them, for sentences.
func (u *outline) of(s *slide) string { return fmt.Sprintf("slide %d of %d", s.number, len(u.slides)) }
