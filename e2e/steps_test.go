package e2e

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"lectern/internal/soak"
)

// What appears step by step appears within 100 ms of its mark, and stays. The oracle knows only the video: something
// appears when the picture beside the avatar changes, and a mark is where the voice goes on after a pause, since each
// mark of these decks is between two sentences.
func TestStepsAppearWithTheVoice(t *testing.T) {
	t.Parallel()
	const notes = "Three things. [click] The first. [click] The second. [click] And the third."
	runs := soak.Cases(t, "PowerPoint")
	for name, text := range map[string]string{
		"PowerPoint": "",
		"Slidev": "---\nclicks: 3\n---\n\n# A\n\n<v-clicks>\n\n- one\n- two\n- three\n\n</v-clicks>\n\n<!-- " +
			notes + " -->\n",
		"Marp": "---\nmarp: true\n---\n\n# A\n\n* one\n* two\n* three\n\n<!-- " + notes + " -->\n",
		"Marp in a theme of Lectern": "---\nmarp: true\ntheme: light-modern\n---\n\n# A\n\n* one\n* two\n* three\n\n<!-- " +
			notes + " -->\n",
		"a template": `{"slides": [{"title": "A", "items": ["one", "two", "three"], "narration": "` + notes + `", "steps": [
			{"hidden": ["items-1", "items-2", "items-3"]}, {"hidden": ["items-2", "items-3"]}, {"hidden": ["items-3"]}]}]}`,
	} {
		if !runs(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			deck, video := "../internal/deck/pptx/testdata/cases/click-builds-pptx/deck.pptx", filepath.Join(dir, "steps.mp4")
			args := []string{"render", "--steps", "--preset", "draft", "-o", video, "--cache", filepath.Join(dir, "cache")}
			if text == "" {
				args = append(args, "--slides", "2") // its notes are the same
			} else {
				deck = filepath.Join(dir, map[bool]string{true: "deck.json", false: "deck.md"}[text[0] == '{'])
				if err := os.WriteFile(deck, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run(t, plain, append(args, deck)...)
			judgeSteps(t, video)
		})
	}
}

func judgeSteps(t *testing.T, video string) {
	m := inspect(t, video)
	var marks []float64
	for _, q := range silences(envelope(t, video), 0.2) {
		if q.from > 0.5 && q.to < m.video-0.1 {
			marks = append(marks, q.to)
		}
	}
	if len(marks) != 3 || m.width != 1280 {
		t.Fatalf("the voice pauses %d times: %v; the picture is %d pixels wide", len(marks), marks, m.width)
	}
	var changes []float64
	var first, before []byte
	shown := 0.0 // the difference from the first frame
	for f, p := range greyFrames(t, video, box{0, 120, 860, 600}) {
		if f == 0 {
			first, before = p.pix, p.pix
			continue
		}
		if unlike(before, p.pix) > 0.05 {
			changes = append(changes, float64(f)/m.fps)
			d := unlike(first, p.pix)
			if d < shown {
				t.Errorf("less is shown from %.3f s on", float64(f)/m.fps)
			}
			shown = d
		}
		before = p.pix
	}
	if len(changes) != len(marks) {
		t.Fatalf("the picture changes at %v, and the voice pauses until %v", changes, marks)
	}
	for i, mark := range marks {
		t.Logf("step %d: the picture at %.3f s, the voice at %.3f s", i+1, changes[i], mark)
		if math.Abs(changes[i]-mark) > 0.1 {
			t.Errorf("step %d appears at %.3f s, and the voice says it at %.3f s", i+1, changes[i], mark)
		}
	}
}

// unlike is the mean difference of the pixels of two pictures.
func unlike(a, b []byte) float64 {
	sum := 0
	for i := range a {
		sum += max(int(a[i])-int(b[i]), int(b[i])-int(a[i]))
	}
	return float64(sum) / float64(len(a))
}
