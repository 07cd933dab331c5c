// Package jsondeck reads and writes decks in JSON. Package form defines the meaning of the fields.
//
// It has its own JSON reader, because the standard library's accepts duplicate names and invalid UTF-8, and because its
// message "invalid character '}' looking for beginning of value" does not help to find a trailing comma.
package jsondeck
