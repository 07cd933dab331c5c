package images_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/images"
	"lectern/internal/deck/jsondeck"
)

var parser = images.Parser{Form: jsondeck.Parser{}}

// folder is a folder in memory: names and contents in turn.
func folder(files ...string) fstest.MapFS {
	f := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		f[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return f
}

func parse(t *testing.T, f fstest.MapFS, settings string, lim lectern.Limits) (deck.Request, error) {
	t.Helper()
	return parser.Parse(t.Context(), deck.Source{Name: "talk", Files: f}, []byte(settings), lim)
}

func parsed(t *testing.T, files ...string) deck.Request {
	t.Helper()
	q, err := parse(t, folder(files...), "", lectern.Limits{})
	if err == nil {
		err = q.Judge(lectern.Join(q.Deck.Validate(lectern.Limits{})))
	}
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// The case images-folder: natural order, texts as narrations, a slide without one, and other files named.
func TestCaseImagesFolder(t *testing.T) {
	t.Parallel()
	q, err := parser.Parse(t.Context(), deck.Source{Name: "slides",
		Files: os.DirFS("testdata/images-folder/slides")}, nil, lectern.Limits{})
	if err != nil || len(q.Faults) > 0 {
		t.Fatal(err, q.Faults)
	}
	var got []string
	for _, s := range q.Deck.Slides {
		if s.Template != "whole-image" {
			t.Errorf("the template of %s is %q", s.ID, s.Template)
		}
		got = append(got, fmt.Sprintf("%s %s %t", s.ID, s.Props["image"], s.Narration != ""))
	}
	want := []string{"Slide1 Slide1.png true", "Slide2 Slide2.png true", "Slide3 Slide3.png false",
		"Slide10 Slide10.png true"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if len(q.Warnings) != 1 || q.Warnings[0].Code != "unused_file" ||
		!strings.Contains(q.Warnings[0].Message, `"notes.docx" and "Thumbs.db"`) {
		t.Errorf("%+v", q.Warnings)
	}
	if q.Deck.Title != "slides" || q.Deck.Size != (lectern.Size{Width: 1920, Height: 1080}) {
		t.Errorf("%q %v", q.Deck.Title, q.Deck.Size)
	}
}

// Texts with a language in their names are translations. If all have one, one of the languages is the deck's own.
func TestTextsInSeveralLanguages(t *testing.T) {
	t.Parallel()
	q := parsed(t, "a.png", "", "A.TXT", "Hello.", "a.de.txt", "Hallo.", "a.pt-br.md", "Olá.", "b.png", "", "b.1.txt", "x",
		"b.1.png", "")
	s := q.Deck.Slides[0]
	if s.Narration != "Hello." || q.Deck.Language != "" || !reflect.DeepEqual(s.Translations,
		map[string]lectern.Translation{"de": {Narration: "Hallo."}, "pt-BR": {Narration: "Olá."}}) {
		t.Errorf("%+v", s)
	}
	if q.Deck.Slides[2].Narration != "x" || q.Deck.Slides[1].Narration != "" {
		t.Errorf("%+v", q.Deck.Slides)
	}
	q = parsed(t, "a.png", "", "a.en.txt", "Hello.", "a.de.txt", "Hallo.", "b.png", "", "b.de.txt", "Zwei.",
		"b.en.txt", "Two.")
	if q.Deck.Language != "en" || q.Deck.Slides[1].Narration != "Two." || len(q.Warnings) != 1 ||
		q.Places["slides[1].narration"] != "b.en.txt" || len(q.Deck.Slides[1].Translations) != 1 {
		t.Errorf("%+v %+v", q.Deck, q.Warnings)
	}
	q = parsed(t, "a.png", "", "a.de.txt", "Hallo.")
	if q.Deck.Language != "de" || q.Deck.Slides[0].Narration != "Hallo." || len(q.Warnings) > 0 {
		t.Errorf("%+v %+v", q.Deck, q.Warnings)
	}
}

// A title is the heading of the text, or the words in the name of the picture.
func TestTitles(t *testing.T) {
	t.Parallel()
	q := parsed(t, "01-our_harbour.png", "", "02.png", "", "02.md", "# In *short*\n\n- One\n- Two\n", "IMG_0003.png", "",
		"Slide12.png", "", "intro.png", "")
	var got []any
	for _, s := range q.Deck.Slides {
		got = append(got, s.Props["title"])
	}
	if !reflect.DeepEqual(got, []any{"our harbour", "In *short*", nil, "intro", nil}) {
		t.Errorf("%q", got)
	}
	if said := q.Deck.Slides[1].Narration; said != "One\nTwo" {
		t.Errorf("%q", said)
	}
}

// The first picture gives the aspect, as viewers show it. Settings replace it.
func TestShape(t *testing.T) {
	t.Parallel()
	picture := func(w, h int) string {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 22)), nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	turned := "\xff\xd8\xff\xe1\x00" + string(rune(len(exif)+2)) + exif + photo.String()[2:]
	for name, c := range map[string]struct {
		file, body string
		want       lectern.Size
	}{
		"wide":    {"a.png", picture(160, 90), lectern.Size{Width: 1920, Height: 1080}},
		"wider":   {"a.png", picture(300, 90), lectern.Size{Width: 1920, Height: 1080}},
		"a slide": {"a.png", picture(200, 150), lectern.Size{Width: 1440, Height: 1080}},
		"A4":      {"a.png", picture(297, 210), lectern.Size{Width: 1440, Height: 1080}},
		"square":  {"a.png", picture(100, 104), lectern.Size{Width: 1080, Height: 1080}},
		"upright": {"a.png", picture(90, 160), lectern.Size{Width: 1080, Height: 1920}},
		"a drawing": {"a.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"/>`,
			lectern.Size{Width: 1440, Height: 1080}},
		"a photo":    {"a.jpg", photo.String(), lectern.Size{Width: 1920, Height: 1080}},
		"turned":     {"a.jpg", turned, lectern.Size{Width: 1080, Height: 1920}},
		"no picture": {"a.gif", "text", lectern.Size{Width: 1920, Height: 1080}},
	} {
		q := parsed(t, c.file, c.body)
		if q.Deck.Size != c.want {
			t.Errorf("%s: %v", name, q.Deck.Size)
		}
	}
	square := folder("a.png", picture(9, 9))
	for settings, want := range map[string]lectern.Size{`{"preset":"draft"}`: {Width: 720, Height: 720},
		`{"aspect":"16:9"}`: {Width: 1920, Height: 1080}, `{"size":[640,480],"title":"T"}`: {Width: 640, Height: 480}} {
		q, err := parse(t, square, settings, lectern.Limits{})
		if err != nil || q.Deck.Size != want {
			t.Errorf("%s: %v %v", settings, err, q.Deck.Size)
		}
	}
	if _, err := parse(t, square, `{"slides":[]}`, lectern.Limits{}); err == nil {
		t.Error("settings replace the slides")
	}
}

// A sound of the same name is the recorded narration, and the text is its words.
func TestSounds(t *testing.T) {
	t.Parallel()
	q := parsed(t, "a.png", "", "A.Wav", "", "a.txt", "Hello.", "b.png", "", "b.ogg", "", "c.png", "", "d.mp3", "")
	if a, b := q.Deck.Slides[0], q.Deck.Slides[1]; a.Sound == nil || a.Sound.File != "A.Wav" || a.Narration != "Hello." ||
		b.Sound == nil || b.Sound.File != "b.ogg" || q.Deck.Slides[2].Sound != nil {
		t.Errorf("%+v", q.Deck.Slides)
	}
	if q.Places.Written("slides[1].sound.file") != "b.ogg" || len(q.Warnings) != 1 ||
		!strings.Contains(q.Warnings[0].Message, `"d.mp3" was`) {
		t.Errorf("%v %+v", q.Places, q.Warnings)
	}
	if f, _, err := q.File("b.ogg"); err != nil || f.Close() != nil {
		t.Error(err)
	}
	if _, _, err := q.File("none.png"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Names of every kind lead to the files. Places name the files, not the fields of a deck that nobody wrote.
func TestNames(t *testing.T) {
	t.Parallel()
	q := parsed(t, "a:b.png", "", " c.PNG", "", "ü ö.png", "", "ü ö.txt", "Hi.")
	uses := map[string]bool{}
	for i, s := range q.Deck.Slides {
		uses[s.Props["image"].(string)] = true
		if q.Places.Written(fmt.Sprintf("slides[%d].props.image", i)) == "" {
			t.Error("no place")
		}
	}
	if !uses["./a:b.png"] || !uses["./ c.PNG"] || !uses["ü ö.png"] ||
		q.Places.Written("slides[2].narration") != "ü ö.txt" {
		t.Errorf("%v %v", uses, q.Places)
	}
}

// Hidden files are not slides.
func TestHiddenFiles(t *testing.T) {
	t.Parallel()
	q := parsed(t, "a.png", "", "._a.png", "", ".b.txt", "", "._a.heic", "")
	if len(q.Deck.Slides) != 1 || len(q.Warnings) != 1 || !strings.Contains(q.Warnings[0].Message, `"._a.png"`) {
		t.Errorf("%+v %+v", q.Deck.Slides, q.Warnings)
	}
}

// Whatever a folder has, no file is lost: each picture is one slide, and every other file is used by one slide or is
// left over. Or the folder is refused.
func TestNoFileIsLost(t *testing.T) {
	t.Parallel()
	stem := rapid.StringMatching(`\.?[aAb]?(1|2|10|\.de|\.en-US|\.old| )?`)
	ending := rapid.SampledFrom([]string{".png", ".PNG", ".svg", ".txt", ".md", ".wav", ".ogg", ".heic", ".db", ""})
	rapid.Check(t, func(t *rapid.T) {
		f := fstest.MapFS{}
		for range rapid.IntRange(1, 8).Draw(t, "files") {
			if name := stem.Draw(t, "stem") + ending.Draw(t, "ending"); fs.ValidPath(name) && name != "." {
				f[name] = &fstest.MapFile{Data: []byte("x")}
			}
		}
		q, err := parser.Parse(context.Background(), deck.Source{Files: f}, nil, lectern.Limits{})
		if fail, ok := errors.AsType[*lectern.Failure](err); err != nil {
			if !ok || fail.Code != lectern.CodeInvalidDeck || fail.Message == "" {
				t.Fatal(err)
			}
			return
		}
		if len(q.Faults) > 0 {
			t.Fatal(q.Faults)
		}
		used := map[string]int{}
		for field, file := range q.Places {
			if _, there := f[file]; !there || !strings.HasPrefix(field, "slides[") {
				t.Fatalf("the place %s is %q", field, file)
			}
			used[file]++
		}
		left := len(f) - len(used)
		for name := range f {
			if picture := deck.IsPicture(name) && !deck.IsHidden(name); used[name] > 1 || picture && used[name] != 1 {
				t.Fatalf("%q is used %d times", name, used[name])
			}
		}
		warned := slices.ContainsFunc(q.Warnings, func(w lectern.Warning) bool { return w.Code == "unused_file" })
		if warned != (left > 0) {
			t.Fatalf("%d files are left, and the warnings are %v", left, q.Warnings)
		}
	})
}

// UTF-16 with a mark is read, as some editors write it.
func TestEncodings(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\ufeffGrüße", "\xff\xfeG\x00r\x00\xfc\x00\xdf\x00e\x00",
		"\xfe\xff\x00G\x00r\x00\xfc\x00\xdf\x00e"} {
		if q := parsed(t, "a.png", "", "a.txt", text); q.Deck.Slides[0].Narration != "Grüße" {
			t.Errorf("%q: %q", text, q.Deck.Slides[0].Narration)
		}
	}
}

// What could be left out or shown twice in silence is refused, with the names of the files.
func TestRefusedFolders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files []string
		says  []string
	}{
		"no pictures":       {[]string{"a.txt", "x"}, []string{"no pictures"}},
		"two pictures":      {[]string{"A.png", "", "a.svg", ""}, []string{"A.png", "a.svg", "same name"}},
		"two sounds":        {[]string{"a.png", "", "a.ogg", "x", "a.mp3", "y"}, []string{"a.ogg", "a.mp3"}},
		"two texts":         {[]string{"a.png", "", "a.md", "x", "a.txt", "y"}, []string{"a.md", "a.txt"}},
		"a photo of a kind": {[]string{"a.png", "", "b.HEIC", ""}, []string{"b.HEIC", "PNG or JPEG"}},
		"a bad name":        {[]string{"a\x01.png", ""}, []string{"another name"}},
	} {
		_, err := parse(t, folder(c.files...), "", lectern.Limits{})
		f, ok := errors.AsType[*lectern.Failure](err)
		for _, want := range c.says {
			if !ok || f.Code != lectern.CodeInvalidDeck || !strings.Contains(f.Message, want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	many := fstest.MapFS{}
	for i := range deck.MaxFiles + 1 {
		many[fmt.Sprint(i)] = &fstest.MapFile{}
	}
	if _, err := parse(t, many, "", lectern.Limits{}); err == nil || !strings.Contains(err.Error(), "5001 files") {
		t.Error(err)
	}
}

// Bad texts are faults of their slides, all of them at once, and name their files.
func TestBadTexts(t *testing.T) {
	t.Parallel()
	_, err := parse(t, folder("a.png", "", "a.txt", "\xff", "b.png", "", "b.txt", strings.Repeat("x", 101), "c.png", "",
		"c.txt", strings.Repeat("y", 90), "d.png", "", "d.de.txt", strings.Repeat("z", 90)), "",
		lectern.Limits{NarrationBytes: 100, BodyBytes: 170})
	if err == nil {
		t.Fatal("a deck of more than 170 bytes")
	}
	lim := lectern.Limits{NarrationBytes: 100, BodyBytes: 100_000}
	q, err := parse(t, folder("a.png", "", "a.txt", "\xff", "b.png", "", "b.txt", strings.Repeat("x", 101)), "", lim)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := errors.AsType[*lectern.Failure](q.Judge(nil))
	if !ok || len(f.Faults()) != 2 {
		t.Fatalf("%+v", f)
	}
	for i, want := range []string{"a.txt", "b.txt"} {
		if one := f.Faults()[i]; one.Param != want || one.Slide != i+1 || !strings.Contains(one.Message, want) {
			t.Errorf("%+v", one)
		}
	}
	if q, err = parse(t, folder("a.png", "", "b.png", "", "c.png", ""), "", lectern.Limits{Slides: 1}); err != nil ||
		q.Judge(lectern.Join(q.Deck.Validate(lectern.Limits{Slides: 1}))) == nil {
		t.Errorf("three slides where one is allowed: %v", err)
	}
}
