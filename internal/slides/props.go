package slides

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// props are the props of one slide under squashed names: "leftTitle", "left_title" and "Left title" are the same.
type props struct {
	values map[string]any
	names  map[string]string // squashed → as written
	used   map[string]bool
}

func newProps(raw map[string]any) props {
	p := props{map[string]any{}, map[string]string{}, map[string]bool{}}
	for _, k := range slices.Sorted(maps.Keys(raw)) {
		s := squash(k)
		if _, twice := p.values[s]; s == "" || twice && empty(raw[k]) {
			continue
		}
		p.values[s], p.names[s] = raw[k], k
	}
	return p
}

// squash makes spellings of a name equal.
func squash(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}

// empty reports whether v has no content.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !empty(e) })
	case map[string]any:
		for _, e := range v {
			if !empty(e) {
				return false
			}
		}
		return true
	}
	return false
}

// take returns the first of the named values that is not empty and was not taken before, and its name as the deck
// writes it.
func (p props) take(names ...string) (v any, written string, ok bool) {
	for _, n := range names {
		s := squash(n)
		if v, ok := p.values[s]; ok && !p.used[s] && !empty(v) {
			p.used[s] = true
			return v, p.names[s], true
		}
	}
	return nil, "", false
}

var series = regexp.MustCompile(`^([a-z]*?)([0-9]{1,2})([a-z]*)$`)

// numbered collects flat lists such as step1Title, step1Text, step2Title or bullet1, bullet2.
func (p props) numbered() []any {
	type member struct {
		n     int
		field string
		key   string
	}
	var found []member
	for _, k := range slices.Sorted(maps.Keys(p.values)) {
		m := series.FindStringSubmatch(k)
		if m == nil || p.used[k] || empty(p.values[k]) {
			continue
		}
		n, _ := strconv.Atoi(m[2])
		field := m[3]
		if field == "" {
			field = m[1]
		}
		found = append(found, member{n, field, k})
	}
	slices.SortStableFunc(found, func(a, b member) int { return a.n - b.n })
	var out []any
	last := -1
	for _, m := range found {
		if m.n != last {
			out = append(out, map[string]any{})
			last = m.n
		}
		out[len(out)-1].(map[string]any)[m.field] = p.values[m.key]
		p.used[m.key] = true
	}
	for i, e := range out { // the value of an item with one field, such as bullet1, is the item itself
		if m := e.(map[string]any); len(m) == 1 {
			for _, v := range m {
				out[i] = v
			}
		}
	}
	return out
}

const depth = 6 // levels of nested values that are searched for text

// words turns any value into a text. A list becomes lines, and an object its most descriptive field.
func words(v any) string { return wordsIn(v, depth) }

func wordsIn(v any, left int) string {
	if left == 0 {
		return ""
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return clean(v)
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 32)
	case json.Number:
		return clean(v.String())
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v)
	case []string:
		return clean(strings.Join(v, "\n"))
	case []any:
		var lines []string
		for _, e := range v {
			if s := wordsIn(e, left-1); s != "" {
				lines = append(lines, s)
			}
		}
		return strings.Join(lines, "\n")
	case map[string]any:
		p := newProps(v)
		if e, _, ok := p.take("text", "content", "value", "title", "label", "name", "description", "html",
			"url", "src"); ok {
			return wordsIn(e, left-1)
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if s := wordsIn(v[k], left-1); s != "" {
				return s
			}
		}
	}
	return ""
}

// address finds the possible address of a picture in v: a string, or an object or list that contains one.
func address(v any) string {
	s, _ := addressIn(v, "", depth)
	return s
}

// addressIn is address, with the place of the text in the value: ".url", "[0]".
func addressIn(v any, at string, left int) (s, where string) {
	if left == 0 {
		return "", ""
	}
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v), at
	case []any:
		for i, e := range v {
			if s, where := addressIn(e, fmt.Sprintf("%s[%d]", at, i), left-1); s != "" {
				return s, where
			}
		}
	case []string:
		if len(v) > 0 {
			return strings.TrimSpace(v[0]), at + "[0]"
		}
	case map[string]any:
		if e, name, ok := newProps(v).take("url", "src", "href", "image", "imageurl", "data"); ok {
			return addressIn(e, at+"."+name, left-1)
		}
	}
	return "", ""
}

var listMark = regexp.MustCompile(`^\s*(?:[-*•‣◦▪–—·]|\d{1,2}[.)])\s+`)

// elements turns any value into the elements of a list: it splits strings at line ends, and takes the values of
// objects.
func elements(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out
	case []map[string]any:
		out := make([]any, len(v))
		for i, m := range v {
			out[i] = m
		}
		return out
	case string:
		var out []any
		for line := range strings.SplitSeq(clean(v), "\n") {
			if line = strings.TrimSpace(listMark.ReplaceAllString(line, "")); line != "" {
				out = append(out, line)
			}
		}
		return out
	case map[string]any:
		p := newProps(v)
		if inner, _, ok := p.take("items", "list", "rows", "points", "bullets", "steps", "elements"); ok {
			if l := elements(inner); len(l) > 0 {
				return l
			}
		}
		if looksLikeItem(p) {
			return []any{v}
		}
		keys := slices.Sorted(maps.Keys(v))
		numbers := !slices.ContainsFunc(keys, func(k string) bool { _, err := strconv.Atoi(k); return err != nil })
		if numbers {
			slices.SortStableFunc(keys, func(a, b string) int {
				x, _ := strconv.Atoi(a)
				y, _ := strconv.Atoi(b)
				return x - y
			})
		}
		var out []any
		for _, k := range keys {
			switch e := v[k].(type) {
			case map[string]any:
				if _, named := e["title"]; !named && !numbers {
					e = maps.Clone(e)
					e["title"] = k
				}
				out = append(out, e)
			default:
				if numbers {
					out = append(out, e)
				} else {
					out = append(out, map[string]any{"title": k, "text": e})
				}
			}
		}
		return out
	case nil:
		return nil
	}
	return []any{v}
}

func looksLikeItem(p props) bool {
	for _, names := range [][]string{itemTitle, itemText, itemValue} {
		for _, n := range names {
			if _, ok := p.values[n]; ok {
				return true
			}
		}
	}
	return false
}

// percent returns the first number of s, clamped to 0 to 100, or -1 without a number.
func percent(s string) float64 {
	start := strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
	if start < 0 {
		return -1
	}
	end := start
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' || s[end] == ',') {
		end++
	}
	n, err := strconv.ParseFloat(strings.TrimRight(strings.ReplaceAll(s[start:end], ",", "."), "."), 64)
	if err != nil {
		return -1
	}
	return min(max(n, 0), 100)
}
