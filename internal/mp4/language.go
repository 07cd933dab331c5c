package mp4

import (
	"strings"

	"golang.org/x/text/language"
)

// Language returns the three-letter code (ISO 639-2/T) by which MP4 names the language of a BCP 47 tag, or "und" if the
// language has none.
func Language(bcp47 string) string {
	base, err := language.ParseBase(strings.SplitN(strings.ReplaceAll(bcp47, "_", "-"), "-", 2)[0])
	if err != nil {
		return "und"
	}
	return base.ISO3()
}
