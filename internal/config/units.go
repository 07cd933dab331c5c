package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern"
)

const day = 24 * time.Hour

// ParseSpan reads a duration as [time.ParseDuration] does, and also days ("7d", "1d12h") and weeks ("2w"). A negative
// duration is an error.
func ParseSpan(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a duration", s)
	if s == "" {
		return 0, bad
	}
	rest, total := s, time.Duration(0)
	for _, unit := range []struct {
		name string
		each time.Duration
	}{{"w", 7 * day}, {"d", day}} {
		head, tail, found := strings.Cut(rest, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(head, 10, 32)
		if err != nil || time.Duration(n) > (math.MaxInt64-total)/unit.each {
			return 0, bad
		}
		total, rest = total+time.Duration(n)*unit.each, tail
	}
	if rest == "" {
		return total, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || d > math.MaxInt64-total {
		return 0, bad
	}
	return total + d, nil
}

// FormatSpan writes a duration as [ParseSpan] reads it, without zero parts at its end: "7d", "1d12h", "5m", "1.5s".
func FormatSpan(d time.Duration) string {
	if d < time.Second {
		return d.String()
	}
	var b strings.Builder
	if n := d / day; n > 0 {
		fmt.Fprintf(&b, "%dd", n)
	}
	if rest := d % day; rest > 0 {
		s := rest.String()
		if strings.HasSuffix(s, "m0s") {
			s = strings.TrimSuffix(s, "0s")
		}
		if strings.HasSuffix(s, "h0m") {
			s = strings.TrimSuffix(s, "0m")
		}
		b.WriteString(s)
	}
	return b.String()
}

// sizeUnits are in the order in which FormatSize tries them. A name comes before the shorter ones that it ends with.
var sizeUnits = []struct {
	name string
	each int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1},
}

// ParseSize reads a number of bytes, with or without a unit: 1048576, 500KB, 1.5GiB. The case of a unit does not
// matter. KB is 1000 and KiB 1024.
func ParseSize(s string) (int64, error) {
	bad := fmt.Errorf("%q is not a size", s)
	number, each := strings.TrimSpace(s), int64(1)
	for _, u := range sizeUnits {
		if len(number) > len(u.name) && strings.EqualFold(number[len(number)-len(u.name):], u.name) {
			number, each = strings.TrimSpace(number[:len(number)-len(u.name)]), u.each
			break
		}
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil {
		if n < 0 || n > math.MaxInt64/each {
			return 0, bad
		}
		return n * each, nil
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(f) || f < 0 || f*float64(each) >= math.MaxInt64 ||
		strings.ContainsAny(number, "eExXpP_nN") {
		return 0, bad
	}
	return int64(f * float64(each)), nil
}

// FormatSize writes a number of bytes exactly, in the first of sizeUnits that divides it: 10GiB, 200KB, 1234B.
func FormatSize(n int64) string {
	for _, u := range sizeUnits {
		if n != 0 && n%u.each == 0 {
			return strconv.FormatInt(n/u.each, 10) + u.name
		}
	}
	return "0B"
}

// nearest returns the candidate with the smallest edit distance from word, if that is at most a third of word's length;
// "": there is none.
func nearest(word string, candidates []string) string {
	best, far := "", len(word)/3+1
	for _, c := range candidates {
		if d := lectern.EditDistance(word, c); d < far {
			best, far = c, d
		}
	}
	return best
}

// otherWords maps names that other programs use to variables of this one, both without their prefix.
var otherWords = map[string]string{
	"ADDRESS": "ADDR", "LISTEN": "ADDR", "LISTEN_ADDR": "ADDR", "BIND": "ADDR", "DATABASE": "DB", "DATABASE_URL": "DB",
	"DB_URL": "DB", "DATA_DIR": "DATA", "BASE_URL": "HTTP_BASE_URL", "PUBLIC_URL": "HTTP_BASE_URL",
	"CHROME_PATH": "CHROME", "CHROMIUM": "CHROME",
}

// nearestVariable returns the known variable that name may mean, or "": the one that otherWords has for it, one that
// ends with the same words, such as LECTERN_HTTP_ORIGINS for LECTERN_ORIGINS, or the one with the nearest spelling.
// Spellings are compared without the common prefix.
func nearestVariable(name string, known []string) string {
	word := strings.TrimPrefix(name, EnvPrefix)
	if other := EnvPrefix + otherWords[word]; slices.Contains(known, other) {
		return other
	}
	bare := make([]string, len(known))
	for i, k := range known {
		bare[i] = strings.TrimPrefix(k, EnvPrefix)
		_, rest, parts := strings.Cut(bare[i], "_")
		for ; parts; _, rest, parts = strings.Cut(rest, "_") {
			if rest == word || len(word) > 4 && rest == word+"S" {
				return k
			}
		}
	}
	if near := nearest(word, bare); near != "" {
		return EnvPrefix + near
	}
	return ""
}

// parsePrice reads an amount and a currency: "1.50 EUR". An empty string means no price. micros are millionths.
func parsePrice(s string) (micros int64, currency string, err error) {
	if s = strings.TrimSpace(s); s == "" {
		return 0, "", nil
	}
	amount, currency, _ := strings.Cut(s, " ")
	whole, part, _ := strings.Cut(amount, ".")
	n, err1 := strconv.ParseUint(whole, 10, 32)
	m, err2 := strconv.ParseUint(part+strings.Repeat("0", max(0, 6-len(part))), 10, 32)
	if err1 != nil || err2 != nil || len(part) > 6 || n > 1_000_000 {
		return 0, "", fmt.Errorf("%q is not an amount from 0 to 1000000 with up to six digits after the point", amount)
	}
	currency = strings.TrimSpace(currency)
	if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return 0, "", fmt.Errorf("%q is not a currency of three capital letters, such as EUR", currency)
	}
	return int64(n)*1_000_000 + int64(m), currency, nil
}
