package mp4

import "testing"

func TestLanguageHasThreeLetters(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"en-GB": "eng", "uk": "ukr", "de_DE": "deu", "": "und", "x": "und",
		"zh-Hant-TW": "zho"} {
		if got := Language(in); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}
