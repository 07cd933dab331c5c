package compose

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"lectern"
	"lectern/internal/timeline"
)

// Mux gives the arguments that put the joined video, which arrives on standard input, the sound, the captions and the chapters
// into one MP4 with its index first. Nothing is encoded but the captions. An empty captions means there are none.
func (e Encoding) Mux(audio, captions, metadata, language, to string) []string {
	// Of several inputs each is read by a thread of its own, and while one of their short queues is empty ffmpeg sleeps.
	input := func(more ...string) []string { return append([]string{"-thread_queue_size", "512"}, more...) }
	args := append(input("-f", "mp4", "-i", "pipe:0"), input("-i", audio)...)
	args = append(args, input("-f", "ffmetadata", "-i", metadata)...)
	maps := []string{"-map", "0:v:0", "-map", "1:a:0"}
	if captions != "" {
		args = append(args, input("-f", "srt", "-i", captions)...)
		maps = append(maps, "-map", "3:s:0", "-c:s", "mov_text", "-metadata:s:s:0", "language="+language, "-disposition:s:0", "0")
	}
	args = append(args, maps...)
	args = append(args, "-map_metadata", "2", "-map_chapters", "2", "-c:v", "copy", "-c:a", "copy",
		"-metadata:s:a:0", "language="+language, "-tag:v", "avc1",
		"-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
		"-video_track_timescale", strconv.Itoa(e.Timescale()), "-movflags", "+faststart+write_colr", "-f", "mp4", to)
	return args
}

// Thumbnail gives the arguments that make a JPEG of the one coded picture on standard input, at most 1280 pixels on its longer
// side.
func (e Encoding) Thumbnail(to string) []string {
	return []string{
		"-threads", "1", "-f", "h264", "-i", "pipe:0", "-frames:v", "1",
		"-vf", "scale=w=1280:h=1280:force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=pc",
		"-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "image2", "-update", "1", to,
	}
}

// Chapter is a stretch of the video with a name.
type Chapter struct {
	Title      string
	Start, End int64 // frames
}

// Chapters gives one chapter for each slide. It begins in the middle of the transition that brings the slide, and the first
// at the start.
func Chapters(p timeline.Plan, titles []string) []Chapter {
	list := make([]Chapter, len(p.Slides))
	for i, s := range p.Slides {
		list[i] = Chapter{Title: titles[i], Start: s.Start + s.In/2, End: p.Frames}
		if i > 0 {
			list[i-1].End = list[i].Start
		}
	}
	return list
}

// Metadata writes the title and the chapters as ffmpeg reads them.
func Metadata(title string, rate timeline.Rate, chapters []Chapter) string {
	var b strings.Builder
	b.WriteString(";FFMETADATA1\n")
	if title != "" {
		b.WriteString("title=" + escapeMetadata(title) + "\n")
	}
	b.WriteString("encoder=Lectern\n")
	for _, c := range chapters {
		b.WriteString("[CHAPTER]\nTIMEBASE=1/" + strconv.FormatInt(int64(rate), 10) +
			"\nSTART=" + strconv.FormatInt(c.Start, 10) + "\nEND=" + strconv.FormatInt(c.End, 10) +
			"\ntitle=" + escapeMetadata(c.Title) + "\n")
	}
	return b.String()
}

var metadataEscapes = strings.NewReplacer("\\", "\\\\", "=", "\\=", ";", "\\;", "#", "\\#", "\n", "\\\n", "\r", "", "\x00", "")

func escapeMetadata(s string) string { return metadataEscapes.Replace(s) }

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

// frameTime is when a frame begins, rounded down to a nanosecond.
func frameTime(rate timeline.Rate, frame int64) time.Duration {
	r := int64(rate)
	return time.Duration(frame/r)*time.Second + time.Duration(frame%r)*time.Second/time.Duration(r)
}

// sampleTime is when a sample is heard, rounded down to a nanosecond.
func sampleTime(sample int64) time.Duration {
	return time.Duration(sample/lectern.SampleRate)*time.Second +
		time.Duration(sample%lectern.SampleRate)*time.Second/lectern.SampleRate
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Language gives the three letters (ISO 639-2/T) that MP4 names a language by; "und" for one it has no name for here.
func Language(bcp47 string) string {
	base, err := language.ParseBase(strings.SplitN(strings.ReplaceAll(bcp47, "_", "-"), "-", 2)[0])
	if err != nil {
		return "und"
	}
	return base.ISO3()
}

// Repeats cuts frames into groups of at most gop pictures, each of which is the beginning of a still's one group. None has a
// single picture, unless frames is 1: two key pictures in a row would carry the same id.
func Repeats(frames, gop int64) []int64 {
	if frames <= 0 || gop < 3 {
		return nil
	}
	n, rest := frames/gop, frames%gop
	groups := make([]int64, n, n+1)
	for i := range groups {
		groups[i] = gop
	}
	if rest == 1 && n > 0 {
		groups[n-1]--
		rest++
	}
	if rest > 0 {
		groups = append(groups, rest)
	}
	return groups
}
