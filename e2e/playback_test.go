package e2e

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lectern/internal/soak"
)

// lively is a deck of slides in different colours, with an avatar, transitions and one cut.
const lively = `{"title":"Playback","size":{"width":960,"height":540},"avatar":"mikhailo","transitions":[{"type":"fade","duration":0.5},{"type":"none"},{"type":"wipeleft","duration":0.4}],"slides":[
	{"template":"title","background":"#7a1020","props":{"title":"Red"},"narration":"The first slide is red, and it says so in a sentence that takes a few seconds."},
	{"template":"content","background":"#0c5c2c","props":{"title":"Green","content":"The second."},"narration":"The second slide is green. It has a cut behind it, and five seconds or so of talk."},
	{"template":"content","background":"#123a8c","props":{"title":"Blue","content":"The third."},"narration":"The third slide is blue, and it is wiped away by the last of all slides."},
	{"template":"title","background":"#c8a018","props":{"title":"Yellow"},"narration":"The last one is yellow."}]}`

// TestPlayback: a spliced video plays everywhere. libavcodec decodes it without a warning, OpenH264 to the same bits,
// and Chromium and, where installed, Firefox show the right frame after every seek.
func TestPlayback(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	a := s.must("POST", "/v1/presentations", lively)
	if a.status != 202 && a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	id := a.json(t)["id"].(string)
	if v := s.awaitEnd(id); v.Status != "completed" {
		t.Fatalf("ended as %+v", v)
	}
	file := s.download("/api/custom/presentations/"+id+"/video", "lively.mp4")
	m := inspect(t, file)
	checkManifest(t, m, s.must("GET", "/v1/presentations/"+id+"/manifest", ""))

	stream := filepath.Join(t.TempDir(), "video.h264")
	run(t, "ffmpeg", "-nostdin", "-v", "error", "-i", file, "-map", "0:v", "-c", "copy", "-bsf:v", "h264_mp4toannexb",
		"-f", "h264", stream)
	raw := stream + ".yuv"
	run(t, "gst-launch-1.0", "-q", "filesrc", "location="+stream, "!", "h264parse", "!", "openh264dec", "!",
		"videoconvert", "!",
		"video/x-raw,format=I420", "!", "filesink", "location="+raw)
	theirs, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	ours := strings.TrimSpace(string(run(t, "ffmpeg", "-nostdin", "-v", "error", "-i", stream, "-pix_fmt", "yuv420p", "-f",
		"md5", "-")))
	if got := fmt.Sprintf("MD5=%x", md5.Sum(theirs)); got != ours {
		t.Errorf("OpenH264 decodes %d bytes to %s, libavcodec to %s", len(theirs), got, ours)
	}

	random := rand.New(rand.NewPCG(3, 4))
	frames := make([]int, soak.Rounds(8, 20))
	for i := range frames {
		frames[i] = random.IntN(m.frames)
	}
	script := seeking(t, "/api/custom/presentations/"+id+"/video", frames, m.fps)
	shown := map[string][][]int{"Chromium": inChromium[[][]int](t, s, script)}
	if program := firefox(); program != "" {
		shown["Firefox"] = inFirefox[[][]int](t, s, program, script)
	}
	want := thumbs(t, file, frames)
	for browser, pictures := range shown {
		for i, n := range frames {
			if d := apart(pictures[i], want[n]); d > 6 {
				t.Errorf("%s shows another picture at frame %d: the mean difference is %.1f levels", browser, n, d)
			}
		}
	}
}

// checkManifest checks that a video agrees with its manifest, to the frame: in the number of frames, the length of the
// sound, and where each chapter begins and ends, which is in the middle of a transition.
func checkManifest(t *testing.T, m media, manifest answer) {
	t.Helper()
	var said struct {
		FrameRate int   `json:"frame_rate"`
		Frames    int   `json:"frames"`
		Samples   int64 `json:"samples"`
		Slides    []struct {
			Title  string `json:"title"`
			Start  int    `json:"start_frame"`
			Frames int    `json:"frames"`
		} `json:"slides"`
		Transitions []struct {
			After  int `json:"after_slide"`
			Start  int `json:"start_frame"`
			Frames int `json:"frames"`
		} `json:"transitions"`
	}
	if err := json.Unmarshal([]byte(manifest.body), &said); err != nil {
		t.Fatal(err)
	}
	if said.FrameRate != int(m.fps) || said.Frames != m.frames || len(said.Slides) != len(m.chapters) {
		t.Errorf("the manifest has %d frames at %d/s and %d slides, the video %d at %v and %d chapters", said.Frames,
			said.FrameRate, len(said.Slides), m.frames, m.fps, len(m.chapters))
	}
	if d := m.audio - float64(said.Samples)/48000; math.Abs(d) > 1/m.fps {
		t.Errorf("the sound is %.4f s longer than the manifest says", d)
	}
	overlap := map[int]int{}
	sum := 0
	for _, x := range said.Transitions {
		overlap[x.After] = x.Frames
		sum -= x.Frames
		if end := said.Slides[x.After-1].Start + said.Slides[x.After-1].Frames; x.Start+x.Frames != end ||
			said.Slides[x.After].Start != x.Start {
			t.Errorf("the transition after slide %d does not span the frames that both slides have", x.After)
		}
	}
	for i, s := range said.Slides {
		sum += s.Frames
		begin, end := s.Start+overlap[i]/2, said.Frames
		if i+1 < len(said.Slides) {
			end = said.Slides[i+1].Start + overlap[i+1]/2
		}
		if s.Title != m.chapters[i] || int(math.Round(m.begins[i]*m.fps)) != begin ||
			int(math.Round(m.ends[i]*m.fps)) != end {
			t.Errorf("chapter %d, %q, goes from %.3f s to %.3f s; the manifest has %q from frame %d to %d", i+1, m.chapters[i],
				m.begins[i], m.ends[i], s.Title, begin, end)
		}
	}
	if sum != said.Frames {
		t.Errorf("the manifest's slides have %d frames together, its video %d", sum, said.Frames)
	}
}

// thumbs returns small pictures of the frames, decoded by libavcodec.
func thumbs(t *testing.T, file string, frames []int) map[int][]int {
	t.Helper()
	order := slices.Clone(frames)
	slices.Sort(order)
	order = slices.Compact(order)
	var pick []string
	for _, n := range order {
		pick = append(pick, fmt.Sprintf("eq(n\\,%d)", n))
	}
	raw := run(t, "ffmpeg", "-nostdin", "-v", "error", "-i", file, "-map", "0:v", "-vf",
		fmt.Sprintf("select=%s,setpts=N/TB/25,scale=%d:%d:flags=area,format=rgb24", strings.Join(pick, "+"), thumbWidth,
			thumbHeight), "-r", "25", "-f", "rawvideo", "-")
	const size = thumbWidth * thumbHeight * 3
	if len(raw) != len(order)*size {
		t.Fatalf("%d bytes for %d frames", len(raw), len(order))
	}
	out := map[int][]int{}
	for i, n := range order {
		for _, v := range raw[i*size:][:size] {
			out[n] = append(out[n], int(v))
		}
	}
	return out
}

// apart returns the mean difference of two pictures.
func apart(a, b []int) float64 {
	if len(a) != len(b) {
		return 256
	}
	sum := 0
	for i := range a {
		sum += max(a[i]-b[i], b[i]-a[i])
	}
	return float64(sum) / float64(len(a))
}
