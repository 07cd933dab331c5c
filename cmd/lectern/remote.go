package main

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"lectern"
	"lectern/client"
	"lectern/internal/app"
	"lectern/internal/config"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
)

// remote renders on a server.
type remote struct {
	client *client.Client
	over   overrides
}

func newRemote(out streams, server, key string, over overrides) (*remote, error) {
	c, err := newClient(out, server, key)
	if err != nil {
		return nil, err
	}
	return &remote{c, over}, nil
}

func (r *remote) create(ctx context.Context, source deck.Source, choice choice) (lectern.Presentation, error) {
	whole := source.At != nil // the server finds the files of the deck in the deck itself
	source, err := onePiece(ctx, source)
	if err != nil {
		return lectern.Presentation{}, err
	}
	options := []client.CreateOption{client.WithName(source.Name), client.WithLanguage(choice.Language),
		client.WithVariables(choice.Variables), client.WithSlides(choice.slides.String()),
		client.WithPassword(r.over.password)}
	var files map[string]string
	if !whole {
		if files, err = r.upload(ctx, source, choice); err != nil {
			return lectern.Presentation{}, err
		}
	}
	options = append(options, client.WithFiles(files))
	settings, err := r.settings(ctx, choice.recording)
	if err != nil {
		return lectern.Presentation{}, err
	}
	if len(settings) > 0 {
		return r.client.Upload(ctx, source.Bytes, append(options, client.WithSettings(settings))...)
	}
	if ext := filepath.Ext(source.Name); ext != "" && ext != ".json" || len(files) > 0 {
		return r.client.Upload(ctx, source.Bytes, options...)
	}
	return r.client.Create(ctx, source.Bytes, options...)
}

func (r *remote) report(ctx context.Context, id string) ([]lectern.SlideReport, error) {
	return r.client.Report(ctx, id)
}

// onePiece returns a source whose bytes are the whole deck: a file that is not text is read, and a folder of pictures
// becomes a deck in JSON, which names them.
func onePiece(ctx context.Context, source deck.Source) (deck.Source, error) {
	if source.At != nil {
		b, err := io.ReadAll(io.NewSectionReader(source.At, 0, source.Size))
		if err != nil {
			return source, lectern.Fail(lectern.CodeInvalidDeck, "The deck %s cannot be read: %v.", source.Name, bare(err)).
				Because(err)
		}
		return deck.Source{Name: source.Name, Bytes: b}, nil
	}
	if source.Files == nil {
		return source, nil
	}
	q, err := all.Parsers().Parse(ctx, source, nil, config.Default().Limits)
	if err == nil {
		err = q.Judge(nil)
	}
	if err != nil {
		return source, err
	}
	text, err := all.JSON(q.Deck)
	return deck.Source{Name: source.Name + ".json", Folder: source.Folder, Bytes: text}, err
}

// upload uploads the files that a deck names, and returns the hashes of the assets by path. A file that cannot be
// used is an error. Faults of the deck are not: the server reports them.
func (r *remote) upload(ctx context.Context, source deck.Source, choice choice) (map[string]string, error) {
	t, err := app.NewTools(config.Default(), quietLog())
	if err != nil {
		return nil, err
	}
	defer t.Close()
	q, err := t.Decks.Parse(ctx, source, nil, t.Config.Limits)
	if err != nil {
		return nil, nil //nolint:nilerr // the server reports it
	}
	if q, err = edition(q, choice, t); err != nil {
		return nil, err
	}
	q.Faults = nil
	q, files, err := attach(ctx, q, source.Folder, t, r.keep)
	if err != nil {
		return nil, err
	}
	return files, q.Judge(nil)
}

// keep implements keeper: it uploads a file.
func (r *remote) keep(ctx context.Context, name string, f *os.File, size int64) (string, error) {
	a, _, err := r.client.AddAsset(ctx, name, f, size)
	return a.SHA256, err
}

// settings returns those that override the deck's own. It uploads the recording, if there is one.
func (r *remote) settings(ctx context.Context, recording recordingFlags) ([]byte, error) {
	if recording == (recordingFlags{}) {
		return r.over.settings, nil
	}
	t, err := app.NewTools(config.Default(), quietLog())
	if err != nil {
		return nil, err
	}
	defer t.Close()
	return recording.over(ctx, r.over.settings, t, r.keep)
}

func (r *remote) follow(ctx context.Context, id string, show func(lectern.Presentation)) (lectern.Presentation, error) {
	var last lectern.Presentation
	for p, err := range r.client.Watch(ctx, id, 0) {
		if err != nil {
			return last, err
		}
		last = p
		show(p)
	}
	return last, ctx.Err()
}

func (r *remote) cancel(ctx context.Context, id string) error {
	_, err := r.client.Cancel(ctx, id)
	return err
}

func (r *remote) close() error { return nil }

// files lists the files that every completed presentation has.
func (r *remote) files(ctx context.Context, id string) ([]outputFile, error) {
	p, err := r.client.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []outputFile
	for _, f := range lectern.ArtifactFiles() {
		first, last := 0, 0
		if f.PerSlide() {
			first, last = 1, p.SlidesTotal
		}
		for n := first; n <= last; n++ {
			file := client.File{Kind: f.Kind, Slide: n}
			out = append(out, outputFile{f.Kind, n, func(ctx context.Context, w io.Writer) error {
				return r.client.Download(ctx, id, file, w, nil)
			}})
		}
	}
	return out, nil
}
