package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The example in two languages is rendered in each. The tracks of the video name the language, the captions and
// chapters have its words with the variable's value, and the voice speaks it.
func TestADeckInTwoLanguages(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	deck, err := os.ReadFile(filepath.Join("..", "examples", "bilingual.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	draft := strings.Replace(string(deck), "theme:", "preset: draft\nlayout: slide_only\ntheme:", 1)
	for _, c := range []struct {
		query, language, track, speaks, title, file string
		words, others                               []string
	}{
		{"", "en", "eng", "en", "Welcome, Acme", "Welcome-Acme.en.mp4", []string{"Good morning, Acme.", "Monday"},
			[]string{"Montag", "{{"}},
		{"?language=de-AT", "de-AT", "deu", "de", "Willkommen, Acme", "Willkommen-Acme.de-AT.mp4",
			[]string{"Guten Morgen, Acme.", "Montag"}, []string{"Monday", "{{"}},
	} {
		a := s.must("POST", "/v1/presentations"+c.query, draft, "Content-Type", "application/yaml")
		id := a.json(t)["id"].(string)
		if v := s.awaitEnd(id); v.Status != "completed" {
			t.Fatalf("it ended as %+v\n%s", v, s.log())
		}
		self := "/v1/presentations/" + id
		if p := s.must("GET", self, "").json(t); p["language"] != c.language || p["title"] != c.title {
			t.Errorf("%s: %v, %v", c.language, p["language"], p["title"])
		}
		video := s.must("HEAD", self+"/video?download=true", "")
		if name := video.header.Get("Content-Disposition"); !strings.Contains(name, `filename="`+c.file+`"`) {
			t.Errorf("%s: %s", c.language, name)
		}
		file := s.download(self+"/video", "talk.mp4")
		var probed struct {
			Streams []struct {
				Kind string `json:"codec_type"`
				Tags map[string]string
			}
			Format   struct{ Tags map[string]string }
			Chapters []struct{ Tags map[string]string }
		}
		out := run(t, "ffprobe", "-v", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json", file)
		if err := json.Unmarshal(out, &probed); err != nil {
			t.Fatal(err)
		}
		tracks := map[string]string{}
		for _, stream := range probed.Streams {
			tracks[stream.Kind] = stream.Tags["language"]
		}
		if tracks["audio"] != c.track || tracks["subtitle"] != c.track || probed.Format.Tags["title"] != c.title ||
			probed.Chapters[0].Tags["title"] != c.title {
			t.Errorf("%s: tracks %v, %v, %v", c.language, tracks, probed.Format.Tags, probed.Chapters)
		}
		for _, path := range []string{"/captions.srt", "/captions.vtt", "/transcript.txt"} {
			text := strings.Join(strings.Fields(string(s.must("GET", self+path, "").body)), " ")
			for _, w := range c.words {
				if !strings.Contains(text, w) {
					t.Errorf("%s: %s lacks %q: %s", c.language, path, w, text)
				}
			}
			for _, w := range c.others {
				if strings.Contains(text, w) {
					t.Errorf("%s: %s has %q: %s", c.language, path, w, text)
				}
			}
		}
		var m struct {
			Language string
			Slides   []struct{ Voice struct{ Language string } }
		}
		if err := json.Unmarshal(s.must("GET", self+"/manifest", "").body, &m); err != nil {
			t.Fatal(err)
		}
		for i, slide := range m.Slides {
			if spoken, _, _ := strings.Cut(slide.Voice.Language, "-"); m.Language != c.language || spoken != c.speaks {
				t.Errorf("%s: slide %d is spoken in %q, the manifest says %q", c.language, i+1, slide.Voice.Language, m.Language)
			}
		}
	}
}
