package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The figures of `go run ./bench renders` become a section of the page, and a page without them has none.
func TestRenderSection(t *testing.T) {
	t.Parallel()
	docs := t.TempDir()
	if s, err := renderSection(docs); s != "" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	file := filepath.Join(docs, renderFigures)
	const figures = `{"rounds":3,"rows":[{"deck":"avatar","way":"lectern","title":"Lectern","whole_video":true,"video_seconds":60,"median":{"wall_seconds":10},"rounds":[{"wall_seconds":10}]}]}`
	if err := os.WriteFile(file, []byte(figures), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := renderSection(docs)
	if err != nil || !strings.Contains(s, "## Rendering\n") || !strings.Contains(s, "| Lectern | 10.0 s |") ||
		!strings.Contains(s, renderChart) {
		t.Errorf("%q, %v", s, err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := renderSection(docs); err == nil {
		t.Error("a broken file is accepted")
	}
}
