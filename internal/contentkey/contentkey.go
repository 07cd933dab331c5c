// Package contentkey makes the keys under which the outputs of steps are cached. A key is the hash of everything that
// the output depends on, so equal keys mean equal bytes.
package contentkey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"lectern"
)

// codeVersion is part of every key. It stands for the code that makes the outputs: raise it whenever the same inputs
// give other bytes.
const codeVersion = "lectern-render-11"

// Of is the key of a step's output. Parts are hashed as JSON, so different lists of parts have different keys. It
// panics if a part cannot be written as JSON.
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
