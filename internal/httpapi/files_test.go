package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck/ziptest"
	"lectern/internal/httpapi"
	library "lectern/internal/slides"
)

// withLibrary returns options with the real templates, which know which props of a deck are pictures, and with a check
// that uses them.
func withLibrary(t *testing.T) func(*httpapi.Options) {
	t.Helper()
	l, err := library.New()
	if err != nil {
		t.Fatal(err)
	}
	return func(o *httpapi.Options) { o.Slides, o.Check = l, pageChecker{l} }
}

// Files treats every prop "image" without a scheme as a path.
func (slides) Files(d lectern.Deck) (uses []lectern.FileUse) {
	for i, s := range d.Slides {
		if path, ok := s.Props["image"].(string); ok && !strings.Contains(path, ":") {
			uses = append(uses, lectern.FileUse{Path: path, Param: fmt.Sprintf("slides[%d].props.image", i), Slide: i + 1})
		}
	}
	return uses
}

// pageChecker refuses decks whose pages cannot be made.
type pageChecker struct{ l *library.Library }

func (c pageChecker) Check(_ context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	d = d.WithDefaults()
	var faults []lectern.Failure
	for i := range d.Slides {
		_, _, err := c.l.Page(d, i)
		if f, ok := errors.AsType[*lectern.Failure](err); ok {
			faults = append(faults, f.Faults()...)
		}
	}
	return d, nil, lectern.Join(faults)
}

const pictured = `{"slides":[{"template":"image","image":"pictures/a.png"},{"template":"image","image":"b.png","title":"b.png"},{"template":"image","image":"./pictures/a.png"}]}`

// A deck names files next to it by their paths. A form contains them as parts, with the paths as filenames, or names
// existing assets for them.
func TestFilesNextToADeck(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	a, b := shot(t), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"
	if got := r.do("POST", "/v1/assets", b); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	body, kind := form(t, part{"file", "pictures/a.png", "", a}, part{"deck", "deck.json", "", pictured},
		part{"files", "", "", `{"b.png":"asset:` + sumOf(b) + `"}`})
	for range 2 {
		got := r.do("POST", "/v1/presentations", body, "Content-Type", kind, "Idempotency-Key", "k")
		if got.status != 202 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if n := len(r.jobs.all); n != 1 {
		t.Fatalf("%d presentations", n)
	}
	var named []string
	for _, u := range r.jobs.all[0].deck.AssetUses() {
		named = append(named, u.Param+" "+u.SHA256)
	}
	want := []string{"slides[0].props.image " + sumOf(a), "slides[1].props.image " + sumOf(b),
		"slides[2].props.image " + sumOf(a)}
	if !slices.Equal(named, want) {
		t.Errorf("%q", named)
	}
	other, otherKind := form(t, part{"file", "pictures/a.png", "", b}, part{"deck", "deck.json", "", pictured},
		part{"files", "", "", `{"b.png":"asset:` + sumOf(b) + `"}`})
	if got := r.do("POST", "/v1/presentations", other, "Content-Type", otherKind, "Idempotency-Key",
		"k"); got.status != 422 || !strings.Contains(got.body, "idempotency_mismatch") {
		t.Errorf("another file under the same key: %d %s", got.status, got.body)
	}
}

// A deck without its files is refused with a list of all missing files, each with slide and field.
func TestMissingFilesAreListed(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	got := r.post("/v1/presentations", pictured)
	if got.status != 422 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	list := got.json(t)["errors"].([]any)
	for i, want := range []struct{ param, file string }{{"slides[0].image", "pictures/a.png"},
		{"slides[1].image", "b.png"}, {"slides[2].image", "pictures/a.png"}} {
		if i >= len(list) {
			t.Fatalf("only %d faults: %s", len(list), got.body)
		}
		fault := list[i].(map[string]any)
		if fault["param"] != want.param || fault["slide"] != float64(i+1) ||
			!strings.Contains(fault["message"].(string), want.file) || fault["code"] != "asset_refused" {
			t.Errorf("%v", fault)
		}
	}
}

// Unusable files of a form are refused, and the message names them.
func TestUnusableFilesOfAFormAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	deck := part{"deck", "deck.json", "", pictured}
	for name, c := range map[string]struct {
		parts  []part
		status int
		says   string
	}{
		"outside": {[]part{deck, {"file", "../a.png", "", shot(t)}}, http.StatusUnprocessableEntity,
			"relative to the deck"},
		"absolute": {[]part{deck, {"file", "/etc/a.png", "", shot(t)}}, http.StatusUnprocessableEntity,
			"relative to the deck"},
		"without a name": {[]part{deck, {"file", "", "", shot(t)}}, http.StatusUnprocessableEntity,
			"relative to the deck"},
		"twice": {[]part{deck, {"file", "a.png", "", shot(t)}, {"file", "./a.png", "", shot(t)}},
			http.StatusUnprocessableEntity, "two files with the name"},
		"of no known kind": {[]part{deck, {"file", "a.png", "", "<html>"}}, http.StatusUnsupportedMediaType, "a.png"},
		"no addresses": {[]part{deck, {"files", "", "", `{"a.png":"x"}`}}, http.StatusUnprocessableEntity,
			"not the address of an asset"},
		"no object": {[]part{deck, {"files", "", "", `[]`}}, http.StatusUnprocessableEntity, "a JSON object"},
		"an asset that is not": {[]part{deck, {"files", "", "", `{"b.png":"asset:` + strings.Repeat("0", 64) + `"}`}},
			http.StatusUnprocessableEntity, "unknown_asset"},
		"a deck that is too big": {[]part{{"deck", "deck.json", "", strings.Repeat(" ", 33<<20)}},
			http.StatusRequestEntityTooLarge, "limits."},
	} {
		body, kind := form(t, c.parts...)
		got := r.do("POST", "/v1/presentations", body, "Content-Type", kind)
		if got.status != c.status || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: %d %.400s", name, got.status, got.body)
		}
	}
	k := newKeyed(t)
	read, _ := k.key(t, "a", lectern.ScopeRead)
	body, kind := form(t, part{"file", "a.png", "", shot(t)}, deck)
	if got := k.do("POST", "/v1/presentations?dry_run=true", body,
		append(read, "Content-Type", kind)...); got.status != 403 {
		t.Errorf("files with the scope read: %d %s", got.status, got.body)
	}
}

// A ZIP file with one deck and its files is accepted as a body, with its media type or another, and as the part deck of
// a form.
func TestZipFiles(t *testing.T) {
	t.Parallel()
	a, b := shot(t), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"
	whole := string(ziptest.Packed(t, "talk/deck.json", pictured, "talk/pictures/a.png", a, "talk/b.png", b,
		"talk/notes.md",
		"# Not named"))
	inForm, formType := form(t, part{"deck", "talk.zip", "", whole})
	for name, c := range map[string]struct{ body, kind string }{
		"by its type": {whole, "application/zip"}, "by its bytes": {whole, "application/x-www-form-urlencoded"},
		"in a form": {inForm, formType},
	} {
		r := newRig(t, withLibrary(t))
		for _, query := range []string{"?dry_run=true", "", ""} {
			got := r.do("POST", "/v1/presentations"+query, c.body, "Content-Type", c.kind, "Idempotency-Key", "k")
			if got.status/100 != 2 {
				t.Fatalf("%s: %d %s", name, got.status, got.body)
			}
		}
		if n := len(r.jobs.all); n != 1 {
			t.Fatalf("%s: %d presentations", name, n)
		}
		uses := r.jobs.all[0].deck.AssetUses()
		if len(uses) != 3 || uses[0].SHA256 != sumOf(a) || uses[1].SHA256 != sumOf(b) || uses[2].SHA256 != sumOf(a) {
			t.Errorf("%s: %+v", name, uses)
		}
		if list := r.get("/v1/assets").json(t)["assets"].([]any); len(list) != 2 {
			t.Errorf("%s: %d assets", name, len(list))
		}
	}
}

// wav is a sound of two samples.
const wav = "RIFF\x28\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00" +
	"\x00\x77\x01\x00\x02\x00\x10\x00data\x04\x00\x00\x00\x01\x00\x02\x00"

// A slide with a sound next to the deck plays it: a dry run says that people recorded it. A picture in its place is a
// fault of the field.
func TestRecordedSounds(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	const deck = `{"slides":[{"title":"One","sound":{"file":"one.wav","start":0.5}},{"title":"Two"}]}`
	for content, want := range map[string]string{wav: `"spoken_by":"recording"`, shot(t): "slides[0].sound.file"} {
		body := string(ziptest.Packed(t, "deck.json", deck, "one.wav", content))
		got := r.do("POST", "/v1/presentations?dry_run=true", body, "Content-Type", "application/zip")
		if !strings.Contains(got.body, want) || (got.status == 200) != (content == wav) {
			t.Errorf("%d %.700s, want %s", got.status, got.body, want)
		}
	}
}

// A recording of the whole talk comes as a file of the form, and the settings name it, whatever the deck is. Something
// else in its place is a fault of the field.
func TestARecordingOfTheWholeDeck(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	const deck = `{"slides":[{"title":"One","narration":"Hello."},{"title":"Two"}]}`
	for content, want := range map[string]string{wav: `"slide":1,"spoken_by":"recording"`, shot(t): `"recording.file"`} {
		body, kind := form(t, part{"deck", "deck.json", "application/json", deck}, part{"file", "talk.wav", "", content},
			part{"settings", "", "", `{"recording":{"file":"talk.wav"}}`})
		got := r.do("POST", "/v1/presentations?dry_run=true", body, "Content-Type", kind)
		if !strings.Contains(got.body, want) || (got.status == 200) != (content == wav) {
			t.Errorf("%d %.700s, want %s", got.status, got.body, want)
		}
	}
}

// A ZIP file of pictures is a deck: each is a slide, and the texts of the same names are narrations. Two presentations
// of the same key and file are one.
func TestZipOfPictures(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	body := string(ziptest.Packed(t, "talk/b10.png", shot(t), "talk/b2.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"talk/b2.txt", "Two.", "talk/junk.db", "x", "talk/more/c.png", "x"))
	for _, query := range []string{"?dry_run=true", "", ""} {
		got := r.do("POST", "/v1/presentations"+query, body, "Content-Type", "application/zip", "Idempotency-Key", "k")
		if got.status/100 != 2 || !strings.Contains(got.body, "junk.db") {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if len(r.jobs.all) != 1 {
		t.Fatalf("%d presentations", len(r.jobs.all))
	}
	d := r.jobs.all[0].deck
	if uses := d.AssetUses(); len(uses) != 2 || uses[1].SHA256 != sumOf(shot(t)) || d.Slides[0].Narration != "Two." ||
		d.Slides[1].Narration != "" || d.Title != "talk" {
		t.Errorf("%+v", d)
	}
	for name, c := range map[string]struct {
		body string
		says []string
	}{
		"not a picture": {string(ziptest.Packed(t, "a.png", "<html>")), []string{`"a.png"`, "an HTML page"}},
		"two of a name": {string(ziptest.Packed(t, "a.png", "x", "a.gif", "x")), []string{"a.png", "a.gif"}},
		"a bad text":    {string(ziptest.Packed(t, "a.png", shot(t), "a.txt", "\xff")), []string{`"a.txt"`, "UTF-8"}},
		"two folders":   {string(ziptest.Packed(t, "x/a.png", "x", "y/b.png", "x")), []string{`\"x\"`, `\"y\"`}},
	} {
		got := r.do("POST", "/v1/presentations", c.body, "Content-Type", "application/zip")
		for _, want := range c.says {
			if got.status != 422 || !strings.Contains(got.body, want) {
				t.Errorf("%s: %d %.500s", name, got.status, got.body)
			}
		}
	}
}

// A bad ZIP file is refused with the reason, and missing files are in one list.
func TestBadZipFilesAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	for name, c := range map[string]struct {
		body   string
		status int
		says   []string
	}{
		"no deck":   {string(ziptest.Packed(t, "a.txt", "x")), 422, []string{"has no deck"}},
		"two decks": {string(ziptest.Packed(t, "a.json", "{}", "b.yaml", "x")), 422, []string{"a.json, b.yaml"}},
		"damaged":   {"PK\x03\x04", 422, []string{"damaged"}},
		"an Office one": {string(ziptest.Packed(t, "[Content_Types].xml", "", "ppt/presentation.xml", "")), 422,
			[]string{"without an office document"}},
		"missing files": {string(ziptest.Packed(t, "deck.json", pictured, "b.png", shot(t))), 422,
			[]string{"slides[0].image", "slides[2].image", "pictures/a.png"}},
		"no pictures": {string(ziptest.Packed(t, "deck.json", pictured, "b.png", "<html>", "pictures/a.png", shot(t))), 422,
			[]string{"slides[1].image", "an HTML page"}},
	} {
		got := r.do("POST", "/v1/presentations", c.body, "Content-Type", "application/zip")
		for _, want := range c.says {
			if got.status != c.status || !strings.Contains(got.body, want) {
				t.Errorf("%s: %d %.500s", name, got.status, got.body)
			}
		}
	}
}
