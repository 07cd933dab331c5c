package asset_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lectern"
	"lectern/internal/asset"
	"lectern/internal/blob"
	"lectern/internal/deck/all"
	"lectern/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a service on a real database and real files, with a clock that the test sets.
type rig struct {
	*asset.Service
	dir string
	now time.Time
}

type files struct{ *blob.Artifacts }

func (f files) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	return f.Artifacts.Open(ctx, key)
}

func newRig(t *testing.T, edit ...func(*asset.Options)) *rig {
	t.Helper()
	r := &rig{dir: t.TempDir(), now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	db, err := sqlite.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := blob.OpenArtifacts(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(kept.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	o := asset.Options{Store: sqlite.NewStore(db, nil), Files: files{kept}, Texts: all.Parsers().Kinds(), Most: 1 << 20,
		Now: func() time.Time { return r.now }}
	for _, e := range edit {
		e(&o)
	}
	r.Service = asset.New(o)
	return r
}

func (r *rig) add(t *testing.T, owner, name string, body []byte) (lectern.Asset, bool) {
	t.Helper()
	a, created, err := r.Add(t.Context(), lectern.Upload{Owner: owner, Name: name, Size: int64(len(body)),
		Body: bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return a, created
}

// onDisk lists the files in the service's folder, including unfinished ones.
func (r *rig) onDisk(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, strings.TrimPrefix(path, r.dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func picture(t testing.TB, grey uint8) []byte {
	t.Helper()
	p := image.NewGray(image.Rect(0, 0, 30, 20))
	p.Pix[0] = grey
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func is(err error, code lectern.Code) bool { return errors.Is(err, &lectern.Failure{Code: code}) }

// A file is returned as it was uploaded. Uploading the same content again gives the same asset.
func TestAdd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	body := picture(t, 1)
	sum := sha256.Sum256(body)
	a, created := r.add(t, "", "/home/x/Grüße\x00\u202e.png", body)
	want := lectern.Asset{SHA256: hex.EncodeToString(sum[:]), Owner: lectern.DefaultOwner, Kind: lectern.AssetPicture,
		MediaType: "image/png",
		Size:      int64(len(body)), Name: "Grüße.png", Width: 30, Height: 20, CreatedAt: r.now, UsedAt: r.now}
	if !created || a != want {
		t.Errorf("%v %+v", created, a)
	}
	got, err := r.Get(t.Context(), lectern.DefaultOwner, a.SHA256)
	if err != nil || got != want {
		t.Errorf("%v %+v", err, got)
	}
	r.now = r.now.Add(time.Hour)
	again, created := r.add(t, "", "other.png", body)
	want.UsedAt = r.now
	if created || again != want {
		t.Errorf("again: %v %+v", created, again)
	}
	if _, created := r.add(t, "b", "", body); !created {
		t.Error("the same content of another owner is not a new asset")
	}
	f, err := r.Open(t.Context(), a.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, err := io.ReadAll(f); err != nil || !bytes.Equal(b, body) {
		t.Errorf("%v, %d bytes", err, len(b))
	}
	if list := r.onDisk(t); len(list) != 1 || !strings.HasPrefix(list[0], "assets/"+a.SHA256[:2]+"/"+a.SHA256+"-") {
		t.Errorf("the files on the disk are %v", list)
	}
	page, next, err := r.List(t.Context(), lectern.AssetQuery{})
	if err != nil || next != "" || len(page) != 1 || page[0] != want {
		t.Errorf("%v %q %+v", err, next, page)
	}
}

// failing is a body that cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// An upload that is refused or interrupted leaves no files.
func TestRefusedUploadsLeaveNoFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	broken := errors.New("the connection broke")
	for name, c := range map[string]struct {
		up   lectern.Upload
		want func(error) bool
	}{
		"an unknown kind": {lectern.Upload{Body: strings.NewReader("\x00\x01\x02")},
			func(err error) bool { return is(err, lectern.CodeUnsupported) }},
		"a false name": {lectern.Upload{Name: "a.png", Body: strings.NewReader("<html>")},
			func(err error) bool { return is(err, lectern.CodeUnsupported) }},
		"a damaged picture": {lectern.Upload{Body: bytes.NewReader(picture(t, 0)[:60])},
			func(err error) bool { return is(err, lectern.CodeAssetRefused) }},
		"too large by its stated size": {lectern.Upload{Size: 1<<20 + 1, Body: strings.NewReader("x")},
			func(err error) bool { return is(err, lectern.CodeTooLarge) }},
		"too large by its bytes": {lectern.Upload{Size: -1, Body: strings.NewReader(strings.Repeat("x", 1<<20+1))},
			func(err error) bool { return is(err, lectern.CodeTooLarge) }},
		"a connection that breaks": {lectern.Upload{Size: -1, Body: io.MultiReader(strings.NewReader("x"), failing{broken})},
			func(err error) bool { return errors.Is(err, broken) }},
	} {
		if _, _, err := r.Add(t.Context(), c.up); !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list := r.onDisk(t); len(list) > 0 {
		t.Errorf("these files are left: %v", list)
	}
	if _, _, err := r.List(t.Context(), lectern.AssetQuery{Cursor: "nonsense"}); !is(err, lectern.CodeInvalidRequest) {
		t.Error(err)
	}
	if _, _, err := r.List(t.Context(), lectern.AssetQuery{Kind: "film"}); !is(err, lectern.CodeInvalidRequest) {
		t.Error(err)
	}
	if _, err := r.Get(t.Context(), "default", strings.Repeat("0", 64)); !is(err, lectern.CodeNotFound) {
		t.Error(err)
	}
}

// fullDisk is a disk without free space. asked is the space that was requested.
type fullDisk struct {
	asset.Files
	asked int64
}

func (d *fullDisk) Temp(size int64) (*os.File, error) {
	d.asked = size
	return nil, lectern.Fail(lectern.CodeDiskFull, "The disk is full.")
}

// Disk space is reserved before a byte of the body is read.
func TestDiskSpaceIsReservedFirst(t *testing.T) {
	t.Parallel()
	d := &fullDisk{}
	r := newRig(t, func(o *asset.Options) { o.Files = d })
	_, _, err := r.Add(t.Context(), lectern.Upload{Size: 1000, Body: failing{errors.New("the body was read")}})
	if !is(err, lectern.CodeDiskFull) || d.asked != 1000 {
		t.Errorf("%v, asked for %d", err, d.asked)
	}
}

// Deleting the last asset with a content removes its file. A sweep deletes an asset thirty days after its last use.
func TestDeleteAndSweep(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one, two := picture(t, 1), picture(t, 2)
	a, _ := r.add(t, "", "", one)
	r.add(t, "b", "", one)
	b, _ := r.add(t, "", "", two)
	if err := r.Delete(t.Context(), "c", a.SHA256); !is(err, lectern.CodeNotFound) {
		t.Error(err)
	}
	for i, owner := range []string{lectern.DefaultOwner, "b"} {
		if err := r.Delete(t.Context(), owner, a.SHA256); err != nil {
			t.Error(err)
		}
		if n := len(r.onDisk(t)); n != 2-i {
			t.Errorf("there are %d files after %s deleted the asset", n, owner)
		}
	}
	if err := r.Delete(t.Context(), lectern.DefaultOwner, a.SHA256); !is(err, lectern.CodeNotFound) {
		t.Error(err)
	}
	for _, step := range []struct {
		after time.Duration
		left  int
	}{{asset.DefaultKeep - time.Second, 1}, {2 * time.Second, 0}} {
		r.now = r.now.Add(step.after)
		if err := r.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
		_, err := r.Get(t.Context(), lectern.DefaultOwner, b.SHA256)
		if n := len(r.onDisk(t)); n != step.left || (err == nil) != (n == 1) {
			t.Errorf("%d files: %v", n, err)
		}
	}
	r.Start(t.Context())
	r.Stop()
}

// The pages of a list contain every asset once. Check accepts a deck only with assets of its owner.
func TestList(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var want []string
	for i := range 5 {
		a, _ := r.add(t, "a", "", picture(t, uint8(i)))
		want = append([]string{a.SHA256}, want...)
		r.now = r.now.Add(time.Second)
	}
	var got []string
	for q := (lectern.AssetQuery{Owner: "a", Kind: lectern.AssetPicture, Limit: 2}); ; {
		page, next, err := r.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page {
			got = append(got, a.SHA256)
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%v, not %v", got, want)
	}
	d := lectern.Deck{Slides: []lectern.Slide{{Props: map[string]any{"image": "asset:" + want[0]}}}}
	if err := r.Check(t.Context(), "a", d); err != nil {
		t.Error(err)
	}
	if err := r.Check(t.Context(), "b", d); !is(err, lectern.CodeUnknownAsset) {
		t.Error(err)
	}
}
