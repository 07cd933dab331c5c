package e2e

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lectern/internal/soak"
)

// The sentences have many sounds at which lips must close (p, b, m), with open vowels between them.
var lipSentences = []string{
	"My mama and papa march by the barn.",
	"Bob and Pam palmed a map from a market far apart.",
	"A calm farmer pampered a lamb in the park.",
}

// TestLipSync decodes a finished video, finds the mouth by itself, and checks three rules: the mouth is still in
// silences of 0.4 s and more, moves in speech, and is closed on bilabials. The times of sounds come from the test's own
// call of flite and from the place of flite's audio in the video's audio.
func TestLipSync(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	for _, avatar := range soak.Pick([]string{"mikhailo", "gia"}, "mikhailo") {
		t.Run(avatar, func(t *testing.T) {
			id := s.create(fmt.Sprintf(`{"slidesData":[{"templateId":"content-slide","props":{"title":"Lips"},"voiceoverText":%q}],
				"avatarCode":%q,"voiceProvider":"flite","voiceId":"slt"}`, strings.Join(lipSentences, "\n\n"), avatar))
			if v := s.awaitEnd(id); v.Status != "completed" {
				t.Fatalf("ended as %+v", v)
			}
			file := s.download("/v1/presentations/"+id+"/video", "lips.mp4")
			m := inspect(t, file)
			judgeLips(t, m)
		})
	}
}

func judgeLips(t *testing.T, m media) {
	window := box{1392, 552, 480, 480} // the avatar's window is 48 px from the corner
	frames := greyFrames(t, m.file, window)
	env := envelope(t, m.file)
	quiet := silences(env, 0.4)
	if len(quiet) < len(lipSentences)-1 {
		t.Fatalf("found %d silences between %d sentences", len(quiet), len(lipSentences))
	}
	still, spoken := map[int]bool{}, map[int]bool{}
	for i := range frames {
		at := (float64(i) + 0.5) / m.fps
		inside, near := false, false
		for _, q := range quiet {
			// Lips need up to 140 ms to come to rest, and lead the sound by up to two frames and an attack of 90 ms.
			inside = inside || at > q.from+0.2 && at < q.to-0.2
			near = near || at > q.from-0.05 && at < q.to+0.05
		}
		still[i], spoken[i] = inside, !near
	}
	mouth := findMouth(t, frames, still, spoken)
	t.Logf("mouth at %+v of the window", mouth)

	motion := func(set map[int]bool) float64 {
		var all []float64
		for i := 1; i < len(frames); i++ {
			if set[i] && set[i-1] {
				all = append(all, difference(frames[i], frames[i-1], mouth, 0, 0))
			}
		}
		return mean(all)
	}
	rest, talk := motion(still), motion(spoken)
	t.Logf("mouth motion: %.3f in silence, %.3f in speech", rest, talk)
	if talk < 0.8 || rest > talk/4 {
		t.Errorf("the mouth moves by %.3f grey levels a frame in silence and %.3f in speech", rest, talk)
	}

	closed := average(frames, still)
	open := make([]float64, len(frames))
	var talking []float64
	for i, f := range frames {
		open[i] = openness(f, closed, mouth)
		if spoken[i] {
			talking = append(talking, open[i])
		}
	}
	slices.Sort(talking)
	wide := talking[len(talking)*9/10]
	var shut []float64
	for _, at := range bilabials(t, env) {
		least := math.Inf(1)
		for i := int((at.from - 2/m.fps) * m.fps); i <= int(at.to*m.fps) && i < len(open); i++ {
			least = min(least, open[max(i, 0)])
		}
		shut = append(shut, least)
	}
	slices.Sort(shut)
	t.Logf("%d bilabials: openness %.2f at the median, %.2f at the worst tenth; open vowels %.2f", len(shut),
		shut[len(shut)/2], shut[len(shut)*9/10], wide)
	if len(shut) < 15 {
		t.Fatalf("only %d bilabials", len(shut))
	}
	if shut[len(shut)/2] > 0.3*wide || shut[len(shut)*9/10] > 0.5*wide {
		t.Errorf("lips do not close on bilabials: openness %.2f (median) and %.2f (worst tenth) against %.2f open",
			shut[len(shut)/2], shut[len(shut)*9/10], wide)
	}
}

// findMouth returns the box in which frames vary much in speech and little in silence: the mouth is where the
// difference of both variances, smoothed, is largest.
func findMouth(t *testing.T, frames []greyFrame, still, spoken map[int]bool) box {
	t.Helper()
	w, h := frames[0].w, frames[0].h
	talk, rest := variance(frames, spoken), variance(frames, still)
	const half = 20
	best, at := -1.0, box{}
	for y := half; y < h-half; y += 4 {
		for x := half; x < w-half; x += 4 {
			sum := 0.0
			for dy := -half / 2; dy < half/2; dy += 2 {
				for dx := -half; dx < half; dx += 2 {
					i := (y+dy)*w + x + dx
					sum += talk[i] - rest[i]
				}
			}
			if sum > best {
				best, at = sum, box{x - 36, y - 26, 72, 52}
			}
		}
	}
	if at.x < 0 || at.y < 0 || at.x+at.w > w || at.y+at.h > h {
		t.Fatalf("the place that moves most, %+v, is at the window's edge: that is no mouth", at)
	}
	return at
}

func variance(frames []greyFrame, set map[int]bool) []float64 {
	sum := make([]float64, len(frames[0].pix))
	sq := make([]float64, len(sum))
	n := 0.0
	for i, f := range frames {
		if !set[i] {
			continue
		}
		n++
		for j, v := range f.pix {
			sum[j] += float64(v)
			sq[j] += float64(v) * float64(v)
		}
	}
	for j := range sq {
		sq[j] = sq[j]/n - (sum[j]/n)*(sum[j]/n)
	}
	return sq
}

func average(frames []greyFrame, set map[int]bool) greyFrame {
	sum := make([]float64, len(frames[0].pix))
	n := 0.0
	for i, f := range frames {
		if set[i] {
			n++
			for j, v := range f.pix {
				sum[j] += float64(v)
			}
		}
	}
	p := greyFrame{frames[0].w, frames[0].h, make([]byte, len(sum))}
	for j := range sum {
		p.pix[j] = byte(sum[j]/n + 0.5)
	}
	return p
}

// openness returns how much f's mouth differs from the closed one. Small movements of the head do not count.
func openness(f, closed greyFrame, mouth box) float64 {
	best := math.Inf(1)
	for dy := -8; dy <= 8; dy += 2 {
		for dx := -8; dx <= 8; dx += 2 {
			best = min(best, difference(f, closed, mouth, dx, dy))
		}
	}
	return best
}

// difference returns the mean absolute difference of a, moved by dx and dy, and b within r.
func difference(a, b greyFrame, r box, dx, dy int) float64 {
	sum := 0.0
	for y := r.y; y < r.y+r.h; y++ {
		for x := r.x; x < r.x+r.w; x++ {
			ax, ay := min(max(x+dx, 0), a.w-1), min(max(y+dy, 0), a.h-1)
			sum += math.Abs(a.at(ax, ay) - b.at(x, y))
		}
	}
	return sum / float64(r.w*r.h)
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// bilabials returns when lips must be closed in the video: flite's own times for the same sentences, shifted to the
// place of flite's audio in the video.
func bilabials(t *testing.T, env []float64) []span {
	t.Helper()
	var all []span
	for i, sentence := range lipSentences {
		wav := filepath.Join(t.TempDir(), "ref"+strconv.Itoa(i)+".wav")
		printed := run(t, "flite", "-voice", "slt", "-psdur", "-t", sentence, "-o", wav)
		if _, err := os.Stat(wav); err != nil {
			t.Fatal(err)
		}
		at, fit := locate(env, envelope(t, wav))
		t.Logf("sentence %d begins at %.3f s (correlation %.3f)", i+1, at, fit)
		if fit < 0.8 {
			t.Fatalf("flite's %q is not in the video's audio: correlation %.2f", sentence, fit)
		}
		from := 0.0
		for _, f := range strings.Fields(string(printed)) {
			name, end, ok := strings.Cut(f, ":")
			if !ok {
				continue
			}
			to, err := strconv.ParseFloat(end, 64)
			if err != nil {
				continue
			}
			if name == "p" || name == "b" || name == "m" {
				all = append(all, span{at + from, at + to})
			}
			from = to
		}
	}
	return all
}
