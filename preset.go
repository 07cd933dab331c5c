package lectern

// Preset is a size and a quality that go well together, by one name. What a deck says of either itself goes before it.
type Preset string

// The presets. PresetHigh is what a deck gets that says nothing.
const (
	PresetDraft    Preset = "draft"    // 720 lines, QualityLow: to see whether all is as it should be
	PresetStandard Preset = "standard" // 1080 lines, QualityMedium: to send and to embed
	PresetHigh     Preset = "high"     // 1080 lines, QualityHigh
	Preset4K       Preset = "4k"       // 2160 lines, QualityHigh: for large screens
)

// Presets lists every Preset, from the fastest to the finest.
func Presets() []Preset { return []Preset{PresetDraft, PresetStandard, PresetHigh, Preset4K} }

// Lines is the length of a video's shorter side, in pixels.
func (p Preset) Lines() int {
	switch p {
	case PresetDraft:
		return 720
	case Preset4K:
		return 2160
	}
	return 1080
}

// Quality is the quality that goes with the size.
func (p Preset) Quality() Quality {
	switch p {
	case PresetDraft:
		return QualityLow
	case PresetStandard:
		return QualityMedium
	}
	return QualityHigh
}

// Size is the preset's size in the aspect of another, as near as even numbers come to it.
func (p Preset) Size(aspect Size) Size {
	short := min(aspect.Width, aspect.Height)
	if short <= 0 {
		aspect, short = Size{16, 9}, 9
	}
	scaled := func(side int) int { return (side*p.Lines() + short) / (2 * short) * 2 }
	return Size{scaled(aspect.Width), scaled(aspect.Height)}
}
