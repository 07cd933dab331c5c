// Package seal encrypts the secrets in the database, so that a copy of the database does not reveal them. A sealed text
// is "sealed:", the id of its key, and a nonce with the AES-256-GCM ciphertext, in base64.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const prefix = "sealed:"

// MinKey is the least length of a key in bytes.
const MinKey = 16

// ErrWrongKey reports a text that was sealed with another key.
var ErrWrongKey = errors.New("the secrets in the database were sealed with another key")

// Sealer seals with one key. Its methods are safe for concurrent use.
type Sealer struct {
	id   string
	aead cipher.AEAD
}

// New makes a sealer from a key: any text of at least MinKey bytes, preferably random.
func New(key string) (*Sealer, error) {
	if len(key) < MinKey {
		return nil, fmt.Errorf("the key has %d bytes; it needs at least %d. `openssl rand -base64 32` makes one",
			len(key), MinKey)
	}
	derived, err := hkdf.Key(sha256.New, []byte(key), nil, "lectern secrets", 36)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived[:32])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{hex.EncodeToString(derived[32:]), aead}, nil
}

// Sealed reports whether text is a sealed one.
func Sealed(text string) bool { return strings.HasPrefix(text, prefix) }

// Seal encrypts text so that only the same key and the same where open it. where names the owner of the text, such as a
// row.
func (s *Sealer) Seal(text, where string) string {
	return prefix + s.id + ":" + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(text),
		[]byte(where)))
}

// Open decrypts a text that was sealed for the same where. It returns a text that is not sealed unchanged. ErrWrongKey
// means that another key sealed it.
func (s *Sealer) Open(text, where string) (string, error) {
	rest, sealed := strings.CutPrefix(text, prefix)
	if !sealed {
		return text, nil
	}
	id, body, _ := strings.Cut(rest, ":")
	if id != s.id {
		return "", ErrWrongKey
	}
	b, err := base64.RawStdEncoding.DecodeString(body)
	if err == nil {
		b, err = s.aead.Open(nil, nil, b, []byte(where))
	}
	if err != nil {
		return "", errors.New("a sealed secret in the database is damaged")
	}
	return string(b), nil
}

// KeyIn returns the key in a file. If the file is missing, it makes one that only its owner can read. Concurrent
// processes all get the same key.
func KeyIn(path string) (string, error) {
	for {
		b, err := os.ReadFile(path)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return strings.TrimSpace(string(b)), err
		}
		if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}

func makeKey(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return errors.Join(err, f.Close())
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path) // atomic, and never replaces an existing file
}
