package pptx

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
)

// A compound file is the container of office files before 2007, and of encrypted ones since. It begins with cfbMagic.
const cfbMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// maxDirectory bounds the sectors of a compound file's directory that are read.
const maxDirectory = 1024

// old is the failure for a compound file. That of a PowerPoint file is caused by ErrOldFormat.
func old(r io.ReaderAt, size int64) error {
	names := streams(r, size)
	switch {
	case names["EncryptedPackage"] || names["EncryptedSummary"]:
		return fault("The deck is protected by a password. Open it in the office program, save a copy without a password, " +
			"and use the copy.")
	case names["PowerPoint Document"]:
		return fault("The file is a PowerPoint file of the format before 2007 (.ppt). Save it as .pptx.").
			Because(ErrOldFormat)
	case names["WordDocument"]:
		return fault("The file is a Word document, not a deck.")
	case names["Workbook"] || names["Book"]:
		return fault("The file is an Excel workbook, not a deck.")
	}
	return fault("The file is a damaged office file of the format before 2007, or is not a deck. Save it as .pptx.")
}

// streams returns the names in the directory of a compound file. Of a damaged file it returns those that it finds.
func streams(r io.ReaderAt, size int64) map[string]bool {
	names := map[string]bool{}
	head := make([]byte, 512)
	if _, err := r.ReadAt(head, 0); err != nil {
		return names
	}
	shift := binary.LittleEndian.Uint16(head[0x1E:])
	if shift != 9 && shift != 12 {
		return names
	}
	c := &compound{r: r, sector: 1 << shift, end: size}
	for at, n := binary.LittleEndian.Uint32(head[0x30:]), 0; n < maxDirectory; n++ {
		b := c.read(at)
		if b == nil {
			break
		}
		for ; len(b) >= 128; b = b[128:] {
			if name := entryName(b[:128]); name != "" {
				names[name] = true
			}
		}
		next, ok := c.next(head, at)
		if !ok {
			break
		}
		at = next
	}
	return names
}

// compound reads the sectors of a compound file.
type compound struct {
	r      io.ReaderAt
	sector int64
	end    int64
}

// read returns a sector, or nil if the file does not have it. The last one may be short.
func (c *compound) read(n uint32) []byte {
	at := (int64(n) + 1) * c.sector
	if n >= 0xFFFFFFFA || at >= c.end {
		return nil
	}
	b := make([]byte, min(c.sector, c.end-at))
	if _, err := c.r.ReadAt(b, at); err != nil && err != io.EOF {
		return nil
	}
	return b
}

// next returns the sector that follows a sector in its chain.
func (c *compound) next(head []byte, n uint32) (uint32, bool) {
	perSector := uint32(c.sector / 4)
	table, ok := c.table(head, n/perSector)
	if !ok {
		return 0, false
	}
	b := c.read(table)
	at := n % perSector * 4
	if uint32(len(b)) < at+4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b[at:]), true
}

// table returns the sector with the part of the allocation table with an index. The header lists the first 109; the
// others are listed in a chain of sectors.
func (c *compound) table(head []byte, index uint32) (uint32, bool) {
	if index < 109 {
		return binary.LittleEndian.Uint32(head[0x4C+4*index:]), true
	}
	index -= 109
	perSector := uint32(c.sector/4) - 1
	at := binary.LittleEndian.Uint32(head[0x44:])
	for range maxDirectory {
		b := c.read(at)
		if int64(len(b)) < c.sector {
			return 0, false
		}
		if index < perSector {
			return binary.LittleEndian.Uint32(b[4*index:]), true
		}
		index -= perSector
		at = binary.LittleEndian.Uint32(b[4*perSector:])
	}
	return 0, false
}

// entryName is the name in an entry of the directory; "": the entry is not used.
func entryName(entry []byte) string {
	n := int(binary.LittleEndian.Uint16(entry[64:]))
	if entry[66] == 0 || n < 2 || n > 64 || n%2 != 0 {
		return ""
	}
	units := make([]uint16, 0, 32)
	for b := entry[:n-2]; len(b) > 0; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(bytes.Trim([]byte(string(utf16.Decode(units))), "\x00"))
}
