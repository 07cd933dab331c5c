package builtin

import (
	"lectern"
	"lectern/internal/avatar/builtin/paint"
)

// Design units: the head is about 400 high, the point between the eyes is the origin, y points down. A square window
// shows 960 units from side to side, so the head takes 1/2.4 of its height.
const (
	squareUnits = 960.0
	squareTop   = -372.0
	floorY      = 1500.0 // the lower end of every drawing; no window shows more
)

// framing chooses the part of the figure that a window shows, by its aspect. A square window shows head and shoulders.
// A tall window is narrower and shows more of the body. A wide window keeps the square's height.
func framing(s lectern.Size) paint.View {
	w, h := float64(s.Width), float64(s.Height)
	aspect := w / h
	units, top := squareUnits, squareTop // the height of the window, and its upper edge
	if aspect < 1 {
		// From the square to 1:2 the sides come in from 960 to 700 units.
		t := min((1-aspect)/0.5, 1)
		units = (squareUnits - 260*t) / aspect
		top = squareTop - 70*t
	}
	if top+units > floorY {
		units = floorY - top
	}
	scale := h / units
	return paint.View{X0: -w / scale / 2, Y0: top, Scale: scale}
}
