package httpapi_test

import (
	"strings"
	"testing"
)

// A request selects slides by query or form. Faults of the others do not matter; those of the selected ones have the
// numbers of the whole deck.
func TestCreateSomeSlides(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const deck = `{"slides":[{"id":"a","title":"A"},{"id":"b","title":7},{"id":"c","title":"C"},{"id":"d","title":[1]}]}`
	if a := r.post("/v1/presentations?slides=3,1", deck); a.status != 202 || !strings.Contains(a.body, `"slides_total":2`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if d := r.jobs.all[0].deck; len(d.Slides) != 2 || d.Slides[0].ID != "a" || d.Slides[1].ID != "c" {
		t.Errorf("%+v", d.Slides)
	}
	body, ct := form(t, part{"deck", "talk.json", "", deck}, part{"slides", "", "", "3"})
	if a := r.post("/v1/presentations", body, "Content-Type", ct); a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for query, says := range map[string]string{
		"slides=3-": `"slide":4`, "slides=3-1": "ends before it begins", "slides=9": "there is no slide 9",
		"slides=x&dry_run=true": `"param":"slides"`,
	} {
		if a := r.post("/v1/presentations?"+query, deck); a.status < 400 || a.status >= 500 ||
			!strings.Contains(a.body, says) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if a := r.post("/v1/presentations?slides=1", body, "Content-Type", ct); a.status < 400 ||
		!strings.Contains(a.body, "different slides") {
		t.Errorf("%d %s", a.status, a.body)
	}
}
