package deck_test

import (
	"context"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck"
)

// named is a parser whose decks have the parser's name as their title.
type named struct{ kind deck.Kind }

func (p named) Kind() deck.Kind { return p.kind }

func (p named) Parse(context.Context, deck.Source, []byte, lectern.Limits) (deck.Request, error) {
	return deck.Request{Deck: lectern.Deck{Title: p.kind.Name}}, nil
}

// The declared media type selects the parser, else the ending of the file's name, else the text. The first parser reads
// sources of unknown kind.
func TestTheParserOfASource(t *testing.T) {
	t.Parallel()
	looks := func(s string) func([]byte) bool {
		return func(b []byte) bool { return strings.HasPrefix(string(b), s) }
	}
	c := deck.NewCatalogue(
		named{deck.Kind{Name: "first", MediaTypes: []string{"a/first"}, Endings: []string{".one"}, Looks: looks("1")}},
		named{deck.Kind{Name: "second", MediaTypes: []string{"a/second", "x/second"}, Endings: []string{".two", ".2"},
			Looks: looks("2")}},
	)
	for _, s := range []struct {
		source deck.Source
		want   string
	}{
		{deck.Source{}, "first"},
		{deck.Source{Bytes: []byte("2")}, "second"},
		{deck.Source{Name: "talk.TWO", Bytes: []byte("1")}, "second"},
		{deck.Source{Name: "a.b/talk.2"}, "second"},
		{deck.Source{Name: "talk.two", MediaType: "a/first"}, "first"},
		{deck.Source{Name: "talk.txt", MediaType: "application/octet-stream", Bytes: []byte("2")}, "second"},
		{deck.Source{MediaType: "x/second"}, "second"},
	} {
		q, err := c.Parse(t.Context(), s.source, nil, lectern.Limits{})
		if err != nil || q.Deck.Title != s.want {
			t.Errorf("%+v is read by %s, %v", s.source, q.Deck.Title, err)
		}
	}
	if kinds := c.Kinds(); len(kinds) != 2 || kinds[1].Name != "second" {
		t.Errorf("%+v", kinds)
	}
}
