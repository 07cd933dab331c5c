package lectern

// Preset is a size and a quality under one name. A size or a quality in the deck overrides the preset's.
type Preset string

// The presets. A deck without preset, size and quality gets PresetHigh.
const (
	PresetDraft    Preset = "draft"    // 720 lines, QualityLow: for a quick look
	PresetStandard Preset = "standard" // 1080 lines, QualityMedium: for sending and embedding
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

// Size is the preset's size in the aspect ratio of another size, rounded to even numbers. The zero Size means 16:9.
func (p Preset) Size(aspect Size) Size {
	short := min(aspect.Width, aspect.Height)
	if short <= 0 {
		aspect, short = Size{16, 9}, 9
	}
	scaled := func(side int) int { return (side*p.Lines() + short) / (2 * short) * 2 }
	return Size{scaled(aspect.Width), scaled(aspect.Height)}
}
