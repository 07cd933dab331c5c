package slides

import (
	"strings"

	"lectern"
	"lectern/internal/weblib"
)

// drawnParts says which parts of a slide the browser draws with a library. Only pages with such a part have the
// library, so that the others cost nothing more and keep their keys.
type drawnParts struct {
	formulas, diagrams bool
}

func (d drawnParts) or(e drawnParts) drawnParts {
	return drawnParts{d.formulas || e.formulas, d.diagrams || e.diagrams}
}

// extras are the scripts and styles that the drawn parts of a page need.
type extras struct {
	scripts []weblib.Script
	css     string
}

// extras returns what a page with drawn parts has before its own script.
func (l *Library) extras(d drawnParts) (extras, error) {
	var e extras
	for _, lib := range []struct {
		used bool
		get  func() (weblib.Library, error)
	}{{d.formulas, weblib.KaTeX}, {d.diagrams, weblib.Mermaid}} {
		if !lib.used {
			continue
		}
		got, err := lib.get()
		if err != nil {
			return e, lectern.Fail(lectern.CodeInternal, "A library that draws formulas or diagrams cannot be read.").
				Because(err)
		}
		e.scripts = append(e.scripts, got.Script)
		e.css += got.CSS
	}
	if len(e.scripts) > 0 {
		e.scripts = append(e.scripts, l.draw)
		e.css += l.drawCSS
	}
	return e, nil
}

// hashes returns the sources of scripts for a content security policy, each with a blank before it.
func (e extras) hashes() string {
	var b strings.Builder
	for _, s := range e.scripts {
		b.WriteString(" " + s.Hash)
	}
	return b.String()
}
