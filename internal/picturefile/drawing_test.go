package picturefile

import "testing"

// A drawing keeps its proportions, however it states its size.
func TestDrawingSize(t *testing.T) {
	t.Parallel()
	for svg, want := range map[string][2]int{
		`<svg width="400" height="100"/>`: {1000, 250}, `<svg viewBox="0 0 30 60"/>`: {500, 1000},
		`<svg viewBox="0,0,30,60" width="2in"/>`:                                {500, 1000},
		`<?xml version="1.0"?><!-- x --><svg height="10mm" viewBox="0 0 2 1"/>`: {1000, 500},
		`<svg width="100%" height="100%" viewBox="0 0 1 1"/>`:                   {1000, 1000},
		`<svg/>`: {1000, 500}, `<svg width="-1" height="NaN"/>`: {1000, 500}, `<svg width="1000000" height="1"/>`: {1000, 50},
		`not XML <`:                        {1000, 500},
		`<svg width="72pt" height="1in"/>`: {1000, 1000}, `<svg width="2em" height="10"/>`: {1000, 500},
	} {
		if w, h := DrawingSize([]byte(svg), 1000); w != want[0] || h != want[1] {
			t.Errorf("%s: %d × %d", svg, w, h)
		}
	}
}
