package pptx_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"lectern/internal/deck/pptx"
	"lectern/internal/deck/ziptest"
)

// parts are the members of a package by name.
type parts map[string]string

const (
	transitional = `xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ` +
		`xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" ` +
		`xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main" ` +
		`xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"`
	relType = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
)

// rels writes relations, each given as its identifier, type and target. A target with "!" in front is external.
func rels(list ...string) string {
	var b strings.Builder
	b.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i < len(list); i += 3 {
		target, external := strings.CutPrefix(list[i+2], "!")
		mode := ""
		if external {
			mode = ` TargetMode="External"`
		}
		fmt.Fprintf(&b, `<Relationship Id="%s" Type="%s%s" Target="%s"%s/>`, list[i], relType, list[i+1], target, mode)
	}
	return b.String() + `</Relationships>`
}

// slide writes a slide with attributes, shapes, and elements after the shapes.
func slide(attrs, shapes, after string) string {
	return `<p:sld ` + transitional + ` ` + attrs + `><p:cSld><p:spTree>` + shapes + `</p:spTree></p:cSld>` + after + `</p:sld>`
}

// shape writes a shape with a placeholder and paragraphs.
func shape(id, placeholder string, paragraphs ...string) string {
	text := ""
	for _, p := range paragraphs {
		text += `<a:p>` + p + `</a:p>`
	}
	return fmt.Sprintf(`<p:sp><p:nvSpPr><p:cNvPr id="%s" name="s%s"/><p:cNvSpPr/><p:nvPr>%s</p:nvPr></p:nvSpPr>`+
		`<p:txBody>%s</p:txBody></p:sp>`, id, id, placeholder, text)
}

func run(text string) string { return `<a:r><a:t>` + text + `</a:t></a:r>` }

// office is a PPTX with these slides, in which some parts are replaced or added. A part that is "-" is removed.
func office(slides []string, more parts) parts {
	list, rel := "", []string{}
	p := parts{"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="mp3" ContentType="audio/mpeg"/><Default Extension="mp4" ContentType="video/mp4"/></Types>`,
		"_rels/.rels": rels("rId1", "officeDocument", "ppt/presentation.xml")}
	for i, s := range slides {
		list += fmt.Sprintf(`<p:sldId id="%d" r:id="rId%d"/>`, 256+i, 10+i)
		rel = append(rel, fmt.Sprintf("rId%d", 10+i), "slide", fmt.Sprintf("slides/slide%d.xml", len(slides)-i))
		p[fmt.Sprintf("ppt/slides/slide%d.xml", len(slides)-i)] = s
	}
	p["ppt/presentation.xml"] = `<p:presentation ` + transitional + `><p:sldIdLst>` + list +
		`</p:sldIdLst><p:sldSz cx="12192000" cy="6858000"/></p:presentation>`
	if more["ppt/presProps.xml"] != "" {
		rel = append(rel, "rId90", "presProps", "presProps.xml")
	}
	p["ppt/_rels/presentation.xml.rels"] = rels(rel...)
	maps.Copy(p, more)
	maps.DeleteFunc(p, func(_, text string) bool { return text == "-" })
	return p
}

// pack makes a ZIP file of parts.
func pack(t testing.TB, p parts) []byte {
	t.Helper()
	var members []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		members = append(members, name, p[name])
	}
	return ziptest.Packed(t, members...)
}

func read(t testing.TB, b []byte, lim pptx.Limits) (*pptx.Talk, error) {
	t.Helper()
	return pptx.Read(t.Context(), bytes.NewReader(b), int64(len(b)), lim)
}

// talk reads a package that is valid.
func talk(t testing.TB, p parts) *pptx.Talk {
	t.Helper()
	k, err := read(t, pack(t, p), pptx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// one reads a deck with one slide and the parts next to it.
func one(t testing.TB, s string, more parts) pptx.Slide {
	t.Helper()
	return talk(t, office([]string{s}, more)).Slides[0]
}

// compound makes a compound file with these streams in its directory, which is the sector after the table's.
func compound(streams ...string) []byte {
	b := make([]byte, 512*3)
	copy(b, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	binary.LittleEndian.PutUint16(b[0x1E:], 9)
	binary.LittleEndian.PutUint32(b[0x30:], 1) // the directory
	binary.LittleEndian.PutUint32(b[0x4C:], 0) // the table
	binary.LittleEndian.PutUint32(b[512+4:], 0xFFFFFFFE)
	for i, name := range streams {
		e := b[1024+128*(i%4):]
		if i%4 == 0 && i > 0 { // one more sector
			last := uint32(len(b)/512 - 2)
			binary.LittleEndian.PutUint32(b[512+4*last:], last+1)
			b = append(b, make([]byte, 512)...)
			binary.LittleEndian.PutUint32(b[512+4*(last+1):], 0xFFFFFFFE)
			e = b[len(b)-512:]
		} else if i >= 4 {
			e = b[len(b)-512+128*(i%4):]
		}
		for j, u := range utf16.Encode([]rune(name)) {
			binary.LittleEndian.PutUint16(e[2*j:], u)
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66] = 2
	}
	return b
}
