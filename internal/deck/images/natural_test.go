package images

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNaturalOrder(t *testing.T) {
	t.Parallel()
	want := strings.Fields("01 1 2 a A2 a10 a10b a-1 Slide1 slide2 Slide3 Slide10 Slide100 z")
	got := slices.Clone(want)
	slices.Reverse(got)
	if slices.SortFunc(got, compare); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// compare is an order: of two different names one is first, and it is transitive.
func TestNaturalOrderIsAnOrder(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[aA\-0-2é]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		if compare(a, b) != -compare(b, a) || (compare(a, b) == 0) != (a == b) {
			t.Fatal("not antisymmetric")
		}
		if compare(a, b) <= 0 && compare(b, c) <= 0 && compare(a, c) > 0 {
			t.Fatal("not transitive")
		}
	})
}

// Markdown loses its marks, and keeps its words.
func TestPlainMarkdown(t *testing.T) {
	t.Parallel()
	for md, want := range map[string][2]string{
		"Just words.\r\n\r\nMore.":             {"", "Just words.\n\nMore."},
		"\n# Title #\n\n## Part\n> quoted\n":   {"Title", "Part\nquoted"},
		"1. one\n2) two\n* three\n  - four":    {"", "one\ntwo\nthree\nfour"},
		"a\n\n---\n\nb <!-- not\nsaid --> c":   {"", "a\n\n\n\nb  c"},
		"![A fjord](a.png) *is* [deep](https)": {"", "A fjord *is* [deep](https)"},
		"Not # a heading\n#neither":            {"", "Not # a heading\n#neither"},
	} {
		if title, said := plain(md); title != want[0] || said != want[1] {
			t.Errorf("%q: %q %q", md, title, said)
		}
	}
}

// FuzzText: no text panics, and what is said is valid UTF-8 without a byte order mark.
func FuzzText(f *testing.F) {
	for _, s := range []string{"# T\n\n- a", "\xff\xfea\x00", "\ufeffx", "<!-- -->", "![a](b)"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text, ok := decode(b)
		if !ok {
			return
		}
		title, said := plain(text)
		if len(title)+len(said) > 3*len(b)+3 || strings.ToValidUTF8(said, "") != said {
			t.Fatalf("%q %q", title, said)
		}
		titleOf(text)
	})
}
