package encode

import "strconv"

// Encoder is who encodes H.264. All pieces of a video come from the same one, since each writes parameter sets of its
// own kind.
type Encoder string

// The encoders. Those in hardware are reached through ffmpeg.
const (
	Software Encoder = "" // libx264
	NVENC    Encoder = "nvenc"
	QSV      Encoder = "qsv"
	VAAPI    Encoder = "vaapi"
)

// Hardware lists the encoders in hardware, in the order in which they are tried.
func Hardware() []Encoder { return []Encoder{NVENC, QSV, VAAPI} }

// String is its name.
func (e Encoder) String() string {
	if e == Software {
		return "libx264"
	}
	return string(e)
}

// vaapiDevice is where VAAPI is looked for: the first card that renders.
const vaapiDevice = "/dev/dri/renderD128"

// hardware are the arguments that say how to encode with e.Encoder: a constant quantizer, no B-pictures, one
// reference, and key pictures exactly every gop pictures, where decoding may begin.
func (e Encoding) hardware(quantizer, gop int) []string {
	q := strconv.Itoa(quantizer)
	args := []string{"-an", "-sn", "-dn"}
	switch e.Encoder {
	case NVENC:
		args = append(args, "-c:v", "h264_nvenc", "-preset", "p4", "-rc", "constqp", "-qp", q, "-no-scenecut", "1",
			"-strict_gop", "1",
			"-forced-idr", "1", "-aud", "1", "-coder", "cabac", "-pix_fmt", "yuv420p")
	case QSV:
		args = append(args, "-c:v", "h264_qsv", "-preset", "medium", "-q:v", q, "-look_ahead", "0", "-forced_idr", "1",
			"-aud", "1", "-pix_fmt", "nv12")
	case VAAPI:
		args = append(args, "-vaapi_device", vaapiDevice, "-c:v", "h264_vaapi", "-rc_mode", "CQP", "-qp", q, "-aud",
			"1", "-coder", "cabac", "-sei", "0")
	}
	return append(args, "-profile:v", "high", "-g", strconv.Itoa(gop), "-bf", "0", "-refs", "1",
		"-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-bsf:v",
		"filter_units=remove_types=6")
}

// overCRF is by how much a constant quantizer is above the constant rate factor that looks about as good: the factor
// spends less where much moves.
const overCRF = 2

// taken ends a filter graph: it declares what the pictures are, and converts them to what the encoder takes.
func (e Encoding) taken() string {
	if e.Encoder == VAAPI {
		return tagged + ",format=nv12,hwupload"
	}
	return tagged
}

// Trial gives the arguments that encode a second of a test picture to standard output, to see whether an encoder works.
func (e Encoding) Trial() []string {
	args := []string{"-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=1", "-vf",
		"format=yuv420p," + e.taken()}
	return append(append(args, e.Args()...), "-f", "h264", "pipe:1")
}

// Standing gives the arguments that encode a group of pictures of a slide without an avatar, for encoders in
// hardware, whose pictures are not written here: what [Encoding.Still] and skipped pictures are for the others.
// background is a file with the slide as one raw picture.
func (e Encoding) Standing(background string, threads int, to string) []string {
	args := append(e.raw(e.Size, background), "-vf", held+","+e.taken())
	return append(args, e.output(int64(e.GOP()), threads, to)...)
}
