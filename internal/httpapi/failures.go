package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"lectern"
)

// Codes of failures that only the HTTP interface has.
const (
	codeRequest = lectern.CodeInvalidRequest

	codeMethod lectern.Code = "method_not_allowed"
	codeOrigin lectern.Code = "origin_refused"
	codeHost   lectern.Code = "host_refused"
	codeProxy  lectern.Code = "proxy_refused"
	codeMedia               = lectern.CodeUnsupported
	codeAccept lectern.Code = "not_acceptable"
	codeRange  lectern.Code = "range_not_satisfiable"

	codeLength       lectern.Code = "length_required"
	codeParameter    lectern.Code = "unknown_parameter"
	codePrecondition lectern.Code = "precondition_failed"
)

// statuses has the HTTP status of every code.
var statuses = map[lectern.Code]int{
	lectern.CodeInvalidJSON:   http.StatusBadRequest,
	lectern.CodeInvalidDeck:   http.StatusUnprocessableEntity,
	lectern.CodeUnknownAvatar: http.StatusUnprocessableEntity,
	lectern.CodeUnknownVoice:  http.StatusUnprocessableEntity,
	lectern.CodeUnknownTheme:  http.StatusUnprocessableEntity,
	lectern.CodeUnknownLayout: http.StatusUnprocessableEntity,
	lectern.CodeTooLarge:      http.StatusRequestEntityTooLarge,
	lectern.CodeNotFound:      http.StatusNotFound,
	lectern.CodeNotReady:      http.StatusConflict,
	lectern.CodeConflict:      http.StatusConflict,
	lectern.CodeKeyInUse:      http.StatusConflict,
	lectern.CodeKeyMismatch:   http.StatusUnprocessableEntity,
	lectern.CodeAssetRefused:  http.StatusUnprocessableEntity,
	lectern.CodeAssetFailed:   http.StatusUnprocessableEntity,
	lectern.CodeStale:         http.StatusConflict,
	lectern.CodeMissingTool:   http.StatusServiceUnavailable,
	lectern.CodeDiskFull:      http.StatusInsufficientStorage,
	lectern.CodeOverloaded:    http.StatusServiceUnavailable,
	lectern.CodeVoiceFailed:   http.StatusBadGateway,
	lectern.CodeAvatarFailed:  http.StatusBadGateway,
	lectern.CodeCaptureFailed: http.StatusInternalServerError,
	lectern.CodeEncodeFailed:  http.StatusInternalServerError,
	lectern.CodeTimeout:       http.StatusGatewayTimeout,
	lectern.CodeInternal:      http.StatusInternalServerError,
	lectern.CodeCanceled:      http.StatusConflict,
	lectern.CodeInUse:         http.StatusServiceUnavailable,
	lectern.CodeDamaged:       http.StatusInternalServerError,
	lectern.CodeUnauthorized:  http.StatusUnauthorized,
	lectern.CodeForbidden:     http.StatusForbidden,
	lectern.CodeRateLimited:   http.StatusTooManyRequests,
	codeMethod:                http.StatusMethodNotAllowed,
	codeOrigin:                http.StatusForbidden,
	codeHost:                  http.StatusMisdirectedRequest,
	codeProxy:                 http.StatusForbidden,
	codeRequest:               http.StatusUnprocessableEntity,
	codeMedia:                 http.StatusUnsupportedMediaType,
	codeAccept:                http.StatusNotAcceptable,
	codeRange:                 http.StatusRequestedRangeNotSatisfiable,
	codeParameter:             http.StatusBadRequest,
	codeLength:                http.StatusLengthRequired,
	codePrecondition:          http.StatusPreconditionFailed,

	lectern.CodeCallbackRefused: http.StatusUnprocessableEntity,
	lectern.CodeUnknownTemplate: http.StatusUnprocessableEntity,
	lectern.CodeInvalidYAML:     http.StatusBadRequest,

	lectern.CodeUnknownLanguage:   http.StatusUnprocessableEntity,
	lectern.CodeUntranslated:      http.StatusUnprocessableEntity,
	lectern.CodeUndefinedVariable: http.StatusUnprocessableEntity,
	lectern.CodeUnknownAsset:      http.StatusUnprocessableEntity,
}

// customStatuses has the codes that /api/custom answers with another status than /v1.
var customStatuses = map[lectern.Code]int{codeRequest: http.StatusBadRequest}

// statusOf returns the HTTP status of a code; 500 if the code is not listed. Clients of /api/custom are free to ignore
// the status: the success flag is in the body.
func statusOf(code lectern.Code, custom bool) int {
	status, ok := statuses[code]
	if other, differs := customStatuses[code]; custom && differs {
		status, ok = other, true
	}
	if !ok {
		return http.StatusInternalServerError
	}
	return status
}

// Problem is a failure in /v1, as in RFC 9457.
type Problem struct {
	Type      string  `json:"type" doc:"Always about:blank; code says which kind of problem it is."`
	Title     string  `json:"title" doc:"The status in words."`
	Status    int     `json:"status" doc:"The HTTP status."`
	Detail    string  `json:"detail" doc:"What happened and what to do, in a sentence."`
	Code      string  `json:"code" doc:"Stable; programs may compare it." example:"invalid_deck"`
	Param     string  `json:"param,omitempty" doc:"The field at fault." example:"slides[3].props.title"`
	Slide     int     `json:"slide,omitempty" doc:"The slide at fault, counted from 1."`
	Retryable bool    `json:"retryable" doc:"Whether the same request may succeed later."`
	Cause     string  `json:"cause,omitempty" doc:"The technical cause."`
	RequestID string  `json:"request_id" doc:"Also in the header X-Request-Id and in the server's log."`
	Errors    []Fault `json:"errors,omitempty" doc:"Every fault of the input, the first one included."`
}

// Fault is one of several faults of a request.
type Fault struct {
	Code    string `json:"code" doc:"Stable; programs may compare it." example:"invalid_deck"`
	Message string `json:"message" doc:"What is wrong, in a sentence."`
	Param   string `json:"param,omitempty" doc:"The field at fault." example:"slides[3].props.title"`
	Slide   int    `json:"slide,omitempty" doc:"The slide at fault, counted from 1."`
	Line    int    `json:"line,omitempty" doc:"The line of the field in the deck, counted from 1."`
	Column  int    `json:"column,omitempty" doc:"The column of the field, in characters, counted from 1."`
}

// customFailure is a failure in /api/custom.
type customFailure struct {
	Success   bool    `json:"success"`
	Error     string  `json:"error"`
	Code      string  `json:"code"`
	Param     string  `json:"param,omitempty"`
	Slide     int     `json:"slide,omitempty"`
	Errors    []Fault `json:"errors"`
	RequestID string  `json:"requestId"`
}

func faults(f *lectern.Failure) []Fault {
	list := make([]Fault, 0, 1+len(f.Causes))
	list = append(list, Fault{string(f.Code), f.Message, f.Param, f.Slide, f.Line, f.Column})
	for _, c := range f.Causes {
		list = append(list, Fault{string(c.Code), c.Message, c.Param, c.Slide, c.Line, c.Column})
	}
	return list
}

func newProblem(f *lectern.Failure, status int, requestID string) *Problem {
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: f.Error(), Code: string(f.Code),
		Param: f.Param, Slide: f.Slide, Retryable: f.Retryable, RequestID: requestID,
	}
	if status < http.StatusInternalServerError || f.Code == lectern.CodeMissingTool {
		p.Cause = f.Detail // details of the server's own errors stay in the log
	}
	if status < http.StatusInternalServerError && (f.Param != "" || len(f.Causes) > 0) {
		p.Errors = faults(f)
	}
	return p
}

// refuse answers a failed request in the format of its interface, and logs the failure if the fault is the server's.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, r.Context().Err()) {
		return // the client has gone; nobody reads an answer
	}
	f := asFailure(err)
	old := strings.HasPrefix(r.URL.Path, custom)
	status := statusOf(f.Code, old)
	id := requestID(r.Context())
	if status >= http.StatusInternalServerError && f.Code != lectern.CodeMissingTool && f.Code != lectern.CodeOverloaded {
		s.Log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("request_id", id),
			slog.String("method", r.Method),
			slog.String("path", r.URL.Path), slog.String("code", string(f.Code)), slog.String("reason", f.Error()),
			slog.String("detail", f.Detail))
	}
	h := w.Header()
	for _, name := range []string{"ETag", "Last-Modified", "Content-Disposition", "Content-Length", "Cache-Control"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if f.Code == lectern.CodeOverloaded || f.Code == lectern.CodeMissingTool {
		h.Set("Retry-After", "5")
	}
	if f.Code == lectern.CodeKeyInUse {
		h.Set("Retry-After", "1")
	}
	if f.Code == lectern.CodeRateLimited {
		h.Set("Retry-After", strconv.Itoa(seconds(retrySoon)))
	}
	if l, ok := errors.AsType[*later](err); ok {
		h.Set("Retry-After", strconv.Itoa(seconds(l.after)))
	}
	challenge(h, r, f)
	if old {
		writeJSON(w, r, status, customFailure{Error: f.Error(), Code: string(f.Code), Param: f.Param, Slide: f.Slide,
			Errors: faults(f), RequestID: id})
		return
	}
	h.Set("Content-Type", "application/problem+json")
	writeJSON(w, r, status, newProblem(f, status, id))
}

// blame is a failure that names the field, the parameter or the header at fault.
func blame(param string, code lectern.Code, format string, args ...any) *lectern.Failure {
	f := lectern.Fail(code, format, args...)
	f.Param = strings.ToValidUTF8(param[:min(len(param), 60)], "")
	return f
}

// asFailure returns the failure in err. It turns errors of net/http and of contexts into failures.
func asFailure(err error) *lectern.Failure {
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return lectern.Fail(lectern.CodeTooLarge, "The request's body is larger than %s, which is the limit of this server "+
			"(limits.body).", size(big.Limit))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		f := lectern.Fail(lectern.CodeTimeout, "The request took too long and was stopped. Try again.").Because(err)
		f.Retryable = true
		return f
	}
	return lectern.AsFailure(err)
}

// size formats a number of bytes in the largest unit, up to MiB, that divides it.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// writeJSON answers with v. A Content-Type that is already set stays.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // all types that this package writes can be marshalled
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(b, '\n')) // the client may have gone
	}
}
