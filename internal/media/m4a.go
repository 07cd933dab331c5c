package media

import "encoding/binary"

// box is a box of ISO/IEC 14496-12.
type box struct {
	kind     string
	from, to int64 // offsets of its content
}

// maxBoxes bounds the boxes in one range of a file, such as the content of a box.
const maxBoxes = 20_000

// boxes returns the boxes between two offsets. ok is false if they do not fill the range, or are too many.
func (f *file) boxes(from, to int64) (list []box, ok bool) {
	for at := from; at < to; {
		h, ok := f.at(at, 8)
		if !ok || len(list) > maxBoxes {
			return list, false
		}
		size, head := int64(binary.BigEndian.Uint32(h)), int64(8)
		switch size {
		case 0:
			size = to - at
		case 1:
			long, ok := f.at(at+8, 8)
			if !ok {
				return list, false
			}
			size, head = int64(binary.BigEndian.Uint64(long)), 16
		}
		if size < head || size > to-at {
			return list, false
		}
		list = append(list, box{string(h[4:8]), at + head, at + size})
		at += size
	}
	return list, true
}

// m4a accepts a file with a sound track and without a video track.
func (f *file) m4a() (Info, *Unfit) {
	const what = "M4A sound"
	top, ok := f.boxes(0, f.size)
	if !ok {
		return Info{}, damaged(what, "its boxes do not fit into the file")
	}
	for _, b := range top {
		if b.kind != "moov" {
			continue
		}
		inside, ok := f.boxes(b.from, b.to)
		if !ok {
			return Info{}, damaged(what, "its index is broken")
		}
		return f.movie(inside)
	}
	return Info{}, damaged(what, "its index is missing")
}

func (f *file) movie(boxes []box) (Info, *Unfit) {
	var length, rate uint64
	sounds := 0
	for _, b := range boxes {
		switch b.kind {
		case "mvhd":
			rate, length = f.movieLength(b)
		case "trak":
			switch f.handler(b) {
			case "soun":
				sounds++
			case "vide":
				return Info{}, &Unfit{Unknown, "it is an MP4 video; " + Accepted}
			}
		}
	}
	if sounds == 0 {
		return Info{}, &Unfit{Unknown, "it is an MP4 file without sound; " + Accepted}
	}
	return sound("audio/mp4", span(length, rate))
}

func (f *file) movieLength(b box) (rate, length uint64) {
	h, ok := f.at(b.from, int(min(b.to-b.from, 32)))
	switch {
	case ok && len(h) >= 20 && h[0] == 0:
		return uint64(binary.BigEndian.Uint32(h[12:])), uint64(binary.BigEndian.Uint32(h[16:]))
	case ok && len(h) >= 32 && h[0] == 1:
		return uint64(binary.BigEndian.Uint32(h[20:])), binary.BigEndian.Uint64(h[24:])
	}
	return 0, 0
}

// handler is the type of a track: "soun", "vide" or another one; "": unknown.
func (f *file) handler(track box) string {
	parts, _ := f.boxes(track.from, track.to)
	for _, m := range parts {
		if m.kind != "mdia" {
			continue
		}
		inside, _ := f.boxes(m.from, m.to)
		for _, h := range inside {
			if b, ok := f.at(h.from, 12); h.kind == "hdlr" && ok && h.to-h.from >= 12 {
				return string(b[8:12])
			}
		}
	}
	return ""
}
