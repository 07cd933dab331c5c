package jsondeck

import (
	"lectern"
	"lectern/internal/deck"
)

// ParseRequest reads a deck and its settings, given as strings or bytes.
func ParseRequest[T ~string | ~[]byte](data, settings T, lim lectern.Limits) (deck.Request, error) {
	return parse(string(data), string(settings), lim)
}

// Parse reads and validates a deck, and fills in its defaults.
func Parse[T ~string | ~[]byte](data T, lim lectern.Limits) (lectern.Deck, []lectern.Warning, error) {
	q, err := parse(string(data), "", lim)
	if err == nil {
		err = q.Judge(lectern.Join(q.Deck.Validate(lim)))
	}
	if err != nil {
		return lectern.Deck{}, q.Warnings, err
	}
	return q.Deck.WithDefaults(), q.Warnings, nil
}
