package jsondeck_test

import (
	"errors"
	"testing"

	"lectern"
	"lectern/internal/deck/jsondeck"
)

// Settings replace the deck's fields, under any of their names. The callback address is not part of the deck.
func TestSettingsReplaceTheDecksFields(t *testing.T) {
	t.Parallel()
	const deck = `{"projectName":"Old","avatarCode":"mikhailo","resolution":"720p","callback_url":"https://a.example/x","slides":[{"title":"One"}]}`
	q, err := jsondeck.ParseRequest([]byte(deck),
		[]byte(`{"title":"New","avatar":"gia","aspect":"1:1","callbackUrl":"https://b.example/y"}`), lectern.Limits{})
	if err != nil || q.Deck.Title != "New" || q.Deck.Avatar != "gia" || q.Deck.Size.Width != q.Deck.Size.Height ||
		q.CallbackURL != "https://b.example/y" || len(q.Warnings) != 0 {
		t.Errorf("%v %+v", err, q)
	}
	if q, err = jsondeck.ParseRequest([]byte(deck), nil, lectern.Limits{}); err != nil || q.Deck.Title != "Old" ||
		q.CallbackURL != "https://a.example/x" || q.CallbackAt != "callback_url" || len(q.Warnings) != 0 {
		t.Errorf("without settings: %v %+v", err, q)
	}
	for settings, param := range map[string]string{`{"slides":[]}`: "settings.slides",
		`{"slides_data":[]}`: "settings.slides_data", `[]`: "settings", `{`: "settings"} {
		_, err := jsondeck.ParseRequest([]byte(deck), []byte(settings), lectern.Limits{})
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Param != param {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

// A preset in a deck sets the size and quality that the deck does not set. A preset in the settings replaces those of
// the deck, but keeps its aspect; a size or quality in the settings replaces the preset's.
func TestPresets(t *testing.T) {
	t.Parallel()
	const slides = `"slides":[{"title":"One"}]`
	for _, c := range []struct {
		deck, settings string
		width, height  int
		quality        lectern.Quality
	}{
		{``, ``, 1920, 1080, lectern.QualityHigh},
		{`"preset":"draft",`, ``, 1280, 720, lectern.QualityLow},
		{`"preset":"standard",`, ``, 1920, 1080, lectern.QualityMedium},
		{`"preset":"high",`, ``, 1920, 1080, lectern.QualityHigh},
		{`"preset":"4K",`, ``, 3840, 2160, lectern.QualityHigh},
		{`"preset":"4k","aspect":"9:16",`, ``, 2160, 3840, lectern.QualityHigh},
		{`"preset":"draft","aspect":"4:3",`, ``, 960, 720, lectern.QualityLow},
		{`"preset":"4k","size":[640,360],`, ``, 640, 360, lectern.QualityHigh},
		{`"preset":"4k","resolution":"480p","quality":"low",`, ``, 854, 480, lectern.QualityLow},
		{`"quality":"medium",`, ``, 1920, 1080, lectern.QualityMedium},
		{``, `{"preset":"draft"}`, 1280, 720, lectern.QualityLow},
		{`"preset":"4k",`, `{"preset":"draft"}`, 1280, 720, lectern.QualityLow},
		{`"size":[1080,1920],"quality":"high",`, `{"preset":"draft"}`, 720, 1280, lectern.QualityLow},
		{`"resolution":"2160p","aspect":"1:1",`, `{"preset":"standard"}`, 1080, 1080, lectern.QualityMedium},
		{`"size":[1080,1920],`, `{"preset":"draft","size":[800,600],"quality":"high"}`, 800, 600, lectern.QualityHigh},
		{`"preset":"4k",`, `{"quality":"low"}`, 3840, 2160, lectern.QualityLow},
		{`"size":[1440,1080],`, `{"aspect":"16:9"}`, 1920, 1080, lectern.QualityHigh},
		{`"size":[3840,2160],`, `{"aspect":"9:16"}`, 2160, 3840, lectern.QualityHigh},
		{`"size":[1358,1920],`, `{"aspect":"1:1"}`, 1080, 1080, lectern.QualityHigh},
		{`"resolution":"720p","aspect":"1:1",`, `{"aspect_ratio":"4:3"}`, 960, 720, lectern.QualityHigh},
		{`"size":[1440,1080],`, `{"aspect":"16:9","preset":"draft"}`, 1280, 720, lectern.QualityLow},
		{`"size":[1440,1080],`, `{"aspect":"16:9","size":[640,360]}`, 640, 360, lectern.QualityHigh},
	} {
		q, err := jsondeck.ParseRequest([]byte(`{`+c.deck+slides+`}`), []byte(c.settings), lectern.Limits{})
		d := q.Deck.WithDefaults()
		if err != nil || d.Size != (lectern.Size{Width: c.width, Height: c.height}) || d.Quality != c.quality ||
			len(q.Warnings)+len(q.Faults) > 0 {
			t.Errorf("%s with %s gives %v, %q, %v, %v, %v", c.deck, c.settings, d.Size, d.Quality, q.Warnings, q.Faults, err)
		}
	}
	for _, deck := range []string{`"preset":"8k",`, `"preset":"4k","size":"2520x1080",`} {
		_, _, err := jsondeck.Parse([]byte(`{`+deck+slides+`}`), lectern.Limits{MaxSide: 2000})
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Param != "preset" && f.Param != "size" {
			t.Errorf("%s: %v", deck, err)
		}
	}
}
