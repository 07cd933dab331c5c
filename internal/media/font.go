package media

import (
	"encoding/binary"
	"strings"

	"lectern"
)

// maxTables bounds the tables of a font. Real fonts have fewer.
const maxTables = 200

// maxUnpacked bounds the size of a compressed font after it is decompressed, in bytes.
const maxUnpacked = 128 << 20

// needed are the tables without which no program can show a font. It also needs one set of outlines.
var (
	needed   = []string{"cmap", "head", "hhea", "hmtx", "maxp"}
	outlines = [][]string{{"glyf", "loca"}, {"CFF "}, {"CFF2"}, {"CBDT", "CBLC"}, {"sbix"}, {"SVG "}}
)

func (f *file) font(lim Limits, read func() (string, *Unfit)) (Info, *Unfit) {
	if lim.FontBytes > 0 && f.size > lim.FontBytes {
		return Info{}, tooLarge("font", lim.FontBytes)
	}
	kind, u := read()
	return Info{Kind: lectern.AssetFont, Type: kind}, u
}

// sfnt reads the table directory of a TrueType or OpenType font.
func (f *file) sfnt() (string, *Unfit) {
	what, kind := "TrueType font", "font/ttf"
	h, ok := f.at(0, 12)
	if ok && string(h[:4]) == "OTTO" {
		what, kind = "OpenType font", "font/otf"
	}
	n := 0
	if ok {
		n = int(binary.BigEndian.Uint16(h[4:]))
	}
	dir, ok := f.at(12, 16*n)
	if !ok || n == 0 || n > maxTables {
		return "", damaged(what, "its table directory is broken")
	}
	tables := map[string]bool{}
	for ; len(dir) > 0; dir = dir[16:] {
		tag := string(dir[:4])
		from, size := int64(binary.BigEndian.Uint32(dir[8:])), int64(binary.BigEndian.Uint32(dir[12:]))
		if from < int64(12+16*n) || from+size > f.size || tables[tag] {
			return "", damaged(what, "the table "+printable(tag)+" is not in the file, or is listed twice")
		}
		tables[tag] = true
	}
	return kind, complete(what, tables)
}

// complete refuses a font that lacks required tables.
func complete(what string, tables map[string]bool) *Unfit {
	for _, tag := range needed {
		if !tables[tag] {
			return damaged(what, "the table "+tag+" is missing")
		}
	}
	for _, set := range outlines {
		all := true
		for _, tag := range set {
			all = all && tables[tag]
		}
		if all {
			return nil
		}
	}
	return damaged(what, "it has no outlines")
}

// woffTags are the tags that WOFF2 writes as a number: their index in this list. "_" stands for a space.
var woffTags = strings.Split("cmap head hhea hmtx maxp name OS/2 post cvt_ fpgm glyf loca prep CFF_ VORG EBDT EBLC "+
	"gasp hdmx kern LTSH PCLT VDMX vhea vmtx BASE GDEF GPOS GSUB EBSC JSTF MATH CBDT CBLC COLR CPAL SVG_ sbix acnt avar "+
	"bdat bloc bsln cvar fdsc feat fmtx fvar gvar hsty just lcar mort morx opbd prop trak Zapf Silf Glat Gloc Feat Sill",
	" ")

// woff2 reads the header and the table directory. It decompresses nothing.
func (f *file) woff2() (string, *Unfit) {
	const what, kind = "WOFF2 font", "font/woff2"
	h, ok := f.at(0, 48)
	if !ok {
		return "", damaged(what, cutOff)
	}
	flavor, length := string(h[4:8]), int64(binary.BigEndian.Uint32(h[8:]))
	n, packed := int(binary.BigEndian.Uint16(h[12:])), int64(binary.BigEndian.Uint32(h[20:]))
	switch {
	case flavor == "ttcf":
		return "", &Unfit{Unknown, "it is a collection of fonts; " + Accepted}
	case length != f.size:
		return "", damaged(what, "its header states another length")
	case n == 0 || n > maxTables:
		return "", damaged(what, "its table directory is broken")
	}
	dir, ok := f.at(48, int(min(f.size-48, int64(n)*15)))
	if !ok {
		return "", damaged(what, cutOff)
	}
	all := len(dir)
	tables, total := map[string]bool{}, uint64(0)
	for range n {
		var tag string
		var size uint64
		if tag, size, dir, ok = woffTable(dir); !ok || tables[tag] {
			return "", damaged(what, "its table directory is broken")
		}
		tables[tag] = true
		total += size
	}
	switch {
	case total > maxUnpacked:
		return "", &Unfit{TooLarge, "it is a WOFF2 font of more than 128 MiB once it is decompressed"}
	case packed == 0 || packed > f.size-48-int64(all-len(dir)):
		return "", damaged(what, cutOff)
	}
	return kind, complete(what, tables)
}

// woffTable reads one entry of the directory.
func woffTable(b []byte) (tag string, size uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return "", 0, nil, false
	}
	flags := b[0]
	b = b[1:]
	if i := int(flags & 63); i < len(woffTags) {
		tag = strings.ReplaceAll(woffTags[i], "_", " ")
	} else {
		if len(b) < 4 {
			return "", 0, nil, false
		}
		tag, b = string(b[:4]), b[4:]
	}
	if size, b, ok = base128(b); !ok {
		return "", 0, nil, false
	}
	changed := flags>>6 != 0
	if tag == "glyf" || tag == "loca" {
		changed = flags>>6 != 3
	}
	if changed {
		_, b, ok = base128(b)
	}
	return tag, size, b, ok
}

// base128 reads a number of at most 32 bits, seven bits in each byte.
func base128(b []byte) (n uint64, rest []byte, ok bool) {
	for i := range min(len(b), 5) {
		if i == 0 && b[0] == 0x80 {
			return 0, nil, false // no leading zeros
		}
		n = n<<7 | uint64(b[i]&0x7F)
		if b[i]&0x80 == 0 {
			return n, b[i+1:], n < 1<<32
		}
	}
	return 0, nil, false
}

func printable(tag string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, tag)
}
