package cldr

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"lectern/internal/spoken/rbnf"
)

// The tables are those that INPUTS describes, without changes by hand.
func TestTablesAreWhatTheToolWrote(t *testing.T) {
	t.Parallel()
	inputs, err := os.ReadFile("INPUTS")
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(tables), int64(len(tables)))
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %d\n%s\n", f.Name, len(plain), plain)
	}
	if want := "tables sha256:" + hex.EncodeToString(h.Sum(nil)); !strings.Contains(string(inputs), want+"\n") {
		t.Errorf("INPUTS does not have %q: write the tables again with tools/cldr", want)
	}
	if len(tables) > 600_000 {
		t.Errorf("the tables have %d bytes, want at most 600000", len(tables))
	}
}

// The rules of every language can be read, and spell every kind of number for which they have words.
func TestEveryLanguageSpells(t *testing.T) {
	t.Parallel()
	seen := 0
	for name := range archive() {
		tag, ok := strings.CutPrefix(strings.TrimSuffix(name, ".json"), "rules/")
		if !ok {
			continue
		}
		l := Find(tag)
		if l.Rules == nil {
			t.Errorf("%s has no rules", tag)
			continue
		}
		names := l.Rules.Names()
		slices.Sort(names)
		for _, set := range names {
			for _, n := range []uint64{0, 1, 2, 5, 11, 21, 99, 100, 101, 200, 999, 1000, 1999, 2024,
				1_000_000, 7_654_321} {
				s, err := l.Rules.Spell(set, rbnf.Number{Integer: n})
				if err == nil && (s == "" || strings.ContainsAny(s, "0123456789←→=$[]{}")) {
					t.Errorf("%s %s: %d is %q", tag, set, n, s)
				}
				if err != nil && strings.HasPrefix(set, "%spellout-cardinal") && n < 1000 {
					t.Errorf("%s %s: %v", tag, set, err)
				}
				seen++
			}
		}
	}
	if seen < 5000 {
		t.Errorf("only %d numbers were spelled", seen)
	}
}
