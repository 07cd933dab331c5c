package lectern

import (
	"errors"
	"fmt"
	"strings"
)

// Code names a kind of failure. Codes are stable: programs may compare them.
type Code string

// The codes. The comment says who is to blame.
const (
	CodeInvalidJSON   Code = "invalid_json"   // caller
	CodeInvalidDeck   Code = "invalid_deck"   // caller: a field is missing, of the wrong type or out of range
	CodeUnknownAvatar Code = "unknown_avatar" // caller
	CodeUnknownVoice  Code = "unknown_voice"  // caller
	CodeUnknownTheme  Code = "unknown_theme"  // caller
	CodeUnknownLayout Code = "unknown_layout" // caller
	CodeTooLarge      Code = "too_large"      // caller
	CodeNotFound      Code = "not_found"      // caller
	CodeNotReady      Code = "not_ready"      // caller: the presentation has no such artifact yet
	CodeConflict      Code = "state_conflict" // caller: the state does not allow this
	// caller: the first request with this Idempotency-Key is not answered yet
	CodeKeyInUse     Code = "idempotency_in_flight"
	CodeKeyMismatch  Code = "idempotency_mismatch" // caller: this Idempotency-Key belongs to another request
	CodeAssetRefused Code = "asset_refused"        // caller: a forbidden address, or a file that cannot be used
	CodeAssetFailed  Code = "asset_unavailable"    // caller or network: a picture could not be loaded
	CodeStale        Code = "stale_attempt"        // nobody: a run that lost its lease tried to write (J7)
	CodeMissingTool  Code = "missing_tool"         // operator: ffmpeg, Chromium or a voice is not installed
	CodeDiskFull     Code = "disk_full"            // operator
	CodeOverloaded   Code = "overloaded"           // operator: too many requests at once
	// operator: another process has what this one needs, such as the data folder
	CodeInUse         Code = "in_use"
	CodeDamaged       Code = "damaged"        // operator: the database or a file of the data folder is damaged
	CodeVoiceFailed   Code = "voice_failed"   // engine
	CodeAvatarFailed  Code = "avatar_failed"  // engine
	CodeCaptureFailed Code = "capture_failed" // Lectern: the browser could not make a slide's picture
	CodeEncodeFailed  Code = "encode_failed"  // Lectern: ffmpeg failed
	CodeTimeout       Code = "timeout"        // Lectern: a step made no progress for too long
	CodeInternal      Code = "internal"       // Lectern: a panic or a broken invariant
	CodeCanceled      Code = "canceled"       // the user asked for it
	CodeUnauthorized  Code = "unauthorized"   // caller: the request has no key, or a wrong one
	CodeForbidden     Code = "forbidden"      // caller: the key may not do this
	CodeRateLimited   Code = "rate_limited"   // caller: a limit of the key, the address or the server is reached

	CodeInvalidRequest Code = "invalid_request" // caller: a parameter, a header or a field of the request is invalid

	CodeCallbackRefused Code = "callback_refused" // caller: an address that webhooks may not be sent to
	CodeUnknownTemplate Code = "unknown_template" // caller
	CodeInvalidYAML     Code = "invalid_yaml"     // caller

	CodeUnknownLanguage   Code = "unknown_language"       // caller: the deck does not have the requested language
	CodeUntranslated      Code = "untranslated"           // caller: a narration has no translation
	CodeUndefinedVariable Code = "undefined_variable"     // caller: a text names a variable without a value
	CodeUnknownAsset      Code = "unknown_asset"          // caller: the deck names an asset that its owner does not have
	CodeUnsupported       Code = "unsupported_media_type" // caller: a file or a body of a type that is not accepted
)

// IsFault reports whether a code blames the deck: a deck with such a failure is always refused, however often it is
// sent.
func (c Code) IsFault() bool {
	switch c {
	case CodeInvalidJSON, CodeInvalidYAML, CodeInvalidDeck, CodeUnknownAvatar, CodeUnknownVoice, CodeUnknownTheme,
		CodeUnknownLayout, CodeTooLarge,
		CodeUnknownTemplate, CodeAssetRefused, CodeUnknownLanguage, CodeUntranslated, CodeUndefinedVariable,
		CodeUnknownAsset:
		return true
	}
	return false
}

// Failure is an error for people: what happened, where, and what to do (J11). It is kept with the presentation.
type Failure struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`         // for the user, in whole sentences
	Param   string `json:"param,omitempty"` // the field to blame, such as "slides[3].props.title"
	Slide   int    `json:"slide,omitempty"` // counted from 1; 0: not a slide's fault
	// of the field in the file that it came from, counted from 1; 0: not known
	Line      int       `json:"line,omitempty"`
	Column    int       `json:"column,omitempty"` // in characters, counted from 1
	Retryable bool      `json:"retryable"`        // whether the same request may succeed later
	Detail    string    `json:"detail,omitempty"` // the cause: the tail of a child's stderr, a provider's response
	Causes    []Failure `json:"causes,omitempty"` // later failures of the same run, and further faults of the same input
	Err       error     `json:"-"`                // the Go error underneath, for errors.Is; not stored
}

// Error implements error: the sentence, preceded by the slide where there is one.
func (f *Failure) Error() string {
	var b strings.Builder
	if f.Slide > 0 {
		fmt.Fprintf(&b, "slide %d: ", f.Slide)
	}
	b.WriteString(f.Message)
	return b.String()
}

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Is makes errors.Is(err, &Failure{Code: c}) true for every failure with that code.
func (f *Failure) Is(target error) bool {
	t, ok := target.(*Failure)
	return ok && t.Code == f.Code && t.Message == ""
}

// Fail builds a Failure with a formatted message.
func Fail(code Code, format string, args ...any) *Failure {
	return &Failure{Code: code, Message: fmt.Sprintf(format, args...)}
}

// At returns f with its slide, counted from 1, unless it has one already.
func (f *Failure) At(slide int) *Failure {
	c := *f
	if c.Slide == 0 {
		c.Slide = slide
	}
	return &c
}

// On returns f with its field, unless it has one already.
func (f *Failure) On(param string) *Failure {
	c := *f
	if c.Param == "" {
		c.Param = param
	}
	return &c
}

// Because returns f with err as its cause. If f has no detail, err's text becomes its detail.
func (f *Failure) Because(err error) *Failure {
	c := *f
	c.Err = err
	if c.Detail == "" && err != nil {
		c.Detail = err.Error()
	}
	return &c
}

// AsFailure returns the Failure in err, or wraps err in one with CodeInternal. It returns nil for nil.
func AsFailure(err error) *Failure {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return Fail(CodeInternal, "Something inside Lectern went wrong.").Because(err)
}

// MaxFaults is how many faults [Join] lists. A longer list helps nobody.
const MaxFaults = 100

// Join makes one failure of several faults of the same input: the first one, with the others as its causes. It returns
// nil if there are none. Of more than [MaxFaults] faults, the last cause says how many are not listed.
func Join(faults []Failure) error {
	if len(faults) == 0 {
		return nil
	}
	f := faults[0]
	f.Causes = append([]Failure(nil), f.Causes...)
	f.Causes = append(f.Causes, faults[1:min(len(faults), MaxFaults)]...)
	if more := len(faults) - MaxFaults; more > 0 {
		f.Causes = append(f.Causes, *Fail(f.Code, "There are %d more faults.", more))
	}
	return &f
}

// Faults returns f without its causes, followed by its causes.
func (f *Failure) Faults() []Failure {
	first := *f
	first.Causes = nil
	return append([]Failure{first}, f.Causes...)
}
