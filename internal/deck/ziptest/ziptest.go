// Package ziptest writes ZIP files for tests that read decks from them.
package ziptest

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
)

// Packed is a ZIP file with these members, each given as its name and its content. They are compressed.
func Packed(t testing.TB, members ...string) []byte { return write(t, zip.Deflate, members) }

// Stored is [Packed] without compression, so that the bytes of the members are found in the file.
func Stored(t testing.TB, members ...string) []byte { return write(t, zip.Store, members) }

func write(t testing.TB, method uint16, members []string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		m, err := w.CreateHeader(&zip.FileHeader{Name: members[i], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(m, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
