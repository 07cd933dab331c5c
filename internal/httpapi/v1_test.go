package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/httpapi"
)

func newPresentation(t *testing.T, r *rig) (id, self string) {
	t.Helper()
	a := r.post("/v1/presentations", seedRequest)
	if a.status != http.StatusAccepted {
		t.Fatalf("%d %s", a.status, a.body)
	}
	self = a.header.Get("Location")
	return strings.TrimPrefix(self, "/v1/presentations/"), self
}

func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v: %d %s", err, a.status, a.body)
	}
	return v
}

// /v1 shows a presentation in each state as the golden files do.
func TestV1Schemas(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	golden(t, "v1_queued", r.get(self).body)
	r.jobs.begin(t, id)
	must(t, r.jobs.apply)(id, lectern.Reported{
		Attempt: 1, Progress: 4267, Stage: lectern.StageEncoding, Message: "Encoding slide 1 of 1.",
		ETA:      12340 * time.Millisecond,
		Warnings: []lectern.Warning{{Code: "overflow", Message: "The title does not fit.", Slide: 1}},
	})
	must(t, r.jobs.apply)(id, lectern.Reported{Attempt: 1, Usage: &lectern.Consumption{
		Video: 83400 * time.Millisecond, CPU: 12345678 * time.Microsecond,
		Providers: []lectern.ProviderUse{
			{Provider: "elai", Avatar: 61200 * time.Millisecond, Cost: 2_550_000, Currency: "EUR"},
			{Provider: "flite", Characters: 1234},
		},
	}})
	golden(t, "v1_processing", r.get(self).body) // usage is shown only after the end
	r.jobs.all[0].steps = []lectern.Step{
		{Kind: lectern.StepNarrate, Slide: 1, Key: "ab12", Attempt: 1, Started: time.Date(2026, 11, 24, 9, 0, 2, 0, time.UTC),
			Took: 1500 * time.Millisecond},
		{Kind: lectern.StepCapture, Slide: 1, Key: "cd34", Attempt: 1, Reused: true,
			Started: time.Date(2026, 11, 24, 9, 0, 3, 0, time.UTC), Took: time.Millisecond},
	}
	golden(t, "v1_steps", r.get(self+"/steps").body)
	r.jobs.all[0].report = []lectern.SlideReport{
		{Slide: 1, Source: 1, Title: "Hello", Narration: lectern.NarrationNotes, Why: "The notes of the slide are spoken.",
			Notes:  []lectern.Remark{{Code: "animation_dropped", Message: "The animations of the slide are dropped."}},
			Unsaid: []string{"Goodbye"}, AltTexts: []string{"A fjord"}},
		{Source: 2, Narration: lectern.NarrationNone, Why: "The slide is hidden, so it is left out."},
	}
	golden(t, "v1_report", r.get(self+"/report").body)
	r.jobs.finish(t, id, 1)
	golden(t, "v1_completed", r.get(self).body)

	id, self = newPresentation(t, r)
	r.jobs.begin(t, id)
	r.jobs.fail(t, id, 1, lectern.Failure{Code: lectern.CodeVoiceFailed, Message: "The voice did not answer.",
		Param: "slides[0].narration", Slide: 1, Retryable: true, Detail: "exit 1",
		Causes: []lectern.Failure{{Code: lectern.CodeTimeout, Message: "Too long.", Param: "slides[1].narration", Slide: 2}}})
	golden(t, "v1_failed", r.get(self).body)
	golden(t, "v1_list", r.get("/v1/presentations?status=failed").body)
}

func TestV1Catalogue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, path := range map[string]string{"voices": "/v1/voices", "avatars": "/v1/avatars",
		"templates": "/v1/templates", "themes": "/v1/themes"} {
		golden(t, "v1_"+name, r.get(path).body)
	}
	golden(t, "custom_voices", r.get("/api/custom/video/voices").body)
	golden(t, "custom_avatars", r.get("/api/custom/video/avatars").body)
}

// Both catalogues link to portraits, and each portrait is drawn once.
func TestPortraits(t *testing.T) {
	t.Parallel()
	drawn := 0
	r := newRig(t, func(o *httpapi.Options) { o.Avatars = avatars{&drawn} })
	list := decode[httpapi.AvatarList](t, r.get("/v1/avatars"))
	tag := ""
	for range 3 {
		a := r.get(list.Avatars[0].Variants[1].Portrait)
		if a.status != 200 || a.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(a.body, "\x89PNG") {
			t.Fatalf("%d %v", a.status, a.header)
		}
		tag = a.header.Get("ETag")
	}
	if drawn != 1 {
		t.Errorf("drawn %d times", drawn)
	}
	if a := r.get(list.Avatars[0].Variants[1].Portrait, "If-None-Match", tag); a.status != 304 {
		t.Errorf("unchanged: %d", a.status)
	}
	custom := decode[struct {
		Avatars []struct{ Thumbnail, Canvas string }
	}](t, r.get("/api/custom/video/avatars"))
	if a := r.get(custom.Avatars[1].Thumbnail); a.status != 200 || !strings.HasPrefix(a.body, "\x89PNG") {
		t.Errorf("%s: %d", custom.Avatars[1].Thumbnail, a.status)
	}
	if a := r.get("/v1/avatars/nobody/portrait"); a.status != 404 {
		t.Errorf("nobody: %d %s", a.status, a.body)
	}
	if a := r.get("/v1/avatars/panic/portrait"); a.status != 500 {
		t.Errorf("a painter that panics: %d %s", a.status, a.body)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.post("/v1/presentations?dry_run=true",
		`{"slides":[{"narration":"Hello, and welcome."},{"template":"unheard-of"}],"hold":5,"nonsense":1}`)
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	golden(t, "v1_dry_run", a.body)
	if len(r.jobs.all) != 0 {
		t.Error("a dry run made a presentation")
	}
	// Who speaks and who is seen, with avatars that speak themselves, others, and none.
	for deck, want := range map[string]string{
		`{"slides":[{"narration":"Hi.","voice":{"speed":1.5}}]}`:                                             `voice flite:slt 1.5, mikhailo`,
		`{"slides":[{"narration":"Hi."}],"slideOnly":true}`:                                                  `voice flite:slt 1, `,
		`{"slides":[{"narration":"Hi."}],"avatar":"elai:gia"}`:                                               `avatar, elai:gia`,
		`{"slides":[{"narration":"Hi."}],"avatar":"elai:gia","voice":{"engine":"azure","id":"en-US-Jenny"}}`: `avatar azure:en-US-Jenny 1, elai:gia`,
		`{"slides":[{"template":"title"}],"avatar":"elai:gia"}`:                                              `nobody, `,
	} {
		s := decode[httpapi.Checked](t, r.post("/v1/presentations?dry_run=true", deck)).Outline[0]
		got := s.SpokenBy
		if v := s.Voice; v != nil {
			got += fmt.Sprintf(" %s:%s %g", v.Engine, v.ID, v.Speed)
		}
		if got += ", " + s.Avatar; got != want {
			t.Errorf("%s: %q, not %q", deck, got, want)
		}
	}
}

// J5: the ETag is the version. It is weak, because a heartbeat changes the bytes of the answer but not the version (RFC
// 9110, 8.8.1).
func TestConditionalGet(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	tag := r.get(self).header.Get("ETag")
	if tag != `W/"1"` {
		t.Errorf("ETag %q", tag)
	}
	for _, h := range []string{tag, `"1"`, `"9", W/"1"`, "*"} {
		if a := r.get(self, "If-None-Match", h); a.status != 304 || a.body != "" {
			t.Errorf("If-None-Match %s: %d %s", h, a.status, a.body)
		}
	}
	r.jobs.begin(t, id)
	before := r.get(self, "If-None-Match", tag)
	if before.status != 200 || before.header.Get("ETag") != `W/"2"` {
		t.Errorf("changed: %d %s", before.status, before.header.Get("ETag"))
	}
	must(t, r.jobs.apply)(id, lectern.Beat{Attempt: 1})
	after := r.get(self)
	if after.body == before.body || after.header.Get("ETag") != `W/"2"` {
		t.Errorf("a heartbeat: %s\nis not\n%s", after.body, before.body)
	}
	if a := r.get(self, "If-None-Match", `W/"2"`); a.status != 304 || a.header.Get("ETag") != `W/"2"` {
		t.Errorf("unchanged but for the heartbeat: %d %s", a.status, a.header.Get("ETag"))
	}
	if p := decode[httpapi.Presentation](t, r.get(self+"?wait=1ms&after_version=2")); p.Version != 2 {
		t.Errorf("a heartbeat ends a wait at version %d", p.Version)
	}
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	if p := decode[httpapi.Presentation](t, r.get(self+"?wait=30s&after_version=0")); p.Version != 1 {
		t.Errorf("a version that is there already: %d", p.Version)
	}
	if p := decode[httpapi.Presentation](t, r.get(self+"?wait=1ms")); p.Version != 1 {
		t.Errorf("when the time is over: %d", p.Version)
	}
	got := make(chan httpapi.Presentation)
	go func() { got <- decode[httpapi.Presentation](t, r.get(self+"?wait=60&after_version=1")) }()
	r.jobs.waitForWatch()
	r.jobs.begin(t, id)
	if p := <-got; p.Version != 2 || p.Status != "processing" {
		t.Errorf("woken with %+v", p)
	}
	r.jobs.finish(t, id, 1)
	if p := decode[httpapi.Presentation](t, r.get(self+"?wait=60s&after_version=99")); p.Status != "completed" {
		t.Errorf("of an ended one: %+v", p)
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	if a := r.post(self+"/retry", ""); a.status != 409 || !strings.Contains(a.body, "state_conflict") {
		t.Errorf("retry of a queued one: %d %s", a.status, a.body)
	}
	r.jobs.begin(t, id)
	if p := decode[httpapi.Presentation](t, r.post(self+"/cancel", "")); !p.CancelRequested ||
		p.Stage != lectern.StageCanceling {
		t.Errorf("cancel: %+v", p)
	}
	must(t, r.jobs.apply)(id, lectern.Stopped{Attempt: 1})
	if a := r.post(self+"/cancel", ""); a.status != 409 || !strings.Contains(a.body, "already canceled") {
		t.Errorf("J10: cancel of an ended one: %d %s", a.status, a.body)
	}
	if p := decode[httpapi.Presentation](t, r.post(self+"/retry", "")); p.Status != "queued" || p.Links["cancel"] == "" ||
		p.Links["retry"] != "" {
		t.Errorf("retry: %+v", p)
	}
	if a := r.do("DELETE", self, ""); a.status != 204 || a.body != "" {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if a := r.get(self); a.status != 404 {
		t.Errorf("after delete: %d", a.status)
	}
}

// The pages of a list contain every presentation once, the newest first, on both interfaces.
func TestListPages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 405 {
		newPresentation(t, r)
	}
	seen, path := map[string]bool{}, "/v1/presentations?limit=100"
	last := "z"
	for path != "" {
		page := decode[httpapi.PresentationPage](t, r.get(path))
		for _, p := range page.Presentations {
			if seen[p.ID] || p.ID >= last {
				t.Fatalf("%s stands twice or out of order", p.ID)
			}
			seen[p.ID], last = true, p.ID
		}
		if path = ""; page.Next != nil {
			path = "/v1/presentations?limit=100&cursor=" + *page.Next
		}
	}
	if len(seen) != 405 {
		t.Errorf("%d presentations", len(seen))
	}
	for query, want := range map[string]int{"": 50, "?limit=3": 3, "?limit=1000": 405} {
		got := decode[struct{ Jobs []struct{ JobID string } }](t, r.get("/api/custom/presentations"+query))
		if len(got.Jobs) != want {
			t.Errorf("custom list%s: %d jobs", query, len(got.Jobs))
		}
	}
}

// Every file has its type and name, and supports ranges, conditions and HEAD. All links of a completed presentation
// answer.
func TestFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	for _, path := range []string{"/video", "/captions.srt", "/manifest", "/slides/1/image"} {
		if a := r.get(self + path); a.status != 409 || !strings.Contains(a.body, "not_ready") ||
			!strings.Contains(a.body, `"retryable":true`) {
			t.Errorf("%s before its time: %d %s", path, a.status, a.body)
		}
	}
	r.jobs.begin(t, id)
	r.jobs.finish(t, id, 1)
	types := map[string]string{
		"video": "video/mp4", "thumbnail": "image/jpeg", "captions_srt": "application/x-subrip; charset=utf-8",
		"captions_vtt": "text/vtt; charset=utf-8",
		"chapters":     "text/vtt; charset=utf-8", "transcript": "text/plain; charset=utf-8", "audio": "audio/mp4",
		"manifest": "application/json", "slide_image": "image/png",
	}
	links := decode[httpapi.Presentation](t, r.get(self)).Links
	for name, ct := range types {
		path := strings.Replace(links[name], "{n}", "1", 1)
		a := r.get(path)
		if a.status != 200 || a.header.Get("Content-Type") != ct || !strings.HasPrefix(a.header.Get("Content-Disposition"),
			`inline; filename="Hello`) {
			t.Errorf("%s at %q: %d %v", name, path, a.status, a.header)
		}
		if head := r.do("HEAD", path, ""); head.status != 200 || head.body != "" ||
			head.header.Get("Content-Length") != fmt.Sprint(len(a.body)) {
			t.Errorf("HEAD %s: %d %v", path, head.status, head.header)
		}
	}
	whole := r.get(self + "/video")
	tag := whole.header.Get("ETag")
	for _, path := range []string{self + "/video", "/api/custom/presentations/" + id + "/video"} {
		part := r.get(path, "Range", "bytes=10-19")
		if part.status != 206 || part.body != whole.body[10:20] ||
			part.header.Get("Content-Range") != fmt.Sprintf("bytes 10-19/%d", len(whole.body)) {
			t.Errorf("%s range: %d %q", path, part.status, part.body)
		}
		if a := r.get(path, "Range", "bytes=-5"); a.status != 206 || a.body != whole.body[len(whole.body)-5:] {
			t.Errorf("%s, the last bytes: %d %q", path, a.status, a.body)
		}
		if a := r.get(path, "Range", "bytes=999999-"); a.status != 416 {
			t.Errorf("%s, a range after the end: %d", path, a.status)
		}
		if a := r.get(path, "If-None-Match", tag); a.status != 304 || a.body != "" {
			t.Errorf("%s, unchanged: %d", path, a.status)
		}
		if a := r.get(path, "Range", "bytes=0-1", "If-Range", `"another"`); a.status != 200 ||
			len(a.body) != len(whole.body) {
			t.Errorf("%s, If-Range of another file: %d", path, a.status)
		}
		if a := r.get(path, "If-Match", tag); a.status != 200 {
			t.Errorf("%s, If-Match: %d", path, a.status)
		}
		for _, other := range []string{`"another"`, "W/" + tag} { // If-Match compares strongly
			if a := r.get(path, "If-Match", other); a.status != 412 || !strings.Contains(a.body, "precondition_failed") {
				t.Errorf("%s, If-Match %s: %d %s", path, other, a.status, a.body)
			}
		}
	}
	if a := r.get(self + "/slides/2/image"); a.status != 404 || !strings.Contains(a.body, "there is no slide 2") {
		t.Errorf("no such slide: %d %s", a.status, a.body)
	}
	if a := r.get("/api/custom/presentations/" + id +
		"/slide-image"); a.header.Get("Content-Disposition") != `inline; filename="presentation_`+id+`.png"` {
		t.Errorf("custom slide image: %v", a.header)
	}
}

// A failed engine and an overloaded server have their own statuses. An unexpected error gets 500; its cause is logged
// once and is not in the answer.
func TestServerErrorsAreLoggedAndNotShown(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) {
		o.Voices = voices{lectern.Fail(lectern.CodeVoiceFailed, "The voice server does not answer.")}
	})
	if a := r.get("/v1/voices"); a.status != 502 {
		t.Errorf("a voice server that does not answer: %d %s", a.status, a.body)
	}
	r = newRig(t, func(o *httpapi.Options) { o.Voices = voices{errors.New("secret: /root/x")} })
	for _, path := range []string{"/v1/voices", "/api/custom/video/voices"} {
		if a := r.get(path); a.status != 500 || strings.Contains(a.body, "secret") || !strings.Contains(a.body, "internal") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if n := strings.Count(r.log.String(), "secret: /root/x"); n != 2 {
		t.Errorf("logged %d times for 2 requests:\n%s", n, r.log)
	}
	r.jobs.full = true
	if a := r.post("/v1/presentations", seedRequest); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("a full queue: %d %v", a.status, a.header)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if a := r.get("/healthz"); a.status != 200 || !strings.Contains(a.body, `"version":"test"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := r.get("/readyz"); a.status != 200 || a.body != `{"missing":[],"ready":true}`+"\n" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := r.get("/api/custom/presentations/test/quick"); a.status != 200 || !strings.Contains(a.body, `"success":true`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	r = newRig(t, func(o *httpapi.Options) {
		o.Ready = func(ctxOf) []*lectern.Failure {
			return []*lectern.Failure{lectern.Fail(lectern.CodeMissingTool, "ffmpeg is not installed; run apt-get install "+
				"ffmpeg.")}
		}
	})
	if a := r.get("/readyz"); a.status != 503 || !strings.Contains(a.body, "apt-get install ffmpeg") ||
		!strings.Contains(a.body, `"ready":false`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestPreviews(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const deck = `{"slides":[{"title":"One"},{"title":"Two","image":"https://example.com/a.png"}],"theme":"light-modern"}`
	a := r.post("/api/custom/slide-image/generate", deck)
	if a.status != 200 || a.header.Get("Content-Type") != "image/png" || !strings.Contains(a.body, "<h1>One</h1> 0") {
		t.Errorf("%d %v %q", a.status, a.header, a.body)
	}
	if a := r.post("/api/custom/slide-image/generate?slide=2", deck); a.status != 200 ||
		!strings.Contains(a.body, "<h1>Two</h1> 1") {
		t.Errorf("the second, with its picture: %d %q", a.status, a.body)
	}
	if a := r.post("/api/custom/slide-image/generate?slide=3", deck); a.status != 400 {
		t.Errorf("a third: %d", a.status)
	}
	if a := r.post("/api/custom/slide-image/generate",
		`{"slides":[{"image":"http://127.0.0.1/x.png"}]}`); a.status != 422 || !strings.Contains(a.body, "private network") ||
		!strings.Contains(a.body, `"param":"slides[0].props.image","slide":1`) {
		t.Errorf("a picture on this machine: %d %s", a.status, a.body)
	}
	if a := r.post("/api/custom/slide-image/generate", `{"slides":[{}],"theme":"neon"}`); a.status != 422 ||
		!strings.Contains(a.body, "dark-purple") {
		t.Errorf("an unknown theme: %d %s", a.status, a.body)
	}
	golden(t, "custom_html", r.post("/api/custom/slide-html/preview", deck).body)
	if a := r.post("/api/custom/slide-html/preview", `{"slides":[{}],"layout":"side_by_side"}`); !strings.Contains(a.body,
		"side_by_side") {
		t.Errorf("a layout of its own: %s", a.body)
	}
	r = newRig(t, func(o *httpapi.Options) { o.Browser = nil })
	if a := r.post("/api/custom/slide-image/generate", deck); a.status != 503 || !strings.Contains(a.body, "Chromium") {
		t.Errorf("without a browser: %d %s", a.status, a.body)
	}
	r = newRig(t, func(o *httpapi.Options) {
		o.Browser = browser{lectern.Fail(lectern.CodeCaptureFailed, "The browser was lost.")}
	})
	if a := r.post("/api/custom/slide-image/generate", deck); a.status != 500 ||
		!strings.Contains(a.body, "The browser was lost.") {
		t.Errorf("a lost browser: %d %s", a.status, a.body)
	}
}

// slide-video/generate creates a job without an avatar.
func TestSlideVideo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if a := r.post("/api/custom/slide-video/generate",
		`{"slides":[{"title":"x"}],"theme":"light-modern","layout":"side_by_side"}`); a.status != 200 ||
		!strings.Contains(a.body, `"jobId"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if l := r.jobs.all[0].deck.Layout; l != lectern.LayoutSlideOnly {
		t.Errorf("layout %s", l)
	}
}
