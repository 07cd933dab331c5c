// Package form reads the one written form of a deck, whatever syntax it is written in: a parser makes a tree of its
// text, and this package makes a deck of the tree.
//
// Two dialects reach Lectern. The native one is what its own documentation shows: slides, theme, size, voice. The other
// is the request body of the service that Lectern succeeds: slidesData, voiceoverTexts, avatarCode, resolution. They
// mean the same things, and people mix them, so there is one reader for both: every field may be written in camelCase
// or snake_case, every older name is an alias of the native one, and a field that is given twice with different values
// is refused rather than guessed at.
//
// The reader goes on after a fault, so that one answer names everything that is wrong, each with the path of the field
// as its author wrote it. It is strict about types; whether values are in bounds, and whether an avatar, a voice, a
// theme or a template exists, is judged by the check, for every kind of source alike.
package form
