package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
)

// importCmd writes a deck of any kind as one in YAML, with its files.
type importCmd struct {
	Deck          string `arg:"" help:"The deck: a PowerPoint, OpenDocument, PDF, Markdown, JSON or YAML file, or a folder with one or with pictures; - reads standard input."`
	Out           string `short:"o" help:"The deck to write; without it, the deck's name with .yaml, here. Its files are in a folder next to it: talk.files for talk.yaml." placeholder:"FILE"`
	Force         bool   `help:"Replace a deck that is there."`
	overrideFlags `embed:""`
	JSON          bool `help:"As JSON."`
}

// Help is what --help says beyond the flags.
func (importCmd) Help() string {
	return `Makes a deck that people can edit as text: pages stay pages of a PDF, as sharp as in the deck itself, notes
become narrations, and recorded narrations are sounds. It renders the same video as the deck itself.

  lectern import talk.pptx -o talk.yaml
  lectern render talk.yaml`
}

// imported is what import reports with --json.
type imported struct {
	Deck     string                `json:"deck"`
	Folder   string                `json:"folder"`
	Slides   int                   `json:"slides"`
	Files    []string              `json:"files"` // in the folder
	Size     int64                 `json:"size"`  // of all files, in bytes
	Warnings []lectern.Warning     `json:"warnings"`
	Report   []lectern.SlideReport `json:"report,omitempty"`
}

// schemaFile is the name of the schema among the files of a deck.
const schemaFile = "deck.schema.json"

// Run implements the command.
func (c *importCmd) Run(ctx context.Context, io streams, s *settings) (err error) {
	out, err := c.target()
	if err != nil {
		return err
	}
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	over, err := c.overrides("")
	if err != nil {
		return err
	}
	source, err := readDeck(c.Deck, io)
	if err != nil {
		return err
	}
	defer closeDeck(source)
	t, err := app.NewTools(cfg, quietLog())
	if err != nil {
		return err
	}
	defer t.Close()
	q, err := parseDeck(ctx, t.Decks, source, over, cfg.Limits)
	if err != nil {
		return err
	}
	if c.Deck != "-" && !isFolder(c.Deck) && sameFile(c.Deck, out) {
		return &usageError{fmt.Errorf("%s is the deck itself; -o names another file", out)}
	}
	f, err := newDeckFiles(strings.TrimSuffix(out, filepath.Ext(out)) + ".files")
	if err != nil {
		return err
	}
	f.password = over.password
	defer func() { err = errors.Join(err, f.close()) }()
	d, err := f.take(ctx, q, source.Folder, t)
	if err != nil {
		return err
	}
	if err := f.write(out, d); err != nil {
		return err
	}
	if c.JSON {
		r := imported{out, f.dir, len(d.Slides), f.kept, f.size, q.Warnings, q.Report}
		if r.Warnings == nil {
			r.Warnings = []lectern.Warning{}
		}
		return printJSON(io, r)
	}
	for _, w := range q.Warnings {
		warn(io, w)
	}
	if len(q.Report) > 0 {
		fmt.Fprintln(io.err, io.dim(summary(q.Report)))
	}
	fmt.Fprintf(io.out, "%s  %s\n", io.bold(out), io.dim(fmt.Sprintf("%d slides · %d files in %s · %s", len(d.Slides),
		len(f.kept), f.dir, megabytes(f.size))))
	return nil
}

// target returns the path of the deck to write. It refuses one that is there already.
func (c *importCmd) target() (string, error) {
	out := c.Out
	if out == "" {
		out = base(c.Deck) + ".yaml"
	}
	if e := strings.ToLower(filepath.Ext(out)); e != ".yaml" && e != ".yml" {
		return "", &usageError{fmt.Errorf("%s: the deck is written in YAML, so the name must end with .yaml", out)}
	}
	name := filepath.Base(strings.TrimSuffix(out, filepath.Ext(out))) + ".files"
	if p, err := lectern.BesidePath(name); err != nil || p != name || strings.Contains(name, ":") {
		return "", &usageError{fmt.Errorf("%s: a deck cannot name files in a folder %s; give it a plain name", out, name)}
	}
	for _, path := range []string{out, strings.TrimSuffix(out, filepath.Ext(out)) + ".files"} {
		info, err := os.Lstat(path)
		switch {
		case err == nil && path == out && info.IsDir():
			return "", &usageError{fmt.Errorf("%s is a folder", out)}
		case err == nil && !c.Force:
			return "", &usageError{fmt.Errorf("%s is there already; --force replaces it", path)}
		}
	}
	if err := probeFolder(filepath.Dir(out)); err != nil {
		return "", &usageError{fmt.Errorf("the deck cannot be written to %s: %w", filepath.Dir(out), bare(err))}
	}
	return out, nil
}

// sameFile reports whether two paths name one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	two, err := os.Stat(b)
	return err == nil && os.SameFile(one, two)
}

// deckFiles is the folder of the files of a deck that is written. Files are named by the hash of their content. They
// are collected in a folder of their own, which close removes, and moved when the deck is written.
type deckFiles struct {
	dir, tmp string
	kept     []string          // names of files, in the order of the deck
	names    map[string]string // by what the deck is to be changed from: addresses of assets, and paths of translations
	size     int64
	password string // that opens the deck's file; "": none
}

func newDeckFiles(dir string) (*deckFiles, error) {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".lectern-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the files: %w", bare(err))
	}
	return &deckFiles{dir: dir, tmp: tmp, names: map[string]string{}}, nil
}

func (f *deckFiles) close() error { return os.RemoveAll(f.tmp) }

// take collects the files that a deck names in any of its languages. It returns the deck with their new names.
func (f *deckFiles) take(ctx context.Context, q deck.Request, folder string, t *app.Tools) (lectern.Deck, error) {
	attached, paths, err := attach(ctx, q, folder, t, f.keep)
	if err == nil {
		err = attached.Judge(nil)
	}
	if err != nil {
		return lectern.Deck{}, err
	}
	for _, tag := range q.Deck.Languages() {
		in := q
		in.Deck = q.Deck.In(tag, t.Slides.PropKind).Deck
		in, more, err := attach(ctx, in, folder, t, f.keep)
		if err == nil {
			err = in.Judge(nil)
		}
		if err != nil {
			return lectern.Deck{}, err
		}
		for path, sha := range more {
			if paths[path] == "" {
				f.names[path] = f.names[lectern.Asset{SHA256: sha}.Address()]
			}
		}
	}
	if err := f.pages(ctx, attached.Deck, t); err != nil {
		return lectern.Deck{}, err
	}
	return attached.Deck.Renamed(f.names), nil
}

// keep implements keeper.
func (f *deckFiles) keep(_ context.Context, name string, r *os.File, size int64) (string, error) {
	tmp, err := os.CreateTemp(f.tmp, "file-*")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(tmp, h), r)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return "", fmt.Errorf("copy %s: %w", name, bare(err))
	}
	sum := hex.EncodeToString(h.Sum(nil))
	f.add(lectern.Asset{SHA256: sum}.Address(), sum+strings.ToLower(filepath.Ext(name)))
	return sum, os.Rename(tmp.Name(), filepath.Join(f.tmp, f.kept[len(f.kept)-1]))
}

// add names the file of an address.
func (f *deckFiles) add(address, file string) {
	f.kept = append(slices.DeleteFunc(f.kept, func(have string) bool { return have == file }), file)
	f.names[address] = filepath.Base(f.dir) + "/" + file
}

// pages puts a PDF in the place of each file whose pages slides show.
func (f *deckFiles) pages(ctx context.Context, d lectern.Deck, t *app.Tools) error {
	last := map[string]int{}
	var order []string
	for _, s := range d.Slides {
		if s.Page != nil {
			if last[s.Page.File] == 0 {
				order = append(order, s.Page.File)
			}
			last[s.Page.File] = max(last[s.Page.File], s.Page.Page)
		}
	}
	for _, address := range order {
		if _, named, _ := lectern.AssetAddress(address); !named || f.names[address] == "" {
			continue // an asset of a server
		}
		file := filepath.Base(f.names[address])
		pdf := filepath.Join(f.tmp, "pages")
		if err := t.ToPDF(ctx, filepath.Join(f.tmp, file), f.password, pdf,
			last[address]); err != nil {
			return err
		}
		sum, err := hashOf(pdf)
		if err != nil {
			return err
		}
		f.kept = slices.DeleteFunc(f.kept, func(have string) bool { return have == file })
		f.add(address, sum+".pdf")
		if err := os.Rename(pdf, filepath.Join(f.tmp, sum+".pdf")); err != nil {
			return err
		}
	}
	return nil
}

// hashOf is the hash of a file.
func hashOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	_, err = io.Copy(h, file)
	return hex.EncodeToString(h.Sum(nil)), err
}

// write moves the files to their folder and writes the deck. The deck is the last, and appears whole or not at all.
func (f *deckFiles) write(out string, d lectern.Deck) (err error) {
	schema, err := all.Schema()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(f.tmp, schemaFile), schema, 0o600); err != nil {
		return fmt.Errorf("write the schema: %w", bare(err))
	}
	text, err := all.YAML(d, filepath.Base(f.dir)+"/"+schemaFile)
	if err != nil {
		return err
	}
	switch made := os.Mkdir(f.dir, 0o755); {
	case errors.Is(made, fs.ErrExist):
	case made != nil:
		return fmt.Errorf("make the folder %s: %w", f.dir, bare(made))
	default:
		defer func() {
			if err != nil {
				err = errors.Join(err, os.RemoveAll(f.dir)) // it was not there before
			}
		}()
	}
	for _, name := range append(slices.Clone(f.kept), schemaFile) {
		from, to := filepath.Join(f.tmp, name), filepath.Join(f.dir, name)
		info, err := os.Stat(from)
		if err == nil {
			err = errors.Join(os.Chmod(from, 0o644), os.Rename(from, to))
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", to, bare(err))
		}
		if name != schemaFile {
			f.size += info.Size()
		}
	}
	tmp := filepath.Join(f.tmp, "deck.yaml")
	if err := errors.Join(os.WriteFile(tmp, text, 0o644), os.Chmod(tmp, 0o644)); err != nil {
		return fmt.Errorf("write %s: %w", out, bare(err))
	}
	if err := os.Rename(tmp, out); err != nil {
		return fmt.Errorf("write %s: %w", out, bare(err))
	}
	return nil
}
