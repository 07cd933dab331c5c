package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lectern"
)

// apiVersion is the version of the /v1 interface, not of the binary.
const apiVersion = "1.0.0"

// maxWait bounds a long poll.
const maxWait = time.Minute

// v1Operations registers the operations of /v1.
type v1Operations struct {
	s   *server
	api huma.API
}

// op describes one operation.
type op struct {
	id, method, path, tag string
	summary, about        string
	status                int           // of success; default 200
	body                  any           // a value of the type that success answers with as JSON; nil: none
	content               string        // media type of success where it is not JSON
	scope                 lectern.Scope // that a key needs; "": read for GET, write for everything else

	upload  bool           // the body is a file
	refuses []lectern.Code // codes of its refusals, besides those of every operation
	query   []string       // further parameters of the query, besides those of its input
}

// needs returns the scope that a key needs for the operation.
func (o op) needs() lectern.Scope {
	switch {
	case o.scope != "":
		return o.scope
	case o.method == http.MethodGet:
		return lectern.ScopeRead
	}
	return lectern.ScopeWrite
}

// v1 registers /v1 and returns its OpenAPI document.
func (s *server) v1(mux *http.ServeMux) *huma.OpenAPI {
	config := huma.DefaultConfig("Lectern", apiVersion)
	config.Info.Description = "Turns a deck and its narration into a presenter-led video, as a job you can trust. " +
		"Create a presentation, watch it by polling or as server-sent events, and fetch its files. Failures are problems " +
		"as in RFC 9457."
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.Servers = []*huma.Server{{URL: s.link("/"), Description: "The server that serves this document."}}
	config.CreateHooks = nil // no $schema fields in answers
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.Transformers = []huma.Transformer{asProblem}
	config.Tags = []*huma.Tag{
		{Name: "Presentations", Description: "Jobs: from a deck to a video."},
		{Name: "Files", Description: "The files of completed presentations."},
		{Name: assetsTag, Description: "Files that people upload for their decks: pictures, sounds, fonts, decks."},
		{Name: "Catalogue", Description: "Avatars, voices, templates and themes."},
		{Name: webhooksTag, Description: "Addresses that get messages about presentations."},
		{Name: keysTag, Description: "Who may use this server, and for what."},
	}
	f := &v1Operations{s: s, api: humago.New(mux, config)}
	f.presentations()
	f.files()
	if s.Assets != nil {
		f.assets()
	}
	f.catalogue()
	if s.Webhooks != nil {
		f.webhooks()
	}
	if s.Keys != nil {
		f.keys()
	}
	return f.finish()
}

// asProblem turns huma's own complaints about parameters into problems of this interface.
func asProblem(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	detail := cmp.Or(m.Detail, "the request is invalid")
	fail := lectern.Fail(codeRequest, "%s.", strings.ToUpper(detail[:1])+detail[1:])
	if m.Status == http.StatusBadRequest {
		fail.Code = lectern.CodeInvalidJSON
	}
	for i, d := range m.Errors {
		one := complaint(d)
		if i == 0 {
			fail.Message, fail.Param = one.Message, one.Param
		} else {
			fail.Causes = append(fail.Causes, one)
		}
	}
	return newProblem(fail, m.Status, requestID(ctx.Context())), nil
}

// complaint is one of huma's complaints as a fault that names the field or the parameter.
func complaint(d *huma.ErrorDetail) lectern.Failure {
	place, at, _ := strings.Cut(d.Location, ".")
	f := lectern.Failure{Code: codeRequest, Param: at}
	missing, ok := strings.CutPrefix(d.Message, "expected required property ")
	missing, _, _ = strings.Cut(missing, " ")
	switch {
	case ok:
		f.Param = strings.TrimPrefix(at+"."+missing, ".")
		f.Message = fmt.Sprintf("The field %q is missing.", f.Param)
	case d.Message == "unexpected property":
		f.Message = fmt.Sprintf("The field %q is not known.", at)
	case place == "body" && at == "":
		f.Message = fmt.Sprintf("The body is wrong: %s.", d.Message)
	case place == "body":
		f.Message = fmt.Sprintf("The field %q is wrong: %s.", at, d.Message)
	default:
		f.Message = fmt.Sprintf("The parameter %q is wrong: %s.", at, d.Message)
	}
	return f
}

// handle registers an operation. Its handler writes the answer; an error that it returns becomes a problem.
func handle[I any](f *v1Operations, o op, h func(w http.ResponseWriter, r *http.Request, in *I) error,
	edit ...func(*huma.Operation)) {
	status := o.status
	if status == 0 {
		status = http.StatusOK
	}
	response := &huma.Response{Description: "It has been deleted."}
	switch {
	case o.content != "":
		response.Description = "The whole file."
		schema := &huma.Schema{Type: "string"}
		if !strings.HasPrefix(o.content, "text/") {
			schema.Format = "binary"
		}
		response.Content = map[string]*huma.MediaType{o.content: {Schema: schema}}
	case o.body != nil:
		kind := reflect.TypeOf(o.body)
		response.Description = glossary[kind.Name()][""]
		schema := f.api.OpenAPI().Components.Schemas.Schema(kind, true, "")
		response.Content = map[string]*huma.MediaType{"application/json": {Schema: schema}}
	}
	operation := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Tags: []string{o.tag}, Summary: o.summary, Description: o.about,
		DefaultStatus: status, Responses: map[string]*huma.Response{strconv.Itoa(status): response},
	}
	for _, e := range edit {
		e(&operation)
	}
	f.s.rules[o.method+" "+o.path] = rule{scope: o.needs(), upload: o.upload, files: o.id == createID}
	operation.Middlewares = huma.Middlewares{f.s.knownQuery(append(queryOf(reflect.TypeFor[I]()), o.query...))}
	describeAccess(&operation, o.needs())
	describeSamples(&operation)
	f.describeRefusals(&operation, o.refuses)
	huma.Register(f.api, operation, func(_ context.Context, in *I) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(c huma.Context) {
			r, w := humago.Unwrap(c)
			if offered := cmp.Or(o.content, "application/json"); !acceptable(r.Header.Values("Accept"), offered) {
				f.s.refuse(w, r, blame("Accept", codeAccept, "The answer is %s, which the request's Accept header does not accept.",
					offered))
				return
			}
			if err := h(w, r, in); err != nil {
				f.s.refuse(w, r, err)
			}
		}}, nil
	})
}

// ByID names a presentation. It is exported because huma does not look into unexported embedded structs.
type ByID struct {
	ID string `path:"id" doc:"The presentation's id." example:"0d9e5f0c-5c3e-4d0e-9a43-0f8f3ad6f1a1"`
}

type createInput struct {
	DryRun bool   `query:"dry_run" doc:"Check the deck and estimate the video's length, and create no presentation. Files that come with the deck become assets even so."`
	Tag    string `query:"language" example:"de" doc:"The language to render, one of those that the deck has; de-AT also matches a translation to de. Default: the deck's own. A form may have it as a field instead."`
	Slides string `query:"slides" maxLength:"1000" example:"3-7,12" doc:"The slides to render, by their numbers in the video of the whole deck; 12- selects all from 12 on. Faults name slides by these numbers; the presentation counts the selected slides. Default: all. A form may have it as a field instead."`
	Key    string `header:"Idempotency-Key" doc:"1 to 255 visible characters, such as a UUID. The same request with the same key returns the presentation that the first one created, with Idempotent-Replayed: true; a different request is refused (422 idempotency_mismatch), and so is the same one while the first is in flight (409 idempotency_in_flight). A failed request frees its key." example:"6f1c7a3e-1f0e-4a55-9d6c-0f6f8a3a9b51"`
}

type getInput struct {
	ByID
	Wait        string `query:"wait" doc:"Long poll: how long to wait for a version above after_version, at most 60s." example:"30s"`
	After       int64  `query:"after_version" minimum:"0" doc:"The last version seen. Default: the current one."`
	IfNoneMatch string `header:"If-None-Match" doc:"ETag of the last answer; 304 while nothing visible has changed. The heartbeat and the ETA are not part of it."`
}

type eventsInput struct {
	ByID
	After       int64  `query:"after_version" minimum:"0" doc:"Begin after this version."`
	LastEventID string `header:"Last-Event-ID" doc:"The last id seen; browsers send it when they reconnect. Overrides after_version."`
}

func (f *v1Operations) presentations() {
	s := f.s
	handle(f, op{
		id: createID, method: http.MethodPost, path: "/v1/presentations", tag: "Presentations",
		summary: "Create a presentation",
		about: "The body is a deck, a form with a deck, or a ZIP file with a deck and its files. Every field of a deck " +
			"may also be written in snake_case. A deck with faults is refused at once, with all faults in errors[].",
		status: http.StatusAccepted, body: Presentation{},
		scope:   lectern.ScopeRead, // for a dry run; v1Create checks for write
		refuses: refusedDecks,
	}, s.v1Create, f.describeChecked)
	handle(f, op{
		id: "list-presentations", refuses: []lectern.Code{codeRequest}, method: http.MethodGet, path: "/v1/presentations",
		tag: "Presentations", summary: "List presentations",
		about: "The newest first. If there are several filters, all must match.", body: PresentationPage{},
		query: []string{metadataPrefix},
	}, s.v1List)
	handle(f, op{
		id: "get-presentation", refuses: []lectern.Code{lectern.CodeNotFound, codeRequest}, method: http.MethodGet,
		path: "/v1/presentations/{id}", tag: "Presentations", summary: "Get a presentation",
		about: "The ETag is weak and made of the version. last_heartbeat and eta_seconds change without a new version: " +
			"their changes do not end a wait, and If-None-Match still gets 304. With wait, the answer comes as soon as there " +
			"is a version above after_version, or when the time is over.",
		body: Presentation{},
	}, s.v1Get, func(o *huma.Operation) {
		o.Responses["304"] = &huma.Response{Description: "Nothing visible has changed."}
	})
	handle(f, op{
		id: "watch-presentation", refuses: []lectern.Code{lectern.CodeNotFound, codeRequest}, method: http.MethodGet,
		path: "/v1/presentations/{id}/events", tag: "Presentations", summary: "Watch a presentation",
		about: "Server-sent events named presentation, one for each version, in order; each has the presentation as JSON " +
			"and its version as id. The stream ends after the final version. 204: the client has seen that version already.",
		content: "text/event-stream",
	}, s.v1Events, func(o *huma.Operation) {
		o.Responses["200"].Description = "The stream."
		o.Responses["204"] = &huma.Response{Description: "The client has seen the final version already and must not " +
			"reconnect."}
	})
	handle(f, op{
		id: "cancel-presentation", refuses: []lectern.Code{lectern.CodeNotFound, lectern.CodeConflict},
		method: http.MethodPost, path: "/v1/presentations/{id}/cancel", tag: "Presentations",
		summary: "Cancel a presentation",
		about: "Running work is stopped within a second. A presentation that has ended is not changed: " +
			"409.", body: Presentation{},
	}, s.v1Change(mine.Cancel))
	handle(f, op{
		id: "retry-presentation", refuses: []lectern.Code{lectern.CodeNotFound, lectern.CodeConflict, lectern.CodeTooLarge,
			lectern.CodeOverloaded}, method: http.MethodPost, path: "/v1/presentations/{id}/retry", tag: "Presentations",
		summary: "Retry a presentation",
		about: "Queues a failed or canceled presentation again; finished work is not repeated. The limits of the server " +
			"and the quota of the key that sends the request apply as to a create, and the minutes count again.",
		body: Presentation{},
	}, s.v1Retry, func(o *huma.Operation) {
		headers := map[string]*huma.Param{}
		addRateLimits(headers)
		o.Responses["200"].Headers = headers
	})
	handle(f, op{
		id: "delete-presentation", refuses: []lectern.Code{lectern.CodeNotFound}, method: http.MethodDelete,
		path: "/v1/presentations/{id}", tag: "Presentations", summary: "Delete a presentation",
		about: "With all its files.", status: http.StatusNoContent,
	}, func(w http.ResponseWriter, r *http.Request, in *ByID) error {
		if err := s.mine(r).Delete(r.Context(), in.ID); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
	f.accounts()
}

// accounts registers what tells how a presentation was made.
func (f *v1Operations) accounts() {
	s := f.s
	handle(f, op{
		id: "list-steps", refuses: []lectern.Code{lectern.CodeNotFound}, method: http.MethodGet,
		path: "/v1/presentations/{id}/steps", tag: "Presentations", summary: "List the finished steps",
		about: "Those of all attempts, with whether their output was found in the cache.", body: StepList{},
	}, func(w http.ResponseWriter, r *http.Request, in *ByID) error {
		steps, err := s.mine(r).Steps(r.Context(), in.ID)
		if err == nil {
			writeJSON(w, r, http.StatusOK, v1Steps(steps))
		}
		return err
	})
	handle(f, op{
		id: "get-report", refuses: []lectern.Code{lectern.CodeNotFound}, method: http.MethodGet,
		path: "/v1/presentations/{id}/report", tag: "Presentations", summary: "Get the import report",
		about: "What was made of each slide of a PowerPoint, OpenDocument or PDF file: where its sound comes from and why, " +
			"and what differs from the file. It is there as soon as the presentation is. Other decks have no slides in it.",
		body: Report{},
	}, func(w http.ResponseWriter, r *http.Request, in *ByID) error {
		list, err := s.mine(r).Report(r.Context(), in.ID)
		if err == nil {
			writeJSON(w, r, http.StatusOK, Report{nonNil(list)})
		}
		return err
	})
}

func (s *server) v1Create(w http.ResponseWriter, r *http.Request, _ *createInput) error {
	dry, err := flagged(r, "dry_run")
	if err != nil {
		return err
	}
	if dry {
		return s.dryRun(w, r)
	}
	if err := may(visitOf(r.Context()), lectern.ScopeWrite); err != nil {
		return err
	}
	p, replayed, err := s.create(w.Header(), r, intake{check: s.Check})
	if err != nil {
		return err
	}
	if replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	v := s.v1Presentation(p)
	w.Header().Set("Location", v.Links["self"])
	w.Header().Set("ETag", etag(p))
	writeJSON(w, r, http.StatusAccepted, v)
	return nil
}

func (s *server) v1List(w http.ResponseWriter, r *http.Request, in *listInput) error {
	asked, err := in.query(r)
	if err != nil {
		return err
	}
	list, next, err := s.mine(r).List(r.Context(), asked)
	if err != nil {
		return err
	}
	page := PresentationPage{Presentations: make([]Presentation, 0, len(list))}
	for _, p := range list {
		v := s.v1Presentation(p)
		v.Files = nil // a page of long decks would be many megabytes
		page.Presentations = append(page.Presentations, v)
	}
	page.Next = s.nextPage(w, r, "/v1/presentations", in.Limit, next)
	writeJSON(w, r, http.StatusOK, page)
	return nil
}

// nextPage returns the cursor of a list's next page, and puts the address of that page into the header Link; nil: there
// is none.
func (s *server) nextPage(w http.ResponseWriter, r *http.Request, path string, limit int, next string) *string {
	if next == "" {
		return nil
	}
	q := r.URL.Query()
	q.Set("limit", strconv.Itoa(limit))
	q.Set("cursor", next)
	w.Header().Set("Link", "<"+s.link(path+"?"+q.Encode())+`>; rel="next"`)
	return &next
}

func (s *server) v1Get(w http.ResponseWriter, r *http.Request, in *getInput) error {
	p, err := s.mine(r).Get(r.Context(), in.ID)
	if err != nil {
		return err
	}
	if in.Wait != "" {
		wait, err := time.ParseDuration(in.Wait)
		if n, bad := strconv.Atoi(in.Wait); bad == nil {
			wait, err = time.Duration(n)*time.Second, nil
		}
		if err != nil || wait < 0 {
			f := lectern.Fail(codeRequest, "wait must be a duration such as 30s, not %q.", in.Wait)
			f.Param = "wait"
			return f
		}
		after := in.After
		if !r.URL.Query().Has("after_version") {
			after = p.Version
		}
		if p, err = s.await(r, p, after, min(wait, maxWait)); err != nil {
			return err
		}
	}
	w.Header().Set("ETag", etag(p))
	w.Header().Set("Cache-Control", "no-cache")
	if matches(in.IfNoneMatch, etag(p)) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	writeJSON(w, r, http.StatusOK, s.v1Presentation(p))
	return nil
}

// matches reports whether the header If-None-Match has the tag, by the weak comparison of RFC 9110.
func matches(header, tag string) bool {
	for _, h := range strings.Split(header, ",") {
		h = strings.TrimPrefix(strings.TrimSpace(h), "W/")
		if h == "*" || h != "" && h == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

func (s *server) v1Change(change func(mine, context.Context, string) (lectern.Presentation,
	error)) func(http.ResponseWriter, *http.Request, *ByID) error {
	return func(w http.ResponseWriter, r *http.Request, in *ByID) error {
		p, err := change(s.mine(r), r.Context(), in.ID)
		if err != nil {
			return err
		}
		s.changed(w, r, p)
		return nil
	}
}

// changed answers with a presentation that has been changed.
func (s *server) changed(w http.ResponseWriter, r *http.Request, p lectern.Presentation) {
	w.Header().Set("ETag", etag(p))
	writeJSON(w, r, http.StatusOK, s.v1Presentation(p))
}

// v1Retry queues a presentation again, unless the server stops. The quota applies as to a create.
func (s *server) v1Retry(w http.ResponseWriter, r *http.Request, in *ByID) error {
	if err := s.acceptsWork(); err != nil {
		return err
	}
	m := s.mine(r)
	p, err := m.Retry(r.Context(), in.ID)
	var d lectern.Deck
	if err != nil && asFailure(err).Code == lectern.CodeRateLimited {
		var missing error
		if d, missing = m.Deck(r.Context(), in.ID); missing != nil {
			return err
		}
	}
	if err := s.account(w.Header(), r, d, err); err != nil {
		return err
	}
	s.changed(w, r, p)
	return nil
}

// FileInput asks for a file of a presentation.
type FileInput struct {
	ByID
	Download bool   `query:"download" doc:"Ask the browser to save the file instead of showing it."`
	Range    string `header:"Range" doc:"Part of the file." example:"bytes=0-1023"`
}

type slideInput struct {
	FileInput
	N string `path:"n" doc:"The slide, counted from 1." example:"1"`
}

func (f *v1Operations) files() {
	for _, file := range lectern.ArtifactFiles() {
		o := op{
			id: "get-" + strings.ReplaceAll(file.Link, "_", "-"), method: http.MethodGet,
			path: "/v1/presentations/{id}" + file.Path, tag: "Files",
			summary: "Get the " + file.Label + " (" + strings.TrimPrefix(path.Ext(file.Name), ".") + ")",
			about:   "Ranges and conditional requests work.", content: file.MediaType, refuses: refusedFiles,
		}
		if !file.PerSlide() {
			handle(f, o, func(w http.ResponseWriter, r *http.Request, in *FileInput) error {
				return f.s.v1File(w, r, in, file, 0)
			}, describeRanges)
			continue
		}
		o.summary, o.about = "Get the picture of a slide", "As the browser drew it, at the size of the video, without the "+
			"avatar. "+
			o.about
		handle(f, o, func(w http.ResponseWriter, r *http.Request, in *slideInput) error {
			n, err := slideNumber("n", in.N)
			if err != nil {
				return err
			}
			return f.s.v1File(w, r, &in.FileInput, file, n)
		}, describeRanges)
	}
}

// describeRanges documents the answers to ranges and conditional requests for a file.
func describeRanges(o *huma.Operation) {
	o.Responses["206"] = &huma.Response{Description: "The part that Range asks for.", Content: o.Responses["200"].Content}
	o.Responses["304"] = &huma.Response{Description: "The file has not changed."}
}

func (s *server) v1File(w http.ResponseWriter, r *http.Request, in *FileInput, f lectern.ArtifactFile, n int) error {
	p, a, err := s.find(r, in.ID, f, n)
	if err != nil {
		return err
	}
	how := "inline"
	if in.Download {
		how = "attachment"
	}
	return s.serve(w, r, p, a, f, disposition(how, p, f.SuffixOf(n)))
}

type portraitInput struct {
	Code string `path:"code" doc:"An avatar's code: name, name.variant, with or without its engine." example:"gia.casual"`
	Size int    `query:"size" minimum:"48" maximum:"960" default:"480" doc:"Side of the picture in pixels."`
}

func (f *v1Operations) catalogue() {
	s := f.s
	type none struct{}
	handle(f, op{id: "list-voices", method: http.MethodGet, path: "/v1/voices", tag: "Catalogue", summary: "List voices",
		about: "Those of all engines, the preferred ones first.", body: VoiceList{}},
		func(w http.ResponseWriter, r *http.Request, _ *none) error {
			list, err := s.Voices.Voices(r.Context())
			if err == nil {
				writeJSON(w, r, http.StatusOK, VoiceList{nonNil(list)})
			}
			return err
		})
	handle(f, op{id: "list-avatars", method: http.MethodGet, path: "/v1/avatars", tag: "Catalogue",
		summary: "List avatars", about: "With their looks and portraits.", body: AvatarList{}},
		func(w http.ResponseWriter, r *http.Request, _ *none) error {
			list, err := s.Avatars.Avatars(r.Context())
			if err == nil {
				writeJSON(w, r, http.StatusOK, s.v1Avatars(list))
			}
			return err
		})
	handle(f, op{id: "get-portrait", refuses: []lectern.Code{lectern.CodeNotFound, codeRequest}, method: http.MethodGet,
		path: "/v1/avatars/{code}/portrait", tag: "Catalogue", summary: "Get an avatar's portrait",
		about: "A PNG, square; sizes are rounded up to one of a few.", content: "image/png"},
		func(w http.ResponseWriter, r *http.Request, in *portraitInput) error {
			return s.portrait(w, r, in.Code, in.Size)
		})
	handle(f, op{id: "list-templates", method: http.MethodGet, path: "/v1/templates", tag: "Catalogue",
		summary: "List slide templates", about: "With the props that each takes, and a sample of each.",
		body: TemplateList{}},
		func(w http.ResponseWriter, r *http.Request, _ *none) error {
			writeJSON(w, r, http.StatusOK, TemplateList{nonNil(s.Slides.Templates())})
			return nil
		})
	handle(f, op{id: "list-themes", method: http.MethodGet, path: "/v1/themes", tag: "Catalogue", summary: "List themes",
		about: "With their colours.", body: ThemeList{}},
		func(w http.ResponseWriter, r *http.Request, _ *none) error {
			writeJSON(w, r, http.StatusOK, ThemeList{nonNil(s.Slides.Themes())})
			return nil
		})
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
