package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func roundTrip(t *testing.T, b *bench) {
	spec := b.newSpec()
	spec.Create.Warnings = []lectern.Warning{{Code: "c", Message: "m", Slide: 2}}
	spec.Create.Language = "de-AT"
	spec.Create.TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	spec.Report = []lectern.SlideReport{
		{Slide: 1, Source: 1, Title: "Grüße", Narration: lectern.NarrationNotes, Why: "It has notes.",
			Notes: []lectern.Remark{{Code: "c", Message: "A \x00 'b'"}}, Unsaid: []string{"漢字"}, AltTexts: []string{"🎈"}},
		{Source: 2, Narration: lectern.NarrationNone},
	}
	b.commit(spec)
	same(t, "presentation", b.get(spec.ID), *spec.Create)
	d, err := b.store.Deck(b.ctx(), spec.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "deck", d, spec.Deck)
	report, err := b.store.Report(b.ctx(), spec.ID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "report", report, spec.Report)
	if none, err := b.store.Report(b.ctx(), b.create().ID); none != nil || err != nil {
		t.Errorf("a deck without a report: %v %v", none, err)
	}
	same(t, "first version", b.history(spec.ID, 0), []lectern.Presentation{*spec.Create})

	p := b.apply(spec.ID, lectern.Began{Worker: "w"})
	same(t, "running", b.get(p.ID), p)
	p = b.apply(p.ID, lectern.Reported{Attempt: 1, Stage: lectern.StageEncoding, Progress: 4321, Message: "Encoding.",
		SlidesDone: 1, ETA: 90 * time.Second})
	same(t, "reported", b.get(p.ID), p)
	p = b.apply(p.ID, lectern.Completed{Attempt: 1, Files: []lectern.Artifact{
		{Kind: lectern.ArtifactVideo, Key: "k", ContentType: "video/mp4", Size: 1 << 40, SHA256: "aa",
			Duration: 83400 * time.Millisecond},
		{Kind: lectern.ArtifactSlideImage, Slide: 1, Key: "l", ContentType: "image/png", Size: 1, SHA256: "bb"},
	}})
	same(t, "completed", b.get(p.ID), p)
	same(t, "length", p.Duration(), 83400*time.Millisecond)
	same(t, "expires", p.ExpiresAt, p.CompletedAt.Add(time.Hour))
	all := b.history(p.ID, 0)
	same(t, "last version", all[len(all)-1], p)
	for _, v := range all[:len(all)-1] {
		if v.Files != nil || !v.ExpiresAt.IsZero() {
			t.Errorf("version %d has what only the last one has: %+v", v.Version, v)
		}
	}
}

func usage(t *testing.T, b *bench) {
	used := func(attempt int, characters int64) lectern.Reported {
		return lectern.Reported{Attempt: attempt,
			Usage: &lectern.Consumption{CPU: time.Duration(characters) * time.Millisecond,
				Providers: []lectern.ProviderUse{{Provider: "anna", Characters: characters, Cost: 3 * characters,
					Currency: "EUR"}}}}
	}
	p := b.create()
	b.apply(p.ID, lectern.Began{Worker: "w"})
	before := b.get(p.ID)
	p = b.apply(p.ID, used(1, 7)) // no new version, and stored all the same
	same(t, "silent", b.get(p.ID), p)
	same(t, "version", p.Version, before.Version)
	p = b.apply(p.ID, lectern.Beat{Attempt: 1})
	same(t, "a heartbeat leaves it", b.get(p.ID).Usage.Providers[0].Characters, int64(7))
	p = b.apply(p.ID, used(1, 9), lectern.Released{Attempt: 1})
	same(t, "taken over", b.get(p.ID), p)
	b.apply(p.ID, lectern.Began{Worker: "v"})
	p = b.apply(p.ID, used(2, 100), lectern.Broke{Attempt: 2, Failure: lectern.Failure{Code: lectern.CodeVoiceFailed}})
	same(t, "failed", b.get(p.ID), p)
	failed := p.Version
	b.apply(p.ID, lectern.Retried{})
	b.apply(p.ID, lectern.Began{Worker: "w"})
	p = b.apply(p.ID, used(3, 1000), lectern.Completed{Attempt: 3})
	same(t, "completed", b.get(p.ID), p)
	same(t, "all attempts", p.Usage.Providers,
		[]lectern.ProviderUse{{Provider: "anna", Characters: 1109, Cost: 3327, Currency: "EUR"}})
	for _, v := range b.history(p.ID, 0) {
		if v.Version == failed {
			same(t, "as it was when it failed", v.Usage.Providers[0].Characters, int64(109))
		}
	}
}

func unknown(t *testing.T, b *bench) {
	const id = "no-such-id"
	_, err := b.store.Get(b.ctx(), id)
	wantCode(t, err, lectern.CodeNotFound)
	_, err = b.store.Deck(b.ctx(), id)
	wantCode(t, err, lectern.CodeNotFound)
	_, err = b.store.Report(b.ctx(), id)
	wantCode(t, err, lectern.CodeNotFound)
	_, err = b.store.Versions(b.ctx(), id, 0, 10)
	wantCode(t, err, lectern.CodeNotFound)
	_, err = b.store.Steps(b.ctx(), id)
	wantCode(t, err, lectern.CodeNotFound)
	_, err = b.store.Artifacts(b.ctx(), id)
	wantCode(t, err, lectern.CodeNotFound)
	for _, spec := range []job.WriteSpec{{ID: id, Events: []lectern.Event{lectern.CancelAsked{}}}, {ID: id, Mark: true},
		{ID: id, Settle: true}} {
		wantCode(t, b.commit(spec)[0].Err, lectern.CodeNotFound)
	}
	if out := b.commit(job.WriteSpec{ID: id, Purge: true})[0]; out.Err != nil {
		t.Errorf("a purge of an unknown id: %v", out.Err)
	}
}

func versions(t *testing.T, b *bench) {
	p := b.create()
	want := []lectern.Presentation{p}
	add := func(events ...lectern.Event) {
		t.Helper()
		out := b.commit(job.WriteSpec{ID: p.ID, At: b.tick(), Events: events})[0]
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		want = append(want, out.Versions...)
	}
	add(lectern.Began{Worker: "w"})
	add(lectern.Reported{Attempt: 1, Progress: 100, Warnings: []lectern.Warning{{Code: "a", Message: "first"}}})
	add(lectern.Beat{Attempt: 1}) // silent: no version
	add(lectern.Reported{Attempt: 1, Progress: 50})
	add(lectern.Reported{Attempt: 1, Progress: 9000, Warnings: []lectern.Warning{{Code: "b", Message: "second"}}},
		lectern.CancelAsked{}, lectern.Stopped{Attempt: 1})
	if len(want) != 6 {
		t.Fatalf("%d versions, want 6", len(want))
	}
	same(t, "history", b.history(p.ID, 0), want)
	same(t, "from the middle", b.history(p.ID, 3), want[3:])
	same(t, "from the end", len(b.history(p.ID, 6)), 0)
	first, err := b.store.Versions(b.ctx(), p.ID, 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the first two", first, want[:2])
}

func fencing(t *testing.T, b *bench) {
	p := b.running()
	b.apply(p.ID, lectern.Reported{Attempt: 1, Progress: 700})
	b.apply(p.ID, lectern.Released{Attempt: 1})
	p = b.apply(p.ID, lectern.Began{Worker: "w2"})
	before, history := b.get(p.ID), b.history(p.ID, 0)
	for _, e := range []lectern.Event{
		lectern.Reported{Attempt: 1, Progress: 9000, Message: "late"}, lectern.Beat{Attempt: 1},
		lectern.Completed{Attempt: 1},
		lectern.Broke{Attempt: 1, Failure: *lectern.Fail(lectern.CodeInternal,
			"late")}, lectern.Stopped{Attempt: 1}, lectern.Released{Attempt: 1},
	} {
		out := b.commit(job.WriteSpec{
			ID: p.ID, At: b.tick(), Events: []lectern.Event{e}, Step: &lectern.Step{Kind: lectern.StepMux, Key: "late",
				Attempt: 1},
			Artifacts: []lectern.Artifact{{Kind: lectern.ArtifactVideo, Key: "late"}},
		})[0]
		wantCode(t, out.Err, lectern.CodeStale)
		same(t, "outcome", out.After, before)
	}
	out := b.commit(job.WriteSpec{ID: p.ID, Expect: 2, Events: []lectern.Event{lectern.Began{}}})[0]
	wantCode(t, out.Err, lectern.CodeStale)
	same(t, "presentation", b.get(p.ID), before)
	same(t, "history", b.history(p.ID, 0), history)
	steps, _ := b.store.Steps(b.ctx(), p.ID)
	artifacts, _ := b.store.Artifacts(b.ctx(), p.ID)
	if len(steps)+len(artifacts) != 0 {
		t.Errorf("a stale run left %v and %v", steps, artifacts)
	}
}

func independent(t *testing.T, b *bench) {
	p, q := b.running(), b.running()
	outs := b.commit(
		job.WriteSpec{ID: p.ID, Events: []lectern.Event{lectern.Reported{Attempt: 1, Progress: 100}}},
		job.WriteSpec{ID: p.ID, Events: []lectern.Event{lectern.Reported{Attempt: 9, Progress: 9000}}},
		job.WriteSpec{ID: "nobody", Events: []lectern.Event{lectern.Reported{Attempt: 1}}},
		job.WriteSpec{ID: q.ID, Events: []lectern.Event{lectern.Reported{Attempt: 1, Progress: 300}}},
		job.WriteSpec{ID: p.ID, Events: []lectern.Event{lectern.Reported{Attempt: 1, Progress: 200}}},
		// all or nothing: the first event alone would do
		job.WriteSpec{ID: q.ID, Events: []lectern.Event{lectern.Reported{Attempt: 1, Progress: 5000}, lectern.Retried{}}},
	)
	for i, code := range []lectern.Code{"", lectern.CodeStale, lectern.CodeNotFound, "", "", lectern.CodeConflict} {
		if code == "" {
			same(t, "accepted", outs[i].Err, nil)
			continue
		}
		wantCode(t, outs[i].Err, code)
	}
	if a, c := b.get(p.ID).Progress, b.get(q.ID).Progress; a != 200 || c != 300 {
		t.Errorf("progress is %v and %v, want 2%% and 3%%", a, c)
	}
}

func atomic(t *testing.T, b *bench) {
	p := b.running()
	before, spec := b.get(p.ID), b.newSpec()
	b.refuseWith(errRefused)
	_, err := b.store.Commit(b.ctx(), []job.Write{
		job.TestWrite(t, job.WriteSpec{ID: p.ID, At: b.tick(),
			Events: []lectern.Event{lectern.Reported{Attempt: 1, Progress: 5000}}}),
		job.TestWrite(t, spec),
	})
	if err == nil {
		t.Fatal("a presentation without a ticket was accepted")
	}
	b.refuseWith(nil)
	same(t, "the other presentation", b.get(p.ID), before)
	_, err = b.store.Get(b.ctx(), spec.ID)
	wantCode(t, err, lectern.CodeNotFound)
	b.commit(spec)
}

func heartbeat(t *testing.T, b *bench) {
	p := b.running()
	p = b.apply(p.ID, lectern.Reported{Attempt: 1, Progress: 4200, Stage: lectern.StageEncoding, Message: "m"})
	n := len(b.history(p.ID, 0))
	b.apply(p.ID, lectern.Beat{Attempt: 1})
	after := b.get(p.ID)
	if !after.LastHeartbeat.After(p.LastHeartbeat) {
		t.Errorf("the heartbeat stands at %v", after.LastHeartbeat)
	}
	after.LastHeartbeat = p.LastHeartbeat
	same(t, "all but the heartbeat", after, p)
	same(t, "versions", len(b.history(p.ID, 0)), n)
}

func leases(t *testing.T, b *bench) {
	p, q := b.running(), b.running()
	b.create()
	done := b.running()
	b.apply(done.ID, lectern.Completed{Attempt: 1})
	got, err := b.store.Silent(b.ctx(), p.LastHeartbeat)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "silent", got, []job.Lease{{ID: p.ID, Attempt: 1, Heartbeat: p.LastHeartbeat}})
	if all, _ := b.store.Silent(b.ctx(), b.at); len(all) != 2 {
		t.Errorf("%d processing, want 2", len(all))
	}
	b.apply(p.ID, lectern.Beat{Attempt: 1})
	take := func(l lectern.Presentation) error {
		return b.commit(job.WriteSpec{ID: l.ID, NotAfter: l.LastHeartbeat,
			Events: []lectern.Event{lectern.Released{Attempt: 1}}})[0].Err
	}
	wantCode(t, take(p), lectern.CodeStale)
	same(t, "take over", take(q), nil)
	same(t, "taken", b.get(q.ID).Status, lectern.StatusQueued)
}

func tickets(t *testing.T, b *bench) {
	p := b.create()
	b.apply(p.ID, lectern.Began{})
	b.apply(p.ID, lectern.Released{Attempt: 1})
	b.apply(p.ID, lectern.Began{})
	b.apply(p.ID, lectern.Reported{Attempt: 2, Progress: 1})
	b.apply(p.ID, lectern.CancelAsked{})
	b.apply(p.ID, lectern.Released{Attempt: 2}) // canceled: needs no ticket
	b.apply(p.ID, lectern.Retried{})
	same(t, "tickets", b.tickets, []Ticket{{p.ID, 1, false}, {p.ID, 2, true}, {p.ID, 3, false}})
}

func attachments(t *testing.T, b *bench) {
	p := b.running()
	step := lectern.Step{Kind: lectern.StepEncode, Slide: 2, Key: "abc", Attempt: 1, Reused: true, Started: b.tick(),
		Took: 1500 * time.Millisecond}
	for range 2 { // a step that is recorded twice is stored once
		b.commit(job.WriteSpec{ID: p.ID, Step: &step, Events: []lectern.Event{lectern.Reported{Attempt: 1}}})
	}
	steps, err := b.store.Steps(b.ctx(), p.ID)
	same(t, "steps", steps, []lectern.Step{step})
	same(t, "steps", err, nil)
	arts := []lectern.Artifact{
		{Kind: lectern.ArtifactVideo, Key: "p/1/video.mp4", ContentType: "video/mp4", Size: 1 << 40, SHA256: "aa"},
		{Kind: lectern.ArtifactSlideImage, Slide: 1, Key: "p/1/1.png", ContentType: "image/png", Size: 1, SHA256: "bb"},
	}
	b.commit(job.WriteSpec{ID: p.ID, Events: []lectern.Event{lectern.Completed{Attempt: 1}}, Artifacts: arts})
	got, err := b.store.Artifacts(b.ctx(), p.ID)
	same(t, "artifacts", got, arts)
	same(t, "artifacts", err, nil)

	q := b.running()
	b.commit(job.WriteSpec{ID: q.ID, Events: []lectern.Event{lectern.CancelAsked{}, lectern.Completed{Attempt: 1}},
		Artifacts: arts})
	if got, _ := b.store.Artifacts(b.ctx(), q.ID); len(got) != 0 || b.get(q.ID).Status != lectern.StatusCanceled {
		t.Errorf("a canceled presentation published %v", got)
	}
}

func list(t *testing.T, b *bench) {
	var want []string
	tie := b.tick()
	for i := range 23 {
		s := b.newSpec()
		if i%3 == 0 {
			s.Create.CreatedAt = tie // many of the same microsecond
		}
		b.commit(s)
		if i%2 == 0 {
			b.apply(s.ID, lectern.CancelAsked{})
		}
	}
	counts, err := b.store.Counts(b.ctx())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "counts", counts, map[lectern.Status]int64{lectern.StatusQueued: 11, lectern.StatusCanceled: 12})
	for _, status := range []lectern.Status{"", lectern.StatusQueued, lectern.StatusCanceled, lectern.StatusFailed} {
		want = nil
		states := []lectern.Status{status}
		if status == "" {
			states = nil
		}
		all, err := b.store.List(b.ctx(), job.Page{Statuses: states, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range all {
			want = append(want, p.ID)
			if i > 0 && all[i-1].CreatedAt.Before(p.CreatedAt) {
				t.Errorf("%q: presentation %d is younger than the one before", status, i)
			}
			if status != "" && p.Status != status {
				t.Errorf("%q: got a %s one", status, p.Status)
			}
		}
		same(t, "number of "+string(status), len(all), map[lectern.Status]int{"": 23, lectern.StatusQueued: 11,
			lectern.StatusCanceled: 12}[status])
		var paged []string
		page := job.Page{Statuses: states, Limit: 4}
		for {
			part, err := b.store.List(b.ctx(), page)
			if err != nil {
				t.Fatal(err)
			}
			if len(part) == 0 {
				break
			}
			for _, p := range part {
				paged = append(paged, p.ID)
			}
			last := part[len(part)-1]
			page.Before, page.BeforeID = last.CreatedAt, last.ID
		}
		same(t, "pages", paged, want)
	}
}

// filters lists by every filter, alone and together. Keys and values are compared as a whole, whatever characters they
// have.
func filters(t *testing.T, b *bench) {
	odd := map[string]string{`a"b\c`: `x","y":"z`, "<é>.💡": " ' % _ ?", "": "", "n\n": "1"}
	begin := b.at
	var made []string
	for i, metadata := range []map[string]string{nil, {"course": "algebra"}, {"course": "algebra", "term": "1"},
		{"course": "Algebra"}, odd} {
		s := b.newSpec()
		s.Create.Metadata, s.Create.CreatedAt = metadata, begin.Add(time.Duration(i+1)*time.Hour)
		b.commit(s)
		made = append(made, s.ID)
	}
	b.apply(made[1], lectern.CancelAsked{})
	b.apply(made[2], lectern.Began{Worker: "w"})
	check := func(what string, page job.Page, want ...int) {
		t.Helper()
		page.Limit = 10
		list, err := b.store.List(b.ctx(), page)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		var got []int
		for _, p := range list {
			got = append(got, slices.Index(made, p.ID))
		}
		same(t, what, got, want)
	}
	queued, canceled, processing := lectern.StatusQueued, lectern.StatusCanceled, lectern.StatusProcessing
	check("all", job.Page{}, 4, 3, 2, 1, 0)
	check("two states", job.Page{Statuses: []lectern.Status{canceled, processing}}, 2, 1)
	check("a state twice", job.Page{Statuses: []lectern.Status{canceled, canceled}}, 1)
	check("three states", job.Page{Statuses: []lectern.Status{queued, canceled, processing}}, 4, 3, 2, 1, 0)
	check("an entry", job.Page{Metadata: map[string]string{"course": "algebra"}}, 2, 1)
	check("two entries", job.Page{Metadata: map[string]string{"course": "algebra", "term": "1"}}, 2)
	check("an entry that nobody has", job.Page{Metadata: map[string]string{"course": "alg"}})
	check("a key that nobody has", job.Page{Metadata: map[string]string{"cours": "algebra"}})
	check("a pattern", job.Page{Metadata: map[string]string{"course": "%"}})
	for k, v := range odd {
		check(fmt.Sprintf("%q", k), job.Page{Metadata: map[string]string{k: v}}, 4)
	}
	check("all odd ones", job.Page{Metadata: odd}, 4)
	check("a part of a value that looks like an entry", job.Page{Metadata: map[string]string{"y": "z"}})
	check("since", job.Page{CreatedAfter: begin.Add(3 * time.Hour)}, 4, 3)
	check("until", job.Page{CreatedBefore: begin.Add(3 * time.Hour)}, 1, 0)
	check("between", job.Page{CreatedAfter: begin.Add(time.Hour), CreatedBefore: begin.Add(3*time.Hour + 1000)}, 2, 1)
	check("all filters at once", job.Page{
		Owner: lectern.DefaultOwner, Statuses: []lectern.Status{canceled, processing},
		Metadata:     map[string]string{"course": "algebra"},
		CreatedAfter: begin.Add(time.Hour), Before: begin.Add(3 * time.Hour), BeforeID: "",
	}, 1)
	check("another owner", job.Page{Owner: "b", Metadata: map[string]string{"course": "algebra"}})
}

func cleanup(t *testing.T, b *bench) {
	p, live := b.running(), b.running()
	b.apply(p.ID, lectern.Completed{Attempt: 1})
	end := b.at
	if d := b.due(end); len(d.Scratch)+len(d.Expired)+len(d.Removing) != 0 || !d.Next.Equal(end.Add(time.Minute)) {
		t.Errorf("due at the end: %+v", d)
	}
	same(t, "scratch", b.due(end.Add(time.Minute)).Scratch, []string{p.ID})
	same(t, "next", b.due(end.Add(time.Minute)).Next, end.Add(time.Hour))
	same(t, "expired", b.due(end.Add(time.Hour)).Expired, []string{p.ID})

	wantCode(t, b.commit(job.WriteSpec{ID: live.ID, Mark: true})[0].Err, lectern.CodeConflict)
	b.commit(job.WriteSpec{ID: live.ID, Purge: true}) // not marked: of no effect
	b.get(live.ID)

	b.commit(job.WriteSpec{ID: p.ID, Mark: true})
	_, err := b.store.Get(b.ctx(), p.ID)
	wantCode(t, err, lectern.CodeNotFound)
	wantCode(t, b.commit(job.WriteSpec{ID: p.ID, Events: []lectern.Event{lectern.Retried{}}})[0].Err, lectern.CodeNotFound)
	all, _ := b.store.List(b.ctx(), job.Page{Limit: 10})
	same(t, "listed", len(all), 1)
	d := b.due(end.Add(time.Hour))
	same(t, "expired after the mark", len(d.Expired), 0)
	same(t, "removing", d.Removing, []string{p.ID})
	for range 2 {
		b.commit(job.WriteSpec{ID: p.ID, Purge: true})
	}
	d = b.due(end.Add(time.Hour))
	same(t, "left to do", len(d.Scratch)+len(d.Expired)+len(d.Removing), 0)
}

func settle(t *testing.T, b *bench) {
	p := b.running()
	for i := range 20 {
		b.apply(p.ID, lectern.Reported{Attempt: 1, Progress: lectern.Progress(i * 100)})
	}
	wantCode(t, b.commit(job.WriteSpec{ID: p.ID, Settle: true})[0].Err, lectern.CodeConflict)
	b.apply(p.ID, lectern.Completed{Attempt: 1})
	for range 2 {
		b.commit(job.WriteSpec{ID: p.ID, Settle: true})
	}
	var got []lectern.Status
	for _, v := range b.history(p.ID, 0) {
		got = append(got, v.Status)
	}
	same(t, "milestones", got, []lectern.Status{lectern.StatusQueued, lectern.StatusProcessing, lectern.StatusCompleted})
	same(t, "scratch", len(b.due(b.at.Add(time.Minute)).Scratch), 0)
	same(t, "next", b.due(b.at).Next, b.at.Add(time.Hour))
}

func retry(t *testing.T, b *bench) {
	p := b.running()
	b.apply(p.ID, lectern.Broke{Attempt: 1, Failure: *lectern.Fail(lectern.CodeTimeout, "no")})
	b.apply(p.ID, lectern.Retried{})
	d := b.due(b.at.AddDate(1, 0, 0))
	same(t, "due", len(d.Scratch)+len(d.Expired), 0)
	wantCode(t, b.commit(job.WriteSpec{ID: p.ID, Mark: true})[0].Err, lectern.CodeConflict)
}

func details(t *testing.T, b *bench) {
	p := b.running()
	f := *lectern.Fail(lectern.CodeEncodeFailed, "It broke.").At(2)
	f.Detail, f.Retryable, f.Causes = "tail of stderr", true, []lectern.Failure{*lectern.Fail(lectern.CodeTimeout,
		"and more")}
	p = b.apply(p.ID, lectern.Reported{Attempt: 1, Warnings: []lectern.Warning{{Code: "w", Message: "m", Slide: 1}}},
		lectern.Broke{Attempt: 1, Failure: f})
	got := b.get(p.ID)
	same(t, "failed", got, p)
	if v := b.history(p.ID, 0); !reflect.DeepEqual(v[len(v)-1], got) {
		t.Errorf("the last version is %+v, the presentation %+v", v[len(v)-1], got)
	}
}
