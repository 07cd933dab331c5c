package jsondeck

import "lectern"

// Parse reads a deck, fills in its defaults and judges it, as every surface does.
func Parse[T ~string | ~[]byte](data T, lim lectern.Limits) (lectern.Deck, []lectern.Warning, error) {
	var none T
	q, err := ParseRequest(data, none, lim)
	if err == nil {
		err = q.Judge(lectern.Join(q.Deck.Validate(lim)))
	}
	if err != nil {
		return lectern.Deck{}, q.Warnings, err
	}
	return q.Deck.WithDefaults(), q.Warnings, nil
}
