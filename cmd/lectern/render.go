package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
)

// renderCmd makes videos and ends.
type renderCmd struct {
	Decks         []string `arg:"" name:"deck" help:"The deck: a PowerPoint, OpenDocument, PDF, Markdown, JSON or YAML file, or a folder with one or with pictures; - reads standard input. Several decks become a video each."`
	Out           string   `short:"o" help:"The video; without it, the deck's name with .mp4, here. For several decks, the folder of the videos." placeholder:"FILE"`
	Force         bool     `help:"Render decks whose videos in a folder are up to date, too."`
	Captions      bool     `help:"Write captions as files next to the video too: .srt and .vtt."`
	Keep          string   `help:"Put all other artifacts into this folder: captions, chapters, transcript, audio, slide images, manifest, thumbnail." placeholder:"DIR"`
	JSON          bool     `help:"Report the progress as JSON lines on standard output."`
	editionFlags  `embed:""`
	overrideFlags `embed:""`
	Preset        string `help:"Size and quality in place of the deck's: draft, standard, high or 4k." enum:",draft,standard,high,4k" default:"" placeholder:"NAME"`
	Server        string `help:"Let this server render instead, and download the video." placeholder:"URL"`
	Key           string `help:"An API key of that server. The variable is safer: other users see the flags of a command." env:"LECTERN_KEY,LECTERN_API_KEY" placeholder:"lk_…"`
	Cache         string `help:"Folder of finished steps that later renders use again; without it, one in your cache folder." placeholder:"DIR"`
	Verbose       bool   `short:"v" help:"Show the log."`
}

// Help is what --help says beyond the flags.
func (renderCmd) Help() string {
	return `The video appears whole or not at all. Ctrl-C cancels the render and leaves nothing behind.

  lectern render examples/demo.json -o talk.mp4 --captions

Of several decks, those whose videos are up to date are left out, the others are rendered one after
another, and a table at the end says what became of each. --language all makes a video in each language.

  lectern render *.pptx -o videos/`
}

// maker makes videos: here, or on a server.
type maker interface {
	// create begins a presentation of a deck.
	create(ctx context.Context, deck deck.Source, choice choice) (lectern.Presentation, error)
	// report says what was made of each slide of the deck's file; nil: the deck has no such file.
	report(ctx context.Context, id string) ([]lectern.SlideReport, error)
	// follow calls show for every version until the end, and returns the last.
	follow(ctx context.Context, id string, show func(lectern.Presentation)) (lectern.Presentation, error)
	// cancel ends a presentation that nobody waits for any more.
	cancel(ctx context.Context, id string) error
	// files lists the files of a completed presentation.
	files(ctx context.Context, id string) ([]outputFile, error)
	close() error
}

// outputFile is a file of a presentation.
type outputFile struct {
	kind  lectern.ArtifactKind
	slide int
	write func(context.Context, io.Writer) error
}

// Run implements the command.
func (c *renderCmd) Run(ctx context.Context, io streams, s *settings) error {
	choice, err := c.choice()
	if err != nil {
		return err
	}
	if c.Recording != "" && (len(c.Decks) > 1 || c.Language == allLanguages) {
		return &usageError{errors.New("--recording is the sound of one deck in one language, and there are several videos")}
	}
	if c.many() {
		return c.renderMany(ctx, io, s, choice)
	}
	source, err := readDeck(c.Decks[0], io)
	if err != nil {
		return err
	}
	o := c.output()
	if err := o.check(); err != nil {
		return err
	}
	m, err := c.maker(ctx, io, s, false)
	if err != nil {
		return err
	}
	began := time.Now()
	done, err := c.make(ctx, io, m, source, choice)
	if err == nil {
		err = c.collect(ctx, io, m, done, o, began)
	}
	if closeErr := m.close(); err == nil && closeErr != nil {
		err = fmt.Errorf("clear up after the render: %w", closeErr)
	}
	return err
}

// maker returns what makes the videos. several: more than one, one after another.
func (c *renderCmd) maker(ctx context.Context, io streams, s *settings, several bool) (maker, error) {
	if c.Server != "" {
		over, err := c.overrides(c.Preset)
		if err != nil {
			return nil, err
		}
		return newRemote(io, c.Server, c.Key, over)
	}
	return c.local(ctx, io, s, several)
}

// local returns what makes the videos in this process.
func (c *renderCmd) local(ctx context.Context, io streams, s *settings, several bool) (*local, error) {
	over, err := c.overrides(c.Preset)
	if err != nil {
		return nil, err
	}
	cfg, err := s.load(io, nil)
	if err != nil {
		return nil, err
	}
	l, err := newLocal(ctx, cfg, c.Cache, io, c.Verbose, several)
	if err != nil {
		return nil, err
	}
	l.over = over
	return l, nil
}

// output says where the files of a presentation go.
type output struct {
	video    string // its path
	captions string // the path of captions next to the video, without their ending
	keep     string // the folder of all other artifacts; "": they are not kept
}

// output returns where the files of the only deck go.
func (c *renderCmd) output() output {
	o := output{video: c.Out, keep: c.Keep}
	if o.video == "" {
		o.video = named(base(c.Decks[0]), c.Language) + ".mp4"
	}
	o.captions = named(strings.TrimSuffix(o.video, filepath.Ext(o.video)), c.Language)
	return o
}

// check finds now what would otherwise fail after a long render.
func (o output) check() error {
	if ext := strings.ToLower(filepath.Ext(o.video)); ext != ".mp4" {
		return &usageError{fmt.Errorf("%s: Lectern writes MP4 files, so the name must end with .mp4", o.video)}
	}
	if isFolder(o.video) {
		return &usageError{fmt.Errorf("%s is a folder", o.video)}
	}
	if err := probeFolder(filepath.Dir(o.video)); err != nil {
		return &usageError{fmt.Errorf("the video cannot be written to %s: %w", filepath.Dir(o.video), bare(err))}
	}
	return keepable(o.keep)
}

// base is the name of a deck without its ending.
func base(deck string) string {
	if deck == "-" {
		return "talk"
	}
	if isFolder(deck) {
		if abs, err := filepath.Abs(deck); err == nil && filepath.Base(abs) != string(filepath.Separator) {
			return filepath.Base(abs)
		}
		return "talk"
	}
	return strings.TrimSuffix(filepath.Base(deck), filepath.Ext(deck))
}

// keepable checks that the folder of --keep can be made and written. It does not make it yet.
func keepable(dir string) error {
	if dir == "" {
		return nil
	}
	at := existing(filepath.Clean(dir))
	fi, err := os.Stat(at)
	switch {
	case err == nil && !fi.IsDir():
		err = fmt.Errorf("%s is a file, and --keep names a folder", at)
	case err == nil:
		err = probeFolder(at)
	}
	if err != nil {
		return &usageError{fmt.Errorf("nothing can be kept in %s: %w", dir, bare(err))}
	}
	return nil
}

// make creates a presentation and follows it to its end. What it shows names slides by their numbers in the deck.
func (c *renderCmd) make(ctx context.Context, io streams, m maker, source deck.Source, choice choice) (
	lectern.Presentation, error) {
	p, err := m.create(ctx, source, choice)
	if err != nil {
		return p, err
	}
	if err := tell(ctx, io, m, p.ID, choice, c.JSON); err != nil {
		return p, errors.Join(err, cancelLate(ctx, m, p.ID))
	}
	p, err = follow(ctx, m, p, newDisplay(io, c.JSON), choice)
	if f, ok := errors.AsType[*lectern.Failure](err); ok && f == p.Error && c.JSON {
		return p, errors.Join(shown(f), json.NewEncoder(io.out).Encode(eventOf("failed", p)))
	}
	return p, err
}

// follow shows a presentation until its end. It fails unless the presentation is completed.
func follow(ctx context.Context, m maker, p lectern.Presentation, d display, choice choice) (lectern.Presentation,
	error) {
	p, err := m.follow(ctx, p.ID, func(p lectern.Presentation) { d.show(choice.shown(p)) })
	d.end()
	p = choice.shown(p)
	if ctx.Err() != nil {
		return p, errors.Join(context.Cause(ctx), cancelLate(ctx, m, p.ID))
	}
	if err != nil {
		return p, err
	}
	if p.Status == lectern.StatusCompleted {
		return p, nil
	}
	if p.Error == nil {
		p.Error = lectern.Fail(lectern.CodeCanceled, "The presentation was canceled.")
	}
	return p, p.Error
}

// cancelLate cancels a presentation after ctx has ended, so that it does not go on without the command.
func cancelLate(ctx context.Context, m maker, id string) error {
	if id == "" {
		return nil
	}
	late, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := m.cancel(late, id); err != nil && exitCode(err) != exitState {
		return fmt.Errorf("cancel the presentation: %w", err)
	}
	return nil
}

// collect puts the files where the user wants them and says so.
func (c *renderCmd) collect(ctx context.Context, io streams, m maker, p lectern.Presentation, o output,
	began time.Time) error {
	written, size, err := c.write(ctx, m, p, o)
	if err != nil {
		return err
	}
	took := time.Since(began)
	if c.JSON {
		e := eventOf("done", p)
		e.File, e.Size, e.Took, e.Files = o.video, size, took.Round(time.Millisecond).Seconds(), written
		return json.NewEncoder(io.out).Encode(e)
	}
	fmt.Fprintf(io.out, "%s  %s\n", io.bold(o.video),
		io.dim(fmt.Sprintf("%d slides · %s · rendered in %s", p.SlidesTotal, megabytes(size), about(took))))
	return nil
}

// write puts the files where the user wants them. It returns the paths, by kind, and the size of the video.
func (c *renderCmd) write(ctx context.Context, m maker, p lectern.Presentation, o output) (written map[string]string,
	size int64, err error) {
	files, err := m.files(ctx, p.ID)
	if err != nil {
		return nil, 0, err
	}
	written = map[string]string{}
	for _, k := range files {
		for _, to := range c.places(k.kind, k.slide, o) {
			if err := save(ctx, k, to); err != nil {
				return nil, 0, err
			}
			name := string(k.kind)
			if lectern.ArtifactFileOf(k.kind).PerSlide() {
				name = fmt.Sprintf("%s/%d", name, k.slide)
			}
			if written[name] == "" { // captions may be written twice: next to the video and among the kept files
				written[name] = to
			}
		}
	}
	if written[string(lectern.ArtifactVideo)] == "" {
		return nil, 0, lectern.Fail(lectern.CodeInternal, "The presentation is completed, but it has no video.")
	}
	fi, err := os.Stat(o.video)
	if err != nil {
		return nil, 0, fmt.Errorf("look at the video: %w", err)
	}
	return written, fi.Size(), nil
}

// places returns the paths that a file of the presentation is written to.
func (c *renderCmd) places(kind lectern.ArtifactKind, slide int, o output) []string {
	var to []string
	switch {
	case kind == lectern.ArtifactVideo:
		return []string{o.video}
	case c.Captions && kind == lectern.ArtifactCaptions:
		to = append(to, o.captions+".srt")
	case c.Captions && kind == lectern.ArtifactCaptionVTT:
		to = append(to, o.captions+".vtt")
	}
	if o.keep != "" {
		to = append(to, filepath.Join(o.keep, lectern.ArtifactFileOf(kind).NameOf(slide)))
	}
	return to
}

// save writes a file of the presentation to a path. It writes a temporary file in the same folder and renames it, so
// that the file appears whole or not at all.
func save(ctx context.Context, k outputFile, to string) (err error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("make the folder of %s: %w", to, bare(err))
	}
	f, err := os.CreateTemp(filepath.Dir(to), ".lectern-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", to, bare(err))
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if err := k.write(ctx, f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", to, err)
	}
	if err := os.Rename(f.Name(), to); err != nil {
		return fmt.Errorf("write %s: %w", to, bare(err))
	}
	return nil
}

// maxDeckFile is how many bytes of a deck file are read at all. The settings have smaller limits.
const maxDeckFile = 1 << 30

// isFolder reports whether a path names a folder.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// readDeck reads the deck's file, or standard input. In a folder, the deck is its only deck file, or its pictures.
func readDeck(name string, s streams) (deck.Source, error) {
	var endings, names, binary []string
	for _, k := range all.Parsers().Kinds() {
		endings, names = append(endings, k.Endings...), append(names, k.Name)
		if k.Binary {
			binary = append(binary, k.Endings...)
		}
	}
	if isFolder(name) {
		file, pictures, err := deck.InFolder(name, endings)
		if err != nil || file == "" {
			return pictures, err
		}
		name = filepath.Join(name, file)
	}
	src := deck.Source{Name: filepath.Base(name), Folder: filepath.Dir(name)}
	if name == "-" {
		src.Name, src.Folder = "", ""
	}
	if ext := strings.ToLower(filepath.Ext(src.Name)); ext != "" && !slices.Contains(endings, ext) {
		return src, lectern.Fail(lectern.CodeInvalidDeck, "%s is not a deck that Lectern can read: decks are %s files so "+
			"far.", name, strings.Join(names, " or "))
	}
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return src, lectern.Fail(lectern.CodeInvalidDeck, "The deck %s cannot be read: %v.", name, bare(err)).Because(err)
		}
		if slices.Contains(binary, strings.ToLower(filepath.Ext(name))) {
			info, err := f.Stat() // the file stays open until the command ends
			if err != nil {
				return src, errors.Join(err, f.Close())
			}
			src.At, src.Size = f, info.Size()
			return src, nil
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxDeckFile+1))
	if err != nil {
		return src, lectern.Fail(lectern.CodeInvalidDeck, "The deck %s cannot be read: %v.", name, bare(err)).Because(err)
	}
	if len(data) > maxDeckFile {
		return src, lectern.Fail(lectern.CodeTooLarge, "The deck %s is larger than 1 GiB.", name)
	}
	src.Bytes = data
	return src, nil
}

// parseDeck reads a deck, with overrides for what it says itself.
func parseDeck(ctx context.Context, decks *deck.Catalogue, s deck.Source, over overrides,
	lim lectern.Limits) (deck.Request, error) {
	if int64(len(s.Bytes)) > lim.BodyBytes {
		return deck.Request{}, lectern.Fail(lectern.CodeTooLarge, "The deck has %s; at most %s are allowed.",
			megabytes(int64(len(s.Bytes))), megabytes(lim.BodyBytes))
	}
	s.Password = over.password
	q, err := decks.Parse(ctx, s, over.settings, lim)
	if s.Files != nil {
		q.Open = nil // its files are in the folder
	}
	return q, err
}

// bare returns the system's error without the operation and the path, which our own message names already.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
