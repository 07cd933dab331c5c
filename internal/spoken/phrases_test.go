package spoken

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

//go:embed testdata/phrases.tsv
var phrasesText string

var update = flag.Bool("update", false, "write docs/SPOKEN.md again")

type phrase struct{ id, language, group, written, want string }

func phrases(t testing.TB) []phrase {
	t.Helper()
	var out []phrase
	for line := range strings.Lines(phrasesText) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			t.Fatalf("phrases.tsv: the line %q has %d columns, want 5", line, len(f))
		}
		out = append(out, phrase{f[0], f[1], f[2], f[3], f[4]})
	}
	if len(out) < 120 {
		t.Fatalf("phrases.tsv has %d phrases, want at least 120", len(out))
	}
	return out
}

// say joins the spoken forms of text.
func say(text, language string) string {
	var words []string
	for _, s := range Normalise(text, language) {
		if s.Say != "" {
			words = append(words, s.Say)
		}
	}
	return strings.Join(words, " ")
}

// heard returns the words of s without case, marks and hyphens, which are inaudible.
func heard(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) && r != '\''
	}), " ")
}

// The phrases of all groups in testdata/phrases.tsv are spoken as a person reads them.
func TestPhrasesAreSpoken(t *testing.T) {
	t.Parallel()
	for _, p := range phrases(t) {
		t.Run(p.group+"/"+p.id, func(t *testing.T) {
			t.Parallel()
			if got := say(p.written, p.language); heard(got) != heard(p.want) {
				t.Errorf("%s (%s)\n got %s\nwant %s", p.written, p.language, got, p.want)
			}
		})
	}
}

// page returns the text of docs/SPOKEN.md from the phrases and the list of differences.
func page(t *testing.T) string {
	t.Helper()
	intro, err := os.ReadFile(filepath.Join("testdata", "intro.md"))
	if err != nil {
		t.Fatal(err)
	}
	differences, err := os.ReadFile(filepath.Join("testdata", "differences.md"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(intro)
	b.WriteString("\n## Written and spoken\n\n| phrase | language | written | spoken |\n| --- | --- | --- | --- |\n")
	cell := strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;")
	for _, p := range phrases(t) {
		fmt.Fprintf(&b, "| %s %s | %s | %s | %s |\n", p.group, p.id, p.language, cell.Replace(p.written),
			cell.Replace(say(p.written, p.language)))
	}
	b.WriteString("\n")
	b.Write(differences)
	return b.String()
}

// docs/SPOKEN.md has the current results. Update it with: go test ./internal/spoken -run Page -update
func TestPageIsUpToDate(t *testing.T) {
	t.Parallel()
	name := filepath.Join("..", "..", "docs", "SPOKEN.md")
	want := page(t)
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/SPOKEN.md is out of date; run: go test ./internal/spoken -run Page -update")
	}
}
