package encode

import "strconv"

// Encoder is an encoder of H.264. All pieces of a video come from the same one, because encoders write different
// parameter sets.
type Encoder string

// The encoders. ffmpeg gives access to those in hardware.
const (
	Software Encoder = "" // libx264
	NVENC    Encoder = "nvenc"
	QSV      Encoder = "qsv"
	VAAPI    Encoder = "vaapi"
)

// Hardware lists the encoders in hardware, in the order in which they are tried.
func Hardware() []Encoder { return []Encoder{NVENC, QSV, VAAPI} }

// String returns the encoder's name; that of Software is "libx264".
func (e Encoder) String() string {
	if e == Software {
		return "libx264"
	}
	return string(e)
}

// vaapiDevice is the device of VAAPI: the first card that renders.
const vaapiDevice = "/dev/dri/renderD128"

// hardware returns the encoding arguments of e.Encoder: a constant quantizer, no B-pictures, one reference, and a key
// picture, at which decoding may begin, exactly every gop pictures.
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

// overCRF is the difference between a constant quantizer and the constant rate factor that looks about as good: the
// rate factor spends fewer bits on fast motion.
const overCRF = 2

// graphEnd returns the last filters of a graph. They declare the format of the pictures and convert them to the
// encoder's format.
func (e Encoding) graphEnd() string {
	if e.Encoder == VAAPI {
		return tagged + ",format=nv12,hwupload"
	}
	return tagged
}

// Trial returns the arguments that encode one second of a test picture to standard output, to test whether an encoder
// works.
func (e Encoding) Trial() []string {
	args := []string{"-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=1", "-vf",
		"format=yuv420p," + e.graphEnd()}
	return append(append(args, e.Args()...), "-f", "h264", "pipe:1")
}

// Standing returns the arguments that encode a whole group of pictures of a slide without an avatar. It is for encoders
// in hardware, because Lectern cannot write skipped pictures that match their streams; for libx264 see
// [Encoding.Still]. background is a file with the slide as one raw picture.
func (e Encoding) Standing(background string, threads int, to string) []string {
	args := append(e.raw(e.Size, background), "-vf", held+","+e.graphEnd())
	return append(args, e.output(int64(e.GOP()), threads, to)...)
}
