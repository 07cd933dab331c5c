package httpapi

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lectern"
)

// find returns a presentation and its artifact of the kind of f. n is the slide; 0 if the kind is not per slide.
func (s *server) find(r *http.Request, id string, f lectern.ArtifactFile, n int) (lectern.Presentation,
	lectern.Artifact, error) {
	p, err := s.mine(r).Get(r.Context(), id)
	if err != nil {
		return p, lectern.Artifact{}, err
	}
	list, err := s.Jobs.Artifacts(r.Context(), p.ID)
	if err != nil {
		return p, lectern.Artifact{}, err
	}
	for _, a := range list {
		if a.Kind == f.Kind && a.Slide == n {
			return p, a, nil
		}
	}
	switch {
	case n > p.SlidesTotal:
		return p, lectern.Artifact{}, lectern.Fail(lectern.CodeNotFound, "The presentation has %d slides; there is no "+
			"slide %d.", p.SlidesTotal, n)
	case p.Status == lectern.StatusCompleted:
		return p, lectern.Artifact{}, lectern.Fail(lectern.CodeNotFound, "This presentation has no %s.", f.Label)
	case p.Status == lectern.StatusFailed || p.Status == lectern.StatusCanceled:
		return p, lectern.Artifact{}, lectern.Fail(lectern.CodeNotReady, "The presentation is %s, so it has no %s.", p.Status,
			f.Label)
	}
	wait := lectern.Fail(lectern.CodeNotReady, "The %s is not ready yet: the presentation is %s, at %s.", f.Label,
		p.Status, p.Progress)
	wait.Retryable = true
	return p, lectern.Artifact{}, wait
}

// serve answers with an artifact.
func (s *server) serve(w http.ResponseWriter, r *http.Request, p lectern.Presentation, a lectern.Artifact,
	f lectern.ArtifactFile, disposition string) error {
	body, err := s.Open(r.Context(), a.Key)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Type", cmp.Or(a.ContentType, f.MediaType))
	h.Set("Content-Disposition", disposition)
	h.Set("Cache-Control", "private, no-cache") // the presentation may be deleted, and another key must not get it
	if a.SHA256 != "" {
		h.Set("ETag", `"`+a.SHA256+`"`)
	}
	var made time.Time
	if p.Status.Terminal() {
		made = p.CompletedAt
	}
	return s.serveFile(w, r, made, body, f.Label)
}

// serveFile answers with a file whose headers are set: ranges, conditions and HEAD as net/http does them. label names
// it in messages.
func (s *server) serveFile(w http.ResponseWriter, r *http.Request, made time.Time, body io.ReadSeeker,
	label string) error {
	h := w.Header()
	if n := strings.Count(strings.Join(r.Header.Values("Range"), ","), ",") + 1; n > s.Ranges {
		h.Del("Content-Type")
		return blame("Range", codeRange, "The request asks for %d ranges; the limit is %d (limits.ranges). Ask for one "+
			"range that covers them all.", n, s.Ranges)
	}
	out := &suppressor{ResponseWriter: w}
	http.ServeContent(out, r, "", made, body)
	switch out.refused {
	case http.StatusRequestedRangeNotSatisfiable:
		h.Del("Content-Type")
		return blame("Range", codeRange, "The range %.60q is outside the %s; the header Content-Range has its size.",
			r.Header.Get("Range"), label)
	case http.StatusPreconditionFailed:
		h.Del("Content-Type")
		return blame(cmp.Or(present(r.Header, "If-Match", "If-Unmodified-Since"), "If-Match"), codePrecondition,
			"The %s does not meet the conditions of the request (If-Match or If-Unmodified-Since).", label)
	}
	return nil
}

// suppressor suppresses the answers of net/http, in plain text or empty, to ranges and conditions that cannot be met.
type suppressor struct {
	http.ResponseWriter
	refused int // the suppressed status; 0: none was suppressed
}

func (w *suppressor) WriteHeader(status int) {
	if status == http.StatusRequestedRangeNotSatisfiable || status == http.StatusPreconditionFailed {
		w.refused = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *suppressor) Write(b []byte) (int, error) {
	if w.refused != 0 {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// safeName keeps only characters that are safe in headers and file names: ASCII letters, digits, - and _.
func safeName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, s)
}

// present returns the name of the first of these headers that the request has; "" if it has none.
func present(h http.Header, names ...string) string {
	for _, name := range names {
		if h.Get(name) != "" {
			return name
		}
	}
	return ""
}

// slideNumber parses s, the value of the parameter param, as the number of a slide, counted from 1.
func slideNumber(param, s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		f := lectern.Fail(codeRequest, "The number of a slide is a whole number from 1, not %q.", s)
		f.Param = param
		return 0, f
	}
	return n, nil
}
