// Package cldr holds what the Unicode CLDR knows about the words of numbers, units, currencies and dates, for about a
// hundred languages. The tables are written by the program tools/cldr; INPUTS says from what, LICENSE under which terms.
// Each language is read at its first use, once.
package cldr

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"lectern/internal/spoken/rbnf"
)

//go:embed tables.zip
var tables []byte

// Locale is how a language, or a region's kind of it, writes and names things. Maps are by plural form at last: "one",
// "few", "other".
type Locale struct {
	Decimal     string                       `json:"decimal"` // the decimal sign
	Group       string                       `json:"group"`   // what stands between groups of digits
	Order       string                       `json:"order"`   // of a short date: "mdy", "dmy", "ymd"
	Date        string                       `json:"date"`    // the pattern of a long date
	Months      []string                     `json:"months"`  // as in a date, from January
	MonthsAlone []string                     `json:"months_alone"`
	MonthsShort []string                     `json:"months_short"`
	Units       map[string]Unit              `json:"units"`      // by the CLDR's name: "kilometer-per-hour"
	Currencies  map[string]map[string]string `json:"currencies"` // by ISO 4217 code
	Compact     map[string]map[string]string `json:"compact"`    // "{0} million", by the number of zeros: "6"
}

// Unit is one unit of measurement.
type Unit struct {
	Gender string            `json:"gender"` // "feminine"; empty where the language has none or it is not known
	Forms  map[string]string `json:"forms"`  // "{0} kilometers"; "per": "{0} per kilometer"
}

// Language is all that is known of one language. Locale is never nil, Rules is nil where the CLDR has no number words.
type Language struct {
	*Locale
	Tag   string // the language without region, as the CLDR calls it
	Rules *rbnf.Rules
	tag   language.Tag
}

// Plural is the plural form that a whole number takes ("cardinal" or "ordinal").
func (l *Language) Plural(kind string, n uint64) string { return form(l.tag, kind, n, "") }

// PluralOf is the plural form of a number with a fraction: its digits as they are written.
func (l *Language) PluralOf(n uint64, fraction string) string {
	return form(l.tag, "cardinal", n, fraction)
}

func form(tag language.Tag, kind string, n uint64, fraction string) string {
	rules := plural.Cardinal
	if kind == "ordinal" {
		rules = plural.Ordinal
	}
	// The rules look at a number's last digits and at whether it is small.
	const most = 10_000_000
	i := int(n)
	if n >= most {
		i = int(n%1_000_000) + 1_000_000
	}
	var f, t, w int
	fraction = fraction[:min(len(fraction), 8)]
	for _, c := range fraction {
		f = f*10 + int(c-'0')
	}
	short := strings.TrimRight(fraction, "0")
	w = len(short)
	for _, c := range short {
		t = t*10 + int(c-'0')
	}
	return forms[rules.MatchPlural(tag, i, len(fraction), w, f, t)]
}

var forms = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
	plural.Other: "other",
}

var (
	archive = sync.OnceValue(func() map[string]*zip.File {
		r, err := zip.NewReader(bytes.NewReader(tables), int64(len(tables)))
		if err != nil {
			panic(fmt.Sprintf("cldr: the tables are damaged: %v", err)) // they are part of the program, and a test reads them all
		}
		out := make(map[string]*zip.File, len(r.File))
		for _, f := range r.File {
			out[f.Name] = f
		}
		return out
	})
	cache sync.Map // Language by tag
)

// read decodes one file of the tables; found is false where there is none.
func read(name string, into any) (found bool) {
	f := archive()[name]
	if f == nil {
		return false
	}
	r, err := f.Open()
	if err != nil {
		panic(fmt.Sprintf("cldr: %s is damaged: %v", name, err))
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		panic(fmt.Sprintf("cldr: %s is damaged: %v", name, err))
	}
	return true
}

// aliases are languages that the CLDR files under another name.
var aliases = map[string]string{
	"nb": "no", "nn": "no", "cmn": "zh", "iw": "he", "in": "id", "tl": "fil", "mo": "ro", "sh": "sr", "ji": "yi", "zh-yue": "yue",
}

// limit bounds the languages that are remembered: tags come from decks.
const limit = 512

// Find gives what is known of a BCP 47 tag: the region's habits over the language's. An unknown language gives an empty
// locale.
func Find(tag string) *Language {
	tag = canonical(tag)
	if l, ok := cache.Load(tag); ok {
		return l.(*Language)
	}
	l := build(tag)
	n := 0
	cache.Range(func(any, any) bool { n++; return n < limit })
	if n < limit {
		cache.Store(tag, l)
	}
	return l
}

// canonical writes a tag as the tables do: "en-US".
func canonical(tag string) string {
	parts := strings.Split(strings.ReplaceAll(tag, "_", "-"), "-")
	base := strings.ToLower(parts[0])
	if to, ok := aliases[base]; ok {
		base = to
	}
	for _, p := range parts[1:] {
		if len(p) == 2 || len(p) == 3 && strings.Trim(p, "0123456789") == "" {
			return base + "-" + strings.ToUpper(p)
		}
	}
	return base
}

func build(tag string) *Language {
	base, _, regional := strings.Cut(tag, "-")
	l := &Language{Locale: &Locale{}, Tag: base, tag: language.Make(base)}
	read("locales/"+base+".json", l.Locale)
	if regional {
		for _, t := range []string{spanish(tag), tag} {
			read("locales/"+t+".json", l.Locale)
		}
	}
	var sets map[string][][2]string
	if (regional && read("rules/"+tag+".json", &sets)) || read("rules/"+base+".json", &sets) {
		rules, err := rbnf.Parse(sets, l.Plural)
		if err != nil {
			panic(fmt.Sprintf("cldr: the rules of %s cannot be read: %v", tag, err))
		}
		l.Rules = rules
	}
	return l
}

// spanish is the parent of the Spanish of the Americas.
func spanish(tag string) string {
	if base, region, _ := strings.Cut(tag, "-"); base == "es" && region != "ES" && region != "GQ" && region != "PH" {
		return "es-419"
	}
	return tag
}
