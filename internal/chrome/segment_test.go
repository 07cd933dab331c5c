package chrome

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// The browser divides scripts without spaces into words. Offsets are in bytes.
func TestV4SegmentReturnsTheByteOffsetsOfWords(t *testing.T) {
	t.Parallel()
	b := shared
	for _, c := range []struct{ language, text, want string }{
		{"th", "ประเทศไทยมีประชากรมาก", "ประเทศไทย|มี|ประชากร|มาก"},
		{"ja", "東京は日本の首都です。", "東京|は|日本|の|首都|です|。"},
		{"zh", "我们今天来看看人工智能", "我们|今天|来|看看|人工|智能"},
		{"km", "ប្រទេសកម្ពុជាមានប្រជាជនច្រើន", "ប្រទេសកម្ពុជា|មាន|ប្រជាជន|ច្រើន"},
		{"lo", "ປະເທດລາວ", "ປະເທດ|ລາວ"},
		{"my", "မြန်မာနိုင်ငံသည်ကြီးမားသည်", "မြန်မာနိုင်ငံ|သည်|ကြီးမား|သည်"},
		{"not a language", "👩‍🚀 \"a\\b\" 𝒳y </script> ไทย", "👩‍🚀| |\"|a|\\|b|\"| |𝒳y| |<|/|script|>| |ไทย"},
		{"en", "", ""},
	} {
		at, err := b.Segment(t.Context(), c.language, c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		var words []string
		for i, from := range at {
			to := len(c.text)
			if i+1 < len(at) {
				to = at[i+1]
			}
			words = append(words, c.text[from:to])
		}
		if got := strings.Join(words, "|"); got != c.want {
			t.Errorf("%q is divided as %s, not %s", c.text, got, c.want)
		}
	}
	long := strings.Repeat("ภาษาไทย", 200_000/len("ภาษาไทย"))
	if at, err := b.Segment(t.Context(), "th", long+"\xff\xfe"); err != nil || len(at) < 10_000 {
		t.Errorf("a long text has %d words: %v", len(at), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := b.Segment(ctx, "th", "ไทย"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an ended context gives %v", err)
	}
}
