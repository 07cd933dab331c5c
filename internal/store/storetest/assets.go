package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	counting "sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"lectern"
	"lectern/internal/job"
)

// Assets is the store of assets. The files with their contents are stored elsewhere, under names that are never used
// twice.
type Assets interface {
	ShareAsset(ctx context.Context, a lectern.Asset) (kept lectern.Asset, created, shared bool, err error)
	PlanAsset(ctx context.Context, file string, due time.Time) error
	InsertAsset(ctx context.Context, a lectern.Asset, file string) (kept lectern.Asset, created bool, err error)
	Asset(ctx context.Context, owner, sha256 string) (lectern.Asset, error)
	AssetFile(ctx context.Context, sha256 string) (string, error)
	Assets(ctx context.Context, owner string, kind lectern.AssetKind, before time.Time, beforeID string, limit int) (
		[]lectern.Asset, error)
	StaleAssets(ctx context.Context, since time.Time, limit int) ([]lectern.Asset, error)
	DeleteAsset(ctx context.Context, owner, sha256 string, since, now time.Time) error
	Leftovers(ctx context.Context, now time.Time, limit int) ([]string, error)
	ForgetLeftover(ctx context.Context, file string) error
	Unfit(ctx context.Context, owner string, uses []lectern.AssetUse) ([]lectern.AssetUse, error)
}

// sum returns a hash that begins with c.
func sum(c string) string { return c + strings.Repeat("0", 64-len(c)) }

// asset returns an asset of owner with the content c.
func (b *bench) asset(owner, c string) lectern.Asset {
	at := b.tick()
	return lectern.Asset{
		SHA256: sum(c), Owner: owner, Kind: lectern.AssetPicture, MediaType: "image/png", Size: 1 << 33,
		Name:  "Grüße „1“.png",
		Width: 640, Height: 480, CreatedAt: at, UsedAt: at,
	}
}

// bring stores an asset with a new file.
func (b *bench) bring(a lectern.Asset, file string) lectern.Asset {
	b.t.Helper()
	same(b.t, "planned", b.store.PlanAsset(b.ctx(), file, b.at.Add(time.Hour)), nil)
	kept, created, err := b.store.InsertAsset(b.ctx(), a, file)
	same(b.t, "stored", err, nil)
	same(b.t, "new", created, true)
	return kept
}

// naming returns a creation of owner whose deck names assets.
func (b *bench) naming(owner string, sums ...string) job.WriteSpec {
	s := b.newSpec()
	s.Create.Owner = owner
	for _, one := range sums {
		s.Deck.Slides = append(s.Deck.Slides,
			lectern.Slide{Template: "image", Props: map[string]any{"image": "asset:" + one}})
	}
	return s
}

func (b *bench) leftovers() []string {
	b.t.Helper()
	list, err := b.store.Leftovers(b.ctx(), b.at, 100)
	same(b.t, "leftovers", err, nil)
	return list
}

func assets(t *testing.T, b *bench) {
	want := b.asset("a", "1")
	_, _, shared, err := b.store.ShareAsset(b.ctx(), want)
	same(t, "nothing to share", err, nil)
	same(t, "nothing to share", shared, false)
	_, err = b.store.Asset(b.ctx(), "a", want.SHA256)
	wantCode(t, err, lectern.CodeNotFound)
	same(t, "brought", b.bring(want, "f1"), want)
	got, err := b.store.Asset(b.ctx(), "a", want.SHA256)
	same(t, "read", err, nil)
	same(t, "read", got, want)

	again := want
	again.Name, again.UsedAt = "other.png", b.tick()
	kept, created, shared, err := b.store.ShareAsset(b.ctx(), again)
	same(t, "again", err, nil)
	want.UsedAt = again.UsedAt
	same(t, "again", kept, want)
	same(t, "again", [2]bool{created, shared}, [2]bool{false, true})

	_, err = b.store.Asset(b.ctx(), "b", want.SHA256)
	wantCode(t, err, lectern.CodeNotFound)
	other := b.asset("b", "1")
	kept, created, shared, err = b.store.ShareAsset(b.ctx(), other)
	same(t, "another's", err, nil)
	same(t, "another's", kept, other)
	same(t, "another's", [2]bool{created, shared}, [2]bool{true, true})
	wantCode(t, b.store.DeleteAsset(b.ctx(), "c", want.SHA256, time.Time{}, b.at), lectern.CodeNotFound)
	same(t, "deleted", b.store.DeleteAsset(b.ctx(), "a", want.SHA256, time.Time{}, b.at), nil)
	_, err = b.store.Asset(b.ctx(), "a", want.SHA256)
	wantCode(t, err, lectern.CodeNotFound)
	got, err = b.store.Asset(b.ctx(), "b", want.SHA256)
	same(t, "another's stays", err, nil)
	same(t, "another's stays", got, other)
}

func assetList(t *testing.T, b *bench) {
	var want []lectern.Asset
	for i := range 5 {
		a := b.asset("a", fmt.Sprint(i))
		if i%2 == 1 {
			a.Kind, a.MediaType, a.Width, a.Height, a.Duration = lectern.AssetSound, "audio/wav", 0, 0, 1500*time.Microsecond
		}
		want = append(want, b.bring(a, fmt.Sprint("f", i)))
	}
	b.bring(b.asset("b", "9"), "f9")
	slices.Reverse(want)
	list := func(kind lectern.AssetKind, size int) (all []lectern.Asset) {
		t.Helper()
		before, id := time.Time{}, ""
		for {
			page, err := b.store.Assets(b.ctx(), "a", kind, before, id, size)
			same(t, "page", err, nil)
			all = append(all, page...)
			if len(page) < size {
				return all
			}
			before, id = page[len(page)-1].CreatedAt, page[len(page)-1].SHA256
		}
	}
	same(t, "all", list("", 10), want)
	same(t, "in pages", list("", 2), want)
	same(t, "sounds", list(lectern.AssetSound, 1), []lectern.Asset{want[1], want[3]})
}

func assetUses(t *testing.T, b *bench) {
	one, two := b.bring(b.asset("a", "1"), "f1"), b.bring(b.asset("a", "2"), "f2")
	foreign, sound := b.bring(b.asset("b", "3"), "f3"), b.asset("a", "5")
	sound.Kind = lectern.AssetSound
	b.bring(sound, "f5")
	const picture, heard = lectern.AssetPicture, lectern.AssetSound
	unfit, err := b.store.Unfit(b.ctx(), "a", []lectern.AssetUse{{SHA256: one.SHA256, Slide: 1, Want: picture},
		{SHA256: foreign.SHA256, Slide: 2, Want: picture}, {SHA256: sum("4"), Slide: 3, Want: heard},
		{SHA256: sound.SHA256, Slide: 4, Want: picture}, {SHA256: sound.SHA256, Slide: 5, Want: heard}})
	same(t, "unfit", err, nil)
	same(t, "unfit", unfit, []lectern.AssetUse{{SHA256: foreign.SHA256, Slide: 2, Want: picture},
		{SHA256: sum("4"), Slide: 3, Want: heard}, {SHA256: sound.SHA256, Slide: 4, Want: picture, Kind: heard}})
	wantCode(t, b.commit(b.naming("a", sound.SHA256))[0].Err, lectern.CodeAssetRefused)

	bad := b.naming("a", one.SHA256, foreign.SHA256, sum("4"))
	out := b.commit(bad)[0]
	wantCode(t, out.Err, lectern.CodeUnknownAsset)
	f, ok := errors.AsType[*lectern.Failure](out.Err)
	if !ok || f.Slide != 4 || f.Param != "slides[3].props.image" || len(f.Causes) != 1 || f.Causes[0].Slide != 5 {
		t.Errorf("the refusal is %+v", f)
	}
	_, err = b.store.Get(b.ctx(), bad.ID)
	wantCode(t, err, lectern.CodeNotFound)
	same(t, "tickets", len(b.tickets), 0)

	good := b.naming("a", one.SHA256, two.SHA256, one.SHA256)
	same(t, "created", b.commit(good)[0].Err, nil)
	wantCode(t, b.store.DeleteAsset(b.ctx(), "a", one.SHA256, time.Time{}, b.at), lectern.CodeConflict)
	wantCode(t, b.store.DeleteAsset(b.ctx(), "a", two.SHA256, b.at.Add(time.Hour), b.at), lectern.CodeConflict)
	b.apply(good.ID, lectern.CancelAsked{})
	wantCode(t, b.store.DeleteAsset(b.ctx(), "a", one.SHA256, time.Time{}, b.at), lectern.CodeConflict)
	b.commit(job.WriteSpec{ID: good.ID, Mark: true})
	wantCode(t, b.store.DeleteAsset(b.ctx(), "a", one.SHA256, time.Time{}, b.at), lectern.CodeConflict)
	gone := b.tick()
	b.commit(job.WriteSpec{ID: good.ID, At: gone, Purge: true})
	got, err := b.store.Asset(b.ctx(), "a", one.SHA256)
	same(t, "used until it went", err, nil)
	same(t, "used until it went", got.UsedAt, gone)
	same(t, "deleted", b.store.DeleteAsset(b.ctx(), "a", one.SHA256, time.Time{}, b.at), nil)
	wantCode(t, b.commit(b.naming("a", one.SHA256))[0].Err, lectern.CodeUnknownAsset)
}

func staleAssets(t *testing.T, b *bench) {
	old, named, fresh := b.bring(b.asset("a", "1"), "f1"), b.bring(b.asset("a", "2"), "f2"),
		b.bring(b.asset("b", "3"), "f3")
	same(t, "created", b.commit(b.naming("a", named.SHA256))[0].Err, nil)
	since := b.tick()
	fresh.UsedAt = b.tick()
	_, _, _, err := b.store.ShareAsset(b.ctx(), fresh)
	same(t, "used again", err, nil)
	list, err := b.store.StaleAssets(b.ctx(), since, 10)
	same(t, "stale", err, nil)
	same(t, "stale", list, []lectern.Asset{{Owner: "a", SHA256: old.SHA256}})
	wantCode(t, b.store.DeleteAsset(b.ctx(), "b", fresh.SHA256, since, b.at), lectern.CodeConflict)
	same(t, "swept", b.store.DeleteAsset(b.ctx(), "a", old.SHA256, since, b.at), nil)
}

func leftovers(t *testing.T, b *bench) {
	a := b.bring(b.asset("a", "1"), "f1")
	other := b.asset("b", "1")
	same(t, "planned", b.store.PlanAsset(b.ctx(), "f2", b.at.Add(time.Hour)), nil)
	same(t, "not due", len(b.leftovers()), 0)
	_, created, err := b.store.InsertAsset(b.ctx(), other, "f2") // as if f1 was stored during this upload
	same(t, "another's", err, nil)
	same(t, "another's", created, true)
	same(t, "the second file", b.leftovers(), []string{"f2"})
	same(t, "removed", b.store.ForgetLeftover(b.ctx(), "f2"), nil)
	file, err := b.store.AssetFile(b.ctx(), a.SHA256)
	same(t, "the first file", err, nil)
	same(t, "the first file", file, "f1")

	same(t, "deleted", b.store.DeleteAsset(b.ctx(), "a", a.SHA256, time.Time{}, b.at), nil)
	same(t, "another has it", len(b.leftovers()), 0)
	same(t, "deleted", b.store.DeleteAsset(b.ctx(), "b", a.SHA256, time.Time{}, b.at), nil)
	same(t, "nobody has it", b.leftovers(), []string{"f1"})
	_, err = b.store.AssetFile(b.ctx(), a.SHA256)
	wantCode(t, err, lectern.CodeNotFound)
	b.bring(a, "f3")
	same(t, "under a new name", b.leftovers(), []string{"f1"})

	same(t, "planned", b.store.PlanAsset(b.ctx(), "f4", b.at), nil)
	same(t, "an upload that never ended", len(b.leftovers()), 2)
	same(t, "removed", b.store.ForgetLeftover(b.ctx(), "f4"), nil)
	_, _, err = b.store.InsertAsset(b.ctx(), b.asset("a", "4"), "f4")
	wantCode(t, err, lectern.CodeStale)
	_, err = b.store.Asset(b.ctx(), "a", sum("4"))
	wantCode(t, err, lectern.CodeNotFound)
}

// assetCall is one operation of the race. assetModel checks its answer: in the model, an asset exists or not, and a
// number of presentations name it.
type assetCall struct{ op, owner string }

type assetState struct {
	there bool
	uses  int
}

var assetModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		by := map[string][]porcupine.Operation{}
		for _, o := range history {
			owner := o.Input.(assetCall).owner
			by[owner] = append(by[owner], o)
		}
		var out [][]porcupine.Operation
		for _, list := range by {
			out = append(out, list)
		}
		return out
	},
	Init: func() any { return assetState{} },
	Step: func(state, input, output any) (bool, any) {
		s, answer := state.(assetState), output.(string)
		switch input.(assetCall).op {
		case "bring":
			was := s.there
			s.there = true
			return answer == map[bool]string{true: "there", false: "created"}[was], s
		case "create":
			if !s.there {
				return answer == string(lectern.CodeUnknownAsset), s
			}
			s.uses++
			return answer == "", s
		case "drop":
			s.uses--
			return s.uses >= 0, s
		}
		switch { // delete
		case !s.there:
			return answer == string(lectern.CodeNotFound), s
		case s.uses > 0:
			return answer == string(lectern.CodeConflict), s
		}
		s.there = false
		return answer == "", s
	},
}

// files stands for the store of files.
type files struct {
	mu  sync.Mutex
	all map[string]bool
}

func (f *files) set(name string, there bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if there {
		f.all[name] = true
	} else {
		delete(f.all, name)
	}
}

func (f *files) has(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[name]
}

// race is one content that two owners upload, name in decks and delete, while leftovers are removed.
type race struct {
	b     *bench
	files files
	clock counting.Int64
	mu    sync.Mutex
	past  []porcupine.Operation
}

func (r *race) do(client int, call assetCall, act func() (string, error)) {
	began := r.clock.Add(1)
	answer, err := act()
	ended := r.clock.Add(1)
	if err != nil {
		f, ok := errors.AsType[*lectern.Failure](err)
		if !ok || f.Code == lectern.CodeInternal || f.Code == lectern.CodeOverloaded {
			r.b.t.Errorf("%s: %v", call.op, err)
			return
		}
		answer = string(f.Code)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.past = append(r.past, porcupine.Operation{ClientId: client, Input: call, Output: answer, Call: began, Return: ended})
}

func (r *race) bring(a lectern.Asset) (string, error) {
	ctx, s := r.b.t.Context(), r.b.store
	_, created, shared, err := s.ShareAsset(ctx, a)
	if err == nil && !shared {
		file := uuid.NewString()
		if err := s.PlanAsset(ctx, file, a.UsedAt.Add(time.Hour)); err != nil {
			return "", err
		}
		r.files.set(file, true)
		_, created, err = s.InsertAsset(ctx, a, file)
	}
	return map[bool]string{true: "created", false: "there"}[created], err
}

// commit makes one write, and returns the error or the refusal.
func (r *race) commit(spec job.WriteSpec) error {
	outs, err := r.b.store.Commit(r.b.t.Context(), []job.Write{job.TestWrite(r.b.t, spec)})
	if err != nil {
		return err
	}
	return outs[0].Err
}

// drop ends a presentation and removes it.
func (r *race) drop(id string, at time.Time) error {
	return errors.Join(r.commit(job.WriteSpec{ID: id, At: at, Events: []lectern.Event{lectern.CancelAsked{}},
		KeepFor: time.Hour}),
		r.commit(job.WriteSpec{ID: id, At: at, Mark: true}), r.commit(job.WriteSpec{ID: id, At: at, Purge: true}))
}

// client acts at random as one owner.
func (r *race) client(n int, a lectern.Asset, specs []job.WriteSpec) {
	for _, spec := range specs {
		switch rand.IntN(4) {
		case 0:
			r.do(n, assetCall{"bring", a.Owner}, func() (string, error) { return r.bring(a) })
		case 1:
			since := time.Time{}
			if n%2 == 0 { // the sweep
				since = a.UsedAt.Add(time.Hour)
			}
			r.do(n, assetCall{"delete", a.Owner}, func() (string, error) {
				return "", r.b.store.DeleteAsset(r.b.t.Context(), a.Owner, a.SHA256, since, a.UsedAt)
			})
		default:
			made := false
			r.do(n, assetCall{"create", a.Owner}, func() (string, error) {
				err := r.commit(spec)
				made = err == nil
				return "", err
			})
			if !made {
				continue
			}
			if file, err := r.b.store.AssetFile(r.b.t.Context(), a.SHA256); err != nil || !r.files.has(file) {
				r.b.t.Errorf("a presentation names an asset without its file %q: %v", file, err)
			}
			r.do(n, assetCall{"drop", a.Owner}, func() (string, error) { return "", r.drop(spec.ID, a.UsedAt) })
		}
	}
}

// sweep removes the files that are left over.
func (r *race) sweep(now time.Time) {
	list, err := r.b.store.Leftovers(r.b.t.Context(), now, 100)
	if err != nil {
		r.b.t.Error(err)
	}
	for _, file := range list {
		r.files.set(file, false)
		if err := r.b.store.ForgetLeftover(r.b.t.Context(), file); err != nil {
			r.b.t.Error(err)
		}
	}
}

func assetRace(t *testing.T, b *bench) {
	r := &race{b: b, files: files{all: map[string]bool{}}}
	a := b.asset("a", "1")
	var clients, sweeper sync.WaitGroup
	for n := range 6 {
		mine := a
		mine.Owner = []string{"a", "b"}[n/3]
		var specs []job.WriteSpec
		for range 20 {
			specs = append(specs, b.naming(mine.Owner, mine.SHA256))
		}
		clients.Go(func() { r.client(n, mine, specs) })
	}
	ctx, stop := context.WithCancel(b.ctx())
	sweeper.Go(func() {
		for ctx.Err() == nil {
			r.sweep(a.UsedAt)
		}
	})
	clients.Wait()
	stop()
	sweeper.Wait()
	if !porcupine.CheckOperations(assetModel, r.past) {
		t.Errorf("no order of these operations explains their answers: %+v", r.past)
	}
	r.sweep(a.UsedAt)
	file, err := b.store.AssetFile(b.ctx(), a.SHA256)
	if err == nil && (len(r.files.all) != 1 || !r.files.has(file)) || err != nil && len(r.files.all) > 0 {
		t.Errorf("the asset's file is %q (%v), and the stored files are %v", file, err, r.files.all)
	}
}
