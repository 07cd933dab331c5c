// Package jsondeck reads and writes decks in JSON. What their fields mean is said in package form.
//
// It has a JSON reader of its own, because the standard library's forgives duplicate names and broken UTF-8, and
// because "invalid character '}' looking for beginning of value" helps nobody find a trailing comma.
package jsondeck
