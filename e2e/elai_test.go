package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern/internal/avatar/elai/elaitest"
	"lectern/internal/soak"
)

const elaiDeck = `{"slidesData":[
	{"templateId":"content-slide","props":{"title":"Hello","content":"First slide","voiceoverText":"Hello, and welcome to the first slide."}},
	{"templateId":"bullet-points","props":{"title":"Bye","items":["One","Two"],"voiceoverText":"This is the second one, which says a little more than the first, so it lasts longer."}}],
	"transitions":[{"type":"fade","duration":0.4}],"avatarCode":"elai:gia.casual"`

func elaiEnv(stand *elaitest.Server) []string {
	return []string{"ELAI_API_TOKEN=" + elaitest.Token, "LECTERN_ELAI_URL=" + stand.URL, "LECTERN_ELAI_POLL=100ms"}
}

// found returns the path of the file with the given name among the server's artifacts.
func (s *server) found(name string) string {
	s.t.Helper()
	path := ""
	_ = filepath.WalkDir(filepath.Join(s.dir, "data", "artifacts"), func(p string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Base(p) == name {
			path = p
		}
		return nil
	})
	if path == "" {
		s.t.Fatalf("there is no %s among the artifacts", name)
	}
	return path
}

// TestElai: a deck whose avatar speaks with its own voice goes through the whole pipeline, although the server is
// killed while it waits for the provider.
func TestElai(t *testing.T) {
	t.Parallel()
	for _, theme := range soak.Pick([]string{"dark-purple", "light-modern"}, "light-modern") {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			stand := elaitest.New(t)
			stand.Say("queued", "rendering")
			s := serve(t, plain, elaiEnv(stand)...)
			height := soak.Rounds(540, 1080) // of the video
			id := s.create(elaiDeck + fmt.Sprintf(`,"theme":%q,"resolution":[%d,%d]}`, theme, height*16/9, height))
			s.await(id, func(v view) bool { return stand.Calls("get") > 6 && len(stand.Keys()) == 2 })
			s.kill9()
			s.start(plain, elaiEnv(stand)...)
			s.await(id, func(v view) bool { return v.Attempt > 1 && v.Status == "processing" })
			stand.Say("rendering", "validating", "ready")
			if v := s.awaitEnd(id); v.Status != "completed" {
				t.Fatalf("ended as %+v", v)
			}
			if keys := stand.Keys(); len(keys) != 2 {
				t.Errorf("%d takes were ordered for two slides", len(keys))
			}
			for _, k := range stand.Keys() {
				if stand.Creates(k) != 1 || stand.Renders(k) != 1 {
					t.Errorf("J9: %.12s was created %d times and paid for %d times", k, stand.Creates(k), stand.Renders(k))
				}
			}
			file := s.download("/api/custom/presentations/"+id+"/video", "elai.mp4")
			inspect(t, file)
			if loud := envelope(t, file); len(loud) == 0 || len(silences(loud, float64(len(loud))/envelopeRate)) > 0 {
				t.Error("the video is silent")
			}
			checkElaiTiming(t, s)
			checkNoGreen(t, file)
			if strings.Contains(s.log(), elaitest.Token) || strings.Contains(s.out.String(), elaitest.Token) {
				t.Error("the token is in the log")
			}
		})
	}
}

// checkElaiTiming checks that each slide's speech is as long as its clip, to within a frame and the padding of AAC.
func checkElaiTiming(t *testing.T, s *server) {
	t.Helper()
	b, err := os.ReadFile(s.found("manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Slides []struct {
			Samples int64 `json:"speech_samples"`
			Words   []struct{ Text string }
			Window  *struct{ Width int } `json:"avatar_window"`
		}
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	texts := []string{"Hello, and welcome to the first slide.",
		"This is the second one, which says a little more than the first, so it lasts longer."}
	for i, text := range texts {
		got, want := float64(m.Slides[i].Samples)/48000, elaitest.Seconds(text)
		if math.Abs(got-want) > 0.08 {
			t.Errorf("slide %d speaks for %.3f s, its clip for %.3f", i+1, got, want)
		}
		if len(m.Slides[i].Words) != len(strings.Fields(text)) || m.Slides[i].Window == nil {
			t.Errorf("slide %d has %d words and the window %v", i+1, len(m.Slides[i].Words), m.Slides[i].Window)
		}
	}
}

// checkNoGreen looks in pictures from the whole video for the green behind the avatar, and for a green tint at its
// edges. Neither theme is green.
func checkNoGreen(t *testing.T, file string) {
	t.Helper()
	raw := run(t, "ffmpeg", "-nostdin", "-v", "error", "-i", file, "-vf",
		"fps=2,scale=960:540:in_color_matrix=bt709,format=rgb24", "-f", "rawvideo", "-")
	worst := 0
	for i := 0; i+2 < len(raw); i += 3 {
		worst = max(worst, int(raw[i+1])-int(max(raw[i], raw[i+2])))
	}
	t.Logf("%d pictures, green excess at most %d", len(raw)/(960*540*3), worst)
	if worst > 24 || len(raw) == 0 {
		t.Errorf("a pixel of the video is greener than red or blue by %d", worst)
	}
}
