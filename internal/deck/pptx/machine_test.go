package pptx_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/pptx"
)

// A file of the format before 2007 is read as the PPTX that the machine makes of it, under a name that says so.
func TestOldFilesAreConvertedFirst(t *testing.T) {
	t.Parallel()
	made, old := testdata(t, "hidden-slides/deck.pptx"), compound("PowerPoint Document")
	m := pptx.Machine{Modern: func(_ context.Context, r io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
		b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
		if err != nil || !bytes.Equal(b, old) {
			t.Errorf("it converts %d bytes: %v", len(b), err)
		}
		return bytes.NewReader(made), int64(len(made)), nil
	}}
	for name, file := range map[string]string{"talk.ppt": "talk.pptx", "TALK.PPS": "TALK.pptx", "": "deck.pptx"} {
		q := requestOf(t, on(m), name, old, "")
		if p := q.Deck.Slides[2].Page; p.File != file || p.Page != 3 || len(q.Report) != 5 {
			t.Errorf("%s: %+v", name, p)
		}
		if !slices.ContainsFunc(q.Warnings, func(w lectern.Warning) bool { return w.Code == "old_format" }) {
			t.Errorf("%s: %v", name, q.Warnings)
		}
		r, size, err := q.File(file)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); err != nil || size != int64(len(made)) || !bytes.Equal(b, made) {
			t.Errorf("%s: the file of the slides has %d bytes: %v", name, size, err)
		}
	}
	m.Modern = func(context.Context, io.ReaderAt, int64) (io.ReaderAt, int64, error) {
		return nil, 0, lectern.Fail(lectern.CodeMissingTool, "There is no LibreOffice.")
	}
	_, err := on(m).Parse(t.Context(), deck.Source{Bytes: old}, nil, lectern.Limits{})
	if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != lectern.CodeMissingTool {
		t.Errorf("without LibreOffice: %v", err)
	}
	locked := compound("PowerPoint Document", "EncryptedSummary")
	if _, err := on(m).Parse(t.Context(), deck.Source{Bytes: locked}, nil, lectern.Limits{}); err == nil ||
		!strings.Contains(err.Error(), "password") {
		t.Errorf("with a password: %v", err)
	}
}

// Each slide reports the fonts that are not installed. One with a replacement of the same widths is no warning.
func TestFontsThatAreNotInstalled(t *testing.T) {
	t.Parallel()
	run := func(font, text string) string {
		return `<a:r><a:rPr><a:latin typeface="` + font + `"/></a:rPr><a:t>` + text + `</a:t></a:r>`
	}
	s := []string{slide("", shape("2", "", run("Futura", "One"), run("Calibri", "two")), ""),
		slide("", shape("2", "", run("Inter", "Three")), ""), slide("", shape("2", "", run("Futura", "Four")), "")}
	q := requestOf(t, on(pptx.Machine{Fonts: func(_ context.Context, names []string) (map[string]pptx.Font, error) {
		if !slices.Equal(names, []string{"Calibri", "Futura", "Inter"}) {
			t.Errorf("%q", names)
		}
		return map[string]pptx.Font{"Futura": {Family: "Noto Sans"}, "Calibri": {Family: "Carlito", Same: true},
			"Inter": {Family: "Inter", Same: true}}, nil
	}}), "talk.pptx", pack(t, office(s, nil)), "")
	var notes []string
	for i, r := range q.Report {
		for _, n := range r.Notes {
			notes = append(notes, strings.Repeat("I", i+1)+" "+n.Code+" "+n.Message)
		}
	}
	want := []string{
		`I substituted_font The font "Calibri" is not installed. "Carlito" is drawn, which has characters of the same widths.`,
		`I missing_font The font "Futura" is not installed. "Noto Sans" is drawn, so lines may break elsewhere.`,
		`III missing_font The font "Futura" is not installed. "Noto Sans" is drawn, so lines may break elsewhere.`}
	if !slices.Equal(notes, want) {
		t.Errorf("%s", strings.Join(notes, "\n"))
	}
	var warned []lectern.Warning
	for _, w := range q.Warnings {
		if w.Code == "missing_font" {
			warned = append(warned, w)
		}
	}
	if len(warned) != 1 || !strings.HasPrefix(warned[0].Message, `The font "Futura" of slides 1 and 3 is not installed.`) {
		t.Errorf("%+v", warned)
	}
	q = requestOf(t, on(pptx.Machine{Fonts: func(context.Context, []string) (map[string]pptx.Font, error) {
		return nil, errors.New("no fontconfig")
	}}), "talk.pptx", pack(t, office(s, nil)), "")
	if slices.ContainsFunc(q.Warnings, func(w lectern.Warning) bool { return w.Code == "missing_font" }) {
		t.Errorf("a machine that does not know its fonts: %v", q.Warnings)
	}
}

// The sound of a recorded film, and of a format that decks may not have, is made when the deck is read.
func TestTheSoundOfARecordedFilmIsTheNarration(t *testing.T) {
	t.Parallel()
	media := `<p:extLst><p:ext uri="x"><p14:media r:embed="rId4"><p14:trim end="250"/></p14:media></p:ext></p:extLst>`
	film := func(file, element string) []byte {
		s := soundSlide("", sound{id: "4", node: `isNarration="1"`, start: "auto", media: media,
			file: `<a:` + element + ` r:link="rId3"/>`})
		return pack(t, office([]string{s}, parts{"ppt/media/" + file: "film",
			"ppt/slides/_rels/slide1.xml.rels": rels("rId3", "video", "!NULL", "rId4", "media", "../media/"+file)}))
	}
	m := pptx.Machine{Sound: func(_ context.Context, r io.Reader, ending string) (io.ReaderAt, int64, error) {
		if b, err := io.ReadAll(r); err != nil || string(b) != "film" {
			t.Errorf("%q %v", b, err)
		}
		if ending == ".avi" {
			return nil, 0, lectern.Fail(lectern.CodeEncodeFailed, "There is no sound.")
		}
		return strings.NewReader(wav(1000)), int64(len(wav(1000))), nil
	}}
	for file, element := range map[string]string{"cameo.mp4": "videoFile", "voice.WMA": "audioFile"} {
		q := requestOf(t, on(m), "talk.pptx", film(file, element), "")
		s := q.Deck.Slides[0]
		want := lectern.SoundOf{File: "ppt/media/" + file + ".flac", End: 750 * time.Millisecond}
		if s.Sound == nil || *s.Sound != want || q.Report[0].Narration != deck.Recorded {
			t.Fatalf("%s: %+v, %+v", file, s.Sound, q.Report[0])
		}
		r, _, err := q.File(s.Sound.File)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); err != nil || string(b) != wav(1000) {
			t.Errorf("%s: %v", file, err)
		}
		if q := requestOf(t, on(m), "talk.pptx", film(file, element), `{"narration":"notes"}`); q.Deck.Slides[0].Sound != nil {
			t.Errorf("%s: only notes are asked for", file)
		}
	}
	q := requestOf(t, on(m), "talk.pptx", film("mute.avi", "videoFile"), "")
	if q.Deck.Slides[0].Sound != nil || len(q.Report[0].Notes) == 0 || q.Report[0].Notes[0].Code != "recording_unused" {
		t.Errorf("a film without sound: %+v", q.Report[0])
	}
}
