package httpapi_test

import (
	"os"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/httpapi"
)

// officeType is the media type of a PowerPoint file.
const officeType = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

// officeCase is the file of a case of package pptx.
func officeCase(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../deck/pptx/testdata/cases/" + name + "/deck.pptx")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A dry run of an office file has the report of the parser, and says which pictures it has not seen. The presentation
// of the file has the same report.
func TestReportOfAnOfficeFile(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	file := officeCase(t, "recorded-narration")
	dry := r.do("POST", "/v1/presentations?dry_run=true", file, "Content-Type", officeType)
	if dry.status != 200 {
		t.Fatalf("%d %s", dry.status, dry.body)
	}
	v := decode[httpapi.Checked](t, dry)
	want := []lectern.NarrationSource{lectern.NarrationRecorded, lectern.NarrationNotes, lectern.NarrationSilence}
	if len(v.Report) != len(want) || len(v.Outline) != len(want) {
		t.Fatalf("%+v", v)
	}
	for i, s := range v.Report {
		if s.Slide != i+1 || s.Source != i+1 || s.Narration != want[i] || s.Why == "" {
			t.Errorf("%+v, want %s", s, want[i])
		}
		if v.Outline[i].Pictures != lectern.NotChecked {
			t.Errorf("slide %d: pictures %q", i+1, v.Outline[i].Pictures)
		}
	}
	made := r.do("POST", "/v1/presentations", file, "Content-Type", officeType)
	if made.status != 202 {
		t.Fatalf("%d %s", made.status, made.body)
	}
	links := decode[httpapi.Presentation](t, made).Links
	got := decode[httpapi.Report](t, r.get(links["report"]))
	if len(got.Slides) != 3 || got.Slides[0].Why != v.Report[0].Why {
		t.Errorf("%+v", got)
	}
}

// A slide that is left out is in the report without a number, and a deck in JSON has no report.
func TestReportOfHiddenSlidesAndOfJSON(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	v := decode[httpapi.Checked](t, r.do("POST", "/v1/presentations?dry_run=true", officeCase(t, "hidden-slides"),
		"Content-Type", officeType))
	var numbers []int
	for _, s := range v.Report {
		numbers = append(numbers, s.Slide)
	}
	if len(numbers) != 5 || numbers[1] != 0 || numbers[3] != 0 || numbers[4] != 3 {
		t.Errorf("numbers %v", numbers)
	}
	_, self := newPresentation(t, r)
	if a := r.get(self + "/report"); a.status != 200 || a.body != "{\"slides\":[]}\n" && a.body != `{"slides":[]}` {
		t.Errorf("%d %q", a.status, a.body)
	}
	v = decode[httpapi.Checked](t, r.post("/v1/presentations?dry_run=true", `{"slides":[{"title":"One"}]}`))
	if v.Report == nil || len(v.Report) > 0 || v.Outline[0].Pictures != "" {
		t.Errorf("%+v", v)
	}
}

// A file of the container of old and of protected office files reaches the parser, which says what is wrong with it.
func TestOldOfficeFilesReachTheirParser(t *testing.T) {
	t.Parallel()
	r := newRig(t, withLibrary(t))
	file := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 2048)
	for _, kind := range []string{"application/vnd.ms-powerpoint", officeType} {
		a := r.do("POST", "/v1/presentations", file, "Content-Type", kind)
		if a.status != 422 || !strings.Contains(string(a.body), "office file of the format before 2007") {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
	}
}
