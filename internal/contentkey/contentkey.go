// Package contentkey makes the keys under which the outputs of steps are cached. A key is the hash of all that the
// output depends on, so that equal keys mean equal bytes.
package contentkey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"lectern"
)

// codeVersion stands in every key for the code that makes the outputs. Raise it whenever the same inputs give other
// bytes.
const codeVersion = "lectern-render-11"

// Of is the key of a step's output. Parts are hashed as JSON, so that no two lists of parts look alike. It panics for
// a part that JSON cannot write.
func Of(kind lectern.StepKind, parts ...any) string {
	h := sha256.New()
	e := json.NewEncoder(h)
	for _, part := range append([]any{codeVersion, string(kind)}, parts...) {
		if err := e.Encode(part); err != nil {
			panic(fmt.Sprintf("a part of a content key cannot be written: %v", err))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Digest is the SHA-256 of b in hexadecimal digits.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
