package jsondeck

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A field is found by its path. One that is not there has the position of the nearest field around it.
func TestFieldsHavePositions(t *testing.T) {
	t.Parallel()
	const text = "\ufeff{\n  \"title\": \"ä, {}\", \"n\\u0061me\": -1.5e3,\n\t\"slides\": [ {}, {\"props\": " +
		"{\n\"items\": [1, true, {\"text\": \"x\"}]}}\n]}"
	paths := []string{"", "title", "name", "slides[1]", "slides[1].props.items[2].text", "slides[1].props.items[1]",
		"slides[1].props.nothing", "slides[7].title", "n"}
	want := "[{1 1} {2 3} {2 21} {3 18} {4 21} {4 14} {3 19} {3 2} {1 1}]" // line and column
	if got := fmt.Sprint(locate(text, paths)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, text := range []string{"[]", "0", `"x"`, "null", " {} "} {
		if got := locate(text, []string{"a.b", "[3]"}); len(got) != 2 || got[0].Line != 1 {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// Every field of any text is found: at its position is its name, or the element of a list itself.
func TestEveryFieldIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawJSON(t, 3)
		if rapid.Bool().Draw(t, "indented") {
			text = strings.NewReplacer(",", " ,\n", "{", "{\r\n\t").Replace(text)
		}
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var paths, begins []string
		var walk func(at string, v any)
		walk = func(at string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for name, e := range v {
					paths, begins = append(paths, at+"."+name), append(begins, fmt.Sprintf("%q", name))
					walk(at+"."+name, e)
				}
			case []any:
				for i, e := range v {
					paths, begins = append(paths, fmt.Sprintf("%s[%d]", at, i)), append(begins, begin(e))
					walk(paths[len(paths)-1], e)
				}
			}
		}
		walk("", v)
		lines := strings.Split(text, "\n")
		for i, at := range locate(text, paths) {
			rest := string([]rune(lines[at.Line-1])[at.Column-1:])
			if !strings.HasPrefix(rest, begins[i]) {
				t.Fatalf("%s is at %v of\n%s\nwhere there is %q, not %q", paths[i], at, text, rest, begins[i])
			}
		}
	})
}

// begin is the first character, or word, of a value in JSON.
func begin(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "{"
	case []any:
		return "["
	case string:
		return `"`
	case float64:
		return map[bool]string{true: "-", false: ""}[v < 0]
	default:
		return map[any]string{true: "true", false: "false", nil: "null"}[v]
	}
}
