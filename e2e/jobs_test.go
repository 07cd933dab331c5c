package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lectern/internal/soak"
)

// asWritten is a request in the form of the legacy interface, with fields in snake_case and no title.
const asWritten = `{"slides_data":[{"templateId":"content-slide","props":{"title":"Hello","content":"First slide","voiceoverText":"Hello, and welcome."}}],"avatar_code":"mikhailo"}`

// talk returns a deck of n slides for a small video, each spoken for some seconds.
func talk(n int) string {
	var slides []string
	for i := 1; i <= n; i++ {
		slides = append(slides,
			fmt.Sprintf(`{"templateId":"bullet-points","props":{"title":"Slide %[1]d of %[2]d","items":["One thing","Another thing","A third thing"]},
			"voiceoverText":"This is slide number %[1]d of %[2]d. It says three things, one after the other, and takes its time to say them well."}`, i, n))
	}
	return `{"resolution":[640,360],"slidesData":[` + strings.Join(slides, ",") + `],"avatarCode":"gia.casual"}`
}

// large changes a deck of talk to a large video, which takes longer and leaves more on the disk.
func large(deck string) string { return strings.Replace(deck, "[640,360]", "[1920,1080]", 1) }

// TestFirstVideo does what a user of the legacy interface does first: create a presentation, follow it, and get its
// files.
func TestFirstVideo(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	ctx := patient(t)
	id := s.create(asWritten)
	events := make(chan []streamed, 1)
	go func() { events <- stream(ctx, t, s, id, 0) }()
	finish := observe(ctx, s, 2, id)
	if v := s.awaitEnd(id); v.Status != "completed" || v.Progress != 100 {
		t.Fatalf("ended as %+v", v)
	}
	finish()
	all := <-events
	checkStream(t, all)
	if len(all) < 8 {
		t.Errorf("a one-slide presentation was seen in only %d versions", len(all))
	}
	if rest := stream(ctx, t, s, id, all[2].id); len(rest) == 0 || rest[0].id != all[2].id+1 {
		t.Errorf("J5: a stream resumed after version %d begins with %+v", all[2].id, rest)
	}

	file := s.download("/api/custom/presentations/"+id+"/video", "hello.mp4")
	m := inspect(t, file)
	if m.width != 1920 || m.height != 1080 || m.fps != 30 {
		t.Errorf("the video is %d×%d at %v", m.width, m.height, m.fps)
	}
	if loud := envelope(t, file); len(silences(loud, float64(len(loud))/envelopeRate)) > 0 {
		t.Error("the video is silent")
	}
	status := s.must("GET", "/api/custom/presentations/"+id, "").json(t)
	for field, kind := range map[string]string{"videoUrl": "video/mp4", "thumbnailUrl": "image/jpeg",
		"slideImageUrl": "image/png"} {
		path, _ := status[field].(string)
		a := s.must("GET", path, "")
		if a.status != 200 || a.header.Get("Content-Type") != kind || len(a.body) < 1000 {
			t.Errorf("%s %q: %d, %s, %d bytes", field, path, a.status, a.header.Get("Content-Type"), len(a.body))
		}
	}
	if d := s.must("GET", "/api/custom/presentations/"+id+"/video",
		"").header.Get("Content-Disposition"); !strings.Contains(d, "presentation_"+id+".mp4") {
		t.Errorf("the video is offered as %q", d)
	}
	metrics := string(s.must("GET", "/metrics", "").body)
	for _, line := range []string{`lectern_presentations{status="completed"} 1`,
		`lectern_step_duration_seconds_count{kind="encode",reused="false"} 1`,
		`lectern_presentation_duration_seconds_count{status="completed"} 1`} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	playInChromium(t, s, "/api/custom/presentations/"+id+"/video")
	checkLog(t, s.log(), id)
}

// checkLog checks the log of a run without faults: it has status updates and heartbeats of each presentation, progress
// never falls, and neither of the forbidden words occurs in any form.
func checkLog(t *testing.T, log string, ids ...string) {
	t.Helper()
	forbidden := regexp.MustCompile(`(?i)error|conflict`)
	last := map[string]float64{}
	updates, beats := map[string]int{}, map[string]int{}
	for line := range strings.Lines(log) {
		if forbidden.MatchString(line) {
			t.Errorf("the log of a run without faults has a forbidden word: %s", line)
		}
		update, beat := strings.Contains(line, "JOB_STATUS_UPDATE"), strings.Contains(line, "HEARTBEAT")
		if !update && !beat {
			continue
		}
		var rec map[string]any
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("a line of the log is not JSON: %v: %s", err, line)
		}
		id := fmt.Sprint(rec["job_id"])
		key := "progress"
		if update {
			key = "new_progress"
			updates[id]++
		} else {
			beats[id]++
		}
		p, err := strconv.ParseFloat(strings.TrimSuffix(fmt.Sprint(rec[key]), "%"), 64)
		if err != nil {
			t.Fatalf("no %s in %s", key, line)
		}
		if p < last[id] {
			t.Errorf("J3: the log has progress %v after %v: %s", p, last[id], line)
		}
		last[id] = p
	}
	for _, id := range ids {
		if updates[id] < 4 || beats[id] < 1 || last[id] != 100 {
			t.Errorf("the log has %d updates and %d heartbeats of %s, the last at %v", updates[id], beats[id], id, last[id])
		}
	}
}

// TestFiveAtOnce runs five presentations at once, with ten pollers each, under the race detector.
func TestFiveAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, raced())
	ctx := patient(t)
	body := strings.Replace(asWritten, `"avatar_code"`, `"resolution":[640,360],"avatar_code"`, 1)
	var ids []string
	for range 5 {
		ids = append(ids, s.create(body))
	}
	finish := observe(ctx, s, 10, ids...)
	for _, id := range ids {
		if v := s.awaitEnd(id); v.Status != "completed" {
			t.Errorf("%s ended as %+v", id, v)
		}
	}
	finish()
	for _, id := range ids {
		checkStream(t, stream(ctx, t, s, id, 0))
	}
	checkLog(t, s.log(), ids...)
	if strings.Contains(s.out.String(), "DATA RACE") {
		t.Errorf("the race detector reports:\n%s", tail(s.out.String(), 5000))
	}
}

// record is a step of a presentation as the server reports it.
type record struct {
	Kind    string `json:"kind"`
	Slide   int    `json:"slide"`
	Key     string `json:"key"`
	Attempt int    `json:"attempt"`
	Reused  bool   `json:"reused"`
}

func (s *server) steps(id string) []record {
	s.t.Helper()
	var body struct {
		Steps []record `json:"steps"`
	}
	if err := json.Unmarshal(s.must("GET", "/v1/presentations/"+id+"/steps", "").body, &body); err != nil {
		s.t.Fatal(err)
	}
	return body.Steps
}

// TestKillAndRestart checks J3, J8 and J9: a server is killed in the middle of a job. After its restart the job goes on
// as the next attempt, and what was finished is not rendered again.
func TestKillAndRestart(t *testing.T) {
	t.Parallel()
	finished := func(kind string, least int) func(*server, string) bool {
		return func(s *server, id string) bool {
			n := 0
			for _, r := range s.steps(id) {
				if r.Kind == kind {
					n++
				}
			}
			return n >= least
		}
	}
	runs := soak.Cases(t, "slides are encoded")
	for name, c := range map[string]struct {
		office bool // the deck is a PowerPoint file, of three slides that are shown; else JSON
		reach  func(s *server, id string) bool
	}{
		"slides are encoded":      {reach: finished("encode", 2)},
		"LibreOffice converts":    {true, func(s *server, _ string) bool { return running(t, s, "soffice.bin") > 0 }},
		"the pages are not drawn": {true, finished("import", 1)},
		"some pages are drawn":    {true, finished("capture", 2)},
	} {
		if !runs(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, plain)
			var id string
			if c.office {
				id = s.upload("../internal/deck/pptx/testdata/cases/hidden-slides/deck.pptx",
					"application/vnd.openxmlformats-officedocument.presentationml.presentation")
			} else {
				id = s.create(talk(6))
			}
			killAndRestart(t, s, id, c.reach)
			m := inspect(t, s.download("/v1/presentations/"+id+"/video", "resumed.mp4"))
			if c.office && !slices.Equal(m.chapters, []string{"One", "Three", "Five"}) {
				t.Errorf("the chapters are %q", m.chapters)
			}
		})
	}
}

// killAndRestart kills a server once a presentation has come as far as reach says, and starts it again.
func killAndRestart(t *testing.T, s *server, id string, reach func(*server, string) bool) {
	t.Helper()
	ctx := patient(t)
	finish := observe(ctx, s, 4, id)
	s.await(id, func(v view) bool { return reach(s, id) || v.ended() })
	before := s.steps(id)
	s.kill9()
	if left := family(t, s); len(left) > 0 {
		t.Errorf("the killed server leaves the processes %v", left)
	}
	s.start(plain)
	v := s.awaitEnd(id)
	if v.Status != "completed" || v.Attempt != 2 {
		t.Fatalf("ended as %+v, not completed in attempt 2", v)
	}
	finish()

	made := map[string]int{}
	for _, r := range s.steps(id) {
		if !r.Reused {
			made[r.Key]++
		}
	}
	for _, r := range before {
		if made[r.Key] > 1 {
			t.Errorf("J9: %s of slide %d was finished before the kill and made %d times", r.Kind, r.Slide, made[r.Key])
		}
	}
	checkStream(t, stream(ctx, t, s, id, 0))
}

// TestCancel checks J10: a cancel in the middle of a render leaves no process and no file.
func TestCancel(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	id := s.create(large(talk(6)))
	ctx := patient(t)
	poll(ctx, 20*time.Millisecond, func() bool { return running(t, s, "ffmpeg") > 0 })
	asked := time.Now()
	if a := s.must("POST", "/v1/presentations/"+id+"/cancel", ""); a.status/100 != 2 {
		t.Fatalf("cancel answered %d %s", a.status, a.body)
	}
	v := s.awaitEnd(id)
	t.Logf("canceled %v after it was asked", time.Since(asked).Round(time.Millisecond))
	if v.Status != "canceled" || v.Progress >= 100 {
		t.Fatalf("ended as %+v", v)
	}
	if n := running(t, s, "ffmpeg"); n > 0 {
		t.Errorf("%d ffmpeg processes outlive the cancel", n)
	}
	for _, pattern := range []string{"data/scratch/*", "data/tmp/*"} {
		if left, _ := filepath.Glob(filepath.Join(s.dir, pattern)); len(left) > 0 {
			t.Errorf("the cancelled run leaves %v", left)
		}
	}
	if a := s.must("POST", "/v1/presentations/"+id+"/cancel", ""); a.status != 409 {
		t.Errorf("a second cancel answered %d %s", a.status, a.body)
	}
	if after := s.awaitEnd(id); fmt.Sprint(after) != fmt.Sprint(v) {
		t.Errorf("a second cancel changed %+v to %+v", v, after)
	}
}

// process is one process as /proc reports it.
type process struct {
	pid, parent int
	name        string
	args        string
}

func processes(t *testing.T) map[int]process {
	t.Helper()
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	all := map[int]process{}
	for _, d := range dirs {
		stat, err := os.ReadFile(filepath.Join(d, "stat"))
		if err != nil {
			continue // it has ended
		}
		open, end := strings.IndexByte(string(stat), '('), strings.LastIndexByte(string(stat), ')')
		rest := strings.Fields(string(stat[end+1:]))
		if len(rest) < 2 || rest[0] == "Z" {
			continue
		}
		var p process
		p.pid, _ = strconv.Atoi(filepath.Base(d))
		p.parent, _ = strconv.Atoi(rest[1])
		p.name = string(stat[open+1 : end])
		args, _ := os.ReadFile(filepath.Join(d, "cmdline"))
		p.args = strings.ReplaceAll(string(args), "\x00", " ")
		all[p.pid] = p
	}
	return all
}

// running counts the server's descendants of the given name.
func running(t *testing.T, s *server, name string) int {
	t.Helper()
	all := processes(t)
	n := 0
	for _, p := range all {
		if p.name != name {
			continue
		}
		for up := p; up.pid != 0; up = all[up.parent] {
			if up.pid == s.cmd.Process.Pid {
				n++
				break
			}
		}
	}
	return n
}

// family returns the processes that name the server's folder in their arguments. It waits until none is left, since
// they end only when they notice that their parent is gone.
func family(t *testing.T, s *server) []string {
	t.Helper()
	ctx := patient(t)
	var left []string
	poll(ctx, 50*time.Millisecond, func() bool {
		left = nil
		for _, p := range processes(t) {
			if p.pid != os.Getpid() && strings.Contains(p.args, s.dir) {
				left = append(left, fmt.Sprintf("%d %s", p.pid, tail(p.args, 200)))
			}
		}
		return len(left) == 0
	})
	return left
}
