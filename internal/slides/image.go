package slides

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"image"
	_ "image/gif"  // so that its size can be read
	_ "image/jpeg" // so that its size can be read
	_ "image/png"  // so that its size can be read
	"io"
	"net/url"
	"strings"

	"lectern"
)

const (
	maxAddress = 8 << 10   // of an http(s) address, in bytes
	maxData    = 24 << 20  // of a data address, in bytes
	maxPixels  = 100 << 20 // of a picture
)

// picture is an address that was looked at and may stand in the src of an img element.
type picture struct {
	URL    template.URL
	Remote bool
}

// readPicture accepts http(s) addresses and pictures as data addresses, nothing else.
func readPicture(s string) (picture, error) {
	s = strings.TrimSpace(s)
	scheme, _, ok := strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case ok && scheme == "data":
		return dataPicture(s)
	case ok && (scheme == "http" || scheme == "https"):
		if len(s) > maxAddress {
			return picture{}, errors.New("the address is too long")
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Opaque != "" || u.User != nil || strings.ContainsAny(s, "\"'<>` \n\r\t\\") {
			return picture{}, errors.New("that is not a valid web address")
		}
		return picture{template.URL(asBrowsersWrite(u)), true}, nil
	}
	return picture{}, errors.New("only http, https and data:image addresses are shown")
}

// asBrowsersWrite gives u as a browser will ask for it, so that requests can be compared with Page.Assets.
func asBrowsersWrite(u *url.URL) string {
	u.Scheme, u.Host, u.Fragment, u.RawFragment = strings.ToLower(u.Scheme), strings.ToLower(u.Host), "", ""
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	var q strings.Builder
	for _, b := range []byte(u.RawQuery) {
		if b < 0x80 {
			q.WriteByte(b)
		} else {
			fmt.Fprintf(&q, "%%%02X", b)
		}
	}
	u.RawQuery = q.String()
	return u.String()
}

var rasters = map[string]bool{"image/png": true, "image/jpeg": true, "image/jpg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true}

func dataPicture(s string) (picture, error) {
	if len(s) > maxData {
		return picture{}, errors.New("the picture is larger than 24 MB")
	}
	head, body, ok := strings.Cut(s[len("data:"):], ",")
	if !ok {
		return picture{}, errors.New("the data address has no data")
	}
	params := strings.Split(strings.ToLower(head), ";")
	kind := strings.TrimSpace(params[0])
	var raw []byte
	if strings.TrimSpace(params[len(params)-1]) == "base64" && len(params) > 1 {
		body = strings.TrimRight(strings.NewReplacer("\n", "", "\r", "", " ", "", "%2B", "+", "%2F", "/", "%3D", "=", "-", "+", "_", "/").Replace(body), "=")
		b, err := base64.RawStdEncoding.DecodeString(body)
		if err != nil {
			return picture{}, errors.New("its base64 is broken")
		}
		raw = b
	} else {
		p, err := url.PathUnescape(body)
		if err != nil {
			return picture{}, errors.New("its escapes are broken")
		}
		raw = []byte(p)
	}
	switch {
	case len(raw) == 0:
		return picture{}, errors.New("the data address has no data")
	case kind == "image/svg+xml":
		if err := checkSVG(raw); err != nil {
			return picture{}, err
		}
	case rasters[kind]:
		c, _, err := image.DecodeConfig(bytes.NewReader(raw))
		if err != nil && !errors.Is(err, image.ErrFormat) {
			return picture{}, errors.New("the picture is damaged")
		}
		if err == nil && (c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height) {
			return picture{}, errors.New("the picture has too many pixels")
		}
	default:
		return picture{}, errors.New("only pictures are shown (PNG, JPEG, GIF, WebP, AVIF, SVG)")
	}
	// Written anew, so that nothing but what was checked reaches the page.
	return picture{template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(raw)), false}, nil
}

// checkSVG refuses drawings that do more than draw: scripts, event handlers, foreign markup, anything from outside.
func checkSVG(raw []byte) error {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.Strict = true
	depth := 0
	for n := 0; ; n++ {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && n > 0 {
			return nil
		}
		if err != nil {
			return errors.New("the SVG is not well formed")
		}
		switch t := t.(type) {
		case xml.Directive:
			return errors.New("the SVG has a document type, which is not allowed")
		case xml.ProcInst:
			if t.Target != "xml" {
				return errors.New("the SVG has a processing instruction, which is not allowed")
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if outside(string(t)) {
				return errors.New("the SVG loads something from outside")
			}
		case xml.StartElement:
			if depth++; depth > 200 || n > 400_000 {
				return errors.New("the SVG is too complex")
			}
			switch strings.ToLower(t.Name.Local) {
			case "script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler", "set", "animate", "animatetransform", "animatemotion":
				return errors.New("the SVG has a <" + t.Name.Local + "> element, which is not allowed")
			}
			for _, a := range t.Attr {
				name := strings.ToLower(a.Name.Local)
				switch {
				case strings.HasPrefix(name, "on"):
					return errors.New("the SVG has a script in " + a.Name.Local)
				case name == "href" || name == "src":
					v := strings.ToLower(strings.TrimSpace(a.Value))
					if !strings.HasPrefix(v, "#") && !strings.HasPrefix(v, "data:image/png") && !strings.HasPrefix(v, "data:image/jpeg") {
						return errors.New("the SVG loads something from outside")
					}
				case name != "xmlns" && a.Name.Space != "xmlns" && outside(a.Value):
					return errors.New("the SVG loads something from outside")
				}
			}
		}
	}
}

// outside reports whether CSS inside a drawing reaches for anything but its own parts.
func outside(s string) bool {
	s = strings.ToLower(s)
	if strings.Contains(s, "@import") || strings.Contains(s, "javascript:") {
		return true
	}
	for {
		i := strings.Index(s, "url(")
		if i < 0 {
			return false
		}
		s = strings.TrimLeft(s[i+4:], " \t\n'\"")
		if !strings.HasPrefix(s, "#") {
			return true
		}
	}
}

// refused is the failure for a picture that may not be shown.
func refused(param string, slide int, why error) *lectern.Failure {
	f := lectern.Fail(lectern.CodeAssetRefused, "The picture in %q cannot be used: %s.", param, why)
	f.Param, f.Slide = param, slide
	return f
}
