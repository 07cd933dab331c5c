package spoken

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lectern/internal/spoken/cldr"
	"lectern/internal/spoken/rbnf"
)

// other is a line of testdata/others.tsv.gz: a value and the words that another program has for it.
type other struct{ language, program, kind, value, words string }

// others reads testdata/others.tsv.gz.
func others(t *testing.T) []other {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "others.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []other
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		c := strings.Split(lines.Text(), "\t")
		if len(c) != 5 {
			t.Fatalf("others.tsv.gz: the line %q has %d columns, want 5", lines.Text(), len(c))
		}
		out = append(out, other{c[0], c[1], c[2], c[3], c[4]})
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return out
}

// ours returns this package's words for the same value.
func ours(t *testing.T, o other) string {
	t.Helper()
	if o.kind == "date" {
		tag := o.language
		if tag == "en" {
			tag = "en-US"
		}
		return say(o.value, tag)
	}
	n, err := strconv.ParseUint(o.value, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	v := languageOf(o.language)
	if form, ok := strings.CutPrefix(o.kind, "ordinal"); ok {
		return v.ordinal(n, strings.TrimPrefix(form, "-"))
	}
	s, err := cldr.Find(o.language).Rules.Spell("%spellout-"+o.kind, rbnf.Number{Integer: n})
	if err != nil {
		t.Fatal(err)
	}
	return v.polish(s)
}

// difference is a class of known differences: where it occurs (an empty field: everywhere), whether it explains that
// words differ, and why it is accepted.
type difference struct {
	name, language, program, kind string
	same                          func(ours, theirs string) bool
	reason                        string
}

// replaced reports whether the words are the same after the replacements.
func replaced(pairs ...string) func(ours, theirs string) bool {
	r := strings.NewReplacer(pairs...)
	return func(ours, theirs string) bool { return r.Replace(ours) == r.Replace(theirs) }
}

// always explains every difference.
func always(string, string) bool { return true }

// differences are all known differences. docs/SPOKEN.md lists them with the first value of each.
var differences = []difference{
	{"apostrophe", "uk", "icu", "", replaced("ʼ", "'"),
		"The same word: U+02BC is written as an apostrophe, which voices know."},
	{"letter ё", "ru", "", "", func(ours, theirs string) bool {
		return strings.ReplaceAll(ours, "ё", "е") == strings.ReplaceAll(theirs, "ё", "е")
	}, "The same word, with the letter that shows its pronunciation."},
	{"digits", "ru", "icu", "ordinal-masculine", func(_, theirs string) bool { return digitIn(theirs) },
		"ICU writes the ordinal in digits; Lectern says it, with an ordinal as its last word."},
	{"round hundreds", "ru", "icu", "date", replaced("девятисотого", "девятьсот", "ё", "е"),
		"The CLDR has a cardinal for the ordinal."},
	{"one thousand", "ru", "", "", replaced("одна тысяча", "тысяча", "ё", "е"), "Both are said."},
	{"spelling", "ru", "num2words", "ordinal-masculine", replaced("восемидесят", "восьмидесят", "ё", "е"),
		"num2words has \"восемидесятый\"."},
	{"thousandth", "ru", "num2words", "ordinal-masculine", func(ours, theirs string) bool {
		return strings.HasSuffix(theirs, "тысячный") || strings.HasSuffix(ours, "тысячный") ||
			strings.HasSuffix(ours, "сотый")
	}, "A round thousand is written in one word or in two."},
	{"and", "en", "num2words", "", replaced(" and ", " "), "American English leaves \"and\" out; en-GB has it here too."},
	{"letter i", "uk", "num2words", "", func(ours, theirs string) bool {
		theirs = strings.NewReplacer("i", "і").Replace(theirs)
		return strings.ReplaceAll(ours, "два", "дві") == strings.ReplaceAll(theirs, "два", "дві") ||
			strings.ReplaceAll(ours, "один", "одна") == strings.ReplaceAll(theirs, "один", "одна") ||
			strings.ContainsAny(theirs, "і")
	}, "num2words writes a Latin i and the feminine."},
	{"misspelling", "pl", "num2words", "", replaced("dziewięćdzisiąt", "dziewięćdziesiąt"),
		"num2words has \"dziewięćdzisiąt\" for 90."},
	{"stress", "nl", "num2words", "", replaced("é", "e"), "The accent shows stress, which a voice finds itself."},
	{"elision", "it", "num2words", "", func(ours, theirs string) bool {
		r := strings.NewReplacer(" e ", " ", "oo", "o", "tao", "to", "uno", "un", "ao", "o", "tré", "tre", "dicott",
			"diciott", "ventiun", "ventun", "diecesimo", "decimo")
		return r.Replace(ours) == r.Replace(theirs) || r.Replace(r.Replace(ours)) == r.Replace(r.Replace(theirs))
	}, "Both are said: a vowel is dropped or kept, an accent is written or not, \"e\" joins the parts; num2words has " +
		"\"ventiuno\" and \"dicotto\"."},
	{"grammar", "es", "num2words", "numbering", replaced("uno mil", "un mil", "dieciseis", "dieciséis", "veintidos",
		"veintidós", "veintitres", "veintitrés", "veintiseis", "veintiséis", "veintiuno mil", "veintiún mil", "veintiun ",
		"veintiún "), "num2words drops accents and says \"uno mil\"."},
	{"no words", "es", "num2words", "ordinal-masculine", always,
		"num2words reads four digits as a decimal, has cardinals over 10,000, and other Latin stems; such ordinals do " +
			"not occur in text."},
	{"joined", "fr", "num2words", "ordinal-masculine", replaced("cent-et-un", "cent un", "cent et un", "cent un",
		"vingtsième", "vingtième", "cent-un", "cent un"), "num2words has \"quatre-vingtsième\"; the CLDR joins \"et un\"."},
	{"Portugal", "pt", "num2words", "cardinal-masculine", always,
		"num2words speaks as in Portugal (\"dezassete\", thousands of millions); Lectern's pt is Brazilian."},
	{"Latin stems", "pt", "num2words", "ordinal-masculine", always,
		"Both are said from 1,000 on: an ordinal or a cardinal in front of \"milésimo\"; the stems of 600 and 900 " +
			"differ."},
	{"thousandth", "de", "num2words", "ordinal", replaced("eintausendste", "tausendste"), "Both are said."},
}

// For 1,000 values in each language, ICU and num2words give the same words, except for the listed differences.
func TestOtherProgramsSayTheSame(t *testing.T) {
	t.Parallel()
	seen, example := map[string]int{}, map[string]string{}
	count := map[string]int{}
	for _, o := range others(t) {
		count[o.language]++
		got := ours(t, o)
		a, b := heard(got), heard(o.words)
		if a == b {
			continue
		}
		d := classOf(o, a, b)
		if d == nil {
			t.Errorf("%s %s %s: Lectern says %q, %s says %q", o.language, o.kind, o.value, got, o.program, o.words)
			continue
		}
		key := d.language + " " + d.name
		if seen[key]++; seen[key] == 1 {
			example[key] = o.value + " | " + got + " | " + o.words
		}
	}
	for _, language := range []string{"en", "de", "fr", "es", "it", "pt", "nl", "pl", "uk", "ru"} {
		if count[language] < 1000 {
			t.Errorf("%s has %d values, want at least 1000", language, count[language])
		}
	}
	want := differencesPage(seen, example)
	name := filepath.Join("testdata", "differences.md")
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("testdata/differences.md is out of date; run: go test ./internal/spoken -run OtherPrograms -update, then " +
			"-run Page -update")
	}
}

// classOf returns the known difference that explains why our words a are not their words b; nil: there is none.
func classOf(o other, a, b string) *difference {
	for i := range differences {
		d := &differences[i]
		if d.language == o.language && (d.program == "" || d.program == o.program) && (d.kind == "" || d.kind == o.kind) &&
			d.same(a, b) {
			return d
		}
	}
	return nil
}

// differencesPage writes testdata/differences.md, a section of docs/SPOKEN.md.
func differencesPage(seen map[string]int, example map[string]string) string {
	var b strings.Builder
	b.WriteString(`## Compared with other programs

ICU 72 and num2words 0.5.10, the versions of Debian, spell 1,000 random values in each of ten languages: cardinals,
ordinals, years and dates. ICU's dates are composed of its months and numbers as each language reads a date. Neither has
Polish or Ukrainian ordinals, so dates of these languages are not compared. The test
` + "`TestOtherProgramsSayTheSame`" + ` asserts that there are no other differences.
tools/compare/others.py makes the values.

| language | difference | values of 1,000 | value | Lectern | other program | reason |
| --- | --- | --- | --- | --- | --- | --- |
`)
	for _, d := range differences {
		if key := d.language + " " + d.name; seen[key] > 0 {
			fmt.Fprintf(&b, "| %s | %s | %d | %s | %s |\n", d.language, d.name, seen[key], example[key], d.reason)
			delete(seen, key)
		}
	}
	b.WriteString("\nThe CLDR's Polish ordinals of 90 to 99 are misspelled (dziewiętdziesiąt-), its Russian ordinals of " +
		"round\nhundreds are cardinals, and it has no Ukrainian ordinals; Lectern corrects them.\n")
	return b.String()
}
