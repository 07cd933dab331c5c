package slides

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"lectern"
	"lectern/internal/picturefile"
)

const (
	maxAddress = 8 << 10  // of an http(s) address, in bytes
	maxData    = 24 << 20 // of a data address, in bytes
)

// picture is a checked address that may be the src of an img element.
type picture struct {
	URL    template.URL
	Remote bool            // the browser requests it: an asset or a picture on the web
	asset  string          // the SHA-256 of an asset; "": it is not an asset
	path   string          // of a file next to the deck; "": it is not a file
	Alt    string          // the alternative text; "": the picture is decoration
	file   lectern.Picture // of a data address
}

// readPicture accepts assets, http(s) addresses, pictures as data addresses, and relative paths of files, nothing else.
func readPicture(s string, lim picturefile.Limits) (picture, error) {
	s = strings.TrimSpace(s)
	if sha, named, ok := lectern.AssetAddress(s); ok {
		return picture{URL: template.URL(lectern.PageAddress(sha)), Remote: true, asset: sha}, nil
	} else if named {
		return picture{}, errors.New("the address of an asset is asset: and the 64 digits of its SHA-256")
	}
	scheme, _, ok := strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case !ok || !aScheme.MatchString(scheme):
		p, err := relative(s)
		return picture{path: p}, err
	case ok && scheme == "data":
		return dataPicture(s, lim)
	case ok && (scheme == "http" || scheme == "https"):
		if len(s) > maxAddress {
			return picture{}, errors.New("the address is too long")
		}
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Opaque != "" || u.User != nil || reserved(u) ||
			strings.ContainsAny(s, "\"'<>` \n\r\t\\") {
			return picture{}, errors.New("that is not a valid web address")
		}
		return picture{URL: template.URL(asBrowsersWrite(u)), Remote: true}, nil
	}
	return picture{}, errors.New("only asset, http, https and data:image addresses are shown")
}

// reserved reports whether an address is one that only Lectern's own pages use.
func reserved(u *url.URL) bool {
	host := "." + strings.Trim(strings.ToLower(u.Hostname()), ".")
	return strings.HasSuffix(host, ".lectern.invalid")
}

// asBrowsersWrite returns u in the form of a browser's request, so that requests can be compared with Page.Assets.
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

// dataPicture checks a picture in a data address. It writes a new address, so that only checked bytes reach the page.
func dataPicture(s string, lim picturefile.Limits) (picture, error) {
	if len(s) > maxData {
		return picture{}, errors.New("its data address is longer than 24 MB; name the picture by a web address or as an " +
			"asset instead")
	}
	head, body, ok := strings.Cut(s[len("data:"):], ",")
	if !ok {
		return picture{}, errors.New("the data address has no data")
	}
	params := strings.Split(strings.ToLower(head), ";")
	kind := strings.TrimSpace(params[0])
	var raw []byte
	if strings.TrimSpace(params[len(params)-1]) == "base64" && len(params) > 1 {
		body = strings.TrimRight(base64Signs.Replace(body), "=")
		b, err := base64.RawStdEncoding.DecodeString(body)
		if err != nil {
			return picture{}, errors.New("its base64 encoding is invalid")
		}
		raw = b
	} else {
		p, err := url.PathUnescape(body)
		if err != nil {
			return picture{}, errors.New("its percent-encoding is invalid")
		}
		raw = []byte(p)
	}
	switch {
	case len(raw) == 0:
		return picture{}, errors.New("the data address has no data")
	case !strings.HasPrefix(kind, "image/"):
		return picture{}, errors.New("only pictures are shown (PNG, JPEG, GIF, WebP, AVIF, SVG)")
	}
	p, err := picturefile.Inspect(raw, kind, lim)
	if err != nil {
		return picture{}, err
	}
	return picture{
		URL:  template.URL("data:" + p.Type + ";base64," + base64.StdEncoding.EncodeToString(p.Body)),
		file: lectern.Picture{ContentType: p.Type, Body: p.Body, Pixels: p.Pixels},
	}, nil
}

var base64Signs = strings.NewReplacer("\n", "", "\r", "", " ", "", "%2B", "+", "%2F", "/", "%3D", "=", "-",
	"+", "_", "/")

// refused returns the failure for a picture that must not be shown.
func refused(param string, slide int, why error) *lectern.Failure {
	f := lectern.Fail(lectern.CodeAssetRefused, "The picture in %q cannot be used: %s.", param, why)
	f.Param, f.Slide = param, slide
	return f
}
