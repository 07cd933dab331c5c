package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strconv"

	"github.com/klauspost/compress/zlib"

	"lectern"
)

// ParseColour reads "#rrggbb".
func ParseColour(s string) (color.RGBA, bool) {
	if len(s) != 7 || s[0] != '#' {
		return color.RGBA{}, false
	}
	v, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return color.RGBA{}, false
	}
	return color.RGBA{R: byte(v >> 16), G: byte(v >> 8), B: byte(v), A: 255}, true
}

// Background draws a page's background in a picture of the given size. scale is the number of its pixels to a CSS
// pixel. The gradients are those of a browser (CSS Images 3, section 3), but their sum is rounded to 8 bits only once,
// with an ordered dither.
func Background(g lectern.Background, size lectern.Size, scale float64) (*image.RGBA, error) {
	from, ok1 := ParseColour(g.From)
	to, ok2 := ParseColour(g.To)
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("%q or %q is not a colour", g.From, g.To)
	}
	lights := make([]light, len(g.Lights))
	for i, l := range g.Lights {
		c, ok := ParseColour(l.Colour)
		if !ok {
			return nil, fmt.Errorf("%q is not a colour", l.Colour)
		}
		lights[len(lights)-1-i] = light{
			x: l.X / 100 * float64(size.Width), y: l.Y / 100 * float64(size.Height), rx: l.RadiusX * scale,
			ry:    l.RadiusY * scale,
			alpha: float32(l.Alpha), reach: l.Reach / 100, colour: channels(c),
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, size.Width, size.Height))
	sin, cos := math.Sincos(g.Angle * math.Pi / 180)
	w, h := float64(size.Width), float64(size.Height)
	length := math.Abs(w*sin) + math.Abs(h*cos)
	a, b := channels(from), channels(to)
	row := make([][3]float32, size.Width)
	for y := range size.Height {
		down := (float64(y) + 0.5 - h/2) * cos
		for x := range row {
			t := float32(min(max(((float64(x)+0.5-w/2)*sin-down)/length+0.5, 0), 1))
			row[x] = [3]float32{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t, a[2] + (b[2]-a[2])*t}
		}
		for i := range lights {
			lights[i].shine(row, float64(y)+0.5)
		}
		dithered(img.Pix[y*img.Stride:][:4*size.Width], row, y)
	}
	return img, nil
}

func channels(c color.RGBA) [3]float32 { return [3]float32{float32(c.R), float32(c.G), float32(c.B)} }

// light is a [lectern.Light] in pixels.
type light struct {
	x, y, rx, ry, reach float64
	alpha               float32 // in the middle
	colour              [3]float32
}

// shine adds the light to a row of pixels whose centres are at y.
func (l *light) shine(row [][3]float32, y float64) {
	dy := (y - l.y) / l.ry
	wide := l.reach*l.reach - dy*dy
	if wide <= 0 {
		return
	}
	half := math.Sqrt(wide) * l.rx
	first, last := int(max(math.Ceil(l.x-half-0.5), 0)), int(min(math.Floor(l.x+half-0.5), float64(len(row)-1)))
	up, fade := float32(dy*dy), l.alpha/float32(l.reach)
	for x := first; x <= last; x++ {
		dx := float32((float64(x) + 0.5 - l.x) / l.rx)
		t := max(l.alpha-fade*float32(math.Sqrt(float64(dx*dx+up))), 0)
		p := &row[x]
		p[0] += (l.colour[0] - p[0]) * t
		p[1] += (l.colour[1] - p[1]) * t
		p[2] += (l.colour[2] - p[2]) * t
	}
}

// dithered rounds a row to 8 bits, up or down depending on the place.
func dithered(out []byte, row [][3]float32, y int) {
	add := rounding[y&7]
	for x, p := range row {
		d, o := add[x&7], out[4*x:4*x+4:4*x+4]
		o[0], o[1], o[2], o[3] = byte(p[0]+d), byte(p[1]+d), byte(p[2]+d), 255
	}
}

// rounding is added to a value before it is truncated to 8 bits: from just above 0 to just below 1.
var rounding = func() (t [8][8]float32) {
	for y := range 8 {
		for x := range 8 {
			t[y][x] = (float32(order(x, y)) + 0.5) / 64
		}
	}
	return t
}()

// Lay draws a picture over a background of the same size. For a picture with an alpha channel as image/png reads it,
// Lay writes the result into picture, to save the memory of a second one. The caller must not use picture afterwards.
func Lay(picture image.Image, background *image.RGBA) *image.RGBA {
	b := picture.Bounds()
	if glass, ok := picture.(*image.NRGBA); ok {
		for y := range b.Dy() {
			layRow(glass.Pix[y*glass.Stride:][:4*b.Dx()], background.Pix[y*background.Stride:][:4*b.Dx()])
		}
		return &image.RGBA{Pix: glass.Pix, Stride: glass.Stride, Rect: image.Rect(0, 0, b.Dx(), b.Dy())}
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	copy(out.Pix, background.Pix)
	draw.Draw(out, out.Rect, picture, b.Min, draw.Over)
	return out
}

// layRow draws a row of pixels with straight alpha over an opaque row. The result replaces row.
func layRow(row, background []byte) {
	for ; len(row) >= 8 && len(background) >= 8; row, background = row[8:], background[8:] {
		switch binary.LittleEndian.Uint64(row) & 0xff000000ff000000 {
		case 0:
			binary.LittleEndian.PutUint64(row, binary.LittleEndian.Uint64(background))
		case 0xff000000ff000000:
		default:
			layPixel(row[:4], background[:4])
			layPixel(row[4:8], background[4:8])
		}
	}
	if len(row) >= 4 {
		layPixel(row[:4], background[:4])
	}
}

func layPixel(p, background []byte) {
	a := uint32(p[3])
	for c := range 3 {
		v := uint32(p[c])*a + uint32(background[c])*(255-a) + 127
		p[c] = byte(v / 255)
	}
	p[3] = 255
}

// PNG encodes an opaque picture. It uses no filters, because they would disturb the regular pattern of a dithered
// background. So the file is two thirds as large as the browser's and takes a sixth of the time of image/png.
func PNG(img *image.RGBA) ([]byte, error) {
	b := img.Bounds()
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(b.Dx())), uint32(b.Dy()))
	var packed bytes.Buffer
	packed.Grow(b.Dx() * b.Dy() / 2)
	z, err := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	if err != nil {
		return nil, err
	}
	line := make([]byte, 1+3*b.Dx())
	for y := range b.Dy() {
		src := img.Pix[y*img.Stride:][:4*b.Dx()]
		for to := line[1:]; len(src) >= 4 && len(to) >= 3; src, to = src[4:], to[3:] {
			to[0], to[1], to[2] = src[0], src[1], src[2]
		}
		if _, err := z.Write(line); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	out := make([]byte, 0, packed.Len()+64)
	out = append(out, "\x89PNG\r\n\x1a\n"...)
	out = chunkOf(out, "IHDR", append(head, 8, 2, 0, 0, 0)) // eight bits each of red, green and blue
	out = chunkOf(out, "IDAT", packed.Bytes())
	return chunkOf(out, "IEND", nil), nil
}

// chunkOf appends a chunk of a PNG file (ISO/IEC 15948, section 5.3).
func chunkOf(out []byte, kind string, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	at := len(out)
	out = append(append(out, kind...), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[at:]))
}
