// Package cldr holds the words of the Unicode CLDR for numbers, units, currencies and dates in about a hundred
// languages. The program tools/cldr writes the tables; INPUTS lists their sources, and LICENSE has the terms. The data
// of a tag are read at its first use and then cached.
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

// Locale holds the forms and names of a language or a regional variant. The innermost maps are by plural form: "one",
// "few", "other".
type Locale struct {
	Decimal     string                       `json:"decimal"` // the decimal sign
	Group       string                       `json:"group"`   // the separator of groups of digits
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
	Gender string            `json:"gender"` // "feminine"; empty if the language has none or it is unknown
	Forms  map[string]string `json:"forms"`  // "{0} kilometers"; "per": "{0} per kilometer"
}

// Language holds all data of one language. Locale is never nil. Rules is nil if the CLDR has no number words.
type Language struct {
	*Locale
	Tag   string // the language without region, as the CLDR calls it
	Rules *rbnf.Rules
	tag   language.Tag
}

// Plural returns the plural form of a whole number. kind is "cardinal" or "ordinal".
func (l *Language) Plural(kind string, n uint64) string { return form(l.tag, kind, n, "") }

// PluralOf returns the plural form of a number with a fraction, given as its written digits.
func (l *Language) PluralOf(n uint64, fraction string) string {
	return form(l.tag, "cardinal", n, fraction)
}

func form(tag language.Tag, kind string, n uint64, fraction string) string {
	rules := plural.Cardinal
	if kind == "ordinal" {
		rules = plural.Ordinal
	}
	// The rules depend on a number's last digits and on whether it is small.
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
			// The tables are part of the program, and a test reads all of them.
			panic(fmt.Sprintf("cldr: the tables are damaged: %v", err))
		}
		out := make(map[string]*zip.File, len(r.File))
		for _, f := range r.File {
			out[f.Name] = f
		}
		return out
	})
	cache sync.Map // Language by tag
)

// read decodes one file of the tables. found is false if it does not exist.
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

// aliases are languages that the CLDR has under another tag.
var aliases = map[string]string{
	"nb": "no", "nn": "no", "cmn": "zh", "iw": "he", "in": "id", "tl": "fil", "mo": "ro", "sh": "sr", "ji": "yi",
	"zh-yue": "yue",
}

// limit bounds the cached languages, because tags come from decks.
const limit = 512

// Find returns the data of a BCP 47 tag. The region's data override the language's. An unknown language has an empty
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

// canonical writes a tag in the form of the tables: "en-US".
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

// spanish returns the parent locale of a tag of American Spanish, and any other tag unchanged.
func spanish(tag string) string {
	if base, region, _ := strings.Cut(tag, "-"); base == "es" && region != "ES" && region != "GQ" && region != "PH" {
		return "es-419"
	}
	return tag
}
