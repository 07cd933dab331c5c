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

// renderCmd makes one video and ends.
type renderCmd struct {
	Deck           string `arg:"" help:"The deck: a PowerPoint, OpenDocument, PDF, Markdown, JSON or YAML file, or a folder with one or with pictures; - reads standard input."`
	Out            string `short:"o" help:"The video; without it, the deck's name with .mp4, here." placeholder:"FILE"`
	Captions       bool   `help:"Write captions as files next to the video too: .srt and .vtt."`
	Keep           string `help:"Put all other artifacts into this folder: captions, chapters, transcript, audio, slide images, manifest, thumbnail." placeholder:"DIR"`
	JSON           bool   `help:"Report the progress as JSON lines on standard output."`
	editionFlags   `embed:""`
	recordingFlags `embed:""`
	Preset         string `help:"Size and quality in place of the deck's: draft, standard, high or 4k." enum:",draft,standard,high,4k" default:"" placeholder:"NAME"`
	Server         string `help:"Let this server render instead, and download the video." placeholder:"URL"`
	Key            string `help:"An API key of that server. The variable is safer: other users see the flags of a command." env:"LECTERN_KEY,LECTERN_API_KEY" placeholder:"lk_…"`
	Cache          string `help:"Folder of finished steps that later renders use again; without it, one in your cache folder." placeholder:"DIR"`
	Verbose        bool   `short:"v" help:"Show the log."`
}

// Help is what --help says beyond the flags.
func (renderCmd) Help() string {
	return `The video appears whole or not at all. Ctrl-C cancels the render and leaves nothing behind.

  lectern render examples/demo.json -o talk.mp4 --captions`
}

// maker makes videos: here, or on a server.
type maker interface {
	// create begins a presentation of a deck.
	create(ctx context.Context, deck deck.Source) (lectern.Presentation, error)
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
	source, err := readDeck(c.Deck, io)
	if err != nil {
		return err
	}
	choice, err := c.choice()
	if err != nil {
		return err
	}
	target, err := c.target()
	if err != nil {
		return err
	}
	m, err := c.maker(ctx, io, s, choice)
	if err != nil {
		return err
	}
	began := time.Now()
	done, err := c.make(ctx, io, m, source)
	if err == nil {
		err = c.collect(ctx, io, m, done, target, began)
	}
	if closeErr := m.close(); err == nil && closeErr != nil {
		err = fmt.Errorf("clear up after the render: %w", closeErr)
	}
	return err
}

func (c *renderCmd) maker(ctx context.Context, io streams, s *settings, choice lectern.Choice) (maker, error) {
	if c.Server != "" {
		r, err := newRemote(io, c.Server, c.Key, c.Preset, choice)
		if err != nil {
			return nil, err
		}
		r.recording = c.recordingFlags
		return r, nil
	}
	cfg, err := s.load(io, nil)
	if err != nil {
		return nil, err
	}
	l, err := newLocal(ctx, cfg, c.Cache, io, c.Verbose)
	if err != nil {
		return nil, err
	}
	l.preset, l.choice, l.recording = c.Preset, choice, c.recordingFlags
	return l, nil
}

// target returns the path of the video. It checks now what would otherwise fail after a long render.
func (c *renderCmd) target() (string, error) {
	out := c.Out
	if out == "" {
		out = c.named(c.base()) + ".mp4"
	}
	if ext := strings.ToLower(filepath.Ext(out)); ext != ".mp4" {
		return "", &usageError{fmt.Errorf("%s: Lectern writes MP4 files, so the name must end with .mp4", out)}
	}
	if fi, err := os.Stat(out); err == nil && fi.IsDir() {
		return "", &usageError{fmt.Errorf("%s is a folder", out)}
	}
	if err := probeFolder(filepath.Dir(out)); err != nil {
		return "", &usageError{fmt.Errorf("the video cannot be written to %s: %w", filepath.Dir(out), bare(err))}
	}
	return out, c.keepable()
}

// base is the deck's name without its ending.
func (c *renderCmd) base() string {
	if c.Deck == "-" {
		return "talk"
	}
	if isFolder(c.Deck) {
		if abs, err := filepath.Abs(c.Deck); err == nil && filepath.Base(abs) != string(filepath.Separator) {
			return filepath.Base(abs)
		}
		return "talk"
	}
	return strings.TrimSuffix(filepath.Base(c.Deck), filepath.Ext(c.Deck))
}

// keepable checks that the folder of --keep can be made and written. It does not make it yet.
func (c *renderCmd) keepable() error {
	if c.Keep == "" {
		return nil
	}
	at := existing(filepath.Clean(c.Keep))
	fi, err := os.Stat(at)
	switch {
	case err == nil && !fi.IsDir():
		err = fmt.Errorf("%s is a file, and --keep names a folder", at)
	case err == nil:
		err = probeFolder(at)
	}
	if err != nil {
		return &usageError{fmt.Errorf("nothing can be kept in %s: %w", c.Keep, bare(err))}
	}
	return nil
}

// make creates a presentation and follows it to its end.
func (c *renderCmd) make(ctx context.Context, io streams, m maker, source deck.Source) (lectern.Presentation, error) {
	p, err := m.create(ctx, source)
	if err != nil {
		return p, err
	}
	d := newDisplay(io, c.JSON)
	p, err = m.follow(ctx, p.ID, d.show)
	d.end()
	if ctx.Err() != nil {
		return p, errors.Join(context.Cause(ctx), cancelLate(ctx, m, p.ID))
	}
	if err != nil {
		return p, err
	}
	if p.Status == lectern.StatusCompleted {
		return p, nil
	}
	f := p.Error
	if f == nil {
		f = lectern.Fail(lectern.CodeCanceled, "The presentation was canceled.")
	}
	if c.JSON {
		return p, errors.Join(shown(f), json.NewEncoder(io.out).Encode(eventOf("failed", p)))
	}
	return p, f
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
func (c *renderCmd) collect(ctx context.Context, io streams, m maker, p lectern.Presentation, target string,
	began time.Time) error {
	files, err := m.files(ctx, p.ID)
	if err != nil {
		return err
	}
	written := map[string]string{}
	for _, k := range files {
		for _, to := range c.places(k, target) {
			if err := save(ctx, k, to); err != nil {
				return err
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
		return lectern.Fail(lectern.CodeInternal, "The presentation is completed, but it has no video.")
	}
	fi, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("look at the video: %w", err)
	}
	took := time.Since(began)
	if c.JSON {
		e := eventOf("done", p)
		e.File, e.Size, e.Took, e.Files = target, fi.Size(), took.Round(time.Millisecond).Seconds(), written
		return json.NewEncoder(io.out).Encode(e)
	}
	fmt.Fprintf(io.out, "%s  %s\n", io.bold(target),
		io.dim(fmt.Sprintf("%d slides · %s · rendered in %s", p.SlidesTotal, megabytes(fi.Size()), about(took))))
	return nil
}

// places returns the paths that a file of the presentation is written to.
func (c *renderCmd) places(k outputFile, target string) []string {
	stem := strings.TrimSuffix(target, filepath.Ext(target))
	var to []string
	switch {
	case k.kind == lectern.ArtifactVideo:
		return []string{target}
	case c.Captions && k.kind == lectern.ArtifactCaptions:
		to = append(to, c.named(stem)+".srt")
	case c.Captions && k.kind == lectern.ArtifactCaptionVTT:
		to = append(to, c.named(stem)+".vtt")
	}
	if c.Keep != "" {
		to = append(to, filepath.Join(c.Keep, lectern.ArtifactFileOf(k.kind).NameOf(k.slide)))
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

// parseDeck reads a deck. The settings override the deck's own; nil: there are none.
func parseDeck(ctx context.Context, decks *deck.Catalogue, s deck.Source, settings []byte,
	lim lectern.Limits) (deck.Request, error) {
	if int64(len(s.Bytes)) > lim.BodyBytes {
		return deck.Request{}, lectern.Fail(lectern.CodeTooLarge, "The deck has %s; at most %s are allowed.",
			megabytes(int64(len(s.Bytes))), megabytes(lim.BodyBytes))
	}
	q, err := decks.Parse(ctx, s, settings, lim)
	if s.Files != nil {
		q.Open = nil // its files are in the folder
	}
	return q, err
}

// presetSettings returns settings that override the size and the quality of a deck; nil if there is no preset.
func presetSettings(name string) []byte {
	if name == "" {
		return nil
	}
	return fmt.Appendf(nil, `{"preset":%q}`, name)
}

// bare returns the system's error without the operation and the path, which our own message names already.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
