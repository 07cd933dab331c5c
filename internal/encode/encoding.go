package encode

import (
	"fmt"
	"strconv"

	"lectern"
)

// Encoding is the one set of encoder parameters that all pieces of a video share.
//
// It sets High profile, 4:2:0, bt709 in its limited range, a constant frame rate, a closed group of pictures of fixed
// length, one reference picture and no B-pictures. Without B-pictures and with one reference a piece may be cut after
// any picture, decoding order is display order, and a group can be repeated or shortened by copying bytes. For libx264,
// "stitchable" keeps it from tuning the headers to a piece's content, so that all pieces have the same headers. Access
// unit delimiters mark the beginning of a picture.
type Encoding struct {
	Size    lectern.Size
	Rate    int // frames a second
	Quality lectern.Quality
	Plain   bool    // every picture is encoded whole: for players that need this, and as a reference to compare with
	Encoder Encoder // an encoder in hardware encodes every picture whole too
}

// effort is x264's preset and its constant rate factor.
type effort struct {
	preset string
	crf    int
}

// effort maps a quality to its time and bits. Slower presets gain almost nothing here: without B-pictures and with one
// reference their searches find little, and still areas cost nothing at any preset. So a higher quality spends bits
// first and time second. docs/TUNING.md has the measurements.
func (e Encoding) effort() effort {
	switch e.Quality {
	case lectern.QualityLow:
		return effort{"superfast", 28}
	case lectern.QualityMedium:
		return effort{"veryfast", 23}
	}
	return effort{"veryfast", 18}
}

// GOP is the number of frames from one key picture to the next: six seconds, the length of segments that HLS
// recommends. A player that seeks decodes at most that many, and skipped pictures take it hardly any time.
func (e Encoding) GOP() int { return 6 * e.Rate }

// Macroblocks returns the number of macroblocks of a picture, across and down.
func (e Encoding) Macroblocks() (across, down int) {
	return (e.Size.Width + block - 1) / block, (e.Size.Height + block - 1) / block
}

// PictureBytes is the size of one whole picture as the encoder reads it.
func (e Encoding) PictureBytes() int64 { return int64(e.Size.Width) * int64(e.Size.Height) * 3 / 2 }

// rate sets how many bits the pictures get: by a constant rate factor, which spends fewer on fast motion, or by a
// constant quantizer, for which x264 need not analyse the pictures beforehand.
type rate struct {
	by    string
	value int
}

func factor(crf int) rate   { return rate{"-crf", crf} }
func quantizer(qp int) rate { return rate{"-qp", qp} }

// args returns the arguments that encode in groups of gop pictures. more has further options of x264, separated by
// colons. Encoders in hardware ignore more, and always use a constant quantizer.
func (e Encoding) args(bits rate, gop int, more string) []string {
	if e.Encoder != Software {
		return e.hardware(bits.value+overCRF, gop)
	}
	options := "scenecut=0:open-gop=0:stitchable=1:aud=1:force-cfr=1:weightp=0"
	if more != "" {
		options += ":" + more
	}
	if across, down := e.Macroblocks(); across*down*e.Rate <= level32 {
		options += ":level=4"
	}
	return []string{
		"-an", "-sn", "-dn", "-c:v", "libx264", "-preset", e.effort().preset, "-profile:v", "high",
		bits.by, strconv.Itoa(bits.value),
		"-pix_fmt", "yuv420p", "-g", strconv.Itoa(gop), "-keyint_min", strconv.Itoa(gop),
		"-sc_threshold", "0", "-bf", "0", "-refs", "1",
		"-x264-params", options,
		"-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
		"-chroma_sample_location", "center",
		"-bsf:v", "filter_units=remove_types=6", // removes x264's SEI about itself, which each piece would have
	}
}

// level32 is the number of macroblocks a second that level 3.2 allows. Streams of this level or a lower one are
// declared as level 4, which every player reads: it allows more slices in a picture, more than twice as many as level
// 3.1, so that a large window can be spliced into small pictures too.
const level32 = 216_000

// Args returns the arguments that set the encoding.
func (e Encoding) Args() []string { return e.args(factor(e.effort().crf), e.GOP(), "") }

// Fingerprint returns what the encoding of pictures depends on, except for Size and Rate, for content keys.
func (e Encoding) Fingerprint() []string {
	all := append(e.Args(), e.keyArgs()...)
	if e.Plain {
		all = append(all, "plain")
	}
	return all
}

// tagged is the end of a filter graph. It declares the format of the raw pictures, so that nothing is converted.
const tagged = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"

// raw returns the input arguments of raw pictures.
func (e Encoding) raw(size lectern.Size, from string) []string {
	return []string{"-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size",
		fmt.Sprintf("%dx%d", size.Width, size.Height),
		"-framerate", strconv.Itoa(e.Rate), "-i", from}
}

// held is a filter that repeats the only picture of an input without reading it again.
const held = "tpad=stop=-1:stop_mode=clone"

func (e Encoding) output(frames int64, threads int, to string) []string {
	return append(e.Args(), e.count(frames, threads, to)...)
}

// count returns the last arguments of an encode of the given number of frames.
func (e Encoding) count(frames int64, threads int, to string) []string {
	return append([]string{"-frames:v", strconv.FormatInt(frames, 10)}, e.tail(threads, to)...)
}

// tail returns the last arguments of an encode.
func (e Encoding) tail(threads int, to string) []string {
	args := []string{"-r", strconv.Itoa(e.Rate)}
	if threads > 0 {
		args = append(args, "-threads", strconv.Itoa(threads))
	}
	return append(args, "-f", "h264", to)
}

// keyArgs returns the arguments that encode single pictures: with a constant rate factor far below that of others, no
// search, and less adaptive quantization. x264 sees no later pictures, so it does not know that a key picture is shown
// for seconds and that none refines it. A constant quantizer would take a fifth less time and half of the bits, but it
// would remove the dither of dark gradients and leave faint blocks (docs/TUNING.md).
func (e Encoding) keyArgs() []string {
	return e.args(factor(e.effort().crf-underKey), e.GOP(), "subme=0:aq-strength=0.7")
}

// underKey is the difference between the constant rate factor of other pictures and that of key pictures. With the
// reduced adaptive quantization it costs as many bits as 8 would with the full one, and is 0.4 dB better.
const underKey = 10

// Still returns the arguments that encode a slide without an avatar: one picture, from which [h264.Still] makes a
// group. background is a file with the slide as one raw picture.
func (e Encoding) Still(background string, threads int, to string) []string {
	args := append(e.raw(e.Size, background), "-vf", tagged)
	args = append(args, e.keyArgs()...)
	return append(args, e.count(1, threads, to)...)
}

// Repeats divides frames into groups of at most gop pictures. Each group repeats the beginning of a still's only group.
// No group has a single picture unless frames is 1, because two key pictures in a row would have the same id. gop must
// be at least 3.
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

// Avatar returns the arguments that encode frames pictures of a slide with an avatar: the background, repeated, and in
// the rectangle at the raw pictures from standard input.
func (e Encoding) Avatar(background string, at lectern.Rect, frames int64, threads int, to string) []string {
	args := e.raw(e.Size, background)
	args = append(args, e.raw(lectern.Size{Width: at.Width, Height: at.Height}, "pipe:0")...)
	graph := fmt.Sprintf("[0:v]%s[background];[background][1:v]%s,%s[v]", held, overlay(at), e.graphEnd())
	args = append(args, "-filter_complex_threads", "1", "-filter_complex", graph, "-map", "[v]")
	return append(args, e.output(frames, threads, to)...)
}

// Thumbnail returns the arguments that convert the coded picture on standard input to a JPEG of at most 1280 pixels on
// its longer side.
func (e Encoding) Thumbnail(to string) []string {
	return append([]string{"-threads", "1", "-f", "h264", "-i", "pipe:0", "-vf", thumbScale}, thumbnail(to)...)
}

const thumbScale = "scale=w=1280:h=1280:force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=pc"

// thumbnail returns the arguments that write one picture as a JPEG.
func thumbnail(to string) []string {
	return []string{"-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "image2", "-update",
		"1", to}
}

// Side is one side of a transition: a background, and over it the region of an avatar, with one raw picture for each
// frame of the transition. An empty Region means no avatar.
type Side struct {
	Background string
	Region     string
	At         lectern.Rect
}

// Transition returns the arguments that encode the overlap of two slides in frames pictures. The first of them shows
// only the leaving slide. kind is one of lectern.TransitionTypes, but not a cut.
func (e Encoding) Transition(kind string, leaving, coming Side, frames int64, threads int, to string) []string {
	var args []string
	var graph string
	input := 0
	for i, s := range [2]Side{leaving, coming} {
		args = append(args, e.raw(e.Size, s.Background)...)
		graph += fmt.Sprintf("[%d:v]%s", input, held)
		input++
		if s.Region != "" {
			args = append(args, e.raw(lectern.Size{Width: s.At.Width, Height: s.At.Height}, s.Region)...)
			graph += fmt.Sprintf("[background%d];[background%d][%d:v]%s", i, i, input, overlay(s.At))
			input++
		}
		graph += fmt.Sprintf(",trim=end_frame=%d,scale=flags=neighbor,format=yuv444p[%c];", frames, 'a'+i)
	}
	graph += fmt.Sprintf("[a][b]xfade=transition=%s:duration=%s:offset=0,scale=flags=area,format=yuv420p,%s[v]", kind,
		e.span(frames), e.graphEnd())
	args = append(args, "-filter_complex_threads", "1", "-filter_complex", graph, "-map", "[v]")
	return append(args, e.output(frames, threads, to)...)
}

func overlay(at lectern.Rect) string {
	return fmt.Sprintf("overlay=x=%d:y=%d:format=yuv420:eof_action=endall", at.X, at.Y)
}

// span returns the duration of a number of frames for ffmpeg, in microseconds, rounded up.
func (e Encoding) span(frames int64) string {
	return strconv.FormatInt((frames*1_000_000+int64(e.Rate)-1)/int64(e.Rate), 10) + "us"
}
