package rbnf

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// english is a small part of a language that uses the whole notation.
var english = map[string][][2]string{
	"%cardinal": {
		{"-x", "minus →→;"}, {"x.x", "←← point →→;"}, {"Inf", "infinite;"}, {"0", "zero;"}, {"1", "one;"}, {"2", "two;"},
		{"3", "three;"}, {"4", "four;"}, {"5", "five;"},
		{"6", "six;"}, {"7", "seven;"}, {"8", "eight;"}, {"9", "nine;"}, {"10", "ten;"}, {"11", "eleven;"}, {"12", "twelve;"},
		{"13", "thirteen;"}, {"14", "fourteen;"},
		{"15", "fifteen;"}, {"16", "sixteen;"}, {"17", "seventeen;"}, {"18", "eighteen;"}, {"19", "nineteen;"},
		{"20", "twenty[-→→];"}, {"30", "thirty[-→→];"},
		{"40", "forty[-→→];"}, {"50", "fifty[-→→];"}, {"60", "sixty[-→→];"}, {"70", "seventy[-→→];"}, {"80", "eighty[-→→];"},
		{"90", "ninety[-→→];"},
		{"100", "←← hundred[ →→];"}, {"1000", "←← thousand[ →→];"}, {"1000000", "=#,##0=;"},
	},
	"%year":           {{"0", "=%cardinal=;"}, {"1100/100", "←%cardinal← →%%two→;"}, {"2000", "=%cardinal=;"}},
	"%%two":           {{"0", "hundred;"}, {"1", "oh-=%cardinal=;"}, {"10", "=%cardinal=;"}},
	"%things":         {{"0", "=%cardinal= $(cardinal,one{thing}other{things})$;"}},
	"%wrap":           {{"0", "' (=%cardinal=)\u00ad;"}},
	"%circle":         {{"0", "=%circle2=;"}},
	"%circle2":        {{"0", "=%circle=;"}},
	"%tenths":         {{"x.x", "[←%cardinal← and ]→%%parts→;"}, {"0", "=%cardinal=;"}},
	"%%parts":         {{"10", "←%cardinal← $(cardinal,one{tenth}other{tenths})$;"}, {"100", "←%cardinal←← hundredths;"}},
	"%bar":            {{"0", "none;"}, {"1", "=%cardinal=;"}, {"100", "[much →→|exact];"}},
	"%chars":          {{"x.x", "←%cardinal←.→%cardinal→;"}, {"0", "=%cardinal=;"}},
	"%triple":         {{"0", "zero;"}, {"1", "one;"}, {"2", "two;"}, {"10", "ten and →→→;"}},
	"%%lenient-parse": {{"0", "[ignored"}},
}

func plural(_ string, n uint64) string {
	if n == 1 {
		return "one"
	}
	return "other"
}

func TestSpellFollowsTheRules(t *testing.T) {
	t.Parallel()
	r, err := Parse(english, plural)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set  string
		n    Number
		want string
	}{
		{"%cardinal", Number{Integer: 0}, "zero"},
		{"%cardinal", Number{Integer: 20}, "twenty"},
		{"%cardinal", Number{Integer: 21}, "twenty-one"},
		{"%cardinal", Number{Integer: 100}, "one hundred"},
		{"%cardinal", Number{Integer: 200}, "two hundred"},
		{"%cardinal", Number{Integer: 305}, "three hundred five"},
		{"%cardinal", Number{Integer: 20_000}, "twenty thousand"},
		{"%cardinal", Number{Integer: 999_999}, "nine hundred ninety-nine thousand nine hundred ninety-nine"},
		{"%cardinal", Number{Integer: 5, Negative: true}, "minus five"},
		{"%cardinal", Number{Integer: 3, Fraction: "140"}, "three point one four zero"},
		{"%cardinal", Number{Integer: 3, Fraction: "5", Negative: true}, "minus three point five"},
		{"%year", Number{Integer: 1905}, "nineteen oh-five"},
		{"%year", Number{Integer: 1900}, "nineteen hundred"},
		{"%year", Number{Integer: 1984}, "nineteen eighty-four"},
		{"%year", Number{Integer: 2007}, "two thousand seven"},
		{"%things", Number{Integer: 1}, "one thing"},
		{"%things", Number{Integer: 2}, "two things"},
		{"%wrap", Number{Integer: 2}, "(two)"},
		{"%tenths", Number{Integer: 2, Fraction: "1"}, "two and one tenth"},
		{"%tenths", Number{Integer: 0, Fraction: "5"}, "five tenths"},
		{"%tenths", Number{Integer: 2, Fraction: "05"}, "two and zero five hundredths"},
		{"%bar", Number{Integer: 100}, "exact"},
		{"%bar", Number{Integer: 105}, "much five"},
		{"%triple", Number{Integer: 12}, "ten and two"},
	} {
		if got, err := r.Spell(c.set, c.n); err != nil || got != c.want {
			t.Errorf("%s of %+v is %q (%v), want %q", c.set, c.n, got, err, c.want)
		}
	}
	for set, want := range map[string]error{"%none": ErrUnknownSet, "%circle": ErrNoWords} {
		if _, err := r.Spell(set, Number{Integer: 1}); !errors.Is(err, want) {
			t.Errorf("the set %s gives %v, want %v", set, err, want)
		}
	}
	for _, n := range []Number{{Integer: 1_000_000}, {Integer: 1, Fraction: "x"}} {
		if _, err := r.Spell("%cardinal", n); !errors.Is(err, ErrNoWords) {
			t.Errorf("%+v gives %v, want %v", n, err, ErrNoWords)
		}
	}
	if _, err := r.Spell("%tenths", Number{Integer: 1, Fraction: "005"}); !errors.Is(err, ErrNoWords) {
		t.Errorf("thousandths give %v, want %v", err, ErrNoWords)
	}
}

// Different numbers have different words.
func TestDifferentNumbersHaveDifferentWords(t *testing.T) {
	t.Parallel()
	r, err := Parse(english, plural)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64Range(0, 999_999).Draw(t, "a"), rapid.Uint64Range(0, 999_999).Draw(t, "b")
		x, errA := r.Spell("%cardinal", Number{Integer: a})
		y, errB := r.Spell("%cardinal", Number{Integer: b})
		if errA != nil || errB != nil || (a == b) != (x == y) {
			t.Fatalf("%d is %q (%v), %d is %q (%v)", a, x, errA, b, y, errB)
		}
	})
}

func TestBadRulesAreRefused(t *testing.T) {
	t.Parallel()
	for _, line := range [][2]string{
		{"1", "no end"}, {"1", "open [bracket;"}, {"1", "open → substitution;"}, {"1", "$(cardinal,one{x);"},
		{"1", "$(cardinal;"}, {"x", "name;"},
		{"99999999999999999999999", "big;"}, {"10/1", "radix;"}, {"10/x", "radix;"}, {"-1", "negative;"},
	} {
		if _, err := Parse(map[string][][2]string{"%s": {line}}, plural); !errors.Is(err, ErrBadRule) {
			t.Errorf("%q gives %v, want %v", line, err, ErrBadRule)
		}
	}
}

func FuzzRules(f *testing.F) {
	for _, lines := range english {
		for _, l := range lines {
			f.Add(l[0], l[1], uint64(12345), "05")
		}
	}
	f.Fuzz(func(t *testing.T, descriptor, text string, n uint64, fraction string) {
		sets := map[string][][2]string{"%s": {{"0", "none;"}, {descriptor, text}}, "%%t": {{"10", "←%s← tenths;"}}}
		r, err := Parse(sets, plural)
		if err != nil {
			return
		}
		for _, x := range []Number{{Integer: n % 100_000}, {Integer: n, Negative: true},
			{Integer: n % 100, Fraction: fraction[:min(len(fraction), 4)]}} {
			if s, err := r.Spell("%s", x); err == nil && strings.Contains(s, "\u00ad") {
				t.Fatalf("%q is spelled %q", fmt.Sprint(x), s)
			}
		}
	})
}
