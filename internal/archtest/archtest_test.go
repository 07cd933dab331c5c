package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const root = "../.."

// parsed is read once for all tests.
var parsed = sync.OnceValues(func() ([]File, error) { return Tree(root) })

func tree(t *testing.T) []File {
	t.Helper()
	files, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d files found below %s", len(files), root)
	}
	return files
}

func TestTheTreeFollowsTheRules(t *testing.T) {
	t.Parallel()
	files := tree(t)
	for _, r := range Rules() {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			for _, f := range files {
				for _, breach := range r.Check(f) {
					t.Error(breach)
				}
			}
		})
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	t.Parallel()
	for _, breach := range Undocumented(tree(t)) {
		t.Error(breach)
	}
}

func TestLinksOfTheDocumentsExist(t *testing.T) {
	t.Parallel()
	pages, err := Pages(root)
	if err != nil || !slices.Contains(pages, "docs/ARCHITECTURE.md") {
		t.Fatalf("pages: %v, %v", pages, err)
	}
	for _, p := range pages {
		text, err := os.ReadFile(filepath.Join(root, p))
		if err != nil {
			t.Fatal(err)
		}
		for _, breach := range BrokenLinks(root, p, text) {
			t.Error(breach)
		}
	}
}

// The table of packages in docs/ARCHITECTURE.md has every package once, except for test suites and benchmarks.
func TestEveryPackageIsInTheTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs/ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cell, _, _ := strings.Cut(line[1:], "|")
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			for _, p := range expand(m[1]) {
				if slices.Contains(described, p) {
					t.Errorf("docs/ARCHITECTURE.md describes the package %s twice", p)
				}
				described = append(described, p)
			}
		}
	}
	described = append(described, ".", "internal/archtest", "internal/store/storetest", "client")
	for _, f := range tree(t) {
		if underAny(f.Dir, described) || testOnly(f.Dir) || under(f.Dir, "bench") {
			continue
		}
		t.Errorf("%s: the package %s is not in the table of docs/ARCHITECTURE.md: write there what it is for",
			f.Path, f.Dir)
	}
}

// expand turns internal/tts/{a,b} into its two packages.
func expand(s string) []string {
	head, rest, found := strings.Cut(s, "{")
	list, tail, closed := strings.Cut(rest, "}")
	if !found || !closed {
		return []string{s}
	}
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		out = append(out, head+part+tail)
	}
	return out
}

// Each rule finds its violation, and finds nothing in code that follows it.
func TestEachRuleCanFail(t *testing.T) {
	t.Parallel()
	long := "package p\n\nfunc f() {\n" + strings.Repeat("\t_ = 1\n", MaxFunctionLines) + "}\n"
	for _, tc := range []struct {
		name, path, src, rule, want string // want "": the rule must stay silent
	}{
		{"an adapter imports another", "internal/chrome/x.go", `package chrome; import _ "lectern/internal/ffmpeg"`,
			"packages import", "internal/chrome may not import"},
		{"the pipeline imports an adapter", "internal/render/x.go", `package render; import _ "lectern/internal/chrome"`,
			"packages import", "internal/app pass them in"},
		{"a package that is not in the table imports one", "internal/new/x.go", `package x; import _ "lectern/internal/job"`,
			"packages import", "internal/new may not import"},
		{"a voice imports another", "internal/tts/espeak/x.go", `package espeak; import _ "lectern/internal/tts/flite"`,
			"packages import", "may not import"},
		{"a test imports an adapter", "internal/render/x_test.go", `package render; import _ "lectern/internal/ffmpeg"`,
			"packages import", ""},
		{"os/exec in a test", "internal/ffmpeg/x_test.go", `package ffmpeg; import _ "os/exec"`, "sole",
			"only internal/proc may"},
		{"os/exec in a test that crashes", "internal/job/x_test.go", `package job; import _ "os/exec"`, "sole", ""},
		{"a test uses a suite", "internal/tts/espeak/x_test.go", `package espeak; import _ "lectern/internal/tts/ttstest"`,
			"packages import", ""},
		{"a test suite of another package in the binary", "internal/job/x.go",
			`package job; import _ "lectern/internal/store/storetest"`, "packages import", "only tests import it"},
		{"a wrapper imports proc", "internal/ffmpeg/x.go", `package ffmpeg; import _ "lectern/internal/proc"`,
			"packages import", ""},
		{"a package below its own", "internal/tts/espeak/child/x.go", `package child; import _ "lectern/internal/tts/espeak"`,
			"packages import", ""},
		{"the composer", "internal/app/x.go", `package app; import _ "lectern/internal/chrome"`, "packages import", ""},
		{"a command composes", "cmd/lectern/x.go", `package main; import _ "lectern/internal/chrome"`, "packages import",
			"cmd/lectern may not import"},
		{"a command uses the composition", "cmd/lectern/x.go", `package main; import _ "lectern/internal/app"`,
			"packages import", ""},
		{"an adapter imports the composition", "internal/chrome/x.go", `package chrome; import _ "lectern/internal/app"`,
			"packages import", "internal/chrome may not import"},
		{"os/exec elsewhere", "internal/ffmpeg/x.go", `package ffmpeg; import _ "os/exec"`, "sole", "only internal/proc may"},
		{"os/exec in proc", "internal/proc/x.go", `package proc; import _ "os/exec"`, "sole", ""},
		{"River elsewhere", "internal/job/x.go", `package job; import _ "github.com/riverqueue/river"`, "sole",
			"only internal/queue and bench may"},
		{"sqlite elsewhere", "internal/job/x.go", `package job; import _ "modernc.org/sqlite"`, "sole",
			"only internal/store/sqlite"},
		{"chromedp elsewhere", "internal/slides/x.go", `package slides; import _ "github.com/chromedp/chromedp"`, "sole",
			"only internal/chrome"},
		{"the program measures itself", "cmd/lectern/x.go", `package main; import _ "lectern/bench/renders"`, "benchmarks",
			"only bench may"},
		{"a package measures itself", "internal/render/x.go", `package render; import _ "lectern/bench/measure"`,
			"benchmarks", "only bench may"},
		{"bench uses its own packages", "bench/x.go", `package main; import _ "lectern/bench/renders"`, "benchmarks", ""},
		{"a package of bench outside its line of the table", "bench/measure/x.go",
			`package measure; import _ "lectern/internal/chrome"`, "packages import", "bench/measure may not import"},
		{"testing in the binary", "internal/chrome/x.go", `package chrome; import _ "testing"`, "sole", "only tests may"},
		{"testing in a suite", "internal/tts/ttstest/x.go", `package ttstest; import _ "testing"`, "sole", ""},
		{"the root imports another module", "x.go", `package lectern; import _ "github.com/google/uuid"`, "pure",
			"nothing but the standard library"},
		{"the root imports a package", "x.go", `package lectern; import _ "lectern/internal/job"`, "pure",
			"nothing but the standard library"},
		{"the root opens files", "x.go", `package lectern; import _ "os"`, "pure", "let the caller read"},
		{"the root dials", "x.go", `package lectern; import _ "net/http"`, "pure", "let the caller read"},
		{"the timeline uses random numbers", "internal/timeline/x.go", `package timeline; import _ "math/rand/v2"`, "pure",
			"let the caller read"},
		{"encode reads the clock", "internal/encode/x.go", "package encode\nimport \"time\"\nvar _ = time.Now()", "pure",
			"time.Now in a pure package"},
		{"the root uses durations", "x.go", "package lectern\nimport \"time\"\nvar _ = time.Second", "pure", ""},
		{"a folder called util", "internal/util/x.go", `package util`, "names", "says nothing"},
		{"a file called helpers", "internal/job/helpers.go", `package job`, "names", "says nothing"},
		{"an init function", "internal/job/x.go", "package job\nfunc init() {}", "init", "func init"},
		{"a method called init", "internal/job/x.go", "package job\ntype t int\nfunc (t) init() {}", "init", ""},
		{"a long file", "internal/job/x.go", "package job\n" + strings.Repeat("\n", MaxFileLines), "short", "601 lines"},
		{"a long function", "internal/job/x.go", long, "short", "f has 82 lines"},
		{"a wide line", "internal/job/x.go", "package job\nvar a = f(" + strings.Repeat("1, ", 40) + "1)\n", "narrow",
			"more than 120 columns"},
		{"a wide comment", "internal/job/x.go", "package job\n\n// " + strings.Repeat("x ", 60) + "\n", "narrow",
			"more than 120 columns"},
		{"a raw string", "internal/job/x.go", "package job\nconst a = `" + strings.Repeat("x ", 60) + "`\n", "narrow", ""},
		{"one long word", "internal/job/x.go", "package job\nconst a = \"" + strings.Repeat("x", 120) + "\"\n", "narrow", ""},
		{"a long generated file", "internal/job/x.go", "// Code generated by x. DO NOT EDIT.\n\npackage job\n" +
			strings.Repeat("\n", 2*MaxFileLines), "short", ""},
		{"a shell", "internal/proc/x.go", "package proc\nvar _ = []string{\"sh\", \"-c\"}", "shell",
			"start the program itself"},
		{"sh as a sound of a language", "internal/tts/x.go", "package tts\nvar _ = []string{\"sh\", \"ch\"}", "shell", ""},
		{"a sleeping test", "internal/job/x_test.go", "package job\nimport \"time\"\nfunc f() { time.Sleep(1) }", "sleep",
			"time.Sleep in a test"},
		{"a test that waits for a timer", "internal/job/x_test.go", "package job\nimport \"time\"\n" +
			"func f() { <-time.After(1) }", "sleep", "a test waits for time.After"},
		{"a load that takes time", "internal/job/x_test.go", "package job\nimport \"time\"\n" +
			"func spend() { <-time.After(1) }", "sleep", ""},
		{"a select with a timer", "internal/job/x_test.go", "package job\nimport \"time\"\nfunc f(c chan int) { select { " +
			"case <-c: case <-time.After(1): } }", "sleep", ""},
		{"a test that sleeps on fake time", "internal/job/x_test.go", "package job\nimport (\"time\"; " +
			"\"testing/synctest\")\nfunc f() { synctest.Wait(); time.Sleep(1) }", "sleep", ""},
		{"a test write in the program", "cmd/lectern/x.go", "package main\nimport \"lectern/internal/job\"\n" +
			"var _ = job.TestWrite(nil, job.WriteSpec{})", "forge", "job.Service"},
		{"a test write of a store's suite", "internal/store/storetest/x.go", "package storetest\nimport " +
			"\"lectern/internal/job\"\nvar _ = job.TestWrite(nil, job.WriteSpec{})", "forge", ""},
		{"a skipping test", "internal/job/x_test.go", "package job\nimport \"testing\"\nfunc T(t *testing.T) { t.Skip() }",
			"sleep", "t.Skip"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f, err := Parse(tc.path, []byte(tc.src))
			if err != nil {
				t.Fatal(err)
			}
			found := []Finding{}
			matched := false
			for _, r := range Rules() {
				if strings.Contains(r.Name, tc.rule) || tc.rule == "sole" && strings.Contains(r.Name, "one importer") {
					matched, found = true, append(found, r.Check(f)...)
				}
			}
			switch {
			case !matched:
				t.Fatalf("no rule is called %q", tc.rule)
			case tc.want == "" && len(found) > 0:
				t.Errorf("unexpected: %v", found)
			case tc.want != "" && (len(found) == 0 || !strings.Contains(found[0].What, tc.want) || found[0].Why == ""):
				t.Errorf("got %v, want %q with a reason", found, tc.want)
			}
		})
	}
}

func TestAPackageWithoutACommentIsFound(t *testing.T) {
	t.Parallel()
	bare, err := Parse("internal/x/x.go", []byte("package x\n"))
	if err != nil {
		t.Fatal(err)
	}
	said, err := Parse("internal/y/y.go",
		[]byte("// Package y is here because two other packages may not know one another.\npackage y\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := Undocumented([]File{bare, said}); len(got) != 1 || got[0].Where != "internal/x/x.go:1" {
		t.Errorf("got %v", got)
	}
}

func TestABrokenLinkIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "b.md"), []byte("# Héading two!\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "# A\n[ok](b.md) [ok](b.md#héading-two) [ok](#a) [ok](https://example.com/x)\n[gone](c.md) ![gone](p.png) " +
		"[gone](b.md#three) <img src=\"q.gif\">\n```\n[code](z.md)\n```\n"
	got := BrokenLinks(dir, "a.md", []byte(text))
	var said []string
	for _, g := range got {
		said = append(said, strings.Fields(g.What)[2])
	}
	if want := []string{"c.md", "p.png", "b.md#three", "q.gif"}; !slices.Equal(said, want) {
		t.Errorf("got %v, want %v", said, want)
	}
}
