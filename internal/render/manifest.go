package render

import (
	"encoding/json"

	"lectern"
	"lectern/internal/timeline"
)

// Manifest describes a video for programs, with the exact frames and samples of everything in it. As JSON it is an
// artifact.
type Manifest struct {
	Version     int               `json:"version"` // of this format: 1
	ID          string            `json:"id"`
	Attempt     int               `json:"attempt"`
	Title       string            `json:"title,omitempty"`
	Language    string            `json:"language,omitempty"` // as the deck names it, BCP 47
	Theme       string            `json:"theme"`
	Layout      lectern.Layout    `json:"layout"`
	Avatar      string            `json:"avatar,omitempty"`
	Size        lectern.Size      `json:"size"`
	FrameRate   int               `json:"frame_rate"`
	SampleRate  int               `json:"sample_rate"`
	Frames      int64             `json:"frames"`
	Samples     int64             `json:"samples"`
	Quality     lectern.Quality   `json:"quality"`
	Encoder     []string          `json:"encoder"` // arguments of ffmpeg
	Slides      []ManifestSlide   `json:"slides"`
	Transitions []ManifestOverlap `json:"transitions"`
	Warnings    []lectern.Warning `json:"warnings"`
	Metadata    map[string]string `json:"metadata,omitempty"`
}

// ManifestSlide is one slide. Its frames include its transitions; its samples are those of the narration alone.
type ManifestSlide struct {
	Slide    int            `json:"slide"` // counted from 1
	ID       string         `json:"id,omitempty"`
	Title    string         `json:"title"`
	Section  string         `json:"section,omitempty"`
	Template string         `json:"template"`
	Start    int64          `json:"start_frame"`
	Frames   int64          `json:"frames"`
	Speech   *int64         `json:"speech_sample,omitempty"` // where the narration begins in the sound; nil: silent
	Samples  int64          `json:"speech_samples,omitempty"`
	Recorded *int64         `json:"recording_sample,omitempty"` // where the narration begins in the recording of the deck
	Voice    *lectern.Voice `json:"voice,omitempty"`
	Window   *lectern.Rect  `json:"avatar_window,omitempty"` // in video pixels
	Words    []lectern.Span `json:"words,omitempty"`         // in samples from the narration's beginning
	// frames of the video at which the next step of the slide appears
	Changes []int64 `json:"step_frames,omitempty"`
}

// ManifestOverlap is one transition.
type ManifestOverlap struct {
	After  int    `json:"after_slide"` // counted from 1
	Type   string `json:"type"`
	Start  int64  `json:"start_frame"`
	Frames int64  `json:"frames"`
}

// SetPlan fills in the frames, samples and transitions of a plan; types are the types of the transitions after each
// slide. m.Slides must have as many entries as the plan.
func (m *Manifest) SetPlan(p timeline.Plan, types []string) {
	m.FrameRate, m.SampleRate, m.Frames, m.Samples = int(p.Rate), lectern.SampleRate, p.Frames, p.Samples
	m.Transitions = []ManifestOverlap{}
	for i, s := range p.Slides {
		out := &m.Slides[i]
		out.Slide, out.Start, out.Frames, out.Samples = i+1, s.Start, s.Frames, s.Spoken
		if s.Spoken > 0 {
			speech := s.Speech
			out.Speech = &speech
		}
		if s.Out > 0 {
			m.Transitions = append(m.Transitions, ManifestOverlap{After: i + 1, Type: types[i], Start: s.End() - s.Out,
				Frames: s.Out})
		}
	}
}

// JSON writes the manifest, indented.
func (m Manifest) JSON() ([]byte, error) {
	if m.Warnings == nil {
		m.Warnings = []lectern.Warning{}
	}
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}
