package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"lectern"
	"lectern/internal/crashpoint"
)

// maxKey is the longest key of an artifact, in bytes.
const maxKey = 512

// Artifacts is a store of artifacts. Keys are relative paths of letters, digits, ".", "_" and "-", such as
// "ab12/1/video.mp4"; no part of them begins with a dot.
type Artifacts struct {
	bucket  *blob.Bucket
	dir     string   // of a local store; empty: another kind of bucket
	scratch *scratch // of a local store
}

// OpenArtifacts opens the store in a local folder, which is made if it is missing. A key is the path of its file in the
// folder. No sidecar files are stored: the content type follows from the key's extension.
func OpenArtifacts(dir string) (*Artifacts, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, storeFailed("find its folder", err)
	}
	a, err := openScratch(dir)
	if err != nil {
		return nil, err
	}
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{Metadata: fileblob.MetadataDontWrite, NoTempDir: true})
	if err != nil {
		return nil, errors.Join(storeFailed("open its folder", err), a.close())
	}
	return &Artifacts{bucket: bucket, dir: dir, scratch: a}, nil
}

// NewArtifacts returns a store in any bucket. Close closes the bucket.
func NewArtifacts(b *blob.Bucket) *Artifacts { return &Artifacts{bucket: b} }

// Close releases the store's resources. Open objects stay open.
func (a *Artifacts) Close() error {
	err := a.bucket.Close()
	if a.scratch != nil {
		err = errors.Join(err, a.scratch.close())
	}
	return err
}

// Put stores the local file at path under key and replaces an existing artifact. The artifact appears atomically, and
// is on the disk when Put returns. The file at path stays and must not change afterwards: a local store shares it. Only
// a bucket stores contentType; empty: the type for the key's extension.
func (a *Artifacts) Put(ctx context.Context, key, path, contentType string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return storeFailed("read a finished file", err)
	}
	if !info.Mode().IsRegular() {
		return lectern.Fail(lectern.CodeInternal, "Only files can be stored, and %s is not a file.",
			filepath.Base(path))
	}
	if a.dir != "" {
		return a.putLocal(key, path)
	}
	return a.putBucket(ctx, key, path, contentType)
}

func (a *Artifacts) putLocal(key, path string) error {
	tmp := a.scratch.path(key)
	defer os.Remove(tmp)
	if err := os.Link(path, tmp); err != nil {
		// The path is in another file system, or the file system has no hard links.
		if err := copyFile(path, tmp); err != nil {
			return storeFailed("copy a finished file", err)
		}
	}
	crashpoint.Here(crashpoint.Linked)
	if err := settle(tmp, a.file(key)); err != nil {
		return storeFailed("keep a finished file", err)
	}
	return nil
}

func (a *Artifacts) putBucket(ctx context.Context, key, path, contentType string) error {
	src, err := os.Open(path)
	if err != nil {
		return storeFailed("read a finished file", err)
	}
	defer src.Close()
	if contentType == "" {
		contentType = ContentType(key)
	}
	ctx, cancel := context.WithCancel(ctx) // a writer whose context ends before Close stores nothing
	defer cancel()
	w, err := a.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: contentType})
	if err != nil {
		return storeFailed("keep a finished file", err)
	}
	if _, err := io.Copy(w, src); err != nil {
		cancel()
		_ = w.Close()
		return storeFailed("keep a finished file", err)
	}
	if err := w.Close(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return storeFailed("keep a finished file", err)
	}
	return nil
}

// Object is an open artifact for http.ServeContent. The caller must close it. In a local store it can be read to its
// end even if the artifact is deleted meanwhile.
type Object struct {
	io.ReadSeekCloser
	Size        int64
	ModTime     time.Time
	ContentType string
}

// Open opens an artifact for reading; ctx must live as long as the object. If there is no such artifact, the failure
// has lectern.CodeNotFound.
func (a *Artifacts) Open(ctx context.Context, key string) (*Object, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if a.dir != "" {
		f, err := os.Open(a.file(key))
		if err != nil {
			return nil, openFailed(err)
		}
		info, err := f.Stat()
		if err == nil && !info.Mode().IsRegular() {
			err = fs.ErrNotExist
		}
		if err != nil {
			f.Close()
			return nil, openFailed(err)
		}
		return &Object{f, info.Size(), info.ModTime(), ContentType(key)}, nil
	}
	r, err := a.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, openFailed(err)
	}
	ct := r.ContentType()
	if ct == "" {
		ct = ContentType(key)
	}
	return &Object{r, r.Size(), r.ModTime(), ct}, nil
}

func openFailed(err error) error {
	if errors.Is(err, fs.ErrNotExist) || gcerrors.Code(err) == gcerrors.NotFound {
		return lectern.Fail(lectern.CodeNotFound, "The file does not exist. It may have been deleted.").Because(err)
	}
	return storeFailed("read a file", err)
}

// Delete deletes an artifact. A missing artifact is not an error.
func (a *Artifacts) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := a.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return storeFailed("delete a file", err)
	}
	a.prune(path.Dir(key))
	return nil
}

// DeletePrefix deletes all artifacts in the folder that prefix names, with or without a slash at its end; "ab" does not
// touch "abc/…". It is idempotent. If it fails, some artifacts are deleted and it can be called again.
func (a *Artifacts) DeletePrefix(ctx context.Context, prefix string) error {
	prefix = strings.TrimSuffix(prefix, "/")
	if err := checkKey(prefix); err != nil {
		return err
	}
	it := a.bucket.List(&blob.ListOptions{Prefix: prefix + "/"})
	for {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return storeFailed("list its files", err)
		}
		if err := a.bucket.Delete(ctx, o.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return storeFailed("delete a file", err)
		}
		a.prune(path.Dir(o.Key))
	}
	return nil
}

// prune removes folders of a local store that have become empty.
func (a *Artifacts) prune(dir string) {
	if a.dir == "" {
		return
	}
	for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
		if os.Remove(a.file(dir)) != nil {
			return
		}
	}
}

func (a *Artifacts) file(key string) string { return filepath.Join(a.dir, filepath.FromSlash(key)) }

// checkKey refuses keys that could leave the store's folder or that some buckets would rewrite.
func checkKey(key string) error {
	ok := key != "" && len(key) <= maxKey && fs.ValidPath(key)
	for part := range strings.SplitSeq(key, "/") {
		ok = ok && part != "" && part[0] != '.' && !strings.HasSuffix(part, ".attrs")
	}
	for _, r := range key {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("._-/", r))
	}
	if !ok {
		return lectern.Fail(lectern.CodeInternal, "%.80q is not a valid key of the file store.", key)
	}
	return nil
}

// ContentType returns the media type for a key's extension; for an unknown one, application/octet-stream.
func ContentType(key string) string {
	switch path.Ext(key) {
	case ".mp4":
		return "video/mp4"
	case ".m4a":
		return "audio/mp4"
	case ".wav":
		return "audio/wav"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".vtt":
		return "text/vtt; charset=utf-8"
	case ".srt":
		return "application/x-subrip"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".json":
		return "application/json"
	}
	return "application/octet-stream"
}
