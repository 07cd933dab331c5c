package lectern_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lectern"
)

// A bounded report is valid, small, a beginning of the whole, and the same when it is bounded again.
func TestReportsAreBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Map(rapid.SampledFrom([]string{"", "a", "漢字 ", "e\u0301", strings.Repeat("🎈 ", 40)}),
			func(s string) string { return strings.Repeat(s, 30) })
		texts := rapid.SliceOfN(text, 0, 70)
		r := lectern.SlideReport{Slide: 1, Title: text.Draw(t, "title"), Unsaid: texts.Draw(t, "unsaid"),
			AltTexts: texts.Draw(t, "alt")}
		for _, m := range texts.Draw(t, "remarks") {
			r.Notes = append(r.Notes, lectern.Remark{Code: "c", Message: m})
		}
		b := r.Bounded()
		if len(b.Unsaid) > 50 || len(b.AltTexts) > 50 || len(b.Notes) > 50 || b.Slide != 1 {
			t.Fatalf("%d %d %d", len(b.Unsaid), len(b.AltTexts), len(b.Notes))
		}
		kept := append([]string{b.Title}, append(b.Unsaid, b.AltTexts...)...)
		whole := append([]string{r.Title}, append(r.Unsaid[:len(b.Unsaid)], r.AltTexts[:len(b.AltTexts)]...)...)
		for i, n := range b.Notes {
			kept, whole = append(kept, n.Message), append(whole, r.Notes[i].Message)
		}
		for i, k := range kept {
			if utf8.RuneCountInString(k) > 500 || !utf8.ValidString(k) ||
				k != whole[i] && !strings.HasPrefix(whole[i], strings.TrimSuffix(k, "…")) {
				t.Fatalf("%q of %q", k, whole[i])
			}
		}
		again := b.Bounded()
		if len(again.Unsaid) != len(b.Unsaid) || again.Title != b.Title {
			t.Fatalf("%+v", again)
		}
	})
}
