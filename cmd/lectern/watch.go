package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/watch"
)

// watchCmd renders a deck whenever it is saved, until it is interrupted.
type watchCmd struct {
	Deck          string `arg:"" help:"The deck: a PowerPoint, OpenDocument, PDF, Markdown, JSON or YAML file, or a folder with one or with pictures."`
	Out           string `short:"o" help:"The video; without it, the deck's name with .mp4, here." placeholder:"FILE"`
	Captions      bool   `help:"Write captions as files next to the video too: .srt and .vtt."`
	JSON          bool   `help:"Report the progress as JSON lines on standard output."`
	editionFlags  `embed:""`
	overrideFlags `embed:""`
	Preset        string `help:"Size and quality in place of the deck's: draft, standard, high or 4k." enum:"draft,standard,high,4k" default:"draft" placeholder:"NAME"`
	Cache         string `help:"Folder of finished steps that later renders use again; without it, one in your cache folder." placeholder:"DIR"`
	Verbose       bool   `short:"v" help:"Show the log."`
}

// Help is what --help says beyond the flags.
func (watchCmd) Help() string {
	return `Renders the deck at once, and again whenever the deck or a file that it names is saved. Only what changed is
rendered. A deck with faults leaves the last video as it is, and the watch goes on. Ctrl-C ends it.

  lectern watch talk.md`
}

// errSaved is why a render ends early: its deck was saved again.
var errSaved = errors.New("the deck was saved again")

// Run implements the command.
func (c *watchCmd) Run(ctx context.Context, io streams, s *settings) (err error) {
	if c.Deck == "-" {
		return &usageError{errors.New("standard input cannot be watched; give the deck as a file")}
	}
	if c.Language == allLanguages {
		return &usageError{errors.New("watch renders one language; name it, such as --language de")}
	}
	if _, err := c.choice(); err != nil {
		return err
	}
	r := &renderCmd{Decks: []string{c.Deck}, Out: c.Out, Captions: c.Captions, JSON: c.JSON, editionFlags: c.editionFlags,
		overrideFlags: c.overrideFlags,
		Preset:        c.Preset, Cache: c.Cache, Verbose: c.Verbose}
	o := r.output()
	if err := o.check(); err != nil {
		return err
	}
	w, err := watch.New()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	v := &vigil{cmd: r, io: io, out: o, watcher: w}
	if err := v.look(nil); err != nil { // what is saved from now on is not missed
		return err
	}
	if v.local, err = r.local(ctx, io, s, true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.local.close()) }()
	if !c.JSON {
		fmt.Fprintf(io.err, "%s\n", io.dim("Watching "+c.Deck+" and the files that it names. Ctrl-C ends it."))
	}
	return v.keep(ctx)
}

// vigil renders one deck again and again.
type vigil struct {
	cmd     *renderCmd
	io      streams
	out     output
	local   *local
	watcher *watch.Watcher
	assets  map[string]bool // of the last render
}

// keep renders the deck, and again after each change, until ctx ends. A change during a render ends it.
func (v *vigil) keep(ctx context.Context) error {
	for {
		round, stop := context.WithCancelCause(ctx)
		done := make(chan error, 1)
		go func() { done <- v.round(round) }()
		saved := false
		select {
		case err := <-done:
			stop(nil)
			v.report(err)
		case <-v.watcher.Changes():
			saved = true
			stop(errSaved)
			<-done
		}
		if !saved {
			select {
			case <-v.watcher.Changes():
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return nil // Ctrl-C is how a watch ends
		}
	}
}

// report shows why a render failed.
func (v *vigil) report(err error) {
	if err == nil || is[*errQuiet](err) || is[*interrupted](err) || errors.Is(err, context.Canceled) {
		return
	}
	if v.cmd.JSON {
		_ = json.NewEncoder(v.io.out).Encode(event{Type: "failed", Error: lectern.AsFailure(err)})
		return
	}
	complain(v.io, err)
}

// round renders the deck once, and watches the files that it names now.
func (v *vigil) round(ctx context.Context) error {
	began := time.Now()
	q, choice, err := v.read(ctx)
	if err != nil {
		return err
	}
	p, err := v.local.submit(ctx, q)
	if err != nil {
		return err
	}
	defer v.forget(ctx, p.ID, q.Deck)
	p, err = follow(ctx, v.local, p, newDisplay(v.io, v.cmd.JSON), choice)
	if err != nil {
		return err
	}
	return v.cmd.collect(ctx, v.io, v.local, p, v.out, began)
}

// read reads the deck, and watches the files that it names now, before it reads them.
func (v *vigil) read(ctx context.Context) (deck.Request, choice, error) {
	choice, err := v.cmd.choice()
	if err != nil {
		return deck.Request{}, choice, err
	}
	over, err := v.cmd.overrides(v.cmd.Preset)
	if err != nil {
		return deck.Request{}, choice, err
	}
	source, err := readDeck(v.cmd.Decks[0], v.io)
	if err != nil {
		return deck.Request{}, choice, err
	}
	defer closeDeck(source)
	named := map[string]bool{}
	if source.Files == nil {
		named[filepath.Join(source.Folder, source.Name)] = true // in a folder that has a deck
	}
	source, end := overheard(source, named)
	defer end()
	q, err := parseDeck(ctx, v.local.Decks, source, over, v.local.Config.Limits)
	if err == nil {
		q, err = edition(q, choice, v.local.Tools)
	}
	if err == nil {
		for _, u := range v.local.Slides.Files(q.Deck) {
			if f, _, err := q.File(u.Path); err == nil {
				_ = f.Close() // it is inside the deck
				continue
			}
			named[filepath.Join(source.Folder, filepath.FromSlash(u.Path))] = true
		}
	}
	if lookErr := v.look(slices.Collect(maps.Keys(named))); lookErr != nil {
		return q, choice, errors.Join(err, lookErr)
	}
	if err == nil {
		q, _, err = attach(ctx, q, source.Folder, v.local.Tools, v.local.keep)
	}
	return q, choice, err
}

// look watches the deck and these files.
func (v *vigil) look(named []string) error {
	files := append([]string{v.cmd.Decks[0]}, named...)
	for _, f := range []string{v.cmd.Variables, v.cmd.Notes} {
		if f != "" {
			files = append(files, f)
		}
	}
	return v.watcher.Watch(files, []string{v.out.video, v.out.captions + ".srt", v.out.captions + ".vtt"})
}

// forget removes what a finished render has left in the data folder: the presentation, and the assets that the next
// render does not need.
func (v *vigil) forget(ctx context.Context, id string, d lectern.Deck) {
	ctx = context.WithoutCancel(ctx)
	_ = v.local.Jobs.Delete(ctx, id) // at the latest the end of the command removes it
	now := map[string]bool{}
	for _, u := range d.AssetUses() {
		now[u.SHA256] = true
	}
	for sha := range v.assets {
		if !now[sha] {
			_ = v.local.Assets.Delete(ctx, lectern.DefaultOwner, sha)
		}
	}
	v.assets = now
}

// overheard returns a source of a text that notes in named which files next to the deck a parser opens. Call end when
// nothing is read any more.
func overheard(s deck.Source, named map[string]bool) (_ deck.Source, end func()) {
	if s.Folder == "" || s.At != nil || s.Files != nil {
		return s, func() {}
	}
	root, err := os.OpenRoot(s.Folder)
	if err != nil { // the parser says so
		return s, func() {}
	}
	open := deck.Opener(root.FS())
	var mu sync.Mutex
	s.OpenFile = func(path string) (io.ReadCloser, int64, error) {
		mu.Lock()
		named[filepath.Join(s.Folder, filepath.FromSlash(path))] = true
		mu.Unlock()
		if info, err := root.Stat(path); err == nil && !info.Mode().IsRegular() {
			return nil, 0, fs.ErrInvalid // opening a pipe would wait for its other end
		}
		return open(path)
	}
	return s, func() { _ = root.Close() }
}
