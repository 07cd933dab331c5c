// Package main measures what the job contract costs and what a server bears, and writes docs/BENCHMARKS.md.
//
// It is a command and not a set of Go benchmarks because what it compares is not all Go: the state of the service that
// Lectern succeeds is a Python dict behind an asyncio.Lock, and a comparison is worth something only where both sides
// run in the same minute on the same machine. It judges nothing: no figure fails a run, since a figure of a busy machine
// says more about its neighbours than about the code.
//
// Arguments name the parts that are measured, which replace theirs in the report: cost, durable, share, crowd, hour, presets and
// load; without one, all are. `go run ./bench page` measures nothing and writes the page again. `go run ./bench renders` compares
// renders with other ways to make the same videos; it takes flags of its own and leaves figures that the page shows.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(complain(run(ctx, os.Args[1:])))
}

// usageError is a command line that cannot be understood. Package flag has shown it already where shown is true.
type usageError struct {
	err   error
	shown bool
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// complain shows what a run ended with and returns the exit code: 2 for a wrong command line, 1 for anything else.
func complain(err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	usage, ok := errors.AsType[*usageError](err)
	if !ok || !usage.shown {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if ok {
		return 2
	}
	return 1
}

// part is something that is measured by itself.
type part struct {
	name    string
	what    string
	measure func(ctx context.Context, r *report) error
}

// setup says what the parts measure with.
type setup struct {
	dir, script, binary, deck string
	each                      time.Duration
	rate, streams             int
	span                      time.Duration
}

func (s setup) parts() []part {
	in := func(name string) string { return filepath.Join(s.dir, name) }
	return []part{
		{"cost", "updates, reads and heartbeats: Python, then Lectern", func(ctx context.Context, r *report) error {
			if err := r.python(ctx, s.script, in("python.log"), s.each); err != nil {
				return err
			}
			return r.lectern(ctx, s.dir, s.each)
		}},
		{"durable", "durable updates: Lectern, River, a row at a time", func(ctx context.Context, r *report) error {
			return r.durable(ctx, s.dir, s.each)
		}},
		{"share", "the share of reporting in a render of " + s.deck, func(ctx context.Context, r *report) (err error) {
			r.Share, err = rendered(ctx, s.binary, s.deck, in("share"))
			return err
		}},
		{"crowd", fmt.Sprintf("%d presentations, one after the other and at once", many),
			func(ctx context.Context, r *report) (err error) {
				r.Crowd, err = crowded(ctx, s.binary, in("crowd"), many)
				return err
			}},
		{"hour", "a talk of an hour", func(ctx context.Context, r *report) (err error) {
			r.Hour, err = anHour(ctx, s.binary, in("hour"))
			return err
		}},
		{"presets", "the presets, and x264's settings", func(ctx context.Context, r *report) (err error) {
			r.Looks, err = measureLooks(ctx, s.dir, s.binary, s.deck, say)
			return err
		}},
		{"load", fmt.Sprintf("load: %d creates a second for %v, %d streams", s.rate, s.span, s.streams),
			func(ctx context.Context, r *report) (err error) {
				r.Load, err = underLoad(ctx, in("load"), s.rate, s.span, s.streams)
				return err
			}},
	}
}

func say(what string) { fmt.Fprintln(os.Stderr, "bench:", what) }

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "renders" {
		return measureRenders(ctx, args[1:], os.Stdout, os.Stderr)
	}
	var s setup
	flag := flag.NewFlagSet("bench", flag.ContinueOnError)
	docs := flag.String("docs", "docs", "folder of BENCHMARKS.md and benchmarks.json")
	flag.StringVar(&s.script, "python", "bench/python/asyncio_dict.py", "the Python side")
	flag.DurationVar(&s.each, "time", time.Second, "time for each figure of the job's cost")
	flag.StringVar(&s.binary, "lectern", "bin/lectern", "the program, for what is rendered")
	flag.StringVar(&s.deck, "deck", "examples/demo.json", "what it renders")
	flag.IntVar(&s.rate, "rate", 500, "creates a second under load")
	flag.DurationVar(&s.span, "span", 20*time.Second, "how long the load lasts")
	flag.IntVar(&s.streams, "watchers", 2000, "open streams under load")
	if err := flag.Parse(args); err != nil {
		return &usageError{err, true}
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "lectern-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	r, err := readReport(*docs)
	if err != nil {
		return err
	}
	if r.Renders, err = renderSection(*docs); err != nil {
		return err
	}
	if slices.Equal(flag.Args(), []string{"page"}) {
		return r.write(*docs)
	}
	all := s.parts()
	for _, name := range flag.Args() {
		if !slices.ContainsFunc(all, func(p part) bool { return p.name == name }) {
			return &usageError{fmt.Errorf("%q is no part: there are cost, durable, share, crowd, hour, presets and "+
				"load, and page and renders", name), false}
		}
	}
	r.Machine, r.Date = machine(), time.Now().UTC().Truncate(time.Second)
	for _, p := range all {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), p.name) {
			continue
		}
		say(p.what)
		if err := p.measure(ctx, &r); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := r.write(*docs); err != nil { // what is measured is not lost when another part fails
			return err
		}
	}
	return nil
}

// readReport reads the report of an earlier run, of which one run may replace a part; there may be none.
func readReport(docs string) (r report, err error) {
	b, err := os.ReadFile(filepath.Join(docs, "benchmarks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	return r, err
}

// write leaves the report as JSON and for people.
func (r report) write(docs string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(docs, "benchmarks.json"), append(b, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, "BENCHMARKS.md"), []byte(r.markdown()), 0o644)
}
