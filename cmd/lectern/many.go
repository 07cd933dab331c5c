package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/config"
	"lectern/internal/deck"
)

// allLanguages is the value of --language that makes a video in each language of a deck.
const allLanguages = "all"

// maxDecks is how many decks one command renders.
const maxDecks = 1000

// task is one video of a command that makes several.
type task struct {
	deck     string // as the user names it
	language string // of --language; with "all", one of the deck
	output
	err error // why it cannot begin
}

// name is what the user knows the task by.
func (t task) name() string {
	if t.language == "" {
		return t.deck
	}
	return t.deck + " (" + t.language + ")"
}

// result is what became of a task.
type result struct {
	task
	state   string // "done", "unchanged", "failed" or "canceled", as in the output of --json
	err     error
	slides  int
	length  time.Duration
	took    time.Duration
	size    int64
	written map[string]string // paths by kind
	last    lectern.Presentation
	report  []lectern.SlideReport
}

// many reports whether the command makes several videos, or puts one into a folder.
func (c *renderCmd) many() bool {
	return len(c.Decks) > 1 || c.Language == allLanguages || isFolder(c.Out) ||
		strings.HasSuffix(c.Out, string(filepath.Separator))
}

// renderMany renders the decks one after another. A deck that fails does not stop the others. The error is the worst
// one.
func (c *renderCmd) renderMany(ctx context.Context, io streams, s *settings, choice choice) error {
	if err := c.folder(); err != nil {
		return err
	}
	m, err := c.maker(ctx, io, s, true)
	if err != nil {
		return err
	}
	tasks, err := c.tasks(ctx, io, m)
	if err == nil {
		err = c.summary(io, c.perform(ctx, io, m, tasks, choice))
	}
	if closeErr := m.close(); err == nil && closeErr != nil {
		err = fmt.Errorf("clear up after the renders: %w", closeErr)
	}
	return err
}

// folder checks the folder of the videos, and makes it if it is missing.
func (c *renderCmd) folder() error {
	if len(c.Decks) > maxDecks {
		return &usageError{fmt.Errorf("%d decks are more than one command renders (%d)", len(c.Decks), maxDecks)}
	}
	if n := len(slices.DeleteFunc(slices.Clone(c.Decks), func(d string) bool { return d != "-" })); n > 1 {
		return &usageError{errors.New("standard input has one deck, so - is given once")}
	}
	if c.Out == "" {
		return nil
	}
	if strings.EqualFold(filepath.Ext(c.Out), ".mp4") && !isFolder(c.Out) {
		return &usageError{fmt.Errorf("%s is one file, and there are several videos: -o names their folder, such as "+
			"videos/", c.Out)}
	}
	at := existing(filepath.Clean(c.Out))
	err := os.MkdirAll(c.Out, 0o755)
	if err == nil {
		err = probeFolder(c.Out)
	}
	if err != nil {
		return &usageError{fmt.Errorf("the videos cannot be written to %s: %w (%s)", c.Out, bare(err), at)}
	}
	return keepable(c.Keep)
}

// tasks lists the videos to make. Two videos of one name are refused.
func (c *renderCmd) tasks(ctx context.Context, io streams, m maker) ([]task, error) {
	var tasks []task
	if c.Language != allLanguages {
		for _, d := range c.Decks {
			tasks = append(tasks, c.task(d, c.Language))
		}
		return tasks, distinct(tasks)
	}
	if slices.Contains(c.Decks, "-") {
		return nil, &usageError{errors.New("a deck from standard input is read once, so it cannot be rendered in all " +
			"languages")}
	}
	over, err := c.overrides("")
	if err != nil {
		return nil, err
	}
	var t *app.Tools
	if l, here := m.(*local); here {
		t = l.Tools
	} else {
		if t, err = app.NewTools(config.Default(), quietLog()); err != nil {
			return nil, err
		}
		defer t.Close()
	}
	for _, d := range c.Decks {
		languages, err := languagesOf(ctx, d, io, over, t)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		for _, tag := range languages {
			tasks = append(tasks, c.task(d, tag))
		}
		if err != nil {
			failed := c.task(d, "")
			failed.err = err
			tasks = append(tasks, failed)
		}
	}
	return tasks, distinct(tasks)
}

// languagesOf lists the languages of a deck. "" is that of a deck that does not say its language.
func languagesOf(ctx context.Context, name string, io streams, over overrides, t *app.Tools) ([]string, error) {
	source, err := readDeck(name, io)
	if err != nil {
		return nil, err
	}
	defer closeDeck(source)
	q, err := parseDeck(ctx, t.Decks, source, over, t.Config.Limits)
	if err != nil {
		return nil, err
	}
	list := q.Deck.Languages()
	if q.Deck.Language == "" {
		list = append([]string{""}, list...)
	}
	return list, nil
}

// task is the video of a deck in a language.
func (c *renderCmd) task(name, language string) task {
	stem := named(base(name), language)
	t := task{deck: name, language: language,
		output: output{video: filepath.Join(c.Out, stem+".mp4"), captions: filepath.Join(c.Out, stem)}}
	if c.Keep != "" {
		t.keep = filepath.Join(c.Keep, stem)
	}
	return t
}

// distinct refuses two tasks with one video, also on disks that do not tell letters' cases apart.
func distinct(tasks []task) error {
	of := map[string]task{}
	for _, t := range tasks {
		key := strings.ToLower(t.video)
		if first, there := of[key]; there {
			return &usageError{fmt.Errorf("%s and %s would both become %s: rename one of them, or render them into "+
				"different folders", first.name(), t.name(), t.video)}
		}
		of[key] = t
	}
	return nil
}

// ready is a task whose deck was read.
type ready struct {
	task
	q   deck.Request
	key string   // of the record of its files; "": there is none
	was app.Made // the record, if the files are still up to date
	err error
}

// perform makes the videos in order, and reports each.
func (c *renderCmd) perform(ctx context.Context, io streams, m maker, tasks []task, choice choice) []result {
	results := make([]result, len(tasks))
	l, here := m.(*local)
	var next <-chan ready
	if here {
		next = c.readAhead(ctx, io, l, tasks, choice)
	}
	for i, t := range tasks {
		r := result{task: t, state: "canceled", err: context.Cause(ctx)}
		switch {
		case ctx.Err() != nil:
		case here:
			r = c.one(ctx, io, l, <-next, choice, i, len(tasks))
		case t.err != nil:
			r = result{task: t, state: "failed", err: t.err}
		default:
			r = c.oneRemote(ctx, io, m, t, choice, i, len(tasks))
		}
		if r.state == "failed" && ctx.Err() != nil {
			r.state, r.err = "canceled", context.Cause(ctx)
		}
		c.report(io, r)
		results[i] = r
	}
	if next != nil {
		for range next { // it ends when all decks are read, or with ctx
		}
	}
	return results
}

// aheadBy is how many decks are read before their turn: as many as one process of LibreOffice converts.
const aheadBy = 8

// readAhead reads decks before their turn, so that the office files among them are converted together.
func (c *renderCmd) readAhead(ctx context.Context, io streams, l *local, tasks []task, choice choice) <-chan ready {
	out := make(chan ready, aheadBy)
	go func() {
		defer close(out)
		for _, t := range tasks {
			r := c.read(ctx, io, l, t, choice)
			if r.err == nil && r.was.Files == nil && len(r.q.Faults) == 0 {
				l.Ahead(r.q.Deck)
			}
			select {
			case out <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// read reads the deck of a task, and looks whether its files are up to date.
func (c *renderCmd) read(ctx context.Context, io streams, l *local, t task, choice choice) ready {
	r := ready{task: t, err: t.err}
	if r.err != nil {
		return r
	}
	source, err := readDeck(t.deck, io)
	if err != nil {
		r.err = err
		return r
	}
	defer closeDeck(source)
	choice.Language = t.language
	if r.q, r.err = l.read(ctx, source, choice); r.err != nil || len(r.q.Faults) > 0 {
		return r
	}
	key, ok := l.MadeKey(r.q.Deck, buildMark())
	if !ok {
		return r
	}
	r.key = key
	if made, ok := l.Recall(key); ok && !c.Force && c.upToDate(made, t.output) {
		r.was = made
	}
	return r
}

// upToDate reports whether all files of a record are where they belong.
func (c *renderCmd) upToDate(m app.Made, o output) bool {
	for _, f := range m.Files {
		for _, path := range c.places(f.Kind, f.Slide, o) {
			if !hasContent(path, f.Size, f.SHA256) {
				return false
			}
		}
	}
	return true
}

// one makes the video of a task in this process.
func (c *renderCmd) one(ctx context.Context, io streams, l *local, t ready, choice choice, i, of int) result {
	if t.was.Files != nil {
		r := result{task: t.task, state: "unchanged", slides: t.was.Slides, length: t.was.Length}
		for _, f := range t.was.Files {
			if f.Kind == lectern.ArtifactVideo {
				r.size = f.Size
			}
		}
		return r
	}
	began := time.Now()
	p, err := lectern.Presentation{}, t.err
	if err == nil {
		p, err = l.submit(ctx, t.q)
	}
	r := c.finish(ctx, io, l, t.task, p, err, choice, i, of, began)
	if r.state == "done" && t.key != "" {
		if err := l.Record(ctx, t.key, r.last); err != nil && ctx.Err() == nil {
			fmt.Fprintf(io.err, "%s %s: the next command renders it again: %v\n", io.yellow("note:"), t.name(), err)
		}
	}
	if p.ID != "" { // its artifacts have been copied
		_ = l.Jobs.Delete(context.WithoutCancel(ctx), p.ID)
	}
	return r
}

// oneRemote makes the video of a task on a server.
func (c *renderCmd) oneRemote(ctx context.Context, io streams, m maker, t task, choice choice, i, of int) result {
	began := time.Now()
	source, err := readDeck(t.deck, io)
	var p lectern.Presentation
	if err == nil {
		choice.Language = t.language
		p, err = m.create(ctx, source, choice)
		closeDeck(source)
	}
	return c.finish(ctx, io, m, t, p, err, choice, i, of, began)
}

// finish follows a presentation to its end and writes its files. err is why it could not begin.
func (c *renderCmd) finish(ctx context.Context, io streams, m maker, t task, p lectern.Presentation, err error,
	choice choice, i, of int, began time.Time) result {
	r := result{task: t, state: "failed", last: p}
	if err == nil {
		d := c.display(io, t, i, of)
		if c.JSON {
			r.report, _ = m.report(ctx, p.ID) // without a report there is still a video
			r.report = choice.reported(r.report)
		} else {
			_ = tell(ctx, io, m, p.ID, choice, false)
		}
		r.last, err = follow(ctx, m, p, d, choice)
	}
	if err == nil {
		r.written, r.size, err = c.write(ctx, m, r.last, t.output)
	}
	r.took = time.Since(began)
	r.slides, r.length = r.last.SlidesTotal, r.last.Duration()
	if r.err = err; err == nil {
		r.state = "done"
	}
	return r
}

// display shows the progress of a task.
func (c *renderCmd) display(io streams, t task, i, of int) display {
	if c.JSON {
		return silent{}
	}
	place := fmt.Sprintf("%d of %d", i+1, of)
	d := newDisplay(io, false)
	if bar, ok := d.(*barDisplay); ok {
		bar.before = place + "  " + shorten(t.name(), 30) + "  "
		return bar
	}
	fmt.Fprintf(io.err, "%s  %s\n", place, t.name())
	return d
}

// silent shows nothing.
type silent struct{}

func (silent) show(lectern.Presentation) {}
func (silent) end()                      {}

// report says at once what became of a task: why it failed, or all of it as a line of JSON.
func (c *renderCmd) report(io streams, r result) {
	if c.JSON {
		e := eventOf(r.state, r.last)
		e.Deck, e.Language, e.Files, e.Report = r.deck, r.language, r.written, r.report
		e.Slides, e.Length, e.Size, e.Took = r.slides, r.length.Seconds(), r.size, r.took.Round(time.Millisecond).Seconds()
		if r.state == "done" || r.state == "unchanged" {
			e.File, e.Progress = r.video, lectern.Done
		}
		if r.err != nil && r.state == "failed" {
			e.Error = lectern.AsFailure(r.err)
		}
		_ = json.NewEncoder(io.out).Encode(e) // a reader that is gone ends the command
		return
	}
	if r.state == "failed" {
		fmt.Fprintf(io.err, "%s\n", io.bold(r.name()))
		complain(io, r.err)
	}
}

// summary shows a table of the results. It returns the worst error, as one that the user has seen.
func (c *renderCmd) summary(io streams, results []result) error {
	count := map[string]int{}
	var rows [][]string
	var worst error
	for _, r := range results {
		count[r.state]++
		slides, length, took := "–", "–", "–"
		if r.slides > 0 && r.length > 0 {
			slides, length = fmt.Sprint(r.slides), clock(r.length)
		}
		if r.took > 0 {
			took = about(r.took)
		}
		rows = append(rows, []string{shorten(r.name(), 40), slides, length, took, r.outcome(io)})
		if r.err != nil && (worst == nil || severity(r.err) < severity(worst)) {
			worst = r.err
		}
	}
	if c.JSON {
		return shown(worst)
	}
	io.table([]string{"DECK", "SLIDES", "LENGTH", "TIME", "RESULT"}, rows)
	var parts []string
	for _, s := range []struct{ state, word string }{
		{"done", "rendered"}, {"unchanged", "unchanged"}, {"failed", "failed"}, {"canceled", "not rendered"},
	} {
		if n := count[s.state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s.word))
		}
	}
	fmt.Fprintln(io.out, io.dim(strings.Join(parts, " · ")))
	if is[*interrupted](worst) {
		return worst
	}
	return shown(worst)
}

// outcome is the last cell of a result's row.
func (r result) outcome(io streams) string {
	switch r.state {
	case "done":
		return io.green(r.video)
	case "unchanged":
		return io.dim("unchanged: ") + r.video
	case "canceled":
		return io.yellow("not rendered")
	}
	return io.red("failed: ") + shorten(lectern.AsFailure(r.err).Error(), 60)
}

// severity orders errors, the worst first: those that concern the machine before those of a deck.
func severity(err error) int {
	order := []int{exitInterrupted, exitInternal, exitInUse, exitMissingTool, exitUnreachable, exitRefused, exitUsage,
		exitState, exitFailed, exitNotFound, exitDeck}
	if i := slices.Index(order, exitCode(err)); i >= 0 {
		return i
	}
	return len(order)
}

// buildMark tells builds of the program without a version apart. "": the version does.
func buildMark() string {
	if programVersion() != "dev" {
		return ""
	}
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano())
}
