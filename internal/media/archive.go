package media

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"

	"lectern"
)

// maxDirectory bounds the directory of a ZIP file, which is read whole: about 20,000 members.
const maxDirectory = 1 << 20

const odp = "application/vnd.oasis.opendocument.presentation"

// zip distinguishes presentations of office programs from other archives by the names of their members.
func (f *file) zip() (Info, *Unfit) {
	if u := f.directory(); u != nil {
		return Info{}, u
	}
	r, err := zip.NewReader(f.r, f.size)
	if err != nil {
		return Info{}, damaged("ZIP file", "its directory is broken")
	}
	types, slides := false, false
	for i, m := range r.File {
		switch m.Name {
		case "[Content_Types].xml":
			types = true
		case "ppt/presentation.xml":
			slides = true
		case "mimetype":
			if i == 0 && m.Method == zip.Store && m.UncompressedSize64 < 200 {
				return opened(m)
			}
		}
	}
	switch {
	case types && slides:
		return Info{Kind: lectern.AssetDeck,
			Type: "application/vnd.openxmlformats-officedocument.presentationml.presentation"}, nil
	case types:
		return Info{}, &Unfit{Unknown, "it is an Office file that is not a presentation; " + Accepted}
	}
	return Info{Kind: lectern.AssetDeck, Type: "application/zip"}, nil
}

// opened judges an archive whose first member states its media type.
func opened(m *zip.File) (Info, *Unfit) {
	r, err := m.Open()
	if err != nil {
		return Info{}, damaged("ZIP file", "its first member is broken")
	}
	defer r.Close()
	kind, err := io.ReadAll(io.LimitReader(r, 200))
	if err != nil || string(bytes.TrimSpace(kind)) != odp {
		return Info{}, &Unfit{Unknown, "it is an OpenDocument or EPUB file that is not a presentation; " + Accepted}
	}
	return Info{Kind: lectern.AssetDeck, Type: odp}, nil
}

// directory refuses archives whose directory is missing or too large to be read into memory.
func (f *file) directory() *Unfit {
	const end = 22 // bytes of the record at the end, before its comment
	n := int(min(f.size, end+1<<16))
	tail, ok := f.at(f.size-int64(n), n)
	if !ok {
		return damaged("ZIP file", cutOff)
	}
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 || len(tail)-i < end {
		return damaged("ZIP file", cutOff)
	}
	members, size, from := binary.LittleEndian.Uint16(tail[i+10:]), binary.LittleEndian.Uint32(tail[i+12:]),
		binary.LittleEndian.Uint32(tail[i+16:])
	// The largest values mean that the real ones are in the ZIP64 record, where they have no bound.
	if size > maxDirectory || members == 0xFFFF || from == 0xFFFFFFFF {
		return &Unfit{TooLarge, "it is a ZIP file with too many members"}
	}
	return nil
}
