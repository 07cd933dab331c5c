package e2e

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// S5, S6, S7, V4, V7, with real voices. A mark is not spoken if the text with and without it has the same number of
// samples. A pause has its own length, words of other scripts take time, captions hold no marks, and the subtitle track
// is off.
func TestMarksAreNotSpoken(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	narrations := []string{
		"Hello there, my friend.",
		"Hello <prosody rate='slow'>there</prosody>, {\\an8}my *friend*. [click]",
		"Hello [pause 2s] there, my friend.",
		"Hello <break time=\"3s\"/> there, my friend.",
		"Привет is hello and 你好 too.",
		"is hello and too.",
		"…",
	}
	deck := map[string]any{"slideOnly": true, "preset": "draft", "hold": 1}
	var slides []map[string]any
	for _, n := range narrations {
		slides = append(slides, map[string]any{"template": "content", "props": map[string]any{"title": "A slide"},
			"narration": n})
	}
	deck["slides"] = slides
	for _, shown := range []bool{false, true} {
		if shown {
			deck["subtitles"] = "on"
		}
		body, err := json.Marshal(deck)
		if err != nil {
			t.Fatal(err)
		}
		id := s.create(string(body))
		if v := s.awaitEnd(id); v.Status != "completed" {
			t.Fatalf("it ended as %+v\n%s", v, s.log())
		}
		file := s.download("/api/custom/presentations/"+id+"/video", "talk.mp4")
		if d := strings.TrimSpace(string(run(t, "ffprobe", "-v", "error", "-select_streams", "s", "-show_entries",
			"stream_disposition=default", "-of", "csv=p=0", file))); d != map[bool]string{false: "0", true: "1"}[shown] {
			t.Errorf("subtitles shown: %v, and ffprobe says default=%s", shown, d)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := tracksOf(b)["sbtl"]; got != shown {
			t.Errorf("subtitles shown: %v, and the track is enabled: %v", shown, got)
		}
		if shown {
			continue
		}
		checkMarks(t, s.must("GET", "/v1/presentations/"+id+"/manifest", ""))
		var p struct {
			Warnings []struct {
				Code  string
				Slide int
			}
		}
		if err := json.Unmarshal(s.must("GET", "/v1/presentations/"+id, "").body, &p); err != nil {
			t.Fatal(err)
		}
		for code, slide := range map[string]int{"narration_mark": 2, "narration_silent": 7} {
			noted := false
			for _, w := range p.Warnings {
				noted = noted || w.Code == code && w.Slide == slide
			}
			if !noted {
				t.Errorf("slide %d has no note %s: %v", slide, code, p.Warnings)
			}
		}
		for _, path := range []string{"captions.srt", "captions.vtt", "transcript.txt"} {
			text := string(s.must("GET", "/v1/presentations/"+id+"/"+path, "").body)
			for _, mark := range []string{"prosody", "an8", "*", "pause", "click", "break"} {
				if strings.Contains(text, mark) {
					t.Errorf("%s has %q in it:\n%s", path, mark, text)
				}
			}
			if !strings.Contains(text, "你好") || !strings.Contains(text, "friend.") {
				t.Errorf("%s lacks words:\n%s", path, text)
			}
		}
	}
}

func checkMarks(t *testing.T, manifest answer) {
	t.Helper()
	var m struct {
		Slides []struct {
			Samples int64 `json:"speech_samples"`
			Words   []struct {
				Text       string
				Start, End int64
			}
		}
	}
	if err := json.Unmarshal(manifest.body, &m); err != nil {
		t.Fatal(err)
	}
	if a, b := m.Slides[0].Samples, m.Slides[1].Samples; a == 0 || a != b {
		t.Errorf("with marks the narration has %d samples, without them %d", b, a)
	}
	if d := m.Slides[3].Samples - m.Slides[2].Samples; d != 48_000 {
		t.Errorf("a pause that is a second longer takes %d samples more", d)
	}
	for i, seconds := range map[int]int64{2: 2, 3: 3} {
		w := m.Slides[i].Words
		// flite ends a word up to 80 ms before its sound has faded.
		if gap := w[1].Start - w[0].End; gap < seconds*48_000-1_500 || gap > seconds*48_000+4_800 {
			t.Errorf("between %q and %q are %d samples, not %d s", w[0].Text, w[1].Text, gap, seconds)
		}
	}
	for _, w := range m.Slides[4].Words {
		if w.End-w.Start < 48_000/10 && strings.ContainsAny(w.Text, "П你") {
			t.Errorf("%q takes %d samples", w.Text, w.End-w.Start)
		}
	}
	if d := m.Slides[4].Samples - m.Slides[5].Samples; d < 48_000/2 {
		t.Errorf("the words of other scripts take %d samples", d)
	}
	if m.Slides[6].Samples != 0 {
		t.Errorf("an ellipsis has %d samples", m.Slides[6].Samples)
	}
}

// tracksOf reads which tracks of an MP4 are enabled, by their handlers (ISO/IEC 14496-12, 8.3.2 and 8.4.3).
func tracksOf(b []byte) map[string]bool {
	out := map[string]bool{}
	each := func(b []byte, do func(kind string, body []byte)) {
		for len(b) >= 8 {
			n, head := uint64(binary.BigEndian.Uint32(b)), uint64(8)
			if n == 1 && len(b) >= 16 {
				n, head = binary.BigEndian.Uint64(b[8:]), 16
			}
			if n < head || n > uint64(len(b)) {
				return
			}
			do(string(b[4:8]), b[head:n])
			b = b[n:]
		}
	}
	each(b, func(kind string, moov []byte) {
		if kind != "moov" {
			return
		}
		each(moov, func(kind string, trak []byte) {
			if kind != "trak" {
				return
			}
			enabled, handler := false, ""
			each(trak, func(kind string, body []byte) {
				switch kind {
				case "tkhd":
					enabled = body[3]&1 == 1
				case "mdia":
					each(body, func(kind string, body []byte) {
						if kind == "hdlr" {
							handler = string(body[8:12])
						}
					})
				}
			})
			out[handler] = enabled
		})
	})
	return out
}
