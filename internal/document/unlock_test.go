package document_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
)

// A protected PDF file has a key only for who knows its password, and is written without it. The key is the same with
// every password. After an import the file can be used without one as long as it is written already.
func TestAProtectedFileNeedsItsPassword(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t)
	w.files["p"], w.files["q"] = "%PDF-/Encrypt secret\npage\npage", "%PDF-\npage"
	for u, want := range map[lectern.Unlock]string{
		{Password: "secret"}: "document-p", {Password: "Secret"}: "needs a password", {}: "needs a password",
		{Erased: true}: "Send the deck again with its password", {Opened: true}: "document-p",
	} {
		key, err := s.Key(t.Context(), "p", u, false)
		if got := key; err == nil && got != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("the key with %+v is %q, %v", u.Opened, key, err)
		}
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "out.pdf")
	if err := s.PDF(t.Context(), "p", lectern.Unlock{Password: "secret"}, 2, false, out); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != "%PDF-\npage\npage" {
		t.Errorf("the file is %q, %v", b, err)
	}
	err := s.PDF(t.Context(), "p", lectern.Unlock{Opened: true}, 2, false, filepath.Join(dir, "again.pdf"))
	if err == nil || !strings.Contains(err.Error(), "Send the deck again") {
		t.Errorf("without its password: %v", err)
	}
	plain := filepath.Join(dir, "plain.pdf")
	if err := s.PDF(t.Context(), "q", lectern.Unlock{Password: "none is needed"}, 1, false, plain); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(plain); err != nil || string(b) != w.files["q"] {
		t.Errorf("a file without a password becomes %q, %v", b, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if open, _ := w.count(); open != 0 {
		t.Errorf("%d files are open", open)
	}
}

// A file that says that it is encrypted is found wherever it says so.
func TestEncryptedFilesAreFoundInAnyBlock(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t)
	for _, at := range []int{0, 65_536 - 6 - 4, 65_536 - 6, 3 * 65_536} {
		w.files["p"] = "%PDF-\n" + strings.Repeat("x", at) + "/Encrypt"
		before := func() int { _, n := w.count(); return n }()
		if _, err := s.Key(t.Context(), "p", lectern.Unlock{}, false); err != nil {
			t.Fatal(err)
		}
		if _, after := w.count(); after != before+1 {
			t.Errorf("at %d: the file was not tried", at)
		}
	}
}
