package pptx

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"lectern"
)

// The ratio of a member's size to its compressed size is bounded for members of more than ratioFrom bytes. Pictures
// without compression, such as a white BMP, exceed the ratio and are smaller.
const (
	maxRatio  = 200
	ratioFrom = 32 << 20
)

// archive is a package whose member names and stated sizes are checked.
type archive struct {
	members map[string]*zip.File // by name
	folded  map[string]string    // lower-case name → name: names in packages do not depend on case
	order   []string             // names in the order of the file
	lim     Limits
	left    int64                          // of lim.XML
	rels    map[string]map[string]relation // that were read, by part
	valid   map[string]bool                // parts that are valid XML
}

// open reads the directory of a ZIP file and checks it.
func open(r io.ReaderAt, size int64, lim Limits) (*archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fault("The deck is damaged or not complete: it is not a whole ZIP file, as office files are.").
			Because(err)
	}
	a := &archive{members: map[string]*zip.File{}, folded: map[string]string{}, lim: lim, left: lim.XML,
		rels: map[string]map[string]relation{}, valid: map[string]bool{}}
	if len(z.File) > lim.Members {
		return nil, tooLarge("The deck has %d members; the limit is %d.", len(z.File), lim.Members)
	}
	var total, packed uint64
	for _, m := range z.File {
		if err := a.add(m); err != nil {
			return nil, err
		}
		total, packed = total+m.UncompressedSize64, packed+m.CompressedSize64
		if m.UncompressedSize64 > uint64(lim.Unpacked) || total > uint64(lim.Unpacked) {
			return nil, tooLarge("The deck has more than %d MiB when unpacked.", lim.Unpacked>>20)
		}
		if packed > uint64(size) {
			return nil, fault("The deck is damaged: members of its ZIP file overlap.")
		}
	}
	return a, nil
}

// add checks one member. Folders are left out.
func (a *archive) add(m *zip.File) error {
	name, folder := strings.CutSuffix(m.Name, "/")
	shown := lectern.Shorten(m.Name)
	low := strings.ToLower(name)
	switch {
	case strings.Contains(name, `\`) || !fs.ValidPath(name):
		return fault("The deck is refused: its member %q leads out of the file, or has backslashes.", shown)
	case folder && m.UncompressedSize64 == 0:
		return nil
	case a.folded[low] != "":
		return fault("The deck is refused: it has two members %q.", shown)
	case m.UncompressedSize64 > ratioFrom && m.UncompressedSize64/maxRatio > m.CompressedSize64:
		return fault("The deck is refused: its member %q is compressed more than %d to 1.", shown, maxRatio)
	case m.Flags&1 != 0:
		return fault("The deck is protected by a password: its member %q is encrypted. Save a copy without a password.",
			shown)
	case m.Method != zip.Store && m.Method != zip.Deflate:
		return fault("The deck cannot be read: its member %q is compressed in an unusual way. Save it again in the office "+
			"program.", shown)
	}
	a.members[name], a.folded[low] = m, name
	a.order = append(a.order, name)
	return nil
}

// find returns the name of a member as the archive has it; ok is false if there is none.
func (a *archive) find(name string) (found string, ok bool) {
	if _, ok := a.members[name]; ok {
		return name, true
	}
	found, ok = a.folded[strings.ToLower(name)]
	return found, ok
}

// read unpacks an XML part. It counts the bytes as it reads them, because sizes in the archive may be false.
func (a *archive) read(ctx context.Context, name string) ([]byte, error) {
	found, ok := a.find(name)
	if !ok {
		return nil, fault("The deck is damaged: it lacks %s.", lectern.Shorten(name))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m := a.members[found]
	f, err := m.Open()
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer f.Close()
	most := min(a.lim.Part, a.left)
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case int64(len(text)) > most && most == a.lim.Part:
		return nil, tooLarge("The part %s of the deck has more than %d MiB.", lectern.Shorten(name), a.lim.Part>>20)
	case int64(len(text)) > most:
		return nil, tooLarge("The deck has more than %d MiB of XML.", a.lim.XML>>20)
	case err != nil:
		return nil, unreadable(name, err)
	}
	a.left -= int64(len(text))
	return text, nil
}

func unreadable(name string, err error) error {
	why := "cannot be unpacked"
	if corrupt := flate.CorruptInputError(0); errors.As(err, &corrupt) || errors.Is(err, zip.ErrChecksum) {
		why = "does not match its checksum"
	}
	return fault("The deck is damaged: its part %s %s.", lectern.Shorten(name), why).Because(err)
}

// relation is a reference of a part to another part, or to something outside the package.
type relation struct {
	ID       string
	Type     string // last name of its type, such as "slide"
	URI      string // its whole type
	Target   string // name of the member; for an external one the address
	External bool
	Found    bool // the member exists
}

// relations reads the references of a part, by identifier. The part "" is the package.
func (a *archive) relations(ctx context.Context, part string) (map[string]relation, error) {
	if rels, ok := a.rels[part]; ok {
		return rels, nil
	}
	dir, base := path.Split(part)
	name := dir + "_rels/" + base + ".rels"
	if _, ok := a.find(name); !ok {
		return nil, nil
	}
	root, err := a.tree(ctx, name)
	if err != nil {
		return nil, err
	}
	rels := make(map[string]relation, len(root.kids))
	for _, k := range root.kids {
		if k.name != "rel:Relationship" {
			continue
		}
		r := relation{ID: k.attr("Id"), Target: k.attr("Target"), External: k.attr("TargetMode") == "External"}
		r.URI = k.attr("Type")
		r.Type = r.URI[strings.LastIndexByte(r.URI, '/')+1:]
		if !r.External {
			r.Target, r.Found = a.resolve(dir, r.Target)
		}
		if _, twice := rels[r.ID]; !twice {
			rels[r.ID] = r
		}
	}
	a.rels[part] = rels
	return rels, nil
}

// resolve turns the target of a relation into the name of a member. dir is the folder of the part with the relation.
func (a *archive) resolve(dir, target string) (name string, found bool) {
	target, _, _ = strings.Cut(target, "#")
	if !strings.HasPrefix(target, "/") {
		target = "/" + dir + target
	}
	name = strings.TrimPrefix(path.Clean(target), "/")
	if f, ok := a.find(name); ok {
		return f, true
	}
	if f, ok := a.find(unescape(name)); ok {
		return f, true
	}
	return name, false
}

// unescape decodes %XX. A text without valid escapes is returned as it is.
func unescape(s string) string {
	hex := func(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0 {
			b.WriteByte(byte(hex(s[i+1])<<4 | hex(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// first returns the relation of a type with the smallest identifier.
func first(rels map[string]relation, kind string) (relation, bool) {
	var best relation
	ok := false
	for _, r := range rels {
		if r.Type == kind && (!ok || r.ID < best.ID) {
			best, ok = r, true
		}
	}
	return best, ok
}
