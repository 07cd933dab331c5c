package mp4

import (
	"strings"

	"golang.org/x/text/language"
)

// Language gives the three letters (ISO 639-2/T) that MP4 names a language by; "und" for one that has no such name.
func Language(bcp47 string) string {
	base, err := language.ParseBase(strings.SplitN(strings.ReplaceAll(bcp47, "_", "-"), "-", 2)[0])
	if err != nil {
		return "und"
	}
	return base.ISO3()
}
