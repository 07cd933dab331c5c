package decktest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"testing"

	"lectern"
	"lectern/internal/deck"
)

// File is a parser under test that reads files which are not in the written form, such as a PPTX or a PDF.
type File struct {
	Parser deck.Parser
	Name   string // of Source
	Source []byte // a file with at least two slides
	Broken []byte // a damaged file of the kind
	Slow   bool   // a parse is expensive: fewer cuts of Source are tried
}

// RunFile checks that a parser keeps the part of the contract of deck.Parser that does not depend on the written form:
// its kind, equal decks for equal sources, settings, limits, refusals, and the files inside the source.
func RunFile(t *testing.T, f File) {
	t.Run("kind", f.kind)
	t.Run("equal", f.equal)
	t.Run("settings", f.settings)
	t.Run("refusals", f.refusals)
	t.Run("files", f.files)
}

func (f File) parse(t *testing.T, b, settings []byte, lim lectern.Limits) (deck.Request, error) {
	t.Helper()
	return f.Parser.Parse(t.Context(), deck.Source{Name: f.Name, Bytes: b}, settings, lim)
}

func (f File) kind(t *testing.T) {
	k := f.Parser.Kind()
	if k.Name == "" || len(k.MediaTypes) == 0 || len(k.Endings) == 0 || k.Looks == nil {
		t.Fatalf("%+v", k)
	}
	if !k.Looks(f.Source) || k.Looks(nil) || k.Looks([]byte(`{"slides":[]}`)) {
		t.Error("Looks does not recognise the source, or accepts a text")
	}
}

// equal: a source gives the same valid deck each time, whether it is in memory or not.
func (f File) equal(t *testing.T) {
	want, err := f.parse(t, f.Source, nil, lectern.Limits{})
	if err != nil || len(want.Faults) > 0 || len(want.Deck.Slides) < 2 {
		t.Fatalf("%v %v %+v", err, want.Faults, want.Deck)
	}
	if faults := want.Deck.Validate(lectern.Limits{}); len(faults) > 0 {
		t.Errorf("the deck is not valid: %v", faults)
	}
	ids := map[string]bool{}
	for _, s := range want.Deck.Slides {
		if s.ID != "" && ids[s.ID] {
			t.Errorf("two slides have the id %q", s.ID)
		}
		ids[s.ID] = true
	}
	got, err := f.Parser.Parse(t.Context(), deck.Source{Name: f.Name, At: bytes.NewReader(f.Source),
		Size: int64(len(f.Source))}, nil, lectern.Limits{})
	if err != nil || !reflect.DeepEqual(got.Deck, want.Deck) || !reflect.DeepEqual(got.Report, want.Report) {
		t.Errorf("from a file: %v\ngot  %+v\nwant %+v", err, got.Deck, want.Deck)
	}
}

// settings: those in JSON replace fields of the deck, but not its slides.
func (f File) settings(t *testing.T) {
	q, err := f.parse(t, f.Source, []byte(`{"title":"New","voice":"anna","preset":"draft"}`), lectern.Limits{})
	if err != nil || q.Deck.Title != "New" || q.Deck.Voice.ID != "anna" || q.Deck.Quality != lectern.QualityLow {
		t.Errorf("%v %+v", err, q.Deck)
	}
	if min(q.Deck.Size.Width, q.Deck.Size.Height) != 720 {
		t.Errorf("the size of the preset draft: %v", q.Deck.Size)
	}
	for settings, param := range map[string]string{`{"slides":[]}`: "settings.slides", `[]`: "settings", `{`: "settings"} {
		_, err := f.parse(t, f.Source, []byte(settings), lectern.Limits{})
		if fail, ok := errors.AsType[*lectern.Failure](err); !ok || fail.Param != param {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

// refusals: what is no deck of this kind fails with a sentence, wherever it is cut off.
func (f File) refusals(t *testing.T) {
	bad := [][]byte{nil, []byte(" \n"), []byte("text"), f.Broken}
	cuts := 16
	if f.Slow {
		cuts = 3
	}
	for i := range cuts {
		bad = append(bad, f.Source[:len(f.Source)*i/cuts])
	}
	for _, b := range bad {
		_, err := f.parse(t, b, nil, lectern.Limits{})
		if fail, ok := errors.AsType[*lectern.Failure](err); !ok || !fail.Code.IsFault() || fail.Message == "" {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
	lim := lectern.Limits{Slides: 1}
	q, err := f.parse(t, f.Source, nil, lim)
	if err == nil && q.Judge(lectern.Join(q.Deck.Validate(lim))) == nil {
		t.Error("more slides than the limit are accepted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Parser.Parse(ctx, deck.Source{Name: f.Name, Bytes: f.Source}, nil, lectern.Limits{}); err == nil {
		t.Error("a canceled parse returns a deck")
	}
}

// files: every file that the deck names can be opened, and the source has its own name.
func (f File) files(t *testing.T) {
	q, err := f.parse(t, f.Source, nil, lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	uses := q.Deck.FileUses()
	for _, u := range uses {
		file, size, err := q.File(u.Path)
		if err != nil {
			t.Errorf("%s: %v", u.Path, err)
			continue
		}
		b, err := io.ReadAll(file)
		if err != nil || int64(len(b)) != size || file.Close() != nil {
			t.Errorf("%s: %v, %d bytes of %d", u.Path, err, len(b), size)
		}
		if u.Path == f.Name && !bytes.Equal(b, f.Source) {
			t.Errorf("%s is not the source", u.Path)
		}
	}
	if _, _, err := q.File("no/such file"); err == nil {
		t.Error("a file that is not there is opened")
	}
}
