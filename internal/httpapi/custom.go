package httpapi

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"time"

	"lectern"
)

// custom is the path of the older interface.
const custom = "/api/custom"

// customCreated is the answer to a new job.
type customCreated struct {
	Success  bool              `json:"success"`
	JobID    string            `json:"jobId"`
	Status   string            `json:"status"`
	Progress int               `json:"progress"`
	Message  string            `json:"message"`
	Warnings []lectern.Warning `json:"warnings,omitempty"`
}

// customChecked is the answer to a dry run, with the fields of /v1's.
type customChecked struct {
	Success bool `json:"success"`
	Checked
}

// customJob is a presentation as the old interface shows it. Progress is a whole number, rounded down, so that 100
// means completed.
type customJob struct {
	JobID         string  `json:"jobId"`
	Status        string  `json:"status"`
	Progress      int     `json:"progress"`
	Error         *string `json:"error"`
	VideoURL      *string `json:"videoUrl"`
	ThumbnailURL  *string `json:"thumbnailUrl"`
	SlideImageURL *string `json:"slideImageUrl"`
	CreatedAt     *string `json:"createdAt"`
	CompletedAt   *string `json:"completedAt"`
	LastHeartbeat *string `json:"lastHeartbeat"`
	Title         string  `json:"title"`
	Message       string  `json:"message"`
	Version       int64   `json:"version"`
}

type customStatusAnswer struct {
	Success bool `json:"success"`
	customJob
}

type customList struct {
	Success bool        `json:"success"`
	Jobs    []customJob `json:"jobs"`
}

func (s *server) newCustomJob(p lectern.Presentation) customJob {
	j := customJob{
		JobID: p.ID, Status: string(p.Status), Progress: int(p.Progress / 100), Title: p.Title, Message: p.Message,
		Version: p.Version,
	}
	if t := known(p.CreatedAt); t != nil {
		j.CreatedAt = ptr(stamp(t.Time))
	}
	if t := known(p.CompletedAt); t != nil {
		j.CompletedAt = ptr(stamp(t.Time))
	}
	if t := known(p.LastHeartbeat); t != nil {
		j.LastHeartbeat = ptr(stamp(t.Time))
	}
	if p.Error != nil {
		j.Error = ptr(p.Error.Error())
	}
	if p.Status == lectern.StatusCompleted {
		self := s.link(custom + "/presentations/" + url.PathEscape(p.ID))
		j.VideoURL, j.ThumbnailURL, j.SlideImageURL = ptr(self+"/video"), ptr(self+"/thumbnail"), ptr(self+"/slide-image")
	}
	return j
}

func ptr[T any](v T) *T { return &v }

type customAvatar struct {
	Code      string          `json:"code"`
	Name      string          `json:"name"`
	Gender    string          `json:"gender"`
	Thumbnail string          `json:"thumbnail"`
	Canvas    string          `json:"canvas"`
	Variants  []customVariant `json:"variants"`
}

type customVariant struct {
	Code      string `json:"code"`
	Name      string `json:"name"`
	Thumbnail string `json:"thumbnail"`
}

func (s *server) custom(mux *http.ServeMux) {
	// All routes have the scope read: previews cost nothing, and a dry run needs no more. For a create that is not dry,
	// customCreate itself checks for the scope write.
	on := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		s.on(mux, pattern, rule{scope: lectern.ScopeRead}, func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				s.refuse(w, r, err)
			}
		})
	}
	const p = custom + "/presentations"
	on("POST "+p, s.customCreate(""))
	on("GET "+p, s.customList)
	on("GET "+p+"/{id}", s.customStatus)
	on("GET "+p+"/{id}/video", s.customFile(lectern.ArtifactVideo, "attachment", ""))
	on("GET "+p+"/{id}/thumbnail", s.customFile(lectern.ArtifactThumbnail, "inline", ""))
	on("GET "+p+"/{id}/slide-image", s.customFile(lectern.ArtifactSlideImage, "inline", "slide"))
	on("GET "+p+"/test/quick", func(w http.ResponseWriter, r *http.Request) error {
		writeJSON(w, r, http.StatusOK, map[string]any{"success": true, "status": "ok", "message": "Lectern is running.",
			"version": s.Version})
		return nil
	})
	on("POST "+custom+"/slide-image/generate", s.slideImage)
	on("POST "+custom+"/slide-html/preview", s.slideHTML)
	on("POST "+custom+"/slide-video/generate", s.customCreate(lectern.LayoutSlideOnly))
	on("GET "+custom+"/video/avatars", s.customAvatars)
	on("GET "+custom+"/video/avatars/{code}/portrait", func(w http.ResponseWriter, r *http.Request) error {
		size, err := number(r, "size", 480, 48, 960)
		if err != nil {
			return err
		}
		return s.portrait(w, r, r.PathValue("code"), size)
	})
	on("GET "+custom+"/video/voices", func(w http.ResponseWriter, r *http.Request) error {
		list, err := s.Voices.Voices(r.Context())
		if err == nil {
			writeJSON(w, r, http.StatusOK, map[string]any{"success": true, "voices": nonNil(list)})
		}
		return err
	})
}

// customHold is the default for how long a slide without narration stays, as clients of this interface expect it.
const customHold = 30 * time.Second

// customCreate creates a presentation. A given layout replaces the deck's own, unless the deck's layout is unknown,
// which is a fault.
func (s *server) customCreate(layout lectern.Layout) func(http.ResponseWriter, *http.Request) error {
	how := intake{check: s.CustomCheck, literal: true, change: func(d *lectern.Deck) {
		if layout != "" && (d.Layout == "" || slices.Contains(lectern.Layouts(), d.Layout)) {
			d.Layout = layout
		}
		d.Hold = cmp.Or(d.Hold, customHold)
	}}
	return func(w http.ResponseWriter, r *http.Request) error {
		dry, err := dryRun(r)
		if err != nil {
			return err
		}
		if dry {
			v, err := s.outlook(r, how)
			if err == nil {
				writeJSON(w, r, http.StatusOK, customChecked{Success: true, Checked: v})
			}
			return err
		}
		if err := may(visitOf(r.Context()), lectern.ScopeWrite); err != nil {
			return err
		}
		p, replayed, err := s.create(w.Header(), r, how)
		if err != nil {
			return err
		}
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		w.Header().Set("Location", s.link(custom+"/presentations/"+url.PathEscape(p.ID)))
		writeJSON(w, r, http.StatusOK, customCreated{
			Success: true, JobID: p.ID, Status: string(p.Status), Progress: int(p.Progress / 100),
			Message: "The presentation is queued.", Warnings: p.Warnings,
		})
		return nil
	}
}

func (s *server) customStatus(w http.ResponseWriter, r *http.Request) error {
	p, err := s.mine(r).Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, r, http.StatusOK, customStatusAnswer{true, s.newCustomJob(p)})
	return nil
}

// customList returns up to limit jobs, at most 1000. It reads as many pages of the list as that needs.
func (s *server) customList(w http.ResponseWriter, r *http.Request) error {
	limit, err := number(r, "limit", 50, 1, 1000)
	if err != nil {
		return err
	}
	answer := customList{Success: true, Jobs: []customJob{}}
	for q := (lectern.Query{}); len(answer.Jobs) < limit; {
		q.Limit = min(limit-len(answer.Jobs), 200)
		page, next, err := s.mine(r).List(r.Context(), q)
		if err != nil {
			return err
		}
		for _, p := range page {
			answer.Jobs = append(answer.Jobs, s.newCustomJob(p))
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, r, http.StatusOK, answer)
	return nil
}

// number reads a whole number from low to high from the query; def if it is absent.
func number(r *http.Request, name string, def, low, high int) (int, error) {
	v := r.URL.Query().Get(name)
	if v == "" {
		return def, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		f := lectern.Fail(codeRequest, "%s must be a whole number from %d to %d, not %q.", name, low, high, v)
		f.Param = name
		return 0, f
	}
	return n, nil
}

// customFile answers with an artifact. perSlide names the query parameter that selects the slide; "": there is one
// artifact of this kind.
func (s *server) customFile(kind lectern.ArtifactKind, how, perSlide string) func(http.ResponseWriter,
	*http.Request) error {
	f := lectern.ArtifactFileOf(kind)
	return func(w http.ResponseWriter, r *http.Request) error {
		n := 0
		if perSlide != "" {
			var err error
			if n, err = number(r, perSlide, 1, 1, 100_000); err != nil {
				return err
			}
		}
		p, a, err := s.find(r, r.PathValue("id"), f, n)
		if err != nil {
			return err
		}
		return s.serve(w, r, p, a, f, attachment(how, "presentation_"+safeName(p.ID)+path.Ext(f.Name)))
	}
}

func (s *server) customAvatars(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Avatars.Avatars(r.Context())
	if err != nil {
		return err
	}
	const under = custom + "/video/avatars/"
	out := make([]customAvatar, 0, len(list))
	for _, a := range list {
		v := customAvatar{Code: a.Code, Name: a.Name, Gender: a.Gender, Thumbnail: s.portraitPath(under, a, "") + "?size=240",
			Canvas: s.portraitPath(under, a, "") + "?size=960", Variants: []customVariant{}}
		for _, look := range a.Variants {
			v.Variants = append(v.Variants,
				customVariant{look.Code, look.Name, s.portraitPath(under, a, look.Code) + "?size=240"})
		}
		out = append(out, v)
	}
	writeJSON(w, r, http.StatusOK, map[string]any{"success": true, "avatars": out})
	return nil
}

// preview reads a deck for a preview and waits for a place, which the returned function frees. Previews show slides
// without an avatar, unless the request names a layout.
func (s *server) preview(r *http.Request) (context.Context, lectern.Deck, []lectern.Warning, func(), error) {
	none := func() {}
	body, err := s.readBody(r)
	if err != nil {
		return nil, lectern.Deck{}, nil, none, err
	}
	d, warnings, err := s.previewDeck(r.Context(), body)
	if err != nil {
		return nil, d, nil, none, err
	}
	if err := s.themeExists(d.Theme); err != nil {
		return nil, d, nil, none, err
	}
	c, stop := context.WithTimeout(r.Context(), s.RenderLimit)
	select {
	case s.previews <- struct{}{}:
		return c, d, warnings, func() { <-s.previews; stop() }, nil
	case <-c.Done():
		stop()
		if r.Context().Err() == nil {
			f := lectern.Fail(lectern.CodeOverloaded, "Too many previews are being made; try again in a moment.")
			f.Retryable = true
			return nil, d, nil, none, f
		}
		return nil, d, nil, none, c.Err()
	}
}

// dryRun reports whether a create is a dry run. It refuses other parameters, as [server.knownQuery] does for /v1: with
// a misspelt dry_run the server would create a presentation.
func dryRun(r *http.Request) (bool, error) {
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if name != "dry_run" {
			return false, blame(name, codeRequest, "The parameter %.60q is not known here; there is dry_run=true, which "+
				"checks the deck and creates no presentation.", name)
		}
	}
	return flagged(r, "dry_run")
}
