// Package main measures the cost of the job contract and a server under load, and writes docs/BENCHMARKS.md.
//
// It is a command and not a set of Go benchmarks because it also compares with Python: the service that Lectern
// succeeds keeps its state in a dict with an asyncio.Lock, and a comparison needs both sides in the same minute on the
// same machine. No figure fails a run, because figures depend on how busy the machine is.
//
// Arguments name the parts to measure, which are replaced in the report: cost, durable, share, crowd, hour, watch,
// presets and load; the default is all. `go run ./bench page` only writes the page again. `go run ./bench renders`
// compares renders with other ways to make the same videos; it has its own flags and writes figures that the page
// shows.
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

// usageError reports an invalid command line. If shown is set, package flag has already printed it.
type usageError struct {
	err   error
	shown bool
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// complain prints the error of a run and returns the exit code: 2 for a wrong command line, 1 for anything else.
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

// part is a separately measured part of the report.
type part struct {
	name    string
	what    string
	measure func(ctx context.Context, r *report) error
	dated   bool // its section says itself when and where it was measured
}

// setup holds the settings of the parts.
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
		}, false},
		{"durable", "durable updates: Lectern, River, a row at a time", func(ctx context.Context, r *report) error {
			return r.durable(ctx, s.dir, s.each)
		}, false},
		{"share", "the share of reporting in a render of " + s.deck, func(ctx context.Context, r *report) (err error) {
			r.Share, err = rendered(ctx, s.binary, s.deck, in("share"))
			return err
		}, false},
		{"crowd", fmt.Sprintf("%d presentations, one after the other and at once", many),
			func(ctx context.Context, r *report) (err error) {
				r.Crowd, err = crowded(ctx, s.binary, in("crowd"), many)
				return err
			}, false},
		{"hour", "a talk of an hour", func(ctx context.Context, r *report) (err error) {
			r.Hour, err = anHour(ctx, s.binary, in("hour"))
			return err
		}, false},
		{"watch", "edits of a deck of 20 slides", func(ctx context.Context, r *report) (err error) {
			r.Watch, err = saves(ctx, s.binary, in("watch"))
			return err
		}, true},
		{"presets", "the presets, and x264's settings", func(ctx context.Context, r *report) (err error) {
			r.Looks, err = measureLooks(ctx, s.dir, s.binary, s.deck, say)
			return err
		}, true},
		{"load", fmt.Sprintf("load: %d creates a second for %v, %d streams", s.rate, s.span, s.streams),
			func(ctx context.Context, r *report) (err error) {
				r.Load, err = underLoad(ctx, in("load"), s.rate, s.span, s.streams)
				return err
			}, false},
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
	flag.StringVar(&s.binary, "lectern", "bin/lectern", "the program that renders and serves")
	flag.StringVar(&s.deck, "deck", "examples/demo.json", "the deck that it renders")
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
			return &usageError{fmt.Errorf("there is no part %q; the parts are cost, durable, share, crowd, hour, "+
				"watch, presets, load, page and renders", name), false}
		}
	}
	for _, p := range all {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), p.name) {
			continue
		}
		say(p.what)
		if !p.dated {
			r.Machine, r.Date = machine(), time.Now().UTC().Truncate(time.Second)
		}
		if err := p.measure(ctx, &r); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := r.write(*docs); err != nil { // keeps the figures if a later part fails
			return err
		}
	}
	return nil
}

// readReport reads the report of an earlier run, if there is one, because a run may replace only some parts.
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

// write writes the report as JSON and as a page.
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
