package paint

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Colour is a colour in sRGB with straight alpha, each part from 0 to 1.
type Colour struct{ R, G, B, A float32 }

// Hex reads "#rrggbb" or "#rrggbbaa".
func Hex(s string) (Colour, error) {
	digits, ok := strings.CutPrefix(s, "#")
	v, err := strconv.ParseUint(digits, 16, 32)
	if !ok || err != nil || len(digits) != 6 && len(digits) != 8 {
		if r := []rune(s); len(r) > 20 {
			s = string(r[:20]) + "…"
		}
		return Colour{}, fmt.Errorf("%q is not a colour like #1b2a3c", s)
	}
	alpha := float32(1)
	if len(digits) == 8 {
		alpha, v = float32(v&255)/255, v>>8
	}
	c := RGB(uint32(v))
	c.A = alpha
	return c, nil
}

// RGB makes an opaque colour of 0xrrggbb.
func RGB(v uint32) Colour {
	return Colour{float32(v>>16&255) / 255, float32(v>>8&255) / 255, float32(v&255) / 255, 1}
}

// Alpha returns c with alpha a.
func (c Colour) Alpha(a float64) Colour {
	c.A = float32(a)
	return c
}

// Mix returns the colour t of the way from c to d.
func (c Colour) Mix(d Colour, t float64) Colour {
	f := float32(t)
	return Colour{c.R + (d.R-c.R)*f, c.G + (d.G-c.G)*f, c.B + (d.B-c.B)*f, c.A + (d.A-c.A)*f}
}

// Paint colours a shape: a flat colour, a linear or a radial gradient.
type Paint struct {
	stops        []stop
	radial       bool
	x, y, dx, dy float64 // linear: start and direction over length²; radial: centre and 1/radii
	single       bool
}

type stop struct {
	at float32
	c  Colour
}

// Flat is one colour everywhere.
func Flat(c Colour) Paint { return Paint{stops: []stop{{0, c}}, single: true} }

// Linear goes evenly through the colours from (x0,y0) to (x1,y1).
func Linear(x0, y0, x1, y1 float64, cs ...Colour) Paint {
	dx, dy := x1-x0, y1-y0
	l := dx*dx + dy*dy
	return Paint{x: x0, y: y0, dx: dx / l, dy: dy / l, stops: even(cs)}
}

// Radial goes evenly through the colours from the centre (x,y) to the ellipse with radii rx, ry.
func Radial(x, y, rx, ry float64, cs ...Colour) Paint {
	return Paint{radial: true, x: x, y: y, dx: 1 / rx, dy: 1 / ry, stops: even(cs)}
}

func even(cs []Colour) []stop {
	out := make([]stop, len(cs))
	for i, c := range cs {
		out[i] = stop{float32(i) / float32(max(len(cs)-1, 1)), c}
	}
	return out
}

// At moves the stops to the given places, from 0 to 1.
func (p Paint) At(places ...float64) Paint {
	out := make([]stop, len(p.stops))
	copy(out, p.stops)
	for i := range out {
		if i < len(places) {
			out[i].at = float32(places[i])
		}
	}
	p.stops = out
	return p
}

// across returns p's colour in row y if it is the same along the whole row.
func (p *Paint) across(y float64) (c Colour, same bool) {
	if p.single || !p.radial && p.dx == 0 {
		return p.colour(0, y), true
	}
	return c, false
}

func (p *Paint) colour(x, y float64) Colour {
	if p.single {
		return p.stops[0].c
	}
	var t float32
	if p.radial {
		ux, uy := (x-p.x)*p.dx, (y-p.y)*p.dy
		t = float32(math.Sqrt(ux*ux + uy*uy))
	} else {
		t = float32((x-p.x)*p.dx + (y-p.y)*p.dy)
	}
	if t <= p.stops[0].at {
		return p.stops[0].c
	}
	for i := 1; i < len(p.stops); i++ {
		b := &p.stops[i]
		if t < b.at {
			a := &p.stops[i-1]
			f := (t - a.at) / (b.at - a.at)
			return Colour{a.c.R + (b.c.R-a.c.R)*f, a.c.G + (b.c.G-a.c.G)*f, a.c.B + (b.c.B-a.c.B)*f,
				a.c.A + (b.c.A-a.c.A)*f}
		}
	}
	return p.stops[len(p.stops)-1].c
}
