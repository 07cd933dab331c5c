package media

import (
	"bytes"
	"encoding/binary"
)

const cutOff = "its end is missing"

// wav reads the chunks of a RIFF file up to its samples.
func (f *file) wav() (Info, *Unfit) {
	const what = "WAV sound"
	var bytesPerSecond uint64
	for at, chunks := int64(12), 0; chunks < 1000; chunks++ {
		b, ok := f.at(at, 8)
		if !ok {
			return Info{}, damaged(what, "it has no samples")
		}
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		at += 8
		switch string(b[:4]) {
		case "fmt ":
			h, ok := f.at(at, 16)
			if !ok || size < 16 {
				return Info{}, damaged(what, "its format is missing")
			}
			channels, rate := binary.LittleEndian.Uint16(h[2:]), binary.LittleEndian.Uint32(h[4:])
			bytesPerSecond = uint64(binary.LittleEndian.Uint32(h[8:]))
			tag := binary.LittleEndian.Uint16(h)
			if tag != 1 && tag != 3 && tag != 0xFFFE {
				return Info{}, &Unfit{Unknown, "it is a WAV file with compressed samples; only PCM is accepted"}
			}
			if channels == 0 || rate == 0 || bytesPerSecond == 0 {
				return Info{}, damaged(what, "its format is invalid")
			}
		case "data":
			if bytesPerSecond == 0 {
				return Info{}, damaged(what, "its format is missing")
			}
			if size == 0xFFFFFFFF || size == 0 { // the writer did not know the length
				size = f.size - at
			}
			if size > f.size-at {
				return Info{}, damaged(what, cutOff)
			}
			return sound("audio/wav", span(uint64(size), bytesPerSecond))
		}
		at += size + size&1
	}
	return Info{}, damaged(what, "it has too many parts")
}

// flac reads the stream information, which comes first.
func (f *file) flac(at int64, kind string) (Info, *Unfit) {
	b, ok := f.at(at, 8+34)
	if !ok || b[4]&0x7F != 0 || b[5] != 0 || b[6] != 0 || b[7] != 34 {
		return Info{}, damaged("FLAC sound", "its stream information is missing")
	}
	packed := binary.BigEndian.Uint64(b[8+10:])
	rate, total := packed>>44, packed&(1<<36-1)
	if rate == 0 {
		return Info{}, damaged("FLAC sound", "its format is invalid")
	}
	return sound(kind, span(total, rate))
}

// The bit rates of layer III in kbit/s, of MPEG 1 and of MPEG 2.
var bitRates = [2][16]int{
	{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
	{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0},
}

// frame is the header of an MP3 frame.
type frame struct {
	samples, rate, bitRate int // samples in the frame, Hz, bit/s
	length                 int // bytes
	side                   int // bytes between the header and, in a first frame, the encoder's header with the length
}

func readFrame(b []byte) (frame, bool) {
	if len(b) < 4 || b[0] != 0xFF || b[1]&0xE0 != 0xE0 || b[1]>>1&3 != 1 { // only layer III
		return frame{}, false
	}
	version := b[1] >> 3 & 3
	rates := [...]int{44100, 48000, 32000, 0}
	h := frame{rate: rates[b[2]>>2&3], samples: 1152, bitRate: 1000 * bitRates[0][b[2]>>4]}
	mono := b[3]>>6 == 3
	switch version {
	case 1:
		return frame{}, false
	case 3:
		h.side = 32
		if mono {
			h.side = 17
		}
	default: // 2, and 2.5 at half its rates
		h.samples, h.bitRate, h.rate, h.side = 576, 1000*bitRates[1][b[2]>>4], h.rate/2, 17
		if mono {
			h.side = 9
		}
		if version == 0 {
			h.rate /= 2
		}
	}
	if h.rate == 0 || h.bitRate == 0 {
		return frame{}, false
	}
	h.length = h.samples/8*h.bitRate/h.rate + int(b[2]>>1&1)
	return h, true
}

// isMP3 reports whether two frames follow one another at the beginning.
func isMP3(head []byte) bool {
	h, ok := readFrame(head)
	if !ok || len(head) < h.length+4 {
		return false
	}
	next, ok := readFrame(head[h.length:])
	return ok && next.rate == h.rate
}

// mp3 finds the first frame after the tags. The length of the sound is that in the encoder's header or, without one, is
// computed from the bit rate of the first frame.
func (f *file) mp3() (Info, *Unfit) {
	at := int64(0)
	for range 10 { // tags
		b, ok := f.at(at, 10)
		if !ok || string(b[:3]) != "ID3" {
			break
		}
		at += 10 + (int64(b[6]&0x7F)<<21 | int64(b[7]&0x7F)<<14 | int64(b[8]&0x7F)<<7 | int64(b[9]&0x7F))
	}
	window, ok := f.at(at, int(min(max(f.size-at, 0), headBytes)))
	if !ok {
		return Info{}, damaged("MP3 sound", cutOff)
	}
	for len(window) >= 4 && !isMP3(window) {
		i := bytes.IndexByte(window[1:], 0xFF)
		if i < 0 {
			window = nil
			break
		}
		window, at = window[1+i:], at+int64(1+i)
	}
	h, ok := readFrame(window)
	if !ok {
		return Info{}, damaged("MP3 sound", "no frame of layer III is in it")
	}
	if frames := written(window, h); frames > 0 {
		return sound("audio/mpeg", span(uint64(frames)*uint64(h.samples), uint64(h.rate)))
	}
	return sound("audio/mpeg", span(uint64(f.size-at)*8, uint64(h.bitRate)))
}

// written is the number of frames that the encoder's header in the first frame states; 0: it states none.
func written(b []byte, h frame) uint32 {
	if at := 4 + h.side; len(b) >= at+12 && (string(b[at:at+4]) == "Xing" || string(b[at:at+4]) == "Info") &&
		b[at+7]&1 != 0 {
		return binary.BigEndian.Uint32(b[at+8:])
	}
	if at := 4 + 32; len(b) >= at+18 && string(b[at:at+4]) == "VBRI" {
		return binary.BigEndian.Uint32(b[at+14:])
	}
	return 0
}

// ogg reads the first page, which states the codec of the stream, and the last one, which states its end.
func (f *file) ogg() (Info, *Unfit) {
	const what = "Ogg sound"
	p, ok := f.page(0)
	if !ok || p.flags&2 == 0 {
		return Info{}, damaged(what, "its first page is broken")
	}
	if second, ok := f.page(p.end); ok && second.flags&2 != 0 {
		return Info{}, &Unfit{Unknown, "it is an Ogg file with several streams, such as a video; " + Accepted}
	}
	var rate, skipped uint64
	switch b := p.body; {
	case bytes.HasPrefix(b, []byte("\x01vorbis")) && len(b) >= 16:
		rate = uint64(binary.LittleEndian.Uint32(b[12:]))
	case bytes.HasPrefix(b, []byte("OpusHead")) && len(b) >= 19:
		rate, skipped = 48000, uint64(binary.LittleEndian.Uint16(b[10:]))
	case bytes.HasPrefix(b, []byte("\x7fFLAC")) && len(b) >= 13+34:
		rate = binary.BigEndian.Uint64(b[17+10:]) >> 44
	default:
		return Info{}, &Unfit{Unknown, "it is an Ogg file without Vorbis, Opus or FLAC; " + Accepted}
	}
	if rate == 0 {
		return Info{}, damaged(what, "its format is invalid")
	}
	end := f.lastGranule(p.serial)
	return sound("audio/ogg", span(end-min(end, skipped), rate))
}

// page is a page of an Ogg file. end is the offset after it.
type page struct {
	flags  byte
	serial uint32
	body   []byte
	end    int64
}

func (f *file) page(at int64) (page, bool) {
	h, ok := f.at(at, 27)
	if !ok || string(h[:4]) != "OggS" || h[4] != 0 {
		return page{}, false
	}
	lacing, ok := f.at(at+27, int(h[26]))
	if !ok {
		return page{}, false
	}
	n := 0
	for _, l := range lacing {
		n += int(l)
	}
	at += 27 + int64(len(lacing))
	body, ok := f.at(at, n)
	return page{h[5], binary.LittleEndian.Uint32(h[14:]), body, at + int64(n)}, ok
}

// lastGranule is the position at the end of a stream, in samples; 0 if it is not found.
func (f *file) lastGranule(serial uint32) uint64 {
	n := int(min(f.size, headBytes))
	tail, ok := f.at(f.size-int64(n), n)
	for ok {
		i := bytes.LastIndex(tail, []byte("OggS\x00"))
		if i < 0 {
			break
		}
		if h := tail[i:]; len(h) >= 27 && binary.LittleEndian.Uint32(h[14:]) == serial {
			if g := binary.LittleEndian.Uint64(h[6:]); g < 1<<62 {
				return g
			}
		}
		tail = tail[:i]
	}
	return 0
}
