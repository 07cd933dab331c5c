package renders

import (
	"encoding/json"
	"fmt"
	"strconv"

	"lectern"
)

// Talk is the material of a video: the input of every way except Lectern's. Names are those of files in its folder.
type Talk struct {
	Width  int           `json:"width"`
	Height int           `json:"height"`
	Rate   int           `json:"rate"`
	Frames int64         `json:"frames"`
	Fade   int64         `json:"fade,omitempty"`   // frames in which slides overlap
	Window *lectern.Rect `json:"window,omitempty"` // of the presenter; nil: none
	Sound  string        `json:"sound"`            // the whole sound
	Slides []Scene       `json:"slides"`
}

// Scene is one slide of a Talk.
type Scene struct {
	Picture string `json:"picture"`
	Sound   string `json:"sound"`
	Clip    string `json:"clip,omitempty"`
	Start   int64  `json:"start"`
	Frames  int64  `json:"frames"`
}

// NewTalk reads the manifest of a render.
func NewTalk(manifest []byte) (Talk, error) {
	var m struct {
		Size      lectern.Size `json:"size"`
		FrameRate int          `json:"frame_rate"`
		Frames    int64        `json:"frames"`
		Slides    []struct {
			Start  int64         `json:"start_frame"`
			Frames int64         `json:"frames"`
			Window *lectern.Rect `json:"avatar_window"`
		} `json:"slides"`
		Transitions []struct {
			Frames int64 `json:"frames"`
		} `json:"transitions"`
	}
	if err := json.Unmarshal(manifest, &m); err != nil {
		return Talk{}, fmt.Errorf("read the manifest: %w", err)
	}
	if len(m.Slides) == 0 || m.FrameRate <= 0 || m.Frames <= 0 {
		return Talk{}, fmt.Errorf("the manifest has no slides or no frames")
	}
	t := Talk{Width: m.Size.Width, Height: m.Size.Height, Rate: m.FrameRate, Frames: m.Frames,
		Window: m.Slides[0].Window, Sound: "sound.wav"}
	for i, s := range m.Slides {
		scene := Scene{Picture: number("slide", i, "png"), Sound: number("sound", i, "wav"), Start: s.Start,
			Frames: s.Frames}
		if t.Window != nil {
			scene.Clip = number("clip", i, "mp4")
		}
		t.Slides = append(t.Slides, scene)
	}
	if len(m.Transitions) > 0 {
		t.Fade = m.Transitions[0].Frames
	}
	return t, nil
}

// number names a file of a slide, as `lectern render --keep` does.
func number(stem string, i int, ext string) string { return fmt.Sprintf("%s-%03d.%s", stem, i+1, ext) }

// Length is how long the talk lasts, in seconds.
func (t Talk) Length() float64 { return float64(t.Frames) / float64(t.Rate) }

// at writes the time of a frame for ffmpeg.
func (t Talk) at(frame int64) string {
	return strconv.FormatFloat(float64(frame)/float64(t.Rate), 'f', 6, 64)
}

// rate is the frame rate as an argument.
func (t Talk) rate() string { return strconv.Itoa(t.Rate) }

// materials returns the commands that cut the material from a finished video: the sound of each slide, the whole sound,
// and the presenter's clips.
func (t Talk) materials(ffmpeg, film string) [][]string {
	all := [][]string{{ffmpeg, "-v", "error", "-y", "-i", film, "-vn", "-c:a", "pcm_s16le", t.Sound}}
	for _, s := range t.Slides {
		end := s.Start + s.Frames
		all = append(all, []string{ffmpeg, "-v", "error", "-y", "-i", film, "-vn",
			"-af", fmt.Sprintf("atrim=start=%s:end=%s,asetpts=N/SR/TB", t.at(s.Start), t.at(end)), "-c:a",
			"pcm_s16le", s.Sound})
		if t.Window != nil {
			w := *t.Window
			all = append(all, []string{ffmpeg, "-v", "error", "-y", "-i", film, "-an",
				"-vf", fmt.Sprintf("trim=start_frame=%d:end_frame=%d,setpts=PTS-STARTPTS,crop=%d:%d:%d:%d", s.Start, end, w.Width,
					w.Height, w.X, w.Y),
				"-c:v", "libx264", "-preset", "veryfast", "-crf", "4", "-r", t.rate(), s.Clip})
		}
	}
	return all
}

// parts returns the list of the slides' parts for ffmpeg's concat.
func (t Talk) parts() []byte {
	var b []byte
	for i := range t.Slides {
		b = fmt.Appendf(b, "file '%s'\n", number("part", i, "mp4"))
	}
	return b
}
