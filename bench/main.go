// Package main measures what the job contract costs and what a server bears, and writes docs/BENCHMARKS.md.
//
// It is a command and not a set of Go benchmarks because what it compares is not all Go: the state of the service that
// Lectern succeeds is a Python dict behind an asyncio.Lock, and a comparison is worth something only where both sides
// run in the same minute on the same machine. It judges nothing: no figure fails a run, since a figure of a busy machine
// says more about its neighbours than about the code.
//
// `go run ./bench presets` measures only what the presets and x264's settings cost and how they look, and replaces that part; `go run ./bench page` measures nothing and writes the page again.
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
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var (
		docs    = flag.String("docs", "docs", "folder of BENCHMARKS.md and benchmarks.json")
		script  = flag.String("python", "bench/python/asyncio_dict.py", "the Python side")
		seconds = flag.Float64("seconds", 1, "time for each figure")
		binary  = flag.String("lectern", "bin/lectern", "the program, for the share of reporting in a render")
		deck    = flag.String("deck", "examples/demo.json", "what it renders")
		many    = flag.Int("crowd", 8, "presentations that a server gets at once; 0: not measured")
		long    = flag.Bool("hour", true, "also render a talk of an hour")
		load    = flag.Bool("load", true, "also measure a server under load")
		rate    = flag.Int("rate", 500, "creates a second under load")
		span    = flag.Duration("span", 20*time.Second, "how long the load lasts")
		streams = flag.Int("watchers", 2000, "open streams under load")
	)
	flag.Parse()
	say := func(what string) { fmt.Fprintln(os.Stderr, "bench:", what) }
	dir, err := os.MkdirTemp("", "lectern-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	last, err := readReport(*docs)
	if err != nil {
		return err
	}
	renders, err := renderSection(*docs)
	if err != nil {
		return err
	}
	if flag.Arg(0) == "page" {
		last.Renders = renders
		return last.write(*docs)
	}
	if flag.Arg(0) == "presets" {
		if last.Looks, err = measureLooks(ctx, dir, *binary, *deck, say); err != nil {
			return err
		}
		last.Renders = renders
		return last.write(*docs)
	}
	rep := report{Renders: renders, Looks: last.Looks, Machine: machine(), Date: time.Now().UTC().Truncate(time.Second)}
	each := time.Duration(*seconds * float64(time.Second))

	say("updates, reads and heartbeats: Python")
	if err := rep.python(ctx, *script, filepath.Join(dir, "python.log"), each); err != nil {
		return err
	}
	say("updates, reads and heartbeats: Lectern")
	if err := rep.lectern(ctx, dir, each); err != nil {
		return err
	}
	say("durable updates: Lectern, River, a row at a time")
	if err := rep.durable(ctx, dir, each); err != nil {
		return err
	}
	say("the share of reporting in a render of " + *deck)
	sh, err := rendered(ctx, *binary, *deck, filepath.Join(dir, "share"))
	if err != nil {
		return err
	}
	rep.Share = sh
	if *many > 0 {
		say(fmt.Sprintf("%d presentations, one after the other and at once", *many))
		if rep.Crowd, err = crowded(ctx, *binary, filepath.Join(dir, "crowd"), *many); err != nil {
			return err
		}
	}
	if *long {
		say("a talk of an hour")
		if rep.Hour, err = anHour(ctx, *binary, filepath.Join(dir, "hour")); err != nil {
			return err
		}
	}
	if *load {
		say(fmt.Sprintf("load: %d creates a second for %v, %d streams", *rate, *span, *streams))
		l, err := underLoad(ctx, filepath.Join(dir, "load"), *rate, *span, *streams)
		if err != nil {
			return err
		}
		rep.Load = l
	}
	return rep.write(*docs)
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
