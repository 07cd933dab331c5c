package pptx

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"lectern"
	"lectern/internal/deck"
)

// Font is what the machine draws for a font that a file names.
type Font struct {
	Family string
	// Same: it is the font itself, or its characters have the same widths, so that text breaks into the same lines.
	Same bool
}

// The codes of notes about fonts.
const (
	codeFont  = "missing_font"     // text may break elsewhere
	codeAlike = "substituted_font" // the other font has the same widths
)

// drawn asks the machine for the fonts of the slides that are shown. A machine that does not know its fonts is no
// reason to refuse a deck.
func (m Machine) drawn(ctx context.Context, shown []Slide) (map[string]Font, error) {
	if m.Fonts == nil {
		return nil, nil
	}
	names := map[string]bool{}
	for _, s := range shown {
		for _, f := range s.Fonts {
			names[f] = true
		}
	}
	fonts, err := m.Fonts(ctx, slices.Sorted(maps.Keys(names)))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, nil //nolint:nilerr // see above
	}
	return fonts, nil
}

// typefaces notes which fonts of a slide this machine replaces. One with a replacement of the same widths is noted only
// on its first slide.
func (c *composer) typefaces(s Slide, r *deck.SlideReport) {
	for _, name := range s.Fonts {
		f, known := c.fonts[name]
		switch {
		case !known || f.Family == name:
		case f.Same && c.alike[name]: // an earlier slide says it
		case f.Same:
			c.alike[name] = true
			r.Notes = append(r.Notes, deck.Note{Code: codeAlike, Message: fmt.Sprintf("The font %q is not installed. %q is "+
				"drawn, which has characters of the same widths.", lectern.Shorten(name), lectern.Shorten(f.Family))})
		default:
			r.Notes = append(r.Notes, deck.Note{Code: codeFont, Message: fmt.Sprintf("The font %q is not installed. %q is "+
				"drawn, so lines may break elsewhere.", lectern.Shorten(name), lectern.Shorten(f.Family))})
			c.missing[name] = append(c.missing[name], s.Page)
		}
	}
}

// maxFontWarnings bounds the warnings about fonts; the report has all of them.
const maxFontWarnings = 10

// fontWarnings returns a warning for each font that the machine lacks, with the slides.
func (c *composer) fontWarnings() []lectern.Warning {
	var out []lectern.Warning
	for i, name := range slices.Sorted(maps.Keys(c.missing)) {
		if i == maxFontWarnings {
			out = append(out, lectern.Warning{Code: codeFont, Message: fmt.Sprintf("%d more fonts are not installed.",
				len(c.missing)-i)})
			break
		}
		pages := c.missing[name]
		w := lectern.Warning{Code: codeFont}
		where := " of slides " + numbers(pages)
		if len(pages) == 1 {
			w.Slide, where = pages[0], ""
		}
		w.Message = fmt.Sprintf("The font %q%s is not installed. %q is drawn instead, so lines may break elsewhere. Install "+
			"the font on the machine that renders.", lectern.Shorten(name), where, lectern.Shorten(c.fonts[name].Family))
		out = append(out, w)
	}
	return out
}
