package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
	"lectern/internal/slides"
)

// Each example is read, and the page of each of its slides is made, without a fault or a warning.
func TestExamplesAreFlawless(t *testing.T) {
	t.Parallel()
	library, err := slides.New()
	if err != nil {
		t.Fatal(err)
	}
	decks, err := filepath.Glob("../../examples/*.[jymp]*")
	if err != nil || len(decks) < 4 {
		t.Fatalf("%v, %v", decks, err)
	}
	for _, name := range decks {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			q, err := parseDeck(t.Context(), all.Parsers(), deck.Source{Name: name, Bytes: data}, overrides{},
				lectern.DefaultLimits())
			for _, tag := range q.Deck.Languages() {
				if e := q.Choose(lectern.Choice{Language: tag, Kinds: library.PropKind}); len(e.Faults)+len(e.Warnings) > 0 {
					t.Errorf("in %s: %v, %v", tag, e.Faults, e.Warnings)
				}
			}
			q = q.Choose(lectern.Choice{Kinds: library.PropKind})
			talk := q.Deck.WithDefaults()
			if err == nil {
				err = q.Judge(lectern.Join(talk.Validate(lectern.DefaultLimits())))
			}
			if err != nil || len(q.Warnings) > 0 {
				t.Fatalf("%v, %v", q.Warnings, err)
			}
			known := map[string]bool{}
			for _, tpl := range library.Templates() {
				known[tpl.ID] = true
			}
			for i, s := range talk.Slides {
				if s.Narration == "" {
					t.Errorf("slide %d has no narration", i+1)
				}
				if s.Page != nil {
					continue
				}
				if !known[s.Template] {
					t.Errorf("slide %d: there is no template %q", i+1, s.Template)
				}
				if _, warnings, err := library.Page(talk, i); err != nil || len(warnings) > 0 {
					t.Errorf("slide %d: %v, %v", i+1, warnings, err)
				}
			}
			if talk.Slides[0].Page == nil && len(talk.Transitions) != len(talk.Slides)-1 {
				t.Errorf("%d transitions between %d slides", len(talk.Transitions), len(talk.Slides))
			}
			if long, _ := talk.Estimate(); filepath.Base(name) == "demo.json" &&
				(len(talk.Slides) < 5 || long < 45*time.Second) {
				t.Errorf("the demo has %d slides and lasts about %s", len(talk.Slides), long)
			}
		})
	}
}

// docs/CLI.md names every command, every flag and every exit code.
func TestCLIPageIsComplete(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/CLI.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, e := range exitCodes() {
		if row := fmt.Sprintf("| %d | %s |", e.Code, e.Meaning); !strings.Contains(page, row) {
			t.Errorf("docs/CLI.md lacks %q", row)
		}
	}
	if rows := regexp.MustCompile(`(?m)^\| \d+ \|`).FindAllString(page, -1); len(rows) != len(exitCodes()) {
		t.Errorf("docs/CLI.md has %d exit codes, the program %d", len(rows), len(exitCodes()))
	}
	var g grammar
	parser, err := kong.New(&g, kong.Name("lectern"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range parser.Model.Leaves(true) {
		if !strings.Contains(page, strings.TrimPrefix(n.FullPath(), "lectern ")) {
			t.Errorf("docs/CLI.md does not name %q", n.FullPath())
		}
		for _, f := range n.Flags {
			if f.Name != "help" && !strings.Contains(page, "--"+f.Name) {
				t.Errorf("docs/CLI.md does not name --%s of %s", f.Name, n.FullPath())
			}
		}
	}
}

// Every setting is a flag of serve, and the value of a flag arrives under the setting's key.
func TestEverySettingIsAFlagOfServe(t *testing.T) {
	t.Parallel()
	var g grammar
	g.Serve.Settings = settingFlags()
	parser, err := kong.New(&g)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"serve"}
	for _, s := range config.Settings() {
		args = append(args, "--"+s.Flag()+"=x-"+s.Key)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	given := givenFlags(g.Serve.Settings)
	for _, k := range config.Keys() {
		if given[k] != "x-"+k {
			t.Errorf("%s arrives as %q", k, given[k])
		}
	}
	g.Serve.Settings = settingFlags()
	if given := givenFlags(g.Serve.Settings); len(given) != 0 {
		t.Errorf("nothing was given, but %v arrives", given)
	}
}

// The code of a failure determines the exit code, which says whose fault it is.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	for want, errs := range map[int][]error{
		exitDone:     {nil},
		exitInternal: {errors.New("x"), lectern.Fail(lectern.CodeInternal, "x")},
		exitUsage:    {&usageError{errors.New("x")}, &config.Error{Key: "x"}},
		exitDeck: {lectern.Fail(lectern.CodeInvalidJSON, "x"), lectern.Fail(lectern.CodeUnknownAvatar, "x"),
			lectern.Fail(lectern.CodeTooLarge, "x")},
		exitMissingTool: {lectern.Fail(lectern.CodeMissingTool, "x"), shown(lectern.Fail(lectern.CodeMissingTool, "x"))},
		exitFailed: {lectern.Fail(lectern.CodeEncodeFailed, "x"), lectern.Fail(lectern.CodeDiskFull, "x"),
			lectern.Fail(lectern.CodeCanceled, "x")},
		exitNotFound: {lectern.Fail(lectern.CodeNotFound, "x")},
		exitInUse:    {lectern.Fail(lectern.CodeInUse, "x")},
		exitState: {lectern.Fail(lectern.CodeConflict, "x"),
			fmt.Errorf("y: %w", lectern.Fail(lectern.CodeNotReady, "x"))},
		exitInterrupted: {&interrupted{os.Interrupt}},
	} {
		for _, err := range errs {
			if got := exitCode(err); got != want {
				t.Errorf("%v ends with %d, want %d", err, got, want)
			}
		}
	}
}

func TestTimesAreReadable(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "0 s", 7 * time.Second: "7 s", 60 * time.Second: "1 min",
		85 * time.Second: "1 min 20 s", 12 * time.Minute: "12 min"} {
		if got := about(d); got != want {
			t.Errorf("about(%s) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{7 * time.Second: "0:07", 754 * time.Second: "12:34",
		3723 * time.Second: "1:02:03"} {
		if got := clock(d); got != want {
			t.Errorf("clock(%s) = %q, want %q", d, got, want)
		}
	}
}

// Cells of any script fill exactly the width that they are padded to, and are never cut in the middle of a character.
func TestCellsKeepTheirWidth(t *testing.T) {
	t.Parallel()
	if got := shorten("Борщ: погляд інженера", 10); got != "Борщ: пог…" {
		t.Errorf("got %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("aб中👩é "))).Draw(t, "text")
		n := rapid.IntRange(1, 20).Draw(t, "n")
		cut := shorten(text, n)
		if w := width(cut); w > n {
			t.Fatalf("shorten(%q, %d) = %q, %d wide", text, n, cut, w)
		}
		if w := width(pad(cut, n)); w != n {
			t.Fatalf("pad(%q, %d) is %d wide", cut, n, w)
		}
	})
}

// Without a terminal, the progress is one line for each stage and for each tenth, and each warning is shown once.
func TestPlainLines(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	d := newDisplay(streams{err: &b}, false)
	p := lectern.Presentation{Status: lectern.StatusProcessing, Stage: lectern.StageEncoding,
		Message: "Encoding slide 1 of 2.", ETA: 12 * time.Second}
	for p.Progress = 0; p.Progress < 2000; p.Progress += 10 {
		if p.Progress == 500 {
			p.Warnings = []lectern.Warning{{Code: "x", Message: "The font is missing.", Slide: 2}}
		}
		d.show(p)
	}
	p.Status = lectern.StatusCompleted
	d.show(p)
	d.end()
	const want = "  0%  Encoding slide 1 of 2 · about 12 s left\nnote: slide 2: The font is missing.\n 10%  Encoding " +
		"slide 1 of 2 · about 12 s left\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
