package httpapi

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lectern"
	"lectern/internal/deck"
)

const assetsTag = "Assets"

// Asset is an uploaded file. A property that it does not have is null.
type Asset struct {
	SHA256          string            `json:"sha256" doc:"The hash of its content, in lower-case hexadecimal digits. It names the asset in every path." example:"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`
	Address         string            `json:"address" doc:"How a deck names it." example:"asset:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`
	Kind            string            `json:"kind" enum:"picture,sound,font,deck" doc:"What it can be used for."`
	MediaType       string            `json:"media_type" doc:"Its type, found by its bytes." example:"image/png"`
	Bytes           int64             `json:"bytes" doc:"Its size."`
	Name            string            `json:"name" doc:"The name of the file when it was first uploaded; empty: it had none." example:"fjord.png"`
	Width           *int              `json:"width" doc:"Width of a picture in pixels. null: it is not a picture, or an SVG."`
	Height          *int              `json:"height" doc:"Height of a picture in pixels. null: it is not a picture, or an SVG."`
	DurationSeconds *float64          `json:"duration_seconds" doc:"Length of a sound. null: it is not a sound, or its header has no length."`
	CreatedAt       Time              `json:"created_at" format:"date-time" doc:"When it was first uploaded."`
	UsedAt          Time              `json:"used_at" format:"date-time" doc:"When it was last uploaded or named by a presentation. An asset that no presentation names is deleted some time after that (assets.keep of the server)."`
	Links           map[string]string `json:"links" doc:"Paths, or URLs if the server has http.base_url: self, content."`
}

// AssetPage is a page of assets.
type AssetPage struct {
	Assets []Asset `json:"assets" doc:"The newest first."`
	Next   *string `json:"next_cursor" doc:"cursor of the next page; null: this is the last."`
}

func (s *server) v1Asset(a lectern.Asset) Asset {
	v := Asset{
		SHA256: a.SHA256, Address: a.Address(), Kind: string(a.Kind), MediaType: a.MediaType, Bytes: a.Size, Name: a.Name,
		CreatedAt: Time{a.CreatedAt}, UsedAt: Time{a.UsedAt},
		Links: map[string]string{"self": s.link("/v1/assets/" + a.SHA256),
			"content": s.link("/v1/assets/" + a.SHA256 + "/content")},
	}
	if a.Width > 0 && a.Height > 0 {
		v.Width, v.Height = &a.Width, &a.Height
	}
	if a.Duration > 0 {
		v.DurationSeconds = new(float64(a.Duration.Round(time.Millisecond).Milliseconds()) / 1000)
	}
	return v
}

type addAssetInput struct {
	Name string `query:"name" maxLength:"500" doc:"The name of the file, if the body is the file itself." example:"fjord.png"`
}

type assetsInput struct {
	Kind   string `query:"kind" enum:"picture,sound,font,deck" doc:"Only assets of this kind."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The most to return."`
	Cursor string `query:"cursor" maxLength:"500" doc:"The next_cursor of the previous page."`
}

type assetInput struct {
	SHA256 string `path:"sha256" doc:"The hash of the asset's content." example:"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`
}

type contentInput struct {
	SHA256   string `path:"sha256" doc:"The hash of the asset's content." example:"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`
	Download bool   `query:"download" doc:"Ask the browser to save the file instead of showing it."`
	Range    string `header:"Range" doc:"Part of the file." example:"bytes=0-1023"`
}

func (f *v1Operations) assets() {
	s := f.s
	handle(f, op{
		id: addAssetID, method: http.MethodPost, path: "/v1/assets", tag: assetsTag, summary: "Upload a file", body: Asset{},
		status: http.StatusCreated, upload: true,
		about: "The body is the file, or a form with the file as its part \"file\". Its bytes decide its type: a PNG, " +
			"JPEG, GIF, WebP, AVIF or SVG picture, a WAV, MP3, M4A, Ogg or FLAC sound, a WOFF2, TTF or OTF font, or a deck " +
			"(JSON, YAML, Markdown, PPTX, PPT, ODP, PDF, ZIP). The same content uploaded again is the same asset: 200 " +
			"instead of 201. A deck names it as asset:<sha256>.",
		refuses: []lectern.Code{codeRequest, codeMedia, codeLength, lectern.CodeTooLarge, lectern.CodeAssetRefused,
			lectern.CodeDiskFull, lectern.CodeOverloaded},
	}, s.addAsset, func(o *huma.Operation) {
		location := map[string]*huma.Param{"Location": {Schema: &huma.Schema{Type: "string"},
			Description: "Path of the asset."}}
		o.Responses["201"].Headers = location
		o.Responses["201"].Description = "The new asset."
		o.Responses["200"] = &huma.Response{Description: "The asset, which existed already.", Headers: location,
			Content: o.Responses["201"].Content}
	})
	handle(f, op{
		id: "list-assets", method: http.MethodGet, path: "/v1/assets", tag: assetsTag, summary: "List assets",
		about: "The newest first.", body: AssetPage{},
		refuses: []lectern.Code{codeRequest},
	}, s.listAssets)
	handle(f, op{
		id: "get-asset", method: http.MethodGet, path: "/v1/assets/{sha256}", tag: assetsTag, summary: "Get an asset",
		about: "Its description, without the content.", body: Asset{},
		refuses: []lectern.Code{lectern.CodeNotFound},
	}, func(w http.ResponseWriter, r *http.Request, in *assetInput) error {
		a, err := s.Assets.Get(r.Context(), s.mine(r).owner(), in.SHA256)
		if err == nil {
			writeJSON(w, r, http.StatusOK, s.v1Asset(a))
		}
		return err
	})
	handle(f, op{
		id: "get-asset-content", method: http.MethodGet, path: "/v1/assets/{sha256}/content", tag: assetsTag,
		summary: "Get the content of an asset",
		about:   "The file as it was uploaded. Ranges and conditional requests work.", content: anyMedia,
		refuses: []lectern.Code{lectern.CodeNotFound, codeRequest, codePrecondition, codeRange},
	}, s.assetContent, describeRanges)
	handle(f, op{
		id: "delete-asset", method: http.MethodDelete, path: "/v1/assets/{sha256}", tag: assetsTag,
		summary: "Delete an asset", status: http.StatusNoContent,
		about:   "An asset that a presentation names is not deleted: 409. Other owners keep their asset of the same content.",
		refuses: []lectern.Code{lectern.CodeNotFound, lectern.CodeConflict},
	}, func(w http.ResponseWriter, r *http.Request, in *assetInput) error {
		if err := s.Assets.Delete(r.Context(), s.mine(r).owner(), in.SHA256); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}

// addAssetID is the id of the operation that uploads a file.
const addAssetID = "add-asset"

// anyMedia is the documented media type of an answer that may have any.
const anyMedia = "*/*"

// formRoom is how many bytes a form may have besides its file.
const formRoom = 64 << 10

func (s *server) addAsset(w http.ResponseWriter, r *http.Request, in *addAssetInput) error {
	if r.ContentLength < 0 {
		return lectern.Fail(codeLength, "The request has no Content-Length. Send one, so that the server can reserve "+
			"space on its disk first.")
	}
	up := lectern.Upload{Owner: s.mine(r).owner(), Name: in.Name, Size: r.ContentLength, Body: r.Body}
	var form *multipart.Reader
	if kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		part, more, err := firstFile(r.Body, params["boundary"])
		if err != nil {
			return s.uploadFault(err)
		}
		up.Name, up.Body, form = cmp.Or(in.Name, part.FileName()), part, more
		up.Size = max(r.ContentLength-formRoom, 0)
	}
	a, created, err := s.Assets.Add(r.Context(), up)
	if err != nil {
		return s.uploadFault(err)
	}
	if form != nil {
		if _, err := form.NextPart(); !errors.Is(err, io.EOF) {
			return formFault("file", "The form has more than one part. Send one file at a time; the first one was kept.")
		}
	}
	v := s.v1Asset(a)
	w.Header().Set("Location", v.Links["self"])
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	writeJSON(w, r, status, v)
	return nil
}

// firstFile returns the part of a form that is the file, and the form after that part.
func firstFile(body io.Reader, boundary string) (*multipart.Part, *multipart.Reader, error) {
	if boundary == "" {
		return nil, nil, blame("Content-Type", codeMedia, "The Content-Type multipart/form-data lacks its boundary.")
	}
	form := multipart.NewReader(body, boundary)
	part, err := form.NextPart()
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil, formFault("file", "The form has no part \"file\". Send the file as this part.")
	case err != nil:
		return nil, nil, err
	case part.FormName() != "file":
		return nil, nil, formFault(part.FormName(), "The form's part %.60q is not known. The file must be the only part, "+
			"\"file\".",
			part.FormName())
	}
	return part, form, nil
}

// uploadFault is the failure of an upload whose body is too long, or did not arrive.
func (s *server) uploadFault(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return s.tooLong()
	}
	if _, ok := errors.AsType[*lectern.Failure](err); ok {
		return err
	}
	return arrival(err)
}

// tooLong is the failure of an upload that is too large.
func (s *server) tooLong() error {
	return lectern.Fail(lectern.CodeTooLarge, "The upload is larger than %s, which is the limit of this server "+
		"(limits.upload).", size(s.Assets.Most()))
}

func (s *server) listAssets(w http.ResponseWriter, r *http.Request, in *assetsInput) error {
	list, next, err := s.Assets.List(r.Context(), lectern.AssetQuery{
		Owner: s.mine(r).owner(), Kind: lectern.AssetKind(in.Kind), Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return err
	}
	page := AssetPage{Assets: make([]Asset, 0, len(list))}
	for _, a := range list {
		page.Assets = append(page.Assets, s.v1Asset(a))
	}
	page.Next = s.nextPage(w, r, "/v1/assets", in.Limit, next)
	writeJSON(w, r, http.StatusOK, page)
	return nil
}

// assetContent answers with an uploaded file. Whoever uploaded it chose its bytes: a browser must neither run it nor
// guess what it is.
func (s *server) assetContent(w http.ResponseWriter, r *http.Request, in *contentInput) error {
	a, err := s.Assets.Get(r.Context(), s.mine(r).owner(), in.SHA256)
	if err != nil {
		return err
	}
	body, err := s.Assets.Open(r.Context(), a.SHA256)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	how := "inline"
	if in.Download || !harmless(a) {
		how = "attachment"
	}
	kind := a.MediaType
	if strings.HasPrefix(kind, "text/") {
		kind += "; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", assetDisposition(how, a))
	h.Set("Cache-Control", "private, no-cache") // another key must not find it in a shared cache
	h.Set("ETag", `"`+a.SHA256+`"`)
	return s.serveFile(w, r, a.CreatedAt, body, "file")
}

// harmless reports whether a browser only shows or plays an asset. An SVG may contain scripts, and a PDF too.
func harmless(a lectern.Asset) bool {
	return a.Kind == lectern.AssetSound || a.Kind == lectern.AssetPicture && a.MediaType != "image/svg+xml"
}

// assetDisposition returns a Content-Disposition with the name that the asset had when it was uploaded.
func assetDisposition(how string, a lectern.Asset) string {
	ending := path.Ext(a.Name)
	stem := strings.TrimSuffix(a.Name, ending)
	if safe := "." + safeName(ending); safe != ending || len(ending) > 10 {
		stem, ending = a.Name, ""
	}
	plain, full := plainName(stem), titleName(stem)
	if plain == "" {
		plain = "asset_" + a.SHA256[:12]
	}
	d := attachment(how, plain+ending)
	if full != "" && full != plain {
		d += "; filename*=UTF-8''" + extended(full+ending)
	}
	return d
}

// withAssets adds a fault to a request for each asset in its deck that the owner does not have.
func (s *server) withAssets(ctx context.Context, q deck.Request) (deck.Request, error) {
	if s.Assets == nil {
		return q, nil
	}
	err := s.Assets.Check(ctx, mine{key: visitOf(ctx).key}.owner(), q.Deck)
	f, ok := errors.AsType[*lectern.Failure](err)
	if err == nil || !ok || !f.Code.IsFault() {
		return q, err
	}
	q.Faults = slices.Clone(q.Faults)
	for _, fault := range f.Faults() {
		fault.Param, fault.Slide = q.Places.Written(fault.Param), q.Number(fault.Slide)
		q.Faults = append(q.Faults, fault)
	}
	return q, nil
}

// describeAssets documents the bodies that are files: an upload, and a ZIP file with a deck. Like describeDeck, it must
// run after the operations are registered: huma would otherwise parse the bodies itself.
func describeAssets(doc *huma.OpenAPI) {
	file := &huma.Schema{Type: "string", Format: "binary"}
	content := map[string]*huma.MediaType{
		"multipart/form-data": {Schema: &huma.Schema{
			Type: "object", Required: []string{"file"},
			Properties: map[string]*huma.Schema{"file": {Type: "string", ContentEncoding: "binary", Description: "The file."}},
		}},
		"application/octet-stream": {Schema: file},
	}
	doc.Paths["/v1/presentations"].Post.RequestBody.Content[zipType] = &huma.MediaType{Schema: file}
	doc.Paths["/v1/assets"].Post.RequestBody = &huma.RequestBody{Required: true,
		Description: "The file, under any media type, or a form with it.", Content: content}
}
