package jsondeck_test

import (
	"slices"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck/jsondeck"
)

// The times of a recording may be numbers, times as people write them, or one text. Settings may name the recording.
func TestStartsOfARecordingAreReadInEachForm(t *testing.T) {
	t.Parallel()
	want := []time.Duration{0, 12500 * time.Millisecond, 65 * time.Second}
	for _, starts := range []string{`[0, 12.5, 65]`, `["0:00", 12.5, "1:05"]`, `"0,12.5,1:05"`,
		`"0:00 Opening\n0:12.5 Plan\n1:05 End"`} {
		recording := `{"recording": {"file": "talk.m4a", "starts": ` + starts + `}}`
		for name, c := range map[string]struct{ deck, settings string }{
			"in the deck":     {recording[:len(recording)-1] + `, "slides": [{}, {}, {}]}`, ""},
			"in the settings": {`{"recording": {"file": "other.m4a"}, "slides": [{}, {}, {}]}`, recording},
		} {
			q, err := jsondeck.ParseRequest([]byte(c.deck), []byte(c.settings), lectern.Limits{})
			if err != nil || len(q.Faults) > 0 || q.Deck.Recording == nil || q.Deck.Recording.File != "talk.m4a" ||
				!slices.Equal(q.Deck.Recording.Starts, want) {
				t.Errorf("%s %s: %+v, %v, %v", starts, name, q.Deck.Recording, q.Faults, err)
			}
		}
	}
	for starts, param := range map[string]string{`[0, "x"]`: "recording.starts[1]", `[true]`: "recording.starts[0]",
		`7`: "recording.starts", `"0,x"`: "recording.starts"} {
		q, err := jsondeck.ParseRequest([]byte(`{"recording": {"file": "a.mp3", "starts": `+starts+`}, "slides": [{}]}`), nil,
			lectern.Limits{})
		if err != nil || len(q.Faults) != 1 || q.Faults[0].Param != param {
			t.Errorf("%s: %v, %v", starts, q.Faults, err)
		}
	}
}
