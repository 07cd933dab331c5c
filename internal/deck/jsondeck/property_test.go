package jsondeck_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"runtime/metrics"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/schema/schematest"
)

// snakeOf writes every field name of a request in snake_case. It leaves ids of elements as they are.
func snakeOf(v any, under string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, e := range v {
			if under == "elementPositions" || under == "callers" {
				out[name] = snakeOf(e, "")
				continue
			}
			var b strings.Builder
			for _, c := range name {
				if c >= 'A' && c <= 'Z' {
					b.WriteByte('_')
					c += 'a' - 'A'
				}
				b.WriteRune(c)
			}
			out[b.String()] = snakeOf(e, name)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = snakeOf(v[i], "")
		}
		return out
	}
	return v
}

func drawSlide(t *rapid.T) map[string]any {
	s := map[string]any{}
	put := func(name string, v any) {
		if rapid.Bool().Draw(t, "has "+name) {
			s[name] = v
		}
	}
	words := rapid.StringN(0, 20, 80)
	put("templateId", rapid.SampledFrom([]string{"content-slide", "big-image-left", "avatar-checklist", "two-column",
		""}).Draw(t, "template"))
	put("slideId", words.Draw(t, "id"))
	put("voiceoverText", words.Draw(t, "said"))
	put("elaiBackgroundColor", rapid.SampledFrom([]string{"#fff", "#A1B2C3", "transparent", "rgb(1,2,3)"}).Draw(t,
		"colour"))
	put("props", map[string]any{
		"title": words.Draw(t, "title"), "leftTitle": words.Draw(t, "left"), "voiceoverText": words.Draw(t, "in props"),
		"items": []any{map[string]any{"isPositive": true, "text": words.Draw(t, "item")}},
	})
	put("rightTitle", words.Draw(t, "right"))
	put("avatarPosition", map[string]any{
		"x": rapid.IntRange(0, 1400).Draw(t, "x"), "y": rapid.IntRange(0, 600).Draw(t, "y"),
		"width": rapid.IntRange(16, 500).Draw(t, "w"), "height": rapid.IntRange(16, 480).Draw(t, "h"),
		"backgroundColor": "#4868ff",
	})
	put("metadata", map[string]any{
		"elementPositions": map[string]any{"titleBox": map[string]any{"x": rapid.Float64Range(-100, 2000).Draw(t, "ex"),
			"y": 3}, "sub_title": map[string]any{"x": 1, "y": 2}},
		"canvasDimensions": map[string]any{"width": rapid.IntRange(100, 2000).Draw(t, "cw"), "height": 540},
	})
	return s
}

func drawDeck(t *rapid.T) map[string]any {
	d := map[string]any{}
	n := rapid.IntRange(1, 4).Draw(t, "slides")
	var slides, transitions []any
	for range n {
		slides = append(slides, drawSlide(t))
		transitions = append(transitions,
			map[string]any{"type": rapid.SampledFrom(lectern.TransitionTypes()).Draw(t, "transition"),
				"duration": rapid.Float64Range(0, 5).Draw(t, "duration")})
	}
	d["slidesData"] = slides
	put := func(name string, v any) {
		if rapid.Bool().Draw(t, "has "+name) {
			d[name] = v
		}
	}
	put("voiceoverTexts", []any{"one", rapid.String().Draw(t, "text"), nil})
	put("avatarCode", "gia.casual")
	put("theme", "light-modern")
	put("layout", string(rapid.SampledFrom(lectern.Layouts()).Draw(t, "layout")))
	put("quality", string(rapid.SampledFrom(lectern.Qualities()).Draw(t, "quality")))
	put("resolution", []any{1280, 720})
	put("duration", rapid.Float64Range(0.001, 600).Draw(t, "duration"))
	put("projectName", rapid.StringN(0, 40, 160).Draw(t, "name"))
	put("voiceId", "slt")
	put("voiceProvider", "flite")
	put("transitions", transitions)
	put("slideOnly", rapid.Bool().Draw(t, "only"))
	put("useAvatarMask", rapid.Bool().Draw(t, "mask"))
	return d
}

// camelCase and snake_case give equal decks, and both are valid by the schema.
func TestCamelAndSnakeAreEqual(t *testing.T) {
	t.Parallel()
	valid := schematest.Compile(t)
	rapid.Check(t, func(t *rapid.T) {
		request := drawDeck(t)
		camel, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		snake, err := json.Marshal(snakeOf(request, ""))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(valid(camel), valid(snake)); err != nil {
			t.Fatalf("%v\n%s", err, camel)
		}
		a, aw, err := jsondeck.Parse(camel, lectern.Limits{})
		if err != nil {
			t.Fatalf("%v\n%s", err, camel)
		}
		b, bw, err := jsondeck.Parse(snake, lectern.Limits{})
		if err != nil {
			t.Fatalf("%v\n%s", err, snake)
		}
		if !reflect.DeepEqual(a, b) || len(aw) != len(bw) {
			t.Fatalf("camel %+v %v\nsnake %+v %v", a, aw, b, bw)
		}
		sound(t, a)
	})
}

type fataler interface{ Fatalf(string, ...any) }

// sound checks what holds for every accepted deck.
func sound(t fataler, d lectern.Deck) {
	lim := lectern.DefaultLimits()
	switch {
	case len(d.Slides) == 0 || len(d.Slides) > lim.Slides:
		t.Fatalf("%d slides", len(d.Slides))
	case d.Size.Width%2 != 0 || d.Size.Height%2 != 0 || min(d.Size.Width, d.Size.Height) < lim.MinSide ||
		max(d.Size.Width, d.Size.Height) > lim.MaxSide:
		t.Fatalf("size %v", d.Size)
	case lectern.SampleRate%d.FrameRate != 0:
		t.Fatalf("frame rate %d", d.FrameRate)
	case d.Theme == "" || d.Layout == "" || d.Quality == "" || d.Hold <= 0:
		t.Fatalf("a default is missing: %+v", d)
	}
	page := d.SlideSize()
	for i, s := range d.Slides {
		if s.Template == "" || len(s.Narration) > lim.NarrationBytes || !utf8.ValidString(s.Narration) ||
			strings.TrimSpace(s.Narration) != s.Narration {
			t.Fatalf("slide %d: template %q, narration %q", i+1, s.Template, s.Narration)
		}
		if b := s.AvatarBox; b != nil && b.Within(page).Empty() {
			t.Fatalf("slide %d: the avatar's place %+v is not on the page %+v", i+1, *b, page)
		}
	}
}

// FuzzParse: no input panics. A refusal has a sentence of bounded length and a code other than internal. An accepted
// input is valid JSON for the standard library too, gives a sound deck, and gives the same deck when it is read again,
// or written and read.
func FuzzParse(f *testing.F) {
	f.Add([]byte(everyOlderField))
	f.Add([]byte(`{"slides_data":[{"templateId":"content-slide","props":{"title":"Hello"}}],"avatar_code":"mikhailo"}`))
	f.Add([]byte(`{"slideUrl":"https://example.com/a.png","voiceover_texts":["a","b"]}`))
	f.Add([]byte("\ufeff{\"slides\":[{\"title\":\"\\ud83d\\ude00\",\"n\":-1.5e-7}],\"aspect\":\"9:16\"}"))
	f.Add([]byte(`{"slides":[{"avatarPosition":{"x":-5,"y":1e3}}],"resolution":"1280x720"}`))
	f.Add([]byte(`[[[[[["\u00"]]]]]]`))
	f.Add([]byte(`{"language":"en","variables":{"a":"x","b":2},"translations":{"de":{"title":"T","voice":"v"}},"slides":[{"narration":"{{a}}","translations":{"de_AT":{"narration":"x","title":"y","revisions":{"narration":"r1"}},"no":{}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := lectern.Limits{BodyBytes: 1 << 20}
		d, w, err := jsondeck.Parse(data, lim)
		valid := json.Valid(bytes.TrimPrefix(data, []byte("\ufeff"))) && utf8.Valid(data)
		if err != nil {
			fail, ok := errors.AsType[*lectern.Failure](err)
			if !ok || fail.Message == "" || fail.Code == lectern.CodeInternal || len(fail.Message) > 1000 ||
				!utf8.ValidString(fail.Message) {
				t.Fatalf("%v", err)
			}
			lenient := strings.Contains(fail.Message, "occurs twice") || strings.Contains(fail.Message, "nested more than") ||
				strings.Contains(fail.Message, "a number has more than")
			if fail.Code == lectern.CodeInvalidJSON && valid && !lenient {
				t.Fatalf("the standard library accepts the refused text: %v", err)
			}
			return
		}
		if !valid {
			t.Fatalf("the standard library refuses the accepted text %q", data)
		}
		sound(t, d)
		d2, w2, err := jsondeck.Parse(data, lim)
		if err != nil || !reflect.DeepEqual(d, d2) || !reflect.DeepEqual(w, w2) {
			t.Fatalf("read twice, it differs: %+v %+v", d, d2)
		}
		if written := reread(t, d); !reflect.DeepEqual(written, d) {
			t.Fatalf("written and read again, it differs: %+v %+v", d, written)
		}
	})
}

// FuzzParseRequest: reading a deck and its settings allocates memory in proportion to their size and the budget of
// tokens. The bound fits a 64-bit machine and Go's maps, with a margin. Without the budget, the seeds exceed it two to
// three times.
func FuzzParseRequest(f *testing.F) {
	const tokens = 2000
	zeros := "[" + strings.Repeat("0,", 100_000) + "0]"
	objects := "[" + strings.Repeat(`{"a":0},`, 20_000) + "0]"
	deep := strings.Repeat(`{"a":[`, 30) + strings.Repeat("]}", 30)
	for _, s := range []string{zeros, objects, deep, strings.Repeat("9", 50_000),
		`"` + strings.Repeat(`\u0061`, 5000) + `"`, `{` + strings.Repeat(`"\u0000x":{},`, 900) + `"":0}`, "\"\xff\"",
		"[" + strings.Repeat(`"a",`, 1500) + `""]`} {
		for _, form := range []string{`{"title":"x","junk":%s,"slides":[]}`,
			`{"slides":[{"title":"x","props":{"items":%s}}]}`, `{"slides":[{"items":%s}]}`, `{"slides":%s}`,
			`{"slides":[{}],"metadata":%s}`, `{"slides":[{}],"transitions":%s}`,
			`{"slides":[{"metadata":{"elementPositions":%s}}]}`, `{"slides":[{}],"voiceoverTexts":%s,"voice":%[1]s}`,
			`{"slides":[{}],"resolution":%s}`, `{"slides":[{}],"variables":%s}`, `{"slides":[{"translations":%s}]}`,
			`{"slides":[{"translations":{"de":%s}}]}`, `{"slides":[{"translations":{"de":{"revisions":%s}}}]}`} {
			f.Add([]byte(strings.ReplaceAll(strings.ReplaceAll(form, "%[1]s", s), "%s", s)), []byte(`{"preset":"draft"}`))
		}
		f.Add([]byte(`{"slides":[{}]}`), []byte(`{"x":`+s+`}`))
	}
	f.Add([]byte(everyOlderField), []byte(nil))
	f.Fuzz(func(t *testing.T, deck, settings []byte) {
		lim := lectern.Limits{BodyBytes: 1 << 20, JSONTokens: tokens}
		before := allocated()
		q, err := jsondeck.ParseRequest(deck, settings, lim)
		used := allocated() - before
		if err == nil {
			err = q.Judge(lectern.Join(q.Deck.Validate(lim)))
		}
		if bound := uint64(512<<10 + 1000*tokens + 12*(len(deck)+len(settings))); used > bound {
			t.Fatalf("%d bytes were allocated for %d of the deck and %d of the settings; the bound is %d", used, len(deck),
				len(settings), bound)
		}
		if err != nil {
			fail, ok := errors.AsType[*lectern.Failure](err)
			if !ok || fail.Message == "" || fail.Code == lectern.CodeInternal || len(fail.Message) > 1000 ||
				len(fail.Causes) > 101 {
				t.Fatalf("%v", err)
			}
			return
		}
		sound(t, q.Deck.WithDefaults())
	})
}

// allocated is how many bytes the process has allocated so far. Fuzz tests run alone, so all of a difference is theirs.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
