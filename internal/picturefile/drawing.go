package picturefile

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// DrawingSize returns the size at which an SVG is drawn: its own proportions, with a longer side of the given number of
// pixels. Like browsers, it uses width and height, then viewBox. A drawing without either has 2:1.
func DrawingSize(svg []byte, side int) (width, height int) {
	w, h := ownSize(svg)
	const longest = 20 // to 1: narrower drawings get empty margins
	if !(w > 0 && h > 0) {
		w, h = 2, 1
	}
	k := float64(side) / max(w, h)
	least := float64(side) / longest
	return int(math.Round(max(w*k, least))), int(math.Round(max(h*k, least)))
}

func ownSize(svg []byte) (w, h float64) {
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		t, err := dec.RawToken()
		if err != nil {
			return 0, 0
		}
		root, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		var boxW, boxH float64
		for _, a := range root.Attr {
			switch a.Name.Local {
			case "width":
				w = length(a.Value)
			case "height":
				h = length(a.Value)
			case "viewBox":
				if f := strings.Fields(strings.ReplaceAll(a.Value, ",", " ")); len(f) == 4 {
					boxW, boxH = length(f[2]), length(f[3])
				}
			}
		}
		switch {
		case boxW <= 0 || boxH <= 0:
			return w, h
		case w > 0 && h <= 0:
			return w, w * boxH / boxW
		case h > 0 && w <= 0:
			return h * boxW / boxH, h
		case w <= 0:
			return boxW, boxH
		}
		return w, h
	}
}

// length returns a length in CSS pixels, or 0 for a relative one, such as a percentage.
func length(s string) float64 {
	s = strings.TrimSpace(s)
	units := map[string]float64{"px": 1, "pt": 96. / 72, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}
	k := 1.0
	if n := len(s) - 2; n > 0 {
		if u, ok := units[s[n:]]; ok {
			k, s = u, strings.TrimSpace(s[:n])
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v < 1e9) {
		return 0
	}
	return v * k
}
