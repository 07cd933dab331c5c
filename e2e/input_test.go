package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// one is the JSON of a deck with one slide, without the closing brace, so that a test can append fields.
const one = `{"slidesData":[{"templateId":"content-slide","props":{"title":"Hello"},"voiceoverText":"Hello."}]`

// TestBadInput: each wrong request gets the right status and a sentence that names the fault, on both interfaces, and
// the server goes on serving.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	many := strings.Repeat(`{"templateId":"content-slide","props":{"title":"x"}},`, 501)
	cases := []struct {
		name, body string
		status     int
		says       []string // each must be in the sentence, in any case
	}{
		{"broken JSON", `{"slidesData":[{"templateId":`, 400, []string{"json", "line 1"}},
		{"no JSON at all", `hello`, 400, []string{"json"}},
		{"empty body", ` `, 400, []string{"empty"}},
		{"an array", `[1,2]`, 422, []string{"object"}},
		{"no slides", `{}`, 422, []string{"slide"}},
		{"empty slides", `{"slidesData":[]}`, 422, []string{"slide"}},
		{"slides of the wrong type", `{"slidesData":"three"}`, 422, []string{"slidesData", "list"}},
		{"a slide of the wrong type", `{"slidesData":[7]}`, 422, []string{"slide"}},
		{"narration of the wrong type", `{"slidesData":[{"templateId":"content-slide","voiceoverText":7}]}`, 422,
			[]string{"voiceoverText", "text"}},
		{"unknown avatar", one + `,"avatarCode":"nobody"}`, 422, []string{"nobody", "mikhailo", "gia"}},
		{"unknown layout", one + `,"layout":"upside_down"}`, 422, []string{"upside_down", "picture_in_picture",
			"side_by_side"}},
		{"unknown theme", one + `,"theme":"neon"}`, 422, []string{"neon", "dark-purple"}},
		{"unknown quality", one + `,"quality":"ultra"}`, 422, []string{"ultra", "medium"}},
		{"odd resolution", one + `,"resolution":[1921,1080]}`, 422, []string{"1921", "even"}},
		{"huge resolution", one + `,"resolution":[100000,100000]}`, 422, []string{"100000", "3840"}},
		{"resolution of the wrong type", one + `,"resolution":"big"}`, 422, []string{"resolution"}},
		{"negative duration", one + `,"duration":-5}`, 422, []string{"duration"}},
		{"501 slides", `{"slidesData":[` + strings.TrimSuffix(many, ",") + `]}`, 422, []string{"more than 500"}},
		{"a narration of 1 MB", `{"slidesData":[{"templateId":"content-slide","voiceoverText":"` +
			strings.Repeat("word ", 1<<18) + `"}]}`, 422, []string{"narration", "slide 1"}},
		{"a body over the limit", `{"slidesData":[{"voiceoverText":"` + strings.Repeat("x", 33<<20) + `"}]}`, 413,
			[]string{"32"}},
		{"an image on a private network",
			`{"slidesData":[{"templateId":"big-image-left","props":{"title":"x","image":"http://192.168.0.1/x.png"}}]}`, 422,
			[]string{"private"}},
		{"an image on this machine",
			`{"slidesData":[{"templateId":"big-image-left","props":{"title":"x","image":"http://127.0.0.1/x.png"}}]}`, 422,
			[]string{"this machine"}},
		{"M7: an image from another " +
			"port", `{"slidesData":[{"templateId":"big-image-left","props":{"title":"x","image":"http://example.com:22/x.png"}}]}`, 422, []string{"port 22", "assets.ports"}},
		{"an image that is a file",
			`{"slidesData":[{"templateId":"big-image-left","props":{"title":"x","image":"file:///etc/passwd"}}]}`, 422,
			[]string{"image"}},
	}
	for _, c := range cases {
		a := s.must("POST", "/api/custom/presentations", c.body)
		m := a.json(t)
		sentence, _ := m["error"].(string)
		judge(t, c.name+" (custom)", a, c.status, sentence, c.says)
		if m["success"] != false {
			t.Errorf("%s: success is %v", c.name, m["success"])
		}
		a = s.must("POST", "/v1/presentations", c.body)
		m = a.json(t)
		sentence = fmt.Sprint(m["title"], " ", m["detail"])
		judge(t, c.name+" (v1)", a, c.status, sentence, c.says)
		if got := a.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: a problem comes as %q", c.name, got)
		}
	}
	for _, path := range []string{"/api/custom/presentations/00000000-0000-4000-8000-000000000000",
		"/v1/presentations/00000000-0000-4000-8000-000000000000",
		"/v1/presentations/..%2f..%2fetc", "/v1/presentations/nobody/video", "/api/custom/presentations/nobody/thumbnail"} {
		if a := s.must("GET", path, ""); a.status != 404 {
			t.Errorf("GET %s: %d %s", path, a.status, a.body)
		}
	}
	if a := s.must("GET", "/api/custom/presentations?limit=50", ""); a.status != 200 ||
		len(a.json(t)["jobs"].([]any)) != 0 {
		t.Errorf("refused requests made jobs: %d %s", a.status, a.body)
	}
}

// Faults of four kinds are reported at once, by a create and by a dry run: a field of the wrong type, a broken rule of
// decks, a theme and a template that the server does not have. On /api/custom an unknown template is not a fault.
func TestFaultsOfAllKindsAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	const deck = `{"theme":"neon","transitions":[{"type":"fade","duration":8}],"slides":[{"templateId":"titel","props":{"title":"x"}},{"title":["x"]}]}`
	const all = "invalid_deck slides[1].title, invalid_deck transitions[0].duration, unknown_theme theme, " +
		"unknown_template slides[0].templateId"
	for path, want := range map[string]string{
		"/v1/presentations": all, "/v1/presentations?dry_run=true": all,
		"/api/custom/presentations": strings.TrimSuffix(all, ", unknown_template slides[0].templateId"),
	} {
		a := s.must("POST", path, deck)
		var got []string
		list, _ := a.json(t)["errors"].([]any)
		for _, e := range list {
			m, _ := e.(map[string]any)
			got = append(got, fmt.Sprint(m["code"], " ", m["param"]))
		}
		if a.status != 422 || strings.Join(got, ", ") != want {
			t.Errorf("%s: %d\ngot  %s\nwant %s", path, a.status, strings.Join(got, ", "), want)
		}
	}
}

func judge(t *testing.T, name string, a answer, status int, sentence string, says []string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: status %d, not %d: %s", name, a.status, status, tail(string(a.body), 300))
	}
	if len(sentence) > 600 {
		t.Errorf("%s: the sentence is too long, %d bytes", name, len(sentence))
	}
	for _, word := range says {
		if !strings.Contains(strings.ToLower(sentence), strings.ToLower(word)) {
			t.Errorf("%s: %q does not mention %q", name, sentence, word)
		}
	}
}

// TestHostileProps: markup and template syntax in every prop are text. The page must not run them, and the render must
// not fail.
func TestHostileProps(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	const evil = `<script>document.body.style.background='#0f0'</script>{{.Deck}}{{7*7}}<img src=x onerror=alert(1)>`
	var catalogue struct {
		Templates []struct {
			ID    string
			Props []struct{ Name, Type string }
		}
	}
	if err := json.Unmarshal(s.must("GET", "/v1/templates", "").body, &catalogue); err != nil {
		t.Fatal(err)
	}
	if len(catalogue.Templates) < 10 {
		t.Fatalf("only %d templates", len(catalogue.Templates))
	}
	for _, tpl := range catalogue.Templates {
		props := map[string]any{}
		for _, p := range tpl.Props {
			switch p.Type {
			case "image", "pictures":
			case "list":
				props[p.Name] = []any{evil, map[string]any{"text": evil, "title": evil, "value": evil, evil: evil}}
			case "table":
				props[p.Name] = []any{[]any{evil, evil}, []any{evil}}
			default:
				props[p.Name] = evil
			}
		}
		body, _ := json.Marshal(map[string]any{"slides": []any{map[string]any{"templateId": tpl.ID, "props": props}},
			"theme": "dark-purple"})
		a := s.must("POST", "/api/custom/slide-html/preview", string(body))
		html, _ := a.json(t)["html"].(string)
		if a.status != 200 || html == "" {
			t.Errorf("%s: preview answered %d %s", tpl.ID, a.status, tail(string(a.body), 300))
			continue
		}
		if strings.Contains(html, "<script>document.body") || strings.Contains(html, "<img src=x") {
			t.Errorf("%s does not escape markup", tpl.ID)
		}
		if !strings.Contains(html, "{{7*7}}") && !strings.Contains(html, "{{7*7") {
			t.Errorf("%s does not show template syntax as text", tpl.ID)
		}
	}
	png := s.must("POST", "/api/custom/slide-image/generate",
		`{"slides":[{"templateId":"content-slide","props":{"title":"`+strings.ReplaceAll(evil, `"`,
			`\"`)+`"}}],"theme":"dark-purple"}`)
	if png.status != 200 || png.header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture: %d %s", png.status, png.header.Get("Content-Type"))
	}
}

// TestDeadImage: an image whose address answers 404 fails the presentation. The failure has the number of the slide,
// and its sentence names the status. The slide is not just left out.
func TestDeadImage(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	s := serve(t, plain, "LECTERN_ASSETS_ALLOW_PRIVATE=true")
	id := s.create(`{"slidesData":[{"templateId":"content-slide","props":{"title":"One"}},{"templateId":"big-image-left","props":{"title":"Two","image":"` + gone.URL + `/x.png"}}],"duration":2}`)
	v := s.awaitEnd(id)
	fault, _ := v.Error.(map[string]any)
	if v.Status != "failed" || fault["code"] != "asset_unavailable" || fault["slide"] != 2.0 {
		t.Fatalf("ended as %+v", v)
	}
	if sentence := fmt.Sprint(fault["message"]); !strings.Contains(sentence, "404") {
		t.Errorf("%q does not say what the address answered", sentence)
	}
	if a := s.must("GET", "/v1/presentations/"+id+"/video", ""); a.status != 409 && a.status != 404 {
		t.Errorf("a failed presentation's video: %d", a.status)
	}
}
