package httpapi_test

import (
	"context"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
	"lectern/internal/httpapi"
)

// vault reads decks that need the password.
type vault struct {
	*deck.Catalogue
	password string
}

func (v vault) Parse(ctx context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error) {
	if s.Password != v.password {
		return deck.Request{}, lectern.Fail(lectern.CodeInvalidDeck, "The password does not open the deck.").On("deck")
	}
	return v.Catalogue.Parse(ctx, s, settings, lim)
}

// H4: the password of a form opens the deck, in any place of the form, and reaches the job. It is in no answer, no
// stored presentation, no fingerprint and no line of the log, whether it is right or wrong.
func TestH4ThePasswordOfADeckStaysSecret(t *testing.T) {
	t.Parallel()
	const canary = "canary 4711 ü"
	r := newRig(t, func(o *httpapi.Options) { o.Decks = vault{all.Parsers(), canary} })
	var answers strings.Builder
	send := func(query, password string, headers ...string) answer {
		body, kind := form(t, part{"password", "", "", password}, part{"deck", "deck.json", "application/json", one + "}"})
		a := r.do("POST", "/v1/presentations"+query, body, append(headers, "Content-Type", kind)...)
		answers.WriteString(a.body)
		for _, values := range a.header {
			answers.WriteString(strings.Join(values, "\n"))
		}
		return a
	}
	for password, want := range map[string]int{canary: 202, canary + "\n": 202, canary + "\r\n": 202, " " + canary: 422,
		canary + "x": 422, "": 422, strings.Repeat(canary, 50): 422} {
		if a := send("", password); a.status != want {
			t.Errorf("%.40q: %d %s", password, a.status, a.body)
		}
	}
	if a := send("?dry_run=true", canary); a.status != 200 {
		t.Errorf("a dry run: %d %s", a.status, a.body)
	}
	first := send("", canary, "Idempotency-Key", "k")
	if again := send("", canary, "Idempotency-Key", "k"); again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("sent again: %d %s", again.status, again.body)
	}
	self := decode[httpapi.Presentation](t, first).Links["self"]
	for _, path := range []string{"", "/report", "/steps"} {
		answers.WriteString(r.get(self + path).body)
	}
	for _, made := range r.jobs.all {
		if made.password != canary {
			t.Errorf("the job gets the password %q", made.password)
		}
	}
	if len(r.jobs.all) != 4 {
		t.Errorf("%d presentations", len(r.jobs.all))
	}
	for where, text := range map[string]string{"an answer": answers.String(), "the log": r.log.String()} {
		if strings.Contains(text, "canary") {
			t.Errorf("the password is in %s: %s", where, text)
		}
	}
}
