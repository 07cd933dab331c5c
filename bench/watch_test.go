package main

import (
	"bufio"
	"strings"
	"testing"
)

// Every edit changes a word of one slide, in both decks. A watch that fails or ends is an error.
func TestWatchedDecks(t *testing.T) {
	t.Parallel()
	for kind, text := range map[string]string{"Markdown": watchedMarkdown(), "YAML": watchedYAML()} {
		if strings.Count(text, shownWord) != 1 || strings.Count(text, saidWord) != 1 {
			t.Errorf("%s has the words %d and %d times", kind, strings.Count(text, shownWord), strings.Count(text, saidWord))
		}
	}
	events := bufio.NewScanner(strings.NewReader(`{"type":"progress"}
{"type":"done","duration_seconds":2.5}
{"type":"failed","error":{"message":"No."}}
`))
	if s, err := nextVideo(events); s != 2.5 || err != nil {
		t.Errorf("%v, %v", s, err)
	}
	for _, want := range []string{"No.", "the watch has ended"} {
		if _, err := nextVideo(events); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	var b strings.Builder
	w := &watched{Slides: 20, Decks: []watchedTimes{{"YAML", 111.2, 9, []float64{3, 1, 2}, []float64{4}}}}
	if w.markdown(&b); !strings.Contains(b.String(), "| YAML | 111 s | 9.0 s | 2.00 s (3.00 s) | 4.00 s (4.00 s) |") {
		t.Error(b.String())
	}
}
