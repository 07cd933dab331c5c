package jsondeck_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck/jsondeck"
)

func parse(t *testing.T, text string) (lectern.Deck, []lectern.Warning) {
	t.Helper()
	d, w, err := jsondeck.Parse([]byte(text), lectern.Limits{})
	if err != nil {
		t.Fatalf("%v (%+v)\n%s", err, err, text)
	}
	return d, w
}

func refuse(t *testing.T, text string) *lectern.Failure {
	t.Helper()
	_, _, err := jsondeck.Parse([]byte(text), lectern.Limits{})
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok {
		t.Fatalf("accepted, or failed without a failure: %v\n%.300s", err, text)
	}
	return f
}

// The request in docs/CUSTOM.md gives a deck with all defaults.
func TestRequestOfTheDocumentation(t *testing.T) {
	t.Parallel()
	d, w := parse(t, `{"slides_data":[{"templateId":"content-slide","props":{"title":"Hello","content":"First slide","voiceoverText":"Hello, and welcome."}}],"avatar_code":"mikhailo"}`)
	want := lectern.Deck{
		Title: "Hello", Theme: "dark-purple", Size: lectern.Size{Width: 1920, Height: 1080}, FrameRate: 30,
		Quality: lectern.QualityHigh,
		Layout:  lectern.LayoutPictureInPicture, Avatar: "mikhailo", Hold: 3 * time.Second, KeyAvatar: new(true),
		Slides: []lectern.Slide{{Template: "content", Props: map[string]any{"title": "Hello", "content": "First slide"},
			Narration: "Hello, and welcome."}},
	}
	if !reflect.DeepEqual(d, want) || len(w) != 0 {
		t.Errorf("got %+v, warnings %v", d, w)
	}
}

// A deck says whether its subtitle track is shown, as true and false or "on" and "off".
func TestV7Subtitles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]lectern.Subtitles{"": "", `,"subtitles":true`: "on", `,"subtitles":"On"`: "on",
		`,"subtitles":false`: "off", `,"subtitles":"off"`: "off"} {
		if d, w := parse(t, `{"slides":[{}]`+text+`}`); d.Subtitles != want || len(w) > 0 {
			t.Errorf("%s is %q, warnings %v", text, d.Subtitles, w)
		}
	}
	if f := refuse(t, `{"slides":[{}],"subtitles":"maybe"}`); f.Param != "subtitles" {
		t.Errorf("%+v", f)
	}
}

// A parser sets no defaults: fields that the author did not write stay empty.
func TestParsersSetNoDefaults(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"slides":[{}]}`, `{"slides_data":[{"props":{}}],"theme":null,"hold":null}`} {
		q, err := jsondeck.ParseRequest(text, "", lectern.Limits{})
		if err != nil || !reflect.DeepEqual(q.Deck, lectern.Deck{Slides: []lectern.Slide{{}}}) {
			t.Errorf("%s: %v %+v", text, err, q.Deck)
		}
	}
}

// The default hold does not depend on the name of the list of slides.
func TestDefaultHold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		`{"slides":[{}]}`:                3 * time.Second,
		`{"slidesData":[{}]}`:            3 * time.Second,
		`{"slides":[{}],"duration":7}`:   7 * time.Second,
		`{"slidesData":[{}],"hold":0.5}`: 500 * time.Millisecond,
	} {
		if d, _ := parse(t, text); d.Hold != want {
			t.Errorf("%s holds for %v, not %v", text, d.Hold, want)
		}
	}
	if d, _ := parse(t, `{"slides":[{"hold":1.5},{}]}`); d.Slides[0].Hold != 1500*time.Millisecond ||
		d.Slides[1].Hold != 0 {
		t.Errorf("%+v", d.Slides)
	}
}

// everyOlderField is a request with every field of the older service.
const everyOlderField = `{
	"slidesData":[
		{"templateId":"hero-title-slide","slideId":"s1","props":{"title":"One","voiceoverText":"From props."},"voiceoverText":"From the slide.",
		 "avatarPosition":{"x":100.4,"y":200,"width":400,"height":300,"backgroundColor":"#ABC"},"elaiBackgroundColor":"#4868FF",
		 "metadata":{"elementPositions":{"box_one":{"x":48,"y":27},"title":{"x":960,"y":540}},"canvasDimensions":{"width":960,"height":540}}},
		{"templateId":"avatar-checklist","title":"Two","items":[{"text":"yes","isPositive":true}],"elaiBackgroundColor":"#4868FF80"},
		{"templateId":"bullet-points","props":{"items":["a"],"voiceoverText":"Three."}}],
	"voiceoverTexts":["unused","For two.","unused"],
	"avatarCode":"gia.casual","theme":"light-modern","layout":"side_by_side","quality":"low","resolution":[1280,720],"duration":2.5,
	"projectName":"My talk","voiceId":"slt","voiceProvider":"flite","transitions":[{"type":"fade","duration":1},{"type":"none","duration":1}],
	"slideOnly":false,"useAvatarMask":false}`

func TestEveryFieldOfTheOlderService(t *testing.T) {
	t.Parallel()
	d, w := parse(t, everyOlderField)
	want := lectern.Deck{
		Title: "My talk", Theme: "light-modern", Size: lectern.Size{Width: 1280, Height: 720}, FrameRate: 30,
		Quality: lectern.QualityLow,
		Layout:  lectern.LayoutSideBySide, Avatar: "gia.casual", Voice: lectern.VoiceChoice{Engine: "flite", ID: "slt"},
		Hold:      2500 * time.Millisecond,
		KeyAvatar: new(false), Transitions: []lectern.Transition{{Type: "fade", Duration: time.Second}, {Type: "none"}},
		Slides: []lectern.Slide{
			{ID: "s1", Template: "hero-title", Props: map[string]any{"title": "One"}, Narration: "From the slide.",
				AvatarBox: &lectern.Rect{X: 100, Y: 200, Width: 400, Height: 300}, Background: "#aabbcc",
				Positions: map[string]lectern.Point{"box_one": {X: 96, Y: 54}, "title": {X: 1920, Y: 1080}}},
			{Template: "avatar-checklist",
				Props:     map[string]any{"title": "Two", "items": []any{map[string]any{"text": "yes", "isPositive": true}}},
				Narration: "For two.", Background: "#4868ff"},
			{Template: "bullet-points", Props: map[string]any{"items": []any{"a"}}, Narration: "Three."},
		},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
	if len(w) != 0 {
		t.Errorf("warnings %v", w)
	}
}

func TestNarration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"the slide's own counts first",
			`{"slides":[{"voiceoverText":"slide","props":{"voiceoverText":"props"}}],"voiceoverTexts":["list"]}`, "slide"},
		{"then its props'", `{"slides":[{"props":{"voiceover_text":"props"}}],"voiceoverTexts":["list"]}`, "props"},
		{"then the list's", `{"slides":[{}],"voiceover_texts":["list"]}`, "list"},
		{"blank counts as absent",
			`{"slides":[{"voiceoverText":" \n","props":{"voiceoverText":""}}],"voiceoverTexts":["list"]}`, "list"},
		{"several for one slide are joined", `{"slides":[{}],"voiceoverTexts":["One."," ","Two.",null]}`, "One.\nTwo."},
		{"one string is accepted", `{"slides":[{}],"voiceoverTexts":"one"}`, "one"},
		{"the native name", `{"slides":[{"narration":"native"}]}`, "native"},
		{"control characters are removed", `{"slides":[{"narration":"a\u0000b\r\nc\u0007"}]}`, "ab\nc"},
		{"none", `{"slides":[{}]}`, ""},
		{"of a slide by slideUrl", `{"slideUrl":"https://example.com/1.png","voiceoverTexts":["one","two"]}`, "one\ntwo"},
	} {
		d, _ := parse(t, c.text)
		if d.Slides[0].Narration != c.want {
			t.Errorf("%s: %q, not %q", c.name, d.Slides[0].Narration, c.want)
		}
		if _, left := d.Slides[0].Props["voiceoverText"]; left {
			t.Errorf("%s: the narration is left among the props", c.name)
		}
	}
	d, w := parse(t, `{"slides":[{},{}],"voiceoverTexts":["a","b","c"]}`)
	if d.Slides[1].Narration != "b" || len(w) != 1 || w[0].Code != "unused_narration" {
		t.Errorf("more texts than slides: %q %v", d.Slides[1].Narration, w)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	deck := func(fields string) string { return `{"slides":[{"title":"x"},{"title":"y"}]` + fields + `}` }
	for _, c := range []struct {
		fields string
		holds  func(lectern.Deck) bool
	}{
		{`,"aspect":"9:16"`, func(d lectern.Deck) bool { return d.Size == lectern.Size{Width: 1080, Height: 1920} }},
		{`,"aspect":"1:1"`, func(d lectern.Deck) bool { return d.Size == lectern.Size{Width: 1080, Height: 1080} }},
		{`,"aspect":"64:27"`, func(d lectern.Deck) bool { return d.Size == lectern.Size{Width: 2560, Height: 1080} }},
		{`,"aspect":"9:16","resolution":"720p"`,
			func(d lectern.Deck) bool { return d.Size == lectern.Size{Width: 720, Height: 1280} }},
		{`,"resolution":"480p"`, func(d lectern.Deck) bool { return d.Size == lectern.Size{Width: 854, Height: 480} }},
		{`,"size":{"width":1280,"height":720}`,
			func(d lectern.Deck) bool { return d.Size == lectern.Size{Width: 1280, Height: 720} }},
		{`,"resolution":"1280x720"`, func(d lectern.Deck) bool { return d.Size == lectern.Size{Width: 1280, Height: 720} }},
		{`,"resolution":[1280.0,720]`, func(d lectern.Deck) bool { return d.Size == lectern.Size{Width: 1280, Height: 720} }},
		{`,"frame_rate":25`, func(d lectern.Deck) bool { return d.FrameRate == 25 }},
		{`,"quality":"Medium"`, func(d lectern.Deck) bool { return d.Quality == lectern.QualityMedium }},
		{`,"corner":"Top left"`, func(d lectern.Deck) bool { return d.Corner == lectern.CornerTopLeft }},
		{`,"layout":"split-screen"`, func(d lectern.Deck) bool { return d.Layout == lectern.LayoutSplitScreen }},
		{`,"avatar":"None"`, func(d lectern.Deck) bool { return d.Layout == lectern.LayoutSlideOnly && d.Avatar == "" }},
		{`,"slideOnly":true,"layout":"split_screen"`,
			func(d lectern.Deck) bool { return d.Layout == lectern.LayoutSlideOnly }},
		{`,"hold":0.0004`, func(d lectern.Deck) bool { return d.Hold == time.Millisecond }},
		{`,"voice":"amy"`, func(d lectern.Deck) bool { return d.Voice.ID == "amy" }},
		{`,"voice":{"engine":"espeak","language":"uk","speed":1.2,"gender":"female"}`, func(d lectern.Deck) bool {
			return d.Voice == lectern.VoiceChoice{Engine: "espeak", Language: "uk", Speed: 1.2, Gender: "female"}
		}},
		{`,"transitions":["wipeleft"]`, func(d lectern.Deck) bool {
			return reflect.DeepEqual(d.Transitions, []lectern.Transition{{Type: "wipeleft", Duration: 500 * time.Millisecond}})
		}},
		{`,"transitions":[{"type":"Wipe Left","duration":5},{"type":"cut"}]`, func(d lectern.Deck) bool {
			return reflect.DeepEqual(d.Transitions, []lectern.Transition{{Type: "wipeleft", Duration: 5 * time.Second},
				{Type: "none", Duration: 500 * time.Millisecond}})
		}},
		{`,"transitions":[null,{"type":"fade"}]`, func(d lectern.Deck) bool {
			return d.Transitions[0].IsCut() &&
				!d.Transitions[1].IsCut()
		}},
		{`,"transitions":[{"type":"fade","duration":0},{"duration":1}]`,
			func(d lectern.Deck) bool { return d.Transitions[0].IsCut() && d.Transitions[1].IsCut() }},
		{`,"metadata":{"order_id":"7"}`,
			func(d lectern.Deck) bool { return reflect.DeepEqual(d.Metadata, map[string]string{"order_id": "7"}) }},
		{`,"theme":null,"quality":null`, func(d lectern.Deck) bool {
			return d.Theme == "dark-purple" &&
				d.Quality == lectern.QualityHigh
		}},
		{`,"title":"A","projectName":"A"`, func(d lectern.Deck) bool { return d.Title == "A" }},
	} {
		if d, _ := parse(t, deck(c.fields)); !c.holds(d) {
			t.Errorf("%s gives %+v", c.fields, d)
		}
	}
}

func TestSlides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want lectern.Slide
	}{
		{`{"template":"thank_you-slide"}`, lectern.Slide{Template: "thank-you"}},
		{`{"templateId":"slide"}`, lectern.Slide{Template: "slide"}},
		{`{"title":"Direct","props":{"title":"Props"}}`,
			lectern.Slide{Template: "content", Props: map[string]any{"title": "Props"}}},
		{`{"image":"https://example.com/a.png"}`,
			lectern.Slide{Template: "image", Props: map[string]any{"image": "https://example.com/a.png"}}},
		{`{"slideId":7,"props":{"title":42,"value":1.5,"left_items":[{"is_new":true,"none":null}]}}`,
			lectern.Slide{ID: "7", Template: "content", Props: map[string]any{"title": "42", "value": 1.5,
				"leftItems": []any{map[string]any{"isNew": true}}}}},
		{`{"props":{"a_b":1,"aB":2}}`, lectern.Slide{Template: "content", Props: map[string]any{"aB": 2.0}}},
		{`{"background":"#123456"}`, lectern.Slide{Template: "content", Background: "#123456"}},
		{`{"background":"photo.png"}`, lectern.Slide{Template: "content", Props: map[string]any{"background": "photo.png"}}},
		{`{"elaiBackgroundColor":"rgb(255, 0, 16)"}`, lectern.Slide{Template: "content", Background: "#ff0010"}},
		{`{"avatarPosition":{"backgroundColor":"transparent"},"elaiBackgroundColor":"#ffffff"}`,
			lectern.Slide{Template: "content", Background: "#ffffff"}},
		{`{"avatarPosition":{"x":10,"y":20}}`,
			lectern.Slide{Template: "content", AvatarBox: &lectern.Rect{X: 10, Y: 20, Width: 480, Height: 480}}},
		{`{"positions":{"a":{"x":1,"y":-0.001}}}`,
			lectern.Slide{Template: "content", Positions: map[string]lectern.Point{"a": {X: 1}}}},
		{`{"metadata":{"elementPositions":{"a":{"x":1,"y":2}},"other":[1]}}`,
			lectern.Slide{Template: "content", Positions: map[string]lectern.Point{"a": {X: 1, Y: 2}}}},
		{`{"props":{"title":"<script>{{.}}</script>"}}`,
			lectern.Slide{Template: "content", Props: map[string]any{"title": "<script>{{.}}</script>"}}},
	} {
		d, _ := parse(t, `{"slides":[`+c.text+`]}`)
		if !reflect.DeepEqual(d.Slides[0], c.want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", c.text, d.Slides[0], c.want)
		}
	}
	d, w := parse(t, `{"aspect":"9:16","slides":[{"avatarPosition":{"x":900,"y":-20,"width":400,"height":400},"metadata":{"elementPositions":{"a":{"x":50,"y":50}},"canvasDimensions":{"width":100,"height":100}}}]}`)
	if got := d.Slides[0]; *got.AvatarBox != (lectern.Rect{X: 900, Y: -20, Width: 400, Height: 400}) ||
		got.Positions["a"] != (lectern.Point{X: 540, Y: 960}) || len(w) > 0 {
		t.Errorf("a portrait page: %+v %+v, warnings %v", got.AvatarBox, got.Positions, w)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"slides":[{}],"tehme":"x"}`:                            `Did you mean "theme"?`,
		`{"slides":[{}],"frameRates":25}`:                        `Did you mean "frameRate"?`,
		`{"slides":[{}],"zzzzzzzz":1}`:                           `"zzzzzzzz" is not known`,
		`{"slides":[{}],"slideUrl":"https://example.com/a.png"}`: `ignored, because the deck has slides`,
		`{"slides":[{}],"voice":{"id":"a","pitch":2}}`:           `"voice.pitch" is not known`,
	} {
		if _, w := parse(t, text); len(w) != 1 || !strings.Contains(w[0].Message, want) {
			t.Errorf("%s: warnings %v", text, w)
		}
	}
	if _, w := parse(t, `{"$schema":"https://example.com","slides":[{}]}`); len(w) != 0 {
		t.Errorf("$schema: %v", w)
	}
}

// J11: each fault has a code, the path of the field as it was written, the slide, and a sentence.
func TestFaults(t *testing.T) {
	t.Parallel()
	slide := func(s string) string { return `{"slides":[{},` + s + `]}` }
	deck := func(s string) string { return `{"slides":[{}],` + s + `}` }
	deep := strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20)
	for _, c := range []struct {
		text  string
		code  lectern.Code
		param string
		slide int
		says  string
	}{
		{`{}`, lectern.CodeInvalidDeck, "slides", 0, "no slides"},
		{`{"slides":[]}`, lectern.CodeInvalidDeck, "slides", 0, "no slides"},
		{`{"slides_data":{}}`, lectern.CodeInvalidDeck, "slides_data", 0, "must be a list, not an object"},
		{`{"slides":[{}],"slidesData":[{},{}]}`, lectern.CodeInvalidDeck, "slidesData", 0, "different values"},
		{`[1]`, lectern.CodeInvalidDeck, "", 0, "JSON object"},
		{`{"slides":[{},7]}`, lectern.CodeInvalidDeck, "slides[1]", 2, "must be an object, not the number 7"},
		{`{"slides":[` + strings.Repeat(`{},`, 500) + `{}]}`, lectern.CodeInvalidDeck, "slides", 0, "more than 500 slides"},
		{slide(`{"props":{"title":["x"]}}`), lectern.CodeInvalidDeck, "slides[1].props.title", 2,
			"must be a string, not a list"},
		{slide(`{"title":{"x":1}}`), lectern.CodeInvalidDeck, "slides[1].title", 2, "must be a string"},
		{slide(`{"props":{"content":true}}`), lectern.CodeInvalidDeck, "slides[1].props.content", 2, "a string or a list"},
		{slide(`{"props":{"items":{}}}`), lectern.CodeInvalidDeck, "slides[1].props.items", 2, "must be a list"},
		{slide(`{"props":[]}`), lectern.CodeInvalidDeck, "slides[1].props", 2, "must be an object"},
		{slide(`{"props":{"x":` + deep + `}}`), lectern.CodeInvalidDeck, "", 2, "nested more than 16 deep"},
		{slide(`{"props":{"x":1e999}}`), lectern.CodeInvalidDeck, "slides[1].props.x", 2, "too large"},
		{slide(`{"props":{"x":"` + strings.Repeat("x", 1<<20) + `"}}`), lectern.CodeInvalidDeck, "slides[1].props", 2,
			"the limit is 1048576"},
		{slide(`{"voiceoverText":7}`), lectern.CodeInvalidDeck, "slides[1].voiceoverText", 2, "must be a string"},
		{slide(`{"narration":"` + strings.Repeat("word ", 1<<18) + `"}`), lectern.CodeInvalidDeck, "slides[1].narration", 2,
			"the limit is 200000"},
		{slide(`{"props":{"voiceoverText":"` + strings.Repeat("x", 200_001) + `"}}`), lectern.CodeInvalidDeck,
			"slides[1].props.voiceoverText", 2, "200001 bytes"},
		{`{"slides":[{},{}],"voiceoverTexts":["","` + strings.Repeat("x", 200_001) + `"]}`, lectern.CodeInvalidDeck,
			"voiceoverTexts[1]", 2, "200001 bytes"},
		{deck(`"voiceoverTexts":[7]`), lectern.CodeInvalidDeck, "voiceoverTexts[0]", 0, "list of strings"},
		{deck(`"voiceoverTexts":{}`), lectern.CodeInvalidDeck, "voiceoverTexts", 0, "list of strings"},
		{slide(`{"templateId":5}`), lectern.CodeInvalidDeck, "slides[1].templateId", 2, "must be a string"},
		{slide(`{"slideId":[]}`), lectern.CodeInvalidDeck, "slides[1].slideId", 2, "must be a string"},
		{slide(`{"avatarPosition":{"x":"left","y":0}}`), lectern.CodeInvalidDeck, "slides[1].avatarPosition.x", 2,
			"must be a number"},
		{slide(`{"avatarPosition":{"y":0}}`), lectern.CodeInvalidDeck, "slides[1].avatarPosition", 2, "needs x and y"},
		{slide(`{"avatarPosition":{"x":0,"y":0,"width":0}}`), lectern.CodeInvalidDeck, "slides[1].avatarPosition.width", 2,
			"out of bounds"},
		{slide(`{"avatar_position":{"x":5000,"y":0,"width":10,"height":10}}`), lectern.CodeInvalidDeck,
			"slides[1].avatar_position", 2, "outside the slide"},
		{slide(`{"avatarPosition":{"x":0,"y":0,"backgroundColor":"puce"}}`), lectern.CodeInvalidDeck,
			"slides[1].avatarPosition.backgroundColor", 2, "colour"},
		{slide(`{"elaiBackgroundColor":7}`), lectern.CodeInvalidDeck, "slides[1].elaiBackgroundColor", 2, "must be a string"},
		{slide(`{"metadata":{"elementPositions":{"a":[1,2]}}}`), lectern.CodeInvalidDeck,
			"slides[1].metadata.elementPositions.a", 2, "x and y"},
		{slide(`{"metadata":{"elementPositions":{"a":{"x":1}}}}`), lectern.CodeInvalidDeck,
			"slides[1].metadata.elementPositions.a", 2, "x and y"},
		{slide(`{"metadata":{"canvasDimensions":{"width":0,"height":5}}}`), lectern.CodeInvalidDeck,
			"slides[1].metadata.canvasDimensions.width", 2, "1 to 100000"},
		{slide(`{"metadata":{"canvasDimensions":{"width":10}}}`), lectern.CodeInvalidDeck,
			"slides[1].metadata.canvasDimensions", 2, "width and a height"},
		{deck(`"layout":"upside_down"`), lectern.CodeUnknownLayout, "layout", 0, `"picture_in_picture", "side_by_side"`},
		{deck(`"layout":"side_by_sied"`), lectern.CodeUnknownLayout, "layout", 0, `Did you mean "side_by_side"?`},
		{deck(`"quality":"ultra"`), lectern.CodeInvalidDeck, "quality", 0, `"high", "medium" or "low"`},
		{deck(`"resolution":[1921,1080]`), lectern.CodeInvalidDeck, "resolution", 0, "must be even"},
		{deck(`"resolution":[100000,100000]`), lectern.CodeInvalidDeck, "resolution", 0, "240 to 3840"},
		{deck(`"resolution":[-2,4]`), lectern.CodeInvalidDeck, "resolution", 0, "240 to 3840"},
		{deck(`"resolution":[3840,240]`), lectern.CodeInvalidDeck, "resolution", 0, "too narrow"},
		{deck(`"resolution":[1920]`), lectern.CodeInvalidDeck, "resolution", 0, "two numbers"},
		{deck(`"resolution":["1920",1080]`), lectern.CodeInvalidDeck, "resolution[0]", 0, "must be a number"},
		{deck(`"resolution":[1920.5,1080]`), lectern.CodeInvalidDeck, "resolution[0]", 0, "whole number"},
		{deck(`"resolution":"big"`), lectern.CodeInvalidDeck, "resolution", 0, "1920x1080"},
		{deck(`"resolution":true`), lectern.CodeInvalidDeck, "resolution", 0, "two numbers"},
		{deck(`"size":{"width":1920}`), lectern.CodeInvalidDeck, "size", 0, "width and a height"},
		{deck(`"aspect":"wide"`), lectern.CodeInvalidDeck, "aspect", 0, `"16:9"`},
		{deck(`"aspect":"16:0"`), lectern.CodeInvalidDeck, "aspect", 0, `"16:9"`},
		{deck(`"aspect":"9:1"`), lectern.CodeInvalidDeck, "aspect", 0, "too narrow"},
		{deck(`"aspect":"1:1","size":{"width":1920,"height":1080}`), lectern.CodeInvalidDeck, "aspect", 0, "do not agree"},
		{deck(`"frameRate":29.97`), lectern.CodeInvalidDeck, "frameRate", 0, "24, 25, 30, 50 or 60"},
		{deck(`"frameRate":1e400`), lectern.CodeInvalidDeck, "frameRate", 0, "too large"},
		{deck(`"duration":-5`), lectern.CodeInvalidDeck, "duration", 0, "at most 600"},
		{deck(`"hold":0`), lectern.CodeInvalidDeck, "hold", 0, "more than 0"},
		{deck(`"duration":"30"`), lectern.CodeInvalidDeck, "duration", 0, "must be a number, not a string"},
		{deck(`"slideOnly":"yes"`), lectern.CodeInvalidDeck, "slideOnly", 0, "true or false"},
		{deck(`"theme":7`), lectern.CodeInvalidDeck, "theme", 0, "must be a string"},
		{deck(`"theme":"` + strings.Repeat("x", 300) + `"`), lectern.CodeInvalidDeck, "theme", 0, "limit is 200"},
		{deck(`"avatarCode":["a"]`), lectern.CodeInvalidDeck, "avatarCode", 0, "must be a string"},
		{deck(`"voice":7`), lectern.CodeInvalidDeck, "voice", 0, "voice's id"},
		{deck(`"voice":"a","voiceId":"b"`), lectern.CodeInvalidDeck, "voiceId", 0, "different voices"},
		{deck(`"voice":{"speed":9}`), lectern.CodeInvalidDeck, "voice.speed", 0, "0.25 and 4"},
		{deck(`"transitions":{}`), lectern.CodeInvalidDeck, "transitions", 0, "must be a list"},
		{deck(`"transitions":[5]`), lectern.CodeInvalidDeck, "transitions[0]", 0, "type and duration"},
		{deck(`"transitions":[{"type":"fadee","duration":1}]`), lectern.CodeInvalidDeck, "transitions[0].type", 0,
			`Did you mean "fade"?`},
		{deck(`"transitions":[{"type":"fade","duration":99}]`), lectern.CodeInvalidDeck, "transitions[0].duration", 0,
			"between 0 and 5"},
		{deck(`"metadata":{"a":1}`), lectern.CodeInvalidDeck, "metadata.a", 0, "must be strings"},
		{`{"slideUrl":"javascript:alert(1)"}`, lectern.CodeInvalidDeck, "slideUrl", 0, "address of a picture"},
		{`{"slideUrl":"/etc/passwd"}`, lectern.CodeInvalidDeck, "slideUrl", 0, "address of a picture"},
	} {
		f := refuse(t, c.text)
		if f.Code != c.code || c.param != "" && f.Param != c.param || f.Slide != c.slide ||
			!strings.Contains(f.Message, c.says) || len(f.Message) > 500 {
			t.Errorf("%.200s\ngot  %s %q slide %d: %s\nwant %s %q slide %d: %s", c.text, f.Code, f.Param, f.Slide, f.Message,
				c.code, c.param, c.slide, c.says)
		}
	}
}

// All faults are reported at once, the first one as the failure itself.
func TestAllFaultsAreReported(t *testing.T) {
	t.Parallel()
	f := refuse(t, `{"theme":1,"slides":[{"title":[]},{"voiceoverText":2},3],"quality":"x"}`)
	var params []string
	for _, c := range append([]lectern.Failure{*f}, f.Causes...) {
		params = append(params, fmt.Sprintf("%s@%d", c.Param, c.Slide))
	}
	want := "theme@0 slides[0].title@1 slides[1].voiceoverText@2 slides[2]@3 quality@0"
	if got := strings.Join(params, " "); got != want {
		t.Errorf("got %s", got)
	}
	many := refuse(t, `{"slides":[`+strings.TrimSuffix(strings.Repeat(`{"title":[]},`, 300), ",")+`]}`)
	if len(many.Causes) != 100 || !strings.Contains(many.Causes[99].Message, "200 more") {
		t.Errorf("%d causes, the last %q", len(many.Causes), many.Causes[len(many.Causes)-1].Message)
	}
}

func TestBrokenJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, says string }{
		{``, "empty"},
		{" \n ", "empty"},
		{`hello`, `does not begin a value`},
		{`{"slides":[{"templateId":`, "cut off"},
		{"{\n  \"slides\": [1,\n  ]\n}", "comma too many before the \"]\" (line 3, column 3)"},
		{`{"slides":[],}`, `comma too many before the "}"`},
		{`{"a" 1}`, `colon is missing after the name "a"`},
		{`{"a":1 "b":2}`, `comma or '}' is missing`},
		{`{a:1}`, "in double quotes"},
		{`{'a':1}`, "in double quotes"},
		{`{"a":'x'}`, "not single ones"},
		{`{"a":“x”}`, "straight quotes"},
		{`{"a":NaN}`, "NaN is not a number"},
		{`{"a":-Infinity}`, "digit should follow"},
		{`{"a":None}`, "None should be null"},
		{`{"a":True}`, "True should be true"},
		{`{"a":// x` + "\n1}", "comments are not allowed"},
		{`{"a":01}`, "begin with a zero"},
		{`{"a":1.}`, "decimal point"},
		{`{"a":1e}`, "exponent"},
		{`{"a":.5}`, "begins with a digit"},
		{`{"a":"x` + "\n" + `y"}`, "line break inside a string"},
		{`{"a":"x` + "\t" + `y"}`, `write \t`},
		{`{"a":"x`, "no closing quote"},
		{`{"a":"\x"}`, "backslash"},
		{`{"a":"\u12g4"}`, "four hexadecimal digits"},
		{"{\"a\":\"\xff\"}", "not UTF-8"},
		{"\xff\xfe{\x00", "not UTF-8"},
		{`{"a":1,"a":2}`, `"a" occurs twice`},
		{`{"slides":[]} {}`, "follows the end"},
		{strings.Repeat("[", 100_000), "nested more than 64 deep"},
	} {
		f := refuse(t, c.text)
		if f.Code != lectern.CodeInvalidJSON || !strings.Contains(f.Message, c.says) ||
			!strings.Contains(f.Message, "(line ") {
			t.Errorf("%.60q: %s: %s", c.text, f.Code, f.Message)
		}
	}
	f := refuse(t, "{\n \"title\": \"Привіт\" oops\n}")
	if want := ` "title": "Привіт" oops` + "\n" + strings.Repeat(" ", 19) + "^"; f.Detail != want ||
		!strings.Contains(f.Message, "line 2, column 20") {
		t.Errorf("excerpt %q, message %q", f.Detail, f.Message)
	}
}

func TestAcceptedText(t *testing.T) {
	t.Parallel()
	d, _ := parse(t, "\ufeff\r\n{\"slides\":[{\"title\":\"\\ud83d\\ude00 \\u00e9 \\ud800 \\/\"}]}\n")
	if got := d.Slides[0].Props["title"]; got != "😀 é \ufffd /" {
		t.Errorf("escapes: %q", got)
	}
	_, _, err := jsondeck.Parse([]byte(`{"slides":[{}]}        `), lectern.Limits{BodyBytes: 16})
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeTooLarge}) {
		t.Errorf("a body over the limit: %v", err)
	}
	_, _, err = jsondeck.Parse([]byte(`{"slides":[{},{},{}]}`), lectern.Limits{Slides: 2})
	if err == nil || !strings.Contains(err.Error(), "more than 2 slides") {
		t.Errorf("a limit of two slides: %v", err)
	}
}

// Equal input gives equal output, byte for byte: content keys depend on it.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	first := ""
	for range 20 {
		d, w := parse(t, everyOlderField)
		b, err := json.Marshal([]any{d, w})
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(b)
		}
		if string(b) != first {
			t.Fatalf("%s\n%s", b, first)
		}
	}
}
