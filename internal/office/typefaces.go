package office

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"lectern/internal/proc"
)

// Typeface is what this machine has for a typeface that a deck names.
type Typeface struct {
	Family string // the font family that is drawn
	// Same: Family is the typeface itself, or has characters of the same widths, so that text breaks into the same lines.
	Same bool
}

// sameWidths has fonts that were made with the widths of another one. Keys are written by fold.
var sameWidths = map[string][]string{
	"calibri": {"carlito"}, "cambria": {"caladea"}, "georgia": {"gelasio"}, "segoeui": {"selawik"},
	"arial":         {"liberationsans", "arimo", "nimbussans"},
	"helvetica":     {"liberationsans", "arimo", "nimbussans", "texgyreheros"},
	"arialnarrow":   {"liberationsansnarrow"},
	"timesnewroman": {"liberationserif", "tinos", "nimbusroman"},
	"times":         {"liberationserif", "tinos", "nimbusroman", "texgyretermes"},
	"couriernew":    {"liberationmono", "cousine", "nimbusmonops"},
	"courier":       {"liberationmono", "cousine", "nimbusmonops", "texgyrecursor"},
}

// standIns are fonts that resemble others for which fontconfig knows no replacement. Without them the headings of most
// PowerPoint decks are drawn in a much wider font. Names are as decks write them.
var standIns = map[string]string{"Calibri Light": "Carlito", "Aptos": "Carlito", "Aptos Display": "Carlito"}

// standIn returns the font of this machine that stands in for a name, written by fold; "": there is none.
func (t *Typefaces) standIn(key string) string {
	for name, family := range standIns {
		if fold(name) == key && t.installed[fold(family)] {
			return family
		}
	}
	return ""
}

// writeStandIns makes fontconfig know the stand-ins, in the home folder of a LibreOffice.
func writeStandIns(home string) error {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?>` + "\n<fontconfig>\n")
	for _, name := range slices.Sorted(maps.Keys(standIns)) {
		fmt.Fprintf(&b, `<alias binding="same"><family>%s</family><accept><family>%s</family></accept></alias>`+"\n",
			name, standIns[name])
	}
	b.WriteString("</fontconfig>\n")
	dir := filepath.Join(home, "fontconfig") // fontconfig looks there, because home is XDG_CONFIG_HOME too
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "fonts.conf"), []byte(b.String()), 0o600)
}

// pictorial are fonts of symbols whose characters LibreOffice draws with a font of its own.
var pictorial = map[string]bool{"wingdings": true, "wingdings2": true, "wingdings3": true, "webdings": true,
	"symbol": true, "opensymbol": true, "starsymbol": true, "marlett": true, "monotypesorts": true}

// fold writes a name so that spellings of one family are equal.
func fold(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "") }

// Typefaces finds what this machine draws for typefaces. It asks fontconfig, as LibreOffice does, and remembers each
// answer. It is safe for concurrent use.
type Typefaces struct {
	mu        sync.Mutex
	installed map[string]bool // families, by fold; nil: not listed yet
	found     map[string]Typeface
}

// maxTypefaces bounds the typefaces of one question.
const maxTypefaces = 100

// Of returns what is drawn for each of the names. A name is left out if it names no font, such as one of symbols, or if
// more than maxTypefaces are asked for. Without fontconfig, Of fails.
func (t *Typefaces) Of(ctx context.Context, names []string) (map[string]Typeface, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.list(ctx); err != nil {
		return nil, err
	}
	out := map[string]Typeface{}
	for _, name := range names {
		key := fold(name)
		if key == "" || pictorial[key] || len(name) > 200 {
			continue
		}
		face, known := t.found[key]
		switch {
		case known:
		case t.installed[key]:
			face = Typeface{Family: name, Same: true}
		case t.standIn(key) != "":
			face = Typeface{Family: t.standIn(key)}
		case len(out) >= maxTypefaces:
			continue
		default:
			family, err := replacement(ctx, name)
			if err != nil {
				return nil, err
			}
			face = Typeface{Family: family, Same: slices.Contains(sameWidths[key], fold(family))}
		}
		if t.found[key] = face; face.Family != "" {
			out[name] = face
		}
	}
	return out, nil
}

// list lists the families of this machine, once.
func (t *Typefaces) list(ctx context.Context) error {
	if t.installed != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	text, err := proc.Output(ctx, proc.Command{Path: "fc-list", Args: []string{"--format", "%{family}\n"}})
	if err != nil {
		return err
	}
	t.installed, t.found = families(string(text)), map[string]Typeface{}
	return nil
}

// families reads the families in fontconfig's list. A font may have several, such as names in several languages.
func families(list string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(list) {
		for name := range strings.SplitSeq(line, ",") {
			if name = fold(strings.TrimSpace(strings.ReplaceAll(name, `\`, ""))); name != "" {
				found[name] = true
			}
		}
	}
	return found
}

// replacement asks fontconfig which family it takes for a name that is not installed.
func replacement(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	args := []string{"--format", "%{family[0]}", pattern(name)}
	text, err := proc.Output(ctx, proc.Command{Path: "fc-match", Args: args})
	return strings.TrimSpace(string(text)), err
}

// pattern writes the name of a family as a pattern of fontconfig.
func pattern(name string) string {
	return ":family=" + strings.NewReplacer(`\`, `\\`, "-", `\-`, ":", `\:`, ",", `\,`, "=", `\=`).Replace(name)
}
