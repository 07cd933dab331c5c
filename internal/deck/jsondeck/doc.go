// Package jsondeck reads decks written as JSON.
//
// Two dialects reach Lectern. The native one is what its own documentation shows: slides, theme, size, voice. The other
// is the request body of the service that Lectern succeeds: slidesData, voiceoverTexts, avatarCode, resolution. They
// mean the same things, and people mix them, so there is one parser for both: every field may be written in camelCase
// or snake_case, every older name is an alias of the native one, and a field that is given twice with different values
// is refused rather than guessed at.
//
// The parser is strict about types and kind about telling: it goes on after a fault, so that one answer names everything
// that is wrong, each with the path of the field as its author wrote it. It decides what can be decided from the text
// alone. Whether an avatar, a voice, a theme or a template exists is asked later, of those who know.
//
// It has a JSON reader of its own, because the standard library's forgives duplicate names and broken UTF-8, and because
// "invalid character '}' looking for beginning of value" helps nobody find a trailing comma.
package jsondeck
