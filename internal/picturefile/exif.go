package picturefile

import (
	"bytes"
	"encoding/binary"
)

// Sideways reports whether viewers turn a JPEG by a quarter before they show it, because its Exif data say that the
// camera was held on its side. Then the width and the height of its header are exchanged.
func Sideways(jpeg []byte) bool {
	const exif = "Exif\x00\x00"
	if !bytes.HasPrefix(jpeg, []byte("\xff\xd8")) {
		return false
	}
	for b := jpeg[2:]; len(b) >= 4 && b[0] == 0xff; {
		marker, size := b[1], be16(b[2:])
		if marker == 0xda || size < 2 || 2+size > len(b) {
			return false
		}
		if data := b[4 : 2+size]; marker == 0xe1 && bytes.HasPrefix(data, []byte(exif)) {
			return orientation(data[len(exif):]) >= 5
		}
		b = b[2+size:]
	}
	return false
}

// orientation returns the value of the tag Orientation, from 1 to 8, in the TIFF structure of Exif data; 0: it has
// none.
func orientation(tiff []byte) int {
	const tag, entry = 0x0112, 12
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	from := int64(order.Uint32(tiff[4:]))
	if from+2 > int64(len(tiff)) {
		return 0
	}
	list := tiff[from+2:]
	for range order.Uint16(tiff[from:]) {
		if len(list) < entry {
			return 0
		}
		if order.Uint16(list) == tag {
			if v := int(order.Uint16(list[8:])); v <= 8 {
				return v
			}
			return 0
		}
		list = list[entry:]
	}
	return 0
}
