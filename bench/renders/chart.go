package renders

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Sizes of the chart, in its own units.
const (
	chartWidth  = 920
	chartEdge   = 36
	chartTop    = 96
	labelWidth  = 292
	valueWidth  = 128
	barHeight   = 20
	barStep     = 32
	panelHead   = 46
	panelSpace  = 14
	chartBottom = 44
)

// bar is a line of a panel.
type bar struct {
	label string
	value float64
	ratio string
	ours  bool // the bar with which the others are compared
	kin   bool // another bar of Lectern
}

// panel is a group of bars on one scale.
type panel struct {
	title string
	note  string
	bars  []bar
}

// panels returns the panels of the chart: whole videos by their time, deck by deck, and the encode stages by their CPU
// time.
func (r Report) panels() []panel {
	var all []panel
	for _, k := range []Kind{Slides, Avatar, Transitions} {
		p := panel{title: k.Title(), note: "time, the whole video"}
		base, _ := r.row(k, "lectern")
		for _, row := range r.Rows {
			if row.Deck == k && row.Whole && len(row.Samples) > 0 {
				p.bars = append(p.bars, newBar(row, row.Median.Wall, base.Median.Wall))
			}
		}
		if len(p.bars) > 1 {
			all = append(all, p)
		}
	}
	p := panel{title: "Only the encoding, with a presenter", note: "CPU"}
	base, _ := r.row(Avatar, "encode")
	for _, way := range []string{"encode", "compat-encode", "floor"} {
		if row, ok := r.row(Avatar, way); ok {
			p.bars = append(p.bars, newBar(row, row.Median.CPU(), base.Median.CPU()))
		}
	}
	if len(p.bars) > 1 {
		all = append(all, p)
	}
	return all
}

func newBar(row Row, value, base float64) bar {
	b := bar{label: row.Title, value: max(value, 0), ours: row.Way == "lectern" || row.Way == "encode",
		kin: isOurs(row.Way)}
	if !b.ours && base > 0 {
		b.ratio = factor(value / base)
	}
	return b
}

// chartStyle makes the chart fit light and dark pages.
const chartStyle = `
.card{fill:#fbfaff;stroke:#e4e0f2}.title{fill:#1b1630;font-size:24px;font-weight:700}.dim{fill:#6a6483;font-size:13px}
.head{fill:#1b1630;font-size:15px;font-weight:650}.label{fill:#3b3552;font-size:13.5px}.ours{fill:#5b2bd6;font-weight:650}
.value{fill:#3b3552;font-size:13.5px;font-variant-numeric:tabular-nums}.track{fill:#efecf8}.bar{fill:#b9b3cf}.kin{fill:#c5adff}
.from{stop-color:#7c4dff}.to{stop-color:#c04dff}text{font-family:Inter,system-ui,-apple-system,"Segoe UI",sans-serif}
@media (prefers-color-scheme:dark){.card{fill:#151122;stroke:#2d2645}.title,.head{fill:#f3f0ff}.dim{fill:#9a93b5}.label,.value{fill:#d3cde6}
.ours{fill:#b79bff}.track{fill:#211b33}.bar{fill:#554d70}.kin{fill:#6a48b8}}
`

// Chart draws the report as an SVG picture. It returns nil if there is nothing to compare.
func (r Report) Chart() []byte {
	panels := r.panels()
	if len(panels) == 0 {
		return nil
	}
	height := chartTop + chartBottom
	for _, p := range panels {
		height += panelHead + len(p.bars)*barStep + panelSpace
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" aria-labelledby="t">
<title id="t">How long it takes to make the same talk</title>
<style>%[3]s</style>
<defs><linearGradient id="g"><stop class="from"/><stop class="to" offset="1"/></linearGradient></defs>
<rect class="card" x="0.5" y="0.5" width="%[4]d" height="%[5]d" rx="18"/>
`, chartWidth, height, chartStyle, chartWidth-1, height-1)
	text(&b, "title", chartEdge, 46, "", "Making the same talk")
	text(&b, "dim", chartEdge, 70, "",
		fmt.Sprintf("About %.0f s, %d slides, %d×%d at %d frames a second. Shorter is better.",
			r.Shape.Seconds, r.Shape.Slides, r.Shape.Size.Width, r.Shape.Size.Height, r.Shape.Rate))
	y := chartTop
	for _, p := range panels {
		y = p.draw(&b, y)
	}
	text(&b, "dim", chartEdge, height-22, "",
		"Medians of one run, all ways in turn. The others start from finished slides, sound and presenter.")
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// draw draws a panel from y on and returns the y of the next one.
func (p panel) draw(b *strings.Builder, y int) int {
	text(b, "head", chartEdge, y+22, "", p.title)
	text(b, "dim", chartWidth-chartEdge, y+22, "end", p.note)
	y += panelHead - 8
	most := 0.0
	for _, c := range p.bars {
		most = max(most, c.value)
	}
	const from = chartEdge + labelWidth
	const span = chartWidth - chartEdge - valueWidth - from
	for _, c := range p.bars {
		label, fill := "label", `class="bar"`
		switch {
		case c.ours:
			label, fill = "label ours", `fill="url(#g)"`
		case c.kin:
			fill = `class="kin"`
		}
		text(b, label, chartEdge, y+barHeight-5, "", c.label)
		fmt.Fprintf(b, `<rect class="track" x="%d" y="%d" width="%d" height="%d" rx="6"/>`+"\n", from, y,
			span, barHeight)
		long := 4.0
		if most > 0 {
			long = max(c.value/most*span, long)
		}
		fmt.Fprintf(b, `<rect %s x="%d" y="%d" width="%.1f" height="%d" rx="%.1f"/>`+"\n", fill, from, y, long,
			barHeight, min(6, long/2))
		text(b, "value", from+span+12, y+barHeight-5, "", seconds(c.value))
		if c.ratio != "" {
			text(b, "dim", chartWidth-chartEdge, y+barHeight-5, "end", c.ratio)
		}
		y += barStep
	}
	return y + 8 + panelSpace
}

// text writes a line of text.
func text(b *strings.Builder, class string, x, y int, anchor, words string) {
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d"%s>`, class, x, y, anchor)
	_ = xml.EscapeText(b, []byte(words)) // into memory
	b.WriteString("</text>\n")
}
