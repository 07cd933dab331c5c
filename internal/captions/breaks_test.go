package captions

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lectern"
)

// linesOf makes captions of evenly spoken words and returns the lines. Words are separated by "|". single makes each
// character a word, as engines do for scripts without spaces.
func linesOf(marked string, single bool) []string {
	text := strings.ReplaceAll(marked, "|", "")
	s := Spoken{Text: text, Samples: 48_000 * int64(len([]rune(text))) / 12, Breaks: []int{0}}
	at := 0
	for i, w := range strings.Split(marked, "|") {
		if i > 0 {
			s.Breaks = append(s.Breaks, at)
		}
		at += len(w)
	}
	words := strings.Fields(text)
	if single {
		words = strings.Split(strings.ReplaceAll(text, " ", ""), "")
	}
	for i, w := range words {
		s.Words = append(s.Words, lectern.Span{Text: w, Start: s.Samples * int64(i) / int64(len(words)),
			End: s.Samples * int64(i+1) / int64(len(words))})
	}
	s.Until = s.Samples + 48_000
	var out []string
	for _, c := range Captions([]Spoken{s}) {
		out = append(out, c.Lines...)
	}
	return out
}

// A line ends between words, in scripts without spaces too. No line begins with a closing mark or ends with an opening
// one.
func TestV4LinesEndBetweenWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		single bool
	}{
		"Thai":     {"ประเทศไทย|มี|ประชากร|มากกว่า|หกสิบ|ล้าน|คน|และ|มี|ภาษา|ไทย|เป็น|ภาษา|ราชการ|ซึ่ง|ใช้|กัน|ทั่ว|ประเทศ|มา|เป็น|เวลา|นาน", true},
		"Japanese": {"東京|は|日本|の|首都|で|、|とても|大きな|都市|です|。|「|ありがとう|ございます|」|と|コンピューター|が|言い|ました|。|毎年|たくさん|の|人|が|訪れ|ます|。", true},
		"Chinese":  {"我们|今天|来|看看|人工智能|如何|改变|教育|，|以及|老师|们|应该|怎样|准备|自己|的|课程|。|谢谢|大家|的|参与|和|支持|！", true},
		"Korean":   {"대한민국의 |수도는 |서울특별시이며 |인구는 |약 |천만명입니다. |한국어에서는 |낱말을 |띄어쓰기로 |나눕니다.", false},
		"Khmer": {"ប្រទេស|កម្ពុជា|មាន|ប្រជាជន|ជាង|ដប់|ប្រាំ|មួយ|លាន|នាក់|និង|ភាសា|ខ្មែរ|ជា|ភាសា|ផ្លូវការ|របស់|ប្រទេស",
			true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := linesOf(c.text, c.single)
			bounds := map[int]bool{}
			n := 0
			for w := range strings.SplitSeq(c.text, "|") {
				n += len(squeeze(w))
				bounds[n] = true
			}
			at := 0
			for _, l := range lines {
				at += len(squeeze(l))
				if first, _ := utf8.DecodeRuneInString(l); !bounds[at] || width(l) > captionLine || closes(first) {
					t.Errorf("the line %q (%d columns) does not end between words, or begins with a mark:\n%s", l,
						width(l), strings.Join(lines, "\n"))
				}
			}
			if len(lines) < 2 || squeeze(strings.Join(lines, "")) != squeeze(strings.ReplaceAll(c.text, "|", "")) {
				t.Errorf("%q", lines)
			}
		})
	}
}

// Without Breaks, lines of scripts without spaces end between grapheme clusters.
func TestV4WithoutBreaksLinesEndBetweenCharacters(t *testing.T) {
	t.Parallel()
	pieces := []string{"ก", "กำ", "เก", "น้ำ", "漢", "字", "「", "」", "、", "。", "ー", "っ", "カ", "កម្ពុ", " ", "word", "é",
		"👩‍🚀", "한국"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.TrimSpace(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 80).Draw(t, "pieces"), ""))
		if text == "" {
			return
		}
		s := Spoken{Text: text, Samples: 480_000, Until: 600_000}
		all, whole := "", squeeze(text)
		clusters := clustersOf(whole)
		for _, c := range Captions([]Spoken{s}) {
			for _, l := range c.Lines {
				if _, ok := slices.BinarySearch(clusters, len(all)); !ok {
					t.Fatalf("%q begins inside a character of %q", l, text)
				}
				all += squeeze(l)
			}
		}
		if all != whole {
			t.Fatalf("%q became %q", text, all)
		}
	})
}

// A number with spaces in it stays on one line.
func TestS9NumbersStayOnOneLine(t *testing.T) {
	t.Parallel()
	for shift := range 40 {
		text := strings.Repeat("а", shift+1) +
			" стоит 1 234 567 руб. за всё и ещё немного слов, чтобы строк было две или три."
		s := Spoken{Text: text, Samples: 480_000, Until: 500_000}
		words := []string{strings.Repeat("а", shift+1), "стоит", "1 234 567 руб.", "за", "всё", "и", "ещё", "немного",
			"слов,", "чтобы", "строк", "было", "две", "или", "три."}
		for i, w := range words {
			s.Words = append(s.Words, lectern.Span{Text: w, Start: int64(i) * 30_000, End: int64(i+1) * 30_000})
		}
		found := false
		for _, c := range Captions([]Spoken{s}) {
			for _, l := range c.Lines {
				found = found || strings.Contains(l, "1 234 567 руб.")
			}
		}
		if !found {
			t.Fatalf("with %d letters before it, the number is broken", shift+1)
		}
	}
	if lines := linesOf("Il a dit : « Bonjour ! » et puis il est parti ailleurs, vraiment ? Oui : c'est 12\u00a0% de "+
		"plus !", false); slices.ContainsFunc(lines, func(l string) bool {
		r, _ := utf8.DecodeRuneInString(l)
		return unicode.IsPunct(r) && r != '«' || strings.HasSuffix(l, "12")
	}) {
		t.Errorf("%q", lines)
	}
}

// Text that looks like markup of a subtitle file stays text.
func TestV4CaptionFilesEscapeMarkup(t *testing.T) {
	t.Parallel()
	cues := []Cue{{End: 1e9, Lines: []string{`a <b>x</b> --> {\an8} & <3`}}}
	if got := SRT(cues); !strings.Contains(got, "a <\u2060b>x<\u2060/b> --\u2060> {\u2060\\an8} & <3\n") {
		t.Errorf("%q", got)
	}
	if got := VTT(cues); !strings.Contains(got, "a &lt;b&gt;x&lt;/b&gt; --&gt; {\\an8} &amp; &lt;3\n") {
		t.Errorf("%q", got)
	}
}

func FuzzCaptions(f *testing.F) {
	f.Add("Hello, 世界。ก็ 1 234", "Hello, 世", 3)
	f.Add("\xff\u200b<b>{\\an8}-->", "\xff", 1)
	f.Fuzz(func(t *testing.T, text, word string, at int) {
		s := Spoken{Text: text, Samples: 96_000, Until: 120_000, Breaks: []int{0, max(0, at%(len(text)+1))}}
		if word != "" {
			s.Words = []lectern.Span{{Text: word, End: 48_000}, {Text: text, Start: 48_000, End: 96_000}}
		}
		checkCues(t, Captions([]Spoken{s}), sampleTime(s.Until))
		s.Breaks = nil
		checkCues(t, Captions([]Spoken{s}), sampleTime(s.Until))
	})
}
