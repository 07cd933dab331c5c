package slides

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"unicode"

	"lectern"
)

// Files lists the pictures that a deck names by a path: files next to the deck. A page shows none of them: they have to
// become assets first, see [lectern.Deck.WithFiles].
func (l *Library) Files(d lectern.Deck) []lectern.FileUse {
	var uses []lectern.FileUse
	for i := range d.Slides {
		v, _, _ := l.view(d, i)
		uses = append(uses, v.paths...)
	}
	return uses
}

// aScheme matches the scheme of an address: the part before its colon.
var aScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// maxPath is the longest path of a file, in bytes.
const maxPath = 500

// relative returns the path of a file as decks name it, without "." elements. A path that leaves the folder of the deck
// is refused.
func relative(s string) (string, error) {
	p := path.Clean(s)
	switch {
	case strings.HasPrefix(s, "//"):
		return "", errors.New("that is not a valid web address")
	case len(s) > maxPath || strings.ContainsFunc(s, unicode.IsControl):
		return "", errors.New("that is not a valid path of a file")
	case strings.Contains(s, `\`):
		return "", errors.New("the path of a file is written with slashes (/)")
	case path.IsAbs(s) || !fs.ValidPath(p) || p == ".":
		return "", errors.New("only files in the folder of the deck, or below it, can be shown, by their relative paths")
	}
	return p, nil
}

// absent returns the reason why a file next to the deck cannot be shown: it is not an asset.
func absent(path string) error {
	return fmt.Errorf("the file %q did not come with the deck; send it in a ZIP file with the deck, or as a part "+
		"\"file\" of the form, named by its path, or upload it (POST /v1/assets) and write its address",
		lectern.Shorten(path))
}
