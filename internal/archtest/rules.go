package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
)

// The limits of files and functions.
const (
	MaxFileLines     = 600
	MaxFunctionLines = 80
	MaxColumns       = 120 // of a line, where a tab counts as one
)

// Rule checks one file.
type Rule struct {
	Name  string
	Check func(File) []Finding
}

// Rules returns all rules that check one file at a time.
func Rules() []Rule {
	return []Rule{
		{"packages import what the table allows", imports},
		{"libraries have one importer", soleImporters},
		{"benchmarks stay out of the program", benchmarks},
		{"pure packages stay pure", purity},
		{"no names that say nothing", names},
		{"no init functions", inits},
		{"files and functions stay short", lengths},
		{"lines stay narrow", columns},
		{"no shell", shells},
		{"tests do not sleep or skip", patience},
		{"only tests forge writes", forgery},
	}
}

// allowed lists the packages of the module that a package may import besides the root. A package that is not here may
// import the nearest package above it that is here, and what that one may; without one, only the root. The composers
// are not in the table.
func allowed() map[string][]string {
	all := map[string][]string{
		".":                 nil,
		"client":            {"internal/retry"},
		"internal/captions": {"internal/timeline"},
		"internal/mp4":      {"internal/captions", "internal/h264"},
		"internal/align":    nil,
		"internal/audio":    nil,
		"internal/picture":  nil,
		"internal/encode":   {"internal/picture", "internal/h264"},
		"internal/render": {"internal/align", "internal/timeline", "internal/captions", "internal/audio",
			"internal/picture", "internal/encode", "internal/mp4", "internal/h264",
			"internal/avatar/footage", "internal/capture", "internal/contentkey", "internal/crashpoint", "internal/fail",
			"internal/retry", "internal/slots", "internal/usage"},
		"internal/capture": {"internal/contentkey", "internal/fail", "internal/picture", "internal/picturefile",
			"internal/slots"},
		"internal/check":           {"internal/picturefile"},
		"internal/job":             {"internal/crashpoint"},
		"internal/programtest":     {"internal/proc"},
		"internal/private":         nil,
		"internal/retry":           nil,
		"internal/slots":           nil,
		"internal/listing":         nil,
		"internal/usage":           nil,
		"internal/proc":            {"internal/usage"},
		"internal/seal":            nil,
		"internal/watch":           nil,
		"internal/blob":            {"internal/crashpoint", "internal/private"},
		"internal/store/sqlstore":  {"internal/job", "internal/seal"},
		"internal/store/sqlite":    {"internal/store/sqlstore", "internal/job", "internal/private"},
		"internal/store/postgres":  {"internal/store/sqlstore", "internal/job", "internal/tcptimeout"},
		"internal/store/pgtest":    {"internal/proc"},
		"internal/store/storetest": {"internal/store", "internal/job", "internal/soak"},
		"internal/queue":           {"internal/store", "internal/job"},
		"internal/fetch":           {"internal/egress", "internal/picturefile"},
		"internal/document":        {"internal/picture"},
		"internal/pdf":             {"internal/private"},
		"internal/pdf/pdftest":     nil,
		"internal/slides":          {"internal/picturefile", "internal/weblib"},
		"internal/weblib":          nil,
		"internal/asset":           {"internal/deck", "internal/fail", "internal/media", "internal/picturefile"},
		"internal/media":           {"internal/deck", "internal/picturefile"},
		"internal/webhook":         {"internal/egress", "internal/retry"},
		"internal/keys":            nil,
		"internal/ffmpeg":          {"internal/proc"},
		"internal/chrome":          {"internal/proc"},
		"internal/office":          {"internal/proc", "internal/usage"},
		"internal/spoken":          {"internal/spoken/cldr", "internal/spoken/rbnf"},
		"internal/spoken/cldr":     {"internal/spoken/rbnf"},
		"internal/spoken/rbnf":     nil,
		"internal/tts": {"internal/spoken", "internal/listing", "internal/retry", "internal/slots",
			"internal/usage"},
		"internal/avatar":         {"internal/retry", "internal/slots"},
		"internal/tts/espeak":     {"internal/tts", "internal/proc", "internal/usage"},
		"internal/tts/flite":      {"internal/tts", "internal/proc"},
		"internal/tts/ttstest":    {"internal/tts"},
		"internal/avatar/builtin": {"internal/avatar"},
		"internal/avatar/footage": {"internal/picture"},
		"internal/httpapi":        {"internal/deck"},
		"cmd/lectern": {"client", "internal/app", "internal/blob", "internal/config", "internal/deck",
			"internal/deck/all", "internal/keys", "internal/log", "internal/watch"},
		"cmd/gallery": {"internal/app", "internal/avatar/builtin", "internal/config", "internal/ffmpeg",
			"internal/picture"},
		"bench/corpus":      {"bench/measure", "internal/deck", "internal/deck/all", "internal/proc"},
		"bench/measure":     {"internal/proc"},
		"bench/pdffidelity": {"internal/pdf", "internal/proc"},
		"bench/renders":     {"bench/measure", "internal/encode", "internal/proc"},

		"internal/webhook/webhooktest": {"internal/webhook", "internal/job"}, // it fills stores as the job service does
		"internal/avatar/elai": {"internal/avatar", "internal/avatar/footage", "internal/listing", "internal/retry",
			"internal/usage"},
		"internal/store/sqlitetest":     {"internal/store/sqlite"},
		"internal/avatar/elai/elaitest": {"internal/proc"}, // its clips are made by ffmpeg
	}
	maps.Copy(all, decks())
	return all
}

// decks is the part of the table for the sources of decks and their parsers.
func decks() map[string][]string {
	return map[string][]string{
		"internal/deck": nil,
		// the list of parsers
		"internal/deck/all": {"internal/deck", "internal/deck/images", "internal/deck/jsondeck", "internal/deck/markdown",
			"internal/deck/pdf", "internal/deck/pptx", "internal/deck/schema", "internal/deck/yamldeck", "internal/pdf"},
		"internal/deck/images":   {"internal/deck", "internal/deck/native", "internal/picturefile"},
		"internal/deck/form":     {"internal/deck"},
		"internal/deck/schema":   {"internal/deck/form"},
		"internal/deck/jsondeck": {"internal/deck", "internal/deck/form"},
		"internal/deck/pptx":     {"internal/deck", "internal/deck/native", "internal/media"},
		"internal/deck/native":   {"internal/deck"},
		"internal/deck/pdf":      {"internal/deck", "internal/deck/native", "internal/pdf"},
		"internal/deck/yamldeck": {"internal/deck", "internal/deck/form", "internal/deck/yamltree"},
		"internal/deck/yamltree": {"internal/deck", "internal/deck/form"},
		"internal/deck/markdown": {"internal/deck", "internal/deck/form", "internal/deck/yamltree"},
		"internal/deck/decktest": {"internal/deck"},
	}
}

// composers may import every package.
var composers = []string{"internal/app", "e2e", "bench", "internal/archtest"}

// imports checks only the program: a test may import the adapter that it passes in.
func imports(f File) []Finding {
	if f.Test || slices.Contains(composers, f.Dir) {
		return nil
	}
	may, known := allowed()[f.Dir]
	for dir := f.Dir; !known && dir != "."; dir = path.Dir(dir) {
		may, known = allowed()[dir]
		if known {
			may = append(slices.Clone(may), dir) // a package below another may use that one
		}
	}
	var out []Finding
	for p, at := range f.imports() {
		r, ours := dirOf(p)
		if !ours || r == "." || under(r, f.Dir) || slices.Contains(may, r) {
			continue
		}
		if testOnly(r) {
			out = append(out, Finding{at, fmt.Sprintf("%s is a test suite; only tests import it", p),
				"test code in the program makes it larger and adds package testing to it"})
			continue
		}
		out = append(out,
			Finding{at, fmt.Sprintf("%s may not import %s; declare the one to three methods you need as an interface "+
				"here, and let internal/app pass them in", f.Dir, p),
				"adapters that know one another can neither be replaced nor tested alone (the table is the function " +
					"allowed in internal/archtest/rules.go)"})
	}
	return out
}

// benchmarks finds imports of bench from outside it. Without a direct import no package of bench is in the program.
func benchmarks(f File) []Finding {
	if under(f.Dir, "bench") {
		return nil
	}
	var out []Finding
	for p, at := range f.imports() {
		if r, ours := dirOf(p); ours && under(r, "bench") {
			out = append(out, Finding{at, fmt.Sprintf("%s imports %s; only bench may", f.Dir, p),
				"code that measures the program is not part of it: users would install code that they do not need"})
		}
	}
	return out
}

// testOnly reports whether a package is a conformance suite, by its name.
func testOnly(r string) bool { return strings.HasSuffix(r, "test") && r != "internal/archtest" }

// sole lists packages that only certain packages may import, and why. A path stands for all packages below it too.
var sole = []struct {
	pkg       string
	importers []string
	tests     bool // tests of other packages may
	why       string
}{
	{"os/exec", []string{"internal/proc"}, false, "a child that is not started through internal/proc is not killed with " +
		"its group, so a canceled render leaves ffmpeg running (J10)"},
	{"github.com/riverqueue", []string{"internal/queue", "bench"}, false, "River only dispatches; a second importer " +
		"could trust it about the end of a job (J7); bench measures plain River"},
	{"modernc.org/sqlite", []string{"internal/store/sqlite", "internal/queue"}, false, "a database that only its own " +
		"package knows can be replaced by another"},
	{"github.com/jackc/pgx", []string{"internal/store/postgres", "internal/store/pgtest", "internal/queue"}, false,
		"a connection outside the store could write past internal/job (J1)"},
	{"go.opentelemetry.io", []string{"internal/telemetry"}, false, "packages report through small observers, so that " +
		"the reports can change without them"},
	{"github.com/chromedp", []string{"internal/chrome"}, false, "the browser has one small interface, so that it can be " +
		"replaced and starts once"},
	{"gocloud.dev", []string{"internal/blob"}, false, "only one package knows where files are stored"},
	{"github.com/ebitengine/purego", []string{"internal/tts/espeak"}, false, "calls into C can crash the process; they " +
		"belong in the child process of that package"},
	{"github.com/landlock-lsm/go-landlock", []string{"internal/office"}, false, "its restrictions last until the end of " +
		"a process, so they belong in the child process of that package"},
	{"golang.org/x/net/bpf", []string{"internal/office"}, false, "a filter of system calls lasts until the end of a " +
		"process, so it belongs in the child process of that package"},
	{"github.com/danielgtaylor/huma", []string{"internal/httpapi"}, false, "only one package depends on the library for " +
		"HTTP, so that it can be replaced"},
	{"github.com/klippa-app/go-pdfium", []string{"internal/pdf"}, false, "PDF files come from strangers; only one " +
		"package bounds the time and the memory that they take"},
	{"github.com/tetratelabs/wazero", []string{"internal/pdf"}, false, "only one package runs WebAssembly; its cache of " +
		"machine code belongs to one set of settings"},
	{"github.com/alecthomas/kong", []string{"cmd/lectern"}, false, "only one package depends on the library for command " +
		"lines, so that it can be replaced"},
	{"github.com/prometheus/client_golang", []string{"internal/telemetry"}, false, "packages report through small " +
		"ports; a second importer would bring back the global registry"},
	{"github.com/cenkalti/backoff", []string{"internal/retry"}, false, "waits between attempts are bounded and spread " +
		"in one place, whatever the service"},
	{"github.com/fsnotify/fsnotify", []string{"internal/watch"}, false, "only one package knows in how many ways " +
		"editors save a file"},
	{"github.com/knadh/koanf", []string{"internal/config"}, false, "settings are read once and passed on as values"},
	{"gonum.org/v1/gonum", []string{"internal/align"}, false, "only the alignment of sounds needs numerics; a second " +
		"use would bring more of a large library into the binary"},
	{"lectern/internal/deck/jsondeck", []string{"internal/deck/all"}, true, "a package that knows one kind of deck must " +
		"change for the next one; internal/deck/all lists the parsers"},
	{"lectern/internal/deck/images", []string{"internal/deck/all"}, true, "a package that knows one kind of deck must " +
		"change for the next one; internal/deck/all lists the parsers"},
	{"lectern/internal/deck/markdown", []string{"internal/deck/all"}, true, "a package that knows one kind of deck must " +
		"change for the next one; internal/deck/all lists the parsers"},
	{"github.com/alecthomas/chroma", []string{"internal/slides"}, false, "colours of listings are part of a page"},
	{"github.com/microcosm-cc/bluemonday", []string{"internal/slides"}, false, "HTML of a deck passes one wall, where a " +
		"page is made"},
	{"github.com/yuin/goldmark", []string{"internal/deck/markdown", "internal/slides"}, false, "Markdown is read where " +
		"a deck is parsed and where a page is made; other packages get text"},
	{"lectern/internal/deck/yamldeck", []string{"internal/deck/all"}, true, "a package that knows one kind of deck must " +
		"change for the next one; internal/deck/all lists the parsers"},
	{"lectern/internal/deck/pdf", []string{"internal/deck/all"}, true, "a package that knows one kind of deck " +
		"must change for the next one; internal/deck/all lists the parsers"},
	{"lectern/internal/deck/pptx", []string{"internal/deck/all", "internal/app"}, true, "a package that knows one " +
		"kind of deck must change for the next one; internal/deck/all lists the parsers, internal/app converts files"},
	{"testing", nil, true, "package testing in the binary adds its flags and its weight"},
}

// crashers are the packages whose tests start the program, or themselves, as a child and kill it. internal/proc would
// end such a child cleanly.
var crashers = []string{"e2e", "internal/job"}

func soleImporters(f File) []Finding {
	var out []Finding
	for p, at := range f.imports() {
		for _, s := range sole {
			if !under(p, s.pkg) || underAny(f.Dir, s.importers) {
				continue
			}
			if f.Test && (s.tests || underAny(f.Dir, crashers)) {
				continue
			}
			if s.pkg == "testing" && testOnly(f.Dir) {
				continue
			}
			who := strings.Join(s.importers, " and ")
			if who == "" {
				who = "tests"
			}
			out = append(out, Finding{at, fmt.Sprintf("%s imports %s; only %s may", f.Dir, p, who), s.why})
		}
	}
	return out
}

// forgery finds uses of job.TestWrite, with which the suite of a store makes writes without job.Service.
func forgery(f File) []Finding {
	if f.Test || testOnly(f.Dir) {
		return nil
	}
	var out []Finding
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "TestWrite" {
			out = append(out, Finding{f.at(sel.Pos()), "TestWrite outside a test; go through job.Service",
				"only job.Service may change the state of a presentation (J1)"})
		}
		return true
	})
	return out
}

// pure are the packages without I/O, clock and randomness.
var pure = []string{".", "internal/timeline", "internal/captions", "internal/audio", "internal/align",
	"internal/picture", "internal/encode", "internal/mp4", "internal/h264", "internal/contentkey"}

// impure are packages of the standard library that do I/O, return random numbers or depend on the machine.
var impure = []string{"os", "net", "syscall", "database", "log", "math/rand", "crypto/rand", "io/ioutil", "plugin",
	"runtime", "unsafe", "sync", "expvar"}

// clocks are the functions of package time that read or run the clock.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

func purity(f File) []Finding {
	if f.Test || !slices.Contains(pure, f.Dir) {
		return nil
	}
	const why = "the state machine, the timeline and the argument lists are tested as values; code with a clock, random " +
		"numbers or I/O could not be tested so"
	var out []Finding
	for p, at := range f.imports() {
		_, ours := dirOf(p)
		switch {
		case f.Dir == "." && !standard(p):
			out = append(out, Finding{at,
				"the root package imports " + p + "; it imports nothing but the standard library",
				"every package imports the root, and with it whatever the root imports"})
		case !ours && underAny(p, impure):
			out = append(out, Finding{at,
				fmt.Sprintf("%s imports %s; let the caller read or write and pass values", f.Dir, p), why})
		}
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, sel.Sel.Name) {
				out = append(out, Finding{f.at(sel.Pos()),
					"time." + sel.Sel.Name + " in a pure package; take the time as an argument", why})
			}
		}
		return true
	})
	return out
}

var emptyNames = []string{"util", "utils", "common", "types", "helpers", "helper", "misc", "shared", "base", "lib"}

func names(f File) []Finding {
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.Path), ".go"), "_test")
	for _, n := range append(strings.Split(f.Dir, "/"), f.AST.Name.Name, name) {
		if slices.Contains(emptyNames, n) {
			return []Finding{{f.Path + ":1", fmt.Sprintf("%q says nothing; name it after what it is for", n),
				"such a package collects everything that has no better place"}}
		}
	}
	return nil
}

func inits(f File) []Finding {
	var out []Finding
	for _, d := range f.AST.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			out = append(out, Finding{f.at(fn.Pos()), "func init; build it where it is used and pass it on",
				"code that runs before main cannot be ordered, replaced or tested, and delays every start"})
		}
	}
	return out
}

func lengths(f File) []Finding {
	if f.Generated {
		return nil
	}
	var out []Finding
	if f.Lines > MaxFileLines {
		out = append(out, Finding{f.Path + ":1", fmt.Sprintf("%d lines; at most %d: split it by subject", f.Lines,
			MaxFileLines), "a reviewer cannot keep a longer file in mind"})
	}
	for _, d := range f.AST.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil || f.Test {
			continue
		}
		if n := f.Set.Position(fn.End()).Line - f.Set.Position(fn.Pos()).Line + 1; n > MaxFunctionLines {
			out = append(out, Finding{f.at(fn.Pos()), fmt.Sprintf("%s has %d lines; at most %d: name its parts",
				fn.Name.Name, n, MaxFunctionLines), "a function that does not fit on a screen hides its branches"})
		}
	}
	return out
}

// shells finds programs that run through a shell: by its path, or by its name in a file that has a "-c" too.
func shells(f File) []Finding {
	if f.Test || under(f.Dir, "internal/archtest") {
		return nil
	}
	var out []Finding
	var named *ast.BasicLit
	command := false
	ast.Inspect(f.AST, func(n ast.Node) bool {
		l, ok := n.(*ast.BasicLit)
		if !ok {
			return true
		}
		switch l.Value {
		case `"/bin/sh"`, `"/bin/bash"`:
			named, command = l, true
		case `"sh"`, `"bash"`:
			named = l
		case `"-c"`:
			command = true
		}
		return true
	})
	if named != nil && command {
		out = append(out, Finding{f.at(named.Pos()), named.Value +
			"; start the program itself with a list of arguments", "a file name with a quote in it becomes a command"})
	}
	return out
}

// patience finds tests that wait for the real clock or are skipped. Only a function named spend may let real time pass:
// as a part of the load, never to wait for an outcome. A timer among the cases of a select is accepted, because another
// case ends the wait.
func patience(f File) []Finding {
	if !f.Test || under(f.Dir, "internal/archtest") {
		return nil
	}
	const why = "a sleep is too long on an idle machine and too short on a busy one"
	var out []Finding
	cases := map[ast.Stmt]bool{} // of selects
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CommClause:
			cases[n.Comm] = true
		case *ast.FuncDecl:
			return n.Name.Name != "spend"
		case *ast.ExprStmt:
			r, ok := n.X.(*ast.UnaryExpr)
			if !ok || r.Op != token.ARROW || cases[n] || usesSynctest(f) {
				break
			}
			if x, name := called(r.X); x == "time" && name == "After" {
				out = append(out, Finding{f.at(n.Pos()), "a test waits for time.After; wait for a signal, or use synctest", why})
			}
		case *ast.CallExpr:
			switch x, name := called(n); {
			case x == "time" && name == "Sleep" && !usesSynctest(f):
				out = append(out, Finding{f.at(n.Pos()), "time.Sleep in a test; wait for a signal, or use testing/synctest", why})
			case (x == "t" || x == "b") && strings.HasPrefix(name, "Skip"):
				out = append(out, Finding{f.at(n.Pos()), x + "." + name + "; a missing tool fails the test",
					"a skipped test passes without testing anything"})
			}
		}
		return true
	})
	return out
}

// called returns the x and the name of a call x.name(…). Both are empty for any other expression.
func called(e ast.Expr) (x, name string) {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return "", ""
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	return id.Name, sel.Sel.Name
}

// usesSynctest reports whether f runs on fake time, where a sleep costs nothing.
func usesSynctest(f File) bool {
	_, ok := f.imports()["testing/synctest"]
	return ok
}
