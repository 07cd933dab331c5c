package lectern

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// shown writes a script with its marks in braces.
func shown(s Script) string {
	var b strings.Builder
	at := 0
	to := func(i int) {
		b.WriteString(s.Text[at:i])
		at = i
	}
	for i := 0; i <= len(s.Text); i++ {
		for _, m := range s.Marks {
			switch {
			case m.Name == MarkEmphasis && m.End == i:
				to(i)
				b.WriteString("}")
			case m.Name == MarkEmphasis && m.Start == i:
				to(i)
				b.WriteString("{")
			case m.Name == MarkPause && m.Start == i:
				to(i)
				fmt.Fprintf(&b, "{%v}", m.Length)
			case m.Name == MarkSentence && m.Start == i:
				to(i)
				b.WriteString("{/}")
			}
		}
	}
	to(len(s.Text))
	return b.String()
}

// S7, V4: marks are removed from the text, and everything else stays.
func TestS7MarksAreRemovedFromTheText(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"Hello. [pause 2s] World.":                                       "Hello. {2s}World.",
		"[pause]Hello[pause 500ms]you":                                   "{1s}Hello {500ms}you",
		"[Pause 1.5 s] [pause 3]":                                        "{1.5s}{3s}",
		"你好[pause]世界":                                                    "你好{1s}世界",
		"End. [pause 2s]":                                                "End.{2s}",
		"An [aside] and a[i] = [1, 2]":                                   "An [aside] and a[i] = [1, 2]",
		`Write \[pause] for a pause.`:                                    "Write [pause] for a pause.",
		"Use `[pause]` or `a*b*c`.":                                      "Use [pause] or a*b*c.",
		"[click] here [say-as date]5[/say-as], [click:2] [click 3]":      "here 5,",
		"See [our *big* site](https://x.org/y?z=[1).":                    "See our {big} site.",
		"[pause](https://x.org) menu":                                    "pause menu",
		"Five is 5*3, and 2 * 3 * 4.":                                    "Five is 5*3, and 2 * 3 * 4.",
		"A *word* and **two words**, ***all***.":                         "A {word} and {two words}, {all}.",
		"**Note:** it's *nix, *BSD.":                                     "{Note:} it's *nix, *BSD.",
		"这是**重点**内容。**단어**를":                                             "这是{重点}内容。{단어}를",
		"*alone\n\nnext* paragraph, f***":                                "*alone\n\nnext* paragraph, f***",
		"*":                                                              "*",
		"* one\n* two":                                                   "* one\n* two",
		`C:\temp\a_b.txt C:\*`:                                           `C:\temp\a_b.txt C:\*`,
		`\*no\* \<b>`:                                                    "*no* <b>",
		"<speak>Hi <break time=\"1s\"/> there</speak>":                   "Hi {1s}there",
		"<speak>R &amp; D &lt;3</speak> R &amp; D":                       "R & D <3 R &amp; D",
		"A <!-- b <?xml c?> d":                                           "A <!-- b d",
		"<p>One.</p><p>Two.</p>":                                         "One.\n\nTwo.",
		"<s>One</s><s>Two</s> <s>three</s>":                              "{/}One{/} {/}Two{/} {/}three{/}",
		"<emphasis level='strong'>Now</emphasis> or <b>never</b></b>":    "{Now} or {never}",
		"<emphasis level=\"none\">Now</emphasis>":                        "Now",
		"<prosody rate=\"slow\">Slow</prosody> <sub alias='x'>WWW</sub>": "Slow WWW",
		"<break strength='none'/>a<break/>b":                             "a {500ms}b",
		"a < b, <3, x<y and z>w, List<String>, Set<S>, i <5": "a < b, <3, x<y and z>w, List<String>, Set<S>, i " +
			"<5",
		"<i>Top</i>{\\an8} left <!-- not this --> over": "{Top} left over",
		"{curly} {\\ not closed":                        "{curly} {\\ not closed",
		"std::vector<std::string>":                      "std::vector<std::string>",
	} {
		if got := shown(ParseScript(written)); got != want {
			t.Errorf("%q\n got %q\nwant %q", written, got, want)
		}
	}
}

// S7: each kind of unsupported mark leads to one note, however often it occurs.
func TestS7UnsupportedMarksAreNotedOnce(t *testing.T) {
	t.Parallel()
	for written, want := range map[string][]string{
		"[gesture] and [gesture]":              {"[gesture]"},
		"[pause forever]":                      {"[pause forever]"},
		"[pause 5h] [pause 99s]":               {"[pause 5h]", "at most 30s"},
		"<prosody rate='slow'>x</prosody>":     {"<prosody>"},
		"<mstts:express-as style=\"sad\">x":    {"<mstts:express-as>"},
		"{\\an8}x":                             {"{\\an8}"},
		"<break time='soon'/>":                 {"<break time='soon'/>"},
		"<speak><p><s>x</s></p></speak> **x**": nil,
	} {
		notes := ParseScript(written).Notes
		if len(notes) != len(want) {
			t.Errorf("%q: %v", written, notes)
			continue
		}
		for i, w := range want {
			if !strings.Contains(notes[i].Message, w) {
				t.Errorf("%q: %q lacks %q", written, notes[i].Message, w)
			}
		}
	}
}

// A position in the text leads to its position in the source.
func TestScriptSource(t *testing.T) {
	t.Parallel()
	written := "See [our *big* site](https://x.org). [pause 2s] R\\[1] <b>end</b>"
	s := ParseScript(written)
	for _, word := range []string{"See", "our", "big", "site", "[1]", "end"} {
		at, want := strings.Index(s.Text, word), strings.Index(written, word)
		if word == "[1]" {
			want-- // its backslash
		}
		if got := s.Source(at); got != want {
			t.Errorf("%q is at %d of the source, not %d", word, got, want)
		}
	}
	part := s.Part(strings.Index(s.Text, "big"), len(s.Text))
	if at := strings.Index(part.Text, "end"); part.Source(at) != strings.Index(written, "end") ||
		shown(part) != "{big} site. {2s}R[1] {end}" {
		t.Errorf("the part is %q, its end at %d", shown(part), part.Source(at))
	}
}

// S5: a text without letters and numbers is silent.
func TestS5Silent(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", ".", "…", "—", "!?", "🎉", "*", "[pause 2s]", "<speak></speak>", "&", "**"} {
		if !ParseScript(text).Silent() {
			t.Errorf("%q is not silent", text)
		}
	}
	for _, text := range []string{"a", "5", "½", "好", "[x]"} {
		if ParseScript(text).Silent() {
			t.Errorf("%q is silent", text)
		}
	}
}

// An estimate counts pauses. A slide with only a pause is held for the length of that pause.
func TestEstimateCountsPauses(t *testing.T) {
	t.Parallel()
	d := Deck{Hold: 5 * time.Second, Slides: []Slide{{Narration: "Hello there."}, {Narration: "Hello [pause 3s]there."},
		{Narration: "…"}, {Narration: "[pause 9s]"}}}
	_, slides := d.Estimate()
	if slides[1]-slides[0] != 3*time.Second || slides[2] != 5*time.Second || slides[3] != 9*time.Second {
		t.Errorf("%v", slides)
	}
}

// checkScript checks what holds for every narration: marks and positions are in order and in bounds, parsing is
// deterministic, and the two halves of a script add up to it.
func checkScript(t interface{ Fatalf(string, ...any) }, written string) {
	s := ParseScript(written)
	if !strings.ContainsAny(written, "[*<{\\`") && s.Text != written {
		t.Fatalf("%q became %q", written, s.Text)
	}
	if utf8.ValidString(written) && !utf8.ValidString(s.Text) ||
		len(s.Text) > len(written)+2*len(s.Marks)+2*strings.Count(written, "<") {
		t.Fatalf("%q became %q", written, s.Text)
	}
	at := 0
	for _, m := range s.Marks {
		if m.Start < at || m.End < m.Start || m.End > len(s.Text) ||
			m.Name == MarkPause && (m.Length <= 0 || m.Length > MaxPause || m.End != m.Start) {
			t.Fatalf("%q has the mark %+v after %d", written, m, at)
		}
		at = m.Start
	}
	last := 0
	for i := range len(s.Text) {
		from := s.Source(i)
		if from < last || from > len(written) {
			t.Fatalf("position %d of %q comes from %d of %q", i, s.Text, from, written)
		}
		last = from
	}
	if !reflect.DeepEqual(s, ParseScript(written)) {
		t.Fatalf("%q parsed twice differs", written)
	}
	cut := len(s.Text) / 2
	for cut > 0 && !utf8.RuneStart(s.Text[cut]) {
		cut--
	}
	a, b := s.Part(0, cut), s.Part(cut, len(s.Text))
	if a.Text+b.Text != s.Text || cut > 0 && cut < len(s.Text) && a.Pauses()+b.Pauses() != s.Pauses() {
		t.Fatalf("%q in two parts: %v and %v of %v", s.Text, a.Pauses(), b.Pauses(), s.Pauses())
	}
}

// Every mixture of marks and words gives a valid script, and marks between words are never text.
func TestMixturesOfMarksGiveValidScripts(t *testing.T) {
	t.Parallel()
	marks := []string{"[pause]", "[pause 2s]", "<break time='1s'/>", "<b>", "</b>", "<speak>", "</speak>", "<p>", "</p>",
		"<prosody rate='x'>", "{\\an8}", "[click]", "**", "*"}
	pieces := append([]string{"word", "5", " ", "\n", "\n\n", "。", "漢", "<", "[", "](", ")", "`", "\\", "&amp;", "é",
		"\xff", "<!--", "-->", "a < b"}, marks...)
	rapid.Check(t, func(t *rapid.T) {
		checkScript(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), ""))
	})
	// A mark between words is never part of the text.
	rapid.Check(t, func(t *rapid.T) {
		mark := rapid.SampledFrom(marks[:12])
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"one", "two,", "three.", "四", "5*3"}), 1, 12).Draw(t, "words")
		var written []string
		for _, w := range words {
			written = append(written, w, mark.Draw(t, "mark"))
		}
		text := ParseScript(strings.Join(written, " ")).Text
		if strings.Join(strings.Fields(text), " ") != strings.Join(words, " ") {
			t.Fatalf("%q became %q", written, text)
		}
	})
}

func FuzzParseScript(f *testing.F) {
	for _, s := range []string{"Hello [pause 2s] *you*", "<speak>a<break time=\"1s\"/>&amp;</speak>", "[a *b](c) d*",
		"`x` \\[ {\\an8} <!-- -->", "***a** b*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, written string) { checkScript(t, written) })
}

// Parsing takes time in proportion to the text, whatever is in it.
func BenchmarkParseScript(b *testing.B) {
	for _, unit := range []string{"[a](", "*a ", "<a b='", "`", "<!--", "word ", "** a", "<b>", "[pause]"} {
		text := strings.Repeat(unit, 200_000/len(unit))
		b.Run(unit, func(b *testing.B) {
			for b.Loop() {
				ParseScript(text)
			}
		})
	}
}
