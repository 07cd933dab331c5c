package weblib

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every file is the one that the manifest names, and has a licence next to it.
func TestFilesAreThoseOfTheManifest(t *testing.T) {
	t.Parallel()
	list, err := Manifest()
	if err != nil || len(list) == 0 {
		t.Fatal(len(list), err)
	}
	known := []string{"manifest.json"}
	for _, f := range list {
		b, err := Read(f.Name)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if got := Sum(b); got != f.SHA256 {
			t.Errorf("%s has the SHA-256 %s; the manifest has %s. Write it again with tools/weblib.", f.Name, got, f.SHA256)
		}
		if !version.MatchString(f.Version) || f.Package == "" {
			t.Errorf("%s: package %q, version %q", f.Name, f.Package, f.Version)
		}
		if b, err := Read(f.License); err != nil || !strings.Contains(string(b), "Copyright") {
			t.Errorf("%s: the licence %q is missing: %v", f.Name, f.License, err)
		}
		known = append(known, f.Name, f.License)
	}
	_ = fs.WalkDir(files, "data", func(name string, e fs.DirEntry, err error) error {
		if name = strings.TrimSuffix(strings.TrimPrefix(name, "data/"), ".gz"); err == nil && !e.IsDir() &&
			!slices.Contains(known, name) {
			t.Errorf("%s is not in the manifest", name)
		}
		return err
	})
}

var version = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// No library ends its script element, and no style names a file that a page could not load.
func TestLibrariesFitIntoPages(t *testing.T) {
	t.Parallel()
	for name, get := range map[string]func() (Library, error){"katex": KaTeX, "mermaid": Mermaid, "marp": Marp} {
		l, err := get()
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Script.Text) < 100_000 || strings.Contains(l.Script.Text, "<!--") ||
			strings.Contains(strings.ToLower(l.Script.Text), "</script") || !strings.HasPrefix(l.Script.Hash, "'sha256-") {
			t.Errorf("%s: a script of %d bytes, %s", name, len(l.Script.Text), l.Script.Hash)
		}
		if rest := strings.ReplaceAll(l.CSS, "url(data:font/woff2;base64,", ""); strings.Contains(rest, "url(") {
			t.Errorf("%s: its style loads a file", name)
		}
		if name == "katex" && strings.Count(l.CSS, "url(data:") != 20 {
			t.Errorf("%d fonts", strings.Count(l.CSS, "url(data:"))
		}
	}
}
