package httpapi_test

import (
	"strings"
	"testing"
)

const bilingual = `{"language":"en","variables":{"c":"Acme"},"translations":{"de":{"title":"Hallo {{c}}"}},"title":"Hello {{c}}","slides":[
	{"id":"a","title":"Hello {{c}}","narration":"Hi.","translations":{"de":{"title":"Hallo {{ c }}","narration":"Hallo.","revisions":{"narration":"r0"}}}},
	{"id":"b","title":"Code","code":"{{x}}"}]}`

// A request selects the language and gives values for variables, by query or form. The deck that is rendered has one
// language and no variables.
func TestCreateInALanguage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if a := r.post("/v1/presentations", bilingual); a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if d := r.jobs.all[0].deck; d.Title != "Hello Acme" || d.Language != "en" || d.Voice.Language != "en" ||
		d.Translations != nil || d.Variables != nil ||
		d.Slides[0].Translations != nil || d.Slides[1].Props["code"] != "{{x}}" {
		t.Errorf("%+v", d)
	}
	a := r.post("/v1/presentations?language=de-AT", bilingual)
	if a.status != 202 || !strings.Contains(a.body, `"code":"stale_translation"`) ||
		!strings.Contains(a.body, `"code":"untranslated"`) || !strings.Contains(a.body, `"language":"de-AT"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if d := r.jobs.all[1].deck; d.Title != "Hallo Acme" || d.Language != "de-AT" || d.Voice.Language != "de-AT" ||
		d.Slides[0].Narration != "Hallo." || d.Slides[0].Props["title"] != "Hallo Acme" {
		t.Errorf("%+v", d)
	}
	if a := r.post("/v1/presentations?language=de&dry_run=true", bilingual); a.status != 200 ||
		!strings.Contains(a.body, `"language":"de"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	body, ct := form(t, part{"deck", "talk.json", "", bilingual}, part{"language", "", "", "de"},
		part{"variables", "", "", `{"c":"Globex"}`})
	if a := r.post("/v1/presentations", body, "Content-Type", ct); a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if d := r.jobs.all[2].deck; d.Title != "Hallo Globex" || d.Language != "de" {
		t.Errorf("%+v", d)
	}
}

// A deck with faults in its languages or variables is refused, by a create and by a dry run.
func TestFaultsOfLanguagesAndVariablesAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []struct{ path, body, says string }{
		{"?language=fr", bilingual, `"code":"unknown_language"`},
		{"?language=fr&dry_run=true", bilingual, "It is in en, de."},
		{"?language=de", strings.ReplaceAll(bilingual, `"narration":"Hallo.",`, ""),
			`"param":"slides[0].translations.de.narration"`},
		{"", strings.ReplaceAll(bilingual, `{"c":"Acme"}`, `{"d":"Acme"}`), `"code":"undefined_variable"`},
		{"?language=de", strings.ReplaceAll(bilingual, `{{ c }}`, `{{ e }}`), `"param":"slides[0].translations.de.title"`},
		{"", strings.ReplaceAll(bilingual, `"Acme"`, `["Acme"]`), `"param":"variables.c"`},
		{"", strings.ReplaceAll(bilingual, `"de":{"title":"Hallo {{ c }}"`, `"german":{"title":"Hallo {{ c }}"`),
			`"param":"slides[0].translations.german"`},
		{"?langauge=de", bilingual, `langauge`},
	} {
		if a := r.post("/v1/presentations"+c.path, c.body); a.status < 400 || a.status >= 500 ||
			!strings.Contains(a.body, c.says) {
			t.Errorf("%s %s: %d %s", c.path, c.says, a.status, a.body)
		}
	}
	for says, parts := range map[string][]part{
		"different languages":      {{"language", "", "", "en"}},
		"with a value for each":    {{"variables", "", "", `["c"]`}},
		`"param":"variables.c"`:    {{"variables", "", "", `{"c":{}}`}},
		"larger than 100 bytes":    {{"language", "", "", strings.Repeat("x", 101)}},
		`"param":"variables.c d"`:  {{"variables", "", "", `{"c d":"x"}`}},
		"with a value for each na": {{"variables", "", "", `{} {}`}},
	} {
		body, ct := form(t, append(parts, part{"deck", "talk.json", "", bilingual})...)
		if a := r.post("/v1/presentations?language=de", body, "Content-Type", ct); a.status < 400 || a.status >= 500 ||
			!strings.Contains(a.body, says) {
			t.Errorf("%s: %d %s", says, a.status, a.body)
		}
	}
	if len(r.jobs.all) > 0 {
		t.Errorf("%d presentations", len(r.jobs.all))
	}
}

// J13: two requests with different languages or values of variables are different requests.
func TestJ13LanguageIsPartOfTheRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	post := func(path string, parts ...part) answer {
		body, ct := form(t, append(parts, part{"deck", "talk.json", "", bilingual})...)
		return r.post("/v1/presentations"+path, body, "Content-Type", ct, "Idempotency-Key", "k")
	}
	if a := post("?language=de"); a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := post("", part{"language", "", "", "de"}); a.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the same language as a field: %d %s", a.status, a.body)
	}
	for name, a := range map[string]answer{
		"no language": post(""), "another": post("?language=en"),
		"values": post("?language=de", part{"variables", "", "", `{"c":"x"}`}),
	} {
		if a.status != 422 || !strings.Contains(a.body, "idempotency_mismatch") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// The older interface fills in variables only for a request that gives some, in previews too.
func TestTheOlderInterfaceKeepsBraces(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const plain = `{"slides":[{"title":"{{c}} \\{{","narration":"Hi {{c}}."}]`
	for path := range map[string]int{"/api/custom/presentations": 0, "/api/custom/slide-video/generate": 0} {
		n := len(r.jobs.all)
		if a := r.post(path, plain+`}`); a.status != 200 || r.jobs.all[n].deck.Slides[0].Narration != "Hi {{c}}." ||
			r.jobs.all[n].deck.Slides[0].Props["title"] != `{{c}} \{{` {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if a := r.post(path, plain+`,"variables":{"c":"Ann"}}`); a.status != 200 ||
			r.jobs.all[n+1].deck.Slides[0].Props["title"] != "Ann {{" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := r.post("/api/custom/presentations", plain+`,"variables":{"d":"Ann"}}`); a.status < 400 {
		t.Errorf("undefined: %d %s", a.status, a.body)
	}
	if a := r.post("/api/custom/slide-html/preview", plain+`,"variables":{"d":"Ann"}}`); a.status < 400 ||
		!strings.Contains(a.body, "undefined_variable") {
		t.Errorf("undefined in a preview: %d %s", a.status, a.body)
	}
	if a := r.post("/api/custom/slide-html/preview", plain+`}`); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
