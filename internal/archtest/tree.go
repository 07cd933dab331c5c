package archtest

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Undocumented finds packages without a package comment of at least eight words. The comment of a package main
// describes the program.
func Undocumented(files []File) []Finding {
	has, first := map[string]bool{}, map[string]string{}
	for _, f := range files {
		if f.Test || f.Generated {
			continue
		}
		if first[f.Dir] == "" {
			first[f.Dir] = f.Path
		}
		has[f.Dir] = has[f.Dir] || f.AST.Doc != nil && len(strings.Fields(f.AST.Doc.Text())) >= 8
	}
	var out []Finding
	for dir, path := range first {
		if !has[dir] {
			out = append(out, Finding{path + ":1",
				"the package has no package comment of at least eight words; say in a few sentences why it exists",
				"the first question of every reader is what a package is for"})
		}
	}
	return out
}

var (
	link    = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)[^)]*\)`)
	source  = regexp.MustCompile(`(?:src|href|srcset)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#{1,6}\s+(.+?)\s*#*\s*$`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```")
	notSlug = regexp.MustCompile(`[^\p{L}\p{N}\- _]`)
)

// BrokenLinks finds links of a Markdown page to files and headings that do not exist. It does not check addresses of
// other hosts.
func BrokenLinks(root, page string, text []byte) []Finding {
	body := fence.ReplaceAllString(string(text), "")
	var out []Finding
	for _, re := range []*regexp.Regexp{link, source} {
		for _, m := range re.FindAllStringSubmatch(body, -1) {
			u, err := url.Parse(m[1])
			if err == nil && (u.Scheme != "" || u.Host != "") {
				continue
			}
			if err == nil && resolves(root, page, string(text), u) {
				continue
			}
			out = append(out, Finding{page, fmt.Sprintf("the link %s leads nowhere", m[1]),
				"a broken link is the first thing that a newcomer finds"})
		}
	}
	return out
}

func resolves(root, page, text string, u *url.URL) bool {
	if u.Path != "" {
		target := filepath.Join(root, filepath.Dir(page), u.Path)
		data, err := os.ReadFile(target)
		if err != nil {
			fi, err := os.Stat(target)
			return err == nil && fi.IsDir() && u.Fragment == ""
		}
		text = string(data)
	}
	if u.Fragment == "" {
		return true
	}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		slug := strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")
		if slug == u.Fragment {
			return true
		}
	}
	return false
}

// Pages lists the Markdown pages below root, except those in folders that skipFolder skips.
func Pages(root string) ([]string, error) {
	var pages []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(root, p, d)
		}
		if filepath.Ext(p) == ".md" {
			rel, err := filepath.Rel(root, p)
			pages = append(pages, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	return pages, err
}
