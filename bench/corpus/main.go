// Package main reads every deck of a folder of test decks with the program, compares what it finds with what is right,
// and prints a table in Markdown:
//
//	go run ./bench/corpus FOLDER [PART ...]
//
// The folder has real/INDEX.tsv with its files, and cases. With PARTs, only files whose paths have one of them are
// read. Each deck is imported (`lectern import`): office files are converted, so the table also says that LibreOffice
// makes as many pages as slides are shown. The last columns are the processor time and the largest memory of the
// program with all its children. The exit code is 1 if a deck is not read as it should be.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/bench/measure"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
	"lectern/internal/proc"
)

const (
	program   = "bin/lectern"
	longest   = 5 * time.Minute // for one deck
	maxMemory = 1 << 30         // of the program and its children, in bytes; more is a difference
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("name the folder of the decks: make corpus DECKS=FOLDER")
	}
	list, err := index(args[0])
	if err != nil {
		return err
	}
	list = append(list, cases()...)
	fmt.Println("| deck | slides | narrated | recorded | sections | result | CPU s | MB |")
	fmt.Println("| --- | ---: | --- | --- | ---: | --- | ---: | ---: |")
	wrong, read := 0, 0
	for _, w := range list {
		if len(args) > 1 && !slices.ContainsFunc(args[1:], func(p string) bool { return strings.Contains(w.file, p) }) {
			continue
		}
		got, err := look(ctx, filepath.Join(args[0], w.file), w.flags)
		if err != nil {
			return err
		}
		read++
		differs := w.compare(got)
		if differs != "" {
			wrong++
			differs = "**wrong**: " + differs
		}
		fmt.Println(got.row(w.file, differs))
	}
	fmt.Printf("\n%d of %d decks are right.\n", read-wrong, read)
	if wrong > 0 {
		return fmt.Errorf("%d decks are not read as they should be", wrong)
	}
	return nil
}

// found is what the program makes of a deck.
type found struct {
	deck    lectern.Deck
	text    string // the deck as it was written
	said    string // on standard error
	refused bool
	usage   measure.Usage
}

// look imports a deck into a folder that is removed afterwards.
func look(ctx context.Context, path string, flags []string) (found, error) {
	dir, err := os.MkdirTemp("", "lectern-corpus-")
	if err != nil {
		return found{}, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "deck.yaml")
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	var said bytes.Buffer
	usage, err := measure.Run(ctx, proc.Command{
		Path: program, Args: append([]string{"import", path, "-o", out}, flags...), Env: []string{"NO_COLOR=1"},
		OnStderr: func(line string) { said.WriteString(line + "\n") },
	})
	if ctx.Err() != nil {
		return found{}, fmt.Errorf("%s: %w", path, ctx.Err())
	}
	f := found{said: said.String(), usage: usage, refused: err != nil}
	if f.refused {
		return f, nil
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return f, err
	}
	f.text = string(text)
	source := deck.Source{Name: "deck.yaml", Folder: dir, Bytes: text}
	q, err := all.Parsers().Parse(ctx, source, nil, lectern.DefaultLimits())
	if err == nil {
		err = q.Judge(nil)
	}
	f.deck = q.Deck
	return f, err
}

// slidesWith returns the numbers of slides for which has is true, counted from 1.
func (f found) slidesWith(has func(lectern.Slide) bool) []int {
	list := []int{}
	for i, s := range f.deck.Slides {
		if has(s) {
			list = append(list, i+1)
		}
	}
	return list
}

func spoken(s lectern.Slide) bool   { return s.Sound != nil || strings.TrimSpace(s.Narration) != "" }
func recorded(s lectern.Slide) bool { return s.Sound != nil }

// titles returns the titles of the slides, cut as those of the index; "-": none.
func (f found) titles() []string {
	var list []string
	for _, s := range f.deck.Slides {
		title, _ := s.Props["title"].(string)
		list = append(list, cut(title))
	}
	return list
}

// cut returns the first 40 characters of a title, with single spaces.
func cut(title string) string {
	r := []rune(title)
	if title = strings.Join(strings.Fields(string(r[:min(len(r), 40)])), " "); title == "" {
		return "-"
	}
	return title
}

// sections counts the sections of the deck.
func (f found) sections() int {
	n, last := 0, ""
	for _, s := range f.deck.Slides {
		if s.Section != "" && s.Section != last {
			n++
		}
		last = s.Section
	}
	return n
}

// compare returns what differs from the right result, as the end of a sentence; "": nothing.
func (w right) compare(f found) string {
	last := strings.TrimSpace(f.said)
	switch {
	case f.usage.Peak > maxMemory:
		return fmt.Sprintf("it takes %d MB", f.usage.Peak>>20)
	case w.refused != "" && !f.refused:
		return "it is not refused"
	case w.refused != "" && !strings.Contains(last, w.refused):
		return fmt.Sprintf("it is refused without %q: %s", w.refused, last)
	case w.refused == "" && f.refused && w.slides >= 0:
		return "it is refused: " + last
	}
	if f.refused {
		return ""
	}
	narrated, titles := f.slidesWith(spoken), f.titles()
	switch {
	case w.slides >= 0 && len(f.deck.Slides) != w.slides:
		return fmt.Sprintf("it has not %d slides", w.slides)
	case w.narrated != nil && !slices.Equal(narrated, w.narrated):
		return fmt.Sprintf("not the slides %v are narrated", w.narrated)
	case w.sounds != nil && !slices.Equal(f.slidesWith(recorded), w.sounds):
		return fmt.Sprintf("not the slides %v have recordings", w.sounds)
	case w.titles != nil && !sameTitles(titles, w.titles):
		return fmt.Sprintf("the titles are %q, not %q", titles, w.titles)
	case w.sections >= 0 && f.sections() > w.sections: // an empty one has no slide
		return fmt.Sprintf("it has not %d sections", w.sections)
	}
	return w.texts(f)
}

// texts compares shape and texts.
func (w right) texts(f found) string {
	size := f.deck.Size
	if shape := float64(size.Width) / float64(size.Height); w.shape > 0 && math.Abs(shape-w.shape) > 0.01 {
		return fmt.Sprintf("it is %d×%d, not of the shape %.3f", size.Width, size.Height, w.shape)
	}
	for _, s := range w.says {
		if !slices.ContainsFunc(f.deck.Slides, func(d lectern.Slide) bool { return strings.Contains(d.Narration, s) }) {
			return fmt.Sprintf("no narration has %q", s)
		}
	}
	for _, s := range w.never {
		if strings.Contains(f.text, s) {
			return fmt.Sprintf("it has %q", s)
		}
	}
	for _, s := range w.notes {
		if !strings.Contains(f.said, s) {
			return fmt.Sprintf("no remark names %q: %s", s, strings.TrimSpace(f.said))
		}
	}
	return ""
}

// sameTitles compares titles. The index lists only the first twelve of a long deck.
func sameTitles(got, want []string) bool {
	if len(want) == 12 && len(got) > 12 {
		got = got[:12]
	}
	return slices.EqualFunc(got, want, func(a, b string) bool { return a == cut(b) })
}

// row is the line of a deck in the table.
func (f found) row(file, differs string) string {
	if differs == "" {
		differs = "right"
		if f.refused {
			differs = "refused: " + strings.Join(strings.Fields(f.said), " ")
		}
	}
	slides, narrated, sounds, sections := "–", "–", "–", "–"
	if !f.refused {
		slides, sections = fmt.Sprint(len(f.deck.Slides)), fmt.Sprint(f.sections())
		narrated, sounds = numbers(f.slidesWith(spoken)), numbers(f.slidesWith(recorded))
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %.1f | %d |", file, slides, narrated, sounds, sections,
		strings.ReplaceAll(differs, "|", "\\|"), f.usage.CPU().Seconds(), f.usage.Peak>>20)
}

// numbers writes the numbers of slides; "–": none.
func numbers(l []int) string {
	if len(l) == 0 {
		return "–"
	}
	return strings.Trim(fmt.Sprint(l), "[]")
}
