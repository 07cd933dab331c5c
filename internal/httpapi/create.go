package httpapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/deck"
)

// Bounds of what a request has besides its deck.
const (
	maxKey      = 255  // visible characters of an Idempotency-Key
	maxCallback = 2048 // bytes of a callback address
)

// submission is the content of a request for a presentation, before its deck is parsed.
type submission struct {
	kind     string // media type of the body, in lower case and without parameters
	deck     deck.Source
	settings string // of a form: an object whose fields override the deck's
	callback string // of a form; overrides the deck's

	language  string            // to render; "": the deck's own
	slides    string            // to render, such as "3-7,12"; "": all
	selected  lectern.Selection // slides, parsed
	variables string            // of a form: the values of variables, as JSON
	values    map[string]string // variables, parsed
	password  string            // of a form: that of the deck's file; "": none
	files     map[string]string // of a form: the hashes of the assets that its files became, by path
	bundle    *deck.Bundle      // the ZIP file with the deck and its files; nil: there is none
}

// readSubmission reads the whole body; guard has bounded it.
func (s *server) readSubmission(r *http.Request) (submission, error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var b submission
	var err error
	if kind == "multipart/form-data" {
		b, err = s.readUpload(r, params["boundary"])
	} else if s.Assets != nil && s.isFile(r, kind) {
		b.kind, err = zipType, s.readFile(r, &b, "", r.Body, r.ContentLength)
	} else if b.deck, err = s.readBody(r); err == nil {
		b.kind = b.deck.MediaType
	}
	if err != nil {
		return b, err
	}
	for _, f := range []struct {
		name, what string
		value      *string
	}{{"language", "languages", &b.language}, {"slides", "slides", &b.slides}} {
		given := r.URL.Query().Get(f.name)
		if given != "" && *f.value != "" && *f.value != given {
			return b, blame(f.name, codeRequest, "The form and the query name different %s.", f.what)
		}
		*f.value = cmp.Or(given, *f.value)
	}
	if b.selected, err = lectern.ParseSelection(b.slides); err != nil {
		return b, err
	}
	b.values, err = readVariables(b.variables)
	return b, err
}

// readBody reads a body that is the deck itself.
func (s *server) readBody(r *http.Request) (deck.Source, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	// Scripts often forget the header, and curl then sends the type of a form. So only types that cannot be a deck are
	// refused.
	if !s.mayBeDeck(kind) {
		return deck.Source{}, blame("Content-Type", codeMedia, "The body must be %s, not %s.", s.takenDecks(), kind)
	}
	b, err := readText(r.Body, r.ContentLength)
	if err != nil {
		return deck.Source{}, arrival(err)
	}
	return s.source("", kind, b), s.refusePacked(b)
}

// source returns text as the source of a deck. It keeps the media type only if a parser has it, so that the same deck
// under two types that no parser has is the same request (J13).
func (s *server) source(name, kind, text string) deck.Source {
	d := deck.Source{Name: name, Bytes: []byte(text)}
	kinds := s.Decks.Kinds()
	for _, k := range kinds {
		if slices.Contains(k.MediaTypes, kind) {
			d.MediaType = k.MediaTypes[0]
		}
	}
	if d.MediaType == "" && name == "" {
		d.MediaType = kinds[0].MediaTypes[0]
	}
	return d
}

// mayBeDeck reports whether a body with this media type may be a deck.
func (s *server) mayBeDeck(kind string) bool {
	for _, other := range []string{"multipart/", "image/", "video/", "audio/", "font/", "application/pdf",
		"application/zip", "application/vnd."} {
		if strings.HasPrefix(kind, other) {
			return false
		}
	}
	return true
}

// takenDecks lists the formats that a deck may be written in, for messages.
func (s *server) takenDecks() string {
	var names []string
	for _, k := range s.Decks.Kinds() {
		names = append(names, k.Name+" ("+k.MediaTypes[0]+")")
	}
	return strings.Join(names, " or ")
}

// arrival turns an error while a body is read into a failure. nil stays nil.
func arrival(err error) error {
	if err == nil {
		return nil
	}
	if f := asFailure(err); f.Code != lectern.CodeInternal {
		return f
	}
	return lectern.Fail(codeRequest, "The request's body did not arrive completely. Send it again.").Because(err)
}

// fingerprint is a hash by which two requests are the same (J13): of method, path, media type and content. The boundary
// of a form is not part of it, since clients choose a new one for every try. Idempotency keys are stored across
// upgrades, so the order of the parts must not change, and a part that older versions do not have is left out if it is
// empty. The password is not part of it: a stored hash of it could be guessed.
func (b submission) fingerprint(r *http.Request) string {
	h := sha256.New() // writing to it never fails
	parts := []any{r.Method, r.URL.Path, b.kind, b.deck.Bytes, b.settings, b.callback}
	if b.language != "" {
		parts = append(parts, "language", b.language)
	}
	if b.slides != "" {
		parts = append(parts, "slides", b.slides)
	}
	if b.variables != "" {
		parts = append(parts, "variables", b.variables)
	}
	if b.bundle != nil {
		parts = append(parts, zipType, b.bundle.SHA256)
	}
	for _, file := range slices.Sorted(maps.Keys(b.files)) {
		parts = append(parts, "file", file, b.files[file])
	}
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			fmt.Fprintf(h, "%d:", len(part))
			_, _ = io.WriteString(h, part)
		case []byte:
			fmt.Fprintf(h, "%d:", len(part))
			_, _ = h.Write(part)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// idempotencyKey is the request's key, "" where it has none.
func idempotencyKey(r *http.Request) (string, error) {
	given := r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return "", nil
	}
	key := given[0]
	if len(given) > 1 || key == "" || len(key) > maxKey ||
		strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		f := lectern.Fail(codeRequest, "An Idempotency-Key must be one value of 1 to %d visible ASCII characters, such as "+
			"a UUID.", maxKey)
		f.Param = "Idempotency-Key"
		return "", f
	}
	return key, nil
}

// intake says how an interface accepts decks.
type intake struct {
	check  Checker
	change func(*lectern.Deck) // fills in the defaults of the interface; nil: it has none
	// literal: {{name}} is plain text, unless the deck or the request has variables.
	literal bool
}

// edition returns q with its deck in the language and with the slides that b names, with its variables filled in.
func (s *server) edition(q deck.Request, b submission, literal bool) (deck.Request, error) {
	return q.Choose(lectern.Choice{
		Language: b.language, Variables: b.values, Kinds: s.Slides.PropKind, Limits: s.Limits,
		Literal: literal && len(q.Deck.Variables)+len(b.values) == 0,
	}).Pick(b.selected)
}

// parse reads a deck, for at most ParseTime. Only a PowerPoint file of the format before 2007, which LibreOffice
// converts first, takes longer than a moment.
func (s *server) parse(c context.Context, d deck.Source, settings []byte) (deck.Request, error) {
	late := lectern.Fail(lectern.CodeTimeout, "The deck was not read within %s, because the server is busy. Try again "+
		"later; a .ppt file is read much faster when it is saved as .pptx.", s.ParseTime)
	late.Retryable = true
	c, stop := context.WithTimeoutCause(c, s.ParseTime, late)
	defer stop()
	q, err := s.Decks.Parse(c, d, settings, s.Limits)
	if err != nil && context.Cause(c) == late {
		return q, late
	}
	return q, err
}

// accept parses, checks and settles a deck. It returns the warnings of parser and check, or fails with the faults of
// both.
func (s *server) accept(c context.Context, b submission, how intake) (lectern.Submission, error) {
	b.deck.Password = b.password
	q, err := s.parse(c, b.deck, []byte(b.settings))
	if err != nil {
		return lectern.Submission{}, err
	}
	if how.change != nil {
		how.change(&q.Deck)
	}
	callback, param := q.CallbackURL, q.CallbackAt
	if b.callback != "" {
		callback, param = b.callback, "callback_url"
	}
	if err := s.callback(callback, param); err != nil {
		return lectern.Submission{}, err
	}
	if q, err = s.edition(q, b, how.literal); err == nil {
		q, err = s.withFiles(c, q, b)
	}
	if err == nil {
		q, err = s.withAssets(c, q)
	}
	if err != nil {
		return lectern.Submission{}, err
	}
	d, more, err := how.check.Check(c, q.Deck)
	if err = q.Judge(err); err != nil {
		return lectern.Submission{}, err
	}
	return lectern.Submission{Deck: d, Warnings: append(q.Warnings, more...), Report: q.Report,
		Password: b.password, CallbackURL: callback}, nil
}

// callback refuses a callback address that messages may not be sent to.
func (s *server) callback(address, param string) error {
	if address == "" {
		return nil
	}
	var err error
	switch scheme, _, _ := strings.Cut(strings.ToLower(address), "://"); {
	case len(address) > maxCallback:
		err = lectern.Fail(codeRequest, "The callback address has %d bytes; the limit is %d.", len(address), maxCallback)
	case scheme != "http" && scheme != "https":
		err = lectern.Fail(codeRequest, "A callback address must begin with https:// or http://; %.60q does not.", address)
	case s.Callbacks == nil:
		err = lectern.Fail(codeRequest, "This server sends no webhooks; leave the callback address out.")
	default:
		if err = s.Callbacks.Allowed(address); err == nil {
			return nil
		}
	}
	f := *asFailure(err)
	f.Param = param
	return &f
}

// create creates a presentation from a request's body, or returns the one that the same request created before (J13). A
// server that is about to stop refuses: before it reads the body, and again afterwards. create writes what is left of
// the key's quota into h, the header of the answer.
func (s *server) create(h http.Header, r *http.Request, how intake) (p lectern.Presentation, replayed bool, err error) {
	if err := s.acceptsWork(); err != nil {
		return p, false, err
	}
	key, err := idempotencyKey(r)
	if err != nil {
		return p, false, err
	}
	body, err := s.readSubmission(r)
	defer body.close()
	if err == nil {
		err = s.acceptsWork()
	}
	if err != nil {
		return p, false, err
	}
	fingerprint := ""
	if key != "" {
		fingerprint = body.fingerprint(r)
		if p, replayed, err = s.mine(r).Reserve(r.Context(), key, fingerprint); err != nil || replayed {
			if err == nil {
				err = s.account(h, r, lectern.Deck{}, nil)
			}
			return p, replayed, err
		}
		defer func() {
			if err != nil || p.ID == "" { // no id and no error: a panic
				s.release(r, key)
			}
		}()
	}
	sub, err := s.accept(r.Context(), body, how)
	if err != nil {
		return p, false, err
	}
	sub.Key, sub.Fingerprint, sub.TraceParent = key, fingerprint, s.TraceParent(r.Context())
	p, err = s.mine(r).Submit(r.Context(), sub)
	return p, false, s.account(h, r, sub.Deck, err)
}

// acceptsWork fails while the server stops. This process could not begin new work any more; another server, or this one
// after its restart, begins it sooner if the client asks again.
func (s *server) acceptsWork() error {
	if !s.draining() {
		return nil
	}
	f := lectern.Fail(lectern.CodeOverloaded, "This server is stopping and takes no new presentations. Try again in a "+
		"moment.")
	f.Retryable = true
	return f
}

// release frees the idempotency key of a request that failed, even if its client has gone. A key that cannot be freed
// expires by itself.
func (s *server) release(r *http.Request, key string) {
	if err := s.mine(r).ReleaseKey(context.WithoutCancel(r.Context()), key); err != nil {
		s.Log.LogAttrs(r.Context(), slog.LevelWarn, "an idempotency key could not be freed and stays until it "+
			"expires", attrs(r, asFailure(err))...)
	}
}
