package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lectern"
)

// The headers of Standard Webhooks.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

const (
	secretPrefix = "whsec_"
	// Tolerance is the largest difference between a message's time and the receiver's clock.
	Tolerance = 5 * time.Minute
	// Overlap is how long a replaced secret still signs.
	Overlap = 24 * time.Hour
)

// CodeInvalid is the code of an invalid request to this package.
const CodeInvalid = lectern.CodeInvalidRequest

// NewSecret makes a secret of 32 random bytes.
func NewSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: the process would end
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// key decodes a secret. The failure does not repeat the secret.
func key(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	b, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(b) < 24 || len(b) > 64 {
		f := lectern.Fail(CodeInvalid, "A webhook secret must be whsec_ followed by 24 to 64 bytes in Base64, such as "+
			"whsec_ followed by the output of `openssl rand -base64 32`.")
		f.Param = "secret"
		return nil, f
	}
	return b, nil
}

// until separates a replaced secret from its end. Base64 has no semicolons.
const until = ";until="

// retiring returns secret with its end appended.
func retiring(secret string, end time.Time) string {
	return secret + until + end.UTC().Format(time.RFC3339)
}

// active returns the secrets that sign at now, without their ends.
func active(secrets []string, now time.Time) []string {
	var out []string
	for _, s := range secrets {
		bare, end, limited := strings.Cut(s, until)
		if limited {
			if t, err := time.Parse(time.RFC3339, end); err != nil || !now.Before(t) {
				continue
			}
		}
		out = append(out, bare)
	}
	return out
}

// rotate puts a new secret first. The one that it replaces signs for a day more; those that were replaced before keep
// their ends.
func rotate(secrets []string, fresh string, now time.Time) []string {
	out := []string{fresh}
	for _, s := range secrets {
		bare, _, limited := strings.Cut(s, until)
		switch {
		case !limited:
			out = append(out, retiring(bare, now.Add(Overlap)))
		case len(active([]string{s}, now)) == 1:
			out = append(out, s)
		}
	}
	return out
}

// signature returns the signature of a message with one secret: "v1,…".
func signature(secret, id string, at time.Time, body []byte) (string, error) {
	k, err := key(secret)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, k)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// Sign sets the three headers, with a signature for each secret.
func Sign(h http.Header, secrets []string, id string, at time.Time, body []byte) error {
	var all []string
	for _, s := range secrets {
		one, err := signature(s, id, at, body)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return lectern.Fail(lectern.CodeInternal, "There is no secret to sign the message with.")
	}
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(HeaderSignature, strings.Join(all, " "))
	return nil
}

// Verify checks, as a receiver does, that the message was signed with the secret, and recently. The error is a sentence
// about the fault.
func Verify(h http.Header, secret string, now time.Time, body []byte) error {
	id, stamp, given := h.Get(HeaderID), h.Get(HeaderTimestamp), h.Get(HeaderSignature)
	if id == "" || stamp == "" || given == "" {
		return fmt.Errorf("it is not signed: one of the headers %s, %s and %s is missing", strings.ToLower(HeaderID),
			strings.ToLower(HeaderTimestamp), strings.ToLower(HeaderSignature))
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("its timestamp %.40q is not a number", stamp)
	}
	at := time.Unix(seconds, 0)
	if age := now.Sub(at); age > Tolerance || age < -Tolerance {
		return fmt.Errorf("its timestamp differs from this clock by %s; %s are allowed",
			age.Abs().Round(time.Second), Tolerance)
	}
	want, err := signature(secret, id, at, body)
	if err != nil {
		return err
	}
	for _, s := range strings.Fields(given) {
		if hmac.Equal([]byte(s), []byte(want)) {
			return nil
		}
	}
	return fmt.Errorf("its signature does not match this secret")
}
