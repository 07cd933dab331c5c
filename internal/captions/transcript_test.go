package captions

import "testing"

// The transcript has what is heard, and for people who do not see a slide, what is on it. Nothing is there twice.
func TestTranscriptHasWhatIsOnTheSlides(t *testing.T) {
	t.Parallel()
	slides := []Chapter{{Title: "Our\nharbour", Start: 0}, {Title: "Close", Start: 61 * 48_000}}
	got := Transcript("The talk", 48_000, slides, []Paragraph{
		{Narration: "Ships come in.", Shown: []string{"Our harbour", "Ships come in.", "Berths", "Cranes  of steel",
			"Berths"},
			Pictures: []string{"The harbour from above"}},
		{Pictures: []string{" "}},
	})
	const want = "The talk\n\n[00:00:00] Our harbour\nShips come in.\n[On the slide: Berths | Cranes of steel]\n" +
		"[Pictures: The harbour from above]\n\n[00:01:01] Close\n\n"
	if got != want {
		t.Errorf("got %q", got)
	}
}
