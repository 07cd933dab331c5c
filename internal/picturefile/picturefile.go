package picturefile

import (
	"bytes"
	"fmt"
	"strings"
)

// The accepted media types.
const (
	PNG  = "image/png"
	JPEG = "image/jpeg"
	GIF  = "image/gif"
	WebP = "image/webp"
	AVIF = "image/avif"
	SVG  = "image/svg+xml"
)

const accepted = "PNG, JPEG, GIF, WebP, AVIF and SVG are accepted"

// Limits bound one picture. A field that is zero sets no bound.
type Limits struct {
	Pixels   int // width times height, as the header states them; of an SVG, all pictures in it
	Elements int // of an SVG, once every reference in it is expanded
}

// Picture is a file whose header was read.
type Picture struct {
	Type   string // one of the constants of this package
	Width  int    // in pixels, as the header states it; 0: an SVG, which states none
	Height int
	Pixels int // Width times Height; of an SVG, those of the pictures in it
	// Body is the file, or a copy without further frames and without hidden parts.
	Body []byte
}

// Unfit is the reason why a picture cannot be used, as the end of a sentence: "it is a BMP picture; …".
type Unfit struct{ Why string }

// Error implements error.
func (u *Unfit) Error() string { return u.Why }

func unfit(format string, args ...any) *Unfit { return &Unfit{fmt.Sprintf(format, args...)} }

// damaged is the verdict on a file with the right first bytes and a wrong rest. It names the kind and the fault.
func damaged(kind, what string) *Unfit { return unfit("it is a damaged %s picture: %s", kind, what) }

const cutOff = "its end is missing"

// Inspect judges a picture by its header and structure. declared is its stated media type, or empty: only the bytes
// decide, and declared only helps to describe a fault. The error is an *Unfit.
func Inspect(body []byte, declared string, lim Limits) (Picture, error) {
	found := sniff(body)
	var p Picture
	var u *Unfit
	switch found.media {
	case PNG:
		p, u = inspectPNG(body, lim)
	case JPEG:
		p, u = inspectJPEG(body, lim)
	case GIF:
		p, u = inspectGIF(body, lim)
	case WebP:
		p, u = inspectWebP(body, lim)
	case AVIF:
		p, u = inspectAVIF(body, lim)
	case SVG:
		p, u = inspectSVG(body, lim)
	default:
		u = refuse(found, declared)
	}
	if u != nil {
		return Picture{}, u
	}
	p.Type = found.media
	return p, nil
}

// refuse returns the verdict on a file that is not an accepted picture. It names the file's kind and its declared type.
func refuse(found kind, declared string) *Unfit {
	declared, _, _ = strings.Cut(declared, ";")
	declared = strings.ToLower(strings.TrimSpace(declared))
	if len(declared) > 60 {
		declared = declared[:60]
	}
	if declared == "" || declared == found.media || found.also == declared {
		return unfit("it is %s; %s", found.name, accepted)
	}
	return unfit("it is %s, although it is named %s; %s", found.name, declared, accepted)
}

// measure makes a Picture of a header, within the limit.
func measure(body []byte, w, h int, lim Limits) (Picture, *Unfit) {
	if lim.Pixels > 0 && (w > lim.Pixels || h > lim.Pixels || w*h > lim.Pixels) {
		return Picture{}, tooLarge(w, h, lim)
	}
	return Picture{Width: w, Height: h, Pixels: w * h, Body: body}, nil
}

func tooLarge(w, h int, lim Limits) *Unfit {
	return unfit("it has %d × %d pixels, which is more than %s (limits.picture_pixels)", w, h, Million(lim.Pixels))
}

// Million writes a number of pixels for people: "40 million", or the number itself if it is small.
func Million(n int) string {
	if n < 1_000_000 {
		return fmt.Sprint(n)
	}
	s := strings.TrimRight(fmt.Sprintf("%.2f", float64(n)/1e6), "0")
	return strings.TrimRight(s, ".") + " million"
}

// kind is the format of a file by its first bytes.
type kind struct {
	media string // of a picture, or ""
	name  string // with its article: "a BMP picture"
	also  string // another media type for it
}

var magics = []struct {
	at    int
	magic string
	kind
}{
	{0, "\x89PNG\r\n\x1a\n", kind{media: PNG}},
	{0, "\xff\xd8\xff", kind{media: JPEG}},
	{0, "GIF87a", kind{media: GIF}},
	{0, "GIF89a", kind{media: GIF}},
	{0, "BM", kind{"image/bmp", "a BMP picture", "image/x-ms-bmp"}},
	{0, "\x00\x00\x01\x00", kind{"image/x-icon", "an ICO picture", "image/vnd.microsoft.icon"}},
	{0, "\x00\x00\x02\x00", kind{"image/x-icon", "a CUR picture", ""}},
	{0, "II*\x00", kind{"image/tiff", "a TIFF picture", ""}},
	{0, "II+\x00", kind{"image/tiff", "a TIFF picture", ""}},
	{0, "MM\x00*", kind{"image/tiff", "a TIFF picture", ""}},
	{0, "MM\x00+", kind{"image/tiff", "a TIFF picture", ""}},
	{0, "\xff\x0a", kind{"image/jxl", "a JPEG XL picture", ""}},
	{4, "JXL ", kind{"image/jxl", "a JPEG XL picture", ""}},
	{4, "jP  ", kind{"image/jp2", "a JPEG 2000 picture", ""}},
	{0, "\xff\x4f\xff\x51", kind{"image/jp2", "a JPEG 2000 picture", ""}},
	{0, "II\xbc", kind{"image/vnd.ms-photo", "a JPEG XR picture", ""}},
	{0, "8BPS", kind{"image/vnd.adobe.photoshop", "a Photoshop file", ""}},
	{0, "%PDF", kind{"application/pdf", "a PDF file", ""}},
	{0, "%!PS", kind{"application/postscript", "a PostScript file", ""}},
	{0, "\x1f\x8b", kind{"application/gzip", "a gzip file", ""}},
	{0, "PK\x03\x04", kind{"application/zip", "a ZIP file", ""}},
	{0, "\xd7\xcd\xc6\x9a", kind{"image/wmf", "a WMF picture", ""}},
	{40, " EMF", kind{"image/emf", "an EMF picture", ""}},
}

// Sniff returns the type of a picture by its first bytes, or "" if it is not an accepted picture.
func Sniff(head []byte) string {
	switch found := sniff(head); found.media {
	case PNG, JPEG, GIF, WebP, AVIF, SVG:
		return found.media
	}
	return ""
}

// Describe names a file of a known kind that is not an accepted picture, with its article: "a BMP picture". It returns
// "" for every other file.
func Describe(head []byte) string {
	if found := sniff(head); Sniff(head) == "" && found.media != "" {
		return found.name
	}
	return ""
}

// sniff returns the kind of a file. Only the six accepted kinds have their constants as media.
func sniff(b []byte) kind {
	if len(b) == 0 {
		return kind{name: "an empty file"}
	}
	if len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" {
		return kind{media: WebP}
	}
	if len(b) >= 16 && string(b[4:8]) == "ftyp" {
		return sniffISO(b)
	}
	for _, m := range magics {
		if len(b) >= m.at+len(m.magic) && string(b[m.at:m.at+len(m.magic)]) == m.magic {
			return m.kind
		}
	}
	return sniffText(b)
}

// sniffISO distinguishes the kinds made of ISO/IEC 14496-12 boxes, by the brands in the first box.
func sniffISO(b []byte) kind {
	n := int(min(be32(b), 4096, uint32(len(b))))
	other := kind{"video/mp4", "an MP4 file", ""}
	for i := 8; i+4 <= n; i += 4 {
		if i == 12 {
			continue // the minor version
		}
		switch string(b[i : i+4]) {
		case "avif", "avis":
			return kind{media: AVIF}
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
			other = kind{"image/heic", "a HEIC picture", "image/heif"}
		}
	}
	return other
}

// sniffText distinguishes SVG and HTML from other texts by the first element, whatever comes before it.
func sniffText(b []byte) kind {
	s := bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	nothing := kind{name: "not a picture"}
	for range 100 { // comments and the like before the first element
		s = bytes.TrimLeft(s, " \t\r\n")
		var end string
		switch {
		case hasPrefixFold(s, "<!doctype html"):
			return kind{"text/html", "an HTML page", ""}
		case bytes.HasPrefix(s, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(s, []byte("<?")):
			end = "?>"
		case hasPrefixFold(s, "<!doctype svg"):
			return kind{media: SVG}
		case bytes.HasPrefix(s, []byte("<!")):
			end = ">"
		case bytes.HasPrefix(s, []byte("<")):
			return sniffElement(s[1:])
		default:
			return nothing
		}
		i := bytes.Index(s, []byte(end))
		if i < 0 {
			return nothing
		}
		s = s[i+len(end):]
	}
	return nothing
}

func sniffElement(s []byte) kind {
	end := bytes.IndexAny(s, " \t\r\n/>")
	if end < 0 || end > 100 {
		return kind{name: "not a picture"}
	}
	name := strings.ToLower(string(s[:end]))
	if _, local, ok := strings.Cut(name, ":"); ok {
		name = local
	}
	switch name {
	case "svg":
		return kind{media: SVG}
	case "html", "head", "body", "script", "title", "meta", "style", "div", "p", "h1", "table", "center":
		return kind{"text/html", "an HTML page", ""}
	}
	return kind{name: "not a picture"}
}

func hasPrefixFold(b []byte, s string) bool {
	return len(b) >= len(s) && strings.EqualFold(string(b[:len(s)]), s)
}

func be16(b []byte) int { return int(b[0])<<8 | int(b[1]) }

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func le16(b []byte) int { return int(b[0]) | int(b[1])<<8 }

func le24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
