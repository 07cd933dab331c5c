package slides

import (
	"errors"
	"regexp"
	"strings"

	"lectern"
)

// Files lists the files next to the deck that it names by a path: pictures, documents and sounds. A page shows none of
// them: they have to become assets first, see [lectern.Deck.WithFiles].
func (l *Library) Files(d lectern.Deck) []lectern.FileUse {
	uses := d.FileUses()
	for i := range d.Slides {
		v, _, _ := l.view(d, i)
		uses = append(uses, v.paths...)
	}
	return uses
}

// aScheme matches the scheme of an address: the part before its colon.
var aScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// relative returns the path of a file as decks name it, without "." elements. A path that leaves the folder of the deck
// is refused.
func relative(s string) (string, error) {
	if strings.HasPrefix(s, "//") {
		return "", errors.New("that is not a valid web address")
	}
	return lectern.BesidePath(s)
}

// absent returns the reason why a file next to the deck cannot be shown: it is not an asset.
func absent(path string) error { return errors.New(lectern.AbsentFile(path)) }
