package client_test

import (
	"net/http"
	"os"
	"reflect"
	"testing"
	"time"

	"lectern"
	"lectern/client"
)

// golden reads a golden file of the server's tests. They define the server's answers, and the client must be able to
// read them.
func golden(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../internal/httpapi/testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answering serves golden files by method and path.
func answering(t *testing.T, files map[string]string) *client.Client {
	t.Helper()
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		name, ok := files[r.Method+" "+r.URL.RequestURI()]
		if !ok {
			t.Errorf("%s %s was not expected", r.Method, r.URL.RequestURI())
		}
		if name == "v1_problem" {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		if name == "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = w.Write(golden(t, name))
	})
	return c
}

func TestClientReadsWhatTheServerWrites(t *testing.T) {
	t.Parallel()
	const id = "00000000-0000-4000-8000-000000000001"
	at := func(s float64) time.Time {
		return time.Date(2026, 11, 24, 9, 0, 0, int(s*1e9), time.UTC)
	}
	c := answering(t, map[string]string{
		"GET /v1/presentations/" + id: "v1_processing", "POST /v1/presentations/" + id +
			"/cancel": "v1_failed", "POST /v1/presentations/" + id + "/retry": "v1_queued",
		"POST /v1/presentations": "v1_queued", "POST /v1/presentations?dry_run=true": "v1_dry_run",
		"GET /v1/presentations?created_after=2026-11-24T09%3A00%3A00Z&created_before=2026-11-24T09%3A00%3A01Z" +
			"&cursor=c&limit=5&metadata.course=a+%26+b&status=failed%2Ccanceled": "v1_list",
		"GET /v1/presentations/" + id + "/steps":  "v1_steps",
		"GET /v1/presentations/" + id + "/report": "v1_report", "GET /v1/voices": "v1_voices", "DELETE /v1/presentations/" +
			id: "",
	})
	ctx := t.Context()
	got, err := c.Get(ctx, id)
	want := lectern.Presentation{
		ID: id, Title: "Hello", Status: lectern.StatusProcessing, Stage: lectern.StageEncoding, Progress: 4267,
		Message: "Encoding slide 1 of 1.", SlidesTotal: 1,
		Version: 3, Attempt: 1, CreatedAt: at(1.5), StartedAt: at(3), LastHeartbeat: at(3), ETA: 12400 * time.Millisecond,
		Warnings: []lectern.Warning{{Code: "overflow", Message: "The title does not fit.",
			Slide: 1}}, Metadata: map[string]string{},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
	got, err = c.Cancel(ctx, id)
	wantErr := &lectern.Failure{
		Code: lectern.CodeVoiceFailed, Message: "The voice did not " +
			"answer.", Param: "slides[0].narration", Slide: 1, Retryable: true, Detail: "exit 1",
		Causes: []lectern.Failure{{Code: lectern.CodeTimeout, Message: "Too long.", Param: "slides[1].narration", Slide: 2}},
	}
	if err != nil || !reflect.DeepEqual(got.Error, wantErr) || got.CompletedAt.IsZero() {
		t.Errorf("a failed one: %v %+v", err, got)
	}
	for what, call := range map[string]func() (lectern.Presentation, error){
		"retry":  func() (lectern.Presentation, error) { return c.Retry(ctx, id) },
		"create": func() (lectern.Presentation, error) { return c.Create(ctx, []byte(`{}`)) },
	} {
		if p, err := call(); err != nil || p.Status != lectern.StatusQueued || p.Version != 1 || !p.StartedAt.IsZero() ||
			p.Error != nil {
			t.Errorf("%s: %v %+v", what, err, p)
		}
	}
	if v, err := c.Check(ctx, []byte(`{}`)); err != nil || v.Slides != 2 || v.Avatar != "mikhailo" ||
		v.EstimatedSeconds != 7.2 || len(v.Warnings) != 2 || v.Size.Width != 1920 {
		t.Errorf("check: %v %+v", err, v)
	} else if one, two := v.Outline[0], v.Outline[1]; one.Slide != 1 || one.Voice != (lectern.VoiceChoice{Engine: "flite",
		ID: "slt", Language: "en-US", Speed: 1}) || one.Avatar != "mikhailo" ||
		one.EstimatedSeconds != 2.2 || two.SpokenBy != "nobody" || len(two.Warnings) != 1 {
		t.Errorf("check: %+v", v.Outline)
	}
	if page, next, err := c.List(ctx, lectern.Query{
		Statuses: []lectern.Status{lectern.StatusFailed, lectern.StatusCanceled},
		Metadata: map[string]string{"course": "a & b"}, CreatedAfter: at(0), CreatedBefore: at(1), Limit: 5, Cursor: "c",
	}); err != nil || len(page) != 1 || page[0].Status != lectern.StatusFailed || next != "" {
		t.Errorf("list: %v %+v %q", err, page, next)
	}
	steps, err := c.Steps(ctx, id)
	if err != nil || len(steps) != 2 || !reflect.DeepEqual(steps[0], lectern.Step{Kind: lectern.StepNarrate, Slide: 1,
		Key: "ab12", Attempt: 1, Started: at(2), Took: 1500 * time.Millisecond}) || !steps[1].Reused {
		t.Errorf("steps: %v %+v", err, steps)
	}
	report, err := c.Report(ctx, id)
	if err != nil || len(report) != 2 || report[1].Slide != 0 || !reflect.DeepEqual(report[0], lectern.SlideReport{
		Slide: 1, Source: 1, Title: "Hello", Narration: lectern.NarrationNotes, Why: "The notes of the slide are spoken.",
		Notes:  []lectern.Remark{{Code: "animation_dropped", Message: "The animations of the slide are dropped."}},
		Unsaid: []string{"Goodbye"}, AltTexts: []string{"A fjord"}}) {
		t.Errorf("report: %v %+v", err, report)
	}
	if v, err := c.Voices(ctx); err != nil || len(v) != 1 || v[0].ID != "slt" || v[0].Language != "en-US" {
		t.Errorf("voices: %v %+v", err, v)
	}
	if err := c.Delete(ctx, id); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// A completed presentation has its length and usage. In a list it has no files, but its length.
func TestClientReadsACompletedPresentation(t *testing.T) {
	t.Parallel()
	c := answering(t, map[string]string{"GET /v1/presentations/p": "v1_completed"})
	p, err := c.Get(t.Context(), "p")
	want := lectern.Consumption{Video: 83400 * time.Millisecond, CPU: 12346 * time.Millisecond,
		Providers: []lectern.ProviderUse{
			{Provider: "elai", Avatar: 61200 * time.Millisecond, Cost: 2_550_000, Currency: "EUR"},
			{Provider: "flite", Characters: 1234},
		}}
	if err != nil || !reflect.DeepEqual(p.Usage, want) || p.Duration() == 0 || len(p.Files) < 9 {
		t.Errorf("%v %+v", err, p)
	}
	c, _ = dial(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"presentations":[{"id":"p","duration_seconds":83.4}]}`))
	})
	page, _, err := c.List(t.Context(), lectern.Query{})
	if err != nil || len(page) != 1 || page[0].Duration() != 83400*time.Millisecond {
		t.Errorf("%v %+v", err, page)
	}
}

func TestClientReadsTheServersProblems(t *testing.T) {
	t.Parallel()
	c := answering(t, map[string]string{"POST /v1/presentations": "v1_problem"})
	_, err := c.Create(t.Context(), []byte(`{}`))
	want := &lectern.Failure{
		Code: lectern.CodeInvalidDeck, Message: `"theme" must be a string, not the number 1.`, Param: "theme",
		Line: 1, Column: 2,
		Causes: []lectern.Failure{{Code: lectern.CodeInvalidDeck, Message: `"title" must be a string, not a list.`,
			Param: "slides[0].title", Slide: 1, Line: 1, Column: 23}},
	}
	if e, ok := err.(*client.Error); !ok || e.Status != 422 || !reflect.DeepEqual(e.Failure, want) {
		t.Errorf("%+v", err)
	}
}
