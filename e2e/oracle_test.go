package e2e

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// media is what an independent tool reports of a finished file.
type media struct {
	file          string
	width, height int
	fps           float64
	frames        int
	video, audio  float64 // seconds
	chapters      []string
	begins, ends  []float64 // of the chapters, in seconds
	subtitles     int
}

// inspect probes file and fails the test where it is not the kind of file that Lectern promises: H.264 yuv420p with
// bt709 tags, AAC at 48 kHz, faststart, constant frame rate, and decodable without a warning.
func inspect(t *testing.T, file string) media {
	t.Helper()
	var p struct {
		Streams []struct {
			CodecType     string `json:"codec_type"`
			CodecName     string `json:"codec_name"`
			Profile       string `json:"profile"`
			PixFmt        string `json:"pix_fmt"`
			Width, Height int
			RFrameRate    string `json:"r_frame_rate"`
			AvgFrameRate  string `json:"avg_frame_rate"`
			NbReadFrames  string `json:"nb_read_frames"`
			SampleRate    string `json:"sample_rate"`
			Duration      string
			ColorSpace    string `json:"color_space"`
			ColorRange    string `json:"color_range"`
		}
		Chapters []struct {
			Tags    map[string]string
			Start   string `json:"start_time"`
			EndTime string `json:"end_time"`
		}
	}
	out := run(t, "ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_chapters", "-of", "json", file)
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	m := media{file: file}
	for _, s := range p.Streams {
		seconds, _ := strconv.ParseFloat(s.Duration, 64)
		switch s.CodecType {
		case "video":
			m.width, m.height, m.video, m.fps = s.Width, s.Height, seconds, ratio(s.RFrameRate)
			m.frames, _ = strconv.Atoi(s.NbReadFrames)
			if s.CodecName != "h264" || s.PixFmt != "yuv420p" || s.Profile != "High" {
				t.Errorf("video is %s %s %s, not H.264 High yuv420p", s.CodecName, s.Profile, s.PixFmt)
			}
			if s.ColorSpace != "bt709" || s.ColorRange != "tv" {
				t.Errorf("colours are tagged %q %q, not bt709 tv", s.ColorSpace, s.ColorRange)
			}
			if math.Abs(ratio(s.AvgFrameRate)-m.fps) > 1e-6 {
				t.Errorf("frame rate varies: %s on average, %s nominal", s.AvgFrameRate, s.RFrameRate)
			}
		case "audio":
			m.audio = seconds
			if s.CodecName != "aac" || s.SampleRate != "48000" {
				t.Errorf("audio is %s at %s Hz, not AAC at 48000", s.CodecName, s.SampleRate)
			}
		case "subtitle":
			m.subtitles++
		}
	}
	for _, c := range p.Chapters {
		begin, _ := strconv.ParseFloat(c.Start, 64)
		end, _ := strconv.ParseFloat(c.EndTime, 64)
		m.chapters, m.begins, m.ends = append(m.chapters, c.Tags["title"]), append(m.begins, begin), append(m.ends, end)
	}
	if d := math.Abs(m.video - m.audio); d > 0.050 {
		t.Errorf("video lasts %.3f s, audio %.3f s", m.video, m.audio)
	}
	if want := m.video * m.fps; math.Abs(want-float64(m.frames)) > 0.5 {
		t.Errorf("%d frames decoded in %.3f s at %v", m.frames, m.video, m.fps)
	}
	checkFaststart(t, file)
	if warnings := run(t, "ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-i", file, "-map", "0:v", "-map", "0:a", "-f",
		"null", "-"); len(warnings) > 0 {
		t.Errorf("decoding warns:\n%s", warnings)
	}
	return m
}

// run returns a tool's standard output and standard error together; a failure ends the test.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, tail(string(out), 2000))
	}
	return out
}

func ratio(s string) float64 {
	n, d, ok := strings.Cut(s, "/")
	num, _ := strconv.ParseFloat(n, 64)
	if den, _ := strconv.ParseFloat(d, 64); ok && den != 0 {
		return num / den
	}
	return num
}

// checkFaststart walks the top-level boxes (ISO/IEC 14496-12, 4.2): moov must stand before mdat.
func checkFaststart(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for off := uint64(0); off+8 <= uint64(len(b)); {
		size := uint64(binary.BigEndian.Uint32(b[off:]))
		order = append(order, string(b[off+4:off+8]))
		if size == 1 {
			size = binary.BigEndian.Uint64(b[off+8:])
		}
		if size < 8 {
			break
		}
		off += size
	}
	all := strings.Join(order, " ")
	if moov, mdat := strings.Index(all, "moov"), strings.Index(all, "mdat"); moov < 0 || mdat < 0 || moov > mdat {
		t.Errorf("boxes stand as %q: moov must come before mdat", all)
	}
}

// greyFrame is a frame without its colours.
type greyFrame struct {
	w, h int
	pix  []byte
}

func (p greyFrame) at(x, y int) float64 { return float64(p.pix[y*p.w+x]) }

// box is a rectangle in pixels.
type box struct{ x, y, w, h int }

// greyFrames decodes the whole video and returns box r of every frame, at its own size, in grey.
func greyFrames(t *testing.T, file string, r box) []greyFrame {
	t.Helper()
	filter := fmt.Sprintf("crop=%d:%d:%d:%d,format=gray", r.w, r.h, r.x, r.y)
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", file, "-map", "0:v", "-vf", filter,
		"-f", "rawvideo", "-")
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []greyFrame
	for n := r.w * r.h; len(raw) >= n; raw = raw[n:] {
		all = append(all, greyFrame{r.w, r.h, raw[:n]})
	}
	return all
}

// envelopeRate is the number of energy values per second in an envelope.
const envelopeRate = 200

// envelope decodes the first audio stream of file and returns its level, as the root mean square of each 5 ms.
func envelope(t *testing.T, file string) []float64 {
	t.Helper()
	const rate = 16_000
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", file, "-map", "0:a", "-ac", "1",
		"-ar", strconv.Itoa(rate), "-f", "s16le", "-")
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	const step = rate / envelopeRate
	var env []float64
	for i := 0; i+2*step <= len(raw); i += 2 * step {
		sum := 0.0
		for j := i; j < i+2*step; j += 2 {
			v := float64(int16(binary.LittleEndian.Uint16(raw[j:]))) / 32768
			sum += v * v
		}
		env = append(env, math.Sqrt(sum/step))
	}
	return env
}

// span is a stretch of time in seconds.
type span struct{ from, to float64 }

// silences returns the stretches of at least least seconds in which env stays below 1 % of its peak.
func silences(env []float64, least float64) []span {
	peak := 0.0
	for _, v := range env {
		peak = max(peak, v)
	}
	var all []span
	start := 0
	for i := 0; i <= len(env); i++ {
		if i < len(env) && env[i] < peak/100 {
			continue
		}
		if s := (span{float64(start) / envelopeRate, float64(i) / envelopeRate}); s.to-s.from >= least {
			all = append(all, s)
		}
		start = i + 1
	}
	return all
}

// locate returns where needle's envelope fits best into hay's, in seconds, and how well, as a correlation from -1 to 1.
func locate(hay, needle []float64) (at, fit float64) {
	fit = -1
	for off := 0; off+len(needle) <= len(hay); off++ {
		if c := correlation(hay[off:off+len(needle)], needle); c > fit {
			at, fit = float64(off)/envelopeRate, c
		}
	}
	return at, fit
}

func correlation(a, b []float64) float64 {
	var ma, mb float64
	for i := range a {
		ma += a[i] / float64(len(a))
		mb += b[i] / float64(len(b))
	}
	var ab, aa, bb float64
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
