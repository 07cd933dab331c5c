package httpapi_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"lectern"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite golden files and docs/openapi.json")

// golden compares JSON with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(got), &v); err != nil {
		t.Fatalf("%s: %v in %q", name, err, got)
	}
	pretty, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, filepath.Join("testdata", name+".json"), string(pretty)+"\n")
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is stale; got:\n%s", path, got)
	}
}

// seedRequest is a request as clients of the older interface send it.
const seedRequest = `{"slides_data":[{"templateId":"content-slide","props":{"title":"Hello","content":"First slide","voiceoverText":"Hello, and welcome."}}],"avatar_code":"mikhailo"}`

// A client of the older interface creates a presentation, polls it to its end and downloads the video.
func TestCustomLifecycle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	created := r.post("/api/custom/presentations", seedRequest)
	if created.status != 200 {
		t.Fatalf("status %d: %s", created.status, created.body)
	}
	golden(t, "custom_created", created.body)
	var job struct{ JobID string }
	if err := json.Unmarshal([]byte(created.body), &job); err != nil {
		t.Fatal(err)
	}
	path := "/api/custom/presentations/" + job.JobID
	golden(t, "custom_queued", r.get(path).body)
	if a := r.get(path + "/video"); a.status != 409 || !strings.Contains(a.body, `"success":false`) {
		t.Errorf("a video that is not ready: %d %s", a.status, a.body)
	}
	r.jobs.begin(t, job.JobID)
	r.jobs.report(t, job.JobID, 1, 42.678, lectern.StageEncoding)
	golden(t, "custom_processing", r.get(path).body)
	r.jobs.finish(t, job.JobID, 1)
	golden(t, "custom_completed", r.get(path).body)
	golden(t, "custom_list", r.get("/api/custom/presentations?limit=50").body)

	video := r.get(path + "/video")
	if video.status != 200 || video.header.Get("Content-Type") != "video/mp4" ||
		video.header.Get("Content-Disposition") != `attachment; filename="presentation_`+job.JobID+`.mp4"` {
		t.Errorf("video: %d %v", video.status, video.header)
	}
	for path, ct := range map[string]string{path + "/thumbnail": "image/jpeg", path + "/slide-image": "image/png",
		path + "/slide-image?slide=1": "image/png"} {
		if a := r.get(path); a.status != 200 || a.header.Get("Content-Type") != ct {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Content-Type"))
		}
	}
	if a := r.get(path + "/slide-image?slide=2"); a.status != 404 || !strings.Contains(a.body, "there is no slide 2") {
		t.Errorf("no such slide: %d %s", a.status, a.body)
	}
}

// A slide without narration stays for 3 s in /v1 and for 30 s in /api/custom, under both names of the field slides.
func TestDefaultHoldByInterface(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for path, want := range map[string]time.Duration{"/v1/presentations": 3 * time.Second,
		"/api/custom/presentations": 30 * time.Second, "/api/custom/slide-video/generate": 30 * time.Second} {
		for _, slides := range []string{"slides", "slides_data"} {
			for hold, want := range map[string]time.Duration{"": want, `,"hold":7`: 7 * time.Second} {
				a := r.post(path, fmt.Sprintf(`{%q:[{"title":"One"}]%s}`, slides, hold))
				if got := r.jobs.all[len(r.jobs.all)-1].deck.Hold; a.status >= 300 || got != want {
					t.Errorf("%s, %s%s: %d, %v", path, slides, hold, a.status, got)
				}
			}
		}
	}
}
