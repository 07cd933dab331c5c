package captions

import (
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/internal/timeline"
)

// Chapter is a part of the video with a name.
type Chapter struct {
	Title      string
	Start, End int64 // frames
}

// Slides returns one chapter for each slide. It begins in the middle of the transition to the slide, and the first
// one at frame 0.
func Slides(p timeline.Plan, titles []string) []Chapter {
	list := make([]Chapter, len(p.Slides))
	for i, s := range p.Slides {
		list[i] = Chapter{Title: titles[i], Start: s.Start + s.In/2, End: p.Frames}
		if i > 0 {
			list[i-1].End = list[i].Start
		}
	}
	return list
}

// Chapters returns the chapters of a video, given those of its slides and the section of each slide. Slides of one
// section that follow one another are one chapter with the section's name. A slide without a section is a chapter of
// its own.
func Chapters(slides []Chapter, sections []string) []Chapter {
	var list []Chapter
	for i, c := range slides {
		switch section := sections[i]; {
		case section == "":
			list = append(list, c)
		case i > 0 && sections[i-1] == section:
			list[len(list)-1].End = c.End
		default:
			list = append(list, Chapter{Title: section, Start: c.Start, End: c.End})
		}
	}
	return list
}

// ChaptersVTT writes the chapters as WebVTT.
func ChaptersVTT(rate timeline.Rate, chapters []Chapter) string {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for i, c := range chapters {
		b.WriteString("\n" + strconv.Itoa(i+1) + "\n" + stamp(frameTime(rate, c.Start), '.') + " --> " +
			stamp(frameTime(rate, c.End), '.') + "\n" + escapeVTT(oneLine(c.Title)) + "\n")
	}
	return b.String()
}

// frameTime returns the time of a frame, rounded down to a nanosecond.
func frameTime(rate timeline.Rate, frame int64) time.Duration {
	r := int64(rate)
	return time.Duration(frame/r)*time.Second + time.Duration(frame%r)*time.Second/time.Duration(r)
}

// sampleTime returns the time of a sample, rounded down to a nanosecond.
func sampleTime(sample int64) time.Duration {
	return time.Duration(sample/lectern.SampleRate)*time.Second +
		time.Duration(sample%lectern.SampleRate)*time.Second/lectern.SampleRate
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
