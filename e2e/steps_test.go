package e2e

import (
	"math"
	"path/filepath"
	"testing"
)

// The paragraphs of an animated slide appear within 100 ms of their marks. The oracle knows only the video: a
// paragraph appears when its line gets darker, and stays. A mark is where the voice goes on after a pause, since each
// mark of this deck is between two sentences.
func TestStepsAppearWithTheVoice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	video := filepath.Join(dir, "builds.mp4")
	run(t, plain, "render", "../internal/deck/pptx/testdata/cases/click-builds-pptx/deck.pptx", "--steps", "--slides", "2",
		"--preset", "draft", "-o", video, "--cache", filepath.Join(dir, "cache"))
	m := inspect(t, video)
	if len(m.begins) != 1 || m.width != 1280 {
		t.Fatalf("there are %d chapters, and the picture is %d pixels wide", len(m.begins), m.width)
	}
	var marks []float64
	for _, q := range silences(envelope(t, video), 0.2) {
		if q.from > 0.5 && q.to < m.video-0.1 {
			marks = append(marks, q.to)
		}
	}
	if len(marks) != 3 {
		t.Fatalf("the voice pauses %d times on the slide: %v", len(marks), marks)
	}
	const lines, width, height = 3, 220, 42 // even, as the planes of colours need it
	frames := greyFrames(t, video, box{50, 174, width, lines * height})
	for i, mark := range marks {
		ink := make([]float64, len(frames))
		for f, p := range frames {
			for _, v := range p.pix[i*width*height : (i+1)*width*height] {
				ink[f] += (255 - float64(v)) / (width * height)
			}
		}
		first, last := 2, len(frames)-2
		if ink[last] < ink[first]+2 {
			t.Fatalf("line %d has the ink %.2f at first and %.2f in the end", i+1, ink[first], ink[last])
		}
		appears := -1.0
		for f := first; f <= last; f++ {
			switch seen := ink[f] > (ink[first]+ink[last])/2; {
			case seen && appears < 0:
				appears = float64(f) / m.fps
			case !seen && appears >= 0:
				t.Fatalf("line %d is gone in frame %d", i+1, f)
			}
		}
		t.Logf("line %d: the picture at %.3f s, the voice at %.3f s", i+1, appears, mark)
		if math.Abs(appears-mark) > 0.1 {
			t.Errorf("line %d appears at %.3f s, and the voice says it at %.3f s", i+1, appears, mark)
		}
	}
}
