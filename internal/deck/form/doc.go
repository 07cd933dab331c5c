// Package form reads the written form of a deck, in any syntax: a parser turns its text into a tree, and this package
// turns the tree into a deck. It also writes a deck as a tree.
//
// There are two dialects. The native one is that of docs/openapi.json: slides, theme, size, voice. The other one is the
// request body of the service that Lectern succeeds: slidesData, voiceoverTexts, avatarCode, resolution. People mix
// them, so one reader accepts both. Every field may be written in camelCase or snake_case. Every older name is an alias
// of the native one. A field that is given twice with different values is refused.
//
// The reader continues after a fault, so that one response lists all faults, each with the path of the field as its
// author wrote it. It checks the types of values. The check finds values that are out of bounds, and unknown avatars,
// voices, themes and templates.
package form
