package jsondeck_test

import (
	"errors"
	"testing"

	"lectern"
	"lectern/internal/deck/jsondeck"
)

// Settings replace what the deck says, under whichever name; the callback address is no part of the deck.
func TestParseRequest(t *testing.T) {
	t.Parallel()
	const deck = `{"projectName":"Old","avatarCode":"mikhailo","resolution":"720p","callback_url":"https://a.example/x","slides":[{"title":"One"}]}`
	q, err := jsondeck.ParseRequest([]byte(deck), []byte(`{"title":"New","avatar":"gia","aspect":"1:1","callbackUrl":"https://b.example/y"}`), lectern.Limits{})
	if err != nil || q.Deck.Title != "New" || q.Deck.Avatar != "gia" || q.Deck.Size.Width != q.Deck.Size.Height || q.CallbackURL != "https://b.example/y" || len(q.Warnings) != 0 {
		t.Errorf("%v %+v", err, q)
	}
	if q, err = jsondeck.ParseRequest([]byte(deck), nil, lectern.Limits{}); err != nil || q.Deck.Title != "Old" || q.CallbackURL != "https://a.example/x" || q.CallbackAt != "callback_url" || len(q.Warnings) != 0 {
		t.Errorf("without settings: %v %+v", err, q)
	}
	for settings, param := range map[string]string{`{"slides":[]}`: "settings.slides", `{"slides_data":[]}`: "settings.slides_data", `[]`: "settings", `{`: "settings"} {
		_, err := jsondeck.ParseRequest([]byte(deck), []byte(settings), lectern.Limits{})
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Param != param {
			t.Errorf("%s: %v", settings, err)
		}
	}
}
