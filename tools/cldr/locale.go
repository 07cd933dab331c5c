package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// units are the units that texts abbreviate.
var units = strings.Fields(`acceleration-meter-per-square-second angle-degree angle-arc-minute area-square-kilometer area-hectare
	area-square-meter area-square-centimeter area-square-mile area-acre area-square-foot concentr-percent concentr-permille
	concentr-part-per-1e6 consumption-liter-per-100-kilometer consumption-mile-per-gallon digital-petabyte digital-terabyte
	digital-terabit digital-gigabyte digital-gigabit digital-megabyte digital-megabit digital-kilobyte digital-kilobit
	digital-byte digital-bit duration-year duration-month duration-week duration-day duration-hour duration-minute
	duration-second duration-millisecond duration-microsecond duration-nanosecond electric-ampere electric-milliampere
	electric-ohm electric-volt energy-kilocalorie energy-calorie energy-kilojoule energy-joule energy-kilowatt-hour
	frequency-gigahertz frequency-megahertz frequency-kilohertz frequency-hertz graphics-pixel graphics-megapixel
	graphics-dot-per-inch length-kilometer length-meter length-decimeter length-centimeter length-millimeter
	length-micrometer length-nanometer length-mile length-yard length-foot length-inch mass-tonne mass-kilogram mass-gram
	mass-milligram mass-microgram mass-pound mass-ounce power-gigawatt power-megawatt power-kilowatt power-watt
	power-milliwatt power-horsepower pressure-bar pressure-millibar pressure-pascal pressure-hectopascal pressure-kilopascal
	pressure-megapascal pressure-pound-force-per-square-inch speed-kilometer-per-hour speed-meter-per-second
	speed-mile-per-hour speed-knot temperature-celsius temperature-fahrenheit temperature-kelvin volume-cubic-kilometer
	volume-cubic-meter volume-cubic-centimeter volume-hectoliter volume-liter volume-deciliter volume-centiliter
	volume-milliliter volume-gallon force-newton light-lux`)

// currencies are those that texts name by a sign or a code.
var currencies = strings.Fields(`USD EUR GBP JPY CNY UAH RUB CHF PLN CZK SEK NOK DKK HUF RON BGN TRY INR KRW BRL MXN CAD AUD NZD
	ILS KZT GEL AMD AZN BYN RSD ISK ZAR THB VND PHP IDR MYR SGD HKD TWD AED SAR EGP NGN ARS CLP COP BTC`)

// document decodes the content of one file of a locale, without the two levels around it. into points to the result.
func document(dir, pkg, tag, file string, into any) error {
	var doc struct {
		Main map[string]json.RawMessage `json:"main"`
	}
	if err := load(filepath.Join(dir, pkg, "main", tag, file), &doc); err != nil {
		return err
	}
	return json.Unmarshal(doc.Main[tag], into)
}

// read reads one locale. Without words it reads only how numbers and dates are written.
func read(dir, tag string, words bool) (*locale, error) {
	l := &locale{}
	var numbers struct {
		Numbers map[string]json.RawMessage `json:"numbers"`
	}
	if err := document(dir, "cldr-numbers-full", tag, "numbers.json", &numbers); err != nil {
		return nil, err
	}
	var symbols struct{ Decimal, Group string }
	if raw, ok := numbers.Numbers["symbols-numberSystem-latn"]; ok {
		if err := json.Unmarshal(raw, &symbols); err != nil {
			return nil, err
		}
	}
	l.Decimal, l.Group = symbols.Decimal, symbols.Group
	if err := l.dates(dir, tag, words); err != nil || !words {
		return l, err
	}
	if err := l.compact(numbers.Numbers["decimalFormats-numberSystem-latn"]); err != nil {
		return nil, err
	}
	if err := l.units(dir, tag); err != nil {
		return nil, err
	}
	return l, l.currencies(dir, tag)
}

func (l *locale) dates(dir, tag string, words bool) error {
	var doc struct {
		Dates struct {
			Calendars struct {
				Gregorian struct {
					Months map[string]map[string]map[string]string `json:"months"`
					Dates  map[string]any                          `json:"dateFormats"`
				} `json:"gregorian"`
			} `json:"calendars"`
		} `json:"dates"`
	}
	if err := document(dir, "cldr-dates-full", tag, "ca-gregorian.json", &doc); err != nil {
		return err
	}
	g := doc.Dates.Calendars.Gregorian
	short, ok := g.Dates["short"].(string)
	if !ok {
		return fmt.Errorf("the short date format is %v, which is not a text", g.Dates["short"])
	}
	l.Order = strings.Map(func(r rune) rune {
		switch r {
		case 'd', 'y':
			return r
		case 'M', 'L':
			return 'm'
		}
		return -1
	}, short)
	for _, letter := range "dmy" {
		for strings.Contains(l.Order, string([]rune{letter, letter})) {
			l.Order = strings.ReplaceAll(l.Order, string([]rune{letter, letter}), string(letter))
		}
	}
	if !words {
		return nil
	}
	l.Date, _ = g.Dates["long"].(string)
	list := func(m map[string]string) (out []string) {
		for i := 1; i <= 12; i++ {
			out = append(out, m[strconv.Itoa(i)])
		}
		return out
	}
	l.Months, l.MonthsAlone = list(g.Months["format"]["wide"]), list(g.Months["stand-alone"]["wide"])
	l.MonthsShort = list(g.Months["format"]["abbreviated"])
	return nil
}

// compact reads the names of thousand, million and so on, by number of zeros and plural form.
func (l *locale) compact(raw json.RawMessage) error {
	var doc struct {
		Long struct {
			Format map[string]string `json:"decimalFormat"`
		} `json:"long"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return err
	}
	l.Compact = map[string]map[string]string{}
	for key, pattern := range doc.Long.Format {
		number, form, ok := strings.Cut(key, "-count-")
		zeros := strconv.Itoa(len(number) - 1)
		if ok && strings.Count(pattern, "0") == 1 && len(pattern) > 1 {
			if l.Compact[zeros] == nil {
				l.Compact[zeros] = map[string]string{}
			}
			l.Compact[zeros][form] = strings.ReplaceAll(strings.ReplaceAll(pattern, "'", ""), "0", "{0}")
		}
	}
	return nil
}

func (l *locale) units(dir, tag string) error {
	var doc struct {
		Units struct {
			Long map[string]map[string]string `json:"long"`
		} `json:"units"`
	}
	if err := document(dir, "cldr-units-full", tag, "units.json", &doc); err != nil {
		return err
	}
	l.Units = map[string]unit{}
	for _, id := range units {
		in := doc.Units.Long[id]
		u := unit{Gender: in["gender"], Forms: map[string]string{}}
		for key, pattern := range in {
			if form, ok := strings.CutPrefix(key, "unitPattern-count-"); ok {
				u.Forms[form] = pattern
			}
		}
		if per := in["perUnitPattern"]; per != "" {
			u.Forms["per"] = per
		}
		if len(u.Forms) > 0 {
			_, name, _ := strings.Cut(id, "-")
			l.Units[name] = u
		}
	}
	return nil
}

func (l *locale) currencies(dir, tag string) error {
	var doc struct {
		Numbers struct {
			Currencies map[string]map[string]string `json:"currencies"`
		} `json:"numbers"`
	}
	if err := document(dir, "cldr-numbers-full", tag, "currencies.json", &doc); err != nil {
		return err
	}
	l.Currencies = map[string]map[string]string{}
	for _, code := range currencies {
		names := map[string]string{}
		for key, name := range doc.Numbers.Currencies[code] {
			if form, ok := strings.CutPrefix(key, "displayName-count-"); ok {
				names[form] = name
			}
		}
		if name := doc.Numbers.Currencies[code]["displayName"]; len(names) == 0 && name != "" && name != code {
			names["other"] = name
		}
		if len(names) > 0 {
			l.Currencies[code] = names
		}
	}
	return nil
}
