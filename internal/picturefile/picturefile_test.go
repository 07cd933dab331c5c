package picturefile

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var bounds = Limits{Pixels: 40_000_000, Elements: 100_000}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var samples = map[string]string{
	"still.png": PNG, "anim.png": PNG, "still.jpg": JPEG, "anim.gif": GIF, "lossy.webp": WebP, "lossless.webp": WebP,
	"alpha.webp": WebP,
	"anim.webp":  WebP, "still.avif": AVIF, "anim.avif": AVIF,
}

func TestKindsAreDetectedByTheirBytes(t *testing.T) {
	t.Parallel()
	for name, kind := range samples {
		p, err := Inspect(sample(t, name), "image/bmp", bounds)
		if err != nil || p.Type != kind || p.Width != 48 || p.Height != 32 || p.Pixels != 48*32 {
			t.Errorf("%s: %v %+v", name, err, p)
			continue
		}
		if done, err := Decode(p.Type, p.Body); err != nil || done == (kind == AVIF) {
			t.Errorf("%s: decoded %v %v", name, done, err)
		}
		again, err := Inspect(p.Body, "", bounds)
		if err != nil || !bytes.Equal(again.Body, p.Body) {
			t.Errorf("%s: the body that is shown gets another verdict: %v", name, err)
		}
	}
}

// Only the first frame of a file is shown, so that neither the number of frames nor the time of the capture matters.
func TestOnlyTheFirstFrameIsKept(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string][]string{"anim.png": {"acTL", "fcTL", "fdAT"}, "anim.webp": {"ANMF", "ANIM"},
		"anim.avif": {"ftypavis"}} {
		p, err := Inspect(sample(t, name), "", bounds)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range gone {
			if !bytes.Contains(sample(t, name), []byte(g)) || bytes.Contains(p.Body, []byte(g)) {
				t.Errorf("%s keeps %s", name, g)
			}
		}
	}
	p, err := Inspect(sample(t, "anim.gif"), "", bounds)
	if err != nil || len(p.Body) >= len(sample(t, "anim.gif")) || p.Body[len(p.Body)-1] != 0x3b {
		t.Errorf("the GIF: %v, %d bytes", err, len(p.Body))
	}
}

// Other kinds are refused, and the message names the kind, whatever type was declared.
func TestH1OtherKindsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, declared, says string }{
		{"BM\x86\x06\x00\x00", "image/bmp", "it is a BMP picture; PNG, JPEG, GIF, WebP, AVIF and SVG are accepted"},
		{"BM\x86\x06\x00\x00", "image/png", "it is a BMP picture, although it is named image/png; PNG"},
		{"<!DOCTYPE html><html>", "image/png", "it is an HTML page, although it is named image/png"},
		{"  <!-- x --><HTML>", "image/png;q=1", "it is an HTML page, although it is named image/png"},
		{"\x00\x00\x01\x00\x01\x00", "image/vnd.microsoft.icon", "it is an ICO picture; PNG"},
		{"II*\x00\x08\x00", "image/tiff", "it is a TIFF picture; PNG"},
		{"MM\x00*\x08\x00", "", "it is a TIFF picture; PNG"},
		{"\xff\x0a\x00\x00", "image/jxl", "it is a JPEG XL picture"},
		{"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl", "it is a JPEG XL picture"},
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "image/heic", "it is a HEIC picture"},
		{"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41", "image/avif",
			"it is an MP4 file, although it is named image/avif"},
		{"%PDF-1.7", "image/png", "it is a PDF file, although"},
		{"\x1f\x8b\x08", "image/svg+xml", "it is a gzip file, although"},
		{"hello", "image/png", "it is not a picture, although it is named image/png"},
		{"", "image/png", "it is an empty file, although"},
	} {
		_, err := Inspect([]byte(c.body), c.declared, bounds)
		if _, ok := errors.AsType[*Unfit](err); !ok || !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("%q named %q: %v", c.body, c.declared, err)
		}
	}
}

// chunk is a chunk of a PNG.
func chunk(name string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func resize(b []byte, at int, w, h uint32) []byte {
	b = bytes.Clone(b)
	binary.BigEndian.PutUint32(b[at:], w)
	binary.BigEndian.PutUint32(b[at+4:], h)
	return b
}

// The sizes in a file are bounded, wherever the file states them.
func TestH1SizesAreBounded(t *testing.T) {
	t.Parallel()
	still := sample(t, "still.png")
	large := append(bytes.Clone(still[:8]),
		chunk("IHDR", append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 12_000), 8_000), 8,
			2, 0, 0, 0))...)
	jpg := sample(t, "still.jpg")
	sof := bytes.Index(jpg, []byte{0xff, 0xc0})
	bigJPEG := bytes.Clone(jpg)
	copy(bigJPEG[sof+5:], []byte{0x1f, 0x40, 0x2e, 0xe0})
	gif := bytes.Clone(sample(t, "anim.gif"))
	copy(gif[6:], []byte{0xe0, 0x2e, 0x40, 0x1f})
	lossless := bytes.Clone(sample(t, "lossless.webp"))
	binary.LittleEndian.PutUint32(lossless[21:], 11_999|7_999<<14)
	canvas := bytes.Clone(sample(t, "alpha.webp"))
	copy(canvas[24:], []byte{0xdf, 0x2e, 0, 0x3f, 0x1f, 0})
	avif := sample(t, "still.avif")
	ispe := resize(avif, bytes.Index(avif, []byte("ispe"))+8, 12_000, 8_000)
	for name, b := range map[string][]byte{"PNG": large, "JPEG": bigJPEG, "GIF": gif, "WebP": lossless,
		"WebP's canvas": canvas, "AVIF": ispe} {
		_, err := Inspect(b, "", bounds)
		if err == nil || err.Error() != "it has 12000 × 8000 pixels, which is more than 40 million "+
			"(limits.picture_pixels)" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Inspect(b, "", Limits{Pixels: 100_000_000}); name == "PNG" && err == nil {
			t.Errorf("%s: a file without pixels is accepted", name)
		}
	}
}

// The compressed pixels of an AVIF may state another size than its boxes.
func TestH1SizesInAV1DataAreRead(t *testing.T) {
	t.Parallel()
	b := sample(t, "still.avif")
	at := bytes.LastIndex(b, []byte("mdat")) + 4
	var got [2]int
	if !sequences(b[at:], func(w, h int) bool { got = [2]int{w, h}; return true }) || got != [2]int{48, 32} {
		t.Fatalf("read %v", got)
	}
	if _, err := Inspect(b, "", Limits{Pixels: 48*32 - 1}); err == nil {
		t.Error("the limit does not hold")
	}
	two := bytes.Replace(b, []byte("ispe\x00\x00\x00\x00\x00\x00\x00\x30\x00\x00\x00\x20"),
		[]byte("ispe\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x02"), 1)
	p, err := Inspect(two, "", bounds)
	if err != nil || p.Width != 48 || p.Height != 32 {
		t.Errorf("only the size in the boxes counts: %v %+v", err, p)
	}
}

// Compressed parts that are not shown do not reach the browser.
func TestH1HiddenPartsAreLeftOut(t *testing.T) {
	t.Parallel()
	still := sample(t, "still.png")
	bomb := bytes.Clone(still[:33])
	var z bytes.Buffer
	w := newZlib(&z)
	_, _ = w.Write(make([]byte, 64<<20))
	_ = w.Close()
	bomb = append(bomb, chunk("iCCP", append([]byte("x\x00\x00"), z.Bytes()...))...)
	bomb = append(bomb, chunk("zTXt", append([]byte("Comment\x00\x00"), z.Bytes()...))...)
	bomb = append(bomb, still[33:]...)
	p, err := Inspect(bomb, "", bounds)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"iCCP", "zTXt"} {
		if bytes.Contains(p.Body, []byte(name)) {
			t.Errorf("%s is kept", name)
		}
	}
	if done, err := Decode(PNG, p.Body); !done || err != nil {
		t.Error(err)
	}
	scans := sample(t, "still.jpg")
	sos := bytes.Index(scans, []byte{0xff, 0xda})
	head := scans[sos : sos+2+be16(scans[sos+2:])]
	many := append(bytes.Clone(scans[:len(scans)-2]), bytes.Repeat(head, maxScans)...)
	if _, err := Inspect(append(many, 0xff, 0xd9), "", bounds); err == nil ||
		!strings.Contains(err.Error(), "more than 100 scans") {
		t.Errorf("a JPEG with many scans: %v", err)
	}
}

// A file that is truncated anywhere is refused, and so is one with a wrong bit in its pixels if the format can detect
// it.
func TestV1DamagedPicturesAreRefused(t *testing.T) {
	t.Parallel()
	for name := range samples {
		if name == "anim.avif" { // its still may be complete although its end is missing
			continue
		}
		b := sample(t, name)
		whole, err := Inspect(b, "", bounds)
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(whole.Body) {
			if n >= len(b) || name == "anim.gif" && n >= len(whole.Body)-1 {
				continue
			}
			p, err := Inspect(b[:n], "", bounds)
			if err == nil {
				_, err = Decode(p.Type, p.Body)
			}
			if err == nil && !bytes.Equal(p.Body, whole.Body) {
				t.Errorf("%s cut at %d of %d is accepted", name, n, len(b))
				break
			}
		}
	}
	b := bytes.Clone(sample(t, "still.png"))
	b[bytes.Index(b, []byte("IDAT"))+20] ^= 1
	if _, err := Inspect(b, "", bounds); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("a wrong bit: %v", err)
	}
}

func TestPNGsOfEveryShapeAreDecoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := image.Rect(0, 0, rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h"))
		img := rapid.SampledFrom([]image.Image{image.NewGray(r), image.NewGray16(r), image.NewNRGBA(r),
			image.NewNRGBA64(r),
			image.NewPaletted(r, color.Palette{color.Black, color.White}), image.NewPaletted(r, make16())}).Draw(t,
			"image")
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		p, err := Inspect(b.Bytes(), "", bounds)
		if err != nil {
			t.Fatal(err)
		}
		if done, err := Decode(p.Type, p.Body); !done || err != nil {
			t.Fatal(err)
		}
	})
}

func make16() (p color.Palette) {
	for i := range 16 {
		p = append(p, color.Gray{uint8(i)})
	}
	return p
}

func TestInterlacedPassesCoverThePicture(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := pngHeader{width: rapid.IntRange(1, 100).Draw(t, "w"), height: rapid.IntRange(1, 100).Draw(t, "h"),
			interlaced: true}
		sum := 0
		for _, p := range h.passes() {
			sum += p.width * p.height
		}
		if sum != h.width*h.height {
			t.Fatalf("%d pixels of %d × %d", sum, h.width, h.height)
		}
	})
}

func svg(inner string) []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:x="urn:x">` +
		inner + `</svg>`)
}

// uses is a drawing with a number of levels, each using the one below ten times.
func uses(levels int, each string) []byte {
	var b strings.Builder
	b.WriteString(`<defs><rect id="l0" width="9" height="9"/>`)
	for l := range levels {
		fmt.Fprintf(&b, `<g id="l%d">%s</g>`, l+1, strings.Repeat(fmt.Sprintf(each, l), 10))
	}
	fmt.Fprintf(&b, `</defs><use href="#l%d"/>`, levels)
	return svg(b.String())
}

// References are expanded before the elements are counted.
func TestH8ReferencesAreExpandedAndCounted(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"use": uses(10, `<use xlink:href="#l%d"/>`), "use with " +
			"spaces": uses(10, `<use href=" #l%d "/>`), "patterns": uses(10, `<path fill="url(#l%d)"/>`),
		"masks in style": uses(10, `<path style="mask: url('#l%d')"/>`),
		"markers": svg(`<marker id="m">` + strings.Repeat("<path/>", 100) + `</marker><path marker-mid="url(#m)" d="` +
			strings.Repeat("h1 ", 3000) + `"/>`),
		"a style sheet": svg(`<style>.a{filter:url(#f)}</style><filter id="f"><feTurbulence/></filter>` +
			strings.Repeat(`<path class="a"/>`, 20)),
		"every element": svg(`<style>@media all{g > *{filter:blur(9px)}}</style><g>` + strings.Repeat(`<path/>`, 300) +
			`</g>`),
		"flat": svg(strings.Repeat("<g/>", 100_001)),
	} {
		_, err := Inspect(b, SVG, bounds)
		if err == nil || !strings.Contains(err.Error(), "limits.svg_elements") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Inspect(uses(10, `<use href="#l%d"/>`), SVG, bounds)
	if err == nil || !strings.Contains(err.Error(), "22222222222") &&
		!strings.Contains(err.Error(), "elements once its references are expanded") {
		t.Errorf("the count is missing: %v", err)
	}
	if _, err := Inspect(uses(3, `<use href="#l%d"/>`), SVG, bounds); err != nil {
		t.Errorf("a drawing of 1,000 squares: %v", err)
	}
}

// The count includes every costly property that a browser applies, however it is written.
func TestH8CostsCannotBeHidden(t *testing.T) {
	t.Parallel()
	many := `<filter id="f"><feTurbulence/></filter>` + strings.Repeat(`<rect class="a"/>`, 20)
	marker := `<marker id="m">` + strings.Repeat("<path/>", 100) + `</marker>`
	line := `<path d="` + strings.Repeat("h1 ", 3000) + `"/>`
	pattern := `<pattern id="p">` + strings.Repeat("<path/>", 1000) + `</pattern>`
	for name, b := range map[string][]byte{
		"a comment in a word":       svg(`<style>.a{fil<!-- -->ter:url(#f)}</style>` + many),
		"a CDATA section in a word": svg(`<style>.a{fil<![CDATA[ter]]>:url(#f)}</style>` + many),
		"an element in a word":      svg(`<style>.a{fil<b/>ter:url(#f)}</style>` + many),
		"no end":                    svg(`<style>.a{filter:url(#f)</style>` + many),
		"no end after a string":     svg(`<style>.a{x:"y";filter:url("#f")</style>` + many),
		"a comment in a string":     svg(`<style>.a{x:"/*";filter:url(#f);y:"*/"}</style>` + many),
		"a string of two lines":     svg("<style>.a{x:\"\n;filter:url(#f);y:\"}</style>" + many),
		"every namespace": svg(`<style>*|*{fill:red} *|rect{filter:blur(9px)}</style>` +
			strings.Repeat(`<rect/>`, 300)),
		"an old comment": svg(`<style><![CDATA[<!--rect{filter:blur(9px)}-->]]></style>` +
			strings.Repeat(`<rect/>`, 300)),
		"an animation": svg(`<style>@keyframes k{from{filter:blur(9px)}} .a{animation:k 1s infinite}</style>` +
			strings.Repeat(`<rect class="a"/>`, 300)),
		"a variable":              svg(`<g style="--x:url(#f)"><g style="filter:var(--x)">` + many + `</g></g>`),
		"a variable of functions": svg(`<style>.a{--x:blur(1px);filter:var(--x)}</style>` + many),
		"an attribute":            svg(`<style>.a{filter:attr(data-f type(*))}</style>` + many),
		"an escape":               svg(strings.ReplaceAll(many, `class="a"`, `filter="u\72l(#f)"`)),
		"an escaped id":           svg(strings.ReplaceAll(many, `class="a"`, `filter="url(#%66)"`)),
		"an id with a semicolon": svg(`<style>.a{filter:url(#f;g)}</style>` +
			strings.ReplaceAll(many, `id="f"`, `id="f;g"`)),
		"an id with a comment": svg(`<style>.a{filter:url("#f/**/g")}</style>` +
			strings.ReplaceAll(many, `id="f"`, `id="f/**/g"`)),
		"a decoy":           svg(`<g x:id="f"/>` + strings.ReplaceAll(many, `class="a"`, `filter="url(#f)"`)),
		"a line break":      uses(10, "<use href=\"#l&#10;%d\"/>"),
		"inherited markers": svg(marker + `<g marker-mid="url(#m)"><g>` + line + `</g></g>`),
		"markers inherited by a use": svg(marker + `<defs><path id="q" d="` + strings.Repeat("h1 ", 3000) +
			`"/></defs><use href="#q" marker-mid="url(#m)"/>`),
		"markers of a path in a rule": svg(marker + `<style>path{d:path("` + strings.Repeat("h1 ", 3000) +
			`")}</style><path marker-mid="url(#m)"/>`),
		"an empty path next to it": svg(marker + strings.ReplaceAll(line, `<path`, `<path marker-mid="url(#m)"`) +
			`<path/>`),
		"a path in another namespace": svg(marker + strings.ReplaceAll(strings.ReplaceAll(line, `<path`,
			`<path marker-mid="url(#m)"`), `"/>`, `" x:d=""/>`)),
		"inherited patterns": svg(pattern + `<g fill="url(#p)">` + strings.Repeat("<rect/>", 200) + `</g>`),
	} {
		_, err := Inspect(b, SVG, bounds)
		if err == nil || !strings.Contains(err.Error(), "limits.svg_elements") &&
			!strings.Contains(err.Error(), "style sheet") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"ids with dashes":  svg(`<filter id="x--f"><feOffset/></filter><path filter="url(#x--f)" mask="url('#none')"/>`),
		"colours of names": svg(`<style>:root{--ink:#123} path{fill:var(--ink, red)}</style><path/><path fill="url(#a%20b)"/><linearGradient id="a b"/>`),
		"a label":          svg(`<path aria-label="C:\a" x:label="C:\b" d="h1"/>`),
		"a gradient": svg(`<linearGradient id="g"/><g fill="url(#g)" stroke="url(#g)">` +
			strings.Repeat("<rect/>", 20_000) + `</g>`),
		"some markers": svg(marker + strings.Repeat(`<path marker-end="url(#m)" d="M0 0h9v9"/>`, 100)),
	} {
		if _, err := Inspect(b, SVG, bounds); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestH8OtherDangerousDrawingsAreRefused(t *testing.T) {
	t.Parallel()
	var big bytes.Buffer
	_ = png.Encode(&big, image.NewGray(image.Rect(0, 0, 3000, 3000)))
	href := "data:image/png;base64," + base64.StdEncoding.EncodeToString(big.Bytes())
	for says, b := range map[string][]byte{
		"uses itself":           svg(`<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>`),
		"nested more than":      svg(strings.Repeat("<g>", 300) + strings.Repeat("</g>", 300)),
		"layers of their own":   svg(strings.Repeat(`<g opacity=".5">`, 20) + "<path/>" + strings.Repeat("</g>", 20)),
		"style sheet":           svg(`<style>:root{--a:1}*{--b:var(--a) var(--a)}</style>`),
		"document type":         append([]byte(`<!DOCTYPE svg [<!ENTITY a "b">]>`), svg("")...),
		"<foreignObject>":       svg(`<foreignObject/>`),
		"script in onload":      svg(`<g onload="x"/>`),
		"from outside":          svg(`<image href="https://example.com/x.png"/>`),
		"limits.picture_pixels": svg(`<image id="i" href="` + href + `"/>` + strings.Repeat(`<use href="#i"/>`, 9)),
		"neither PNG nor JPEG": svg(`<image href="data:image/png;base64,` + base64.StdEncoding.EncodeToString(svg("")) +
			`"/>`),
		"a BMP picture": svg(`<image href="data:image/png;base64,` +
			base64.StdEncoding.EncodeToString([]byte("BM123456")) + `"/>`),
		"well formed":        []byte(`<svg xmlns="http://www.w3.org/2000/svg"><g></svg>`),
		"in UTF-8":           append([]byte(`<?xml version="1.0" encoding="utf-7"?>`), svg("")...),
		"processing":         append([]byte(`<?xml-stylesheet href="x"?>`), svg("")...),
		"more than one root": append(svg(""), svg("")...),
	} {
		if _, err := Inspect(b, SVG, bounds); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestOrdinaryDrawingsAreAccepted(t *testing.T) {
	t.Parallel()
	inner := "data:image/png;base64," + base64.StdEncoding.EncodeToString(sample(t, "still.png"))
	shadow := `<filter id="s"><feFlood/><feColorMatrix/><feOffset/><feGaussianBlur/><feComposite/><feColorMatrix/><feBlend/><feBlend/></filter>`
	list := [][]byte{
		append([]byte("\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made -->\n"+
			`<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">`),
			svg(`<text>Hello</text>`)...),
		svg(`<image href="` + inner + `"/>`),
		svg(shadow + strings.Repeat(`<g filter="url(#s)"><rect/></g>`, 50)),
		svg(`<style>.a,.b{fill:url(#g)} .c{clip-path:url(#k);opacity:.5}</style><linearGradient id="g"><stop/><stop/></linearGradient>` +
			`<clipPath id="k"><rect/></clipPath>` + strings.Repeat(`<path class="a c" d="M0 0h9"/>`, 5000)),
		svg(`<a href="#top"><text>x</text></a><style>text{font-family:"a;b}c"}</style>`),
		sample(t, "../../slides/data/samples/fjord.svg"),
	}
	for i, b := range list {
		p, err := Inspect(b, SVG, bounds)
		if err != nil || p.Type != SVG {
			t.Errorf("%d: %v", i, err)
			continue
		}
		if done, err := Decode(SVG, p.Body); !done || err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// A drawing that browsers refuse as XML is a damaged picture.
func TestV1DrawingsThatBrowsersRefuseAreDamaged(t *testing.T) {
	t.Parallel()
	for says, b := range map[string][]byte{
		`its root lacks xmlns="http://www.w3.org/2000/svg"`: []byte(`<svg><rect/></svg>`),
		`its root lacks xmlns=`:                             []byte(`<svg xmlns="urn:x"><rect/></svg>`),
		"one that is not <svg>":                             []byte(`<SVG xmlns="http://www.w3.org/2000/svg"/>`),
		"the prefix of xlink:href is not " +
			"declared": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><use xlink:href="#a"/></svg>`),
		"the prefix of y:view is not declared": svg(`<g xmlns:y="urn:y"><y:view/></g><y:view/>`),
		"has the attribute a twice":            svg(`<g a="1" b="2" a="1"/>`),
		"has the attribute a9 twice":           svg(`<g a0="" a1="" a2="" a3="" a4="" a5="" a6="" a7="" a8="" a9="" b0="" b1="" b2="" b3="" b4="" b5="" a9=""/>`),
		"it is not well formed":                svg(`<g a="1"b="2"/>`),
		"is not well formed":                   append(svg(""), "junk"...),
		"not well formed":                      append([]byte(` <?xml version="1.0"?>`), svg("")...),
		"well formed XML in": append([]byte(`<?xml version="1.0"?><?xml version="1.0"?>`),
			svg("")...),
		"well formed": svg(`<g></G>`),
	} {
		if _, err := Inspect(b, SVG, bounds); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	for name, b := range map[string][]byte{
		"a prefix":         []byte(`<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:rect xml:lang="en"/></s:svg>`),
		"quotes in quotes": svg(`<g a='"' b="'"/><g a = "x>y"/>`),
		"space after it":   append(svg(""), "\n<!-- end -->\n"...),
	} {
		if _, err := Inspect(b, SVG, bounds); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, side := range []int{1_000_000, 1_000_001} { // libpng's limit
		var b bytes.Buffer
		_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, side)))
		if _, err := Inspect(b.Bytes(), PNG, bounds); (err == nil) != (side == 1_000_000) {
			t.Errorf("%d lines: %v", side, err)
		}
	}
}

// A picture inside a drawing is decoded too.
func TestV1PicturesInDrawingsAreDecoded(t *testing.T) {
	t.Parallel()
	b := sample(t, "still.png")
	at := bytes.Index(b, []byte("IDAT"))
	short := append(bytes.Clone(b[:at-4]), chunk("IDAT", b[at+4:at+40])...)
	short = append(short, chunk("IEND", nil)...)
	p, err := Inspect(svg(`<image href="data:image/png;base64,`+base64.StdEncoding.EncodeToString(short)+`"/>`), SVG,
		bounds)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(SVG, p.Body); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
}

func TestJudgeCachesVerdicts(t *testing.T) {
	t.Parallel()
	j := NewJudge()
	b := sample(t, "still.avif")
	for range 2 {
		if done, err := j.Decode(t.Context(), AVIF, b); done || err != nil {
			t.Fatalf("%v %v", done, err)
		}
	}
	j.Settle(b, unfit("it is bad"))
	if _, err := j.Decode(t.Context(), AVIF, b); err == nil || err.Error() != "it is bad" {
		t.Errorf("got %v", err)
	}
	j.Settle(b, nil)
	if done, err := j.Decode(t.Context(), AVIF, b); !done || err != nil {
		t.Errorf("%v %v", done, err)
	}
	for i := range maxRemember + 10 {
		j.Settle(binary.BigEndian.AppendUint32(nil, uint32(i)), nil)
	}
	if len(j.verdicts) > maxRemember {
		t.Errorf("%d verdicts are kept", len(j.verdicts))
	}
}

// fuzzKind tests what holds for every file: no panic, a picture within the limits or a refusal with a message, and the
// same verdict for the body that is shown.
func fuzzKind(f *testing.F, names ...string) {
	for _, n := range names {
		f.Add(sample(f, n))
	}
	lim := Limits{Pixels: 1_000_000, Elements: 2000}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Inspect(b, "image/png", lim)
		if err != nil {
			if _, ok := errors.AsType[*Unfit](err); !ok || err.Error() == "" {
				t.Fatalf("a refusal without a message: %v", err)
			}
			return
		}
		if p.Pixels > lim.Pixels || p.Type == "" {
			t.Fatalf("accepted: %+v", p)
		}
		again, err := Inspect(p.Body, p.Type, lim)
		if err != nil || again.Type != p.Type || again.Pixels != p.Pixels {
			t.Fatalf("the body that is shown gets another verdict: %v, %s %d", err, again.Type, again.Pixels)
		}
		_, _ = Decode(p.Type, p.Body)
	})
}

func FuzzPNG(f *testing.F)  { fuzzKind(f, "still.png", "anim.png") }
func FuzzJPEG(f *testing.F) { fuzzKind(f, "still.jpg") }
func FuzzGIF(f *testing.F)  { fuzzKind(f, "anim.gif") }
func FuzzWebP(f *testing.F) { fuzzKind(f, "lossy.webp", "lossless.webp", "alpha.webp", "anim.webp") }
func FuzzAVIF(f *testing.F) { fuzzKind(f, "still.avif", "anim.avif") }

func FuzzSVG(f *testing.F) {
	f.Add(
		svg(`<style>.a{filter:url(#f)}</style><filter id="f"><feTurbulence/></filter><path class="a"/><use href="#f"/>`))
	f.Add(svg(`<image href="data:image/png;base64,AAAA"/>`))
	fuzzKind(f)
}
