package client

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"lectern"
)

// File identifies a file of a presentation.
type File struct {
	Kind  lectern.ArtifactKind
	Slide int // counted from 1, for kinds with one file per slide; else 0
}

// Progress receives how many bytes have arrived; total is -1 if it is not known.
type Progress func(done, total int64)

// Save downloads a file to a path, where it appears complete or not at all. progress may be nil.
func (c *Client) Save(ctx context.Context, id string, f File, path string, progress Progress) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".lectern-*.part")
	if err != nil {
		return lectern.Fail(lectern.CodeInternal, "%s cannot be written.", path).Because(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
	}()
	if err := c.Download(ctx, id, f, tmp, progress); err != nil {
		return err
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return tmp.Close()
}

// Download copies a file to w. If the connection breaks, it continues from there, as long as the file is the same.
// progress may be nil.
func (c *Client) Download(ctx context.Context, id string, f File, w io.Writer, progress Progress) error {
	d := &counter{w: w, total: -1, progress: progress, hash: sha256.New()}
	path := "/v1/presentations/" + url.PathEscape(id) + lectern.ArtifactFileOf(f.Kind).PathOf(f.Slide)
	etag, pace := "", c.policy(anyNumber).Begin()
	for {
		before := d.done
		done, tag, err := c.part(ctx, path, etag, d)
		switch {
		case done:
			return d.verify(cmp.Or(tag, etag))
		case ctx.Err() != nil:
			return ctx.Err()
		case d.failed != nil:
			return d.failed
		case err != nil && !passing(err):
			return err
		case d.done > 0 && tag == "" && etag == "":
			return lectern.Fail(CodeUnreachable, "The download broke off after %d bytes. Try again.", d.done).Because(err)
		}
		if tag != "" {
			etag = tag
		}
		if d.done > before {
			pace.Reset()
		}
		if err := pace.Wait(ctx, err, retryAfter(err)); err != nil {
			return cmp.Or(ctx.Err(), err)
		}
	}
}

// part reads the missing rest of a file over one connection.
func (c *Client) part(ctx context.Context, path, etag string, d *counter) (done bool, tag string, err error) {
	header := http.Header{}
	if d.done > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", d.done))
		header.Set("If-Range", etag)
	}
	res, err := c.do(ctx, http.MethodGet, path, nil, header)
	if err != nil {
		return false, "", err
	}
	defer res.Body.Close()
	if d.done > 0 && res.StatusCode != http.StatusPartialContent {
		return false, "", &Error{Status: http.StatusConflict, Failure: lectern.Fail(lectern.CodeConflict,
			"The file changed while it was downloaded; download it again.")}
	}
	if d.total < 0 && res.ContentLength >= 0 {
		d.total = res.ContentLength
	}
	_, err = io.Copy(d, res.Body)
	if err == nil && d.total >= 0 && d.done < d.total {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return false, res.Header.Get("ETag"), &Error{Failure: lectern.Fail(CodeUnreachable,
			"The download broke off after %d bytes. Try again.", d.done).Because(err)}
	}
	return true, res.Header.Get("ETag"), nil
}

// verify compares the hash of the written bytes with the ETag, if that is a SHA-256 hash.
func (c *counter) verify(etag string) error {
	want := strings.Trim(etag, `"`)
	got := hex.EncodeToString(c.hash.Sum(nil))
	if len(want) != len(got) || want == got {
		return nil
	}
	f := lectern.Fail(lectern.CodeInternal, "The file arrived damaged; download it again.")
	f.Retryable, f.Detail = true, "SHA-256 "+got+", not "+want
	return f
}

// counter counts the bytes written, and separates failures of the writer from failures of the network.
type counter struct {
	w           io.Writer
	done, total int64
	progress    Progress
	hash        hash.Hash // of what was written
	failed      error
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.done += int64(n)
	c.hash.Write(b[:n])
	if err != nil {
		c.failed = err
		return n, err
	}
	if c.progress != nil {
		c.progress(c.done, c.total)
	}
	return n, nil
}

var _ io.Writer = (*counter)(nil)
