package slides

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Label returns the head of column i, for layouts in which cells are stacked. It is "" for the first column and for a
// column without a head.
func (t *Table) Label(i int) string {
	if i <= 0 || i >= len(t.Head) || t.Head[i] == nil {
		return ""
	}
	return t.Head[i].S
}

// table reads rows in any shape: lists of cells, objects by column, or lines with "|", tabs or ";" between cells. value
// may be an object with columns and rows. If it has no columns, head names them, and if head is empty, the keys of the
// objects do.
func (v *view) table(value any, head []string) *Table {
	if m, ok := value.(map[string]any); ok {
		p := newProps(m)
		if h, _, ok := p.take("columns", "headers", "header", "head"); ok {
			head = cells(h)
		}
		if r, _, ok := p.take("rows", "data", "body", "items"); ok {
			value = r
		} else if head != nil {
			value = nil
		}
	}
	list := elements(value)
	list = list[:v.few(len(list), maxItems, "rows")]
	keys := []string{}
	for _, e := range list {
		if m, ok := e.(map[string]any); ok && len(m) <= 64 {
			for k := range m {
				if !slices.Contains(keys, k) {
					keys = append(keys, k)
				}
			}
		}
	}
	slices.Sort(keys)
	if len(head) > 0 { // columns name the fields of the objects, in their order
		slices.SortStableFunc(keys, func(a, b string) int { return rank(head, a) - rank(head, b) })
	}
	var rows [][]string
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			if inner, _, ok := newProps(m).take("cells", "columns", "values"); ok {
				rows = append(rows, cells(inner))
				continue
			}
			row := make([]string, 0, len(keys))
			for _, k := range keys {
				row = append(row, words(m[k]))
			}
			rows = append(rows, row)
			continue
		}
		rows = append(rows, cells(e))
	}
	if len(head) == 0 && len(keys) > 0 {
		head = keys
	}
	return v.build(head, rows)
}

func (v *view) build(head []string, rows [][]string) *Table {
	t := &Table{Columns: len(head)}
	for _, r := range rows {
		t.Columns = max(t.Columns, len(r))
	}
	t.Columns = v.few(t.Columns, maxCols, "columns")
	if t.Columns == 0 {
		return nil
	}
	set := func(row []string) []*Text {
		out := make([]*Text, t.Columns)
		for i := range out {
			if i < len(row) {
				out[i] = v.line(row[i])
			}
		}
		return out
	}
	if len(head) > 0 {
		t.Head = set(head)
	}
	numbers, filled := make([]int, t.Columns), make([]int, t.Columns)
	for _, r := range rows {
		row := set(r)
		for i, c := range row {
			if c != nil {
				filled[i]++
				if numeric(c.S) {
					numbers[i]++
				}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	for i := range numbers {
		t.Numeric = append(t.Numeric, i > 0 && filled[i] > 0 && numbers[i]*5 >= filled[i]*4)
	}
	return t
}

func rank(head []string, key string) int {
	for i, h := range head {
		if squash(h) == squash(key) {
			return i
		}
	}
	return len(head)
}

// cells turns a row of any shape into texts.
func cells(v any) []string {
	switch v := v.(type) {
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			out = append(out, words(e))
		}
		return out
	case []string:
		return v
	case map[string]any:
		var out []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, words(v[k]))
		}
		return out
	case string:
		for _, sep := range []string{"|", "\t", ";"} {
			if strings.Contains(v, sep) {
				parts := strings.Split(strings.Trim(strings.TrimSpace(v), sep), sep)
				for i := range parts {
					parts[i] = strings.TrimSpace(parts[i])
				}
				return parts
			}
		}
	}
	if s := words(v); s != "" {
		return []string{s}
	}
	return nil
}

// numeric reports whether s is a number, that is, digits with signs, separators, currencies or a short unit, or a dash
// that stands for one.
func numeric(s string) bool {
	digits, letters := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > 0 && letters <= 2 || s == "–" || s == "—" || s == "-"
}
