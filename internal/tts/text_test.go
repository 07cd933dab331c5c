package tts

import (
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lectern"
)

// sentencesOf returns a text's sentences, each with a sign for the pause after it.
func sentencesOf(text, lang string) []string {
	var out []string
	for _, s := range Prepare(lectern.Plain(text), lang, nil) {
		out = append(out, s.Text+map[Pause]string{PauseNone: " ~", PauseClause: " ,", PauseSentence: " /",
			PauseParagraph: " //"}[s.After])
	}
	return out
}

func TestPrepareFindsSentencesAndPauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang, text string
		want       []string
	}{
		{"en", "Hello. World.", []string{"Hello. /", "World. //"}},
		{"en", "Dr. Smith paid $5.50, e.g. for tea. He left.", []string{"Dr. Smith paid $5.50, e.g. for tea. /",
			"He left. //"}},
		{"en", "J. R. Tolkien wrote it. So did I. Then he slept.", []string{"J. R. Tolkien wrote it. /", "So did I. /",
			"Then he slept. //"}},
		{"en", "Well… maybe. Wait... What?! Yes!", []string{"Well. maybe. /", "Wait. /", "What?! /", "Yes! //"}},
		{"en", "He said “Stop.” Then (really!) she went.", []string{"He said Stop. /", "Then (really!) she went. //"}},
		{"en", "First part.\n\nSecond part.", []string{"First part. //", "Second part. //"}},
		{"en", "It costs 3.14 at 10 a.m. on Monday.", []string{"It costs 3.14 at 10 a.m. on Monday. //"}},
		{"en", "Our list:\n- one\n- two", []string{"Our list: /", "one /", "two //"}},
		{"en", "A line that was wrapped by an editor at about eighty columns, and\nGoes on here.",
			[]string{"A line that was wrapped by an editor at about eighty columns, and Goes on here. //"}},
		{"de", "Am 3. Oktober kommt z. B. Dr. Meyer. Er bleibt.", []string{"Am 3. Oktober kommt z. B. Dr. Meyer. /",
			"Er bleibt. //"}},
		{"uk", "Це м. Київ, 2026 р. Там добре. Так і є!", []string{"Це м. Київ, 2026 р. Там добре. /", "Так і є! //"}},
		{"zh", "你好。欢迎！再见", []string{"你好。 /", "欢迎！ /", "再见 //"}},
		{"ja", "「はい。」そうです。", []string{"はい。 /", "そうです。 //"}},
		{"hi", "नमस्ते। स्वागत है।", []string{"नमस्ते। /", "स्वागत है। //"}},
		{"ur", "یہ کیا ہے؟ ہاں۔", []string{"یہ کیا ہے؟ /", "ہاں۔ //"}},
		{"en", "See https://www.example.com/a_b?c=d. And [our site](https://x.org/y).",
			[]string{"See example.com. /", "And our site. //"}},
		{"en", "🎉 **Big** _news_ — `now` 👍🏽!", []string{"Big news, now! //"}},
		{"en", "...", nil},
		{"en", "R & D, 2 + 2", []string{"R & D, 2 + 2 //"}},
	} {
		if got := sentencesOf(c.text, c.lang); !reflect.DeepEqual(got, c.want) {
			t.Errorf("Prepare(%q)\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

func TestWordsStayAsWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Hello, «world» 🎉!":        {"Hello,", "«world» 🎉!"},
		"🎉 Hi — you":               {"🎉 Hi —", "you"},
		"- item one":               {"- item", "one"},
		"你好，world。再见":              {"你", "好，", "world。", "再", "见"},
		"コンピューターは便利":               {"コンピューター", "は", "便", "利"},
		"see\u200b https://a.b/c.": {"see", "https://a.b/c."},
	} {
		var got []string
		for _, s := range Prepare(lectern.Plain(text), "en", nil) {
			for _, w := range s.Words {
				got = append(got, w.Text)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("words of %q are %q, want %q", text, got, want)
		}
	}
}

// A long text without any full stop is cut at its commas or between words, so that no sentence is longer than the
// limit by more than two words.
func TestLongSentencesAreCut(t *testing.T) {
	t.Parallel()
	for text, after := range map[string]Pause{
		strings.Repeat("several plain words, ", 100): PauseClause,
		strings.Repeat("word ", 500):                 PauseNone,
		strings.Repeat("字", 2000):                    PauseNone,
		strings.Repeat("a", 3000):                    PauseNone,
	} {
		all := Prepare(lectern.Plain(text), "en", nil)
		if len(all) < 4 || all[0].After != after {
			t.Errorf("%.20q…: %d sentences, the first followed by %d", text, len(all), all[0].After)
		}
		checkPrepared(t, text, all)
	}
}

// checkPrepared checks what holds for the sentences of every text.
func checkPrepared(t interface{ Errorf(string, ...any) }, text string, all []Sentence) {
	var words strings.Builder
	for _, s := range all {
		at := 0
		for _, w := range s.Words {
			if w.Start < at || w.End <= w.Start || w.End > len(s.Text) || w.Text == "" {
				t.Errorf("word %+v of %q after %d", w, s.Text, at)
				return
			}
			if between := s.Text[at:w.Start]; HasSpeech(between) {
				t.Errorf("%q of %q belongs to no word", between, s.Text)
			}
			at = w.End
			words.WriteString(w.Text)
		}
		if len(s.Words) == 0 || HasSpeech(s.Text[at:]) {
			t.Errorf("sentence %q has %d words, the last ends at %d", s.Text, len(s.Words), at)
		}
		if n := utf8.RuneCountInString(s.Text); n > maxSentence+2*maxWord {
			t.Errorf("a sentence has %d runes, more than %d", n, maxSentence+2*maxWord)
		}
		if !utf8.ValidString(s.Text) || strings.ContainsFunc(s.Text, unicode.IsControl) {
			t.Errorf("sentence %q is not clean", s.Text)
		}
	}
	if len(all) > 0 && Bare(words.String()) != Bare(text) {
		t.Errorf("the words of %q are %q", text, words.String())
	}
}

func TestPreparedWordsHoldAllText(t *testing.T) {
	t.Parallel()
	pieces := []string{"word", "Dr.", "3.", "。", "漢", "ก็", "🎉", "**", "—", "\n", "\n\n", " ", "...", "«", "!",
		"https://a.b/c?d", "é", "\u0301", "\x00", "\xff", "ー", "#", "- "}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces"), "")
		checkPrepared(t, text, Prepare(lectern.Plain(text), rapid.SampledFrom([]string{"en", "de", "zh",
			""}).Draw(t, "language"), nil))
	})
}

func FuzzPrepare(f *testing.F) {
	for _, s := range []string{"Hello. World.", "你好。世界", "a\u0301\u0301 \xff 🎉", "[a](b) https://x.y/z …",
		"1.\n2.\n\n- x"} {
		f.Add(s, "en")
	}
	f.Fuzz(func(t *testing.T, text, lang string) {
		checkPrepared(t, text, Prepare(lectern.Plain(text), lang, nil))
		Recognise(text)
	})
}

func FuzzReadWAV(f *testing.F) {
	f.Add([]byte("RIFF\x24\x00\x00\x00WAVEfmt " +
		"\x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x04\x00\x00\x00\x01\x00\xff\x7f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		samples, rate, err := ReadWAV(b)
		if err == nil && (rate <= 0 || len(samples) > len(b)) {
			t.Errorf("%d samples at %d Hz of %d bytes", len(samples), rate, len(b))
		}
	})
}
