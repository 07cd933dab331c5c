package pdf_test

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	deckpdf "lectern/internal/deck/pdf"
)

func TestFilesOfNotes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[int]string{
		"":                                       {},
		"One.\n":                                 {1: "One."},
		"One.\n\n---\n\n---\nThree,\nstill.\n":   {1: "One.", 3: "Three,\nstill."},
		"\ufeffOne.\r\n ---- \r\nTwo.":           {1: "One.", 2: "Two."},
		"One -- two --- three\n- - -":            {1: "One -- two --- three\n- - -"},
		"# My talk\n\n## Slide 2\nTwo.\n### 1\n": {2: "Two."},
		"# 3: Results\nA\n---\nB\n# 1 #\nC\n# Folie 3\nD": {3: "A\nB\n\nD", 1: "C"},
		"# 第2页\n二\n# ページ 3 – 海\n三":                        {2: "二", 3: "三"},
		"# 2 ways to sail\nA":                             {1: "# 2 ways to sail\nA"},
		"<!-- later\n---\n# 9\n-->\nOne.":                 {1: "One."},
		"One <!-- open":                                   {1: "One <!-- open"},
	} {
		got, err := deckpdf.Notes(text, 3)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{
		"\xff": "UTF-8", "a\n---\nb\n---\nc\n---\nd": "line 7 begins the notes of page 4", "# 0\nx": "line 1 names page 0",
		"x\n# 1\ny": "line 1 (x) belongs to no page", "# Slide 999999\n": "page 999999",
	} {
		if got, err := deckpdf.Notes(text, 3); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// Notes that are written in either form are read as they were.
func TestNotesAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching(`[a-zäß海.,?! ]{0,30}(\n{1,2}[a-z]+){0,3}`)
		all := rapid.SliceOfN(words, 1, 6).Draw(t, "notes")
		want := map[int]string{}
		var ordered, numbered strings.Builder
		for i, n := range all {
			if n = strings.TrimSpace(n); n != "" {
				want[i+1] = n
			}
			if i > 0 {
				ordered.WriteString("\n---\n")
			}
			ordered.WriteString(all[i])
		}
		for _, i := range rapid.Permutation(indexes(len(all))).Draw(t, "order") {
			numbered.WriteString(rapid.SampledFrom([]string{"# ", "## Slide ", "### Page ", "# Seite "}).Draw(t, "word"))
			numbered.WriteString(strings.Repeat("0", rapid.IntRange(0, 2).Draw(t, "zeros")))
			numbered.WriteString(string(rune('1'+i)) + "\n" + all[i] + "\n")
		}
		for _, text := range []string{ordered.String(), numbered.String()} {
			if got, err := deckpdf.Notes(text, len(all)); err != nil || !maps.Equal(got, want) {
				t.Fatalf("%q: %v, %v, not %v", text, got, err, want)
			}
		}
	})
}

func indexes(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func FuzzNotes(f *testing.F) {
	for _, seed := range []string{"", "a\n---\nb", "# 1\na\n# Slide 2: x\nb", "<!-- # 3 -->\n---", "# 第2页\n",
		"\ufeff\r\r\n"} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, text string, pages int) {
		notes, err := deckpdf.Notes(text, pages)
		if err != nil {
			if len(notes) > 0 || strings.HasSuffix(err.Error(), ".") {
				t.Errorf("%q: %v, %v", text, notes, err)
			}
			return
		}
		for page, n := range notes {
			if page < 1 || page > pages || strings.TrimSpace(n) != n || n == "" || len(n) > len(text) {
				t.Errorf("%q: page %d has %q", text, page, n)
			}
		}
	})
}
