package lectern

// SlideReport says what the parser of a file that people present, such as a PPTX, made of one of its slides.
type SlideReport struct {
	Slide     int             `json:"slide"`  // of the video, counted from 1; 0: the slide is left out
	Source    int             `json:"source"` // in the file, counted from 1
	Title     string          `json:"title,omitempty"`
	Narration NarrationSource `json:"narration"`           // where its sound comes from
	Why       string          `json:"why,omitempty"`       // a sentence
	Notes     []Remark        `json:"remarks,omitempty"`   // what differs from the file, and what to look at
	Unsaid    []string        `json:"unsaid,omitempty"`    // texts on the slide that its narration does not have
	AltTexts  []string        `json:"alt_texts,omitempty"` // of its pictures
}

// Remark is one remark of a report.
type Remark struct {
	Code    string `json:"code"` // stable, such as "animation_dropped"
	Message string `json:"message"`
}

// NarrationSource says where the sound of a slide comes from.
type NarrationSource string

// The sources of narration.
const (
	NarrationRecorded NarrationSource = "recorded" // a sound in the file
	NarrationNotes    NarrationSource = "notes"    // the slide's notes, spoken
	NarrationSilence  NarrationSource = "silence"  // none; the file says how long the slide stays
	NarrationNone     NarrationSource = "none"     // none; the slide stays for the default time
)

// The bounds of a report. What is beyond them is left out.
const (
	maxReported     = 50  // remarks, texts or descriptions of a slide
	maxReportedText = 500 // characters of one of them
)

// Bounded returns the report within the bounds of what is kept of one. It changes nothing in r.
func (r SlideReport) Bounded() SlideReport {
	r.Title, r.Why = cutText(r.Title), cutText(r.Why)
	r.Unsaid, r.AltTexts = cutTexts(r.Unsaid), cutTexts(r.AltTexts)
	notes := r.Notes[:min(len(r.Notes), maxReported)]
	r.Notes = nil
	for _, n := range notes {
		r.Notes = append(r.Notes, Remark{n.Code, cutText(n.Message)})
	}
	return r
}

func cutTexts(list []string) []string {
	var out []string
	for _, t := range list[:min(len(list), maxReported)] {
		out = append(out, cutText(t))
	}
	return out
}

func cutText(text string) string {
	if len(text) <= maxReportedText {
		return text
	}
	if r := []rune(text); len(r) > maxReportedText {
		return string(r[:maxReportedText-1]) + "…"
	}
	return text
}

// NotChecked is what a check says of the picture of a slide that only a render draws.
const NotChecked = "not checked"

// Pictures returns NotChecked for a slide that shows a page of a file, because only a render draws the page. "" is
// returned for a slide that a check can draw.
func (s Slide) Pictures() string {
	if s.Page != nil {
		return NotChecked
	}
	return ""
}
