// Package asset keeps uploaded files: pictures, sounds, fonts and decks. An asset is named by the hash of its content
// (asset:<sha256>) and belongs to an owner. Assets of several owners with the same content share one file.
//
// Every file is written under a new, unique name, which is stored in the database before the file is written. So an
// interrupted upload, a late removal, and simultaneous uploads of the same content do no harm: a sweep removes the
// files whose names belong to no asset, and no others.
//
// The transaction that removes an asset decides whether it may be removed. A presentation holds the assets that its
// deck names, from the transaction that creates the presentation until the presentation is removed.
package asset

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/media"
	"lectern/internal/picturefile"
)

// Store stores the rows of assets.
type Store interface {
	Intake
	Reader
	Remover
}

// Intake adds assets.
type Intake interface {
	// ShareAsset adds the asset a if its content is already stored; otherwise shared is false.
	ShareAsset(ctx context.Context, a lectern.Asset) (kept lectern.Asset, created, shared bool, err error)
	// PlanAsset stores the name of a file that is about to be written. If InsertAsset does not use it until due, the file
	// is a leftover.
	PlanAsset(ctx context.Context, file string, due time.Time) error
	InsertAsset(ctx context.Context, a lectern.Asset, file string) (kept lectern.Asset, created bool, err error)
}

// Reader reads assets. An asset that the owner does not have is CodeNotFound.
type Reader interface {
	Asset(ctx context.Context, owner, sha256 string) (lectern.Asset, error)
	AssetFile(ctx context.Context, sha256 string) (string, error)
	Assets(ctx context.Context, owner string, kind lectern.AssetKind, before time.Time, beforeID string, limit int) (
		[]lectern.Asset, error)
	// Unfit returns the uses of assets that the owner does not have, or that are of another kind than the field needs.
	Unfit(ctx context.Context, owner string, uses []lectern.AssetUse) ([]lectern.AssetUse, error)
}

// Remover removes assets, and lists the files that no asset uses any more.
type Remover interface {
	// StaleAssets returns assets that no presentation names and that were not used after since.
	StaleAssets(ctx context.Context, since time.Time, limit int) ([]lectern.Asset, error)
	// DeleteAsset removes an asset. It fails with CodeConflict if a presentation names the asset, or if the asset was used
	// after since.
	DeleteAsset(ctx context.Context, owner, sha256 string, since, now time.Time) error
	// Leftovers returns the names of files that belong to no asset.
	Leftovers(ctx context.Context, now time.Time, limit int) ([]string, error)
	// ForgetLeftover removes the name of a file that was deleted.
	ForgetLeftover(ctx context.Context, file string) error
}

// Files stores the contents, for example in a *blob.Artifacts.
type Files interface {
	// Temp makes a file and reserves size bytes of disk space for it.
	Temp(size int64) (*os.File, error)
	Put(ctx context.Context, key, path, contentType string) error
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
	Delete(ctx context.Context, key string) error
}

// Defaults of Options.
const (
	DefaultMost = 512 << 20
	DefaultKeep = 30 * 24 * time.Hour
)

// MaxPicture and MaxFont bound files that are read whole when they are used.
const (
	MaxPicture = 20 << 20
	MaxFont    = 32 << 20
)

// planned is how long an upload may take before its file counts as a leftover.
const planned = 24 * time.Hour

// sweepEvery is the time between two sweeps.
const sweepEvery = time.Hour

// maxPage is the most assets that List returns at once.
const maxPage = 200

// Options configure a service. Store and Files are required.
type Options struct {
	Store  Store
	Files  Files
	Texts  []deck.Kind      // the kinds of decks in text formats
	Limits lectern.Limits   // zero fields have their defaults
	Most   int64            // bytes of one file; 0: DefaultMost
	Keep   time.Duration    // from the last use of an asset to its removal; 0: DefaultKeep
	Log    *slog.Logger     // nil: none
	Now    func() time.Time // nil: time.Now
}

// Service keeps assets. It is safe for concurrent use.
type Service struct {
	o      Options
	judges chan struct{} // one file is judged at a time, because a picture is in memory meanwhile
	sweeps sync.WaitGroup
	end    context.CancelFunc
}

// New makes a service. Its sweeps begin with Start.
func New(o Options) *Service {
	o.Limits = o.Limits.WithDefaults()
	o.Most, o.Keep = cmp.Or(o.Most, DefaultMost), cmp.Or(o.Keep, DefaultKeep)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o: o, judges: make(chan struct{}, 1)}
}

func (s *Service) now() time.Time { return s.o.Now().UTC().Truncate(time.Microsecond) }

// Most is the largest size of a file, in bytes.
func (s *Service) Most() int64 { return s.o.Most }

// Add stores a file as an asset. It writes the body to the disk and hashes it at the same time, and then judges the
// file by its bytes: an unknown kind is CodeUnsupported, a damaged file CodeAssetRefused, a file that is too large
// CodeTooLarge. If the owner already has an asset with this content, Add returns that asset and created is false.
func (s *Service) Add(ctx context.Context, up lectern.Upload) (a lectern.Asset, created bool, err error) {
	if up.Size > s.o.Most {
		return a, false, s.tooLarge()
	}
	f, err := s.o.Files.Temp(max(up.Size, 0))
	if err != nil {
		return a, false, err
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	sum, size, err := s.receive(f, up.Body)
	if err != nil {
		return a, false, err
	}
	info, err := s.judge(ctx, f, size)
	if err != nil {
		return a, false, err
	}
	now := s.now()
	a = lectern.Asset{
		SHA256: sum, Owner: cmp.Or(up.Owner, lectern.DefaultOwner), Kind: info.Kind, MediaType: info.Type, Size: size,
		Name:  cleanName(up.Name),
		Width: info.Width, Height: info.Height, Duration: info.Duration.Truncate(time.Microsecond), CreatedAt: now,
		UsedAt: now,
	}
	return s.keep(ctx, a, f.Name())
}

// receive writes a body to f and returns its hash and its length. A body longer than Most is CodeTooLarge.
func (s *Service) receive(f *os.File, body io.Reader) (sum string, size int64, err error) {
	h, d := sha256.New(), &disk{f: f}
	size, err = io.CopyBuffer(io.MultiWriter(d, h), struct{ io.Reader }{io.LimitReader(body, s.o.Most+1)},
		make([]byte, 128<<10))
	switch {
	case d.failed != nil:
		return "", 0, diskFault(d.failed)
	case err != nil:
		return "", 0, err
	case size > s.o.Most:
		return "", 0, s.tooLarge()
	}
	return hex.EncodeToString(h.Sum(nil)), size, f.Truncate(size)
}

// disk writes to f and keeps the error of a failed write, to distinguish it from an error of the sender.
type disk struct {
	f      *os.File
	failed error
}

func (d *disk) Write(b []byte) (int, error) {
	n, err := d.f.Write(b)
	if err != nil {
		d.failed = err
	}
	return n, err
}

func diskFault(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		f := lectern.Fail(lectern.CodeDiskFull, "The disk is full. Make room, then try again.").Because(err)
		f.Retryable = true
		return f
	}
	return lectern.Fail(lectern.CodeInternal, "The file could not be written.").Because(err)
}

func (s *Service) tooLarge() error {
	return lectern.Fail(lectern.CodeTooLarge, "The file is larger than %d MiB, which is the limit of this server "+
		"(limits.upload).", s.o.Most>>20)
}

// judge detects the kind of a file, one file at a time.
func (s *Service) judge(ctx context.Context, f *os.File, size int64) (media.Info, error) {
	select {
	case s.judges <- struct{}{}:
		defer func() { <-s.judges }()
	case <-ctx.Done():
		return media.Info{}, context.Cause(ctx)
	}
	r, unmap, err := mapFile(f, size)
	if err != nil {
		return media.Info{}, diskFault(err)
	}
	defer unmap()
	info, err := media.Inspect(r, size, s.o.Texts, media.Limits{
		PictureBytes: MaxPicture, FontBytes: MaxFont, TextBytes: s.o.Limits.BodyBytes,
		Picture: picturefile.Limits{Pixels: s.o.Limits.PicturePixels, Elements: s.o.Limits.SVGElements},
	})
	u, ok := errors.AsType[*media.Unfit](err)
	if !ok {
		return info, err
	}
	code := map[media.Why]lectern.Code{media.Unknown: lectern.CodeUnsupported, media.Damaged: lectern.CodeAssetRefused,
		media.TooLarge: lectern.CodeTooLarge}[u.Why]
	return info, lectern.Fail(code, "The file cannot be accepted: %s.", u.Text)
}

// mapped is a file that is mapped into memory, outside of Go's heap.
type mapped struct {
	*bytes.Reader
	b []byte
}

// Bytes implements media.Mapped.
func (m mapped) Bytes() []byte { return m.b }

// mapFile returns a reader of a file. A file that is small enough for a picture is mapped into memory, because a
// picture is judged whole. That is safe, because nobody changes the file meanwhile.
func mapFile(f *os.File, size int64) (r io.ReaderAt, unmap func(), err error) {
	if size == 0 || size > MaxPicture {
		return f, func() {}, nil
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, nil, err
	}
	return mapped{bytes.NewReader(b), b}, func() { _ = syscall.Munmap(b) }, nil
}

// keep stores a judged file that is at path.
func (s *Service) keep(ctx context.Context, a lectern.Asset, path string) (lectern.Asset, bool, error) {
	kept, created, shared, err := s.o.Store.ShareAsset(ctx, a)
	if err != nil || shared {
		return kept, created, err
	}
	file := newFile(a.SHA256)
	if err := s.o.Store.PlanAsset(ctx, file, a.UsedAt.Add(planned)); err != nil {
		return a, false, err
	}
	if err := s.o.Files.Put(ctx, file, path, a.MediaType); err != nil {
		return a, false, err
	}
	return s.o.Store.InsertAsset(ctx, a, file)
}

// newFile returns a new, unique name for a file with this hash.
func newFile(sum string) string {
	return fmt.Sprintf("assets/%s/%s-%s", sum[:2], sum, strings.ToLower(rand.Text()[:16]))
}

// maxName is the longest name that is kept, in bytes.
const maxName = 200

// cleanName is the name of a file without folders and invisible characters, of at most maxName bytes.
func cleanName(name string) string {
	name = path.Base("/" + strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			return -1
		}
		return c
	}, name))
	if len(name) > maxName {
		ending := path.Ext(name)
		if len(ending) > 20 {
			ending = ""
		}
		name = name[:maxName-len(ending)]
		for !utf8.ValidString(name) {
			name = name[:len(name)-1]
		}
		name += ending
	}
	if name == "/" || name == "." {
		return ""
	}
	return name
}

// Get returns an owner's asset. It fails with CodeNotFound if the owner does not have it.
func (s *Service) Get(ctx context.Context, owner, sha256 string) (lectern.Asset, error) {
	return s.o.Store.Asset(ctx, owner, sha256)
}

// Open opens the content of an asset. The caller closes it.
func (s *Service) Open(ctx context.Context, sha256 string) (io.ReadSeekCloser, error) {
	file, err := s.o.Store.AssetFile(ctx, sha256)
	if err != nil {
		return nil, err
	}
	return s.o.Files.Open(ctx, file)
}

// List returns a page of assets, newest first, and the cursor of the next page; "" on the last page. The default limit
// is 50.
func (s *Service) List(ctx context.Context, q lectern.AssetQuery) (page []lectern.Asset, next string, err error) {
	limit := cmp.Or(q.Limit, 50)
	if limit < 1 || limit > maxPage {
		return nil, "", lectern.Fail(lectern.CodeInvalidRequest, "The limit is %d; it must be from 1 to %d.", q.Limit,
			maxPage).On("limit")
	}
	if q.Kind != "" && !q.Kind.Valid() {
		return nil, "", lectern.Fail(lectern.CodeInvalidRequest, "The kind of assets %q is not known; use %s.",
			lectern.Shorten(string(q.Kind)), lectern.OneOf(lectern.AssetKinds())).On("kind")
	}
	before, id, err := parseCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	page, err = s.o.Store.Assets(ctx, cmp.Or(q.Owner, lectern.DefaultOwner), q.Kind, before, id, limit+1)
	if len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", last.CreatedAt.UnixMicro(), last.SHA256))
	}
	return page, next, err
}

func parseCursor(c string) (time.Time, string, error) {
	if c == "" {
		return time.Time{}, "", nil
	}
	var micros int64
	var id string
	b, err := base64.RawURLEncoding.DecodeString(c)
	if err == nil {
		_, err = fmt.Sscanf(string(b), "%d %s", &micros, &id)
	}
	if err != nil || micros <= 0 || !lectern.IsSHA256(id) {
		return time.Time{}, "", lectern.Fail(lectern.CodeInvalidRequest,
			"The cursor %.40q is not valid. Use the next_cursor of a page as it is.", c).On("cursor")
	}
	return time.UnixMicro(micros).UTC(), id, nil
}

// Check returns the fault of an owner's deck that names assets which the owner does not have, or which are not
// pictures. It returns nil if there are none.
func (s *Service) Check(ctx context.Context, owner string, d lectern.Deck) error {
	uses := d.AssetUses()
	if len(uses) == 0 {
		return nil
	}
	missing, err := s.o.Store.Unfit(ctx, cmp.Or(owner, lectern.DefaultOwner), uses)
	if err != nil {
		return err
	}
	return lectern.UnfitAssets(missing)
}

// Delete removes an owner's asset. It fails with CodeNotFound if the owner does not have it, and with CodeConflict if a
// presentation names it.
func (s *Service) Delete(ctx context.Context, owner, sha256 string) error {
	if err := s.o.Store.DeleteAsset(ctx, owner, sha256, time.Time{}, s.now()); err != nil {
		return err
	}
	if err := s.clear(ctx); err != nil {
		s.o.Log.WarnContext(ctx, "the file of a deleted asset was not removed; a sweep removes it later", "reason",
			err.Error())
	}
	return nil
}
