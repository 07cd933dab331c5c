package images

import (
	"math"

	"lectern/internal/picturefile"
)

// maxPicture is how many bytes of the first picture are read for its shape.
const maxPicture = 20 << 20

// aspects are the shapes of videos, as decks name them.
var aspects = []struct {
	name  string
	ratio float64
}{{"16:9", 16.0 / 9}, {"4:3", 4.0 / 3}, {"1:1", 1}, {"9:16", 9.0 / 16}}

// aspect returns the aspect whose shape is nearest to w × h. It is 16:9 if there is no size.
func aspect(w, h int) string {
	best := aspects[0].name
	if w <= 0 || h <= 0 {
		return best
	}
	least := math.Inf(1)
	for _, a := range aspects {
		if off := math.Abs(math.Log(float64(w) / float64(h) / a.ratio)); off < least {
			best, least = a.name, off
		}
	}
	return best
}

// shape returns the width and the height of a picture as viewers show it, or zeros for a file that cannot be used; a
// check reports it.
func (r *reader) shape(name string) (w, h int) {
	body, err := read(r.files, name, maxPicture)
	if err != nil {
		return 0, 0
	}
	p, err := picturefile.Inspect(body, "", picturefile.Limits{Pixels: r.lim.PicturePixels, Elements: r.lim.SVGElements})
	switch {
	case err != nil:
		return 0, 0
	case p.Type == picturefile.SVG:
		return picturefile.DrawingSize(p.Body, 2048)
	case picturefile.Sideways(body):
		return p.Height, p.Width
	}
	return p.Width, p.Height
}
