package slides

import (
	"fmt"
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lectern"
)

// theme is one file of data/themes. Colours are "#rrggbb", so that their contrast can be computed.
type theme struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	Order      int              `json:"order"`
	Dark       bool             `json:"dark"`
	Base       palette          `json:"base"`
	Hero       palette          `json:"hero"`  // of slides that open, close or stand out
	Light      palette          `json:"light"` // of panels that are light in every theme
	Night      palette          `json:"night"` // of panels that are dark in every theme
	Good       string           `json:"good"`  // marks on surface: done, up
	Bad        string           `json:"bad"`   // marks on surface: not done, down
	Art        [4]string        `json:"art"`   // of the drawing that replaces a missing picture, from the background up
	Radius     int              `json:"radius"`
	Shadow     string           `json:"shadow"` // a CSS box-shadow
	Lights     []lectern.Light  `json:"lights"` // on the background of a page, the topmost first
	HeroLights []lectern.Light  `json:"heroLights"`
	Backdrop   lectern.Backdrop `json:"backdrop"`
	Ring       string           `json:"ring"`
}

// palette is a set of colours that are used together.
type palette struct {
	Ground   string `json:"ground"`   // of the page
	Ground2  string `json:"ground2"`  // the far end of the page's gradient
	Surface  string `json:"surface"`  // of cards
	Surface2 string `json:"surface2"` // of cards that stand out
	Ink      string `json:"ink"`      // text
	Muted    string `json:"muted"`    // second text
	Accent   string `json:"accent"`   // shapes
	OnAccent string `json:"onAccent"` // text on accent
	Bright   string `json:"bright"`   // large text in the accent's hue
	Warm     string `json:"warm"`     // the second accent: large text and shapes
	Line     string `json:"line"`     // rules
	Halo     string `json:"halo"`     // around the presenter
}

var hex6 = regexp.MustCompile(`^#[0-9a-f]{6}$`)

func (p palette) each() map[string]string {
	return map[string]string{
		"ground": p.Ground, "ground2": p.Ground2, "surface": p.Surface, "surface2": p.Surface2, "ink": p.Ink,
		"muted":  p.Muted,
		"accent": p.Accent, "on-accent": p.OnAccent, "bright": p.Bright, "warm": p.Warm, "line": p.Line, "halo": p.Halo,
	}
}

func (p palette) css() string {
	all := p.each()
	names := make([]string, 0, len(all))
	for n := range all {
		names = append(names, n)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "--%s:%s;", n, all[n])
	}
	return b.String()
}

// css returns the theme as custom properties.
func (t theme) css() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".slide{%s--good:%s;--bad:%s;--radius:%dpx;--shadow:%s;--sky:%s;", t.Base.css(), t.Good, t.Bad,
		t.Radius, t.Shadow, cssOf(t.background(false)))
	for _, c := range [][2]string{{"key", t.Base.Bright}, {"str", t.Good}, {"num", t.Base.Warm}, {"fn", t.Base.Ink}} {
		fmt.Fprintf(&b, "--code-%s:%s;", c[0], readable(c[1], t.Base.Ink, t.Base.Surface, t.Base.Surface2))
	}
	for i, c := range t.Art {
		fmt.Fprintf(&b, "--art%d:%s;", i+1, c)
	}
	fmt.Fprintf(&b, "}\n.slide.hero{%s--sky:%s}\n", t.Hero.css(), cssOf(t.background(true)))
	fmt.Fprintf(&b, ".on-light{%s}\n.on-night{%s}\n", t.Light.css(), t.Night.css())
	return b.String()
}

// fall is the direction of a background's gradient, in degrees: down, and a little to the right.
const fall = 160

// background returns the background of the theme's slides.
func (t theme) background(hero bool) lectern.Background {
	p, lights := t.Base, t.Lights
	if hero {
		p, lights = t.Hero, t.HeroLights
	}
	return lectern.Background{From: p.Ground, To: p.Ground2, Angle: fall, Lights: lights}
}

// cssOf writes a background as CSS.
func cssOf(g lectern.Background) string {
	var b strings.Builder
	for _, l := range g.Lights {
		fmt.Fprintf(&b, "radial-gradient(%gpx %gpx at %g%% %g%%,color-mix(in srgb,%s %g%%,transparent),transparent "+
			"%g%%),", l.RadiusX, l.RadiusY, l.X, l.Y, l.Colour, 100*l.Alpha, l.Reach)
	}
	fmt.Fprintf(&b, "linear-gradient(%gdeg,%s,%s)", g.Angle, g.From, g.To)
	return b.String()
}

func (l *Library) readThemes(data fs.FS) error {
	entries, err := fs.ReadDir(data, "themes")
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := fs.ReadFile(data, path.Join("themes", e.Name()))
		if err != nil {
			return err
		}
		var t theme
		if err := strict(b, &t); err != nil {
			return fmt.Errorf("themes/%s: %w", e.Name(), err)
		}
		if t.ID+".json" != e.Name() || t.Name == "" {
			return fmt.Errorf("themes/%s: the id %q is not the name of the file, or the name is missing", e.Name(), t.ID)
		}
		colours := []string{t.Good, t.Bad, t.Ring, t.Backdrop.Top, t.Backdrop.Bottom}
		colours = append(colours, t.Art[:]...)
		for _, p := range []palette{t.Base, t.Hero, t.Light, t.Night} {
			for _, c := range p.each() {
				colours = append(colours, c)
			}
		}
		for _, light := range slices.Concat(t.Lights, t.HeroLights) {
			colours = append(colours, light.Colour)
			if min(light.RadiusX, light.RadiusY, light.Reach) <= 0 || light.Reach > 100 || light.Alpha <= 0 ||
				light.Alpha > 1 {
				return fmt.Errorf("themes/%s: the light %+v has a radius, reach or alpha out of range", e.Name(), light)
			}
		}
		for _, c := range colours {
			if !hex6.MatchString(c) {
				return fmt.Errorf("themes/%s: %q is not a colour like #1a2b3c", e.Name(), c)
			}
		}
		l.themes[t.ID] = t
		l.themeOrder = append(l.themeOrder, t.ID)
	}
	slices.SortFunc(l.themeOrder, func(a, b string) int { return l.themes[a].Order - l.themes[b].Order })
	if len(l.themeOrder) == 0 {
		return fmt.Errorf("there is no theme")
	}
	return nil
}

func (t theme) public() lectern.Theme {
	return lectern.Theme{ID: t.ID, Name: t.Name, Dark: t.Dark, Accent: t.Base.Accent,
		Backdrop: t.Backdrop, Ring: t.Ring}
}

// Themes lists every theme, the default one first.
func (l *Library) Themes() []lectern.Theme {
	out := make([]lectern.Theme, 0, len(l.themeOrder))
	for _, id := range l.themeOrder {
		out = append(out, l.themes[id].public())
	}
	return out
}

// Theme returns the theme with that id; an empty id means the default theme.
func (l *Library) Theme(id string) (lectern.Theme, bool) {
	t, ok := l.theme(id)
	return t.public(), ok
}

func (l *Library) theme(id string) (theme, bool) {
	if strings.TrimSpace(id) == "" {
		id = l.themeOrder[0]
	}
	t, ok := l.themes[kebab(id)]
	return t, ok
}

// contrast returns the contrast of two colours "#rrggbb" as WCAG 2 defines it, from 1 to 21.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

// readable moves a colour towards ink until its contrast is 4.5 to 1 on all backgrounds, which WCAG 2 requires of text.
func readable(c, ink string, backgrounds ...string) string {
	at := func(s string, shift uint) float64 {
		n, _ := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32) // colours are checked when they are read
		return float64(n >> shift & 255)
	}
	for step := range 21 {
		part, mixed := float64(step)/20, "#"
		for _, shift := range []uint{16, 8, 0} {
			mixed += fmt.Sprintf("%02x", int(math.Round(at(c, shift)*(1-part)+at(ink, shift)*part)))
		}
		if !slices.ContainsFunc(backgrounds, func(b string) bool { return contrast(mixed, b) < 4.5 }) {
			return mixed
		}
	}
	return ink
}

func luminance(c string) float64 {
	n, err := strconv.ParseUint(strings.TrimPrefix(c, "#"), 16, 32)
	if err != nil {
		return 0
	}
	part := func(shift uint) float64 {
		v := float64(n>>shift&255) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
