package contentkey_test

import (
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/contentkey"
)

// Two lists of parts have the same key only if they are equal: the same bytes in other parts give another key.
func TestDifferentPartsHaveDifferentKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lists := rapid.SliceOfN(rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune(`a"\, `)), 0, 3, -1), 0, 3), 2,
			2).Draw(t, "lists")
		keys := [2]string{}
		for i, list := range lists {
			parts := make([]any, len(list))
			for k := range list {
				parts[k] = list[k]
			}
			keys[i] = contentkey.Of(lectern.StepMux, parts...)
		}
		same := len(lists[0]) == len(lists[1])
		for i := 0; same && i < len(lists[0]); i++ {
			same = lists[0][i] == lists[1][i]
		}
		if (keys[0] == keys[1]) != same {
			t.Fatalf("%q and %q have the keys %s and %s", lists[0], lists[1], keys[0], keys[1])
		}
	})
	if contentkey.Of(lectern.StepMux, 1) == contentkey.Of(lectern.StepEncode, 1) {
		t.Error("two kinds of step have the same key")
	}
}
