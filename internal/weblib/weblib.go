// Package weblib holds the libraries of others that the pages of slides use in the browser: KaTeX, Mermaid and
// marp-core.
//
// A page has no network, so the libraries are in the binary, compressed: KaTeX and Mermaid exactly as their authors
// publish them, and marp-core, which is published for Node.js, as one script. The file data/manifest.json names the npm
// package, the version and the SHA-256 of each file. tools/weblib writes all of them, and a test compares. Each library
// is expanded when the first page needs it, and then kept.
package weblib

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed data
var files embed.FS

// File is an entry of the manifest.
type File struct {
	Name    string `json:"name"`    // below data, without ".gz"
	Package string `json:"package"` // of npm
	Version string `json:"version"`
	Path    string `json:"path"`   // in the package; "": the file is built from it
	SHA256  string `json:"sha256"` // of the expanded file
	License string `json:"license"`
}

// Manifest lists the files.
func Manifest() ([]File, error) {
	b, err := files.ReadFile("data/manifest.json")
	if err != nil {
		return nil, err
	}
	var list []File
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("weblib: manifest.json: %w", err)
	}
	return list, nil
}

// Read returns an expanded file.
func Read(name string) ([]byte, error) {
	if b, err := files.ReadFile(path.Join("data", name)); err == nil {
		return b, nil
	}
	b, err := files.ReadFile(path.Join("data", name+".gz"))
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// Script is a script for the inside of a script element of a page.
type Script struct {
	Text string
	Hash string // for the page's content security policy: 'sha256-…'
}

// NewScript returns a script. Text that would end the element is written otherwise, which means the same in strings and
// regular expressions.
func NewScript(text string) Script {
	text = opens.ReplaceAllString(text, `\x3C$1`)
	sum := sha256.Sum256([]byte(text))
	return Script{text, "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"}
}

var opens = regexp.MustCompile(`(?i)<(!--|/?script)`)

// Library is one library, ready for a page.
type Library struct {
	Script Script
	CSS    string // fonts are inside, as data addresses
}

var (
	// KaTeX draws formulas. Its object is window.katex.
	KaTeX = sync.OnceValues(func() (Library, error) { return load("katex.min.js", "katex.min.css") })
	// Mermaid draws diagrams. Its object is window.mermaid.
	Mermaid = sync.OnceValues(func() (Library, error) { return load("mermaid.min.js", "") })
	// Marp is marp-core, which draws the slides of Marp. Its object is window.marpCore.
	Marp = sync.OnceValues(func() (Library, error) { return load("marp-core.min.js", "") })
)

func load(script, css string) (Library, error) {
	var l Library
	b, err := Read(script)
	if err != nil {
		return l, fmt.Errorf("weblib: %w", err)
	}
	l.Script = NewScript(string(b))
	if css == "" {
		return l, nil
	}
	if b, err = Read(css); err != nil {
		return l, fmt.Errorf("weblib: %w", err)
	}
	l.CSS = fontSource.ReplaceAllStringFunc(string(b), func(source string) string {
		font, e := files.ReadFile(path.Join("data", fontSource.FindStringSubmatch(source)[1]))
		if e != nil {
			err = e
		}
		return "src:url(data:font/woff2;base64," + base64.StdEncoding.EncodeToString(font) + ") format(\"woff2\")"
	})
	if err != nil || strings.Contains(l.CSS, "url(fonts/") {
		return l, fmt.Errorf("weblib: %s: a font is missing: %w", css, err)
	}
	return l, nil
}

// fontSource matches the sources of a font: WOFF2 first, then older forms, which no Chromium needs.
var fontSource = regexp.MustCompile(`src:url\((fonts/[A-Za-z0-9_-]+\.woff2)\) format\("woff2"\)[^;}]*`)

// Sum is the SHA-256 of a file, in hexadecimal digits.
func Sum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
