package httpapi

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"lectern"
)

// Bounds of an upload's parts; guard bounds the whole.
const (
	maxParts    = 10
	maxSettings = 1 << 20
	maxTag      = 100  // bytes of a language
	maxSlides   = 1000 // bytes of a selection of slides
)

// readUpload reads a form: the file "deck", the fields "settings", "language", "slides", "variables", "password",
// "callback_url" and "files", and any number of parts "file", which become assets as they come. Of the filename of the
// deck, only the extension matters.
func (s *server) readUpload(r *http.Request, boundary string) (submission, error) {
	b := submission{kind: "multipart/form-data"}
	if boundary == "" {
		return b, blame("Content-Type", codeMedia, "The Content-Type multipart/form-data lacks its boundary.")
	}
	form := multipart.NewReader(r.Body, boundary)
	seen := map[string]bool{}
	for n := 1; ; n++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b, arrival(err)
		}
		if n > maxParts+lectern.MaxDeckAssets {
			return b, lectern.Fail(lectern.CodeTooLarge, "The form has more than %d parts.", maxParts+lectern.MaxDeckAssets)
		}
		name := part.FormName()
		if name == "file" && s.Assets != nil {
			if err := s.keepFile(r, &b, part); err != nil {
				return b, err
			}
			continue
		}
		if seen[name] {
			return b, formFault(name, "The form has more than one %.60q.", name)
		}
		seen[name] = true
		if err := s.take(r, &b, part, name); err != nil {
			return b, err
		}
	}
	if !seen["deck"] {
		return b, formFault("deck", "The form has no file \"deck\"; it takes a deck as %s.", s.takenDecks())
	}
	// What follows the last boundary is ignored. It is read only so that the connection can be used again.
	_, err := io.Copy(io.Discard, r.Body)
	return b, arrival(err)
}

// take reads one part of a form.
func (s *server) take(r *http.Request, b *submission, part *multipart.Part, name string) (err error) {
	switch name {
	case "deck":
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		in := bufio.NewReader(part)
		if magic, err := in.Peek(4); s.Assets != nil && err == nil && begins(magic) {
			return s.readFile(r, b, path.Base(part.FileName()), in, -1)
		}
		text, err := readText(io.LimitReader(in, s.Limits.BodyBytes+1), min(r.ContentLength, s.Limits.BodyBytes))
		if err == nil && int64(len(text)) > s.Limits.BodyBytes {
			err = &http.MaxBytesError{Limit: s.Limits.BodyBytes}
		}
		if err != nil {
			return arrival(err)
		}
		b.deck = s.source(path.Base(part.FileName()), kind, text)
		return s.takenDeck(kind, text)
	case "settings":
		b.settings, err = field(part, name, maxSettings)
	case "callback_url":
		b.callback, err = field(part, name, maxCallback)
	case "language":
		b.language, err = field(part, name, maxTag)
	case "slides":
		b.slides, err = field(part, name, maxSlides)
	case "variables":
		b.variables, err = field(part, name, maxSettings)
	case "password":
		b.password, err = password(part)
	case "files":
		return s.namedFiles(b, part)
	default:
		return formFault(name, "The form's part %.60q is not known; it may have \"deck\", \"file\", \"files\", "+
			"\"settings\", \"language\", \"slides\", \"variables\", \"password\" and \"callback_url\".", name)
	}
	return err
}

// keepFile stores a file of the form as an asset. Its filename is the path by which the deck names it.
func (s *server) keepFile(r *http.Request, b *submission, part *multipart.Part) error {
	if err := may(visitOf(r.Context()), lectern.ScopeWrite); err != nil { // a dry run may come with a read key
		return err
	}
	_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition")) // part.FileName has no folders
	name := path.Clean(params["filename"])
	if !fs.ValidPath(name) || name == "." {
		return formFault("file", "The filename of a part \"file\" must be the path by which the deck names the file, "+
			"relative to the deck; %.100q is no such path.", params["filename"])
	}
	if _, there := b.files[name]; there {
		return formFault("file", "The form has two files with the name %.100q.", name)
	}
	a, _, err := s.Assets.Add(r.Context(), lectern.Upload{Owner: s.mine(r).owner(), Name: path.Base(name), Size: -1,
		Body: part})
	if err != nil {
		err = s.uploadFault(err)
		if f, ok := errors.AsType[*lectern.Failure](err); ok {
			c := *f.On("file")
			c.Message = fmt.Sprintf("The file %.100q: %s", name, c.Message)
			return &c
		}
		return err
	}
	b.file(name, a.SHA256)
	return nil
}

// namedFiles reads which existing assets replace files that the deck names: a JSON object of their addresses, by path.
func (s *server) namedFiles(b *submission, part *multipart.Part) error {
	text, err := field(part, "files", maxSettings)
	if err != nil {
		return err
	}
	var list map[string]string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return formFault("files", "The form's \"files\" must be a JSON object of addresses by path, such as "+
			"{\"fjord.png\":\"asset:…\"}.")
	}
	for name, address := range list {
		sha, _, ok := lectern.AssetAddress(address)
		if !ok {
			return formFault("files", "The file %.100q has the address %.100q, which is not the address of an "+
				"asset.", name, address)
		}
		b.file(path.Clean(name), sha)
	}
	return nil
}

// file records the asset of a file that the deck names.
func (b *submission) file(name, sha256 string) {
	if b.files == nil {
		b.files = map[string]string{}
	}
	b.files[name] = sha256
}

// field reads a part of limited size.
func field(part *multipart.Part, name string, limit int64) (string, error) {
	v, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err == nil && int64(len(v)) > limit {
		f := lectern.Fail(lectern.CodeTooLarge, "The form's %q is larger than %s.", name, size(limit))
		f.Param = name
		return "", f
	}
	return string(bytes.TrimSpace(v)), arrival(err)
}

// takenDeck refuses a file that is not a deck, by its media type or its first bytes.
func (s *server) takenDeck(kind, deck string) error {
	what := ""
	switch {
	case strings.HasPrefix(deck, "%PDF-"):
		what = "a PDF"
	case strings.HasPrefix(deck, "PK\x03\x04"):
		what = "a zip archive such as PPTX"
	case packed(deck) != "":
		what = packed(deck)
	case !s.mayBeDeck(kind):
		what = kind
	default:
		return nil
	}
	f := lectern.Fail(codeMedia, "The file \"deck\" is %s. This server accepts a deck as %s.", what, s.takenDecks())
	f.Param = "deck"
	return f
}

// password reads the password of the deck's file. Only the end of its line is not part of it.
func password(part *multipart.Part) (string, error) {
	v, err := io.ReadAll(io.LimitReader(part, lectern.MaxPassword+3))
	text := lectern.PasswordIn(string(v))
	if err == nil && len(text) > lectern.MaxPassword {
		return "", formFault("password", "The password is longer than %d bytes.", lectern.MaxPassword)
	}
	return text, arrival(err)
}

func formFault(param, format string, args ...any) *lectern.Failure {
	return blame(param, codeRequest, format, args...)
}

// readVariables reads the values of variables: an object of strings, or of numbers as they are written. "" is none.
func readVariables(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	var values map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err := d.Decode(&values)
	if err == nil && d.More() {
		err = errors.New("something follows the object")
	}
	if err != nil || values == nil {
		return nil, formFault("variables", "The form's \"variables\" must be a JSON object with a value for each name, "+
			"such as {\"customer\": \"Acme\"}.").Because(err)
	}
	out := make(map[string]string, len(values))
	for name, v := range values {
		switch v := v.(type) {
		case string:
			out[name] = v
		case json.Number:
			out[name] = v.String()
		default:
			return nil, formFault("variables."+lectern.Shorten(name), "The value of the variable %q must be a string or a "+
				"number.", lectern.Shorten(name))
		}
	}
	return out, nil
}
