package picturefile

import "bytes"

// maxScans bounds the scans of a JPEG. Pictures of cameras have one, progressive pictures about ten.
const maxScans = 100

// jpegHeader holds the values of the first frame header and of the scans.
type jpegHeader struct {
	width, height int
	samples       int // bytes of a decoded picture, its channels at their own sizes
	blocks        int // coefficients of all channels
	progressive   bool
	scans         int
}

func inspectJPEG(body []byte, lim Limits) (Picture, *Unfit) {
	h, end, u := readJPEG(body, lim)
	if u != nil {
		return Picture{}, u
	}
	return measure(body[:end], h.width, h.height, lim)
}

// readJPEG reads the markers and returns the offset of the picture's end.
func readJPEG(b []byte, lim Limits) (h jpegHeader, end int, u *Unfit) {
	for i := 2; ; {
		for i < len(b) && b[i] != 0xff { // skips bytes between segments, as decoders do
			i++
		}
		for i < len(b) && b[i] == 0xff {
			i++
		}
		if i >= len(b) {
			return h, 0, damaged("JPEG", cutOff)
		}
		marker := b[i]
		i++
		switch {
		case marker == 0xd9:
			if h.scans == 0 {
				return h, 0, damaged("JPEG", "it has no pixels")
			}
			return h, i, nil
		case marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd8:
			continue // no segment follows
		}
		if i+2 > len(b) || be16(b[i:]) < 2 || i+be16(b[i:]) > len(b) {
			return h, 0, damaged("JPEG", cutOff)
		}
		segment := b[i+2 : i+be16(b[i:])]
		i += be16(b[i:])
		switch {
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if h.width > 0 {
				return h, 0, damaged("JPEG", "it has two headers")
			}
			if h, u = readSOF(segment, lim); u != nil {
				return h, 0, u
			}
			h.progressive = marker == 0xc2 || marker == 0xc6 || marker == 0xca || marker == 0xce
		case marker == 0xda:
			if h.width == 0 {
				return h, 0, damaged("JPEG", "its header is missing")
			}
			if h.scans++; h.scans > maxScans {
				return h, 0, unfit("it is a JPEG picture that stores its pixels in more than %d scans", maxScans)
			}
			i = skipEntropy(b, i)
		}
	}
}

// skipEntropy returns the place of the marker that ends a scan's pixels.
func skipEntropy(b []byte, i int) int {
	for {
		j := bytes.IndexByte(b[i:], 0xff)
		if j < 0 || i+j+1 >= len(b) {
			return len(b)
		}
		i += j
		if m := b[i+1]; m != 0 && m != 0xff && (m < 0xd0 || m > 0xd7) {
			return i
		} else if m == 0xff {
			i++
		} else {
			i += 2
		}
	}
}

func readSOF(d []byte, lim Limits) (h jpegHeader, u *Unfit) {
	if len(d) < 6 || len(d) != 6+3*int(d[5]) || d[5] == 0 || d[5] > 4 {
		return h, damaged("JPEG", "its header is wrong")
	}
	h.height, h.width = be16(d[1:]), be16(d[3:])
	if h.width == 0 || h.height == 0 {
		return h, damaged("JPEG", "its header states no size")
	}
	if _, u := measure(nil, h.width, h.height, lim); u != nil {
		return h, u
	}
	hMax, vMax := 1, 1
	for c := 6; c < len(d); c += 3 {
		hMax, vMax = max(hMax, int(d[c+1]>>4)), max(vMax, int(d[c+1]&15))
	}
	for c := 6; c < len(d); c += 3 {
		part := (h.width + 16*hMax) * int(d[c+1]>>4) / hMax * ((h.height + 16*vMax) * int(d[c+1]&15) / vMax)
		h.samples += part
		h.blocks += part
	}
	return h, nil
}
