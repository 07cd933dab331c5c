package render

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"lectern"
	"lectern/internal/capture"
	"lectern/internal/contentkey"
	"lectern/internal/picture"
)

// placer finds the corner in which the avatar covers least of the pages of a deck: one corner for all slides, so that
// the avatar does not jump. An edit of a slide moves the avatar only if this slide changes what the other corners are
// worth. The place is part of the keys of the segments, by their windows.
type placer struct {
	*steps
	*outline
	documents Documents
	left      atomic.Int64      // pages to be measured
	covers    [][]picture.Cover // by slide; nil: not measured
	placed    chan struct{}     // closed when the windows of the slides are final
}

func newPlacer(shared *steps, all *outline, documents Documents) *placer {
	p := &placer{steps: shared, outline: all, documents: documents, covers: make([][]picture.Cover, len(all.slides)),
		placed: make(chan struct{})}
	for _, s := range all.slides {
		if p.measures(s) {
			p.left.Add(1)
		}
	}
	if p.left.Load() == 0 {
		close(p.placed)
	}
	return p
}

// measures reports whether the corner depends on a slide.
func (p *placer) measures(s *slide) bool { return s.window != nil && measured(p.deck, s.index) }

// measured reports whether the corner of a deck depends on slide i, if it shows an avatar: it is a page, and the avatar
// has no place of its own on it.
func measured(d lectern.Deck, i int) bool {
	s := d.Slides[i]
	return d.FindsCorner() && s.Page != nil && (s.AvatarBox == nil || s.AvatarBox.Empty())
}

// order returns the slides in the order in which they are captured: those on which the corner depends first, because
// the templates of the others leave room in that corner.
func (p *placer) order() []*slide {
	var first, rest []*slide
	for _, s := range p.slides {
		if p.measures(s) {
			first = append(first, s)
		} else {
			rest = append(rest, s)
		}
	}
	return append(first, rest...)
}

// measure measures the captured page of a slide, which has this number in its PDF. drawn is its picture, or nil if it
// was in the cache. After the last page the corner is known.
func (p *placer) measure(ctx context.Context, s *slide, pdf string, page int, drawn *image.RGBA) error {
	if !p.measures(s) {
		return nil
	}
	covers, err := coversOf(ctx, p.documents, p.cache, pdf, page, s.own().picture.file, drawn,
		cornerWindows(p.deck, s.index))
	if err != nil {
		return err
	}
	p.covers[s.index] = covers
	if p.left.Add(-1) == 0 {
		corner, warnings := cornerOf(p.covers)
		p.corner = corner
		for _, s := range p.slides {
			if s.window != nil {
				*s.window = *p.windowOf(s.index)
			}
		}
		p.warn(warnings)
		close(p.placed)
	}
	return nil
}

// cornerWindows returns the window of the avatar on slide i in each corner.
func cornerWindows(d lectern.Deck, i int) []picture.Window {
	var list []picture.Window
	for _, c := range lectern.Corners() {
		d.Corner = c
		place := d.Placement(i)
		list = append(list, picture.Window{At: picture.EvenRect(place.Avatar, d.Scale(), d.Size), Shape: place.Shape,
			Inset: place.Inset, Unit: d.Scale()})
	}
	return list
}

// coversOf returns what each window covers of the captured page of a slide. It is stored next to the picture.
func coversOf(ctx context.Context, documents Documents, cache Cache, pdf string, page int, captured file,
	drawn *image.RGBA, windows []picture.Window) ([]picture.Cover, error) {
	name := contentkey.Of(lectern.StepCapture, "cover", captured.key, windows) + ".cover"
	for again := true; ; again = false {
		path, err := cache.Make(ctx, name, func(path string) error {
			img, err := pictureOf(captured.path, drawn)
			if err != nil {
				return err
			}
			size := lectern.Size{Width: img.Rect.Dx(), Height: img.Rect.Dy()}
			text, err := documents.Text(ctx, pdf, page, size)
			if err != nil {
				return err
			}
			covers := make([]picture.Cover, len(windows))
			for k, w := range windows {
				covers[k] = w.Covers(img, text)
			}
			b, err := json.Marshal(covers)
			if err != nil {
				return err
			}
			return os.WriteFile(path, b, 0o666)
		})
		if err != nil {
			return nil, err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var covers []picture.Cover
		if err = json.Unmarshal(b, &covers); err == nil && len(covers) == len(windows) {
			return covers, nil
		}
		_ = cache.Drop(name) // it is damaged, so it is made again
		if !again {
			return nil, fmt.Errorf("read what the avatar covers of page %d: %w", page, err)
		}
	}
}

// pictureOf returns a captured picture: drawn, or else the one in the file.
func pictureOf(path string, drawn *image.RGBA) (*image.RGBA, error) {
	if drawn != nil {
		return drawn, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	img, err := capture.Decode(b)
	if err != nil {
		return nil, err
	}
	if rgba, ok := img.(*image.RGBA); ok {
		return rgba, nil
	}
	rgba := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Src)
	return rgba, nil
}

// cornerOf returns the corner in which the avatar covers least, and a warning if it hides text there. covers has what
// the avatar covers in each corner, by slide; nil: the slide does not count.
func cornerOf(covers [][]picture.Cover) (lectern.Corner, []lectern.Warning) {
	var list [][]picture.Cover
	for _, c := range covers {
		if c != nil {
			list = append(list, c)
		}
	}
	k := picture.Quietest(list)
	var hidden []int
	for i, c := range covers {
		if c != nil && c[k].HidesText() {
			hidden = append(hidden, i+1)
		}
	}
	corner := lectern.Corners()[k]
	if len(hidden) == 0 {
		return corner, nil
	}
	return corner, []lectern.Warning{{Code: "avatar_covers_text", Slide: hidden[0], Param: "layout",
		Message: fmt.Sprintf("The avatar is in the %s corner, where it covers least, and covers text on %s. Choose "+
			"another layout, such as side_by_side, another corner, or a place on these slides (avatarPosition).",
			strings.ReplaceAll(string(corner), "_", " "), slidesNamed(hidden))}}
}

// slidesNamed names slides: "slide 2", "slides 2 and 3", "slides 1, 2, 3 and 14 others".
func slidesNamed(numbers []int) string {
	const most = 12
	if len(numbers) == 1 {
		return fmt.Sprintf("slide %d", numbers[0])
	}
	var names []string
	for _, n := range numbers[:min(len(numbers), most)] {
		names = append(names, strconv.Itoa(n))
	}
	last := len(names) - 1
	if rest := len(numbers) - most; rest > 1 {
		names, last = append(names, fmt.Sprintf("%d others", rest)), last+1
	} else if rest == 1 {
		names, last = append(names, strconv.Itoa(numbers[most])), last+1
	}
	return "slides " + strings.Join(names[:last], ", ") + " and " + names[last]
}
