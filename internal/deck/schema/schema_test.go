package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/form"
	"lectern/internal/deck/schema"
	"lectern/internal/deck/schema/schematest"
	"lectern/internal/deck/yamldeck"
)

var update = flag.Bool("update", false, "write docs/deck.schema.json")

// docs/deck.schema.json is the schema that the program has.
func TestSchemaIsCheckedIn(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/" + schema.File
	text, err := schema.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, text) {
		t.Errorf("docs/%s is out of date: run go test ./internal/deck/schema -update. %v", schema.File, err)
	}
}

// The schema has every field that the parser looks for, and no other: each group of names that mean the same has
// exactly one with a description, and the others are patterns.
func TestSchemaHasTheFieldsOfTheParser(t *testing.T) {
	t.Parallel()
	described, asked := schema.Objects(), form.Fields()
	for at, groups := range asked {
		same := strings.Replace(strings.TrimPrefix(at, "slides[0].translations.de."), "slides[0].", "", 1)
		fields, ok := described[at]
		for _, like := range []string{same, strings.TrimPrefix(at, "translations.de."), "slides[0]." + same} {
			if !ok {
				fields, ok = described[like]
			}
		}
		if !ok && strings.HasSuffix(at, ".e") {
			fields, ok = described["slides[0].positions.e"]
		}
		if !ok {
			t.Errorf("the schema has no object %s with the fields %v", at, groups)
			continue
		}
		left := maps.Clone(fields)
		for _, names := range groups {
			n := 0
			for _, name := range names {
				if fields[name] {
					n++
				}
				delete(left, name)
			}
			if n != 1 {
				t.Errorf("%s: of the names %v, the schema describes %d; describe one of them in fields.go", at, names, n)
			}
		}
		for name := range left {
			t.Errorf("%s: the parser does not know the field %q of the schema", at, name)
		}
	}
	for at := range described {
		if asked[at] == nil {
			t.Errorf("the parser reads no object %s", at)
		}
	}
}

// Every field has a description, in sentences.
func TestSchemaDescribesEveryField(t *testing.T) {
	t.Parallel()
	var doc map[string]any
	text, err := schema.JSON()
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{"deck": any(doc)}
	maps.Copy(all, doc["$defs"].(map[string]any))
	for object, def := range all {
		for name, field := range def.(map[string]any)["properties"].(map[string]any) {
			if s, _ := field.(map[string]any)["description"].(string); !strings.HasSuffix(s, ".") {
				t.Errorf("%s.%s: the description %q", object, name, s)
			}
		}
	}
}

// Every example is valid by the schema, and names it, so that editors complete it.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	valid := schematest.Compile(t)
	files, err := filepath.Glob("../../../examples/*.[jy]*") // JSON and YAML
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(text); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if !bytes.Contains(text[:min(len(text), 200)], []byte("$schema")) {
			t.Errorf("%s does not name the schema", file)
		}
	}
}

// The schema and the rules agree on the bounds of every field: the last good value is valid by both, and the first bad
// one by neither.
func TestSchemaHasTheBoundsOfTheRules(t *testing.T) {
	t.Parallel()
	valid := schematest.Compile(t)
	long := func(n int) string { return strings.Repeat("x", n) }
	slide := func(field string) string { return "slides: [{" + field + "}]" }
	for _, c := range []struct{ good, bad string }{
		{"{}", "7"}, {"title: " + long(lectern.MaxTitle), "title: " + long(lectern.MaxTitle+1)},
		{"theme: light-modern", "theme: 7"}, {"frameRate: 60", "frameRate: 61"}, {"fps: 24", "fps: 23"},
		{"quality: low", "quality: best"}, {"preset: 4k", "preset: 8k"}, {"aspect: '4:3'", "aspect: wide"},
		{"layout: side_by_side", "layout: nowhere"}, {"subtitles: on", "subtitles: maybe"},
		{"subtitles: false", "subtitles: 1"},
		{"size: [240, 240]", "size: [238, 240]"}, {"size: [3840, 2160]", "size: [3842, 2160]"},
		{"size: {width: 640, height: 480}", "size: {width: 641, height: 480}"}, {"resolution: 720p", "resolution: 721p"},
		{"hold: 600", "hold: 601"}, {"hold: 0.1", "hold: 0"}, {"duration: 2", "duration: x"},
		{"voice: slt", "voice: 7"}, {"voice: {speed: 0.25}", "voice: {speed: 0.24}"},
		{"voice: {speed: 4}", "voice: {speed: 4.1}"},
		{"voice: {gender: male}", "voice: {gender: robot}"}, {"voice_id: slt", "voice_id: 7"},
		{"transitions: [fade, null, {type: wipeleft, duration: 5}]", "transitions: [{type: fade, duration: 5.1}]"},
		{"transitions: [{duration: 0}]", "transitions: [{type: spin}]"}, {"metadata: {a: x}", "metadata: {a: 7}"},
		{"language: pt-BR", "language: portuguese"}, {"variables: {a: x, b: 7}", "variables: {'a b': x}"},
		{"translations: {de: {title: T, voice: v}}", "translations: {german: {}}"}, {"keyAvatar: false", "keyAvatar: x"},
		{"slide_only: true", "slide_only: x"}, {slide("avatar_position: {x: 1, y: 2, width: 300, height: 300}"),
			slide("avatarBox: {x: a, y: 2}")}, {slide("id: 7"), slide("id: [7]")}, {slide("anything: 7"), slide("narration: 7")},
		{slide("avatarBackground: '#FFF'"), slide("avatarBackground: blue")}, {slide("background: blue"), slide("props: x")},
		{slide("elai_background_color: 'rgb(1, 2, 3)'"), slide("elaiBackgroundColor: '#ff'")},
		{slide("positions: {a: {x: 1, y: -2.5}}"), slide("positions: {a: {x: 1000001, y: 0}}")},
		{slide("page: {file: a.pdf, page: 1}"), slide("page: {file: a.pdf, page: 0}")},
		{slide("page: 7"), slide("page: {file: a.pdf, page: 1.5}")}, {slide("sound: {file: a.mp3, start: 0, end: 1}"),
			slide("sound: {file: a.mp3, end: 0}")}, {slide("sound: x"), slide("sound: {file: a.mp3, start: -1}")},
		{slide("translations: {de: {narration: x, title: y}}"), slide("translations: {de: {narration: 7}}")},
		{"recording: {file: a.mp3, starts: [0, 1.5, '0:02', 3]}", "recording: {file: a.mp3, starts: [0, 1, 2, x]}"},
		{"recording: {file: a.mp3, starts: '0,1,2,3'}", "recording: {file: a.mp3, starts: [-1, 1, 2, 3]}"},
		{"recording: {file: a.mp3, starts: \"0:00 one\\n0:10\\n0:20\\n0:30\"}", "recording: a.mp3"},
		{"voiceoverTexts: [a, null]", "voiceoverTexts: [7]"}, {"'$schema': x", "slides: {}"},
	} {
		for text, want := range map[string]bool{c.good: true, c.bad: false} {
			if want && text == "{}" {
				text = "slides: [{}]"
			} else if !strings.HasPrefix(text, "slides") && text != "7" {
				text += "\nslides: [{}, {}, {}, {}]"
			}
			q, err := yamldeck.Parser{}.Parse(t.Context(), deck.Source{Bytes: []byte(text)}, nil, lectern.Limits{})
			if err == nil {
				faults := slices.DeleteFunc(q.Deck.Validate(lectern.Limits{}), func(f lectern.Failure) bool {
					return f.Code == lectern.CodeTooLarge
				})
				err = q.Judge(lectern.Join(faults))
			}
			if (err == nil) != want {
				t.Errorf("%s: the rules say %v", text, err)
			}
			if err := valid([]byte(text)); (err == nil) != want {
				t.Errorf("%s: the schema says %v", text, err)
			}
		}
	}
}
