package picturefile

import "testing"

// Sideways finds the orientation in both byte orders, wherever the segment is.
func TestSideways(t *testing.T) {
	t.Parallel()
	big := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02\x01\x0f\x00\x02\x00\x00\x00\x01x\x00\x00\x00" +
		"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
	little := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00"
	upright := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00"
	segment := func(marker byte, data string) string {
		n := len(data) + 2
		return string([]byte{0xff, marker, byte(n >> 8), byte(n)}) + data
	}
	for name, c := range map[string]struct {
		body string
		want bool
	}{
		"big endian":    {"\xff\xd8" + segment(0xe1, big), true},
		"little endian": {"\xff\xd8" + segment(0xe0, "JFIF\x00") + segment(0xe1, little), true},
		"a half turn":   {"\xff\xd8" + segment(0xe1, upright), false},
		"after pixels":  {"\xff\xd8" + segment(0xda, "x") + segment(0xe1, big), false},
		"cut off":       {("\xff\xd8" + segment(0xe1, big))[:40], false},
		"not a JPEG":    {"\x89PNG" + segment(0xe1, big), false},
	} {
		if got := Sideways([]byte(c.body)); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func FuzzSideways(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x20Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, b []byte) { Sideways(b) })
}
