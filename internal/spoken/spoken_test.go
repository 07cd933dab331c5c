package spoken

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// fault returns what is wrong with spans of text, or "". Spans must be in order, cover everything except white space,
// and not split characters.
func fault(text string, spans []Span) string {
	at := 0
	for _, s := range spans {
		switch {
		case s.Start < at || s.End <= s.Start || s.End > len(text):
			return "a span is out of order"
		case strings.TrimSpace(text[at:s.Start]) != "":
			return "text between spans is lost: " + text[at:s.Start]
		case s.Start > 0 && !utf8.RuneStart(text[s.Start]) && utf8.ValidString(text):
			return "a span cuts a character"
		case s.End < len(text) && !utf8.RuneStart(text[s.End]) && utf8.ValidString(text):
			return "a span's end cuts a character"
		case strings.TrimSpace(text[s.Start:s.End]) != text[s.Start:s.End]:
			return "a span has white space at an end"
		}
		at = s.End
	}
	if strings.TrimSpace(text[at:]) != "" {
		return "text at the end is lost: " + text[at:]
	}
	return ""
}

func digitIn(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }

var tags = []string{"en-US", "en-GB", "de", "fr", "es", "it", "pt", "nl", "pl", "uk", "ru", "sv", "cs", "ja", "zh",
	"ar", "hi", "tr", "fi", "hu", "el", "ko", "he", "th"}

// texts generates text from the patterns that the readers look for.
func texts() *rapid.Generator[string] {
	parts := []string{
		" ", " ", " ", ".", ",", ":", "-", "−", "–", "/", "%", "°", "€", "$", "£", "¥", "₴", "#", "+", "=", "@", "*", "(",
		")", "'", "\u00a0", "\u202f", "…", "!", "?",
		"1", "2", "5", "03", "15", "2024", "1990", "000", "1 234 " +
			"567", "3.14", "2,5", "٣", "½", "²", "①", "XIV", "II", "I", "V", "Henry", "Louis", "March", "мая", "km", "kg",
		"km/h", "км", "руб.",
		"Mio.", "M", "bn", "st", "th", "er", "s", "h", "pm", "C#", "C++", "v1.2", "me@a.org", "https://a.b/c", "C:\\t", "a_b",
		"getName", "世界", "привет", "🎉", "\n", "\\", "[", "]", "](", "no", "n°", "№",
	}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 14).Draw(t, "parts"), "")
	})
}

func TestSpansCoverTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(texts(), rapid.String()).Draw(t, "text")
		tag := rapid.SampledFrom(append(tags, "xx", "")).Draw(t, "tag")
		normalised(t, text, tag)
	})
}

func TestWordsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-zäéñøçß]{2,9}(['’-][a-z]{2,4})?[.,;:!?]?`)
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.SampledFrom(tags).Draw(t, "tag")
		whole := word.Filter(func(w string) bool { // "np." is spoken as other words
			_, _, ok := newReader(w, tag).abbreviated(0)
			return !ok
		})
		text := strings.Join(rapid.SliceOfN(whole, 1, 12).Draw(t, "words"), " ")
		for i, s := range Normalise(text, tag) {
			if want := strings.Fields(text)[i]; s.Say != want {
				t.Fatalf("the word %q in %s became %q", want, tag, s.Say)
			}
		}
	})
}

// Spoken words stay the same when they are normalised again.
func TestSpokenWordsStayWhenReadAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[1-9][0-9]{0,8}( km| kg|%| €)?`).Draw(t, "text")
		tag := rapid.SampledFrom(tags[:13]).Draw(t, "tag")
		once := say(text, tag)
		if twice := say(once, tag); twice != once {
			t.Fatalf("%q in %s is read as %q, but those words as %q", text, tag, once, twice)
		}
	})
}

// A language without number words keeps its digits, without separators.
func TestDigitsStayWhereThereAreNoWords(t *testing.T) {
	t.Parallel()
	if Supported("xx") {
		t.Fatal("xx has number words")
	}
	for text, want := range map[string]string{"about 1,234,567 of them": "about 1234567 of them",
		"a 12.5 b": "a 12.5 b"} {
		if got := say(text, "xx"); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// normalised returns the spans of a text. It fails if they are faulty, or if digits remain in a supported language.
func normalised(t interface{ Fatalf(string, ...any) }, text, tag string) []Span {
	spans := Normalise(text, tag)
	if f := fault(text, spans); f != "" {
		t.Fatalf("%q in %q: %s: %+v", text, tag, f, spans)
	}
	if !Supported(tag) {
		return spans
	}
	for _, s := range spans {
		if digitIn(s.Say) {
			t.Fatalf("%q in %q: digits are left in %q", text, tag, s.Say)
		}
	}
	return spans
}

func FuzzNormalise(f *testing.F) {
	for _, p := range phrases(f) {
		f.Add(p.written, p.language)
	}
	f.Add("-", "en")
	f.Add("1 000 000\u00a0", "fr")
	f.Add("\xff12%\xfe", "ru")
	f.Fuzz(func(t *testing.T, text, tag string) {
		normalised(t, text, tag)
	})
}

func BenchmarkNormalise(b *testing.B) {
	var all strings.Builder
	list := phrases(b)
	for i := 0; all.Len() < 60_000; i++ {
		all.WriteString(list[i%len(list)].written + " ")
	}
	text := all.String()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Normalise(text, "en-US")
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/60KB")
}
